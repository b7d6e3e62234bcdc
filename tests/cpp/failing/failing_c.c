/* The same in C. */
#include <stdio.h>
#include <zxtest/zxtest.h>

static void nothing(void)
{
}

TEST(FailingInC, ExpectGoesOn)
{
	EXPECT_EQ(41, 42, "message %d", 98);
	EXPECT_OK(ZX_ERR_SHOULD_WAIT);
	EXPECT_BYTES_EQ("abcd", "abYd", 4);
	printf("reached the end in C\n");
	ASSERT_DEATH(nothing);
	printf("reached too far\n");
}
