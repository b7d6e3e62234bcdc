/*
 * PageBuf: a fixed-size buffer of typed elements, backed by a VMO of its own that is mapped into
 * the root VMAR.
 *
 * Optionally the same pages are mapped a second time, read-only, into another VMAR. If that VMAR
 * has a memory profile, the pages get it too, which is how a program keeps a buffer resident in
 * advance.
 *
 * Built only on zx_* calls. A buffer may be moved between threads and shared like the element type
 * itself: the functions that take it as const change nothing in it.
 *
 *   Rust (page_buf crate)              C
 *   PageBuf::<T>::new(n)               zirconia_page_buf_init(&buf, n, sizeof(T))
 *   PageBuf::<T>::new_with_extra_vmar  zirconia_page_buf_init_with_extra_vmar(&buf, n, sizeof(T),
 *                                      vmar)
 *   buf.set_name(&name)                zirconia_page_buf_set_name(&buf, name)
 *   buf.len(), buf.len_bytes()         zirconia_page_buf_len(&buf),
 *                                      zirconia_page_buf_len_bytes(&buf)
 *   buf.as_mut()                       ZIRCONIA_PAGE_BUF_AS_MUT(&buf, T), elements [0, len)
 *   drop(buf)                          zirconia_page_buf_release(&buf)
 */
#ifndef ZIRCONIA_PAGE_BUF_H_
#define ZIRCONIA_PAGE_BUF_H_

#include <stddef.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

/* The name that the VMO of a new buffer has. */
#define ZIRCONIA_PAGE_BUF_DEFAULT_NAME "starnix_page_buf"

/*
 * To be read freely, changed only by the functions below. All zero: holds nothing, may be released.
 */
typedef struct zirconia_page_buf {
	zx_handle_t vmo;        /* not resizable; owned */
	zx_vaddr_t base;        /* readable and writable, in the root VMAR */
	size_t mapped_len;      /* bytes, a multiple of the page size */
	size_t elem_size;       /* bytes per element */
	zx_handle_t extra_vmar; /* owned; ZX_HANDLE_INVALID: no second mapping */
	zx_vaddr_t extra_base;  /* read-only; as long as the first */
} zirconia_page_buf_t;

/*
 * A buffer for at least `capacity` elements of `elem_size` bytes, all bytes zero. *out_buf is
 * written only on success.
 *
 * ZX_ERR_INVALID_ARGS   elem_size is 0, or capacity is 0
 * ZX_ERR_OUT_OF_RANGE   capacity * elem_size overflows or exceeds the largest VMO
 * whatever zx_vmo_create and zx_vmar_map on the root VMAR answer
 */
zx_status_t zirconia_page_buf_init(zirconia_page_buf_t *out_buf, size_t capacity, size_t elem_size);

/*
 * The same with a second, read-only mapping in `extra_vmar`. The handle is consumed on every path
 * (who wants to keep it passes a duplicate); it needs the rights that zx_vmar_map asks for
 * PERM_READ, whose statuses are added to those above.
 *
 * DIFFERS: when the second mapping fails the first is undone; the original leaves it behind.
 */
zx_status_t zirconia_page_buf_init_with_extra_vmar(zirconia_page_buf_t *out_buf, size_t capacity,
						   size_t elem_size, zx_handle_t extra_vmar);

/*
 * Names the VMO: what listings of mappings show. At most 31 bytes count. Aborts when the name
 * cannot be set, which the rights of a buffer's own VMO rule out.
 */
void zirconia_page_buf_set_name(const zirconia_page_buf_t *buf, const char *name);

/* Elements: never fewer than the capacity asked for, since whole pages are mapped. */
static inline size_t zirconia_page_buf_len(const zirconia_page_buf_t *buf)
{
	return buf->elem_size == 0 ? 0 : buf->mapped_len / buf->elem_size;
}

static inline size_t zirconia_page_buf_len_bytes(const zirconia_page_buf_t *buf)
{
	return buf->mapped_len;
}

/*
 * The first element. Aborts when elem_size is not the one of the buffer, or when elem_align is
 * larger than a page: such types cannot be held. Prefer the macro, which takes both from the type
 * and gives a typed pointer.
 */
void *zirconia_page_buf_as_mut(zirconia_page_buf_t *buf, size_t elem_size, size_t elem_align);

#define ZIRCONIA_PAGE_BUF_AS_MUT(buf, type) \
	((type *)zirconia_page_buf_as_mut((buf), sizeof(type), __alignof__(type)))

/*
 * Unmaps the first mapping, then the second, and closes the handles; *buf becomes all zero. Aborts
 * when a mapping was taken away behind the buffer's back. A buffer that is all zero is left alone.
 */
void zirconia_page_buf_release(zirconia_page_buf_t *buf);

__END_CDECLS

#endif
