# Install rules, pkg-config file and CMake package.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS zirconia zirconia_static EXPORT zirconiaTargets
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS zirconia-io LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET zirconia-fs)
	install(TARGETS zirconia-fs LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(FILES tools/man/zxfs.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/libzircon.so ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/libzircon.a
	DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(zi_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/zirconia)
install(EXPORT zirconiaTargets NAMESPACE zirconia:: DESTINATION ${zi_package_dir})
set(zi_zxtest_dir ${CMAKE_INSTALL_DATADIR}/zirconia/zxtest)
configure_package_config_file(cmake/zirconiaConfig.cmake.in zirconiaConfig.cmake INSTALL_DESTINATION ${zi_package_dir}
	PATH_VARS zi_zxtest_dir)
write_basic_package_version_file(zirconiaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/zirconiaConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/zirconiaConfigVersion.cmake
	cmake/zirconiaFuchsia.cmake DESTINATION ${zi_package_dir})
# The sources of zxtest: see zirconiaFuchsia.cmake.
install(FILES src/zxtest/zxtest.cc src/zxtest/zxtest_main.cc DESTINATION ${zi_zxtest_dir})

# The prefix is found from where the file lies, so that a moved or staged tree works as it is.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE zi_pc_up)
configure_file(cmake/zirconia.pc.in zirconia.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/zirconia.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
