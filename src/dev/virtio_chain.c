/*
 * Walking chains of descriptors: the readable part, then the writable one. A walk has so many steps as its table has descriptors, so
 * that a chain that comes back to itself ends; nothing is read outside of a table, and nothing is handed out that was not translated.
 */
#include <zirconia/virtio.h>

#include <string.h>

#include "dev/virtio_i.h"

/* One look at a descriptor: whatever the driver makes of it afterwards is of no interest. */
static zirconia_desc_t read_desc(zirconia_device_range_t table, size_t index)
{
	const zirconia_desc_t *from =
		(const zirconia_desc_t *)(table.start + index * sizeof(zirconia_desc_t));

	return (zirconia_desc_t){
		.addr = le64toh(__atomic_load_n(&from->addr, __ATOMIC_RELAXED)),
		.len = le32toh(__atomic_load_n(&from->len, __ATOMIC_RELAXED)),
		.flags = le16toh(__atomic_load_n(&from->flags, __ATOMIC_RELAXED)),
		.next = le16toh(__atomic_load_n(&from->next, __ATOMIC_RELAXED)),
	};
}

/* The next descriptor of one table. END: the chain ends here. */
static zirconia_chain_result_t step(zirconia_desc_walk_t *walk, zirconia_desc_t *out_desc)
{
	if (!walk->more)
		return ZIRCONIA_CHAIN_END;
	if (walk->next >= walk->count)
		return ZIRCONIA_CHAIN_INVALID_INDEX;
	if (walk->left == 0)
		return ZIRCONIA_CHAIN_LOOP;
	walk->left--;
	*out_desc = read_desc(walk->table, walk->next);
	walk->more = (out_desc->flags & ZIRCONIA_DESC_NEXT) != 0;
	walk->next = out_desc->next;
	return ZIRCONIA_CHAIN_OK;
}

static zirconia_chain_result_t enter_indirect(zirconia_chain_t *chain, const zirconia_desc_t *desc)
{
	const zirconia_driver_mem_t *mem = chain->queue->mem;
	zirconia_driver_range_t range;
	zirconia_device_range_t table;

	if (!zirconia_driver_range_from(desc->addr, desc->len, &range))
		return ZIRCONIA_CHAIN_BAD_RANGE;
	if (!mem->translate(mem, range, &table) ||
	    zirconia_device_range_try_ptr(table, 0, 8) == NULL)
		return ZIRCONIA_CHAIN_TRANSLATE_FAILED;
	const uint32_t count =
		(uint32_t)(zirconia_device_range_len(table) / sizeof(zirconia_desc_t));

	chain->inner = (zirconia_desc_walk_t){
		.table = table, .count = count, .left = count, .next = 0, .more = true};
	chain->in_indirect = true;
	return ZIRCONIA_CHAIN_OK;
}

/* Makes the next descriptor with data the current one. */
static zirconia_chain_result_t fetch(zirconia_chain_t *chain)
{
	for (;;) {
		zirconia_chain_result_t r;
		zirconia_desc_t desc;

		r = step(chain->in_indirect ? &chain->inner : &chain->outer, &desc);
		if (r == ZIRCONIA_CHAIN_END && chain->in_indirect) {
			chain->in_indirect = false;
			continue;
		}
		if (r != ZIRCONIA_CHAIN_OK) {
			chain->ended = true;
			return r;
		}
		if ((desc.flags & ZIRCONIA_DESC_INDIRECT) != 0) {
			if (chain->in_indirect) {
				chain->ended = true;
				return ZIRCONIA_CHAIN_NESTED_INDIRECT;
			}
			r = enter_indirect(chain, &desc);
			if (r != ZIRCONIA_CHAIN_OK)
				return r;
			continue;
		}
		if (!zirconia_driver_range_from(desc.addr, desc.len, &chain->current))
			return ZIRCONIA_CHAIN_BAD_RANGE;
		chain->current_writable = (desc.flags & ZIRCONIA_DESC_WRITE) != 0;
		chain->has_current = true;
		return ZIRCONIA_CHAIN_OK;
	}
}

zirconia_chain_result_t zirconia_chain_next_with_limit(zirconia_chain_t *chain, size_t limit,
						       zirconia_device_range_t *out_range)
{
	zirconia_driver_range_t piece;

	if (!chain->has_current) {
		if (chain->ended)
			return ZIRCONIA_CHAIN_END;
		const zirconia_chain_result_t r = fetch(chain);

		if (r != ZIRCONIA_CHAIN_OK)
			return r;
	}
	if (chain->current_writable != chain->writable) {
		/* Kept for the writable walk; a readable one there can be of no more use. */
		if (!chain->writable)
			return ZIRCONIA_CHAIN_END;
		chain->has_current = false;
		chain->ended = true;
		return ZIRCONIA_CHAIN_READABLE_AFTER_WRITABLE;
	}
	piece = chain->current;
	chain->has_current = zirconia_driver_range_len(piece) > limit;
	if (chain->has_current)
		zirconia_driver_range_split_at(piece, limit, &piece, &chain->current);
	if (!chain->queue->mem->translate(chain->queue->mem, piece, out_range)) {
		chain->has_current = false;
		return ZIRCONIA_CHAIN_TRANSLATE_FAILED;
	}
	return ZIRCONIA_CHAIN_OK;
}

zirconia_chain_result_t zirconia_chain_remaining(const zirconia_chain_t *chain, uint64_t *out_bytes)
{
	zirconia_chain_t copy = *chain;
	zirconia_device_range_t range;
	zirconia_chain_result_t r;
	uint64_t sum = 0;

	while ((r = zirconia_chain_next(&copy, &range)) == ZIRCONIA_CHAIN_OK)
		sum += zirconia_device_range_len(range);
	if (r != ZIRCONIA_CHAIN_END)
		return r;
	*out_bytes = sum;
	return ZIRCONIA_CHAIN_OK;
}

zirconia_chain_result_t zirconia_chain_to_writable(zirconia_chain_t *chain, bool ignore)
{
	zirconia_device_range_t range;
	zirconia_chain_result_t r;
	uint64_t left = 0;

	if (!ignore) {
		r = zirconia_chain_remaining(chain, &left);
		if (r == ZIRCONIA_CHAIN_OK && left != 0)
			r = ZIRCONIA_CHAIN_READABLE_REMAINING;
		if (r != ZIRCONIA_CHAIN_OK)
			return r;
	}
	/* Also passes descriptors of length 0. */
	while ((r = zirconia_chain_next(chain, &range)) == ZIRCONIA_CHAIN_OK)
		;
	if (r != ZIRCONIA_CHAIN_END)
		return r;
	chain->writable = true;
	return ZIRCONIA_CHAIN_OK;
}

void zirconia_chain_add_written(zirconia_chain_t *chain, uint32_t bytes)
{
	if (__builtin_add_overflow(chain->written, bytes, &chain->written))
		chain->written = UINT32_MAX;
}

/* The next piece for a copy. *out_len 0: the end. */
static zirconia_chain_result_t next_piece(zirconia_chain_t *chain, size_t size, void **out_at,
					  size_t *out_len)
{
	zirconia_device_range_t range;
	const zirconia_chain_result_t r = zirconia_chain_next_with_limit(chain, size, &range);

	*out_len = 0;
	if (r == ZIRCONIA_CHAIN_END)
		return ZIRCONIA_CHAIN_OK;
	if (r != ZIRCONIA_CHAIN_OK)
		return r;
	*out_at = (void *)range.start;
	*out_len = zirconia_device_range_len(range);
	return ZIRCONIA_CHAIN_OK;
}

zirconia_chain_result_t zirconia_chain_read(zirconia_chain_t *chain, void *buffer, size_t size,
					    size_t *out_done)
{
	void *at = NULL;
	const zirconia_chain_result_t r = next_piece(chain, size, &at, out_done);

	if (r == ZIRCONIA_CHAIN_OK && *out_done != 0)
		memcpy(buffer, at, *out_done);
	return r;
}

zirconia_chain_result_t zirconia_chain_write(zirconia_chain_t *chain, const void *buffer,
					     size_t size, size_t *out_done)
{
	void *at = NULL;
	const zirconia_chain_result_t r = next_piece(chain, size, &at, out_done);

	if (r == ZIRCONIA_CHAIN_OK && *out_done != 0) {
		memcpy(at, buffer, *out_done);
		zirconia_chain_add_written(chain, (uint32_t)*out_done);
	}
	return r;
}

zirconia_chain_result_t zirconia_chain_return_complete(zirconia_chain_t *chain)
{
	zirconia_chain_result_t r = ZIRCONIA_CHAIN_OK;
	uint64_t left = 0;

	if (!chain->writable)
		r = zirconia_chain_to_writable(chain, false);
	if (r == ZIRCONIA_CHAIN_OK)
		r = zirconia_chain_remaining(chain, &left);
	if (r == ZIRCONIA_CHAIN_OK && left != 0)
		r = ZIRCONIA_CHAIN_WRITABLE_REMAINING;
	zirconia_chain_drop(chain);
	return r;
}

void zirconia_chain_drop(zirconia_chain_t *chain)
{
	zirconia_virtqueue_t *queue = chain->queue;

	if (queue == NULL)
		return;
	chain->queue = NULL;
	zi_virtqueue_return(queue, chain->head, chain->written);
}
