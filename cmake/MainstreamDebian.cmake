# What `cpack` needs for three Debian packages: mainstream (the node and the command line, without libtorch),
# mainstream-trainer, and mainstream-dev. script/package builds and checks them; packaging/ has the files.
set(packaging "${PROJECT_SOURCE_DIR}/packaging")
set(made "${PROJECT_BINARY_DIR}/debian")
find_program(HELP2MAN help2man REQUIRED)
string(TIMESTAMP MAINSTREAM_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file("${packaging}/changelog" "${made}/changelog" @ONLY)
execute_process(COMMAND gzip -9nkf "${made}/changelog" COMMAND_ERROR_IS_FATAL ANY)

# Made with the packages, as it is nothing but computed.
add_custom_command(OUTPUT "${made}/square-left.mpkg"
  COMMAND "${packaging}/test-app" "$<TARGET_FILE:mainstream-train>" "${made}/square-left.mpkg"
  DEPENDS mainstream-train "${packaging}/test-app" "${PROJECT_SOURCE_DIR}/models/mainstream-small.onnx")
add_custom_target(debian_files ALL DEPENDS "${made}/square-left.mpkg")
foreach(program mainstream mainstream-train)
  add_custom_command(OUTPUT "${made}/${program}/${program}.1.gz"
    COMMAND "${packaging}/man-pages" "$<TARGET_FILE:${program}>" "${made}/${program}"
    DEPENDS ${program} "${packaging}/man-pages")
  add_custom_target(debian_man_${program} ALL DEPENDS "${made}/${program}/${program}.1.gz")
endforeach()

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME node)
install(FILES "${packaging}/mainstream.service" DESTINATION lib/systemd/system)
install(FILES "${packaging}/node.toml" DESTINATION /etc/mainstream)
install(FILES "${PROJECT_SOURCE_DIR}/models/mainstream-small.onnx" "${made}/square-left.mpkg" DESTINATION share/mainstream)
install(FILES "${packaging}/completion.bash" DESTINATION share/bash-completion/completions RENAME mainstream)
install(FILES "${packaging}/completion.bash" DESTINATION share/bash-completion/completions RENAME mainstream-train COMPONENT trainer)
install(DIRECTORY "${made}/mainstream/" DESTINATION share/man/man1)
install(DIRECTORY "${made}/mainstream-train/" DESTINATION share/man/man1 COMPONENT trainer)
foreach(page node api dashboard fleet operations running formats)
  install(FILES "${PROJECT_SOURCE_DIR}/docs/${page}.md" DESTINATION share/doc/mainstream)
endforeach()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples" DESTINATION share/doc/mainstream-dev COMPONENT dev)
foreach(pair node:mainstream trainer:mainstream-trainer dev:mainstream-dev)
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 component)
  list(GET pair 1 package)
  install(FILES "${packaging}/copyright" "${made}/changelog.gz" DESTINATION share/doc/${package} COMPONENT ${component})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mainstream)
set(CPACK_PACKAGE_CONTACT "Mainstream maintainers <maintainers@mainstream.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL node trainer dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})

set(CPACK_DEBIAN_NODE_PACKAGE_SECTION video)
set(CPACK_DEBIAN_NODE_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_NODE_PACKAGE_SUGGESTS "mainstream-trainer, gnuplot-nox, mosquitto, bash-completion")
set(CPACK_DEBIAN_NODE_PACKAGE_CONTROL_EXTRA
  "${packaging}/postinst;${packaging}/prerm;${packaging}/postrm;${packaging}/conffiles")
set(CPACK_COMPONENT_NODE_DESCRIPTION "video analytics where many apps share one network's stem
Many independently developed apps watch the same cameras on one small box.
What their networks have in common runs once for each frame, and a scheduler
decides how much that is, so that all of them see most of their events.
This package has the command line and the node, which needs no GPU.")
set(CPACK_DEBIAN_TRAINER_PACKAGE_SECTION video)
set(CPACK_DEBIAN_TRAINER_PACKAGE_DEPENDS "mainstream (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_TRAINER_DESCRIPTION "makes apps for Mainstream from labelled pictures or clips
Trains the candidates of an app on a frozen base network, measures them, and
packs them into one file. Also distils base networks. It needs libtorch.")
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libspdlog-dev, nlohmann-json3-dev, libssl-dev, libonnx-dev, libprotobuf-dev, libavformat-dev, \
libavcodec-dev, libswscale-dev, libavutil-dev, libzip-dev, libdnnl-dev, libsqlite3-dev, libmosquitto-dev, libcurl4-openssl-dev, \
libsystemd-dev, libcpp-httplib-dev, prometheus-cpp-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, pkg-config, libtorch-dev")
set(CPACK_COMPONENT_DEV_DESCRIPTION "headers and static libraries of Mainstream
What the command line of Mainstream can do, a C++20 program can do with these:
score, train, schedule and run. With files for CMake and pkg-config, and
four examples.")
include(CPack)
