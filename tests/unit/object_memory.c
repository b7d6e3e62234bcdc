/* Calls on objects when memory is out: the status, and nothing changed. */
#include "object_fake.h"

#include <zircon/syscalls.h>

#include "base/slab.h"

/* Nothing of ours can be allocated from now on, but what was freed before is used again. */
static void no_memory(void)
{
	zi_slab_fail_after(0);
}

static void memory(void)
{
	zi_slab_fail_after(-1);
}

static zx_handle_t an_event(void)
{
	zx_handle_t h = ZX_HANDLE_INVALID;

	T_OK(zx_event_create(0, &h));
	return h;
}

/* spec: abi 9.4 duplicate #4; abi 9.4 replace #3 */
Test(object_memory, duplicate_and_replace__no_slot_left__no_memory_and_the_handle_stays)
{
	enum { MANY = 20000 };
	zx_handle_t h = an_event(), out = 77, *copies = calloc(MANY, sizeof(*copies));
	zx_status_t st = ZX_OK;
	unsigned n = 0;

	no_memory();
	while (n < MANY && (st = zx_handle_duplicate(h, ZX_RIGHT_SAME_RIGHTS, &copies[n])) == ZX_OK)
		n++;
	T_ZX(st, ZX_ERR_NO_MEMORY);
	T_ZX(zx_handle_replace(h, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_NO_MEMORY);
	T_OK(zx_handle_check_valid(h));
	cr_assert_eq(out, 77);
	/* A slot that is given back will do. */
	T_OK(zx_handle_close(copies[--n]));
	T_OK(zx_handle_replace(h, ZX_RIGHT_SAME_RIGHTS, &h) == ZX_ERR_NO_MEMORY ? ZX_ERR_NO_MEMORY :
										  ZX_OK);
	memory();
	T_OK(zx_handle_close_many(copies, n));
	T_OK(zx_handle_close(h));
	free(copies);
	cr_assert_eq(zi_handle_live(), 0);
	cr_assert_eq(zi_object_live(), 0);
}

/*
 * spec: abi 9.8 wait_async #9; abi 9.8 port_create #2; abi 9.8 port_queue #3; abi 9.18 create #4
 * spec: vmar 11.1 #6
 */
Test(object_memory, creating_calls__no_memory__the_status_and_nothing_is_left)
{
	zx_handle_t event = an_event(), port = ZX_HANDLE_INVALID, a = 77, b = 78;
	const zx_handle_t job = zx_job_default();
	zx_port_packet_t packet = {.key = 1};

	T_OK(zx_port_create(0, &port));
	const size_t handles = zi_handle_live(), objects = zi_object_live();

	no_memory();
	T_ZX(zx_event_create(0, &a), ZX_ERR_NO_MEMORY);
	T_ZX(zx_eventpair_create(0, &a, &b), ZX_ERR_NO_MEMORY);
	T_ZX(zx_port_create(0, &a), ZX_ERR_NO_MEMORY);
	T_ZX(zx_timer_create(0, 0, &a), ZX_ERR_NO_MEMORY);
	T_ZX(zx_clock_create(0, NULL, &a), ZX_ERR_NO_MEMORY);
	T_ZX(zx_counter_create(0, &a), ZX_ERR_NO_MEMORY);
	T_ZX(zx_job_create(job, 0, &a), ZX_ERR_NO_MEMORY);
	T_ZX(zx_process_create(job, "n", 1, 0, &a, &b), ZX_ERR_NO_MEMORY);
	T_ZX(zx_port_queue(port, &packet), ZX_ERR_NO_MEMORY);
	T_ZX(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0), ZX_ERR_NO_MEMORY);
	memory();
	cr_assert(a == 77 && b == 78);
	cr_assert_eq(zi_handle_live(), handles);
	cr_assert_eq(zi_object_live(), objects);
	T_OK(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);

	/* One allocation after the other fails: two objects, or none. */
	for (long n = 0; n < 8; n++) {
		zi_slab_fail_after(n);
		zx_status_t pair = zx_eventpair_create(0, &a, &b);

		if (pair == ZX_OK)
			T_OK(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
		zx_status_t process = zx_process_create(job, "n", 1, 0, &a, &b);

		if (process == ZX_OK)
			T_OK(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
		cr_assert(pair == ZX_OK || pair == ZX_ERR_NO_MEMORY);
		cr_assert(process == ZX_OK || process == ZX_ERR_NO_MEMORY);
		memory();
		cr_assert_eq(zi_handle_live(), handles, "after %ld allocations", n);
		cr_assert_eq(zi_object_live(), objects, "after %ld allocations", n);
	}
	T_OK(zx_handle_close_many((zx_handle_t[]){event, port}, 2));
}
