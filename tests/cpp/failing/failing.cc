/* Tests that fail, for tests/cpp/zxtest_output.sh: each line of output that is looked for is named there. */
#include <lib/zx/result.h>
#include <zxtest/zxtest.h>

TEST(Failing, ExpectGoesOn)
{
	const int seen = 41;

	EXPECT_EQ(seen, 42, "message %d", 99);
	EXPECT_OK(ZX_ERR_IO_REFUSED);
	EXPECT_STATUS(zx::make_result(ZX_ERR_NO_SPACE), ZX_OK);
	EXPECT_BYTES_EQ("abcd", "abXd", 4);
	EXPECT_STR_EQ("left", "right");
	EXPECT_DEATH([] {}, "nothing dies");
	EXPECT_NO_DEATH([] { *static_cast<volatile int *>(nullptr) = 1; });
	ADD_FATAL_FAILURE("fatal but going on");
	printf("reached the end\n");
}

TEST(Failing, AssertReturns)
{
	ASSERT_NOT_NULL(nullptr);
	printf("reached too far\n");
}

static void Fails()
{
	FAIL("in the helper");
}

TEST(Failing, HelperReturns)
{
	ASSERT_NO_FATAL_FAILURES(Fails(), "helper");
	printf("reached too far\n");
}

TEST(Passing, One)
{
}

TEST(Passing, Two)
{
}

TEST(Skipped, One)
{
	ZXTEST_SKIP();
}
