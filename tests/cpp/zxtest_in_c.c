/* zxtest in C. */
#include <stdlib.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

/* Not null: a sanitizer would tell before the fault comes. */
static volatile int *nowhere = (volatile int *)64;
static const char *const nothing;

static void write_nowhere(void)
{
	*nowhere = 1;
}

static void call_abort(void)
{
	abort();
}

static void do_nothing(void)
{
}

static void helper(zx_status_t status)
{
	ASSERT_OK(status);
}

TEST(InC, Forms)
{
	const unsigned seven = 7;
	const char *text = "text";
	int evaluated = 0;

	ASSERT_EQ(7, seven);
	ASSERT_EQ(++evaluated, 1, "evaluated %d times", evaluated);
	ASSERT_NE(8, seven);
	ASSERT_LT(6, seven);
	ASSERT_LE(7, seven);
	ASSERT_GT(seven, 6);
	ASSERT_GE(seven, 7);
	ASSERT_TRUE(seven == 7);
	ASSERT_FALSE(seven == 8, "message");
	ASSERT_NULL(nothing);
	ASSERT_NOT_NULL(text);
	ASSERT_OK(ZX_OK);
	ASSERT_NOT_OK(ZX_ERR_IO);
	ASSERT_STATUS(ZX_ERR_IO, ZX_ERR_IO);
	ASSERT_STR_EQ(text, "text");
	ASSERT_STR_NE(text, "other");
	ASSERT_BYTES_EQ(text, "text", 5);
	ASSERT_BYTES_NE(text, "tent", 5);
	ASSERT_NO_FATAL_FAILURES(helper(ZX_OK));
	ASSERT_NO_FAILURES(helper(ZX_OK));
}

TEST(InC, Vmo)
{
	zx_handle_t vmo;
	zx_vaddr_t at;

	ASSERT_OK(zx_vmo_create(4096, 0, &vmo));
	ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, 4096, &at));
	EXPECT_EQ(*(volatile int *)at, 0);
	nowhere = (volatile int *)at;
	ASSERT_DEATH(write_nowhere);
	nowhere = (volatile int *)64;
	ASSERT_OK(zx_vmar_unmap(zx_vmar_root_self(), at, 4096));
	ASSERT_OK(zx_handle_close(vmo));
}

TEST(InC, Deaths)
{
	ASSERT_DEATH(write_nowhere, "with a message");
	EXPECT_DEATH(call_abort);
	ASSERT_NO_DEATH(do_nothing);
}

TEST(InC, Skipped)
{
	ZXTEST_SKIP("an example");
	FAIL("not reached");
}
