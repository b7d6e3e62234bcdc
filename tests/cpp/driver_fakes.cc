/* What driver tests in C++ link: fake BTIs, fake and mock registers. */
#include <lib/driver/fake-bti/cpp/fake-bti.h>
#include <lib/driver/fake-mmio-reg/cpp/fake-mmio-reg.h>
#include <lib/driver/mock-mmio/cpp/globally-ordered-region.h>
#include <lib/driver/mock-mmio/cpp/region.h>
#include <lib/fzl/pinned-vmo.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

#include <gtest/gtest-spi.h>

namespace
{

constexpr size_t kPage = 4096;

/* spec: clients A.18 #4 */
TEST(FakeBti, PinnedVmoOverIt)
{
	zx::result<zx::bti> bti = fake_bti::CreateFakeBti();
	zx::vmo vmo, run;
	fzl::PinnedVmo pinned, contiguous;

	ASSERT_OK(bti);
	ASSERT_OK(zx::vmo::create(512 << 10, 0, &vmo));
	ASSERT_OK(pinned.Pin(vmo, *bti, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE));
	ASSERT_GE(pinned.region_count(), 1);
	uint64_t total = 0;

	for (uint32_t i = 0; i < pinned.region_count(); i++) {
		EXPECT_GT(pinned.region(i).size, 0);
		EXPECT_EQ(pinned.region(i).phys_addr, FAKE_BTI_PHYS_ADDR);
		total += pinned.region(i).size;
	}
	EXPECT_EQ(total, 512 << 10);
	ASSERT_OK(zx::vmo::create_contiguous(*bti, 512 << 10, 0, &run));
	ASSERT_OK(contiguous.Pin(run, *bti, ZX_BTI_PERM_READ | ZX_BTI_CONTIGUOUS));
	ASSERT_EQ(contiguous.region_count(), 1);
	EXPECT_EQ(contiguous.region(0).size, 512 << 10);
	EXPECT_EQ(fake_bti::GetPinnedVmo(zx::unowned_bti(*bti))->size(), 2);
	pinned.Unpin();
	contiguous.Unpin();
	EXPECT_EQ(fake_bti::GetPinnedVmo(zx::unowned_bti(*bti))->size(), 0);
}

/* spec: clients A.16 calls #3 */
TEST(FakeBti, TellsWhatWasPinned)
{
	static constexpr zx_paddr_t kPaddrs[] = {0x1000'0000, 0x3000'0000, 0x2000'0000};
	zx::result<zx::bti> bti = fake_bti::CreateFakeBtiWithPaddrs(kPaddrs);
	zx::vmo vmo;
	zx::pmt pmt, second, third;
	zx_paddr_t addrs[3] = {};

	ASSERT_OK(bti);
	ASSERT_OK(zx::vmo::create(4 * kPage, 0, &vmo));
	ASSERT_OK(bti->pin(ZX_BTI_PERM_READ, vmo, kPage, 2 * kPage, addrs, 2, &pmt));
	EXPECT_EQ(addrs[1], kPaddrs[1]);
	ASSERT_OK(bti->pin(ZX_BTI_PERM_READ, vmo, 0, kPage, addrs, 1, &second));
	EXPECT_STATUS(bti->pin(ZX_BTI_PERM_READ, vmo, 0, kPage, addrs, 1, &third),
		      ZX_ERR_OUT_OF_RANGE);

	zx::result<std::vector<fake_bti::FakeBtiPinnedVmoInfo>> pinned =
		fake_bti::GetPinnedVmo(zx::unowned_bti(*bti));
	ASSERT_OK(pinned);
	ASSERT_EQ(pinned->size(), 2);
	fake_bti::FakeBtiPinnedVmoInfo &info = (*pinned)[0];
	EXPECT_EQ(info.offset, kPage);
	EXPECT_EQ(info.size, 2 * kPage);
	EXPECT_NE(info.vmo.get(), vmo.get());
	zx::result<std::vector<zx_paddr_t>> paddrs =
		fake_bti::GetVmoPhysAddress(zx::unowned_bti(*bti), info);
	ASSERT_OK(paddrs);
	ASSERT_EQ(paddrs->size(), 2);
	EXPECT_EQ((*paddrs)[0], kPaddrs[0]);
	EXPECT_EQ((*paddrs)[1], kPaddrs[1]);
	info.size = kPage;
	EXPECT_STATUS(fake_bti::GetVmoPhysAddress(zx::unowned_bti(*bti), info).status_value(),
		      ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(fake_bti::GetPinnedVmo(zx::unowned_bti()).status_value(), ZX_ERR_BAD_HANDLE);
	EXPECT_OK(pmt.unpin());
	EXPECT_OK(second.unpin());
}

/* spec: clients A.17 fake #4 */
TEST(FakeMmioReg, CallbacksBehindABuffer)
{
	fake_mmio::FakeMmioRegRegion regs(sizeof(uint32_t), 8);
	std::vector<uint64_t> writes;

	regs[0x04].SetReadCallback([n = uint64_t{10}]() mutable { return n++; });
	regs[0x07].SetWriteCallback([&writes](uint64_t value) { writes.push_back(value); });
	fdf::MmioBuffer mmio = regs.GetMmioBuffer();

	EXPECT_EQ(mmio.get_size(), 32);
	EXPECT_EQ(mmio.Read32(0), 0);
	EXPECT_EQ(mmio.Read32(4), 10);
	EXPECT_EQ(mmio.View(4).Read8(0), 11);
	mmio.SetBits32(0x100, 4); /* a read and a write */
	mmio.Write32(7, 0);
	ASSERT_EQ(writes.size(), 1);
	EXPECT_EQ(writes[0], 0x10c);

	fake_mmio::FakeMmioRegRegion moved(std::move(regs));
	mmio.Write16(3, 6);
	ASSERT_EQ(writes.size(), 2);
	EXPECT_EQ(writes[1], 3);
	EXPECT_DEATH([&] { moved[32].SetReadCallback(nullptr); });
}

/* spec: clients A.17 mock #1-8 */
TEST(MockMmio, RegistersExpectEachForItself)
{
	mock_mmio::Region regs(sizeof(uint32_t), 4, 2);
	fdf::MmioBuffer mmio = regs.GetMmioBuffer();

	regs[8].ExpectRead(1).ExpectRead().ExpectWrite(2).ExpectWrite().ReadReturns(9);
	EXPECT_EQ(mmio.Read32(8), 1);
	EXPECT_EQ(mmio.Read32(8), 1);
	mmio.Write32(2, 8);
	mmio.Write32(77, 8);
	EXPECT_EQ(mmio.Read32(8), 77);
	regs[20].ReadReturns(5);
	EXPECT_EQ(mmio.Read32(20), 5);
	regs[20].ExpectWrite(1);
	regs[20].Clear();
	regs[20].VerifyAndClear();
	regs.VerifyAll();
}

TEST(MockMmio, RegisterFailuresFailTheTest)
{
	EXPECT_NONFATAL_FAILURE(
		{
			mock_mmio::Region regs(4, 4);

			regs[4].ExpectWrite(1);
			regs.GetMmioBuffer().Write32(2, 4);
			regs.VerifyAll();
		},
		"0x1 wanted, 0x2 came");
	EXPECT_NONFATAL_FAILURE(
		{
			mock_mmio::Region regs(4, 4);

			regs[12].ExpectRead(1);
			regs[12].VerifyAndClear();
		},
		"a load that never came at offset 12");
}

/* spec: clients A.17 ordered #1 #2 */
TEST(MockMmio, OneOrderForAll)
{
	using mock_mmio::GloballyOrderedRegion;
	GloballyOrderedRegion region(0x4000);
	fdf::MmioBuffer mmio = region.GetMmioBuffer();

	region.Expect({.address = 0x100, .value = 0x42});
	region.Expect(GloballyOrderedRegion::AccessList({
		{.address = 0x200, .value = 0x43, .write = true},
		{.address = 0x300, .value = 0x44, .size = GloballyOrderedRegion::Size::k64},
		{.address = 0x101,
		 .value = 0x45,
		 .write = true,
		 .size = GloballyOrderedRegion::Size::k8},
	}));
	EXPECT_EQ(mmio.Read32(0x100), 0x42);
	mmio.Write32(0x43, 0x200);
	EXPECT_EQ(mmio.Read64(0x300), 0x44);
	mmio.Write8(0x45, 0x101);
	region.CheckAllAccessesReplayed();
	EXPECT_NONFATAL_FAILURE(
		{
			GloballyOrderedRegion other(16);

			other.Expect({.address = 0, .value = 0});
			other.GetMmioBuffer().Read32(4);
			other.CheckAllAccessesReplayed();
		},
		"expectation mismatch");
	EXPECT_NONFATAL_FAILURE(
		{
			GloballyOrderedRegion other(16);

			other.Expect({.address = 8, .value = 0});
			other.CheckAllAccessesReplayed();
		},
		"unretired expectations");
	EXPECT_NONFATAL_FAILURE(GloballyOrderedRegion(16).Expect({.address = 16, .value = 0}),
				"exceeds region size");
}

} // namespace
