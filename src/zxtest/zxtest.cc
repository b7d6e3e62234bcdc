/* zxtest on GoogleTest: the functions behind <zxtest/zxtest.h>. Compiled by the projects that use it. */
#include <gtest/gtest.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iterator>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <zircon/status.h>
#include <zircon/types.h>
#include <zirconia/fault.h>
#include <zxtest/c/zxtest.h>

namespace
{

/* A test written in C. */
class PlainTest : public ::testing::Test
{
      public:
	explicit PlainTest(zxtest_test_fn_t fn) : fn_(fn)
	{
	}

      private:
	void TestBody() override
	{
		fn_();
	}

	zxtest_test_fn_t fn_;
};

/* What besides faults ends a program: abort() and the traps of the compiler. */
constexpr int kSignals[] = {SIGABRT, SIGILL, SIGTRAP, SIGFPE};

struct Attempt {
	void (*fn)(void *);
	void *arg;
	bool died;
	int signal; /* 0 when it was a fault */
	zirconia_fault_info_t fault;
	sigjmp_buf env;
};

thread_local Attempt *current_attempt;
std::mutex attempts; /* one at a time: the signal actions are the process's */
struct sigaction previous[std::size(kSignals)];

void OnSignal(int sig)
{
	if (current_attempt != nullptr) {
		current_attempt->signal = sig;
		siglongjmp(current_attempt->env, 1);
	}
	/* Another thread's: it gets what it would have got. */
	for (size_t i = 0; i < std::size(kSignals); i++)
		if (kSignals[i] == sig)
			sigaction(sig, &previous[i], nullptr);
	raise(sig);
}

void Try(Attempt *attempt)
{
	zirconia_fault_frame_t frame;

	current_attempt = attempt;
	if (sigsetjmp(attempt->env, 1) != 0) {
		zirconia_fault_end(&frame);
		current_attempt->died = true;
	} else if (ZIRCONIA_FAULT_TRY(&frame)) {
		current_attempt->fn(current_attempt->arg);
		zirconia_fault_end(&frame);
	} else {
		current_attempt->died = true;
		current_attempt->fault = frame.info;
	}
	current_attempt = nullptr;
}

const char *AccessName(uint32_t access)
{
	switch (access) {
	case ZX_VM_PERM_READ:
		return "read";
	case ZX_VM_PERM_WRITE:
		return "write";
	default:
		return "execution";
	}
}

void AddPart(::testing::TestPartResult::Type type, const char *file, int line,
	     const std::string &text)
{
	::testing::internal::AssertHelper(type, file, line, text.c_str()) = ::testing::Message();
}

void AddFailure(bool fatal, const char *file, int line, const std::string &text)
{
	AddPart(fatal ? ::testing::TestPartResult::kFatalFailure :
			::testing::TestPartResult::kNonFatalFailure,
		file, line, text);
}

} // namespace

void zxtest_runner_register_test(const char *test_case, const char *test, const char *file,
				 int line, zxtest_test_fn_t fn)
{
	::testing::RegisterTest(test_case, test, nullptr, nullptr, file, line,
				[fn]() -> ::testing::Test * { return new PlainTest(fn); });
}

bool zxtest_runner_current_test_has_failures(void)
{
	return ::testing::Test::HasFailure();
}

bool zxtest_runner_current_test_has_fatal_failures(void)
{
	return ::testing::Test::HasFatalFailure();
}

void zxtest_runner_fail_current_test(bool fatal, const char *file, int line, const char *message)
{
	AddFailure(fatal, file, line, message);
}

void zxtest_runner_skip_current_test(const char *file, int line, const char *message)
{
	AddPart(::testing::TestPartResult::kSkip, file, line, message);
}

void zxtest_runner_notify_assertion(bool fatal, const char *file, int line, const char *expected,
				    const char *actual, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	AddFailure(fatal, file, line,
		   std::string("Expected: ") + expected + "\n  Actual: " + actual + "\n" + text);
}

const char *zxtest_describe(const void *value, size_t size, char *out_text, size_t text_size)
{
	uint64_t number = 0;

	if (size > sizeof(number)) {
		snprintf(out_text, text_size, "(%zu bytes)", size);
		return out_text;
	}
	/* Little-endian, as all of Zircon's machines; the sign is taken from the top bit. */
	memcpy(&number, value, size);
	const unsigned shift = static_cast<unsigned>(64 - 8 * size);
	const long long sign_extended = static_cast<long long>(number << shift) >> shift;

	snprintf(out_text, text_size, "%lld (0x%llx)", sign_extended,
		 static_cast<unsigned long long>(number));
	return out_text;
}

const char *zxtest_describe_bytes(const void *a, const void *b, size_t size, char *out_text,
				  size_t text_size)
{
	const uint8_t *const sides[] = {static_cast<const uint8_t *>(a),
					static_cast<const uint8_t *>(b)};
	size_t first = 0;

	while (first < size && sides[0][first] == sides[1][first])
		first++;
	if (first == size) {
		snprintf(out_text, text_size, "all %zu bytes are the same", size);
		return out_text;
	}
	std::string text = "from byte " + std::to_string(first) + ":";

	for (const uint8_t *side : sides) {
		text += side == sides[0] ? "" : "  / ";
		for (size_t i = first; i < size && i < first + 16; i++) {
			char byte[8];

			snprintf(byte, sizeof(byte), " %02x", side[i]);
			text += byte;
		}
	}
	snprintf(out_text, text_size, "%s", text.c_str());
	return out_text;
}

bool zxtest_death_run(void (*fn)(void *), void *arg, char *out_how, size_t how_size)
{
	const std::lock_guard<std::mutex> only(attempts);
	Attempt attempt = {};
	struct sigaction action = {};

	attempt.fn = fn;
	attempt.arg = arg;
	action.sa_handler = OnSignal;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < std::size(kSignals); i++)
		sigaction(kSignals[i], &action, &previous[i]);
	/* Destructors of what dies do not run; so its thread is one that nobody needs afterwards. */
	std::thread(Try, &attempt).join();
	for (size_t i = 0; i < std::size(kSignals); i++)
		sigaction(kSignals[i], &previous[i], nullptr);

	if (!attempt.died)
		snprintf(out_how, how_size, "it returned");
	else if (attempt.signal != 0)
		snprintf(out_how, how_size, "signal %d (%s)", attempt.signal,
			 strsignal(attempt.signal));
	else
		snprintf(out_how, how_size, "fault: %s of %#zx, %s",
			 AccessName(attempt.fault.access), static_cast<size_t>(attempt.fault.addr),
			 zx_status_get_string(attempt.fault.status));
	return attempt.died;
}

bool zxtest_death_statement_execute(void (*fn)(void), bool expect_death, const char *file, int line,
				    const char *message)
{
	char how[128];
	const bool died = zxtest_death_run(
		[](void *arg) { (*static_cast<void (**)(void)>(arg))(); }, &fn, how, sizeof(how));

	if (died == expect_death)
		return true;
	AddFailure(true, file, line,
		   std::string(expect_death ? "Expected: death" : "Expected: no death") +
			   "\n  Actual: " + how + "\n" + message);
	return false;
}

int zxtest_run_all_tests(int argc, char **argv)
{
	/* zxtest's short options, each with GoogleTest's name for it. */
	static const struct {
		const char *option;
		const char *name;
		bool has_value;
	} options[] = {
		{"-f", "--gtest_filter", true},
		{"-l", "--gtest_list_tests", false},
		{"-i", "--gtest_repeat", true},
		{"-s", "--gtest_shuffle", false},
		{"-r", "--gtest_random_seed", true},
		{"-b", "--gtest_break_on_failure", false},
		{"-h", "--help", false},
	};
	std::vector<std::string> words;

	for (int i = 0; i < argc; i++) {
		std::string word = argv[i];

		for (const auto &option : options) {
			if (i == 0 || word != option.option)
				continue;
			word = option.name;
			if (option.has_value && i + 1 < argc)
				word += std::string("=") + argv[++i];
			break;
		}
		words.push_back(word);
	}

	std::vector<char *> pointers;

	for (std::string &word : words)
		pointers.push_back(word.data());
	pointers.push_back(nullptr);
	argc = static_cast<int>(words.size());
	::testing::InitGoogleTest(&argc, pointers.data());

	const int status = RUN_ALL_TESTS();
	const ::testing::UnitTest *const all = ::testing::UnitTest::GetInstance();
	const char *const skipped = getenv("ZXTEST_SKIPPED_STATUS");

	/* Alone, a skipped test is no failure; CTest wants to be told that nothing was tested. */
	if (status == 0 && skipped != nullptr && all->skipped_test_count() > 0 &&
	    all->successful_test_count() == 0)
		return atoi(skipped);
	return status;
}
