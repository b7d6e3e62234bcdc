/*
 * fbl::RefPtr: one of the references that keep an fbl::RefCounted object alive.
 *
 *   fbl::MakeRefCounted<T>(...)   makes an object and the first reference to it
 *   fbl::AdoptRef(raw)            the first reference to an object that `new` made
 *   fbl::RefPtr<T>(raw)           one more reference
 */
#ifndef FBL_REF_PTR_H_
#define FBL_REF_PTR_H_

#include <stddef.h>

#include <type_traits>
#include <utility>

#include <fbl/ref_counted.h>

namespace fbl
{

template <typename T> class RefPtr final
{
      public:
	using ObjType = T;

	constexpr RefPtr() = default;
	constexpr RefPtr(std::nullptr_t)
	{
	}
	explicit RefPtr(T *object) : object_(object)
	{
		if (object_ != nullptr)
			object_->AddRef();
	}

	RefPtr(const RefPtr &other) : RefPtr(other.object_)
	{
	}
	RefPtr(RefPtr &&other) noexcept : object_(std::exchange(other.object_, nullptr))
	{
	}
	template <typename U, typename = std::enable_if_t<std::is_convertible_v<U *, T *>>>
	RefPtr(const RefPtr<U> &other) : RefPtr(other.get())
	{
	}
	template <typename U, typename = std::enable_if_t<std::is_convertible_v<U *, T *>>>
	RefPtr(RefPtr<U> &&other) noexcept : object_(other.leak())
	{
	}
	~RefPtr()
	{
		reset();
	}

	RefPtr &operator=(const RefPtr &other)
	{
		RefPtr(other).swap(*this);
		return *this;
	}
	RefPtr &operator=(RefPtr &&other) noexcept
	{
		RefPtr(std::move(other)).swap(*this);
		return *this;
	}
	RefPtr &operator=(std::nullptr_t)
	{
		reset();
		return *this;
	}

	void reset()
	{
		T *const object = std::exchange(object_, nullptr);

		if (object != nullptr && object->Release())
			delete object;
	}
	void swap(RefPtr &other)
	{
		std::swap(object_, other.object_);
	}

	/* The reference without its owner: fbl::ImportFromRawPtr takes it back. */
	[[nodiscard]] T *leak()
	{
		return std::exchange(object_, nullptr);
	}

	T *get() const
	{
		return object_;
	}
	T &operator*() const
	{
		return *object_;
	}
	T *operator->() const
	{
		return object_;
	}
	explicit operator bool() const
	{
		return object_ != nullptr;
	}

	bool operator==(std::nullptr_t) const
	{
		return object_ == nullptr;
	}
	bool operator!=(std::nullptr_t) const
	{
		return object_ != nullptr;
	}
	template <typename U> bool operator==(const RefPtr<U> &other) const
	{
		return object_ == other.get();
	}
	template <typename U> bool operator!=(const RefPtr<U> &other) const
	{
		return object_ != other.get();
	}

      private:
	template <typename U> friend RefPtr<U> ImportFromRawPtr(U *object);

	T *object_ = nullptr;
};

template <typename T> RefPtr<T> ImportFromRawPtr(T *object)
{
	RefPtr<T> reference;

	reference.object_ = object;
	return reference;
}

template <typename T> RefPtr<T> AdoptRef(T *object)
{
	if (object != nullptr)
		object->Adopt();
	return ImportFromRawPtr(object);
}

template <typename T, typename... Args> RefPtr<T> MakeRefCounted(Args &&...args)
{
	return AdoptRef(new T(std::forward<Args>(args)...));
}

} // namespace fbl

#endif /* FBL_REF_PTR_H_ */
