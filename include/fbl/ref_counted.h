/* fbl::RefCounted: an object that lives as long as somebody has an fbl::RefPtr to it. */
#ifndef FBL_REF_COUNTED_H_
#define FBL_REF_COUNTED_H_

#include <atomic>

#include <zircon/assert.h>

namespace fbl
{

template <typename T> class RefCounted
{
      public:
	void AddRef() const
	{
		[[maybe_unused]] const int old = count_.fetch_add(1, std::memory_order_relaxed);

		ZX_DEBUG_ASSERT_MSG(old >= 1, "a reference to an object that nobody has (%d)", old);
	}

	/* Whether that was the last one; then the caller deletes the object. */
	[[nodiscard]] bool Release() const
	{
		const int old = count_.fetch_sub(1, std::memory_order_release);

		ZX_DEBUG_ASSERT_MSG(old >= 1, "one release too many (%d)", old);
		if (old != 1)
			return false;
		std::atomic_thread_fence(std::memory_order_acquire);
		return true;
	}

	/* The first reference is the one of whoever made the object; see fbl::AdoptRef. */
	void Adopt() const
	{
	}

	int ref_count_debug() const
	{
		return count_.load(std::memory_order_relaxed);
	}

      protected:
	constexpr RefCounted() = default;
	~RefCounted() = default;
	RefCounted(const RefCounted &) = delete;
	RefCounted &operator=(const RefCounted &) = delete;

      private:
	mutable std::atomic<int> count_{1};
};

} // namespace fbl

#endif /* FBL_REF_COUNTED_H_ */
