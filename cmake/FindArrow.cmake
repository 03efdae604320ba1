# Arrow C++: an installed package if there is one, otherwise the headers and
# shared libraries that the pyarrow wheel in .venv carries.
#   Arrow::arrow, Arrow::parquet       Arrow_LIBRARY_FILES: to copy on install
find_package(Arrow CONFIG QUIET)
find_package(Parquet CONFIG QUIET)
if(TARGET Arrow::arrow_shared AND TARGET Parquet::parquet_shared)
  if(NOT TARGET Arrow::arrow)
    add_library(Arrow::arrow ALIAS Arrow::arrow_shared)
    add_library(Arrow::parquet ALIAS Parquet::parquet_shared)
  endif()
  set(Arrow_FOUND TRUE)
  return()
endif()

set(PLUMBLINE_PYTHON "${PROJECT_SOURCE_DIR}/.venv/bin/python"
    CACHE FILEPATH "Python that has pyarrow")
execute_process(
  COMMAND "${PLUMBLINE_PYTHON}" -c
          "import pyarrow; print(pyarrow.get_include() + ';' + pyarrow.get_library_dirs()[0])"
  OUTPUT_VARIABLE arrow_places
  OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE arrow_failed)
if(arrow_failed)
  message(FATAL_ERROR "No Arrow: ${PLUMBLINE_PYTHON} has no pyarrow. Run ./dev setup first.")
endif()
list(GET arrow_places 0 Arrow_INCLUDE_DIR)
list(GET arrow_places 1 Arrow_LIBRARY_DIR)
file(GLOB Arrow_SHARED "${Arrow_LIBRARY_DIR}/libarrow.so.*")
file(GLOB Parquet_SHARED "${Arrow_LIBRARY_DIR}/libparquet.so.*")
file(GLOB ArrowCompute_SHARED "${Arrow_LIBRARY_DIR}/libarrow_compute.so.*")
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Arrow REQUIRED_VARS Arrow_INCLUDE_DIR Arrow_SHARED
                                                      Parquet_SHARED)
set(Arrow_LIBRARY_FILES "${Arrow_SHARED};${Parquet_SHARED};${ArrowCompute_SHARED}")
if(NOT TARGET Arrow::arrow)
  add_library(Arrow::arrow SHARED IMPORTED)
  set_target_properties(
    Arrow::arrow PROPERTIES IMPORTED_LOCATION "${Arrow_SHARED}" INTERFACE_INCLUDE_DIRECTORIES
                                                                "${Arrow_INCLUDE_DIR}")
  add_library(Arrow::parquet SHARED IMPORTED)
  set_target_properties(
    Arrow::parquet PROPERTIES IMPORTED_LOCATION "${Parquet_SHARED}" INTERFACE_INCLUDE_DIRECTORIES
                                                                    "${Arrow_INCLUDE_DIR}")
endif()
