/*
 * fbl::AllocChecker: an allocation that may fail, and whose failure cannot be overlooked.
 *
 *	fbl::AllocChecker ac;
 *	auto object = fbl::AdoptRef(new (&ac) Object());
 *
 *	if (!ac.check())
 *		return ZX_ERR_NO_MEMORY;
 *
 * A checker that is destroyed or used again unasked ends the program.
 */
#ifndef FBL_ALLOC_CHECKER_H_
#define FBL_ALLOC_CHECKER_H_

#include <stddef.h>

#include <memory>
#include <new>
#include <utility>

#include <zircon/assert.h>

namespace fbl
{

class AllocChecker final
{
      public:
	constexpr AllocChecker() = default;
	~AllocChecker()
	{
		require_checked();
	}
	AllocChecker(const AllocChecker &) = delete;
	AllocChecker &operator=(const AllocChecker &) = delete;

	[[nodiscard]] bool check()
	{
		armed_ = false;
		return ok_;
	}

	/* For operator new: what came of it. */
	void arm(size_t size, bool succeeded)
	{
		require_checked();
		armed_ = true;
		ok_ = size == 0 || succeeded;
	}

      private:
	void require_checked() const
	{
		ZX_ASSERT_MSG(!armed_, "an fbl::AllocChecker was not asked with check()");
	}

	bool armed_ = false;
	bool ok_ = false;
};

} // namespace fbl

/* noexcept: a null pointer is then not built upon. */
inline void *operator new(size_t size, fbl::AllocChecker *ac) noexcept
{
	void *const memory = ::operator new(size, std::nothrow);

	ac->arm(size, memory != nullptr);
	return memory;
}

inline void *operator new[](size_t size, fbl::AllocChecker *ac) noexcept
{
	void *const memory = ::operator new[](size, std::nothrow);

	ac->arm(size, memory != nullptr);
	return memory;
}

/* Called only when a constructor throws. */
inline void operator delete(void *memory, fbl::AllocChecker *) noexcept
{
	::operator delete(memory);
}

inline void operator delete[](void *memory, fbl::AllocChecker *) noexcept
{
	::operator delete[](memory);
}

namespace fbl
{

template <typename T, typename... Args>
std::unique_ptr<T> make_unique_checked(AllocChecker *ac, Args &&...args)
{
	return std::unique_ptr<T>(new (ac) T(std::forward<Args>(args)...));
}

} // namespace fbl

#endif /* FBL_ALLOC_CHECKER_H_ */
