/* zi-test: valgrind */
/*
 * libFuzzer: a virtqueue whose rings and memory are the input. Whatever the driver wrote, every piece that a walk hands out lies in
 * its memory, and every walk ends.
 */
#include <stdlib.h>
#include <string.h>

#include <zirconia/virtio.h>

enum { SIZE = 8, MEMORY = 4096 };

/* Rings at fixed places of the memory, which is an allocation of its own so that a sanitizer sees its ends. */
enum { DESC_AT = 0, AVAIL_AT = 128, USED_AT = 160 };

struct memory {
	zirconia_driver_mem_t mem;
	uint8_t *bytes;
};

static bool translate(const zirconia_driver_mem_t *mem, zirconia_driver_range_t r,
		      zirconia_device_range_t *out)
{
	const struct memory *m = (const struct memory *)(const void *)mem;

	if (r.start > r.end || r.end > MEMORY)
		return false;
	*out = (zirconia_device_range_t){(uintptr_t)m->bytes + r.start,
					 (uintptr_t)m->bytes + r.end};
	return true;
}

static void walk(const struct memory *m, zirconia_chain_t *c, size_t limit)
{
	zirconia_chain_result_t got;
	zirconia_device_range_t r;

	/* Errors about single descriptors go on; a table holds 256 at most here, and there are 8 of them. */
	for (unsigned steps = 0; steps < 100000; steps++) {
		got = zirconia_chain_next_with_limit(c, limit, &r);
		if (got == ZIRCONIA_CHAIN_END)
			return;
		if (got != ZIRCONIA_CHAIN_OK)
			continue;
		if (r.start < (uintptr_t)m->bytes || r.end > (uintptr_t)m->bytes + MEMORY ||
		    r.start > r.end)
			abort();
		if (r.end > r.start)
			*(volatile uint8_t *)(r.end - 1) = *(volatile uint8_t *)r.start;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {.mem = {.translate = translate}, .bytes = aligned_alloc(16, MEMORY)};
	zirconia_virtqueue_t q;
	zirconia_chain_t c;

	if (m.bytes == NULL)
		return 0;
	memset(m.bytes, 0, MEMORY);
	memcpy(m.bytes, data, size < MEMORY ? size : MEMORY);
	if (!zirconia_virtqueue_configure(&q, &m.mem, SIZE, DESC_AT, AVAIL_AT, USED_AT))
		abort();
	for (unsigned i = 0;
	     i < 2 * SIZE && zirconia_virtqueue_next_chain(&q, &c) == ZIRCONIA_CHAIN_OK; i++) {
		uint64_t left;

		(void)zirconia_chain_remaining(&c, &left);
		walk(&m, &c, 1 + size % 64);
		if (zirconia_chain_to_writable(&c, true) == ZIRCONIA_CHAIN_OK)
			walk(&m, &c, SIZE_MAX);
		(void)zirconia_chain_return_complete(&c);
	}
	zirconia_virtqueue_done(&q);
	free(m.bytes);
	return 0;
}
