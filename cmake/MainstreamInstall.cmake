# What `cmake --install` puts where: programs, libraries, public headers, and what CMake and pkg-config need to find them. The
# installed tree may be moved as a whole. The components node, trainer and dev are what cmake/MainstreamDebian.cmake packs apart.
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Mainstream")
list(TRANSFORM libraries PREPEND mainstream_ OUTPUT_VARIABLE targets)

install(TARGETS mainstream COMPONENT node)
if(MAINSTREAM_TRAINER)
  install(TARGETS mainstream-train COMPONENT trainer)
endif()
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME dev)  # all the rest
install(TARGETS ${targets} EXPORT MainstreamTargets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/mainstream" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

install(EXPORT MainstreamTargets NAMESPACE Mainstream:: DESTINATION "${package_folder}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/MainstreamConfig.cmake.in" MainstreamConfig.cmake
  INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file(MainstreamConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/MainstreamConfig.cmake" "${PROJECT_BINARY_DIR}/MainstreamConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/FindDNNL.cmake"
  DESTINATION "${package_folder}")

# pkg-config knows two packages: mainstream, and mainstream-train with libtorch. All libraries are static, so what they need is
# needed by who links them: it stands in Libs and Requires, not in the .private fields.
set(linked ${libraries})
list(REMOVE_ITEM linked train distill)
list(REVERSE linked)  # static libraries stand before those that they use
list(TRANSFORM linked PREPEND "-lmainstream_")
list(JOIN linked " " MAINSTREAM_LINKED)
file(RELATIVE_PATH MAINSTREAM_PREFIX_FROM_PC "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
set(packages mainstream)
if(MAINSTREAM_TRAINER)
  list(APPEND packages mainstream-train)
endif()
foreach(package IN LISTS packages)
  configure_file("${CMAKE_CURRENT_LIST_DIR}/${package}.pc.in" ${package}.pc @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${package}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
