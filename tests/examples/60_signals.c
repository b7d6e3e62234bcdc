/*
 * Signals and a port: a server lends out slices of its memory and learns through its port when the
 * last one came back. cc -pthread 60_signals.c $(pkg-config --cflags --libs zirconia)
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <zircon/syscalls.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

enum { KEY_IDLE = 1, KEY_STOP = 2, BORROWERS = 3 };

/* Uses its slice and gives it back by closing it. */
static void *borrower(void *arg)
{
	const zx_handle_t slice = *(zx_handle_t *)arg;
	const uint32_t mark = 0xfeed0000u | slice;

	CHECK(zx_vmo_write(slice, &mark, 0, sizeof(mark)) == ZX_OK);
	CHECK(zx_handle_close(slice) == ZX_OK);
	return NULL;
}

int main(void)
{
	zx_handle_t slice[BORROWERS];
	pthread_t thread[BORROWERS];
	zx_port_packet_t packet;
	zx_signals_t observed;
	zx_handle_t pool;
	zx_handle_t port;

	CHECK(zx_port_create(0, &port) == ZX_OK);
	CHECK(zx_vmo_create(BORROWERS * ZX_PAGE_SIZE, 0, &pool) == ZX_OK);

	/* A VMO without children says so. */
	CHECK(zx_object_wait_one(pool, ZX_VMO_ZERO_CHILDREN, 0, &observed) == ZX_OK);

	for (uint64_t i = 0; i < BORROWERS; i++)
		CHECK(zx_vmo_create_child(pool, ZX_VMO_CHILD_SLICE, i * ZX_PAGE_SIZE, ZX_PAGE_SIZE,
					  &slice[i]) == ZX_OK);
	CHECK(zx_object_wait_one(pool, ZX_VMO_ZERO_CHILDREN, 0, &observed) == ZX_ERR_TIMED_OUT);
	printf("%d slices lent out\n", BORROWERS);

	/* One packet, when the state comes. */
	CHECK(zx_object_wait_async(pool, port, KEY_IDLE, ZX_VMO_ZERO_CHILDREN,
				   ZX_WAIT_ASYNC_ONCE) == ZX_OK);
	CHECK(zx_port_wait(port, 0, &packet) == ZX_ERR_TIMED_OUT);
	for (int i = 0; i < BORROWERS; i++)
		CHECK(pthread_create(&thread[i], NULL, borrower, &slice[i]) == 0);
	CHECK(zx_port_wait(port, ZX_TIME_INFINITE, &packet) == ZX_OK);
	CHECK(packet.key == KEY_IDLE && packet.type == ZX_PKT_TYPE_SIGNAL_ONE &&
	      packet.status == ZX_OK);
	CHECK(packet.signal.observed & ZX_VMO_ZERO_CHILDREN);
	printf("all came back: packet %" PRIu64 ", signals 0x%x\n", packet.key,
	       packet.signal.observed);
	for (int i = 0; i < BORROWERS; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);

	/* What the borrowers wrote is in the pool. */
	for (uint64_t i = 0; i < BORROWERS; i++) {
		uint32_t mark;

		CHECK(zx_vmo_read(pool, &mark, i * ZX_PAGE_SIZE, sizeof(mark)) == ZX_OK);
		CHECK(mark == (0xfeed0000u | slice[i]));
	}

	/* Programs put packets of their own into the same port. */
	packet = (zx_port_packet_t){.key = KEY_STOP, .type = ZX_PKT_TYPE_USER};
	packet.user.u64[0] = 42;
	CHECK(zx_port_queue(port, &packet) == ZX_OK);
	CHECK(zx_port_wait(port, ZX_TIME_INFINITE, &packet) == ZX_OK);
	CHECK(packet.key == KEY_STOP && packet.user.u64[0] == 42);
	printf("and a packet of our own: %" PRIu64 "\n", packet.user.u64[0]);

	CHECK(zx_handle_close(pool) == ZX_OK);
	CHECK(zx_handle_close(port) == ZX_OK);
	return 0;
}
