/* Waiting with a lock held that a thread which is cancelled would keep: it is cancelled afterwards. */
#ifndef VMIO_WAIT_H
#define VMIO_WAIT_H

#include <pthread.h>

static inline void zi_vmio_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	pthread_cond_wait(cond, lock);
	pthread_setcancelstate(state, NULL);
}

static inline void zi_vmio_join(pthread_t thread)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	pthread_join(thread, NULL);
	pthread_setcancelstate(state, NULL);
}

#endif
