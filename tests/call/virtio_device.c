/* zi-test: valgrind */
/* Queues of a device: configured, taken, notified, each once and by number. clients.md C.5. */
#include <pthread.h>

#include <zirconia/virtio_device.h>

#include "virtio_t.h"
#include "vmo_t.h"

#define OK ZIRCONIA_VIRTIO_OK
#define BAD ZIRCONIA_VIRTIO_BAD_QUEUE_CONFIG
#define INVALID ZIRCONIA_VIRTIO_INVALID_QUEUE

enum { QUEUES = 3, SIZE = 4 };

/* Places of the areas of one queue in the guest's page. */
enum { DESC = 0, AVAIL = 256, USED = 512, DATA = 1024 };

static zirconia_guest_mem_t guest;
static zirconia_virtio_device_t *dev;

static void setup(void)
{
	zirconia_guest_mem_init(&guest);
	T_OK(zirconia_guest_mem_give_vmo(&guest, t_vmo(2 * PG)));
	dev = zirconia_virtio_device_new(&guest.mem, QUEUES);
}

static void teardown(void)
{
	zirconia_virtio_device_free(dev);
	zirconia_guest_mem_done(&guest);
}

TestSuite(call_virtio_device, .init = setup, .fini = teardown);

static zirconia_virtio_result_t configure(uint16_t index)
{
	return zirconia_virtio_device_configure(dev, index, SIZE, DESC, AVAIL, USED);
}

static uint16_t *at16(size_t off)
{
	return (uint16_t *)(guest.base + off);
}

/* A chain of one descriptor of four bytes. */
static void publish(void)
{
	zirconia_desc_t *desc = (zirconia_desc_t *)(guest.base + DESC);
	const uint16_t idx = *at16(AVAIL + 2);

	desc[0] = (zirconia_desc_t){.addr = DATA, .len = 4};
	*at16(AVAIL + 4 + 2 * (idx % (size_t)SIZE)) = 0;
	__atomic_store_n(at16(AVAIL + 2), (uint16_t)(idx + 1), __ATOMIC_RELEASE);
}

/* spec: clients C.5 #4 */
Test(call_virtio_device, configure__each_wrong_argument__its_result)
{
	const struct {
		const char *name;
		uint16_t index, size;
		uint64_t desc, avail, used;
		zirconia_virtio_result_t want;
	} rows[] = {
		{"beyond the last", QUEUES, SIZE, DESC, AVAIL, USED, INVALID},
		{"far beyond, also bad", UINT16_MAX, 3, DESC, AVAIL, USED, INVALID},
		{"size 0", 0, 0, DESC, AVAIL, USED, BAD},
		{"size 3", 0, 3, DESC, AVAIL, USED, BAD},
		{"size above the largest", 0, 32769, DESC, AVAIL, USED, BAD},
		{"descriptors wrap", 0, SIZE, UINT64_MAX - 7, AVAIL, USED, BAD},
		{"available ring wraps", 0, SIZE, DESC, UINT64_MAX - 1, USED, BAD},
		{"used ring wraps", 0, SIZE, DESC, AVAIL, UINT64_MAX - 3, BAD},
		{"descriptors outside", 0, SIZE, 2 * PG - 32, AVAIL, USED, BAD},
		{"available ring outside", 0, SIZE, DESC, 2 * PG - 12, USED, BAD},
		{"used ring outside", 0, SIZE, DESC, AVAIL, 2 * PG - 36, BAD},
		{"descriptors unaligned", 0, SIZE, DESC + 4, AVAIL, USED, BAD},
		{"available ring unaligned", 0, SIZE, DESC, AVAIL + 1, USED, BAD},
		{"used ring unaligned", 0, SIZE, DESC, AVAIL, USED + 2, BAD},
		{"right, after all that", 0, SIZE, DESC, AVAIL, USED, OK},
		{"again", 0, SIZE, DESC, AVAIL, USED, INVALID},
		{"again, and wrong", 0, 3, DESC, AVAIL, USED, INVALID},
		{"another one", 2, SIZE, PG + DESC, PG + AVAIL, PG + USED, OK},
	};

	T_EACH (rows, r) {
		*at16(USED) = 0x5a5a;
		cr_assert_eq(zirconia_virtio_device_configure(dev, r->index, r->size, r->desc,
							      r->avail, r->used),
			     r->want, "%s", r->name);
		/* Only a queue that was made asks for notifications. */
		cr_assert_eq(*at16(USED), r->want == OK && r->used == USED ? 0 : 0x5a5a, "%s",
			     r->name);
	}
}

/* spec: clients C.5 #5 #6 */
Test(call_virtio_device, streams__taken_once__only_then_notified)
{
	zirconia_virtio_stream_t *s = NULL, *other = NULL;

	cr_assert_eq(zirconia_virtio_device_take_stream(dev, 0, &s), INVALID);
	cr_assert_eq(zirconia_virtio_device_take_stream(dev, QUEUES, &s), INVALID);
	cr_assert_eq(zirconia_virtio_device_notify(dev, 0), INVALID);
	cr_assert_eq(configure(0), OK);
	cr_assert_eq(zirconia_virtio_device_notify(dev, 0), INVALID);
	cr_assert_eq(zirconia_virtio_device_take_stream(dev, 1, &s), INVALID);
	cr_assert_null(s);
	cr_assert_eq(zirconia_virtio_device_take_stream(dev, 0, &s), OK);
	cr_assert_eq(zirconia_virtio_device_take_stream(dev, 0, &other), INVALID);
	cr_assert_null(other);
	cr_assert_eq(zirconia_virtio_device_notify(dev, 0), OK);
	cr_assert_eq(zirconia_virtio_device_notify(dev, 1), INVALID);
	cr_assert_eq(zirconia_virtio_device_notify(dev, QUEUES), INVALID);
	cr_assert_eq(zirconia_virtio_stream_queue(s)->size, SIZE);
	cr_assert_eq(configure(0), INVALID); /* also while it is taken */
}

/* spec: clients C.5 #7 */
Test(call_virtio_device, next__with_and_without_chains__waits_for_notifications)
{
	zirconia_chain_result_t r = ZIRCONIA_CHAIN_END;
	zirconia_virtio_stream_t *s;
	zirconia_chain_t chain;
	zx_signals_t seen = 0;

	cr_assert_eq(configure(0), OK);
	cr_assert_eq(zirconia_virtio_device_take_stream(dev, 0, &s), OK);
	T_ZX(zirconia_virtio_stream_next(s, 0, &r, &chain), ZX_ERR_TIMED_OUT);
	/* A notification without a chain is no end. */
	cr_assert_eq(zirconia_virtio_device_notify(dev, 0), OK);
	T_OK(zx_object_wait_one(zirconia_virtio_stream_event(s), ZX_EVENT_SIGNALED, 0, &seen));
	T_ZX(zirconia_virtio_stream_next(s, zx_deadline_after(ZX_MSEC(1)), &r, &chain),
	     ZX_ERR_TIMED_OUT);
	publish();
	publish();
	T_OK(zirconia_virtio_stream_next(s, 0, &r, &chain));
	cr_assert_eq(r, ZIRCONIA_CHAIN_OK);
	zirconia_chain_drop(&chain);
	T_OK(zirconia_virtio_stream_next(s, 0, &r, &chain));
	zirconia_chain_drop(&chain);
	cr_assert_eq(*at16(USED + 2), 2);
	*at16(AVAIL + 2) = 100;
	T_OK(zirconia_virtio_stream_next(s, 0, &r, &chain));
	cr_assert_eq(r, ZIRCONIA_CHAIN_BAD_RING);
}

static zirconia_virtio_result_t driven;

static void *drive(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++) {
		publish();
		driven = zirconia_virtio_device_notify(dev, 0);
		if (driven != OK)
			break;
		while (__atomic_load_n(at16(USED + 2), __ATOMIC_ACQUIRE) != i + 1)
			zx_nanosleep(zx_deadline_after(ZX_USEC(10)));
	}
	return NULL;
}

/* spec: clients C.5 #7 */
Test(call_virtio_device, next__notified_by_another_thread__wakes_every_time, .timeout = 60)
{
	zirconia_virtio_stream_t *s;
	pthread_t thread;

	cr_assert_eq(configure(0), OK);
	cr_assert_eq(zirconia_virtio_device_take_stream(dev, 0, &s), OK);
	cr_assert_eq(pthread_create(&thread, NULL, drive, NULL), 0);
	for (int i = 0; i < 200; i++) {
		zirconia_chain_result_t r;
		zirconia_chain_t chain;

		T_OK(zirconia_virtio_stream_next(s, ZX_TIME_INFINITE, &r, &chain));
		cr_assert_eq(r, ZIRCONIA_CHAIN_OK);
		zirconia_chain_drop(&chain);
	}
	pthread_join(thread, NULL);
	cr_assert_eq(driven, OK);
}

static void count(void *ctx)
{
	++*(int *)ctx;
}

/* spec: clients C.5 #7; clients C.3 #5 */
Test(call_virtio_device, buffered_notifications__several_chains__one_call)
{
	int told = 0;
	zirconia_virtio_buffered_notify_t later = {.notify = count, .ctx = &told};
	zirconia_chain_result_t r;
	zirconia_virtio_stream_t *s;
	zirconia_chain_t chain;

	cr_assert_eq(configure(0), OK);
	cr_assert_eq(zirconia_virtio_device_take_stream(dev, 0, &s), OK);
	zirconia_virtio_stream_queue(s)->notify = zirconia_virtio_notify_later;
	zirconia_virtio_stream_queue(s)->notify_ctx = &later;
	zirconia_virtio_notify_flush(&later);
	cr_assert_eq(told, 0);
	for (int i = 0; i < 3; i++) {
		publish();
		T_OK(zirconia_virtio_stream_next(s, 0, &r, &chain));
		zirconia_chain_add_written(
			&chain, 1000); /* more than it has room for: the device's affair */
		zirconia_chain_drop(&chain);
		cr_assert_eq(*(uint32_t *)(guest.base + USED + 4 + 8 * (size_t)i + 4), 1000);
	}
	cr_assert_eq(told, 0);
	zirconia_virtio_notify_flush(&later);
	zirconia_virtio_notify_flush(&later);
	cr_assert_eq(told, 1);
	zirconia_virtio_device_free(NULL);
}
