/* The part of zxtest that C has, and the functions behind it. Programs include <zxtest/zxtest.h>. */
#ifndef ZXTEST_C_ZXTEST_H_
#define ZXTEST_C_ZXTEST_H_

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <zircon/compiler.h>
#include <zircon/status.h>
#include <zircon/types.h>

__BEGIN_CDECLS

typedef void (*zxtest_test_fn_t)(void);

/* Before main. The strings have to stay. */
void zxtest_runner_register_test(const char *test_case, const char *test, const char *file,
				 int line, zxtest_test_fn_t fn);
bool zxtest_runner_current_test_has_failures(void);
bool zxtest_runner_current_test_has_fatal_failures(void);
void zxtest_runner_fail_current_test(bool fatal, const char *file, int line, const char *message);
void zxtest_runner_skip_current_test(const char *file, int line, const char *message);

/* A failure with what was expected, what was met, and a message in printf's way. */
__PRINTFLIKE(6, 7)
void zxtest_runner_notify_assertion(bool fatal, const char *file, int line, const char *expected,
				    const char *actual, const char *format, ...);

/*
 * Calls fn on a thread of its own. Does it end in a fault, abort() or a trap, as is expected (true),
 * or return (false)? Anything else is a fatal failure.
 */
bool zxtest_death_statement_execute(void (*fn)(void), bool expect_death, const char *file, int line,
				    const char *message);
/* The same without judging; `out_how` says how it ended. */
bool zxtest_death_run(void (*fn)(void *), void *arg, char *out_how, size_t how_size);

/* 0 when no test failed. argc and argv may be changed. */
int zxtest_run_all_tests(int argc, char **argv);

/* `size` bytes of a number, as text for a message. */
const char *zxtest_describe(const void *value, size_t size, char *out_text, size_t text_size);
/* Both sides as hexadecimal bytes, from the first that differs. */
const char *zxtest_describe_bytes(const void *a, const void *b, size_t size, char *out_text,
				  size_t text_size);

__END_CDECLS

#ifndef __cplusplus

#define RUN_ALL_TESTS(argc, argv) zxtest_run_all_tests(argc, argv)

#define TEST(TestCase, Test)                                                            \
	static void TestCase##_##Test(void);                                            \
	__attribute__((__constructor__)) static void TestCase##_##Test##_register(void) \
	{                                                                               \
		zxtest_runner_register_test(#TestCase, #Test, __FILE__, __LINE__,       \
					    TestCase##_##Test);                         \
	}                                                                               \
	static void TestCase##_##Test(void)

/* The blank in front takes the place of a missing message. */
#define ZXTEST_FAIL_(fatal, expected, actual, ...) \
	zxtest_runner_notify_assertion(fatal, __FILE__, __LINE__, expected, actual, " " __VA_ARGS__)

#define ZXTEST_RETURN_ return
#define ZXTEST_GO_ON_ (void)0

/* Operands of two signs are compared as C does, without a word about it. */
#define ZXTEST_COMPARE_(fatal, leave, op, a, b, ...)                                        \
	do {                                                                                \
		_Pragma("GCC diagnostic push")                                              \
			_Pragma("GCC diagnostic ignored \"-Wsign-compare\"")                \
				const __auto_type zxtest_a_ = (a);                          \
		const __auto_type zxtest_b_ = (b);                                          \
		if (!(zxtest_a_ op zxtest_b_)) {                                            \
			char zxtest_t1_[64], zxtest_t2_[64], zxtest_t_[140];                \
			strcpy(zxtest_t_, zxtest_describe(&zxtest_a_, sizeof(zxtest_a_),    \
							  zxtest_t1_, sizeof(zxtest_t1_))); \
			strcat(zxtest_t_, ", ");                                            \
			strcat(zxtest_t_, zxtest_describe(&zxtest_b_, sizeof(zxtest_b_),    \
							  zxtest_t2_, sizeof(zxtest_t2_))); \
			ZXTEST_FAIL_(fatal, #a " " #op " " #b, zxtest_t_, ##__VA_ARGS__);   \
			leave;                                                              \
		}                                                                           \
		_Pragma("GCC diagnostic pop")                                               \
	} while (0)

#define ZXTEST_CHECK_(fatal, leave, condition, expected, actual, ...)         \
	do {                                                                  \
		if (!(condition)) {                                           \
			ZXTEST_FAIL_(fatal, expected, actual, ##__VA_ARGS__); \
			leave;                                                \
		}                                                             \
	} while (0)

#define ZXTEST_OK_(fatal, leave, op, a, ...)                                         \
	do {                                                                         \
		const zx_status_t zxtest_s_ = (a);                                   \
		ZXTEST_CHECK_(fatal, leave, zxtest_s_ op ZX_OK, #a " " #op " ZX_OK", \
			      zx_status_get_string(zxtest_s_), ##__VA_ARGS__);       \
	} while (0)

#define ZXTEST_STATUS_(fatal, leave, a, b, ...)                                \
	do {                                                                   \
		const zx_status_t zxtest_s_ = (a);                             \
		ZXTEST_CHECK_(fatal, leave, zxtest_s_ == (b), #a " == " #b,    \
			      zx_status_get_string(zxtest_s_), ##__VA_ARGS__); \
	} while (0)

#define ZXTEST_BYTES_(fatal, leave, op, a, b, n, ...)                                           \
	do {                                                                                    \
		const void *const zxtest_a_ = (a);                                              \
		const void *const zxtest_b_ = (b);                                              \
		const size_t zxtest_n_ = (n);                                                   \
		char zxtest_t_[256];                                                            \
		ZXTEST_CHECK_(fatal, leave, memcmp(zxtest_a_, zxtest_b_, zxtest_n_) op 0,       \
			      #a " and " #b " of " #n " bytes: memcmp " #op " 0",               \
			      zxtest_describe_bytes(zxtest_a_, zxtest_b_, zxtest_n_, zxtest_t_, \
						    sizeof(zxtest_t_)),                         \
			      ##__VA_ARGS__);                                                   \
	} while (0)

#define ZXTEST_STR_(fatal, leave, op, a, b, ...)                                             \
	do {                                                                                 \
		const char *const zxtest_a_ = (a);                                           \
		const char *const zxtest_b_ = (b);                                           \
		ZXTEST_CHECK_(fatal, leave, strcmp(zxtest_a_, zxtest_b_) op 0,               \
			      #a " and " #b ": strcmp " #op " 0", zxtest_a_, ##__VA_ARGS__); \
	} while (0)

#define ZXTEST_DEATH_(leave, fn, expected, ...)                                       \
	do {                                                                          \
		if (!zxtest_death_statement_execute(fn, expected, __FILE__, __LINE__, \
						    "" __VA_ARGS__)) {                \
			leave;                                                        \
		}                                                                     \
	} while (0)

#define ZXTEST_NO_FAILURES_(leave, statement, what, ...)                                           \
	do {                                                                                       \
		statement;                                                                         \
		ZXTEST_CHECK_(true, leave, !what(), #statement " without failures", "it had some", \
			      ##__VA_ARGS__);                                                      \
	} while (0)

#define ASSERT_EQ(a, b, ...) ZXTEST_COMPARE_(true, ZXTEST_RETURN_, ==, a, b, ##__VA_ARGS__)
#define ASSERT_NE(a, b, ...) ZXTEST_COMPARE_(true, ZXTEST_RETURN_, !=, a, b, ##__VA_ARGS__)
#define ASSERT_LT(a, b, ...) ZXTEST_COMPARE_(true, ZXTEST_RETURN_, <, a, b, ##__VA_ARGS__)
#define ASSERT_LE(a, b, ...) ZXTEST_COMPARE_(true, ZXTEST_RETURN_, <=, a, b, ##__VA_ARGS__)
#define ASSERT_GT(a, b, ...) ZXTEST_COMPARE_(true, ZXTEST_RETURN_, >, a, b, ##__VA_ARGS__)
#define ASSERT_GE(a, b, ...) ZXTEST_COMPARE_(true, ZXTEST_RETURN_, >=, a, b, ##__VA_ARGS__)
#define ASSERT_TRUE(a, ...) ZXTEST_CHECK_(true, ZXTEST_RETURN_, a, #a, "false", ##__VA_ARGS__)
#define ASSERT_FALSE(a, ...) \
	ZXTEST_CHECK_(true, ZXTEST_RETURN_, !(a), "not " #a, "true", ##__VA_ARGS__)
#define ASSERT_NULL(a, ...) \
	ZXTEST_CHECK_(true, ZXTEST_RETURN_, (a) == NULL, #a " == NULL", "a pointer", ##__VA_ARGS__)
#define ASSERT_NOT_NULL(a, ...) \
	ZXTEST_CHECK_(true, ZXTEST_RETURN_, (a) != NULL, #a " != NULL", "NULL", ##__VA_ARGS__)
#define ASSERT_OK(a, ...) ZXTEST_OK_(true, ZXTEST_RETURN_, >=, a, ##__VA_ARGS__)
#define ASSERT_NOT_OK(a, ...) ZXTEST_OK_(true, ZXTEST_RETURN_, <, a, ##__VA_ARGS__)
#define ASSERT_STATUS(a, b, ...) ZXTEST_STATUS_(true, ZXTEST_RETURN_, a, b, ##__VA_ARGS__)
#define ASSERT_STR_EQ(a, b, ...) ZXTEST_STR_(true, ZXTEST_RETURN_, ==, a, b, ##__VA_ARGS__)
#define ASSERT_STR_NE(a, b, ...) ZXTEST_STR_(true, ZXTEST_RETURN_, !=, a, b, ##__VA_ARGS__)
#define ASSERT_BYTES_EQ(a, b, n, ...) \
	ZXTEST_BYTES_(true, ZXTEST_RETURN_, ==, a, b, n, ##__VA_ARGS__)
#define ASSERT_BYTES_NE(a, b, n, ...) \
	ZXTEST_BYTES_(true, ZXTEST_RETURN_, !=, a, b, n, ##__VA_ARGS__)
#define ASSERT_DEATH(fn, ...) ZXTEST_DEATH_(ZXTEST_RETURN_, fn, true, ##__VA_ARGS__)
#define ASSERT_NO_DEATH(fn, ...) ZXTEST_DEATH_(ZXTEST_RETURN_, fn, false, ##__VA_ARGS__)
#define ASSERT_NO_FAILURES(statement, ...)                                                      \
	ZXTEST_NO_FAILURES_(ZXTEST_RETURN_, statement, zxtest_runner_current_test_has_failures, \
			    ##__VA_ARGS__)
#define ASSERT_NO_FATAL_FAILURES(statement, ...)       \
	ZXTEST_NO_FAILURES_(ZXTEST_RETURN_, statement, \
			    zxtest_runner_current_test_has_fatal_failures, ##__VA_ARGS__)
#define ASSERT_NO_FATAL_FAILURE(...) ASSERT_NO_FATAL_FAILURES(__VA_ARGS__)

#define EXPECT_EQ(a, b, ...) ZXTEST_COMPARE_(false, ZXTEST_GO_ON_, ==, a, b, ##__VA_ARGS__)
#define EXPECT_NE(a, b, ...) ZXTEST_COMPARE_(false, ZXTEST_GO_ON_, !=, a, b, ##__VA_ARGS__)
#define EXPECT_LT(a, b, ...) ZXTEST_COMPARE_(false, ZXTEST_GO_ON_, <, a, b, ##__VA_ARGS__)
#define EXPECT_LE(a, b, ...) ZXTEST_COMPARE_(false, ZXTEST_GO_ON_, <=, a, b, ##__VA_ARGS__)
#define EXPECT_GT(a, b, ...) ZXTEST_COMPARE_(false, ZXTEST_GO_ON_, >, a, b, ##__VA_ARGS__)
#define EXPECT_GE(a, b, ...) ZXTEST_COMPARE_(false, ZXTEST_GO_ON_, >=, a, b, ##__VA_ARGS__)
#define EXPECT_TRUE(a, ...) ZXTEST_CHECK_(false, ZXTEST_GO_ON_, a, #a, "false", ##__VA_ARGS__)
#define EXPECT_FALSE(a, ...) \
	ZXTEST_CHECK_(false, ZXTEST_GO_ON_, !(a), "not " #a, "true", ##__VA_ARGS__)
#define EXPECT_NULL(a, ...) \
	ZXTEST_CHECK_(false, ZXTEST_GO_ON_, (a) == NULL, #a " == NULL", "a pointer", ##__VA_ARGS__)
#define EXPECT_NOT_NULL(a, ...) \
	ZXTEST_CHECK_(false, ZXTEST_GO_ON_, (a) != NULL, #a " != NULL", "NULL", ##__VA_ARGS__)
#define EXPECT_OK(a, ...) ZXTEST_OK_(false, ZXTEST_GO_ON_, >=, a, ##__VA_ARGS__)
#define EXPECT_NOT_OK(a, ...) ZXTEST_OK_(false, ZXTEST_GO_ON_, <, a, ##__VA_ARGS__)
#define EXPECT_STATUS(a, b, ...) ZXTEST_STATUS_(false, ZXTEST_GO_ON_, a, b, ##__VA_ARGS__)
#define EXPECT_STR_EQ(a, b, ...) ZXTEST_STR_(false, ZXTEST_GO_ON_, ==, a, b, ##__VA_ARGS__)
#define EXPECT_STR_NE(a, b, ...) ZXTEST_STR_(false, ZXTEST_GO_ON_, !=, a, b, ##__VA_ARGS__)
#define EXPECT_BYTES_EQ(a, b, n, ...) \
	ZXTEST_BYTES_(false, ZXTEST_GO_ON_, ==, a, b, n, ##__VA_ARGS__)
#define EXPECT_BYTES_NE(a, b, n, ...) \
	ZXTEST_BYTES_(false, ZXTEST_GO_ON_, !=, a, b, n, ##__VA_ARGS__)
#define EXPECT_DEATH(fn, ...) ZXTEST_DEATH_(ZXTEST_GO_ON_, fn, true, ##__VA_ARGS__)
#define EXPECT_NO_DEATH(fn, ...) ZXTEST_DEATH_(ZXTEST_GO_ON_, fn, false, ##__VA_ARGS__)

#define FAIL(...)                                                              \
	do {                                                                   \
		ZXTEST_FAIL_(true, "not to come here", "came", ##__VA_ARGS__); \
		return;                                                        \
	} while (0)
#define ADD_FAILURE(...) ZXTEST_FAIL_(false, "not to come here", "came", ##__VA_ARGS__)
#define ADD_FATAL_FAILURE(...) ZXTEST_FAIL_(true, "not to come here", "came", ##__VA_ARGS__)
#define ZXTEST_SKIP(...)                                                             \
	do {                                                                         \
		zxtest_runner_skip_current_test(__FILE__, __LINE__, "" __VA_ARGS__); \
		return;                                                              \
	} while (0)

#endif /* !__cplusplus */

#endif /* ZXTEST_C_ZXTEST_H_ */
