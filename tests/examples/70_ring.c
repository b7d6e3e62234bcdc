/*
 * A ring buffer without a seam: the same pages are mapped twice, back to back, so that no record
 * has to be split at the end. cc 70_ring.c $(pkg-config --cflags --libs zirconia)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/print_maps.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

#define RING ((size_t)ZX_PAGE_SIZE)

struct ring {
	zx_handle_t vmar; /* holds both mappings */
	char *bytes;      /* bytes[i] and bytes[i + RING] are the same byte */
	size_t head;      /* next byte to read; only ever grows */
	size_t tail;      /* next byte to write */
};

static struct ring ring_new(void)
{
	const zx_vm_option_t options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC;
	struct ring ring = {0};
	zx_handle_t vmo;
	zx_vaddr_t base;
	zx_vaddr_t at;

	CHECK(zx_vmo_create(RING, 0, &vmo) == ZX_OK);
	CHECK(zx_object_set_property(vmo, ZX_PROP_NAME, "ring", 4) == ZX_OK);
	CHECK(zx_vmar_allocate(zx_vmar_root_self(),
			       ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
			       2 * RING, &ring.vmar, &base) == ZX_OK);
	CHECK(zx_vmar_map(ring.vmar, options, 0, vmo, 0, RING, &at) == ZX_OK);
	CHECK(zx_vmar_map(ring.vmar, options, RING, vmo, 0, RING, &at) == ZX_OK);
	/* The mappings keep the object. */
	CHECK(zx_handle_close(vmo) == ZX_OK);
	ring.bytes = (char *)base;
	return ring;
}

static void push(struct ring *ring, const char *record)
{
	const size_t n = strlen(record) + 1;

	CHECK(n <= RING - (ring->tail - ring->head));
	memcpy(ring->bytes + ring->tail % RING, record, n);
	ring->tail += n;
}

/* The record in place: a plain string, also when it lies across the seam. */
static const char *pop(struct ring *ring)
{
	const char *record = ring->bytes + ring->head % RING;

	ring->head += strlen(record) + 1;
	return record;
}

int main(void)
{
	struct ring ring = ring_new();
	unsigned across = 0;

	fflush(stdout);
	CHECK(zirconia_print_maps(STDOUT_FILENO, ring.vmar) == ZX_OK);
	for (int i = 0; i < 1000; i++) {
		char text[64];

		snprintf(text, sizeof(text), "record %d", i);
		across += ring.tail % RING + strlen(text) + 1 > RING;
		push(&ring, text);
		CHECK(strcmp(pop(&ring), text) == 0);
	}
	printf("1000 records passed, %u of them across the seam\n", across);
	CHECK(across > 0);

	CHECK(zx_vmar_destroy(ring.vmar) == ZX_OK);
	CHECK(zx_handle_close(ring.vmar) == ZX_OK);
	return 0;
}
