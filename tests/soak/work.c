/* What the threads of the soak test do. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#include "../model/random/world.h"
#include "soak.h"

#define PAGE ((uint64_t)4096)

#define OK(w, expr)                                                          \
	do {                                                                 \
		const zx_status_t st_ = (expr);                              \
		if (st_ != ZX_OK)                                            \
			soak_fail((w), "line %d: %s is %s", __LINE__, #expr, \
				  zx_status_get_string(st_));                \
	} while (0)

#define IS(w, cond)                                                             \
	do {                                                                    \
		if (!(cond))                                                    \
			soak_fail((w), "line %d: not so: %s", __LINE__, #cond); \
	} while (0)

/* ---- the model */

void *soak_model(void *worker)
{
	struct soak_worker *w = worker;

	for (uint64_t seed = w->seed * 1000; !soak_stop; seed++) {
		struct failure failure = {0};
		struct rng r = {seed};
		struct world world;
		struct op op;

		w_init(&world, true, &failure);
		for (int i = 0; i < 5000 && !soak_stop; i++) {
			g_next(&world, &r, &op);
			if (!w_step(&world, &op))
				soak_fail(w,
					  "operation %" PRIu64 " of `random --seed %" PRIu64
					  " --seeds 1`: %s",
					  failure.done, seed, failure.text);
			w->done++;
		}
		w_done(&world);
	}
	return NULL;
}

/* ---- clones */

void *soak_clones(void *worker)
{
	struct soak_worker *w = worker;

	/* In pieces: it does not look at soak_stop. */
	for (uint64_t i = 0; !soak_stop; i++) {
		if (threads_run(4, w->seconds < 4 ? w->seconds / 4 : 1, w->seed + i) != 0)
			soak_fail(w, "threads of clones");
		w->done++;
	}
	return NULL;
}

/* ---- objects */

static void *wait_and_end(void *arg)
{
	const zx_handle_t event = *(zx_handle_t *)arg;

	(void)zx_thread_self();
	(void)zx_object_wait_one(event, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, NULL);
	return NULL;
}

static void use_objects(struct soak_worker *w, struct rng *r)
{
	zx_handle_t event, other, port, timer, pair[2], buffer;
	zx_port_packet_t packet = {.key = 5, .type = ZX_PKT_TYPE_USER};
	pthread_t waiter;

	OK(w, zx_event_create(0, &event));
	OK(w, zx_port_create(0, &port));
	OK(w, zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer));
	OK(w, zx_eventpair_create(0, &pair[0], &pair[1]));
	OK(w, zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &other));
	OK(w, zx_object_wait_async(pair[0], port, 7, ZX_EVENTPAIR_PEER_CLOSED, 0));
	OK(w, zx_object_wait_async(timer, port, 8, ZX_TIMER_SIGNALED, 0));
	OK(w, zx_port_queue(port, &packet));
	OK(w, zx_timer_set(timer, zx_clock_get_monotonic() + (zx_time_t)rng_below(r, 50000), 0));
	if (pthread_create(&waiter, NULL, wait_and_end, &event) != 0)
		soak_fail(w, "no thread to be had");
	OK(w, zx_handle_close(pair[1]));
	/* Sometimes the port goes with packets in it, and with waits. */
	for (uint64_t i = rng_below(r, 4); i > 0; i--)
		OK(w, zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	OK(w, zx_object_signal(other, 0, ZX_EVENT_SIGNALED));
	pthread_join(waiter, NULL);
	if (zx_vmo_create(PAGE * rng_below(r, 64), ZX_VMO_RESIZABLE, &buffer) == ZX_OK) {
		OK(w, zx_vmo_set_size(buffer, PAGE * 3));
		OK(w, zx_vmo_write(buffer, &packet, PAGE, sizeof(packet)));
		OK(w, zx_handle_close(buffer));
	}
	OK(w, zx_handle_close_many((zx_handle_t[]){event, other, port, timer, pair[0]}, 5));
	w->done++;
}

void *soak_objects(void *worker)
{
	struct soak_worker *w = worker;
	struct rng r = {w->seed};

	while (!soak_stop)
		use_objects(w, &r);
	return NULL;
}

/* ---- pagers */

struct paged {
	struct soak_worker *w;
	zx_handle_t port, pager, vmo;
	uint64_t pages;
};

static uint64_t word_of(uint64_t page)
{
	return UINT64_C(0x9e3779b97f4a7c15) * (page + 1);
}

static void *serve(void *arg)
{
	const struct paged *p = arg;
	zx_port_packet_t packet;

	for (;;) {
		const zx_packet_page_request_t *ask = &packet.page_request;
		zx_handle_t aux;

		OK(p->w, zx_port_wait(p->port, ZX_TIME_INFINITE, &packet));
		if (packet.type != ZX_PKT_TYPE_PAGE_REQUEST ||
		    ask->command == ZX_PAGER_VMO_COMPLETE)
			return NULL;
		if (ask->command == ZX_PAGER_VMO_DIRTY) {
			(void)zx_pager_op_range(p->pager, ZX_PAGER_OP_DIRTY, p->vmo, ask->offset,
						ask->length, 0);
			continue;
		}
		OK(p->w, zx_vmo_create(ask->length, 0, &aux));
		for (uint64_t at = 0; at < ask->length; at += PAGE) {
			const uint64_t word = word_of((ask->offset + at) / PAGE);

			OK(p->w, zx_vmo_write(aux, &word, at, sizeof(word)));
		}
		OK(p->w, zx_pager_supply_pages(p->pager, p->vmo, ask->offset, ask->length, aux, 0));
		OK(p->w, zx_handle_close(aux));
	}
}

static void use_pager(struct soak_worker *w, struct rng *r)
{
	struct paged p = {.w = w, .pages = 1 + rng_below(r, 32)};
	zx_handle_t clone;
	pthread_t server;
	zx_vaddr_t at;
	uint64_t word;

	OK(w, zx_port_create(0, &p.port));
	OK(w, zx_pager_create(0, &p.pager));
	OK(w, zx_pager_create_vmo(p.pager, rng_percent(r, 50) ? ZX_VMO_TRAP_DIRTY : 0, p.port, 1,
				  p.pages * PAGE, &p.vmo));
	if (pthread_create(&server, NULL, serve, &p) != 0)
		soak_fail(w, "no thread to be had");
	OK(w, zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, p.vmo, 0,
			  p.pages * PAGE, &at));
	OK(w, zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, p.pages * PAGE,
				  &clone));
	for (unsigned i = 0; i < 16; i++) {
		const uint64_t page = rng_below(r, p.pages);

		switch (rng_below(r, 5)) {
		case 0:
			OK(w, zx_vmo_read(p.vmo, &word, page * PAGE, sizeof(word)));
			IS(w, word == word_of(page));
			break;
		case 1:
			IS(w, *(volatile uint64_t *)(at + page * PAGE) == word_of(page));
			break;
		case 2: /* the second word is anybody's */
			((volatile uint64_t *)(at + page * PAGE))[1] = page;
			break;
		case 3:
			OK(w, zx_vmo_write(clone, &page, page * PAGE + 8, sizeof(page)));
			OK(w, zx_vmo_read(clone, &word, page * PAGE, sizeof(word)));
			IS(w, word == word_of(page));
			break;
		default:
			OK(w, zx_vmo_op_range(p.vmo, ZX_VMO_OP_COMMIT, page * PAGE, PAGE, NULL, 0));
			break;
		}
		w->done++;
	}
	OK(w, zx_vmar_unmap(zx_vmar_root_self(), at, p.pages * PAGE));
	OK(w, zx_handle_close(clone));
	OK(w, zx_pager_detach_vmo(p.pager, p.vmo));
	pthread_join(server, NULL);
	OK(w, zx_handle_close_many((zx_handle_t[]){p.vmo, p.pager, p.port}, 3));
}

void *soak_pagers(void *worker)
{
	struct soak_worker *w = worker;
	struct rng r = {w->seed};

	while (!soak_stop)
		use_pager(w, &r);
	return NULL;
}

/* ---- forks */

/* In the child. */
static int use_own_world(void)
{
	zx_handle_t vmo, child;
	zx_vaddr_t at;

	alarm(60);
	if (zx_vmo_create(4 * PAGE, 0, &vmo) != ZX_OK || zx_vmo_write(vmo, "x", 0, 1) != ZX_OK ||
	    zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 4 * PAGE, &child) != ZX_OK ||
	    zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, child, 0,
			4 * PAGE, &at) != ZX_OK)
		return 1;
	((volatile char *)at)[1] = 'y';
	return *(volatile char *)at == 'x' ? 0 : 2;
}

void *soak_forks(void *worker)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	struct soak_worker *w = worker;

	while (!soak_stop) {
		int status;
		const pid_t pid = fork();

		if (pid == 0)
			_exit(use_own_world());
		IS(w, pid > 0 && waitpid(pid, &status, 0) == pid);
		if (status != 0)
			soak_fail(w, "the child ended with 0x%x", (unsigned)status);
		w->done++;
		nanosleep(&pause, NULL);
	}
	return NULL;
}
