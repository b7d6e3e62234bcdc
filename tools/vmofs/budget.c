/*
 * The budget of pages. Memory that comes to the VMOs is counted as it comes, too high rather than
 * too low; when that passes the budget a thread counts what there really is, and evicts clean pages
 * of the files unused longest until a quarter of the budget is free. What is dirty it writes back
 * first.
 */
#include "vmofs.h"

#include <time.h>

#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zirconia/debug.h>

/* Evicted at once while file->supply is held. */
#define EVICT ((uint64_t)8 << 20)

static pthread_t thread;
static bool started;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER; /* the thread */
static pthread_cond_t done = PTHREAD_COND_INITIALIZER; /* who waits for it */
static bool stopping, wanted;                          /* lock */
static _Atomic uint64_t resident;                      /* at most */

static uint64_t budget(void)
{
	return vf_options.pages * VF_PAGE;
}

uint64_t vf_budget_resident(void)
{
	return atomic_load(&resident);
}

static void want(void)
{
	pthread_mutex_lock(&lock);
	wanted = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

void vf_budget_charge(uint64_t bytes)
{
	const uint64_t before = atomic_fetch_add(&resident, bytes);

	/* Once when it is passed, and again each time that it grows by as much as an eviction frees. */
	if (before + bytes > budget() &&
	    (before <= budget() || before / EVICT != (before + bytes) / EVICT))
		want();
}

void vf_budget_wait(void)
{
	struct timespec until;

	if (atomic_load(&resident) <= budget() + budget() / 4)
		return;
	VF_COUNT(waits, 1);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	pthread_mutex_lock(&lock);
	wanted = true;
	pthread_cond_signal(&wake);
	while (!stopping && atomic_load(&resident) > budget() + budget() / 4)
		if (pthread_cond_timedwait(&done, &lock, &until) != 0)
			break;
	pthread_mutex_unlock(&lock);
}

/* ---- the thread */

static uint64_t committed(const struct vf_file *f)
{
	zx_info_vmo_t info;

	if (zx_object_get_info(f->vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL) != ZX_OK)
		return 0;
	return info.committed_bytes;
}

static bool add(struct vf_file *f, void *arg)
{
	*(uint64_t *)arg += committed(f);
	return true;
}

/* Answers how many bytes went. From where the last eviction ended: what was read longest ago. */
static uint64_t evict(struct vf_file *f, uint64_t bytes)
{
	const uint64_t end = (vf_file_size(f) + VF_PAGE - 1) & ~(VF_PAGE - 1);
	uint64_t gone = 0, left = end;

	while (left != 0 && gone < bytes) {
		uint64_t n, pages = 0;

		pthread_mutex_lock(&f->supply);
		if (f->hand >= end)
			f->hand = 0;
		n = end - f->hand < EVICT ? end - f->hand : EVICT;
		atomic_store(&f->whole, false);
		if (zirconia_debug_evict(f->vmo, f->hand, n, ZIRCONIA_EVICT_ALWAYS_NEEDED,
					 &pages) == ZX_OK)
			gone += pages * VF_PAGE;
		f->hand += n;
		pthread_mutex_unlock(&f->supply);
		left = left > n ? left - n : 0;
	}
	VF_COUNT(evicted, gone / VF_PAGE);
	return gone;
}

struct pass {
	uint64_t excess;
	bool dirty_too;
};

static bool reclaim(struct vf_file *f, void *arg)
{
	struct pass *pass = arg;
	uint64_t gone, there = committed(f);

	if (there == 0)
		return true;
	if (pass->dirty_too)
		(void)vf_back_write(f);
	gone = evict(f, pass->excess);
	pass->excess = pass->excess > gone ? pass->excess - gone : 0;
	return pass->excess != 0;
}

static void balance(void)
{
	const uint64_t low = budget() - budget() / 4;
	struct pass pass = {0};
	uint64_t before = atomic_load(&resident), now = 0, expected = before;

	vf_file_each(add, &now);
	if (now > low) {
		VF_COUNT(reclaims, 1);
		pass.excess = now - low;
		vf_file_each(reclaim, &pass);
		if (pass.excess != 0) {
			pass.dirty_too = true;
			vf_file_each(reclaim, &pass);
		}
		now = 0;
		before = expected = atomic_load(&resident);
		vf_file_each(add, &now);
	}
	/* What came while it was counted is added to the count. */
	while (!atomic_compare_exchange_weak(&resident, &expected, now + (expected - before)))
		;
}

static void *keep_to_budget(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	while (!stopping) {
		if (!wanted) {
			pthread_cond_wait(&wake, &lock);
			continue;
		}
		wanted = false;
		pthread_mutex_unlock(&lock);
		balance();
		pthread_mutex_lock(&lock);
		pthread_cond_broadcast(&done);
	}
	pthread_cond_broadcast(&done);
	pthread_mutex_unlock(&lock);
	return NULL;
}

bool vf_budget_start(void)
{
	started = pthread_create(&thread, NULL, keep_to_budget, NULL) == 0;
	return started;
}

void vf_budget_stop(void)
{
	if (!started)
		return;
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	started = false;
}
