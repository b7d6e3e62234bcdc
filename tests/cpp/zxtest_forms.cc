/* Every form of zxtest that passes; what they say when they fail is looked at by zxtest_output.sh. */
#include <lib/zx/result.h>
#include <lib/zx/vmo.h>
#include <zxtest/zxtest.h>

#include <string.h>

#include <exception>
#include <memory>
#include <string>

namespace
{

int environments;

class Counting : public zxtest::Environment
{
      public:
	void SetUp() override
	{
		environments++;
	}
};

[[maybe_unused]] const bool registered = [] {
	zxtest::Runner::GetInstance()->AddGlobalTestEnvironment(std::make_unique<Counting>());
	return true;
}();

class Fixture : public zxtest::Test
{
      public:
	static void SetUpTestCase()
	{
		suites++;
	}
	static void TearDownTestCase()
	{
		suites--;
	}
	void SetUp() override
	{
		ASSERT_OK(zx::vmo::create(4096, 0, &vmo_));
	}
	void TearDown() override
	{
		vmo_.reset();
	}

      protected:
	static int suites;
	zx::vmo vmo_;
};
int Fixture::suites;

TEST_F(Fixture, IsSetUp)
{
	EXPECT_TRUE(vmo_.is_valid());
	EXPECT_EQ(suites, 1);
	EXPECT_EQ(environments, 1);
}

class Sizes : public zxtest::TestWithParam<uint64_t>
{
};

TEST_P(Sizes, AreKept)
{
	zx::vmo vmo;
	uint64_t size = 0;

	ASSERT_OK(zx::vmo::create(GetParam(), 0, &vmo));
	ASSERT_OK(vmo.get_size(&size));
	EXPECT_EQ(size, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Pages, Sizes, zxtest::Values(0, 4096, 65536));

TEST(Forms, Comparisons)
{
	const unsigned seven = 7;
	int evaluated = 0;
	auto owner = std::make_unique<int>(1);

	ASSERT_EQ(7, seven);
	ASSERT_EQ(++evaluated, 1, "evaluated %d times", evaluated);
	ASSERT_NE(8, seven, "with a message");
	ASSERT_LT(6, seven);
	ASSERT_LE(7, seven);
	ASSERT_GT(seven, 6);
	ASSERT_GE(seven, 7u);
	EXPECT_EQ(7, seven) << "in GoogleTest's way";
	ASSERT_TRUE(owner);
	ASSERT_FALSE(!owner, "%s", "text");
	ASSERT_NOT_NULL(owner);
	ASSERT_NULL(nullptr);
	ASSERT_EQ(owner.get(), owner.get());
	ASSERT_NE(owner.get(), nullptr);
}

TEST(Forms, StatusesTextsBytes)
{
	zx::result<int> good = zx::ok(1), bad = zx::error(ZX_ERR_IO);
	const char *text = "text";

	ASSERT_OK(ZX_OK);
	ASSERT_OK(good, "a result");
	ASSERT_NOT_OK(bad);
	ASSERT_NOT_OK(ZX_ERR_IO);
	ASSERT_STATUS(bad, ZX_ERR_IO);
	EXPECT_STATUS(ZX_ERR_IO, bad);
	ASSERT_STR_EQ(text, std::string("text"));
	ASSERT_STR_NE("text", "other");
	ASSERT_BYTES_EQ("same", "same", 5);
	ASSERT_BYTES_NE("same", "sane", 5, "message");
}

void Helper(bool fails)
{
	if (fails) {
		ASSERT_TRUE(zx::make_result(ZX_OK).is_ok());
	}
}

TEST(Forms, Helpers)
{
	ASSERT_NO_FATAL_FAILURES(Helper(true));
	ASSERT_NO_FATAL_FAILURE(Helper(false), "message");
	ASSERT_NO_FAILURES(Helper(true));
	EXPECT_NO_FAILURES(Helper(false));
}

int Recurse(volatile int *at, int depth)
{
	return depth == 0 ? *at : Recurse(at, depth - 1) + 1;
}

TEST(Forms, Deaths)
{
	volatile int before = 0;
	/* Not null: a sanitizer would tell before the fault comes. */
	volatile int *const nowhere = reinterpret_cast<volatile int *>(uintptr_t{64});
	auto only_moved = std::make_unique<int>(3);

	ASSERT_DEATH([&] {
		before = 1;
		*nowhere = 1;
		before = 2;
	});
	EXPECT_EQ(before, 1);
	ASSERT_DEATH(([&, depth = 20]() { Recurse(nowhere, depth); }), "twenty frames");
	ASSERT_DEATH([] { abort(); });
	ASSERT_DEATH([] { __builtin_trap(); });
	ASSERT_DEATH([] { std::terminate(); });
	ASSERT_NO_DEATH([&] { before = 3; }, "a number");
	EXPECT_EQ(before, 3);
	ASSERT_NO_DEATH([held = std::move(only_moved)]() mutable { held.reset(); });
	EXPECT_DEATH([] { ZX_ASSERT(false); });
}

TEST(Forms, Skipped)
{
	ZXTEST_SKIP("for %s", "example");
	FAIL("not reached");
}

} // namespace
