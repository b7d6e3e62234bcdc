/* A driver for the tests of the virtio device side: it fills rings in memory of its own. No test logic. */
#ifndef VIRTIO_T_H
#define VIRTIO_T_H

#include <string.h>

#include <zirconia/virtio.h>

#include "t.h"

#define V_UNUSED static inline __attribute__((unused))
#define V_NEXT ZIRCONIA_DESC_NEXT
#define V_WRITE ZIRCONIA_DESC_WRITE
#define V_INDIRECT ZIRCONIA_DESC_INDIRECT

enum { V_SIZE = 32, V_DATA = 1 << 16 };

/*
 * Memory whose addresses are those of the host: only the bytes of `data` count as the driver's, and no empty range.
 * The rings lie outside, as device ranges.
 */
struct v_driver {
	zirconia_driver_mem_t mem;
	zirconia_desc_t desc[V_SIZE] __attribute__((aligned(16)));
	struct {
		uint16_t flags, idx, ring[V_SIZE], used_event;
	} avail __attribute__((aligned(4)));
	struct {
		uint16_t flags, idx;
		zirconia_used_elem_t ring[V_SIZE];
		uint16_t avail_event;
	} used __attribute__((aligned(4)));
	uint8_t data[V_DATA] __attribute__((aligned(16)));
	unsigned notified;
	uint16_t next_desc;
	size_t next_data;
	zirconia_virtqueue_t queue;
};

V_UNUSED bool v_translate(const zirconia_driver_mem_t *mem, zirconia_driver_range_t r,
			  zirconia_device_range_t *out)
{
	const struct v_driver *d = (const struct v_driver *)(const void *)mem;
	const uintptr_t base = (uintptr_t)d->data;

	if (r.start >= r.end || r.start < base || r.end > base + V_DATA)
		return false;
	*out = (zirconia_device_range_t){r.start, r.end};
	return true;
}

V_UNUSED void v_count(void *ctx)
{
	((struct v_driver *)ctx)->notified++;
}

V_UNUSED zirconia_device_range_t v_range(const volatile void *p, size_t len)
{
	return (zirconia_device_range_t){(uintptr_t)p, (uintptr_t)p + len};
}

/* A driver with a queue of V_SIZE. The used ring's last field follows its entries without a gap, as it has to. */
V_UNUSED struct v_driver *v_new(void)
{
	struct v_driver *d = aligned_alloc(16, sizeof(*d));

	cr_assert_not_null(d);
	memset(d, 0, sizeof(*d));
	d->mem.translate = v_translate;
	d->used.flags = 0xffff;
	cr_assert(zirconia_virtqueue_init(&d->queue, &d->mem,
					  v_range(d->desc, zirconia_desc_table_len(V_SIZE)),
					  v_range(&d->avail, zirconia_avail_ring_len(V_SIZE)),
					  v_range(&d->used, zirconia_used_ring_len(V_SIZE))));
	d->queue.notify = v_count;
	d->queue.notify_ctx = d;
	return d;
}

V_UNUSED void v_free(struct v_driver *d)
{
	zirconia_virtqueue_done(&d->queue);
	free(d);
}

/* Fresh bytes of the driver. */
V_UNUSED uint8_t *v_alloc(struct v_driver *d, size_t len)
{
	uint8_t *p = d->data + d->next_data;

	d->next_data += (len + 15) & ~(size_t)15;
	cr_assert(d->next_data <= V_DATA);
	return p;
}

V_UNUSED void v_publish(struct v_driver *d, uint16_t head)
{
	d->avail.ring[d->avail.idx % V_SIZE] = head;
	__atomic_store_n(&d->avail.idx, (uint16_t)(d->avail.idx + 1), __ATOMIC_RELEASE);
}

/* Lengths of a chain: readable ones, 0, writable ones, 0. The data of each begins at *out_data, one after the other. */
V_UNUSED uint16_t v_chain(struct v_driver *d, const uint32_t *readable, const uint32_t *writable,
			  bool indirect, uint8_t **out_data)
{
	zirconia_desc_t list[16];
	size_t n = 0, total = 0;
	uint8_t *at;
	uint16_t head = d->next_desc;

	for (const uint32_t *r = readable; *r != 0; r++, n++, total += r[-1])
		list[n] = (zirconia_desc_t){.len = *r};
	for (const uint32_t *w = writable; *w != 0; w++, n++, total += w[-1])
		list[n] = (zirconia_desc_t){.len = *w, .flags = V_WRITE};
	at = v_alloc(d, total);
	if (out_data != NULL)
		*out_data = at;
	for (size_t i = 0; i < n; i++) {
		list[i].addr = (uintptr_t)at;
		at += list[i].len;
		list[i].next = (uint16_t)((indirect ? 0 : head) + i + 1);
		if (i + 1 < n)
			list[i].flags |= V_NEXT;
	}
	if (indirect) {
		zirconia_desc_t *table = (zirconia_desc_t *)(void *)v_alloc(d, n * sizeof(*list));

		memcpy(table, list, n * sizeof(*list));
		d->desc[head] = (zirconia_desc_t){.addr = (uintptr_t)table,
						  .len = (uint32_t)(n * sizeof(*list)),
						  .flags = V_INDIRECT};
		n = 1;
	} else {
		memcpy(&d->desc[head], list, n * sizeof(*list));
	}
	d->next_desc = (uint16_t)(d->next_desc + n);
	v_publish(d, head);
	return head;
}

#define LENS(...) ((const uint32_t[]){__VA_ARGS__ __VA_OPT__(, ) 0})

V_UNUSED zirconia_chain_t v_take(struct v_driver *d)
{
	zirconia_chain_t chain;

	cr_assert_eq(zirconia_virtqueue_next_chain(&d->queue, &chain), ZIRCONIA_CHAIN_OK);
	return chain;
}

#endif
