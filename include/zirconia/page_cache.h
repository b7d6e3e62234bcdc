/*
 * A page cache after that of Asterinas, on the objects of zirconia/vm_object.h: the pages of a file
 * are the pages of an object; a file system gives them by reading and takes them by writing whole
 * pages.
 *
 *   Rust                                 C
 *   PageCache::new(backend), with_capacity   zirconia_page_cache_create
 *   drop                                 zirconia_page_cache_destroy
 *   pages()                              zirconia_page_cache_object
 *   resize, fill_zeros                   zirconia_page_cache_resize, _fill_zeros
 *   evict_range, discard_range           zirconia_page_cache_evict_range, _discard_range
 *   trait PageCacheBackend: read_page_async, write_page_async, npages
 *                                        zirconia_page_backend_ops_t
 *   Weak<dyn PageCacheBackend>           zirconia_page_cache_forget_backend
 *   BioWaiter                            zirconia_page_io_t
 *   PageState::{Uninit, UpToDate, Dirty} zirconia_page_state_t
 *
 * The file is read and written through the object, by calls or through mappings, up to its size,
 * which is rounded up to pages: where the file ends within its last page is the file system's
 * business. It should read zeros behind the end, and write only what is before it.
 */
#ifndef ZIRCONIA_PAGE_CACHE_H_
#define ZIRCONIA_PAGE_CACHE_H_

#include <stdbool.h>
#include <stddef.h>

#include <zircon/compiler.h>
#include <zirconia/vm_object.h>

__BEGIN_CDECLS

/* A transfer of one page under way. */
typedef struct zirconia_page_io zirconia_page_io_t;

/*
 * Says that it is over; from any thread, also from within the call that started it. The page's
 * memory is not the backend's any more.
 */
void zirconia_page_io_done(zirconia_page_io_t *io, zirconia_vm_error_t error);

/*
 * Functions of any thread, also at the same time. They start a transfer of ZX_PAGE_SIZE bytes and
 * answer ZIRCONIA_VM_OK, and call zirconia_page_io_done once; or they answer an error, and do not.
 * They do not use the cache.
 */
typedef struct zirconia_page_backend_ops {
	zirconia_vm_error_t (*read_page)(void *backend, size_t index, void *page,
					 zirconia_page_io_t *io);
	zirconia_vm_error_t (*write_page)(void *backend, size_t index, const void *page,
					  zirconia_page_io_t *io);
	/* Pages that there are. Those behind are zero, and not written. */
	size_t (*npages)(void *backend);
} zirconia_page_backend_ops_t;

typedef struct zirconia_page_cache zirconia_page_cache_t;

typedef enum zirconia_page_state {
	ZIRCONIA_PAGE_ABSENT,
	ZIRCONIA_PAGE_UNINIT,     /* being read ahead, or about to be overwritten */
	ZIRCONIA_PAGE_UP_TO_DATE, /* as the backend has it */
	ZIRCONIA_PAGE_DIRTY,
} zirconia_page_state_t;

/*
 * A cache for a file of `size` bytes. Errors: those of zirconia_vm_object_alloc.
 */
zirconia_vm_error_t zirconia_page_cache_create(const zirconia_page_backend_ops_t *ops,
					       void *backend, size_t size,
					       zirconia_page_cache_t **out_cache);
/*
 * Resizes to 0, which writes what is dirty, and ends the cache; NULL is fine. The object's shares
 * that were duplicated have to be gone. Answers the first error of writing.
 */
zirconia_vm_error_t zirconia_page_cache_destroy(zirconia_page_cache_t *cache);

/* The backend is not called again after calls that are under way; what is dirty is dropped. */
void zirconia_page_cache_forget_backend(zirconia_page_cache_t *cache);

/*
 * The pages, with all rights. Belongs to the cache. It is resized and decommitted through the cache
 * only.
 */
zirconia_vm_object_t *zirconia_page_cache_object(zirconia_page_cache_t *cache);

/* What the cache holds of a page. */
zirconia_page_state_t zirconia_page_cache_state(zirconia_page_cache_t *cache, size_t index);

/*
 * The file has new_size bytes now; the backend's npages says so already. When it shrinks to a part
 * of a page, the rest of that page becomes zero. Pages that are cut off and that the backend still
 * counts are written.
 */
zirconia_vm_error_t zirconia_page_cache_resize(zirconia_page_cache_t *cache, size_t new_size);
/* Zeros in [start, end): errors of zirconia_vm_object_clear. */
zirconia_vm_error_t zirconia_page_cache_fill_zeros(zirconia_page_cache_t *cache, size_t start,
						   size_t end);
/*
 * Writes the modified pages that [start, end), cut at the end of the object, touches. They stay in
 * the cache, clean unless they were modified meanwhile. After IO_ERROR they are as modified as
 * before, though some may have been written.
 */
zirconia_vm_error_t zirconia_page_cache_evict_range(zirconia_page_cache_t *cache, size_t start,
						    size_t end);
/*
 * Drops the pages that [start, end), cut at the end of the object, touches, without writing them.
 *
 * DIFFERS: the original drops them from the cache only, and leaves them in the object.
 */
zirconia_vm_error_t zirconia_page_cache_discard_range(zirconia_page_cache_t *cache, size_t start,
						      size_t end);

__END_CDECLS

#endif
