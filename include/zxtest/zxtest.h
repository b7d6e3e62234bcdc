/*
 * zxtest: tests as Fuchsia's own sources write them, in C and in C++.
 *
 * It stands on GoogleTest (Debian, Ubuntu: libgtest-dev), because that has already what would else
 * be written anew: registration, fixtures and parameters, filters, repetition and shuffling on the
 * command line, the output that tools know, XML reports and exit codes. On top come the forms that
 * only zxtest has: messages in printf's way, statuses, bytes, and deaths that are caught in the
 * running process. GoogleTest's other macros may be used next to them.
 *
 * The programs link the two files of zxtest and -lgtest; zirconia_add_fuchsia_test() of the CMake
 * package and `tools/dev run FILE.cc` see to that.
 *
 *   TEST, TEST_F, TEST_P      fixtures derive from zxtest::Test or zxtest::TestWithParam
 *   ASSERT_x, EXPECT_x        return from the function after a failure / go on
 *     EQ NE LT LE GT GE, TRUE FALSE, NULL NOT_NULL, STR_EQ STR_NE
 *     OK NOT_OK STATUS        statuses and zx::results
 *     BYTES_EQ BYTES_NE       (a, b, number of bytes)
 *     DEATH NO_DEATH          a closure that ends in a fault, abort() or a trap
 *     NO_FAILURES, NO_FATAL_FAILURES   a statement that calls helpers with assertions
 *   FAIL, ADD_FAILURE, ADD_FATAL_FAILURE, ZXTEST_SKIP
 *
 * In C there are TEST and the assertions; a death test takes a function.
 */
#ifndef ZXTEST_ZXTEST_H_
#define ZXTEST_ZXTEST_H_

#include <zxtest/c/zxtest.h>
#ifdef __cplusplus
#include <zxtest/cpp/zxtest.h>
#endif

#endif /* ZXTEST_ZXTEST_H_ */
