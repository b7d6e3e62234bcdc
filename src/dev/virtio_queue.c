/*
 * The rings of a split virtqueue, seen from the device. Fields that the driver writes are read by single atomic loads, each once.
 */
#include <zirconia/virtio.h>

#include <stdatomic.h>

#include "dev/virtio_i.h"

/* Offsets in both rings; the entries follow the header. */
enum { RING_FLAGS = 0, RING_IDX = 2, RING_ENTRIES = 4 };
enum { NO_NOTIFICATION = 1 };

static uint16_t *u16_at(zirconia_device_range_t range, size_t off)
{
	return (uint16_t *)(range.start + off);
}

static uint16_t load16(zirconia_device_range_t range, size_t off)
{
	return le16toh(__atomic_load_n(u16_at(range, off), __ATOMIC_RELAXED));
}

static void store16(zirconia_device_range_t range, size_t off, uint16_t value)
{
	__atomic_store_n(u16_at(range, off), htole16(value), __ATOMIC_RELAXED);
}

/* The driver wrote the entries before the index. */
static uint16_t load_index(zirconia_device_range_t avail)
{
	return le16toh(__atomic_load_n(u16_at(avail, RING_IDX), __ATOMIC_ACQUIRE));
}

static bool is_queue_size(size_t n)
{
	return n != 0 && (n & (n - 1)) == 0 && n <= ZIRCONIA_QUEUE_SIZE_MAX;
}

bool zirconia_virtqueue_init(zirconia_virtqueue_t *queue, const zirconia_driver_mem_t *mem,
			     zirconia_device_range_t desc, zirconia_device_range_t avail,
			     zirconia_device_range_t used)
{
	const size_t n = zirconia_device_range_len(desc) / sizeof(zirconia_desc_t);

	if (zirconia_device_range_len(desc) != zirconia_desc_table_len(n) || !is_queue_size(n) ||
	    zirconia_device_range_try_ptr(desc, 0, 8) == NULL)
		return false;
	if (zirconia_device_range_len(avail) != zirconia_avail_ring_len(n) ||
	    zirconia_device_range_try_ptr(avail, 0, 2) == NULL)
		return false;
	if (zirconia_device_range_len(used) != zirconia_used_ring_len(n) ||
	    zirconia_device_range_try_ptr(used, 0, 4) == NULL)
		return false;
	*queue = (zirconia_virtqueue_t){
		.mem = mem, .desc = desc, .avail = avail, .used = used, .size = (uint16_t)n};
	pthread_mutex_init(&queue->lock, NULL);
	store16(used, RING_FLAGS, 0);
	return true;
}

static bool translate(const zirconia_driver_mem_t *mem, uint64_t addr, size_t len,
		      zirconia_device_range_t *out_range)
{
	zirconia_driver_range_t range;

	return zirconia_driver_range_from(addr, (uint32_t)len, &range) &&
	       mem->translate(mem, range, out_range);
}

bool zirconia_virtqueue_configure(zirconia_virtqueue_t *queue, const zirconia_driver_mem_t *mem,
				  uint16_t size, uint64_t desc, uint64_t avail, uint64_t used)
{
	zirconia_device_range_t d, a, u;

	return translate(mem, desc, zirconia_desc_table_len(size), &d) &&
	       translate(mem, avail, zirconia_avail_ring_len(size), &a) &&
	       translate(mem, used, zirconia_used_ring_len(size), &u) &&
	       zirconia_virtqueue_init(queue, mem, d, a, u);
}

void zirconia_virtqueue_done(zirconia_virtqueue_t *queue)
{
	pthread_mutex_destroy(&queue->lock);
}

/* ---- what was used */

void zirconia_virtqueue_insert_used(zirconia_virtqueue_t *queue, uint16_t index,
				    zirconia_used_elem_t elem)
{
	const size_t slot = index & (queue->size - 1u);
	zirconia_used_elem_t *to =
		(zirconia_used_elem_t *)(queue->used.start + RING_ENTRIES + slot * sizeof(elem));

	__atomic_store_n(&to->id, htole32(elem.id), __ATOMIC_RELAXED);
	__atomic_store_n(&to->len, htole32(elem.len), __ATOMIC_RELAXED);
}

void zirconia_virtqueue_publish_used(zirconia_virtqueue_t *queue, uint16_t index)
{
	/* The entries are there before the index says so. */
	__atomic_store_n(u16_at(queue->used, RING_IDX), htole16(index), __ATOMIC_RELEASE);
	/* And the index before the driver is asked whether it wants to hear of it: it asks the other way round. */
	atomic_thread_fence(memory_order_seq_cst);
}

bool zirconia_virtqueue_needs_notification(const zirconia_virtqueue_t *queue, uint16_t index)
{
	if (queue->event_idx)
		return load16(queue->avail, RING_ENTRIES + 2u * queue->size) == index;
	return load16(queue->avail, RING_FLAGS) != NO_NOTIFICATION;
}

void zi_virtqueue_return(zirconia_virtqueue_t *queue, uint16_t head, uint32_t written)
{
	bool notify;

	pthread_mutex_lock(&queue->lock);
	const uint16_t index = queue->next_used++;

	zirconia_virtqueue_insert_used(queue, index,
				       (zirconia_used_elem_t){.id = head, .len = written});
	zirconia_virtqueue_publish_used(queue, queue->next_used);
	notify = zirconia_virtqueue_needs_notification(queue, index);
	pthread_mutex_unlock(&queue->lock);
	if (notify && queue->notify != NULL)
		queue->notify(queue->notify_ctx);
}

/* ---- what is available */

static zirconia_chain_result_t take_head(zirconia_virtqueue_t *queue, uint16_t *out_head)
{
	const uint16_t ahead = (uint16_t)(load_index(queue->avail) - queue->next_avail);

	if (ahead == 0)
		return ZIRCONIA_CHAIN_END;
	/* More than there are descriptors to make them of. */
	if (ahead > queue->size)
		return ZIRCONIA_CHAIN_BAD_RING;
	*out_head =
		load16(queue->avail, RING_ENTRIES + 2u * (queue->next_avail & (queue->size - 1u)));
	queue->next_avail++;
	return ZIRCONIA_CHAIN_OK;
}

zirconia_chain_result_t zirconia_virtqueue_next_chain(zirconia_virtqueue_t *queue,
						      zirconia_chain_t *out_chain)
{
	zirconia_chain_result_t result;
	uint16_t head;

	pthread_mutex_lock(&queue->lock);
	result = take_head(queue, &head);
	pthread_mutex_unlock(&queue->lock);
	if (result != ZIRCONIA_CHAIN_OK)
		return result;
	*out_chain = (zirconia_chain_t){
		.queue = queue,
		.head = head,
		.outer = {.table = queue->desc,
			  .count = queue->size,
			  .left = queue->size,
			  .next = head,
			  .more = true},
	};
	return ZIRCONIA_CHAIN_OK;
}
