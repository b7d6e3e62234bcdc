/* lib/mmio: buffers, views, register arithmetic, mocks. */
#include <lib/mmio-ptr/fake.h>
#include <lib/mmio/mmio-buffer.h>
#include <lib/mmio/mmio.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

#include <vector>

namespace
{

constexpr size_t kPage = 4096;

zx::vmo MakeVmo(size_t size = kPage)
{
	zx::vmo vmo;

	EXPECT_OK(zx::vmo::create(size, 0, &vmo));
	return vmo;
}

zx_handle_t Copy(const zx::vmo &vmo)
{
	zx::vmo copy;

	EXPECT_OK(vmo.duplicate(ZX_RIGHT_SAME_RIGHTS, &copy));
	return copy.release();
}

uint64_t MappingsOf(const zx::vmo &vmo)
{
	zx_info_vmo_t info = {};

	EXPECT_OK(vmo.get_info(ZX_INFO_VMO, &info, sizeof(info), nullptr, nullptr));
	return info.num_mappings;
}

TEST(MmioBufferC, RefusesInOrder)
{
	const struct {
		const char *name;
		zx_off_t offset;
		size_t size;
		uint32_t policy;
		zx_status_t want;
	} rows[] = {
		{"offset wraps", (zx_off_t)-1, kPage, ZX_CACHE_POLICY_CACHED, ZX_ERR_OUT_OF_RANGE},
		{"behind the end", kPage + 1, kPage, ZX_CACHE_POLICY_CACHED, ZX_ERR_OUT_OF_RANGE},
		{"nothing", 0, 0, ZX_CACHE_POLICY_CACHED, ZX_ERR_INVALID_ARGS},
		{"too much", 0, kPage + 1, ZX_CACHE_POLICY_CACHED, ZX_ERR_OUT_OF_RANGE},
		{"no policy", 0, kPage, ZX_CACHE_POLICY_MASK + 1, ZX_ERR_INVALID_ARGS},
	};
	const zx::vmo vmo = MakeVmo();
	mmio_buffer_t buffer = {};

	EXPECT_STATUS(mmio_buffer_init(nullptr, 0, kPage, Copy(vmo), ZX_CACHE_POLICY_CACHED),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(
		mmio_buffer_init(&buffer, 0, kPage, ZX_HANDLE_INVALID, ZX_CACHE_POLICY_CACHED),
		ZX_ERR_BAD_HANDLE);
	for (const auto &row : rows) {
		const zx_handle_t copy = Copy(vmo);

		EXPECT_STATUS(mmio_buffer_init(&buffer, row.offset, row.size, copy, row.policy),
			      row.want, "%s", row.name);
		/* Consumed all the same. */
		EXPECT_STATUS(zx_handle_close(copy), ZX_ERR_BAD_HANDLE, "%s", row.name);
	}
	EXPECT_EQ(MappingsOf(vmo), 0);
}

TEST(MmioBufferC, MapsReleasesAndKeepsPolicies)
{
	const zx::vmo vmo = MakeVmo();
	mmio_buffer_t buffer = {}, second = {};

	for (zx_off_t offset : {zx_off_t{0}, zx_off_t{kPage / 2}}) {
		ASSERT_OK(mmio_buffer_init(&buffer, offset, kPage / 2, Copy(vmo),
					   ZX_CACHE_POLICY_CACHED));
		EXPECT_EQ(MappingsOf(vmo), 1);
		EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.vaddr) % kPage, offset);
		mmio_buffer_release(&buffer);
		EXPECT_EQ(buffer.vmo, ZX_HANDLE_INVALID);
		EXPECT_EQ(MappingsOf(vmo), 0);
		mmio_buffer_release(&buffer);
	}

	ASSERT_OK(mmio_buffer_init(&buffer, 0, kPage, Copy(vmo), ZX_CACHE_POLICY_UNCACHED));
	EXPECT_STATUS(mmio_buffer_init(&second, 0, kPage, Copy(vmo), ZX_CACHE_POLICY_CACHED),
		      ZX_ERR_BAD_STATE);
	ASSERT_OK(mmio_buffer_init(&second, 0, kPage, Copy(vmo), ZX_CACHE_POLICY_UNCACHED));
	mmio_buffer_release(&second);
	mmio_buffer_release(&buffer);
}

/* spec: clients B.2 #4 #6-11 */
TEST(MmioBuffer, RegistersAndLife)
{
	zx::vmo vmo = MakeVmo();
	zx::vmo probe;
	ASSERT_OK(vmo.duplicate(ZX_RIGHT_SAME_RIGHTS, &probe));

	zx::result<fdf::MmioBuffer> made =
		fdf::MmioBuffer::Create(16, 256, std::move(vmo), ZX_CACHE_POLICY_UNCACHED_DEVICE);
	ASSERT_OK(made);
	auto mmio = std::make_unique<fdf::MmioBuffer>(std::move(*made));
	EXPECT_EQ(mmio->get_offset(), 16);
	EXPECT_EQ(mmio->get_size(), 256);

	mmio->Write32(0xa5a5'0ff0, 8);
	EXPECT_EQ(mmio->Read32(8), 0xa5a5'0ff0u);
	EXPECT_EQ(mmio->Read16(8), 0x0ff0);
	EXPECT_EQ(mmio->Read8(9), 0x0f);
	EXPECT_EQ(mmio->Read64(8), 0xa5a5'0ff0u);
	EXPECT_EQ(mmio->ReadMasked32(0xff00, 8), 0x0f00u);
	mmio->ModifyBits32(0xffff'ffff, 0xf, 8);
	EXPECT_EQ(mmio->Read32(8), 0xa5a5'0fffu);
	mmio->ModifyBits32(2, 4, 4, 8);
	EXPECT_EQ(mmio->Read32(8), 0xa5a5'0f2fu);
	mmio->SetBits32(0xd0, 8);
	mmio->ClearBits32(0xff00, 8);
	EXPECT_EQ(mmio->Read32(8), 0xa5a5'00ffu);
	EXPECT_EQ(mmio->GetBits<uint32_t>(4, 8, 8), 0x0fu);
	mmio->SetBit<uint8_t>(7, 20);
	EXPECT_TRUE(mmio->GetBit<uint8_t>(7, 20));
	mmio->ClearBit<uint8_t>(7, 20);
	EXPECT_EQ(mmio->Read<uint8_t>(20), 0);
	mmio->ModifyBits<uint64_t>(~uint64_t{0}, 0, 64, 24);
	EXPECT_EQ(mmio->Read64(24), ~uint64_t{0});

	fdf::MmioView view = mmio->View(8, 16);
	EXPECT_EQ(view.get_offset(), 24);
	EXPECT_EQ(view.Read32(0), 0xa5a5'00ffu);
	view.CopyFrom32(*mmio, 8, 4, 2);
	EXPECT_EQ(mmio->Read32(12), 0xa5a5'00ffu);
	uint8_t bytes[13];
	view.ReadBuffer(3, bytes, sizeof(bytes));
	EXPECT_EQ(bytes[0], 0xa5);
	view.WriteBuffer(1, bytes, 5);
	EXPECT_EQ(mmio->Read8(9), 0xa5);
	{
		/* Another view of the same memory. */
		zx::result<fdf::MmioBuffer> other = fdf::MmioBuffer::Create(
			0, 4096, zx::vmo(Copy(probe)), ZX_CACHE_POLICY_UNCACHED_DEVICE);

		ASSERT_OK(other);
		EXPECT_EQ(other->Read32(16 + 12), mmio->Read32(12));
	}

	volatile void *const address = mmio->get();
	EXPECT_EQ(MappingsOf(probe), 1);
	mmio.reset();
	EXPECT_EQ(MappingsOf(probe), 0);
	EXPECT_DEATH([&] { *static_cast<volatile uint8_t *>(address) = 1; });
}

TEST(MmioBuffer, OlderFormsAndErrors)
{
	std::optional<ddk::MmioBuffer> mmio;

	EXPECT_STATUS(
		ddk::MmioBuffer::Create(0, 2 * kPage, MakeVmo(), ZX_CACHE_POLICY_CACHED, &mmio),
		ZX_ERR_OUT_OF_RANGE);
	EXPECT_FALSE(mmio.has_value());
	ASSERT_OK(ddk::MmioBuffer::Create(0, kPage, MakeVmo(), ZX_CACHE_POLICY_CACHED, &mmio));
	const mmio_buffer_t raw = mmio->release();
	mmio_buffer_t again = raw;
	mmio_buffer_release(&again);
	EXPECT_STATUS(fdf::MmioBuffer::Create(0, kPage, zx::vmo(), ZX_CACHE_POLICY_CACHED),
		      ZX_ERR_BAD_HANDLE);
}

struct Log {
	mutable std::vector<std::pair<zx_off_t, uint32_t>> writes;
};

/* spec: clients B.2 #12 */
TEST(MmioBuffer, OpsCanBeReplaced)
{
	/* The order of a table that is written down without names. */
	static_assert(offsetof(fdf::MmioBufferOps, Read8) == 0 &&
		      offsetof(fdf::MmioBufferOps, Read64) == 3 * sizeof(void (*)()) &&
		      offsetof(fdf::MmioBufferOps, ReadBuffer) == 4 * sizeof(void (*)()) &&
		      offsetof(fdf::MmioBufferOps, Write8) == 5 * sizeof(void (*)()) &&
		      offsetof(fdf::MmioBufferOps, WriteBuffer) == 9 * sizeof(void (*)()) &&
		      sizeof(fdf::MmioBufferOps) == 10 * sizeof(void (*)()));
	fdf::MmioBufferOps ops = {};
	const Log log;
	uint32_t memory[4] = {};
	mmio_buffer_t raw = {FakeMmioPtr(memory), 0, sizeof(memory), ZX_HANDLE_INVALID};

	ops.Read32 = [](const void *, const mmio_buffer_t &, zx_off_t offs) {
		return static_cast<uint32_t>(offs * 10);
	};
	ops.Write32 = [](const void *ctx, const mmio_buffer_t &, uint32_t val, zx_off_t offs) {
		static_cast<const Log *>(ctx)->writes.emplace_back(offs, val);
	};
	fdf::MmioBuffer mmio(raw, &ops, &log);
	mmio.View(4).SetBits32(1, 8);
	ASSERT_EQ(log.writes.size(), 1);
	EXPECT_EQ(log.writes[0].first, 12);
	EXPECT_EQ(log.writes[0].second, 121);
}

/* spec: clients B.2 #1 #2 #3 */
TEST(MmioPtr, WidthsAndBuffers)
{
	alignas(8) uint8_t memory[32] = {};
	uint8_t out[32] = {};

	MmioWrite(uint16_t{0x1234}, FakeMmioPtr(reinterpret_cast<uint16_t *>(memory)));
	EXPECT_EQ(MmioRead(reinterpret_cast<const uint8_t *>(memory)), 0x34);
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = static_cast<uint8_t>(i);
	for (size_t from = 0; from < 9; from++) {
		for (size_t size = 0; size + from <= sizeof(memory); size++) {
			memset(out, 0xee, sizeof(out));
			MmioReadBuffer(out, memory + from, size);
			ASSERT_BYTES_EQ(out, memory + from, size, "from %zu, %zu bytes", from,
					size);
			if (size < sizeof(out)) {
				ASSERT_EQ(out[size], 0xee);
			}
		}
	}
	uint8_t to[32] = {};
	MmioWriteBuffer(to + 3, memory, 21);
	EXPECT_BYTES_EQ(to + 3, memory, 21);
	EXPECT_EQ(to[24], 0);
}

} // namespace
