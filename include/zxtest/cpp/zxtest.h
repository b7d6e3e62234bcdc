/* The part of zxtest that C++ has. Programs include <zxtest/zxtest.h>. */
#ifndef ZXTEST_CPP_ZXTEST_H_
#define ZXTEST_CPP_ZXTEST_H_

#if !__has_include(<gtest/gtest.h>)
#error "zxtest stands on GoogleTest (Debian, Ubuntu: libgtest-dev)"
#endif
#include <gtest/gtest.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <zircon/status.h>
#include <zircon/types.h>
#include <zxtest/c/zxtest.h>

namespace zxtest
{

using ::testing::Bool;
using ::testing::Combine;
using ::testing::Environment;
using ::testing::Range;
using ::testing::Test;
using ::testing::TestInfo;
using ::testing::TestParamInfo;
using ::testing::TestWithParam;
using ::testing::Values;
using ::testing::ValuesIn;

/* As much of the runner as tests talk to. */
class Runner
{
      public:
	static Runner *GetInstance()
	{
		static Runner runner;

		return &runner;
	}

	void AddGlobalTestEnvironment(std::unique_ptr<Environment> environment)
	{
		::testing::AddGlobalTestEnvironment(environment.release());
	}

	bool CurrentTestHasFailures() const
	{
		return Test::HasFailure();
	}
	bool CurrentTestHasFatalFailures() const
	{
		return Test::HasFatalFailure();
	}
};

namespace internal
{

/* The message behind an assertion; nothing when there is none. */
inline std::string Message()
{
	return std::string();
}

__PRINTFLIKE(1, 2) inline std::string Message(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

/* Operands of two signs are compared as C++ does, without a word about it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"

#define ZXTEST_COMPARE_(name, op)                                                           \
	template <typename A, typename B>                                                   \
	::testing::AssertionResult name(const char *a_text, const char *b_text, const A &a, \
					const B &b)                                         \
	{                                                                                   \
		if (a op b)                                                                 \
			return ::testing::AssertionSuccess();                               \
		return ::testing::AssertionFailure()                                        \
		       << "Expected: " << a_text << " " #op " " << b_text                   \
		       << "\n  Actual: " << ::testing::PrintToString(a) << ", "             \
		       << ::testing::PrintToString(b);                                      \
	}

ZXTEST_COMPARE_(Eq, ==)
ZXTEST_COMPARE_(Ne, !=)
ZXTEST_COMPARE_(Lt, <)
ZXTEST_COMPARE_(Le, <=)
ZXTEST_COMPARE_(Gt, >)
ZXTEST_COMPARE_(Ge, >=)

#undef ZXTEST_COMPARE_
#pragma GCC diagnostic pop

template <typename A>::testing::AssertionResult True(const char *text, const A &a)
{
	if (static_cast<bool>(a))
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure() << "Expected: " << text << "\n  Actual: false";
}

template <typename A>::testing::AssertionResult False(const char *text, const A &a)
{
	if (!static_cast<bool>(a))
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure() << "Expected: not " << text << "\n  Actual: true";
}

template <typename A>::testing::AssertionResult Null(const char *text, const A &a)
{
	if (a == nullptr)
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure()
	       << "Expected: " << text << " is null\n  Actual: " << ::testing::PrintToString(a);
}

template <typename A>::testing::AssertionResult NotNull(const char *text, const A &a)
{
	if (a != nullptr)
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure() << "Expected: " << text << " is not null";
}

template <typename T, typename = void> struct HasStatus : std::false_type {
};
template <typename T>
struct HasStatus<T, std::void_t<decltype(std::declval<const T &>().status_value())>>
    : std::true_type {
};

/* Of a status, or of something like zx::result. */
template <typename T> zx_status_t StatusOf(const T &value)
{
	if constexpr (HasStatus<T>::value)
		return value.status_value();
	else
		return value;
}

template <typename A>::testing::AssertionResult Ok(const char *text, const A &a)
{
	const zx_status_t status = StatusOf(a);

	/* Calls that answer a count answer it in place of ZX_OK. */
	if (status >= ZX_OK)
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure()
	       << "Expected: " << text << " is ZX_OK\n  Actual: " << zx_status_get_string(status)
	       << " (" << status << ")";
}

template <typename A>::testing::AssertionResult NotOk(const char *text, const A &a)
{
	const zx_status_t status = StatusOf(a);

	if (status < ZX_OK)
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure()
	       << "Expected: " << text << " is an error\n  Actual: " << zx_status_get_string(status)
	       << " (" << status << ")";
}

template <typename A, typename B>
::testing::AssertionResult Status(const char *a_text, const char *b_text, const A &a, const B &b)
{
	const zx_status_t status = StatusOf(a), other = StatusOf(b);

	if (status == other)
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure() << "Expected: " << a_text << " == " << b_text
					     << "\n  Actual: " << zx_status_get_string(status)
					     << ", " << zx_status_get_string(other);
}

/* Anything with c_str() is text, too. */
template <typename T> std::string_view Text(const T &value)
{
	if constexpr (std::is_convertible_v<const T &, std::string_view>)
		return value;
	else
		return value.c_str();
}

template <typename A, typename B>
::testing::AssertionResult StrEq(const char *a_text, const char *b_text, const A &a, const B &b)
{
	if (Text(a) == Text(b))
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure()
	       << "Expected: " << a_text << " and " << b_text << " are the same text\n  Actual: \""
	       << Text(a) << "\", \"" << Text(b) << "\"";
}

template <typename A, typename B>
::testing::AssertionResult StrNe(const char *a_text, const char *b_text, const A &a, const B &b)
{
	if (Text(a) != Text(b))
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure() << "Expected: " << a_text << " and " << b_text
					     << " differ\n  Actual: both \"" << Text(a) << "\"";
}

inline ::testing::AssertionResult BytesEq(const char *a_text, const char *b_text, const char *,
					  const void *a, const void *b, size_t size)
{
	char text[256];

	if (memcmp(a, b, size) == 0)
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure()
	       << "Expected: the same " << size << " bytes in " << a_text << " and " << b_text
	       << "\n  Actual: " << zxtest_describe_bytes(a, b, size, text, sizeof(text));
}

inline ::testing::AssertionResult BytesNe(const char *a_text, const char *b_text, const char *,
					  const void *a, const void *b, size_t size)
{
	if (memcmp(a, b, size) != 0)
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure()
	       << "Expected: " << a_text << " and " << b_text << " differ in " << size << " bytes";
}

template <typename F> bool RunDeath(F &fn, char *how, size_t size)
{
	return zxtest_death_run([](void *arg) { (*static_cast<F *>(arg))(); }, &fn, how, size);
}

template <typename F>::testing::AssertionResult Dies(const char *, F fn)
{
	char how[128];

	if (RunDeath(fn, how, sizeof(how)))
		return ::testing::AssertionSuccess() << how;
	return ::testing::AssertionFailure() << "Expected: the closure dies\n  Actual: it returned";
}

template <typename F>::testing::AssertionResult Lives(const char *, F fn)
{
	char how[128];

	if (!RunDeath(fn, how, sizeof(how)))
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure()
	       << "Expected: the closure returns\n  Actual: it died: " << how;
}

/* Which assertions failed since it was made. */
class FailureWatch
{
      public:
	bool failed(bool fatal_only) const
	{
		const ::testing::TestResult *const result = Result();

		for (int i = begin_; i < result->total_part_count(); i++) {
			const ::testing::TestPartResult &part = result->GetTestPartResult(i);

			if (fatal_only ? part.fatally_failed() : part.failed())
				return true;
		}
		return false;
	}

      private:
	static const ::testing::TestResult *Result()
	{
		return ::testing::UnitTest::GetInstance()->current_test_info()->result();
	}

	int begin_ = Result()->total_part_count();
};

inline int RunAllTests()
{
	return ::RUN_ALL_TESTS();
}
inline int RunAllTests(int argc, char **argv)
{
	return zxtest_run_all_tests(argc, argv);
}

} // namespace internal
} // namespace zxtest

/* GoogleTest's own forms take no message in parentheses. */
#undef ASSERT_EQ
#undef ASSERT_NE
#undef ASSERT_LT
#undef ASSERT_LE
#undef ASSERT_GT
#undef ASSERT_GE
#undef ASSERT_TRUE
#undef ASSERT_FALSE
#undef ASSERT_DEATH
#undef ASSERT_NO_FATAL_FAILURE
#undef EXPECT_EQ
#undef EXPECT_NE
#undef EXPECT_LT
#undef EXPECT_LE
#undef EXPECT_GT
#undef EXPECT_GE
#undef EXPECT_TRUE
#undef EXPECT_FALSE
#undef EXPECT_DEATH
#undef EXPECT_NO_FATAL_FAILURE
#undef FAIL
#undef ADD_FAILURE

#define RUN_ALL_TESTS(...) ::zxtest::internal::RunAllTests(__VA_ARGS__)

#define ZXTEST_1_(kind, pred, a, ...) \
	kind##_PRED_FORMAT1(::zxtest::internal::pred, a) << ::zxtest::internal::Message(__VA_ARGS__)
#define ZXTEST_2_(kind, pred, a, b, ...)                    \
	kind##_PRED_FORMAT2(::zxtest::internal::pred, a, b) \
		<< ::zxtest::internal::Message(__VA_ARGS__)
#define ZXTEST_3_(kind, pred, a, b, c, ...)                    \
	kind##_PRED_FORMAT3(::zxtest::internal::pred, a, b, c) \
		<< ::zxtest::internal::Message(__VA_ARGS__)

#define ASSERT_EQ(a, b, ...) ZXTEST_2_(ASSERT, Eq, a, b, ##__VA_ARGS__)
#define ASSERT_NE(a, b, ...) ZXTEST_2_(ASSERT, Ne, a, b, ##__VA_ARGS__)
#define ASSERT_LT(a, b, ...) ZXTEST_2_(ASSERT, Lt, a, b, ##__VA_ARGS__)
#define ASSERT_LE(a, b, ...) ZXTEST_2_(ASSERT, Le, a, b, ##__VA_ARGS__)
#define ASSERT_GT(a, b, ...) ZXTEST_2_(ASSERT, Gt, a, b, ##__VA_ARGS__)
#define ASSERT_GE(a, b, ...) ZXTEST_2_(ASSERT, Ge, a, b, ##__VA_ARGS__)
#define ASSERT_TRUE(a, ...) ZXTEST_1_(ASSERT, True, a, ##__VA_ARGS__)
#define ASSERT_FALSE(a, ...) ZXTEST_1_(ASSERT, False, a, ##__VA_ARGS__)
#define ASSERT_NULL(a, ...) ZXTEST_1_(ASSERT, Null, a, ##__VA_ARGS__)
#define ASSERT_NOT_NULL(a, ...) ZXTEST_1_(ASSERT, NotNull, a, ##__VA_ARGS__)
#define ASSERT_OK(a, ...) ZXTEST_1_(ASSERT, Ok, a, ##__VA_ARGS__)
#define ASSERT_NOT_OK(a, ...) ZXTEST_1_(ASSERT, NotOk, a, ##__VA_ARGS__)
#define ASSERT_STATUS(a, b, ...) ZXTEST_2_(ASSERT, Status, a, b, ##__VA_ARGS__)
#define ASSERT_STR_EQ(a, b, ...) ZXTEST_2_(ASSERT, StrEq, a, b, ##__VA_ARGS__)
#define ASSERT_STR_NE(a, b, ...) ZXTEST_2_(ASSERT, StrNe, a, b, ##__VA_ARGS__)
#define ASSERT_BYTES_EQ(a, b, n, ...) ZXTEST_3_(ASSERT, BytesEq, a, b, n, ##__VA_ARGS__)
#define ASSERT_BYTES_NE(a, b, n, ...) ZXTEST_3_(ASSERT, BytesNe, a, b, n, ##__VA_ARGS__)
#define ASSERT_DEATH(closure, ...) ZXTEST_1_(ASSERT, Dies, closure, ##__VA_ARGS__)
#define ASSERT_NO_DEATH(closure, ...) ZXTEST_1_(ASSERT, Lives, closure, ##__VA_ARGS__)

#define EXPECT_EQ(a, b, ...) ZXTEST_2_(EXPECT, Eq, a, b, ##__VA_ARGS__)
#define EXPECT_NE(a, b, ...) ZXTEST_2_(EXPECT, Ne, a, b, ##__VA_ARGS__)
#define EXPECT_LT(a, b, ...) ZXTEST_2_(EXPECT, Lt, a, b, ##__VA_ARGS__)
#define EXPECT_LE(a, b, ...) ZXTEST_2_(EXPECT, Le, a, b, ##__VA_ARGS__)
#define EXPECT_GT(a, b, ...) ZXTEST_2_(EXPECT, Gt, a, b, ##__VA_ARGS__)
#define EXPECT_GE(a, b, ...) ZXTEST_2_(EXPECT, Ge, a, b, ##__VA_ARGS__)
#define EXPECT_TRUE(a, ...) ZXTEST_1_(EXPECT, True, a, ##__VA_ARGS__)
#define EXPECT_FALSE(a, ...) ZXTEST_1_(EXPECT, False, a, ##__VA_ARGS__)
#define EXPECT_NULL(a, ...) ZXTEST_1_(EXPECT, Null, a, ##__VA_ARGS__)
#define EXPECT_NOT_NULL(a, ...) ZXTEST_1_(EXPECT, NotNull, a, ##__VA_ARGS__)
#define EXPECT_OK(a, ...) ZXTEST_1_(EXPECT, Ok, a, ##__VA_ARGS__)
#define EXPECT_NOT_OK(a, ...) ZXTEST_1_(EXPECT, NotOk, a, ##__VA_ARGS__)
#define EXPECT_STATUS(a, b, ...) ZXTEST_2_(EXPECT, Status, a, b, ##__VA_ARGS__)
#define EXPECT_STR_EQ(a, b, ...) ZXTEST_2_(EXPECT, StrEq, a, b, ##__VA_ARGS__)
#define EXPECT_STR_NE(a, b, ...) ZXTEST_2_(EXPECT, StrNe, a, b, ##__VA_ARGS__)
#define EXPECT_BYTES_EQ(a, b, n, ...) ZXTEST_3_(EXPECT, BytesEq, a, b, n, ##__VA_ARGS__)
#define EXPECT_BYTES_NE(a, b, n, ...) ZXTEST_3_(EXPECT, BytesNe, a, b, n, ##__VA_ARGS__)
#define EXPECT_DEATH(closure, ...) ZXTEST_1_(EXPECT, Dies, closure, ##__VA_ARGS__)
#define EXPECT_NO_DEATH(closure, ...) ZXTEST_1_(EXPECT, Lives, closure, ##__VA_ARGS__)

#define ZXTEST_NO_FAILURES_(statement, fatal_only, on_failure, ...)             \
	do {                                                                    \
		const ::zxtest::internal::FailureWatch zxtest_watch_;           \
		{                                                               \
			statement;                                              \
		}                                                               \
		if (zxtest_watch_.failed(fatal_only))                           \
			on_failure << "Failures in: " #statement " "            \
				   << ::zxtest::internal::Message(__VA_ARGS__); \
	} while (0)

#define ASSERT_NO_FAILURES(statement, ...) \
	ZXTEST_NO_FAILURES_(statement, false, GTEST_FAIL(), ##__VA_ARGS__)
#define ASSERT_NO_FATAL_FAILURES(statement, ...) \
	ZXTEST_NO_FAILURES_(statement, true, GTEST_FAIL(), ##__VA_ARGS__)
#define ASSERT_NO_FATAL_FAILURE(statement, ...) \
	ZXTEST_NO_FAILURES_(statement, true, GTEST_FAIL(), ##__VA_ARGS__)
#define EXPECT_NO_FAILURES(statement, ...) \
	ZXTEST_NO_FAILURES_(statement, false, ADD_FAILURE_AT(__FILE__, __LINE__), ##__VA_ARGS__)
#define EXPECT_NO_FATAL_FAILURES(statement, ...) \
	ZXTEST_NO_FAILURES_(statement, true, ADD_FAILURE_AT(__FILE__, __LINE__), ##__VA_ARGS__)
#define EXPECT_NO_FATAL_FAILURE(statement, ...) \
	ZXTEST_NO_FAILURES_(statement, true, ADD_FAILURE_AT(__FILE__, __LINE__), ##__VA_ARGS__)

#define FAIL(...) GTEST_FAIL() << ::zxtest::internal::Message(__VA_ARGS__)
#define ADD_FAILURE(...) \
	ADD_FAILURE_AT(__FILE__, __LINE__) << ::zxtest::internal::Message(__VA_ARGS__)
#define ADD_FATAL_FAILURE(...) [&] { FAIL(__VA_ARGS__); }()
#define ZXTEST_SKIP(...) GTEST_SKIP() << ::zxtest::internal::Message(__VA_ARGS__)

#endif /* ZXTEST_CPP_ZXTEST_H_ */
