/* zx wrappers: ownership, outs that alias, traits, unowned handles. */
#include <lib/zx/bti.h>
#include <lib/zx/channel.h>
#include <lib/zx/clock.h>
#include <lib/zx/counter.h>
#include <lib/zx/event.h>
#include <lib/zx/eventpair.h>
#include <lib/zx/handle.h>
#include <lib/zx/job.h>
#include <lib/zx/pager.h>
#include <lib/zx/pmt.h>
#include <lib/zx/port.h>
#include <lib/zx/process.h>
#include <lib/zx/stream.h>
#include <lib/zx/thread.h>
#include <lib/zx/timer.h>
#include <lib/zx/vmar.h>
#include <lib/zx/vmo.h>
#include <zircon/syscalls.h>
#include <zxtest/zxtest.h>

namespace
{

bool IsOpen(zx_handle_t handle)
{
	return zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, nullptr, 0, nullptr, nullptr) ==
	       ZX_OK;
}

zx::vmo MakeVmo(uint64_t size = 4096, uint32_t options = 0)
{
	zx::vmo vmo;

	EXPECT_OK(zx::vmo::create(size, options, &vmo));
	return vmo;
}

static_assert(sizeof(zx::vmo) == sizeof(zx_handle_t));
static_assert(sizeof(zx::unowned_vmar) == sizeof(zx_handle_t));
static_assert(!std::is_copy_constructible_v<zx::vmo>);
static_assert(std::is_nothrow_move_constructible_v<zx::vmo>);
static_assert(std::is_convertible_v<zx::vmo &&, zx::handle>);
static_assert(!std::is_convertible_v<zx::handle &&, zx::vmo>);
static_assert(std::is_constructible_v<zx::vmo, zx::handle &&>);
static_assert(!std::is_convertible_v<zx_handle_t, zx::vmo>);
static_assert(!zx::object_traits<zx::port>::supports_wait);
static_assert(!zx::object_traits<zx::pmt>::supports_duplication);
static_assert(zx::object_traits<zx::eventpair>::has_peer_handle);
static_assert(!zx::object_traits<zx::channel>::supports_duplication);
static_assert(!zx::object_traits<zx::vmo>::has_peer_handle);

TEST(ZxObject, DestructorResetAndReleaseCloseOrKeep)
{
	zx_handle_t raw;
	{
		zx::vmo vmo = MakeVmo();
		raw = vmo.get();
		EXPECT_TRUE(vmo.is_valid());
		EXPECT_TRUE(vmo);
		EXPECT_TRUE(IsOpen(raw));
	}
	EXPECT_FALSE(IsOpen(raw));

	zx::vmo vmo = MakeVmo();
	raw = vmo.release();
	EXPECT_FALSE(vmo.is_valid());
	EXPECT_TRUE(IsOpen(raw));
	vmo.reset(raw);
	vmo.reset();
	EXPECT_FALSE(IsOpen(raw));
}

TEST(ZxObject, MovesLeaveNothingBehind)
{
	zx::vmo first = MakeVmo();
	const zx_handle_t raw = first.get();
	zx::vmo second(std::move(first));

	EXPECT_EQ(first.get(), ZX_HANDLE_INVALID);
	EXPECT_EQ(second, raw);

	zx::vmo third = MakeVmo();
	const zx_handle_t replaced = third.get();
	third = std::move(second);
	EXPECT_FALSE(IsOpen(replaced));
	EXPECT_EQ(third, raw);

	/* To a handle of unknown type, and back. */
	zx::handle any = std::move(third);
	EXPECT_FALSE(third);
	zx::vmo back(std::move(any));
	EXPECT_EQ(back.get(), raw);

	zx::vmo other = MakeVmo();
	const zx_handle_t other_raw = other.get();
	back.swap(other);
	EXPECT_EQ(back, other_raw);
	EXPECT_EQ(other, raw);
	EXPECT_TRUE(back != other);
}

TEST(ZxObject, StaticOutsCloseTheOldHandleFirst)
{
	zx::vmo vmo = MakeVmo();
	const zx_handle_t old = vmo.get();

	EXPECT_STATUS(zx::vmo::create(4096, ~0u, &vmo), ZX_ERR_INVALID_ARGS);
	EXPECT_FALSE(vmo.is_valid());
	EXPECT_FALSE(IsOpen(old));
}

TEST(ZxObject, DuplicateMayAlias)
{
	zx::vmo vmo = MakeVmo();
	const zx_handle_t old = vmo.get();

	ASSERT_OK(vmo.duplicate(ZX_RIGHT_READ | ZX_RIGHT_INSPECT, &vmo));
	EXPECT_FALSE(IsOpen(old));
	EXPECT_TRUE(IsOpen(vmo.get()));

	/* No right to duplicate any more: the old handle goes all the same. */
	const zx_handle_t second = vmo.get();
	EXPECT_STATUS(vmo.duplicate(ZX_RIGHT_SAME_RIGHTS, &vmo), ZX_ERR_ACCESS_DENIED);
	EXPECT_FALSE(vmo.is_valid());
	EXPECT_FALSE(IsOpen(second));
}

TEST(ZxObject, ReplaceEmptiesTheSourceAlways)
{
	zx::vmo vmo = MakeVmo();
	zx::vmo out;

	ASSERT_OK(vmo.replace(ZX_RIGHT_READ, &out));
	EXPECT_FALSE(vmo);
	EXPECT_TRUE(out);
	/* More rights than it has. */
	EXPECT_STATUS(out.replace(ZX_RIGHT_WRITE, &vmo), ZX_ERR_INVALID_ARGS);
	EXPECT_FALSE(vmo);
	EXPECT_FALSE(out);

	vmo = MakeVmo();
	ASSERT_OK(vmo.replace(ZX_RIGHT_READ, &vmo));
	EXPECT_TRUE(vmo);
}

TEST(ZxObject, UnownedNeverCloses)
{
	zx::vmo vmo = MakeVmo();
	{
		zx::unowned_vmo unowned(vmo);
		zx::unowned_vmo copy(unowned);
		zx::unowned_vmo from_raw(vmo.get());
		uint64_t size = 0;

		EXPECT_OK(copy->get_size(&size));
		EXPECT_EQ(size, 4096u);
		EXPECT_TRUE(unowned == copy);
		EXPECT_TRUE(*from_raw == vmo);
		copy = zx::unowned_vmo();
		EXPECT_FALSE(copy->is_valid());
		from_raw = std::move(unowned);
		EXPECT_FALSE(unowned->is_valid());
	}
	EXPECT_TRUE(IsOpen(vmo.get()));
}

TEST(ZxObject, InfoAndProperties)
{
	zx::vmo vmo = MakeVmo();
	zx_info_handle_basic_t info = {};
	char name[ZX_MAX_NAME_LEN] = {};

	ASSERT_OK(vmo.get_info(ZX_INFO_HANDLE_BASIC, &info, sizeof(info), nullptr, nullptr));
	EXPECT_EQ(info.type, zx::vmo::TYPE);
	ASSERT_OK(vmo.set_property(ZX_PROP_NAME, "frames", 6));
	ASSERT_OK(vmo.get_property(ZX_PROP_NAME, name, sizeof(name)));
	EXPECT_STR_EQ(name, "frames");
}

TEST(ZxVmo, ChildrenMayAliasTheirParent)
{
	zx::vmo vmo = MakeVmo();
	const zx_handle_t parent = vmo.get();
	const uint32_t value = 77;
	uint32_t seen = 0;

	ASSERT_OK(vmo.write(&value, 8, sizeof(value)));
	ASSERT_OK(vmo.create_child(ZX_VMO_CHILD_SNAPSHOT, 0, 4096, &vmo));
	EXPECT_FALSE(IsOpen(parent));
	ASSERT_OK(vmo.read(&seen, 8, sizeof(seen)));
	EXPECT_EQ(seen, 77);

	EXPECT_STATUS(vmo.create_child(ZX_VMO_CHILD_SNAPSHOT, 1, 4096, &vmo), ZX_ERR_INVALID_ARGS);
	EXPECT_FALSE(vmo);
}

TEST(ZxVmo, SizesAndRanges)
{
	zx::vmo vmo = MakeVmo(8192, ZX_VMO_RESIZABLE);
	uint64_t size = 0;

	ASSERT_OK(vmo.set_size(16384));
	ASSERT_OK(vmo.get_size(&size));
	EXPECT_EQ(size, 16384);
	ASSERT_OK(vmo.set_prop_content_size(100));
	ASSERT_OK(vmo.get_prop_content_size(&size));
	EXPECT_EQ(size, 100);
	ASSERT_OK(vmo.set_stream_size(200));
	ASSERT_OK(vmo.get_stream_size(&size));
	EXPECT_EQ(size, 200);
	ASSERT_OK(vmo.op_range(ZX_VMO_OP_COMMIT, 0, 4096, nullptr, 0));

	zx::vmo source = MakeVmo();
	const char text[] = "moved";
	char seen[sizeof(text)] = {};
	ASSERT_OK(source.write(text, 0, sizeof(text)));
	ASSERT_OK(vmo.transfer_data(0, 4096, 4096, &source, 0));
	ASSERT_OK(vmo.read(seen, 4096, sizeof(seen)));
	EXPECT_BYTES_EQ(seen, text, sizeof(text));
	EXPECT_OK(vmo.set_cache_policy(ZX_CACHE_POLICY_CACHED));

	zx::vmo code = MakeVmo();
	ASSERT_OK(code.replace_as_executable(zx::resource(), &code));
	EXPECT_TRUE(code.is_valid());
}

TEST(ZxVmar, MapProtectUnmapInBothOrders)
{
	zx::vmo vmo = MakeVmo();
	zx::unowned_vmar root = zx::vmar::root_self();
	zx_vaddr_t at = 0;

	ASSERT_OK(root->map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 4096, &at));
	*reinterpret_cast<volatile uint32_t *>(at) = 5;
	ASSERT_OK(root->protect(ZX_VM_PERM_READ, at, 4096));
	EXPECT_EQ(*reinterpret_cast<volatile uint32_t *>(at), 5);
	EXPECT_DEATH([&] { *reinterpret_cast<volatile uint32_t *>(at) = 6; });
	ASSERT_OK(root->unmap(at, 4096));

	/* As it was until 2019. */
	ASSERT_OK(root->map(0, vmo, 0, 4096, ZX_VM_PERM_READ, &at));
	ASSERT_OK(root->op_range(ZX_VMAR_OP_COMMIT, at, 4096, nullptr, 0));
	ASSERT_OK(root->unmap(at, 4096));
}

TEST(ZxVmar, DestructorDoesNotDestroy)
{
	zx::vmo vmo = MakeVmo();
	zx_vaddr_t at = 0;
	uintptr_t base = 0;
	{
		zx::vmar sub;

		ASSERT_OK(
			zx::vmar::root_self()->allocate(ZX_VM_CAN_MAP_READ, 0, 65536, &sub, &base));
		ASSERT_OK(sub.map(ZX_VM_PERM_READ, 0, vmo, 0, 4096, &at));
		/* A region of a region, into the same wrapper. */
		ASSERT_OK(sub.allocate(ZX_VM_CAN_MAP_READ, 0, 4096, &sub, &base));
	}
	EXPECT_EQ(*reinterpret_cast<volatile uint8_t *>(at), 0);

	zx::vmar sub;
	ASSERT_OK(zx::vmar::root_self()->allocate(ZX_VM_CAN_MAP_READ, 0, 65536, &sub, &base));
	ASSERT_OK(sub.map(ZX_VM_PERM_READ, 0, vmo, 0, 4096, &at));
	ASSERT_OK(sub.destroy());
	EXPECT_DEATH([&] { (void)*reinterpret_cast<volatile uint8_t *>(at); });
}

TEST(ZxWaits, EventsPairsPortsTimersCounters)
{
	zx::event event;
	zx::eventpair left, right;
	zx::port port;
	zx::timer timer;
	zx::counter counter;
	zx_signals_t seen = 0;
	zx_port_packet_t packet = {};

	ASSERT_OK(zx::event::create(0, &event));
	ASSERT_OK(event.signal(0, ZX_USER_SIGNAL_0));
	ASSERT_OK(event.wait_one(ZX_USER_SIGNAL_0, zx::time::infinite_past(), &seen));
	EXPECT_EQ(seen & ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_0);
	EXPECT_STATUS(event.wait_one(ZX_USER_SIGNAL_1, zx::deadline_after(zx::msec(1)), nullptr),
		      ZX_ERR_TIMED_OUT);

	ASSERT_OK(zx::eventpair::create(0, &left, &right));
	ASSERT_OK(left.signal_peer(0, ZX_USER_SIGNAL_3));
	zx_wait_item_t items[] = {{event.get(), ZX_USER_SIGNAL_1, 0},
				  {right.get(), ZX_USER_SIGNAL_3, 0}};
	ASSERT_OK(zx::event::wait_many(items, 2, zx::time::infinite()));
	EXPECT_EQ(items[1].pending & ZX_USER_SIGNAL_3, ZX_USER_SIGNAL_3);

	ASSERT_OK(zx::port::create(0, &port));
	ASSERT_OK(event.wait_async(port, 9, ZX_USER_SIGNAL_2, 0));
	ASSERT_OK(event.signal(0, ZX_USER_SIGNAL_2));
	ASSERT_OK(port.wait(zx::time::infinite(), &packet));
	EXPECT_EQ(packet.key, 9);
	packet = {};
	packet.key = 10;
	packet.type = ZX_PKT_TYPE_USER;
	ASSERT_OK(port.queue(&packet));
	ASSERT_OK(port.wait(zx::time(0), &packet));
	EXPECT_EQ(packet.key, 10);
	EXPECT_STATUS(port.wait(zx::time(0), &packet), ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(port.cancel(event, 9), ZX_ERR_NOT_FOUND);
	ASSERT_OK(event.wait_async(port, 11, ZX_USER_SIGNAL_4, 0));
	EXPECT_OK(port.cancel(event, 11));

	ASSERT_OK(zx::timer::create(0, ZX_CLOCK_MONOTONIC, &timer));
	ASSERT_OK(timer.set(zx::deadline_after(zx::msec(1)), zx::nsec(0)));
	ASSERT_OK(timer.wait_one(ZX_TIMER_SIGNALED, zx::time::infinite(), nullptr));
	EXPECT_OK(timer.cancel());

	int64_t value = 0;
	ASSERT_OK(zx::counter::create(0, &counter));
	ASSERT_OK(counter.add(5));
	ASSERT_OK(counter.write(-3));
	ASSERT_OK(counter.read(&value));
	EXPECT_EQ(value, -3);
}

TEST(ZxStream, WritesReadsSeeks)
{
	zx::vmo vmo = MakeVmo(4096, ZX_VMO_RESIZABLE);
	zx::stream stream;
	char text[] = "abc", seen[4] = {};
	zx_iovec_t vec = {text, 3}, into = {seen, 3};
	size_t actual = 0;
	zx_off_t at = 0;

	ASSERT_OK(vmo.set_stream_size(0));
	ASSERT_OK(zx::stream::create(ZX_STREAM_MODE_READ | ZX_STREAM_MODE_WRITE, vmo, 0, &stream));
	ASSERT_OK(stream.writev(0, &vec, 1, &actual));
	EXPECT_EQ(actual, 3);
	ASSERT_OK(stream.writev_at(0, 3, &vec, 1, &actual));
	ASSERT_OK(stream.seek(ZX_STREAM_SEEK_ORIGIN_START, 1, &at));
	EXPECT_EQ(at, 1);
	ASSERT_OK(stream.readv(0, &into, 1, &actual));
	EXPECT_STR_EQ(seen, "bca");
	ASSERT_OK(stream.readv_at(0, 0, &into, 1, &actual));
	EXPECT_STR_EQ(seen, "abc");
}

TEST(ZxTasks, SelfAndMemory)
{
	zx_info_handle_basic_t info = {};
	uint32_t word = 0x1234, seen = 0;
	size_t actual = 0;
	zx::vmo vmo = MakeVmo();
	zx_vaddr_t at = 0;

	ASSERT_OK(zx::process::self()->get_info(ZX_INFO_HANDLE_BASIC, &info, sizeof(info), nullptr,
						nullptr));
	EXPECT_EQ(info.type, zx::process::TYPE);
	ASSERT_OK(zx::thread::self()->get_info(ZX_INFO_HANDLE_BASIC, &info, sizeof(info), nullptr,
					       nullptr));
	EXPECT_EQ(info.type, zx::thread::TYPE);
	zx::thread child;
	ASSERT_OK(zx::process::self()->get_child(info.koid, ZX_RIGHT_SAME_RIGHTS, &child));
	EXPECT_TRUE(child.is_valid());

	ASSERT_OK(vmo.write(&word, 0, sizeof(word)));
	ASSERT_OK(zx::vmar::root_self()->map(ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 4096,
					     &at));
	ASSERT_OK(zx::process::self()->read_memory(at, &seen, sizeof(seen), &actual));
	EXPECT_EQ(seen, 0x1234);
	word = 0x99;
	ASSERT_OK(zx::process::self()->write_memory(at, &word, sizeof(word), &actual));
	EXPECT_EQ(*reinterpret_cast<volatile uint32_t *>(at), 0x99);
	ASSERT_OK(zx::vmar::root_self()->unmap(at, 4096));
}

TEST(ZxClock, ReadsUpdatesDetails)
{
	zx::clock clock;
	zx_time_t now = 0;
	zx_clock_details_v1_t details = {};

	ASSERT_OK(zx::clock::create(0, nullptr, &clock));
	ASSERT_OK(clock.update(zx::clock::update_args().set_value(zx::time(5000))));
	ASSERT_OK(clock.read(&now));
	EXPECT_GE(now, 5000);
	ASSERT_OK(clock.get_details(&details));
	EXPECT_EQ(details.generation_counter, 1);
	EXPECT_GT(zx::clock::get_monotonic().get(), 0);
	EXPECT_GE(zx::clock::get_boot().get(), zx::clock::get_monotonic().get() - 1000000000);
}

} // namespace
