# Installs the build into a fresh folder, moves that folder (an installation
# must not remember where it was made), then uses it.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${ARGN}\nleft with ${failed}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}/first" "${WORK}/moved" "${WORK}/build" "${WORK}/out")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/first")
file(RENAME "${WORK}/first" "${WORK}/moved")

run("${CMAKE_COMMAND}" -E env --unset=LD_LIBRARY_PATH "${WORK}/moved/bin/plumbline" audit
    "${SOURCE}/log" --quiet --out "${WORK}/out")
foreach(file findings.json report.html workers.csv manifest.json)
  if(NOT EXISTS "${WORK}/out/${file}")
    message(FATAL_ERROR "the installed program wrote no ${file}")
  endif()
endforeach()
file(READ "${WORK}/out/workers.csv" workers)
if(NOT workers MATCHES "\nw1,2,2,")
  message(FATAL_ERROR "the installed program counted otherwise:\n${workers}")
endif()
run("${WORK}/moved/bin/plumbline" rules list)

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/build" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${WORK}/moved" "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_CXX_FLAGS=${flags}")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/outside" "${SOURCE}/log")
if(NOT output STREQUAL "2 tasks of w1\n")
  message(FATAL_ERROR "the outside program said: ${output}")
endif()
