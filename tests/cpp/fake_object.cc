/* Objects that a test plays: which calls reach them, and what happens to all others. */
#include <lib/driver/fake-object/cpp/fake-object.h>
#include <lib/zx/event.h>
#include <lib/zx/vmo.h>
#include <zircon/syscalls/object.h>
#include <zxtest/zxtest.h>

namespace
{

using fake_object::FakeHandleTable;
using fake_object::FakeObject;

/* Answers everything, each call by a number of its own. */
class Everything : public FakeObject
{
      public:
	Everything() : FakeObject(ZX_OBJ_TYPE_RESOURCE)
	{
	}
	~Everything() override
	{
		ended++;
	}
	zx_status_t get_child(zx_handle_t, uint64_t koid, zx_rights_t, zx_handle_t *out) override
	{
		*out = static_cast<zx_handle_t>(koid);
		return 101;
	}
	zx_status_t get_info(zx_handle_t, uint32_t topic, void *, size_t size, size_t *actual,
			     size_t *avail) override
	{
		*actual = topic;
		*avail = size;
		return 102;
	}
	zx_status_t get_property(zx_handle_t, uint32_t, void *value, size_t) override
	{
		*static_cast<uint8_t *>(value) = 7;
		return 103;
	}
	zx_status_t set_profile(zx_handle_t, zx_handle_t profile, uint32_t) override
	{
		return static_cast<zx_status_t>(profile);
	}
	zx_status_t set_property(zx_handle_t, uint32_t, const void *, size_t) override
	{
		return 105;
	}
	zx_status_t signal(zx_handle_t, uint32_t clear, uint32_t set) override
	{
		return static_cast<zx_status_t>(clear * 10 + set);
	}
	zx_status_t signal_peer(zx_handle_t, uint32_t, uint32_t) override
	{
		return 107;
	}
	zx_status_t wait_one(zx_handle_t, zx_signals_t signals, zx_time_t,
			     zx_signals_t *observed) override
	{
		*observed = signals;
		return 108;
	}
	zx_status_t wait_async(zx_handle_t, zx_handle_t, uint64_t, zx_signals_t, uint32_t) override
	{
		return 109;
	}

	static inline int ended;
};

class FakeObjectTest : public zxtest::Test
{
      protected:
	void TearDown() override
	{
		FakeHandleTable().Clear();
	}
};

/* spec: clients A.15 #1 #8 */
TEST_F(FakeObjectTest, EveryCallReachesTheObject)
{
	zx::result<zx_handle_t> h = FakeHandleTable().Add(std::make_shared<Everything>());
	zx_handle_t child = 0;
	zx_signals_t seen = 0;
	size_t actual = 0, avail = 0;
	uint8_t byte = 0;
	zx_koid_t koid = 0;

	ASSERT_OK(h);
	EXPECT_EQ(zx_object_get_child(*h, 77, 0, &child), 101);
	EXPECT_EQ(child, 77);
	EXPECT_EQ(zx_object_get_info(*h, 5, nullptr, 6, &actual, &avail), 102);
	EXPECT_EQ(actual, 5);
	EXPECT_EQ(avail, 6);
	EXPECT_EQ(zx_object_get_property(*h, ZX_PROP_NAME, &byte, 1), 103);
	EXPECT_EQ(byte, 7);
	EXPECT_EQ(zx_object_set_profile(*h, 104, 0), 104);
	EXPECT_EQ(zx_object_set_property(*h, ZX_PROP_NAME, "x", 1), 105);
	EXPECT_EQ(zx_object_signal(*h, 4, 2), 42);
	EXPECT_EQ(zx_object_signal_peer(*h, 0, 0), 107);
	EXPECT_EQ(zx_object_wait_one(*h, 3, 0, &seen), 108);
	EXPECT_EQ(seen, 3);
	EXPECT_EQ(zx_object_wait_async(*h, 0, 0, 0, 0), 109);
	ASSERT_OK(fake_object_get_koid(*h, &koid));
	EXPECT_EQ(koid, FakeHandleTable().Get(*h).value()->get_koid());
	EXPECT_EQ(koid, reinterpret_cast<uintptr_t>(FakeHandleTable().Get(*h).value().get()));
	EXPECT_EQ(zx_handle_close(*h), ZX_OK);
	EXPECT_EQ(Everything::ended, 1);
	EXPECT_STATUS(_zx_handle_close(*h), ZX_ERR_BAD_HANDLE);
}

/* spec: clients A.15 #4 */
TEST_F(FakeObjectTest, WhatIsNotOverriddenIsNotSupported)
{
	zx_handle_t h = ZX_HANDLE_INVALID, out;
	uint64_t word;

	ASSERT_OK(fake_object_create_typed(ZX_OBJ_TYPE_BTI, &h));
	EXPECT_STATUS(zx_object_get_child(h, 0, 0, &out), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_get_info(h, ZX_INFO_HANDLE_BASIC, &word, 8, nullptr, nullptr),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_get_property(h, ZX_PROP_NAME, &word, 8), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_set_profile(h, 0, 0), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_set_property(h, ZX_PROP_NAME, "x", 1), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_signal(h, 0, 0), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_signal_peer(h, 0, 0), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_wait_one(h, 0, 0, nullptr), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_wait_async(h, 0, 0, 0, 0), ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(zx_handle_close(h), ZX_OK);
}

/* spec: clients A.15 #5 */
TEST_F(FakeObjectTest, HandlesThatTheTableForgot)
{
	zx::result<zx_handle_t> h = fake_object::CreateFakeObject(ZX_OBJ_TYPE_PORT);
	zx_handle_t out;

	ASSERT_OK(h);
	EXPECT_OK(FakeHandleTable().Remove(*h));
	EXPECT_STATUS(FakeHandleTable().Remove(*h).status_value(), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_object_signal(*h, 0, 0), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_handle_duplicate(*h, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_handle_replace(*h, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_NOT_FOUND);
	EXPECT_OK(zx_handle_close(*h));
}

/* spec: clients A.15 #2 #3 */
TEST_F(FakeObjectTest, EverythingElseIsTheLibrarys)
{
	zx::vmo real, empty, lookalike;
	zx::event event;
	char name[ZX_MAX_NAME_LEN] = {};
	zx_info_handle_basic_t info = {};
	zx_wait_item_t item = {};

	ASSERT_OK(zx::vmo::create(4096, 0, &real));
	ASSERT_OK(zx::vmo::create(0, 0, &empty));
	ASSERT_OK(zx::vmo::create(4096, 0, &lookalike));
	ASSERT_OK(lookalike.set_property(ZX_PROP_NAME, "FAKEOBJECT", 10));
	ASSERT_OK(zx::event::create(0, &event));
	EXPECT_OK(zx_object_get_property(lookalike.get(), ZX_PROP_NAME, name, sizeof(name)));
	EXPECT_STR_EQ(name, "FAKEOBJECT");
	EXPECT_OK(zx_object_get_info(empty.get(), ZX_INFO_HANDLE_BASIC, &info, sizeof(info),
				     nullptr, nullptr));
	EXPECT_EQ(info.type, ZX_OBJ_TYPE_VMO);
	EXPECT_OK(event.signal(0, ZX_USER_SIGNAL_0));
	EXPECT_OK(event.wait_one(ZX_USER_SIGNAL_0, zx::time(0), nullptr));
	item.handle = event.get();
	item.waitfor = ZX_USER_SIGNAL_0;
	EXPECT_OK(zx_object_wait_many(&item, 1, 0));
	zx_handle_t both[2] = {empty.release(), *fake_object::CreateFakeObject()};
	EXPECT_EQ(FakeHandleTable().size(), 1);
	EXPECT_OK(zx_handle_close_many(both, 2));
	EXPECT_EQ(FakeHandleTable().size(), 0);
	EXPECT_STATUS(zx_handle_close(both[0]), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_handle_close(both[1]), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_signal(ZX_HANDLE_INVALID, 0, 0), ZX_ERR_BAD_HANDLE);
}

/* spec: clients A.15 #6 #10 */
TEST_F(FakeObjectTest, DuplicatesAndReplacements)
{
	auto object = std::make_shared<FakeObject>(ZX_OBJ_TYPE_TIMER);
	const zx_handle_t h = *FakeHandleTable().Add(object);
	zx_handle_t dup = ZX_HANDLE_INVALID, replaced = ZX_HANDLE_INVALID;
	int seen = 0;

	EXPECT_EQ(h & ZX_HANDLE_FIXED_BITS_MASK, ZX_HANDLE_FIXED_BITS_MASK);
	/* Whatever the rights. */
	ASSERT_OK(zx_handle_duplicate(h, 0x7fffffff, &dup));
	EXPECT_NE(dup, h);
	EXPECT_EQ(*FakeHandleTable().Get(dup), object);
	ASSERT_OK(zx_handle_replace(h, 0, &replaced));
	EXPECT_STATUS(FakeHandleTable().Get(h).status_value(), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(_zx_handle_close(h), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(*FakeHandleTable().Get(replaced), object);
	EXPECT_EQ(FakeHandleTable().size(), 2);
	FakeHandleTable().ForEach(ZX_OBJ_TYPE_TIMER, [&](FakeObject *o) {
		EXPECT_EQ(o, object.get());
		seen++;
		return true;
	});
	FakeHandleTable().ForEach(ZX_OBJ_TYPE_PORT, [&](FakeObject *) {
		seen++;
		return true;
	});
	EXPECT_EQ(seen, 1);
	FakeHandleTable().Dump();
	EXPECT_OK(zx_handle_close(dup));
	EXPECT_OK(zx_handle_close(replaced));
	EXPECT_EQ(object.use_count(), 1);
}

/* spec: clients A.15 #7 */
TEST_F(FakeObjectTest, WaitingForManyEndsTheProgram)
{
	zx_wait_item_t item = {};
	zx::result<zx_handle_t> h = fake_object::CreateFakeObject();

	ASSERT_OK(h);
	item.handle = *h;
	EXPECT_DEATH([&] { zx_object_wait_many(&item, 1, 0); });
	EXPECT_OK(zx_handle_close(*h));
}

/* spec: clients A.15 #9 */
TEST_F(FakeObjectTest, OlderNames)
{
	fake_object::HandleTable &table = FakeHandleTable();
	std::shared_ptr<fake_object::Object> object = std::make_shared<Everything>();
	zx_handle_t h = ZX_HANDLE_INVALID;
	zx_koid_t koid = 0;

	ASSERT_OK(fake_object_create(&h));
	EXPECT_EQ(table.size(), 1);
	ASSERT_OK(table.Add(object));
	EXPECT_EQ(table.size(), 2);
	ASSERT_OK(fake_object_get_koid(h, &koid));
	EXPECT_NE(koid, 0);
	EXPECT_STATUS(fake_object_get_koid(ZX_HANDLE_INVALID, &koid), ZX_ERR_NOT_FOUND);
	EXPECT_OK(zx_handle_close(h));
}

} // namespace
