/* zx::result, zx::time and its like, fit::defer. */
#include <lib/fit/defer.h>
#include <lib/zx/result.h>
#include <lib/zx/status.h>
#include <lib/zx/time.h>
#include <lib/zx/vmo.h>
#include <zxtest/zxtest.h>

#include <memory>
#include <string>

namespace
{

zx::result<int> Half(int n)
{
	if (n % 2 != 0)
		return zx::error(ZX_ERR_INVALID_ARGS);
	return zx::ok(n / 2);
}

zx::result<> Check(zx_status_t status)
{
	return zx::make_result(status);
}

zx::result<std::string> Name(bool known)
{
	zx::result<> check = Check(known ? ZX_OK : ZX_ERR_NOT_FOUND);

	if (check.is_error())
		return check.take_error();
	return "known";
}

TEST(ZxResult, ValuesAndErrors)
{
	EXPECT_OK(Half(4));
	EXPECT_EQ(*Half(4), 2);
	EXPECT_STATUS(Half(3), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(Half(3).value_or(7), 7);
	EXPECT_EQ(Half(3).error_value(), ZX_ERR_INVALID_ARGS);
	EXPECT_STR_EQ(Half(3).status_string(), "ZX_ERR_INVALID_ARGS");
	EXPECT_EQ(Half(4).status_value(), ZX_OK);
	EXPECT_EQ(Name(true).value(), "known");
	EXPECT_EQ(Name(true)->size(), 5);
	EXPECT_NOT_OK(Name(false));
	EXPECT_OK(Check(ZX_OK));
	EXPECT_STATUS(zx::make_result(ZX_ERR_IO, 4), ZX_ERR_IO);
	EXPECT_EQ(zx::make_result(ZX_OK, 4).value(), 4);
	static_assert(!std::is_convertible_v<zx::result<int>, bool>);
	static_assert(!std::is_constructible_v<bool, zx::result<int>>);
}

TEST(ZxResult, MoveOnlyValues)
{
	zx::vmo vmo;

	ASSERT_OK(zx::vmo::create(4096, 0, &vmo));
	zx::result<zx::vmo> result = zx::ok(std::move(vmo));
	ASSERT_TRUE(result.is_ok());
	EXPECT_TRUE(result->is_valid());
	zx::result<zx::vmo> moved = std::move(result);
	zx::vmo out = std::move(moved).value();
	EXPECT_TRUE(out.is_valid());

	zx::result<std::unique_ptr<int>> boxed = zx::ok(std::make_unique<int>(3));
	EXPECT_EQ(**boxed, 3);
	zx::status<std::unique_ptr<int>> again = boxed.take_value();
	EXPECT_EQ(*again.value(), 3);
}

TEST(ZxResult, MisuseEndsTheProgram)
{
	EXPECT_DEATH([] { (void)Half(3).value(); });
	EXPECT_DEATH([] { (void)Half(4).error_value(); });
	EXPECT_DEATH([] { (void)zx::error(ZX_OK); });
	EXPECT_DEATH([] { (void)Check(ZX_OK).take_error(); });
	EXPECT_NO_DEATH([] { (void)Half(4).value(); });
}

TEST(ZxTime, ArithmeticSaturates)
{
	static_assert(zx::sec(1) == zx::msec(1000) && zx::min(1) == zx::sec(60));
	static_assert(zx::hour(1).to_mins() == 60 && zx::usec(5).to_nsecs() == 5000);
	static_assert(zx::time(5) + zx::nsec(3) == zx::time(8));
	static_assert(zx::time(5) - zx::time(8) == zx::nsec(-3));
	static_assert(2 * zx::sec(1) == zx::sec(2) && zx::sec(3) / zx::sec(2) == 1);
	EXPECT_TRUE(zx::time::infinite() + zx::sec(1) == zx::time::infinite());
	EXPECT_TRUE(zx::time::infinite_past() - zx::sec(1) == zx::time::infinite_past());
	EXPECT_TRUE(zx::sec(INT64_MAX) == zx::duration::infinite());
	EXPECT_TRUE(zx::time_boot(3) < zx::time_boot(4));
	const zx::ticks earlier = zx::ticks::now();
	EXPECT_TRUE(earlier <= zx::ticks::now());
	EXPECT_GT(zx::ticks::per_second().get(), 0);

	const zx::time before = zx::deadline_after(zx::nsec(0));
	ASSERT_OK(zx::nanosleep(zx::deadline_after(zx::msec(2))));
	EXPECT_GE((zx::deadline_after(zx::nsec(0)) - before).to_msecs(), 2);
}

TEST(FitDefer, RunsOnceUnlessCancelled)
{
	int runs = 0;
	{
		auto first = fit::defer([&] { runs++; });
		auto second = std::move(first);
		auto third = fit::defer([&] { runs += 100; });

		EXPECT_FALSE(first);
		EXPECT_TRUE(second);
		third.cancel();
	}
	EXPECT_EQ(runs, 1);
	{
		fit::deferred_callback callback = fit::defer_callback([&] { runs += 10; });

		callback.call();
		EXPECT_EQ(runs, 11);
		callback = fit::deferred_callback([&] { runs += 20; });
	}
	EXPECT_EQ(runs, 31);
}

} // namespace
