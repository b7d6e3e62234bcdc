/* fbl::AutoLock: a mutex that is held until the scope ends, or until release(). */
#ifndef FBL_AUTO_LOCK_H_
#define FBL_AUTO_LOCK_H_

#include <utility>

#include <fbl/mutex.h>

namespace fbl
{

class AutoLock final
{
      public:
	explicit AutoLock(Mutex *mutex) : mutex_(mutex)
	{
		mutex_->Acquire();
	}
	~AutoLock()
	{
		release();
	}
	AutoLock(const AutoLock &) = delete;
	AutoLock &operator=(const AutoLock &) = delete;

	void release()
	{
		Mutex *const mutex = std::exchange(mutex_, nullptr);

		if (mutex != nullptr)
			mutex->Release();
	}

      private:
	Mutex *mutex_;
};

} // namespace fbl

#endif /* FBL_AUTO_LOCK_H_ */
