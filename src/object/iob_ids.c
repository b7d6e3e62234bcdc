/*
 * The ID allocator: a region in which numbers are given out together with bytes that belong to
 * them, and which both ends can read through mappings.
 *
 *   0            {next id, where the blobs begin}, 32 bits each
 *   8 (i + 1)    {size, offset} of the blob of id i; zero until it is there
 *   … to the end blobs, growing down
 *
 * Programs with write access may scribble over all of it, so nothing read here is believed.
 */
#include "object/iob.h"
#include "vm/vmo.h"

#define ENTRY 8u

static uint64_t pack(uint32_t low, uint64_t high)
{
	return low | high << 32;
}

/* The memory is pinned: words are reached directly, as another processor would. */
static _Atomic uint64_t *word_at(struct zi_vmo *vmo, uint64_t off)
{
	return zi_vmo_pinned_ptr(vmo, off);
}

zx_status_t zi_iob_ids_init(struct zi_vmo *vmo, uint64_t bytes)
{
	if (bytes > UINT32_MAX)
		return ZX_ERR_INVALID_ARGS;
	atomic_store_explicit(word_at(vmo, 0), pack(0, bytes), memory_order_release);
	return ZX_OK;
}

/* Takes an id and room for its blob, which begins at *out_at. */
static zx_status_t reserve(const struct zi_iob_region *r, uint64_t blob_size, uint32_t *out_id,
			   uint64_t *out_at)
{
	_Atomic uint64_t *header = word_at(r->vmo, 0);
	uint64_t now = atomic_load_explicit(header, memory_order_acquire);

	for (;;) {
		const uint32_t id = (uint32_t)now;
		const uint64_t blobs = now >> 32, index_end = ENTRY + ENTRY * (uint64_t)id;

		if (index_end > blobs || blobs > r->desc.size)
			return ZX_ERR_IO_DATA_INTEGRITY;
		if (blobs - index_end < ENTRY || blobs - index_end - ENTRY < blob_size)
			return ZX_ERR_NO_MEMORY;
		if (atomic_compare_exchange_weak_explicit(
			    header, &now, pack(id + 1, blobs - blob_size), memory_order_acq_rel,
			    memory_order_acquire)) {
			*out_id = id;
			*out_at = blobs - blob_size;
			return ZX_OK;
		}
	}
}

/* What was taken is not given back: others may have taken what follows it. */
zx_status_t zi_iob_ids_allocate(const struct zi_iob_region *r, const void *blob, uint64_t blob_size,
				uint32_t *out_id)
{
	uint64_t at, none = 0;
	zx_status_t st = reserve(r, blob_size, out_id, &at);

	if (st != ZX_OK)
		return st;
	if (blob_size != 0 && zi_vmo_write(r->vmo, blob, at, blob_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	_Atomic uint64_t *entry = word_at(r->vmo, ENTRY + ENTRY * (uint64_t)*out_id);

	if (!atomic_compare_exchange_strong_explicit(entry, &none, pack((uint32_t)blob_size, at),
						     memory_order_release, memory_order_relaxed))
		return ZX_ERR_IO_DATA_INTEGRITY;
	return ZX_OK;
}
