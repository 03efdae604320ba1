# Target helpers: sources and tests are listed by name, the standard and the
# warnings ride on one interface target.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

add_library(plumbline_options INTERFACE)
target_compile_features(plumbline_options INTERFACE cxx_std_20)
target_compile_options(
  plumbline_options INTERFACE $<BUILD_INTERFACE:-Wall -Wextra -Werror -ffp-contract=off>)
target_include_directories(
  plumbline_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                              $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>)
if(PLUMBLINE_SANITIZE)
  target_compile_options(plumbline_options INTERFACE -fsanitize=${PLUMBLINE_SANITIZE}
                                                     -fno-omit-frame-pointer)
  target_link_options(plumbline_options INTERFACE -fsanitize=${PLUMBLINE_SANITIZE})
endif()

# plumbline_library(name SOURCES ... LIBRARIES ...): static library
# plumbline_NAME with the alias Plumbline::NAME.
function(plumbline_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(plumbline_${name} STATIC ${ARG_SOURCES})
  add_library(Plumbline::${name} ALIAS plumbline_${name})
  target_link_libraries(plumbline_${name} PUBLIC plumbline_options ${ARG_LIBRARIES})
  # What lies in replay/ and audit/ is installed, the command line apart.
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(folder MATCHES "^(replay|audit)/" AND NOT name STREQUAL "cli")
    string(REGEX MATCH "^[a-z]+" part "${folder}")
    set_property(TARGET plumbline_${name} PROPERTY EXPORT_NAME ${name})
    set_property(GLOBAL APPEND PROPERTY PLUMBLINE_PARTS_OF_${part} plumbline_${name})
  endif()
endfunction()

# plumbline_test(name SOURCES ... LIBRARIES ...): one GoogleTest program.
function(plumbline_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE plumbline_options ${ARG_LIBRARIES} GTest::gmock
                                        GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set(timeout 300)
  if(PLUMBLINE_SANITIZE)
    set(timeout 1200) # They slow a test down several times.
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout})
endfunction()
