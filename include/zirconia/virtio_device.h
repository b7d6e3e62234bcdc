/*
 * The queues of one virtio device: which of them the driver configured, who serves each, and who is to be woken.
 *
 * A driver configures a queue once, by number. Whoever serves it takes its stream, once; the driver's notifications wake the stream, and
 * those for queues that nobody serves are refused. Several threads may use a device, one at a time a stream.
 *
 *   Rust (virtio-device, its machina part)   C
 *   DeviceBuilder::add_queue                 zirconia_virtio_device_configure
 *   Device::take_stream                      zirconia_virtio_device_take_stream
 *   Device::notify_queue                     zirconia_virtio_device_notify
 *   stream.next().await                      zirconia_virtio_stream_next
 *   BufferedNotify                           zirconia_virtio_buffered_notify_t
 */
#ifndef ZIRCONIA_VIRTIO_DEVICE_H_
#define ZIRCONIA_VIRTIO_DEVICE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>
#include <zirconia/virtio.h>

__BEGIN_CDECLS

typedef enum zirconia_virtio_result {
	ZIRCONIA_VIRTIO_OK = 0,
	ZIRCONIA_VIRTIO_BAD_QUEUE_CONFIG, /* addresses that wrap or are no memory, or areas that are no queue */
	ZIRCONIA_VIRTIO_INVALID_QUEUE, /* no such queue, or it is configured, or taken, or not taken */
} zirconia_virtio_result_t;

typedef struct zirconia_virtio_device zirconia_virtio_device_t;
typedef struct zirconia_virtio_stream zirconia_virtio_stream_t;

/* A device of queues 0 to queues - 1, none of them configured. The memory has to live longer. NULL: no memory. */
zirconia_virtio_device_t *zirconia_virtio_device_new(const zirconia_driver_mem_t *mem,
						     uint16_t queues);
/* Its streams and the chains that were taken from them may not be used any more. NULL: nothing. */
void zirconia_virtio_device_free(zirconia_virtio_device_t *device);

/*
 * What the driver says of a queue. INVALID_QUEUE: there is no such one, or it was configured before: the driver's memory is not
 * touched then. BAD_QUEUE_CONFIG: it can be tried again.
 */
zirconia_virtio_result_t zirconia_virtio_device_configure(zirconia_virtio_device_t *device,
							  uint16_t index, uint16_t size,
							  uint64_t desc, uint64_t avail,
							  uint64_t used);

/* INVALID_QUEUE: not configured, or taken. The stream lives as long as the device. */
zirconia_virtio_result_t zirconia_virtio_device_take_stream(zirconia_virtio_device_t *device,
							    uint16_t index,
							    zirconia_virtio_stream_t **out_stream);

/* The driver says that a queue has something. INVALID_QUEUE: its stream was not taken. */
zirconia_virtio_result_t zirconia_virtio_device_notify(zirconia_virtio_device_t *device,
						       uint16_t index);

/* The stream's queue: for its notifications of the driver. */
zirconia_virtqueue_t *zirconia_virtio_stream_queue(zirconia_virtio_stream_t *stream);

/*
 * Takes the next chain, and waits for a notification when there is none. ZX_OK: *out_result says what zirconia_virtqueue_next_chain
 * said, and never ZIRCONIA_CHAIN_END. ZX_ERR_TIMED_OUT: the deadline passed. Other statuses are those of zx_object_wait_one.
 */
zx_status_t zirconia_virtio_stream_next(zirconia_virtio_stream_t *stream,
					zx_instant_mono_t deadline,
					zirconia_chain_result_t *out_result,
					zirconia_chain_t *out_chain);

/*
 * The event that notifications signal (ZX_EVENT_SIGNALED), for waits together with others; the stream's own, not to be closed. A stream
 * that finds nothing clears it before it looks.
 */
zx_handle_t zirconia_virtio_stream_event(const zirconia_virtio_stream_t *stream);

/* ---- notifications of the driver, put together: with this as a queue's notify and notify_ctx, several chains make one interrupt */

typedef struct zirconia_virtio_buffered_notify {
	void (*notify)(void *ctx);
	void *ctx;
	bool pending; /* zero at first; to be left alone */
} zirconia_virtio_buffered_notify_t;

/* ctx is a zirconia_virtio_buffered_notify_t. */
void zirconia_virtio_notify_later(void *ctx);
/* Notifies, when somebody wanted to since the last time. */
void zirconia_virtio_notify_flush(zirconia_virtio_buffered_notify_t *buffered);

__END_CDECLS

#endif /* ZIRCONIA_VIRTIO_DEVICE_H_ */
