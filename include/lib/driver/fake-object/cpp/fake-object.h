/*
 * Objects that a test plays: handles whose calls are methods of a class of the test.
 *
 *	class Fan : public fake_object::FakeObject { ... zx_status_t get_info(...) override; };
 *	zx::result<zx_handle_t> fan = fake_object::FakeHandleTable().Add(std::make_shared<Fan>());
 *
 * A fake handle is a real one, of an empty VMO called FAKEOBJECT. Whoever includes this replaces, in the whole program, the calls that
 * take handles of any kind (at the end of this file): those with a fake handle go to its object, all others to the library. Rights of fake
 * handles mean nothing.
 */
#ifndef LIB_DRIVER_FAKE_OBJECT_CPP_FAKE_OBJECT_H_
#define LIB_DRIVER_FAKE_OBJECT_CPP_FAKE_OBJECT_H_

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <lib/zx/result.h>
#include <zircon/assert.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/types.h>

namespace fake_object
{

class FakeObject
{
      public:
	explicit FakeObject(zx_obj_type_t type = ZX_OBJ_TYPE_NONE) : type_(type)
	{
	}
	virtual ~FakeObject() = default;
	FakeObject(const FakeObject &) = delete;
	FakeObject &operator=(const FakeObject &) = delete;

	/* Calls on handles of the object. What is not overridden is not supported. */
	virtual zx_status_t get_child(zx_handle_t, uint64_t, zx_rights_t, zx_handle_t *)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t get_info(zx_handle_t, uint32_t, void *, size_t, size_t *, size_t *)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t get_property(zx_handle_t, uint32_t, void *, size_t)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t set_profile(zx_handle_t, zx_handle_t, uint32_t)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t set_property(zx_handle_t, uint32_t, const void *, size_t)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t signal(zx_handle_t, uint32_t, uint32_t)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t signal_peer(zx_handle_t, uint32_t, uint32_t)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t wait_one(zx_handle_t, zx_signals_t, zx_time_t, zx_signals_t *)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}
	virtual zx_status_t wait_async(zx_handle_t, zx_handle_t, uint64_t, zx_signals_t, uint32_t)
	{
		return ZX_ERR_NOT_SUPPORTED;
	}

	zx_obj_type_t type() const
	{
		return type_;
	}
	/* The same for all handles of the object. */
	zx_koid_t get_koid() const
	{
		return reinterpret_cast<uintptr_t>(this);
	}

      private:
	const zx_obj_type_t type_;
};

namespace internal
{

inline constexpr char kName[] = "FAKEOBJECT";

inline bool IsValidFakeHandle(zx_handle_t handle)
{
	char name[ZX_MAX_NAME_LEN] = {};
	uint64_t size = 1;

	return _zx_object_get_property(handle, ZX_PROP_NAME, name, sizeof(name)) == ZX_OK &&
	       strcmp(name, kName) == 0 && _zx_vmo_get_size(handle, &size) == ZX_OK && size == 0;
}

} // namespace internal

class FakeHandleTable
{
      public:
	/* Another handle to the object. */
	zx::result<zx_handle_t> Add(std::shared_ptr<FakeObject> object)
	{
		zx_handle_t handle = ZX_HANDLE_INVALID;
		zx_status_t status = _zx_vmo_create(0, 0, &handle);

		if (status != ZX_OK)
			return zx::error(status);
		status = _zx_object_set_property(handle, ZX_PROP_NAME, internal::kName,
						 strlen(internal::kName));
		ZX_ASSERT(status == ZX_OK);
		const std::lock_guard<std::mutex> lock(mutex_);
		objects_[handle] = std::move(object);
		return zx::ok(handle);
	}

	/* ZX_ERR_NOT_FOUND: no fake handle of this table. */
	zx::result<std::shared_ptr<FakeObject>> Get(zx_handle_t handle)
	{
		const std::lock_guard<std::mutex> lock(mutex_);
		const auto found = objects_.find(handle);

		if (found == objects_.end())
			return zx::error(ZX_ERR_NOT_FOUND);
		return zx::ok(found->second);
	}

	/* Forgets the handle, which stays open. ZX_ERR_NOT_FOUND */
	zx::result<> Remove(zx_handle_t handle)
	{
		std::shared_ptr<FakeObject> object; /* ends without the lock */
		const std::lock_guard<std::mutex> lock(mutex_);
		const auto found = objects_.find(handle);

		if (found == objects_.end())
			return zx::error(ZX_ERR_NOT_FOUND);
		object = std::move(found->second);
		objects_.erase(found);
		return zx::ok();
	}

	void Clear()
	{
		std::map<zx_handle_t, std::shared_ptr<FakeObject>> objects;
		const std::lock_guard<std::mutex> lock(mutex_);

		objects.swap(objects_);
	}

	/* Each object of the type, once, until `callback` answers false. It may use the table. */
	template <typename Callback> void ForEach(zx_obj_type_t type, Callback callback)
	{
		std::map<FakeObject *, std::shared_ptr<FakeObject>> objects;

		{
			const std::lock_guard<std::mutex> lock(mutex_);

			for (const auto &[handle, object] : objects_)
				if (object->type() == type)
					objects[object.get()] = object;
		}
		for (const auto &[raw, object] : objects)
			if (!callback(raw))
				return;
	}

	void Dump()
	{
		const std::lock_guard<std::mutex> lock(mutex_);

		printf("%zu fake handles\n", objects_.size());
		for (const auto &[handle, object] : objects_)
			printf("  %#x: type %u, koid %#llx\n", handle, object->type(),
			       static_cast<unsigned long long>(object->get_koid()));
	}

	/* Handles, not objects. */
	size_t size()
	{
		const std::lock_guard<std::mutex> lock(mutex_);

		return objects_.size();
	}

      private:
	std::mutex mutex_;
	std::map<zx_handle_t, std::shared_ptr<FakeObject>> objects_;
};

/* The table that the calls look into. It has the name of its class, as the original has. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
inline class FakeHandleTable &FakeHandleTable()
{
	static class FakeHandleTable table;

	return table;
}
#pragma GCC diagnostic pop

/* An object that supports nothing. */
inline zx::result<zx_handle_t> CreateFakeObject(zx_obj_type_t type = ZX_OBJ_TYPE_NONE)
{
	return FakeHandleTable().Add(std::make_shared<FakeObject>(type));
}

/* The older names. */
using Object = FakeObject;
using HandleTable = class FakeHandleTable;

namespace internal
{

/*
 * One call of `method` when the handle is a fake one: true, and *out_status is its answer.
 */
template <typename Method, typename... Args>
bool Call(zx_handle_t handle, zx_status_t *out_status, Method method, Args... args)
{
	if (!IsValidFakeHandle(handle))
		return false;
	zx::result<std::shared_ptr<FakeObject>> object = FakeHandleTable().Get(handle);

	*out_status = object.is_ok() ? ((*object).get()->*method)(handle, args...) :
				       object.status_value();
	return true;
}

} // namespace internal

} // namespace fake_object

inline zx_status_t fake_object_create_typed(zx_obj_type_t type, zx_handle_t *out)
{
	const zx::result<zx_handle_t> made = fake_object::CreateFakeObject(type);

	if (made.is_ok())
		*out = *made;
	return made.status_value();
}

inline zx_status_t fake_object_create(zx_handle_t *out)
{
	return fake_object_create_typed(ZX_OBJ_TYPE_NONE, out);
}

inline zx_status_t fake_object_get_koid(zx_handle_t handle, zx_koid_t *out)
{
	const zx::result<std::shared_ptr<fake_object::FakeObject>> object =
		fake_object::FakeHandleTable().Get(handle);

	if (object.is_ok())
		*out = (*object)->get_koid();
	return object.status_value();
}

/* ---- the calls; weak, since several files of a program may include this */

#define FAKE_OBJECT_CALL_ extern "C" __attribute__((weak)) zx_status_t
#define FAKE_OBJECT_PASS_(name, ...)                                                        \
	zx_status_t status;                                                                 \
                                                                                            \
	return fake_object::internal::Call(handle, &status, &fake_object::FakeObject::name, \
					   __VA_ARGS__) ?                                   \
		       status :                                                             \
		       _zx_object_##name(handle, __VA_ARGS__)

FAKE_OBJECT_CALL_ zx_handle_close(zx_handle_t handle)
{
	/* The table may know nothing of it: it is closed all the same. */
	if (fake_object::internal::IsValidFakeHandle(handle))
		(void)fake_object::FakeHandleTable().Remove(handle);
	return _zx_handle_close(handle);
}

FAKE_OBJECT_CALL_ zx_handle_close_many(const zx_handle_t *handles, size_t num_handles)
{
	for (size_t i = 0; i < num_handles; i++)
		if (fake_object::internal::IsValidFakeHandle(handles[i]))
			(void)fake_object::FakeHandleTable().Remove(handles[i]);
	return _zx_handle_close_many(handles, num_handles);
}

FAKE_OBJECT_CALL_ zx_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out)
{
	if (!fake_object::internal::IsValidFakeHandle(handle))
		return _zx_handle_duplicate(handle, rights, out);
	auto object = fake_object::FakeHandleTable().Get(handle);

	if (object.is_error())
		return object.status_value();
	const zx::result<zx_handle_t> made = fake_object::FakeHandleTable().Add(*object);

	if (made.is_ok())
		*out = *made;
	return made.status_value();
}

FAKE_OBJECT_CALL_ zx_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out)
{
	if (!fake_object::internal::IsValidFakeHandle(handle))
		return _zx_handle_replace(handle, rights, out);
	const zx_status_t status = zx_handle_duplicate(handle, rights, out);

	if (status == ZX_OK)
		(void)zx_handle_close(handle);
	return status;
}

FAKE_OBJECT_CALL_ zx_object_get_child(zx_handle_t handle, uint64_t koid, zx_rights_t rights,
				      zx_handle_t *out)
{
	FAKE_OBJECT_PASS_(get_child, koid, rights, out);
}

FAKE_OBJECT_CALL_ zx_object_get_info(zx_handle_t handle, uint32_t topic, void *buffer,
				     size_t buffer_size, size_t *actual, size_t *avail)
{
	FAKE_OBJECT_PASS_(get_info, topic, buffer, buffer_size, actual, avail);
}

FAKE_OBJECT_CALL_ zx_object_get_property(zx_handle_t handle, uint32_t property, void *value,
					 size_t value_size)
{
	FAKE_OBJECT_PASS_(get_property, property, value, value_size);
}

FAKE_OBJECT_CALL_ zx_object_set_profile(zx_handle_t handle, zx_handle_t profile, uint32_t options)
{
	FAKE_OBJECT_PASS_(set_profile, profile, options);
}

FAKE_OBJECT_CALL_ zx_object_set_property(zx_handle_t handle, uint32_t property, const void *value,
					 size_t value_size)
{
	FAKE_OBJECT_PASS_(set_property, property, value, value_size);
}

FAKE_OBJECT_CALL_ zx_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
	FAKE_OBJECT_PASS_(signal, clear_mask, set_mask);
}

FAKE_OBJECT_CALL_ zx_object_signal_peer(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask)
{
	FAKE_OBJECT_PASS_(signal_peer, clear_mask, set_mask);
}

FAKE_OBJECT_CALL_ zx_object_wait_one(zx_handle_t handle, zx_signals_t signals,
				     zx_instant_mono_t deadline, zx_signals_t *observed)
{
	FAKE_OBJECT_PASS_(wait_one, signals, deadline, observed);
}

FAKE_OBJECT_CALL_ zx_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
				       zx_signals_t signals, uint32_t options)
{
	FAKE_OBJECT_PASS_(wait_async, port, key, signals, options);
}

/* Fake objects cannot be waited for together with others. */
FAKE_OBJECT_CALL_ zx_object_wait_many(zx_wait_item_t *items, size_t num_items,
				      zx_instant_mono_t deadline)
{
	for (size_t i = 0; i < num_items; i++)
		ZX_ASSERT(!fake_object::internal::IsValidFakeHandle(items[i].handle));
	return _zx_object_wait_many(items, num_items, deadline);
}

#undef FAKE_OBJECT_PASS_
#undef FAKE_OBJECT_CALL_

#endif /* LIB_DRIVER_FAKE_OBJECT_CPP_FAKE_OBJECT_H_ */
