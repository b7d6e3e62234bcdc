/* What the virtio files share. */
#ifndef ZI_DEV_VIRTIO_I_H
#define ZI_DEV_VIRTIO_I_H

#include <endian.h>
#include <stdint.h>

#include <zirconia/virtio.h>

/* Tells the driver that a chain was used. */
void zi_virtqueue_return(zirconia_virtqueue_t *queue, uint16_t head, uint32_t written);

#endif
