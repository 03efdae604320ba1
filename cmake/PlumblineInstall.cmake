# cmake --install: a folder that works wherever it is put.
#   bin/plumbline            finds its libraries and data relative to itself
#   lib                      Arrow's shared libraries (of the wheel) and our own
#   lib/cmake/Plumbline      find_package(Plumbline): Plumbline::replay, Plumbline::audit
#   include                  headers, those of protoc too
#   share/plumbline          mappings and rule packs
include(CMakePackageConfigHelpers)

set_target_properties(plumbline PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
install(TARGETS plumbline RUNTIME DESTINATION bin)
if(Arrow_LIBRARY_FILES)
  install(FILES ${Arrow_LIBRARY_FILES} DESTINATION lib)
endif()
install(DIRECTORY replay/mappings audit/packs DESTINATION share/plumbline FILES_MATCHING
        PATTERN "*.textproto")
install(FILES README.md DESTINATION share/doc/plumbline)
install(DIRECTORY docs/ DESTINATION share/doc/plumbline/docs)
install(DIRECTORY replay audit DESTINATION include FILES_MATCHING PATTERN "*.h"
        PATTERN "cli" EXCLUDE)
install(DIRECTORY "${PROJECT_BINARY_DIR}/generated/plumbline" DESTINATION include
        FILES_MATCHING PATTERN "*.pb.h")

set(installed plumbline_options plumbline_proto)
set_property(TARGET plumbline_options PROPERTY EXPORT_NAME options)
set_property(TARGET plumbline_proto PROPERTY EXPORT_NAME proto)
target_include_directories(plumbline_options INTERFACE $<INSTALL_INTERFACE:include>)
foreach(part replay audit)
  get_property(libraries GLOBAL PROPERTY PLUMBLINE_PARTS_OF_${part})
  list(APPEND installed ${libraries})
  add_library(plumbline_${part} INTERFACE)
  add_library(Plumbline::${part} ALIAS plumbline_${part})
  target_link_libraries(plumbline_${part} INTERFACE ${libraries})
  set_property(TARGET plumbline_${part} PROPERTY EXPORT_NAME ${part})
  list(APPEND installed plumbline_${part})
endforeach()
target_link_libraries(plumbline_audit INTERFACE plumbline_replay)
install(TARGETS ${installed} EXPORT PlumblineTargets ARCHIVE DESTINATION lib)
install(EXPORT PlumblineTargets NAMESPACE Plumbline:: DESTINATION lib/cmake/Plumbline)

set(Plumbline_ARROW_FILES "")
foreach(file IN LISTS Arrow_LIBRARY_FILES)
  get_filename_component(file_name "${file}" NAME)
  list(APPEND Plumbline_ARROW_FILES "${file_name}")
endforeach()
configure_package_config_file(cmake/PlumblineConfig.cmake.in PlumblineConfig.cmake
                              INSTALL_DESTINATION lib/cmake/Plumbline)
write_basic_package_version_file(PlumblineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/PlumblineConfig.cmake"
              "${PROJECT_BINARY_DIR}/PlumblineConfigVersion.cmake"
        DESTINATION lib/cmake/Plumbline)
