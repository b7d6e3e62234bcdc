/* zi-test: valgrind */
/* Queues and chains: the acceptance statements of clients.md C.4, and every ring that is not as it should be. */
#include "virtio_t.h"

#define OK ZIRCONIA_CHAIN_OK
#define END ZIRCONIA_CHAIN_END

static size_t next(zirconia_chain_t *c, size_t limit)
{
	zirconia_device_range_t r;

	cr_assert_eq(zirconia_chain_next_with_limit(c, limit, &r), OK);
	return zirconia_device_range_len(r);
}

static zirconia_chain_result_t walk(zirconia_chain_t *c)
{
	zirconia_device_range_t r;

	return zirconia_chain_next(c, &r);
}

/* spec: clients C.4 acceptance #1; clients C.4 readable #1 #2; clients C.4 writable #2; clients C.4 operation #1 #8 */
Test(call_virtio_chain, walk__limits__never_across_a_descriptor)
{
	for (int indirect = 0; indirect < 2; indirect++) {
		struct v_driver *d = v_new();
		uint64_t left;

		v_chain(d, LENS(4, 4, 4), LENS(4, 4), indirect, NULL);
		zirconia_chain_t c = v_take(d);

		cr_assert(zirconia_chain_remaining(&c, &left) == OK && left == 12);
		cr_assert_eq(next(&c, SIZE_MAX), 4);
		cr_assert_eq(next(&c, 2), 2);
		cr_assert(zirconia_chain_remaining(&c, &left) == OK && left == 6);
		cr_assert_eq(next(&c, 200), 2);
		cr_assert_eq(next(&c, 4), 4);
		cr_assert_eq(walk(&c), END);
		cr_assert_eq(walk(&c), END);
		cr_assert_eq(zirconia_chain_to_writable(&c, false), OK);
		cr_assert(zirconia_chain_remaining(&c, &left) == OK && left == 8);
		cr_assert_eq(next(&c, 3), 3);
		cr_assert_eq(next(&c, SIZE_MAX), 1);
		cr_assert_eq(next(&c, SIZE_MAX), 4);
		cr_assert_eq(walk(&c), END);
		zirconia_chain_add_written(&c, 4);
		cr_assert_eq(d->used.idx, 0);
		zirconia_chain_drop(&c);
		cr_assert(d->used.idx == 1 && d->used.ring[0].id == 0 && d->used.ring[0].len == 4);
		zirconia_chain_drop(&c);
		cr_assert_eq(d->used.idx, 1);
		cr_assert_eq(d->notified, 1);
		v_free(d);
	}
}

/* spec: clients C.4 acceptance #2; clients C.4 operation #6 #7 */
Test(call_virtio_chain, streams__bytes_in_order__length_told_to_the_driver)
{
	struct v_driver *d = v_new();
	uint8_t *data, buf[16];
	size_t n;

	v_chain(d, LENS(4, 4, 4), LENS(4, 4), false, &data);
	for (uint8_t i = 0; i < 12; i++)
		data[i] = (uint8_t)(i + 1);
	zirconia_chain_t c = v_take(d);
	uint8_t got[32];
	size_t have = 0;
	static const size_t wanted[] = {2, 1, 5, 5, 5, 5};

	T_EACH (wanted, w) {
		cr_assert_eq(zirconia_chain_read(&c, buf, *w, &n), OK);
		memcpy(got + have, buf, n);
		have += n;
		if (n == 0)
			break;
	}
	cr_assert_eq(have, 12);
	cr_assert_eq(memcmp(got, data, 12), 0);
	cr_assert(zirconia_chain_read(&c, buf, 1, &n) == OK && n == 0);
	cr_assert_eq(zirconia_chain_to_writable(&c, false), OK);
	have = 0;
	static const uint8_t out[8] = "abcdefgh";

	while (have < 8) {
		const size_t most = have < 5 ? 5 - have : 8 - have;

		cr_assert_eq(zirconia_chain_write(&c, out + have, most, &n), OK);
		cr_assert(n > 0 && n <= most);
		have += n;
	}
	cr_assert(zirconia_chain_write(&c, "x", 1, &n) == OK && n == 0);
	cr_assert_eq(zirconia_chain_return_complete(&c), OK);
	cr_assert_eq(memcmp(data + 12, out, 8), 0);
	cr_assert_eq(d->used.ring[0].len, 8);
	v_free(d);
}

/* spec: clients C.4 acceptance #3 #4; clients C.4 operation #3 #4 */
Test(call_virtio_chain, return_complete__what_is_left__named_and_returned_in_any_case)
{
	static const struct {
		uint32_t readable[3], writable[3];
		size_t read, write;
		zirconia_chain_result_t want;
	} rows[] = {
		{{4}, {0}, 4, 0, OK},
		{{4, 2}, {0}, 4, 0, ZIRCONIA_CHAIN_READABLE_REMAINING},
		{{4}, {0}, 2, 0, ZIRCONIA_CHAIN_READABLE_REMAINING},
		{{4}, {4}, 4, 0, ZIRCONIA_CHAIN_WRITABLE_REMAINING},
		{{0}, {4}, 0, 4, OK},
		{{0}, {4, 2}, 0, 4, ZIRCONIA_CHAIN_WRITABLE_REMAINING},
		{{0}, {4}, 0, 2, ZIRCONIA_CHAIN_WRITABLE_REMAINING},
		{{4}, {4}, 4, 4, OK},
	};
	uint8_t buf[8] = {0};

	T_EACH (rows, r) {
		struct v_driver *d = v_new();
		size_t n;

		v_chain(d, r->readable, r->writable, false, NULL);
		zirconia_chain_t c = v_take(d);

		if (r->read != 0)
			cr_assert(zirconia_chain_read(&c, buf, r->read, &n) == OK && n == r->read);
		if (r->write != 0) {
			cr_assert_eq(zirconia_chain_to_writable(&c, false), OK);
			cr_assert(zirconia_chain_write(&c, buf, r->write, &n) == OK &&
				  n == r->write);
		}
		cr_assert_eq(zirconia_chain_return_complete(&c), r->want, "row %td", r - rows);
		cr_assert(d->used.idx == 1 && d->used.ring[0].len == r->write);
		v_free(d);
	}
}

/* spec: clients C.4 operation #2 #5 */
Test(call_virtio_chain, to_writable__readable_bytes_left__refused_or_skipped)
{
	struct v_driver *d = v_new();

	v_chain(d, LENS(4, 4), LENS(4), false, NULL);
	zirconia_chain_t c = v_take(d);

	cr_assert_eq(next(&c, 3), 3);
	cr_assert_eq(zirconia_chain_to_writable(&c, false), ZIRCONIA_CHAIN_READABLE_REMAINING);
	cr_assert_eq(next(&c, SIZE_MAX), 1); /* still the readable part */
	cr_assert_eq(zirconia_chain_to_writable(&c, true), OK);
	cr_assert_eq(next(&c, SIZE_MAX), 4);
	zirconia_chain_add_written(&c, UINT32_MAX);
	zirconia_chain_add_written(&c, 5);
	zirconia_chain_drop(&c);
	cr_assert_eq(d->used.ring[0].len, UINT32_MAX);
	v_free(d);
}

/* ---- chains that are not as they should be; descriptors as written by hand */

struct bad {
	const char *name;
	zirconia_desc_t
		desc[4]; /* addr: offset in the driver's data; UINT64_MAX is taken as it is */
	uint16_t head;
	zirconia_chain_result_t
		want[5]; /* of readable steps, then, after an END, of writable ones */
};

#define RAW ((uint64_t)1 << 63) /* an address, not an offset */

/* spec: clients C.4 acceptance #5-7; clients C.3 #4 #7 #8; clients C.4 readable #5 #6 #8; clients C.4 writable #1; */
/* spec: clients C.1 translations #5 */
Test(call_virtio_chain, malformed__each_case__its_error_and_an_end)
{
	static const struct bad rows[] = {
		{"readable after writable",
		 {{0, 4, V_NEXT | V_WRITE, 1}, {16, 4, 0, 0}},
		 0,
		 {END, OK, ZIRCONIA_CHAIN_READABLE_AFTER_WRITABLE, END, END}},
		{"bad range between good ones",
		 {{0, 42, V_NEXT, 1}, {UINT64_MAX - 10, 20, V_NEXT, 2}, {64, 5, 0, 0}},
		 0,
		 {OK, ZIRCONIA_CHAIN_BAD_RANGE, OK, END, END}},
		{"next beyond the table",
		 {{0, 4, V_NEXT, 33}},
		 0,
		 {OK, ZIRCONIA_CHAIN_INVALID_INDEX, END, END, END}},
		{"next at the end of the table",
		 {{0, 4, V_NEXT, 32}},
		 0,
		 {OK, ZIRCONIA_CHAIN_INVALID_INDEX, END, END, END}},
		{"head beyond the table",
		 {{0, 4, 0, 0}},
		 0xffff,
		 {ZIRCONIA_CHAIN_INVALID_INDEX, END, END, END, END}},
		{"no memory",
		 {{RAW | 4096, 4, V_NEXT, 1}, {0, 4, 0, 0}},
		 0,
		 {ZIRCONIA_CHAIN_TRANSLATE_FAILED, OK, END, END, END}},
		{"across the end of memory",
		 {{V_DATA - 4, 8, V_NEXT, 1}, {0, 4, 0, 0}},
		 0,
		 {ZIRCONIA_CHAIN_TRANSLATE_FAILED, OK, END, END, END}},
		{"empty where no empty range is memory",
		 {{0, 0, V_NEXT, 1}, {0, 4, 0, 0}},
		 0,
		 {ZIRCONIA_CHAIN_TRANSLATE_FAILED, OK, END, END, END}},
		{"indirect table in no memory",
		 {{RAW | 4096, 32, V_INDIRECT | V_NEXT, 1}, {0, 4, 0, 0}},
		 0,
		 {ZIRCONIA_CHAIN_TRANSLATE_FAILED, OK, END, END, END}},
		{"indirect table that wraps",
		 {{UINT64_MAX, 32, V_INDIRECT | V_NEXT, 1}, {0, 4, 0, 0}},
		 0,
		 {ZIRCONIA_CHAIN_BAD_RANGE, OK, END, END, END}},
		{"indirect table unaligned",
		 {{4, 32, V_INDIRECT, 0}},
		 0,
		 {ZIRCONIA_CHAIN_TRANSLATE_FAILED, END, END, END, END}},
		{"indirect table too short for one",
		 {{0, 15, V_INDIRECT | V_NEXT, 1}, {0, 4, 0, 0}},
		 0,
		 {ZIRCONIA_CHAIN_INVALID_INDEX, END, END, END, END}},
	};

	T_EACH (rows, r) {
		struct v_driver *d = v_new();

		memcpy(d->desc, r->desc, sizeof(r->desc));
		for (unsigned i = 0; i < 4; i++) {
			if (d->desc[i].addr >= UINT64_MAX - 10)
				continue;
			d->desc[i].addr = d->desc[i].addr & RAW ?
						  d->desc[i].addr & ~RAW :
						  d->desc[i].addr + (uintptr_t)d->data;
		}
		v_publish(d, r->head);
		zirconia_chain_t c = v_take(d);

		for (unsigned i = 0; i < 5; i++) {
			const zirconia_chain_result_t got = walk(&c);

			cr_assert_eq(got, r->want[i], "%s: step %u is %d", r->name, i, got);
			if (got == END && !c.writable)
				cr_assert_eq(zirconia_chain_to_writable(&c, true), OK);
		}
		zirconia_chain_drop(&c);
		cr_assert(d->used.idx == 1 && d->used.ring[0].id == r->head &&
				  d->used.ring[0].len == 0,
			  "%s", r->name);
		/* Whole-chain questions say it, too. */
		v_publish(d, r->head);
		c = v_take(d);
		cr_assert_neq(zirconia_chain_return_complete(&c), OK, "%s", r->name);
		cr_assert_eq(d->used.idx, 2);
		v_free(d);
	}
}

/* spec: clients C.4 readable #3 #4 #7; clients C.4 operation #1 #9 */
Test(call_virtio_chain, indirect__then_on_with_the_outer_chain__nested_is_refused)
{
	struct v_driver *d = v_new();
	zirconia_desc_t *table = (zirconia_desc_t *)(void *)v_alloc(d, 3 * sizeof(*table));
	uint8_t *data = v_alloc(d, 64);

	table[0] = (zirconia_desc_t){(uintptr_t)data, 3, V_NEXT, 2};
	table[2] = (zirconia_desc_t){(uintptr_t)data, 5, 0, 0};
	d->desc[0] = (zirconia_desc_t){(uintptr_t)table, 3 * sizeof(*table),
				       V_INDIRECT | V_NEXT | V_WRITE, 7};
	d->desc[7] = (zirconia_desc_t){(uintptr_t)data, 7, V_NEXT, 8};
	d->desc[8] = (zirconia_desc_t){(uintptr_t)data, 9, V_WRITE, 0};
	v_publish(d, 0);
	zirconia_chain_t c = v_take(d);

	cr_assert(next(&c, SIZE_MAX) == 3 && next(&c, SIZE_MAX) == 5 && next(&c, SIZE_MAX) == 7);
	cr_assert_eq(walk(&c), END);
	cr_assert_eq(zirconia_chain_to_writable(&c, false), OK);
	cr_assert_eq(next(&c, SIZE_MAX), 9);
	cr_assert_eq(zirconia_chain_return_complete(&c), OK);
	/* An index past the indirect table, though the outer table has it. */
	table[0].next = 3;
	v_publish(d, 0);
	c = v_take(d);
	cr_assert_eq(next(&c, SIZE_MAX), 3);
	cr_assert_eq(walk(&c), ZIRCONIA_CHAIN_INVALID_INDEX);
	cr_assert_eq(walk(&c), END);
	zirconia_chain_drop(&c);
	table[0].next = 2;
	table[2].flags = V_INDIRECT;
	v_publish(d, 0);
	c = v_take(d);
	cr_assert_eq(next(&c, SIZE_MAX), 3);
	cr_assert_eq(walk(&c), ZIRCONIA_CHAIN_NESTED_INDIRECT);
	cr_assert_eq(walk(&c), END);
	zirconia_chain_drop(&c);
	/* Loops inside and outside. */
	table[2] = (zirconia_desc_t){(uintptr_t)data, 5, V_NEXT, 0};
	v_publish(d, 0);
	c = v_take(d);
	for (int i = 0; i < 3; i++)
		next(&c, SIZE_MAX);
	cr_assert_eq(walk(&c), ZIRCONIA_CHAIN_LOOP);
	cr_assert_eq(walk(&c), END);
	zirconia_chain_drop(&c);
	d->desc[3] = (zirconia_desc_t){(uintptr_t)data, 1, V_NEXT, 3};
	v_publish(d, 3);
	c = v_take(d);
	for (int i = 0; i < V_SIZE; i++)
		next(&c, SIZE_MAX);
	cr_assert_eq(walk(&c), ZIRCONIA_CHAIN_LOOP);
	uint64_t left = 77;

	zirconia_chain_drop(&c);
	v_publish(d, 3);
	c = v_take(d);
	cr_assert_eq(zirconia_chain_remaining(&c, &left), ZIRCONIA_CHAIN_LOOP);
	cr_assert_eq(left, 77);
	cr_assert_eq(zirconia_chain_to_writable(&c, true), ZIRCONIA_CHAIN_LOOP);
	zirconia_chain_drop(&c);
	v_free(d);
}

/* spec: clients C.4 writable #3-5 */
Test(call_virtio_chain, writable_part__indirect_nested_and_untranslatable__as_in_the_readable_one)
{
	struct v_driver *d = v_new();
	zirconia_desc_t *table = (zirconia_desc_t *)(void *)v_alloc(d, 3 * sizeof(*table));
	uint8_t *data = v_alloc(d, 64);

	table[0] = (zirconia_desc_t){(uintptr_t)data, 3, V_NEXT | V_WRITE, 1};
	table[1] = (zirconia_desc_t){(uintptr_t)data, 5, V_WRITE, 0};
	d->desc[0] = (zirconia_desc_t){(uintptr_t)data, 2, V_NEXT, 1};
	d->desc[1] = (zirconia_desc_t){(uintptr_t)data, 4, V_NEXT | V_WRITE, 2};
	d->desc[2] = (zirconia_desc_t){4096, 4, V_NEXT | V_WRITE, 3};
	d->desc[3] =
		(zirconia_desc_t){(uintptr_t)table, 2 * sizeof(*table), V_INDIRECT | V_NEXT, 4};
	d->desc[4] = (zirconia_desc_t){4096, 16, V_INDIRECT | V_NEXT, 5};
	d->desc[5] = (zirconia_desc_t){(uintptr_t)data, 7, V_WRITE, 0};
	v_publish(d, 0);
	zirconia_chain_t c = v_take(d);

	cr_assert_eq(zirconia_chain_to_writable(&c, true), OK);
	cr_assert_eq(next(&c, SIZE_MAX), 4);
	cr_assert_eq(walk(&c), ZIRCONIA_CHAIN_TRANSLATE_FAILED);
	cr_assert(next(&c, SIZE_MAX) == 3 && next(&c, SIZE_MAX) == 5);
	cr_assert_eq(walk(&c), ZIRCONIA_CHAIN_TRANSLATE_FAILED);
	cr_assert_eq(next(&c, SIZE_MAX), 7);
	cr_assert_eq(walk(&c), END);
	zirconia_chain_drop(&c);
	table[1].flags = V_INDIRECT;
	d->desc[2].addr = (uintptr_t)data;
	v_publish(d, 0);
	c = v_take(d);
	cr_assert_eq(zirconia_chain_to_writable(&c, true), OK);
	cr_assert(next(&c, SIZE_MAX) == 4 && next(&c, SIZE_MAX) == 4 && next(&c, SIZE_MAX) == 3);
	cr_assert_eq(walk(&c), ZIRCONIA_CHAIN_NESTED_INDIRECT);
	cr_assert_eq(walk(&c), END);
	zirconia_chain_drop(&c);
	v_free(d);
}

/* spec: clients C.4 acceptance #8; clients C.2 #1-6 */
Test(call_virtio_chain, queue__areas_that_do_not_fit__refused)
{
	struct v_driver *d = v_new();
	zirconia_virtqueue_t q;
	const struct {
		const char *name;
		size_t desc, avail, used; /* lengths */
		size_t desc_at, avail_at, used_at;
		bool ok;
	} rows[] = {
		{"4", 64, 14, 38, 0, 0, 0, true},
		{"8 and 4", 128, 14, 38, 0, 0, 0, false},
		{"4, available of 8", 64, 22, 38, 0, 0, 0, false},
		{"4, used of 8", 64, 14, 70, 0, 0, 0, false},
		{"3", 48, 12, 30, 0, 0, 0, false},
		{"0", 0, 6, 6, 0, 0, 0, false},
		{"1", 16, 8, 14, 0, 0, 0, true},
		{"part of a descriptor", 65, 14, 38, 0, 0, 0, false},
		{"available a byte short", 64, 13, 38, 0, 0, 0, false},
		{"used a byte long", 64, 14, 39, 0, 0, 0, false},
		{"used without header", 64, 14, 5, 0, 0, 0, false},
		{"descriptors at 8", 64, 14, 38, 8, 0, 0, true},
		{"descriptors at 4", 64, 14, 38, 4, 0, 0, false},
		{"available at 2", 64, 14, 38, 0, 2, 0, true},
		{"available at 1", 64, 14, 38, 0, 1, 0, false},
		{"used at 4", 64, 14, 38, 0, 0, 4, true},
		{"used at 2", 64, 14, 38, 0, 0, 2, false},
		{"too large", 16 * 65536, 6 + 2 * 65536, 6 + 8 * 65536, 0, 0, 0, false},
	};

	T_EACH (rows, r) {
		memset(d->data, 0xff, 4096);
		const bool ok = zirconia_virtqueue_init(
			&q, &d->mem, v_range(d->data + 1024 + r->desc_at, r->desc),
			v_range(d->data + 2048 + r->avail_at, r->avail),
			v_range(d->data + 3072 + r->used_at, r->used));

		cr_assert_eq(ok, r->ok, "%s", r->name);
		if (ok) {
			cr_assert(d->data[3072 + r->used_at] == 0 &&
				  d->data[3073 + r->used_at] == 0);
			cr_assert_eq(q.size, r->desc / 16);
			zirconia_virtqueue_done(&q);
		}
	}
	const uint64_t base = (uintptr_t)d->data;

	cr_assert(zirconia_virtqueue_configure(&q, &d->mem, 4, base, base + 1024, base + 2048));
	zirconia_virtqueue_done(&q);
	cr_assert_not(zirconia_virtqueue_configure(&q, &d->mem, 3, base, base + 1024, base + 2048));
	cr_assert_not(zirconia_virtqueue_configure(&q, &d->mem, 0, base, base + 1024, base + 2048));
	cr_assert_not(zirconia_virtqueue_configure(&q, &d->mem, 4, UINT64_MAX - 8, base + 1024,
						   base + 2048));
	cr_assert_not(
		zirconia_virtqueue_configure(&q, &d->mem, 4, base, base + V_DATA - 4, base + 2048));
	cr_assert_not(zirconia_virtqueue_configure(&q, &d->mem, 4, base, base + 1024, 64));
	v_free(d);
}

/* spec: clients C.4 acceptance #9; clients C.3 #1-4 */
Test(call_virtio_chain, queue__round_and_round__indices_wrap_and_notifications_are_asked_for)
{
	struct v_driver *d = v_new();
	zirconia_chain_t c;

	cr_assert_eq(d->used.flags, 0);
	cr_assert_eq(zirconia_virtqueue_next_chain(&d->queue, &c), END);
	d->desc[5] = (zirconia_desc_t){(uintptr_t)d->data, 4, 0, 0};
	for (unsigned i = 0; i < 70000; i++) {
		v_publish(d, 5);
		cr_assert_eq(zirconia_virtqueue_next_chain(&d->queue, &c), OK);
		zirconia_chain_drop(&c);
		cr_assert_eq(d->used.idx, (uint16_t)(i + 1));
		cr_assert(d->used.ring[i % V_SIZE].id == 5);
		cr_assert_eq(zirconia_virtqueue_next_chain(&d->queue, &c), END);
	}
	cr_assert_eq(d->notified, 70000);
	/* The driver does not want to hear; only the value 1 says so. */
	d->avail.flags = 1;
	v_publish(d, 5);
	c = v_take(d);
	zirconia_chain_drop(&c);
	cr_assert_eq(d->notified, 70000);
	d->avail.flags = 3;
	v_publish(d, 5);
	c = v_take(d);
	zirconia_chain_drop(&c);
	cr_assert_eq(d->notified, 70001);
	/* By event index: exactly the one named. */
	d->avail.flags = 1;
	d->queue.event_idx = true;
	d->avail.used_event = (uint16_t)(d->used.idx + 1);
	for (int i = 0; i < 3; i++) {
		v_publish(d, 5);
		c = v_take(d);
		zirconia_chain_drop(&c);
		cr_assert_eq(d->notified, i == 0 ? 70001u : 70002u);
	}
	v_free(d);
}

/* spec: clients C.4 acceptance #9; clients C.3 #6 */
Test(call_virtio_chain, used_entries__inserted__seen_when_published)
{
	struct v_driver *d = v_new();

	zirconia_virtqueue_insert_used(&d->queue, 0, (zirconia_used_elem_t){3, 30});
	zirconia_virtqueue_insert_used(&d->queue, 1, (zirconia_used_elem_t){4, 40});
	cr_assert_eq(d->used.idx, 0);
	zirconia_virtqueue_publish_used(&d->queue, 2);
	cr_assert_eq(d->used.idx, 2);
	cr_assert(d->used.ring[0].id == 3 && d->used.ring[0].len == 30 && d->used.ring[1].id == 4 &&
		  d->used.ring[1].len == 40);
	v_free(d);
}

Test(call_virtio_chain, available_index__more_than_there_are_descriptors__refused)
{
	struct v_driver *d = v_new();
	zirconia_chain_t c;

	d->avail.idx = V_SIZE + 1;
	cr_assert_eq(zirconia_virtqueue_next_chain(&d->queue, &c), ZIRCONIA_CHAIN_BAD_RING);
	d->avail.idx = 0xffff; /* behind what was taken */
	cr_assert_eq(zirconia_virtqueue_next_chain(&d->queue, &c), ZIRCONIA_CHAIN_BAD_RING);
	d->avail.idx = V_SIZE;
	for (int i = 0; i < V_SIZE; i++) {
		c = v_take(d);
		zirconia_chain_drop(&c);
	}
	cr_assert_eq(zirconia_virtqueue_next_chain(&d->queue, &c), END);
	v_free(d);
}

/* Random rings over memory between guards: every answer is an answer, and no byte outside of the driver's memory is touched. */
Test(call_virtio_chain, random_rings__walked_and_returned__nothing_else_touched, .timeout = 60)
{
	uint64_t seed = t_seed();

	for (int round = 0; round < 400; round++) {
		struct v_driver *d = v_new();

		for (unsigned i = 0; i < V_SIZE; i++) {
			const uint64_t kind = t_below(&seed, 16);
			const uint64_t base = (uintptr_t)d->data;

			d->desc[i] = (zirconia_desc_t){
				.addr = kind == 0 ? t_random(&seed) :
						    base + t_below(&seed,
								   kind == 1 ? 2 * V_DATA : 512) /
								    8 * 8,
				.len = (uint32_t)(kind == 2 ? t_random(&seed) :
							      t_below(&seed, 128)),
				.flags = (uint16_t)t_below(&seed, 8),
				.next = (uint16_t)t_below(&seed, V_SIZE + (kind == 3 ? 8 : 0)),
			};
		}
		/* Some of it can be read as indirect tables. */
		memcpy(d->data, d->desc, sizeof(d->desc));
		for (int i = 0; i < 8; i++)
			v_publish(d, (uint16_t)t_below(&seed, V_SIZE + 1));
		zirconia_chain_t c;
		uint16_t used = 0;

		while (zirconia_virtqueue_next_chain(&d->queue, &c) == OK) {
			zirconia_device_range_t r;
			unsigned ends = 0;

			for (unsigned steps = 0; ends < 2; steps++) {
				cr_assert(steps < 100000);
				const zirconia_chain_result_t got = zirconia_chain_next_with_limit(
					&c, 1 + t_below(&seed, 64), &r);

				if (got == OK) {
					cr_assert(r.start >= (uintptr_t)d->data &&
						  r.end <= (uintptr_t)d->data + V_DATA);
				} else if (got == END && ends++ == 0) {
					if (zirconia_chain_to_writable(&c, true) != OK)
						break;
				}
			}
			zirconia_chain_return_complete(&c);
			cr_assert_eq(d->used.idx, ++used);
		}
		v_free(d);
	}
}
