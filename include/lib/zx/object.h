/*
 * What every wrapper of a handle has: ownership of one zx_handle_t, and the calls that work on any
 * object. Each method is one call of the same name; what it answers is documented there
 * (<zircon/calls/object.h>, <zircon/calls/handle.h>).
 *
 *   zx::object_base   a handle that is closed in the end; not copied
 *   zx::object<T>     the same for objects of one type; zx::vmo and the others derive from it
 *   zx::unowned<T>    a handle of somebody else's that is used as a T and never closed
 */
#ifndef LIB_ZX_OBJECT_H_
#define LIB_ZX_OBJECT_H_

#include <stddef.h>
#include <stdint.h>

#include <type_traits>
#include <utility>

#include <lib/zx/time.h>
#include <zircon/calls/handle.h>
#include <zircon/calls/object.h>
#include <zircon/syscalls/object.h>
#include <zircon/types.h>

namespace zx
{

class port;
class profile;

class object_base
{
      public:
	void reset(zx_handle_t value = ZX_HANDLE_INVALID)
	{
		const zx_handle_t old = std::exchange(value_, value);

		if (old != ZX_HANDLE_INVALID)
			zx_handle_close(old);
	}

	bool is_valid() const
	{
		return value_ != ZX_HANDLE_INVALID;
	}
	explicit operator bool() const
	{
		return is_valid();
	}
	zx_handle_t get() const
	{
		return value_;
	}

	/* For out-parameters: the old handle is closed first. */
	zx_handle_t *reset_and_get_address()
	{
		reset();
		return &value_;
	}

	[[nodiscard]] zx_handle_t release()
	{
		return std::exchange(value_, ZX_HANDLE_INVALID);
	}

	zx_status_t get_info(uint32_t topic, void *buffer, size_t buffer_size, size_t *actual_count,
			     size_t *avail_count) const
	{
		return zx_object_get_info(get(), topic, buffer, buffer_size, actual_count,
					  avail_count);
	}

	zx_status_t get_property(uint32_t property, void *value, size_t size) const
	{
		return zx_object_get_property(get(), property, value, size);
	}

	zx_status_t set_property(uint32_t property, const void *value, size_t size) const
	{
		return zx_object_set_property(get(), property, value, size);
	}

      protected:
	constexpr object_base() : value_(ZX_HANDLE_INVALID)
	{
	}
	explicit object_base(zx_handle_t value) : value_(value)
	{
	}
	~object_base()
	{
		reset();
	}

	object_base(const object_base &) = delete;
	object_base &operator=(const object_base &) = delete;

	zx_handle_t value_;
};

/* What can be done with handles of a type. Wrappers whose objects differ specialize it. */
template <typename T> struct object_traits {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = true;
	static constexpr bool supports_wait = true;
	static constexpr bool has_peer_handle = false;
};

/* A handle of unknown type is allowed everything; the call itself refuses what does not fit. */
template <> struct object_traits<void> {
	static constexpr bool supports_duplication = true;
	static constexpr bool supports_user_signal = true;
	static constexpr bool supports_wait = true;
	static constexpr bool has_peer_handle = true;
};

template <typename T> class object : public object_base
{
      public:
	constexpr object() = default;
	explicit object(zx_handle_t value) : object_base(value)
	{
	}

	/* Any wrapper moves into one of unknown type; every other move is between equals. */
	template <typename U> object(object<U> &&other) : object_base(other.release())
	{
		static_assert(std::is_void_v<T> || std::is_same_v<T, U>,
			      "the source is a wrapper of another type");
	}
	object(object &&other) noexcept : object_base(other.release())
	{
	}

	template <typename U> object &operator=(object<U> &&other)
	{
		static_assert(std::is_void_v<T> || std::is_same_v<T, U>,
			      "the source is a wrapper of another type");
		reset(other.release());
		return *this;
	}
	object &operator=(object &&other) noexcept
	{
		reset(other.release());
		return *this;
	}

	void swap(object &other)
	{
		std::swap(value_, other.value_);
	}

	/* `result` may be *this. */
	zx_status_t duplicate(zx_rights_t rights, object *result) const
	{
		static_assert(object_traits<T>::supports_duplication,
			      "handles of this type cannot be duplicated");
		zx_handle_t made = ZX_HANDLE_INVALID;
		const zx_status_t status = zx_handle_duplicate(value_, rights, &made);

		result->reset(made);
		return status;
	}

	/* *this is empty afterwards, whatever the status; `result` may be *this. */
	zx_status_t replace(zx_rights_t rights, object *result)
	{
		zx_handle_t made = ZX_HANDLE_INVALID;
		const zx_status_t status = zx_handle_replace(release(), rights, &made);

		result->reset(made);
		return status;
	}

	zx_status_t wait_one(zx_signals_t signals, zx::time deadline, zx_signals_t *pending) const
	{
		static_assert(object_traits<T>::supports_wait,
			      "objects of this type cannot be waited for");
		return zx_object_wait_one(value_, signals, deadline.get(), pending);
	}

	zx_status_t wait_async(const object<port> &port, uint64_t key, zx_signals_t signals,
			       uint32_t options) const
	{
		static_assert(object_traits<T>::supports_wait,
			      "objects of this type cannot be waited for");
		return zx_object_wait_async(value_, port.get(), key, signals, options);
	}

	static zx_status_t wait_many(zx_wait_item_t *items, uint32_t count, zx::time deadline)
	{
		static_assert(object_traits<T>::supports_wait,
			      "objects of this type cannot be waited for");
		return zx_object_wait_many(items, count, deadline.get());
	}

	zx_status_t signal(uint32_t clear_mask, uint32_t set_mask) const
	{
		static_assert(object_traits<T>::supports_user_signal,
			      "objects of this type have no signals for programs");
		return zx_object_signal(value_, clear_mask, set_mask);
	}

	zx_status_t signal_peer(uint32_t clear_mask, uint32_t set_mask) const
	{
		static_assert(object_traits<T>::supports_user_signal,
			      "objects of this type have no signals for programs");
		static_assert(object_traits<T>::has_peer_handle,
			      "objects of this type have no peer");
		return zx_object_signal_peer(value_, clear_mask, set_mask);
	}

	zx_status_t get_child(uint64_t koid, zx_rights_t rights, object<void> *result) const
	{
		/* Into a temporary first: `result` may own this very handle. */
		zx_handle_t child = ZX_HANDLE_INVALID;
		const zx_status_t status = zx_object_get_child(value_, koid, rights, &child);

		result->reset(child);
		return status;
	}

	zx_status_t set_profile(const object<profile> &profile, uint32_t options) const
	{
		return zx_object_set_profile(value_, profile.get(), options);
	}
};

#define ZX_OBJECT_COMPARE_(op)                                                                     \
	template <typename T, typename U> bool operator op(const object<T> &a, const object<U> &b) \
	{                                                                                          \
		static_assert(std::is_same_v<T, U> || std::is_void_v<T> || std::is_void_v<U>,      \
			      "wrappers of two types are never the same object");                  \
		return a.get() op b.get();                                                         \
	}                                                                                          \
	template <typename T> bool operator op(zx_handle_t a, const object<T> &b)                  \
	{                                                                                          \
		return a op b.get();                                                               \
	}                                                                                          \
	template <typename T> bool operator op(const object<T> &a, zx_handle_t b)                  \
	{                                                                                          \
		return a.get() op b;                                                               \
	}

ZX_OBJECT_COMPARE_(==)
ZX_OBJECT_COMPARE_(!=)
ZX_OBJECT_COMPARE_(<)
ZX_OBJECT_COMPARE_(<=)
ZX_OBJECT_COMPARE_(>)
ZX_OBJECT_COMPARE_(>=)

#undef ZX_OBJECT_COMPARE_

/* Whoever owns the handle has to keep it open as long as this is used. */
template <typename T> class unowned final
{
      public:
	explicit unowned(zx_handle_t handle) : value_(handle)
	{
	}
	explicit unowned(const T &owner) : unowned(owner.get())
	{
	}
	unowned(const unowned &other) : unowned(other.value_.get())
	{
	}
	unowned(unowned &&other) noexcept : unowned(other.value_.release())
	{
	}
	constexpr unowned() = default;

	~unowned()
	{
		forget();
	}

	unowned &operator=(const unowned &other)
	{
		if (&other != this) {
			forget();
			value_ = T(other.value_.get());
		}
		return *this;
	}
	unowned &operator=(unowned &&other) noexcept
	{
		const zx_handle_t handle = other.value_.release();

		forget();
		value_ = T(handle);
		return *this;
	}

	const T &operator*() const
	{
		return value_;
	}
	const T *operator->() const
	{
		return &value_;
	}
	bool is_valid() const
	{
		return value_.is_valid();
	}
	explicit operator bool() const
	{
		return value_.is_valid();
	}

      private:
	void forget()
	{
		[[maybe_unused]] const zx_handle_t handle = value_.release();
	}

	T value_;
};

#define ZX_UNOWNED_COMPARE_(op)                                                          \
	template <typename T> bool operator op(const unowned<T> &a, const unowned<T> &b) \
	{                                                                                \
		return a->get() op b->get();                                             \
	}                                                                                \
	template <typename T> bool operator op(const unowned<T> &a, zx_handle_t b)       \
	{                                                                                \
		return a->get() op b;                                                    \
	}                                                                                \
	template <typename T> bool operator op(zx_handle_t a, const unowned<T> &b)       \
	{                                                                                \
		return a op b->get();                                                    \
	}                                                                                \
	template <typename T, typename U>                                                \
	bool operator op(const unowned<T> &a, const object<U> &b)                        \
	{                                                                                \
		return a->get() op b.get();                                              \
	}                                                                                \
	template <typename T, typename U>                                                \
	bool operator op(const object<U> &a, const unowned<T> &b)                        \
	{                                                                                \
		return a.get() op b->get();                                              \
	}

ZX_UNOWNED_COMPARE_(==)
ZX_UNOWNED_COMPARE_(!=)
ZX_UNOWNED_COMPARE_(<)
ZX_UNOWNED_COMPARE_(<=)
ZX_UNOWNED_COMPARE_(>)
ZX_UNOWNED_COMPARE_(>=)

#undef ZX_UNOWNED_COMPARE_

/*
 * What every wrapper class writes once: it is empty, made of a raw handle, or moved. The second
 * form of the move takes back what is known to be a handle of this type.
 */
#define ZX_WRAPPER_(name)                                             \
	constexpr name() = default;                                   \
	explicit name(zx_handle_t value) : object(value)              \
	{                                                             \
	}                                                             \
	explicit name(object<void> &&other) : object(other.release()) \
	{                                                             \
	}                                                             \
	name(name &&other) noexcept : object(other.release())         \
	{                                                             \
	}                                                             \
	name &operator=(name &&other) noexcept                        \
	{                                                             \
		reset(other.release());                               \
		return *this;                                         \
	}

} // namespace zx

#endif /* LIB_ZX_OBJECT_H_ */
