/* fzl: mappers, managers, probes, the pool; spec: clients F.2. */
#include <lib/fzl/memory-probe.h>
#include <lib/fzl/owned-vmo-mapper.h>
#include <lib/fzl/pinned-vmo.h>
#include <lib/fzl/resizeable-vmo-mapper.h>
#include <lib/fzl/time.h>
#include <lib/fzl/vmar-manager.h>
#include <lib/fzl/vmo-mapper.h>
#include <lib/fzl/vmo-pool.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

#include <string.h>

#include <utility>

namespace
{

constexpr zx_vm_option_t kReadWrite = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;

bool CanRead(const void *start, uint64_t at)
{
	return probe_for_read(static_cast<const char *>(start) + at);
}

bool CanWrite(void *start, uint64_t at)
{
	return probe_for_write(static_cast<char *>(start) + at);
}

zx_rights_t RightsOf(const zx::vmo &vmo)
{
	zx_info_handle_basic_t info = {};

	EXPECT_OK(vmo.get_info(ZX_INFO_HANDLE_BASIC, &info, sizeof(info), nullptr, nullptr));
	return info.rights;
}

TEST(VmoMapper, CreateAndMapRefusesInOrder)
{
	fzl::VmoMapper mapper;

	EXPECT_STATUS(mapper.CreateAndMap(0, kReadWrite), ZX_ERR_INVALID_ARGS);
	ASSERT_OK(mapper.CreateAndMap(4096, kReadWrite));
	EXPECT_STATUS(mapper.CreateAndMap(0, kReadWrite), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(mapper.CreateAndMap(4096, kReadWrite), ZX_ERR_BAD_STATE);
	mapper.Unmap();
	mapper.Unmap();
	EXPECT_STATUS(mapper.CreateAndMap(4096, kReadWrite, nullptr, nullptr, ZX_RIGHT_SAME_RIGHTS,
					  0, ~0u),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(mapper.CreateAndMap(4096, kReadWrite, nullptr, nullptr, ZX_RIGHT_SAME_RIGHTS,
					  ZX_CACHE_POLICY_MASK + 1),
		      ZX_ERR_INVALID_ARGS);
	zx::vmo vmo;
	EXPECT_STATUS(mapper.CreateAndMap(4096, kReadWrite, nullptr, &vmo, ZX_RIGHT_EXECUTE),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_NULL(mapper.start());
	EXPECT_FALSE(vmo);
}

TEST(VmoMapper, RightsOfTheVmo)
{
	fzl::VmoMapper a, b;
	zx::vmo vmo;

	ASSERT_OK(a.CreateAndMap(4096, kReadWrite, nullptr, &vmo));
	EXPECT_EQ(RightsOf(vmo), ZX_DEFAULT_VMO_RIGHTS);
	ASSERT_OK(b.CreateAndMap(4096, kReadWrite, nullptr, &vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP));
	EXPECT_EQ(RightsOf(vmo), ZX_RIGHT_READ | ZX_RIGHT_MAP);
}

class Flags : public zxtest::TestWithParam<std::tuple<zx_vm_option_t, int>>
{
};

TEST_P(Flags, ProbesAgreeWithTheMapping)
{
	const auto [flags, depth] = GetParam();
	const uint64_t size = 3 * 4096;
	fbl::RefPtr<fzl::VmarManager> manager;
	fzl::VmoMapper mapper;

	for (int i = 0; i < depth; i++) {
		manager = fzl::VmarManager::Create(64 * 4096 >> i, manager);
		ASSERT_NOT_NULL(manager.get());
	}
	ASSERT_OK(mapper.CreateAndMap(size, flags, manager));
	void *const start = mapper.start();
	EXPECT_EQ(mapper.size(), size);
	EXPECT_TRUE(mapper.manager() == manager);
	if (manager != nullptr) {
		EXPECT_GE(start, manager->start());
		EXPECT_LE(static_cast<char *>(start) + size,
			  static_cast<char *>(manager->start()) + manager->size());
	}
	for (uint64_t at : {uint64_t{0}, size - 1}) {
		EXPECT_EQ(CanRead(start, at), (flags & ZX_VM_PERM_READ) != 0, "byte %zu",
			  size_t(at));
		EXPECT_EQ(CanWrite(start, at), (flags & ZX_VM_PERM_WRITE) != 0, "byte %zu",
			  size_t(at));
	}
	mapper.Unmap();
	EXPECT_FALSE(CanRead(start, 0));
	EXPECT_FALSE(CanWrite(start, size - 1));
}

INSTANTIATE_TEST_SUITE_P(AllFlags, Flags,
			 zxtest::Combine(zxtest::Values(0u, ZX_VM_PERM_READ, kReadWrite),
					 zxtest::Values(0, 1, 2)));

TEST(VmoMapper, MapRefusesInOrder)
{
	fzl::VmoMapper mapper;
	zx::vmo vmo, event_in_disguise;

	EXPECT_STATUS(mapper.Map(vmo), ZX_ERR_INVALID_ARGS);
	ASSERT_OK(zx::vmo::create(2 * 4096, 0, &vmo));
	EXPECT_STATUS(mapper.Map(vmo, 0, 3 * 4096), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(mapper.Map(vmo, 4096, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(mapper.Map(vmo, UINT64_MAX, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(mapper.Map(vmo, 1), ZX_ERR_INVALID_ARGS);
	ASSERT_OK(zx_event_create(0, event_in_disguise.reset_and_get_address()));
	EXPECT_STATUS(mapper.Map(event_in_disguise), ZX_ERR_WRONG_TYPE);
	ASSERT_OK(mapper.Map(vmo, 4096));
	EXPECT_EQ(mapper.size(), 4096);
	EXPECT_STATUS(mapper.Map(vmo), ZX_ERR_BAD_STATE);
	/* The handle is not needed any more. */
	vmo.reset();
	EXPECT_TRUE(CanWrite(mapper.start(), 0));
}

TEST(VmoMapper, HalfAndMoves)
{
	zx::vmo vmo;
	fzl::VmoMapper half;

	ASSERT_OK(zx::vmo::create(4 * 4096, 0, &vmo));
	ASSERT_OK(half.Map(vmo, 0, 2 * 4096));
	EXPECT_TRUE(CanRead(half.start(), 2 * 4096 - 1));
	EXPECT_FALSE(CanRead(half.start(), 2 * 4096));

	void *const start = half.start();
	fzl::VmoMapper moved(std::move(half));
	EXPECT_NULL(half.start());
	EXPECT_EQ(half.size(), 0);
	EXPECT_EQ(moved.start(), start);
	EXPECT_EQ(moved.size(), 2 * 4096);

	fzl::VmoMapper other;
	ASSERT_OK(other.Map(vmo));
	void *const old = other.start();
	other = std::move(moved);
	EXPECT_EQ(other.start(), start);
	EXPECT_FALSE(CanRead(old, 0));
}

TEST(VmarManager, NestsAndDestroys)
{
	EXPECT_NULL(fzl::VmarManager::Create(0).get());
	fbl::RefPtr<fzl::VmarManager> outer = fzl::VmarManager::Create(16 * 4096);
	ASSERT_NOT_NULL(outer.get());
	EXPECT_NULL(fzl::VmarManager::Create(32 * 4096, outer).get());
	fbl::RefPtr<fzl::VmarManager> inner = fzl::VmarManager::Create(8 * 4096, outer);
	ASSERT_NOT_NULL(inner.get());
	EXPECT_TRUE(inner->parent() == outer);

	zx::vmo vmo;
	zx_vaddr_t at = 0;
	ASSERT_OK(zx::vmo::create(4096, 0, &vmo));
	ASSERT_OK(inner->vmar().map(ZX_VM_PERM_READ, 0, vmo, 0, 4096, &at));
	EXPECT_TRUE(probe_for_read(reinterpret_cast<void *>(at)));
	outer.reset();
	EXPECT_TRUE(probe_for_read(reinterpret_cast<void *>(at)));
	inner.reset();
	EXPECT_FALSE(probe_for_read(reinterpret_cast<void *>(at)));
}

TEST(OwnedVmoMapper, OwnsNamesAndReleases)
{
	fzl::OwnedVmoMapper mapper;
	char name[ZX_MAX_NAME_LEN] = {};

	ASSERT_OK(mapper.CreateAndMap(4096, "owned"));
	ASSERT_OK(mapper.vmo().get_property(ZX_PROP_NAME, name, sizeof(name)));
	EXPECT_STR_EQ(name, "owned");
	strcpy(static_cast<char *>(mapper.start()), "text");
	zx::vmo vmo = mapper.Release();
	EXPECT_NULL(mapper.start());
	EXPECT_FALSE(mapper.vmo());
	ASSERT_OK(mapper.Map(std::move(vmo)));
	EXPECT_STR_EQ(static_cast<const char *>(mapper.start()), "text");
	mapper.Reset();
	EXPECT_FALSE(mapper.vmo());
	EXPECT_STATUS(mapper.Map(zx::vmo()), ZX_ERR_INVALID_ARGS);
}

TEST(ResizeableVmoMapper, ShrinksAndGrows)
{
	fzl::ResizeableVmoMapper empty;

	EXPECT_STATUS(empty.Shrink(4096), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(empty.Grow(4096), ZX_ERR_BAD_STATE);
	EXPECT_NULL(fzl::ResizeableVmoMapper::Create(0, "none").get());

	auto mapper = fzl::ResizeableVmoMapper::Create(4 * 4096, "elastic");
	uint64_t size = 0;
	ASSERT_NOT_NULL(mapper.get());
	EXPECT_STATUS(mapper->Shrink(0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(mapper->Shrink(5 * 4096), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(mapper->Shrink(4097), ZX_ERR_INVALID_ARGS);
	EXPECT_OK(mapper->Shrink(4 * 4096));
	memset(mapper->start(), 7, 4 * 4096);
	ASSERT_OK(mapper->Shrink(2 * 4096));
	EXPECT_EQ(mapper->size(), 2 * 4096);
	EXPECT_FALSE(CanRead(mapper->start(), 2 * 4096));
	ASSERT_OK(mapper->vmo().get_size(&size));
	EXPECT_EQ(size, 2 * 4096);

	EXPECT_STATUS(mapper->Grow(4096), ZX_ERR_INVALID_ARGS);
	ASSERT_OK(mapper->Grow(3 * 4096 - 5));
	EXPECT_EQ(mapper->size(), 3 * 4096);
	EXPECT_TRUE(CanWrite(mapper->start(), 3 * 4096 - 1));
	const char *const bytes = static_cast<const char *>(mapper->start());
	EXPECT_EQ(bytes[2 * 4096 - 1], 7);
	EXPECT_EQ(bytes[2 * 4096], 0);
}

TEST(ResizeableVmoMapper, MovesWhenThePlaceBehindIsTaken)
{
	/* A region that holds the mapping, a neighbour right behind it, and room elsewhere. */
	fbl::RefPtr<fzl::VmarManager> manager = fzl::VmarManager::Create(
		16 * 4096, nullptr,
		ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC);
	fzl::ResizeableVmoMapper mapper;
	zx::vmo neighbour;
	zx_vaddr_t at = 0;

	ASSERT_NOT_NULL(manager.get());
	ASSERT_OK(mapper.CreateAndMap(4096, "first", kReadWrite, manager));
	ASSERT_OK(zx::vmo::create(4096, 0, &neighbour));
	const size_t behind = static_cast<size_t>(static_cast<char *>(mapper.start()) -
						  static_cast<char *>(manager->start())) +
			      4096;
	if (behind < manager->size()) {
		ASSERT_OK(manager->vmar().map(ZX_VM_PERM_READ | ZX_VM_SPECIFIC, behind, neighbour,
					      0, 4096, &at));
	}
	void *const old = mapper.start();
	memset(old, 3, 4096);
	ASSERT_OK(mapper.Grow(2 * 4096));
	EXPECT_NE(mapper.start(), old);
	EXPECT_FALSE(CanRead(old, 0));
	EXPECT_EQ(*static_cast<char *>(mapper.start()), 3);
	EXPECT_TRUE(CanWrite(mapper.start(), 2 * 4096 - 1));
	/* More than the region: everything stays. */
	uint64_t size = 0;
	EXPECT_NOT_OK(mapper.Grow(64 * 4096));
	EXPECT_EQ(mapper.size(), 2 * 4096);
	ASSERT_OK(mapper.vmo().get_size(&size));
	EXPECT_EQ(size, 2 * 4096);
}

TEST(VmoPool, HandsOutAndTakesBack)
{
	zx::vmo vmos[2];
	fzl::VmoPool pool;
	uint32_t first = 9, second = 9, done = 9;

	for (zx::vmo &vmo : vmos)
		ASSERT_OK(zx::vmo::create(8192, 0, &vmo));
	ASSERT_OK(pool.Init(vmos, 2));
	EXPECT_EQ(pool.CurrentBufferSize(), 0);
	EXPECT_STATUS(pool.BufferCompleted(&done), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(pool.BufferRelease(2), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pool.BufferRelease(0), ZX_ERR_NOT_FOUND);
	ASSERT_OK(pool.GetNewBuffer(&first));
	EXPECT_EQ(pool.CurrentBufferSize(), 8192);
	EXPECT_TRUE(CanWrite(pool.CurrentBufferAddress(), 0));
	EXPECT_STATUS(pool.GetNewBuffer(&second), ZX_ERR_BAD_STATE);
	ASSERT_OK(pool.BufferCompleted(&done));
	EXPECT_EQ(done, first);
	ASSERT_OK(pool.GetNewBuffer(&second));
	EXPECT_NE(first, second);
	ASSERT_OK(pool.BufferCompleted(nullptr));
	EXPECT_STATUS(pool.GetNewBuffer(nullptr), ZX_ERR_NOT_FOUND);
	ASSERT_OK(pool.BufferRelease(first));
	ASSERT_OK(pool.GetNewBuffer(&first));
	ASSERT_OK(pool.BufferRelease(first));
	EXPECT_FALSE(pool.HasBufferInProgress());
	pool.Reset();
	EXPECT_EQ(pool.free_buffers(), 2);
}

TEST(PinnedVmo, RefusesBeforeItAsks)
{
	fzl::PinnedVmo pinned;
	zx::vmo vmo;

	ASSERT_OK(zx::vmo::create(4096, 0, &vmo));
	EXPECT_STATUS(pinned.Pin(vmo, zx::bti(), ZX_BTI_PERM_READ), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pinned.Pin(zx::vmo(), zx::bti(), ZX_BTI_COMPRESS), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pinned.region_count(), 0);
	pinned.Unpin();
}

TEST(Time, TicksAndNanoseconds)
{
	EXPECT_TRUE(fzl::NsToTicks(zx::sec(1)) == zx::ticks::per_second());
	EXPECT_TRUE(fzl::TicksToNs(zx::ticks::per_second()) == zx::sec(1));
	EXPECT_EQ(fzl_ns_to_ticks(0), 0);
	EXPECT_TRUE(fzl::TicksToNs(fzl::NsToTicks(zx::hour(1))) == zx::hour(1));
}

} // namespace
