/* Which queues of a device there are, and who serves them: zirconia/virtio_device.h says what is promised. */
#include <zirconia/inject.h>
#include <zirconia/virtio_device.h>

#include <stdlib.h>

#include <zircon/syscalls.h>

struct zirconia_virtio_stream {
	zirconia_virtqueue_t queue;
	zx_handle_t event; /* ZX_HANDLE_INVALID: the queue is not configured */
	bool taken;
};

struct zirconia_virtio_device {
	const zirconia_driver_mem_t *mem;
	pthread_mutex_t lock; /* guards which queues are configured and taken */
	uint16_t queues;
	zirconia_virtio_stream_t streams[];
};

zirconia_virtio_device_t *zirconia_virtio_device_new(const zirconia_driver_mem_t *mem,
						     uint16_t queues)
{
	zirconia_virtio_device_t *device =
		zirconia_inject_here("alloc.virtio") != ZX_OK ?
			NULL :
			calloc(1, sizeof(*device) + queues * sizeof(zirconia_virtio_stream_t));

	if (device == NULL)
		return NULL;
	device->mem = mem;
	device->queues = queues;
	pthread_mutex_init(&device->lock, NULL);
	return device;
}

void zirconia_virtio_device_free(zirconia_virtio_device_t *device)
{
	if (device == NULL)
		return;
	for (unsigned i = 0; i < device->queues; i++) {
		zirconia_virtio_stream_t *s = &device->streams[i];

		if (s->event == ZX_HANDLE_INVALID)
			continue;
		zirconia_virtqueue_done(&s->queue);
		zx_handle_close(s->event);
	}
	pthread_mutex_destroy(&device->lock);
	free(device);
}

/* A queue without an event cannot be served: it counts as one that there is no memory for. */
static zirconia_virtio_result_t configure_locked(zirconia_virtio_device_t *device,
						 zirconia_virtio_stream_t *s, uint16_t size,
						 uint64_t desc, uint64_t avail, uint64_t used)
{
	zx_handle_t event;

	if (s->event != ZX_HANDLE_INVALID)
		return ZIRCONIA_VIRTIO_INVALID_QUEUE;
	if (zx_event_create(0, &event) != ZX_OK)
		return ZIRCONIA_VIRTIO_BAD_QUEUE_CONFIG;
	if (!zirconia_virtqueue_configure(&s->queue, device->mem, size, desc, avail, used)) {
		zx_handle_close(event);
		return ZIRCONIA_VIRTIO_BAD_QUEUE_CONFIG;
	}
	s->event = event;
	return ZIRCONIA_VIRTIO_OK;
}

zirconia_virtio_result_t zirconia_virtio_device_configure(zirconia_virtio_device_t *device,
							  uint16_t index, uint16_t size,
							  uint64_t desc, uint64_t avail,
							  uint64_t used)
{
	zirconia_virtio_result_t r;

	if (index >= device->queues)
		return ZIRCONIA_VIRTIO_INVALID_QUEUE;
	pthread_mutex_lock(&device->lock);
	r = configure_locked(device, &device->streams[index], size, desc, avail, used);
	pthread_mutex_unlock(&device->lock);
	return r;
}

zirconia_virtio_result_t zirconia_virtio_device_take_stream(zirconia_virtio_device_t *device,
							    uint16_t index,
							    zirconia_virtio_stream_t **out_stream)
{
	zirconia_virtio_stream_t *s;
	bool ok;

	if (index >= device->queues)
		return ZIRCONIA_VIRTIO_INVALID_QUEUE;
	s = &device->streams[index];
	pthread_mutex_lock(&device->lock);
	ok = s->event != ZX_HANDLE_INVALID && !s->taken;
	if (ok)
		s->taken = true;
	pthread_mutex_unlock(&device->lock);
	if (!ok)
		return ZIRCONIA_VIRTIO_INVALID_QUEUE;
	*out_stream = s;
	return ZIRCONIA_VIRTIO_OK;
}

zirconia_virtio_result_t zirconia_virtio_device_notify(zirconia_virtio_device_t *device,
						       uint16_t index)
{
	bool taken;

	if (index >= device->queues)
		return ZIRCONIA_VIRTIO_INVALID_QUEUE;
	pthread_mutex_lock(&device->lock);
	taken = device->streams[index].taken;
	pthread_mutex_unlock(&device->lock);
	if (!taken)
		return ZIRCONIA_VIRTIO_INVALID_QUEUE;
	(void)zx_object_signal(device->streams[index].event, 0, ZX_EVENT_SIGNALED);
	return ZIRCONIA_VIRTIO_OK;
}

zirconia_virtqueue_t *zirconia_virtio_stream_queue(zirconia_virtio_stream_t *stream)
{
	return &stream->queue;
}

zx_status_t zirconia_virtio_stream_next(zirconia_virtio_stream_t *stream,
					zx_instant_mono_t deadline,
					zirconia_chain_result_t *out_result,
					zirconia_chain_t *out_chain)
{
	zirconia_chain_result_t r;
	zx_status_t st;

	for (;;) {
		/* A notification that comes after this ends the wait; one that came before is answered by the look. */
		st = zx_object_signal(stream->event, ZX_EVENT_SIGNALED, 0);
		if (st != ZX_OK)
			return st;
		r = zirconia_virtqueue_next_chain(&stream->queue, out_chain);
		if (r != ZIRCONIA_CHAIN_END)
			break;
		st = zx_object_wait_one(stream->event, ZX_EVENT_SIGNALED, deadline, NULL);
		if (st != ZX_OK)
			return st;
	}
	*out_result = r;
	return ZX_OK;
}

zx_handle_t zirconia_virtio_stream_event(const zirconia_virtio_stream_t *stream)
{
	return stream->event;
}

/* ---- notifications put together */

void zirconia_virtio_notify_later(void *ctx)
{
	zirconia_virtio_buffered_notify_t *buffered = ctx;

	__atomic_store_n(&buffered->pending, true, __ATOMIC_RELEASE);
}

void zirconia_virtio_notify_flush(zirconia_virtio_buffered_notify_t *buffered)
{
	if (__atomic_exchange_n(&buffered->pending, false, __ATOMIC_ACQ_REL))
		buffered->notify(buffered->ctx);
}
