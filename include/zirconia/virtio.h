/*
 * The device side of virtio: memory that a driver shares, split virtqueues, chains of descriptors.
 *
 * A driver (in a guest) publishes addresses of its own; a device may only use what
 * zirconia_driver_mem_t turned into a device range. The driver may change its memory at any time:
 * whatever is read of it here is read once, checked, and not read again. Nothing that a driver
 * writes makes a device touch memory outside of what was translated.
 *
 *   Rust (virtio-device)                        C
 *   DriverRange, DeviceRange                    zirconia_driver_range_t, zirconia_device_range_t
 *   DriverMem::translate                        zirconia_driver_mem_t.translate
 *   guest memory over a VMO                     zirconia_guest_mem_t
 *   Queue, next_chain, return_chain             zirconia_virtqueue_*
 *   ReadableChain, WritableChain                zirconia_chain_*: first the readable part, then,
 *                                               after zirconia_chain_to_writable, the writable one
 *   drop(chain)                                 zirconia_chain_drop
 */
#ifndef ZIRCONIA_VIRTIO_H_
#define ZIRCONIA_VIRTIO_H_

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/* ---- ranges */

/* [start, end) in the driver's terms: good for translating, for nothing else. */
typedef struct zirconia_driver_range {
	size_t start, end;
} zirconia_driver_range_t;

/* [start, end) of memory of this process that stays mapped as long as what translated it. */
typedef struct zirconia_device_range {
	uintptr_t start, end;
} zirconia_device_range_t;

static inline size_t zirconia_driver_range_len(zirconia_driver_range_t range)
{
	return range.end - range.start;
}

static inline size_t zirconia_device_range_len(zirconia_device_range_t range)
{
	return range.end - range.start;
}

/* What a descriptor says. False: the end would wrap. */
bool zirconia_driver_range_from(uint64_t addr, uint32_t len, zirconia_driver_range_t *out_range);

/* [start, start + offset) and [start + offset, end). False: offset is more than the length. */
bool zirconia_driver_range_split_at(zirconia_driver_range_t range, size_t offset,
				    zirconia_driver_range_t *out_first,
				    zirconia_driver_range_t *out_second);
bool zirconia_device_range_split_at(zirconia_device_range_t range, size_t offset,
				    zirconia_device_range_t *out_first,
				    zirconia_device_range_t *out_second);

/*
 * The start of the range for an object of this size and alignment (a power of two); NULL when the
 * range is shorter, or begins unaligned. The driver may change what is there at any time.
 */
void *zirconia_device_range_try_ptr(zirconia_device_range_t range, size_t size, size_t align);

/* ---- translation */

typedef struct zirconia_driver_mem zirconia_driver_mem_t;
struct zirconia_driver_mem {
	/* False: it is no memory of the driver. On success *out_range is as long as `range`. */
	bool (*translate)(const zirconia_driver_mem_t *mem, zirconia_driver_range_t range,
			  zirconia_device_range_t *out_range);
};

/* Guest memory: a VMO, mapped whole; address 0 of the guest is its first byte. */
typedef struct zirconia_guest_mem {
	zirconia_driver_mem_t mem; /* translates nothing before there is a VMO */
	zx_vaddr_t base;
	size_t size; /* 0: no VMO yet */
} zirconia_guest_mem_t;

void zirconia_guest_mem_init(zirconia_guest_mem_t *guest);

/*
 * Gives the memory its VMO. The handle is consumed on every path; the mapping keeps the VMO.
 * ZX_ERR_BAD_STATE when it has one; a status of zx_vmo_get_size or zx_vmar_map.
 */
zx_status_t zirconia_guest_mem_give_vmo(zirconia_guest_mem_t *guest, zx_handle_t vmo);

/* Unmaps. No range that it translated may be used any more. */
void zirconia_guest_mem_done(zirconia_guest_mem_t *guest);

/* ---- ring layouts; all fields are little endian */

#define ZIRCONIA_DESC_NEXT ((uint16_t)1u)
#define ZIRCONIA_DESC_WRITE ((uint16_t)2u) /* the device writes */
#define ZIRCONIA_DESC_INDIRECT ((uint16_t)4u)

typedef struct zirconia_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
} zirconia_desc_t;

typedef struct zirconia_used_elem {
	uint32_t id;
	uint32_t len;
} zirconia_used_elem_t;

#define ZIRCONIA_QUEUE_SIZE_MAX 32768u

/* Bytes of each area for a queue of n. */
static inline size_t zirconia_desc_table_len(size_t n)
{
	return 16 * n;
}

static inline size_t zirconia_avail_ring_len(size_t n)
{
	return 6 + 2 * n;
}

static inline size_t zirconia_used_ring_len(size_t n)
{
	return 6 + 8 * n;
}

/* ---- queues */

typedef struct zirconia_virtqueue {
	const zirconia_driver_mem_t *mem;
	zirconia_device_range_t desc, avail, used;
	uint16_t size;             /* of the queue: a power of two */
	uint16_t next_avail;       /* guarded by the lock */
	uint16_t next_used;        /* guarded by the lock */
	bool event_idx;            /* decide on notifications by used_event; false unless set */
	void (*notify)(void *ctx); /* the driver wants to hear of used chains; may be NULL */
	void *notify_ctx;
	pthread_mutex_t lock;
} zirconia_virtqueue_t;

/*
 * Makes a queue of areas that were translated. False when one has the wrong length or alignment
 * (descriptors 8, available ring 2, used ring 4 bytes), or they do not agree on the size. On success
 * the driver is asked for notifications. A queue that was in use cannot be taken over.
 */
bool zirconia_virtqueue_init(zirconia_virtqueue_t *queue, const zirconia_driver_mem_t *mem,
			     zirconia_device_range_t desc, zirconia_device_range_t avail,
			     zirconia_device_range_t used);
/* The same of guest addresses. False also when one wraps, or cannot be translated. */
bool zirconia_virtqueue_configure(zirconia_virtqueue_t *queue, const zirconia_driver_mem_t *mem,
				  uint16_t size, uint64_t desc, uint64_t avail, uint64_t used);
void zirconia_virtqueue_done(zirconia_virtqueue_t *queue);

/* What used chains say, ring slot by ring slot; then all at once. For those who return several chains together. */
void zirconia_virtqueue_insert_used(zirconia_virtqueue_t *queue, uint16_t index,
				    zirconia_used_elem_t elem);
void zirconia_virtqueue_publish_used(zirconia_virtqueue_t *queue, uint16_t index);
/* Does the driver want to be notified that `index` was used? */
bool zirconia_virtqueue_needs_notification(const zirconia_virtqueue_t *queue, uint16_t index);

/* ---- chains */

typedef enum zirconia_chain_result {
	ZIRCONIA_CHAIN_OK = 0,
	ZIRCONIA_CHAIN_END, /* of this part, or of the queue: nothing is wrong */
	ZIRCONIA_CHAIN_READABLE_AFTER_WRITABLE,
	ZIRCONIA_CHAIN_NESTED_INDIRECT,
	ZIRCONIA_CHAIN_TRANSLATE_FAILED,
	ZIRCONIA_CHAIN_INVALID_INDEX, /* no such descriptor */
	ZIRCONIA_CHAIN_BAD_RANGE,     /* address and length wrap */
	ZIRCONIA_CHAIN_LOOP,          /* more descriptors than its table has */
	ZIRCONIA_CHAIN_READABLE_REMAINING,
	ZIRCONIA_CHAIN_WRITABLE_REMAINING,
	ZIRCONIA_CHAIN_BAD_RING, /* more chains available than the queue has descriptors */
} zirconia_chain_result_t;

/* One table of descriptors that is being walked. To be left alone. */
typedef struct zirconia_desc_walk {
	zirconia_device_range_t table;
	uint32_t count; /* descriptors in it */
	uint32_t left;  /* that a chain without a loop can still have */
	uint16_t next;
	bool more; /* `next` is to be read */
} zirconia_desc_walk_t;

typedef struct zirconia_chain {
	zirconia_virtqueue_t *queue; /* NULL: returned */
	uint16_t head;
	bool writable; /* the writable part is being walked */
	bool in_indirect;
	bool ended; /* by an error after which nothing can be told */
	bool has_current;
	bool current_writable;
	zirconia_driver_range_t current; /* what is left of the descriptor */
	zirconia_desc_walk_t outer, inner;
	uint32_t written;
} zirconia_chain_t;

/*
 * Takes the next available chain. ZIRCONIA_CHAIN_END: there is none; ZIRCONIA_CHAIN_BAD_RING: what
 * the driver wrote cannot be. A chain that was taken must be returned, in one of the ways below.
 */
zirconia_chain_result_t zirconia_virtqueue_next_chain(zirconia_virtqueue_t *queue,
						      zirconia_chain_t *out_chain);

/*
 * The next contiguous piece of the part that is being walked, `limit` bytes at most, never more than
 * the rest of one descriptor. Errors that name one descriptor leave the walk going on after it;
 * after READABLE_AFTER_WRITABLE, NESTED_INDIRECT, INVALID_INDEX and LOOP it is at its end.
 */
zirconia_chain_result_t zirconia_chain_next_with_limit(zirconia_chain_t *chain, size_t limit,
						       zirconia_device_range_t *out_range);
static inline zirconia_chain_result_t zirconia_chain_next(zirconia_chain_t *chain,
							  zirconia_device_range_t *out_range)
{
	return zirconia_chain_next_with_limit(chain, SIZE_MAX, out_range);
}

/* Bytes that this part still has. */
zirconia_chain_result_t zirconia_chain_remaining(const zirconia_chain_t *chain,
						 uint64_t *out_bytes);

/*
 * Goes on to the writable part. READABLE_REMAINING, or what is wrong with the chain: it stays in its
 * readable part. With `ignore` readable bytes that are left are skipped.
 */
zirconia_chain_result_t zirconia_chain_to_writable(zirconia_chain_t *chain, bool ignore);

/* Adds to the length that the driver is told; stops at 2^32 - 1. */
void zirconia_chain_add_written(zirconia_chain_t *chain, uint32_t bytes);

/* Copies out of, or into, the next piece, `size` bytes at most; *out_done is 0 at the end. Writing adds to the length. */
zirconia_chain_result_t zirconia_chain_read(zirconia_chain_t *chain, void *buffer, size_t size,
					    size_t *out_done);
zirconia_chain_result_t zirconia_chain_write(zirconia_chain_t *chain, const void *buffer,
					     size_t size, size_t *out_done);

/* Returns the chain to the driver in every case, and tells whether all of it was walked. */
zirconia_chain_result_t zirconia_chain_return_complete(zirconia_chain_t *chain);
/* Returns it without asking. Again, or when zeroed: nothing. */
void zirconia_chain_drop(zirconia_chain_t *chain);

/* ---- transport */

/* Where the driver writes to say that a queue has something, four bytes for each; and the way back. */
uint64_t zirconia_virtio_notify_addr(uint64_t base, uint16_t queue);
bool zirconia_virtio_notify_queue(uint64_t base, uint16_t queues, uint64_t addr,
				  uint16_t *out_queue);
/* ZX_ERR_INVALID_ARGS: base or len is no multiple of four, or len is 0. */
zx_status_t zirconia_virtio_check_trap(uint64_t base, uint64_t len);

/* Signals of the event that stands for the driver's interrupt. */
#define ZIRCONIA_VIRTIO_SET_QUEUE ((zx_signals_t)1u << 24)
#define ZIRCONIA_VIRTIO_SET_CONFIG ((zx_signals_t)1u << 25)
#define ZIRCONIA_VIRTIO_SET_INTERRUPT ((zx_signals_t)1u << 26)
/* A used chain, or a change of the configuration: a status of zx_object_signal. */
zx_status_t zirconia_virtio_notify_driver(zx_handle_t event);
zx_status_t zirconia_virtio_notify_config(zx_handle_t event);

__END_CDECLS

#endif /* ZIRCONIA_VIRTIO_H_ */
