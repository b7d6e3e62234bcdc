# zirconia_add_fuchsia_test(<name> <source>...): a test program whose sources are written as Fuchsia's own are, in C or C++,
# with <zxtest/zxtest.h> or with GoogleTest. It is built, and registered with CTest under its name; CTest
# calls it skipped when all its tests were.
#
# zxtest stands on GoogleTest (libgtest-dev), which has registration, fixtures, parameters, filters, repetition, reports and exit
# codes already. Its two files are compiled in the project that uses them, not shipped as a library: C++ objects fit together only
# when one project's compiler and standard library made them, and programs in C must not need GoogleTest because they use zirconia.
function(zirconia_add_fuchsia_test name)
	if(NOT CMAKE_CXX_COMPILER_LOADED)
		message(FATAL_ERROR "zirconia_add_fuchsia_test: the project has to enable CXX")
	endif()
	if(NOT TARGET GTest::gtest)
		find_package(GTest REQUIRED GLOBAL)
	endif()
	if(NOT TARGET zirconia_zxtest)
		add_library(zirconia_zxtest STATIC EXCLUDE_FROM_ALL
			${ZIRCONIA_ZXTEST_DIR}/zxtest.cc ${ZIRCONIA_ZXTEST_DIR}/zxtest_main.cc)
		target_compile_features(zirconia_zxtest PUBLIC cxx_std_17)
		target_link_libraries(zirconia_zxtest PUBLIC zirconia::zirconia GTest::gtest Threads::Threads)
	endif()
	add_executable(${name} ${ARGN})
	target_link_libraries(${name} PRIVATE zirconia_zxtest)
	# The test program of a C file is linked as C++, because GoogleTest is.
	set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
	add_test(NAME ${name} COMMAND ${name})
	set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT "ZXTEST_SKIPPED_STATUS=77")
endfunction()
