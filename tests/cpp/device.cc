/* Wrappers of device objects: resources, BTIs and what is pinned, interrupts, physical registers. */
#include <lib/fzl/pinned-vmo.h>
#include <lib/mmio/mmio.h>
#include <lib/zx/bti.h>
#include <lib/zx/interrupt.h>
#include <lib/zx/iommu.h>
#include <lib/zx/port.h>
#include <lib/zx/resource.h>
#include <lib/zx/vmo.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>
#include <zirconia/device.h>
#include <zxtest/zxtest.h>

namespace
{

constexpr size_t kPage = 4096;

class DeviceTest : public zxtest::Test
{
      protected:
	void SetUp() override
	{
		const zx_iommu_desc_dummy_t desc = {};

		ASSERT_OK(
			zirconia_device_resource(ZX_RSRC_KIND_ROOT, root_.reset_and_get_address()));
		ASSERT_OK(zx::iommu::create(root_, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc),
					    &iommu_));
		ASSERT_OK(zx::bti::create(iommu_, 0, 7, &bti_));
	}

	size_t PinnedTokens() const
	{
		zx_info_bti_t info = {};

		EXPECT_OK(bti_.get_info(ZX_INFO_BTI, &info, sizeof(info), nullptr, nullptr));
		return info.pmo_count;
	}

	zx::resource root_;
	zx::iommu iommu_;
	zx::bti bti_;
};

TEST_F(DeviceTest, ResourcesOfResources)
{
	zx::resource mmio;
	zx_info_resource_t info = {};

	ASSERT_OK(zx::resource::create(root_, ZX_RSRC_KIND_MMIO, 0x10000, 2 * kPage, "uart", 4,
				       &mmio));
	ASSERT_OK(mmio.get_info(ZX_INFO_RESOURCE, &info, sizeof(info), nullptr, nullptr));
	EXPECT_EQ(info.base, 0x10000);
	EXPECT_STR_EQ(info.name, "uart");
	/* Into its own parent: the old handle is closed, also after a failure. */
	EXPECT_STATUS(zx::resource::create(mmio, ZX_RSRC_KIND_IRQ, 0, 1, nullptr, 0, &mmio),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_FALSE(mmio);
}

TEST_F(DeviceTest, PinsEndWithUnpin)
{
	zx::vmo vmo;
	zx::pmt pmt;
	zx_paddr_t addrs[2] = {};

	ASSERT_OK(zx::vmo::create(2 * kPage, 0, &vmo));
	ASSERT_OK(bti_.pin(ZX_BTI_PERM_READ, vmo, 0, 2 * kPage, addrs, 2, &pmt));
	EXPECT_EQ(PinnedTokens(), 1);
	EXPECT_STATUS(vmo.op_range(ZX_VMO_OP_DECOMMIT, 0, kPage, nullptr, 0), ZX_ERR_BAD_STATE);
	EXPECT_OK(pmt.unpin());
	EXPECT_FALSE(pmt);
	EXPECT_EQ(PinnedTokens(), 0);
	EXPECT_STATUS(pmt.unpin(), ZX_ERR_BAD_HANDLE);
	EXPECT_OK(bti_.release_quarantine());
}

TEST_F(DeviceTest, PinnedVmoPutsPagesTogether)
{
	zx::vmo vmo, run;
	fzl::PinnedVmo pinned;
	uint64_t total = 0;

	ASSERT_OK(zx::vmo::create(5 * kPage, 0, &vmo));
	EXPECT_STATUS(pinned.Pin(vmo, bti_, ZX_BTI_COMPRESS), ZX_ERR_INVALID_ARGS);
	ASSERT_OK(pinned.Pin(vmo, bti_, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE));
	EXPECT_STATUS(pinned.Pin(vmo, bti_, ZX_BTI_PERM_READ), ZX_ERR_BAD_STATE);
	ASSERT_GE(pinned.region_count(), 1);
	for (uint32_t i = 0; i < pinned.region_count(); i++) {
		total += pinned.region(i).size;
		if (i > 0) {
			EXPECT_NE(pinned.region(i).phys_addr,
				  pinned.region(i - 1).phys_addr + pinned.region(i - 1).size);
		}
	}
	EXPECT_EQ(total, 5 * kPage);

	fzl::PinnedVmo moved(std::move(pinned));
	EXPECT_EQ(pinned.region_count(), 0);
	EXPECT_EQ(PinnedTokens(), 1);
	moved.Unpin();
	moved.Unpin();
	EXPECT_EQ(PinnedTokens(), 0);

	ASSERT_OK(zx::vmo::create_contiguous(bti_, 4 * kPage, 0, &run));
	ASSERT_OK(moved.Pin(run, bti_, ZX_BTI_PERM_READ | ZX_BTI_CONTIGUOUS));
	ASSERT_EQ(moved.region_count(), 1);
	EXPECT_EQ(moved.region(0).size, 4 * kPage);
	/* An ordinary VMO is not one run. */
	fzl::PinnedVmo ordinary;
	EXPECT_STATUS(ordinary.Pin(vmo, bti_, ZX_BTI_PERM_READ | ZX_BTI_CONTIGUOUS),
		      ZX_ERR_INVALID_ARGS);
}

/* spec: clients B.2 #5 #13 */
TEST_F(DeviceTest, PhysicalRegistersPinned)
{
	zx_paddr_t paddr = 0;

	ASSERT_OK(zirconia_device_memory_alloc(kPage, 12, &paddr));
	zx::result<fdf::MmioBuffer> mmio =
		fdf::MmioBuffer::Create(paddr, kPage, root_, ZX_CACHE_POLICY_UNCACHED_DEVICE);
	ASSERT_OK(mmio);
	mmio->Write32(0xabcd, 16);
	EXPECT_EQ(*reinterpret_cast<volatile uint32_t *>(
			  static_cast<char *>(zirconia_device_ptr(paddr, kPage)) + 16),
		  0xabcd);
	{
		zx::result<fdf::MmioPinnedBuffer> pinned = mmio->Pin(bti_);

		ASSERT_OK(pinned);
		EXPECT_EQ(pinned->get_paddr(), paddr);
		EXPECT_EQ(PinnedTokens(), 1);
	}
	EXPECT_EQ(PinnedTokens(), 0);
}

TEST_F(DeviceTest, VirtualInterrupts)
{
	zx::interrupt interrupt;
	zx::port port;
	zx::time_boot at;
	zx_port_packet_t packet = {};

	ASSERT_OK(zx::interrupt::create(zx::resource(), 0, ZX_INTERRUPT_VIRTUAL, &interrupt));
	ASSERT_OK(interrupt.trigger(0, zx::time_boot(1234)));
	ASSERT_OK(interrupt.wait(&at));
	EXPECT_EQ(at.get(), 1234);
	/* Only the port's reader acknowledges. */
	EXPECT_STATUS(interrupt.ack(), ZX_ERR_BAD_STATE);
	ASSERT_OK(zx::interrupt::create(zx::resource(), 0, ZX_INTERRUPT_VIRTUAL, &interrupt));
	ASSERT_OK(zx::port::create(ZX_PORT_BIND_TO_INTERRUPT, &port));
	ASSERT_OK(interrupt.bind(port, 55, ZX_INTERRUPT_BIND));
	ASSERT_OK(interrupt.trigger(0, zx::time_boot(99)));
	ASSERT_OK(port.wait(zx::time::infinite(), &packet));
	EXPECT_EQ(packet.key, 55);
	EXPECT_EQ(packet.interrupt.timestamp, 99);
	ASSERT_OK(interrupt.ack());
	ASSERT_OK(interrupt.destroy());
	EXPECT_STATUS(interrupt.ack(), ZX_ERR_CANCELED);
}

} // namespace
