/*
 * A pager is closed while the last packet of its last VMO is taken: whoever comes last frees what they share, and nobody before. The moment
 * is short, so many are tried; AddressSanitizer sees what the assertions do not.
 *
 * zi-test: timeout=120
 */
#include <pthread.h>
#include <semaphore.h>

#include <zircon/syscalls/port.h>

#include "object/object.h"
#include "t.h"

enum { ROUNDS = 200000, MARK = 1, END = 2 };

static zx_handle_t port;
static sem_t marked;

static void *take_packets(void *arg)
{
	zx_port_packet_t p;

	(void)arg;
	for (;;) {
		/* Without sleeping: a wake comes too late. */
		if (zx_port_wait(port, 0, &p) != ZX_OK || p.type != ZX_PKT_TYPE_USER)
			continue;
		sem_post(&marked);
		if (p.key == END)
			break;
	}
	return NULL;
}

static void mark(uint64_t key)
{
	const zx_port_packet_t p = {.key = key, .type = ZX_PKT_TYPE_USER};

	T_OK(zx_port_queue(port, &p));
	while (sem_wait(&marked) != 0)
		;
}

Test(stress_pager_close, pager__closed_as_its_last_packet_is_taken__freed_once, .timeout = 110)
{
	uint64_t seed = t_seed();
	size_t objects;
	pthread_t thread;

	T_OK(zx_port_create(0, &port));
	objects = zi_object_live();
	sem_init(&marked, 0, 0);
	cr_assert_eq(pthread_create(&thread, NULL, take_packets, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t pager, vmo;

		T_OK(zx_pager_create(0, &pager));
		T_OK(zx_pager_create_vmo(pager, 0, port, 7, T_PAGE, &vmo));
		t_close(vmo); /* COMPLETE */
		for (uint64_t spins = t_below(&seed, 4000); spins > 0; spins--)
			__asm__ volatile("" ::: "memory");
		t_close(pager);
		if (i % 16 == 0) {
			mark(MARK);
			for (int k = 0; k < 1000 && zi_object_live() != objects; k++)
				zx_nanosleep(zx_deadline_after(ZX_USEC(100)));
			cr_assert_eq(zi_object_live(), objects, "round %d", i);
		}
	}
	mark(END);
	pthread_join(thread, NULL);
}
