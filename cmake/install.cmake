# Installs both targets, the headers with their bodies, the browser module, and the package config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(fanfare_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/fanfare")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
install(TARGETS fanfare fanfare_compiled EXPORT fanfareTargets
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT fanfareTargets NAMESPACE fanfare:: DESTINATION "${fanfare_package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/fanfareConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/fanfareConfig.cmake"
                              INSTALL_DESTINATION "${fanfare_package_dir}")
# Before 1.0 a new minor version may break its users.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/fanfareConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/fanfareConfig.cmake" "${PROJECT_BINARY_DIR}/fanfareConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/Findasio.cmake"
        DESTINATION "${fanfare_package_dir}")
install(FILES "${FANFARE_WEB_MODULE}" "${PROJECT_SOURCE_DIR}/src/web/fanfare.d.ts"
              "${PROJECT_SOURCE_DIR}/src/web/elements.d.ts"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fanfare/web")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
