/* fbl::Mutex. A lock held for the length of a scope: see <fbl/auto_lock.h>. */
#ifndef FBL_MUTEX_H_
#define FBL_MUTEX_H_

#include <mutex>

namespace fbl
{

class Mutex final
{
      public:
	constexpr Mutex() = default;
	Mutex(const Mutex &) = delete;
	Mutex &operator=(const Mutex &) = delete;

	void Acquire()
	{
		mutex_.lock();
	}
	void Release()
	{
		mutex_.unlock();
	}

	/* For std::lock_guard and its like. */
	void lock()
	{
		Acquire();
	}
	void unlock()
	{
		Release();
	}
	bool try_lock()
	{
		return mutex_.try_lock();
	}

      private:
	std::mutex mutex_;
};

} // namespace fbl

#endif /* FBL_MUTEX_H_ */
