/*
 * Streams: a VMO read and written like a file. What holds for every call is said in
 * zircon/syscalls.h.
 *
 * The four transfers share this: `vectors` has num_vectors entries, used in order. `actual`,
 * optional, gets the number of bytes. Once a byte was transferred the answer is ZX_OK, though an
 * error may have stopped the rest. Transfers on one stream that use its offset come one after the
 * other.
 */
#ifndef ZIRCON_CALLS_STREAM_H_
#define ZIRCON_CALLS_STREAM_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Makes a stream on a VMO with its offset at `seek`, in bytes; any value is allowed. options is a
 * combination of ZX_STREAM_MODE_READ, _WRITE, _APPEND. The handle has ZX_DEFAULT_STREAM_RIGHTS and
 * READ and WRITE as the mode says.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  other options
 *   handle errors        vmo is no open VMO handle with READ and WRITE as the mode says
 *   ZX_ERR_WRONG_TYPE    physical or contiguous VMO
 *   ZX_ERR_NO_MEMORY     not enough memory
 *   ZX_ERR_INVALID_ARGS  out_stream cannot be written
 *
 * Source: Zircon reference, zx_stream_create.
 */
__ZX_CALL(zx_status_t, zx_stream_create,
	  (uint32_t options, zx_handle_t vmo, zx_off_t seek, zx_handle_t *out_stream));

/*
 * Writes at the stream's offset and moves it on; with ZX_STREAM_APPEND, or on a stream in append
 * mode, at the end of the content. What lies between the end of the content and the offset becomes
 * zeros. A resizable VMO grows if the handle that the stream was made with had ZX_RIGHT_RESIZE;
 * otherwise what does not fit is cut off. (Kernels of 2026 never grow VMOs: set the environment
 * variable ZIRCONIA_BEHAVIOUR=2026 to have it so.)
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  other options, or vectors is NULL
 *   handle errors        handle is no open stream handle with ZX_RIGHT_WRITE
 *   ZX_ERR_INVALID_ARGS  vectors cannot be read, or the sum of its sizes wraps
 *   ZX_ERR_FILE_BIG      offset and size pass 2^64; when appending ZX_ERR_OUT_OF_RANGE
 *   ZX_ERR_NO_SPACE      no room at all before the end of the VMO, which cannot grow
 *   ZX_ERR_OUT_OF_RANGE  the same, and no VMO could be as large (with the behaviour of 2026:
 *                        whenever there is no room)
 *   other errors         those of zx_vmo_write
 *   ZX_ERR_INVALID_ARGS  actual cannot be written; the data is
 *
 * Source: Zircon reference, zx_stream_writev.
 */
__ZX_CALL(zx_status_t, zx_stream_writev,
	  (zx_handle_t handle, uint32_t options, const zx_iovec_t *vectors, size_t num_vectors,
	   size_t *actual));

/*
 * Writes at `offset`, leaving the stream's offset and append mode aside. options is 0.
 *
 * Errors: those of zx_stream_writev without appending.
 *
 * Source: Zircon reference, zx_stream_writev_at.
 */
__ZX_CALL(zx_status_t, zx_stream_writev_at,
	  (zx_handle_t handle, uint32_t options, zx_off_t offset, const zx_iovec_t *vectors,
	   size_t num_vectors, size_t *actual));

/*
 * Reads at the stream's offset and moves it on, up to the stream size; at or past it 0 bytes.
 * options is 0.
 *
 * Errors, in order:
 *   ZX_ERR_INVALID_ARGS  options is not 0, or vectors is NULL
 *   handle errors        handle is no open stream handle with ZX_RIGHT_READ
 *   ZX_ERR_INVALID_ARGS  vectors cannot be read, or the sum of its sizes wraps
 *   other errors         those of zx_vmo_read
 *   ZX_ERR_INVALID_ARGS  actual cannot be written; the data is
 *
 * Source: Zircon reference, zx_stream_readv.
 */
__ZX_CALL(zx_status_t, zx_stream_readv,
	  (zx_handle_t handle, uint32_t options, zx_iovec_t *vectors, size_t num_vectors,
	   size_t *actual));

/*
 * Reads at `offset`, leaving the stream's offset aside. options is 0.
 *
 * Errors: those of zx_stream_readv.
 *
 * Source: Zircon reference, zx_stream_readv_at.
 */
__ZX_CALL(zx_status_t, zx_stream_readv_at,
	  (zx_handle_t handle, uint32_t options, zx_off_t offset, zx_iovec_t *vectors,
	   size_t num_vectors, size_t *actual));

/*
 * Moves the stream's offset to `offset` bytes from the start, from where it is, or from the stream
 * size, as `whence` (ZX_STREAM_SEEK_ORIGIN_*) says. Past the end is fine. out_seek, optional: the
 * new offset.
 *
 * Errors, in order:
 *   ZX_ERR_BAD_HANDLE    handle is not open
 *   ZX_ERR_WRONG_TYPE    handle is not a stream
 *   ZX_ERR_ACCESS_DENIED handle has neither READ nor WRITE
 *   ZX_ERR_INVALID_ARGS  the new offset would be less than 0 or pass 2^64; unknown whence
 *   ZX_ERR_INVALID_ARGS  out_seek cannot be written; the offset has moved
 *
 * Source: Zircon reference, zx_stream_seek.
 */
__ZX_CALL(zx_status_t, zx_stream_seek,
	  (zx_handle_t handle, zx_stream_seek_origin_t whence, int64_t offset, zx_off_t *out_seek));

__END_CDECLS

#endif /* ZIRCON_CALLS_STREAM_H_ */
