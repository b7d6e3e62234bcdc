/*
 * The VMO of Asterinas in C: a resizable range of pages with access rights, whose pages can come
 * from a pager that a file system implements. Made of zx_vmo_* and zx_pager_* calls: it has a
 * handle, and can be mapped.
 *
 *   Rust (kernel/src/vm/vmo)             C
 *   VmoOptions::new(size), flags, pager  zirconia_vm_object_options_t
 *     alloc()                            zirconia_vm_object_alloc
 *   VmoFlags::{RESIZABLE, CONTIGUOUS, DMA}   ZIRCONIA_VM_RESIZABLE, _CONTIGUOUS, _DMA
 *   Rights::{DUP, READ, WRITE, EXEC, SIGNAL} ZIRCONIA_VM_RIGHT_DUP, _READ, _WRITE, _EXEC, _SIGNAL
 *   Vmo<Rights>, the dynamic capability  zirconia_vm_object_t; drop: zirconia_vm_object_done
 *   Vmo<TRights![...]>, the static one   a type made by ZIRCONIA_VM_STATIC_OBJECT(name, rights)
 *   VmoRightsOp: rights, check_rights    zirconia_vm_object_rights, zirconia_vm_object_check_rights
 *     to_dyn                             ZIRCONIA_VM_TO_DYN(&s, &out)
 *   to_static::<R>()                     ZIRCONIA_VM_TO_STATIC(&object, &out)
 *   restrict                             zirconia_vm_object_restrict, ZIRCONIA_VM_RESTRICT(&s, &out)
 *   dup                                  zirconia_vm_object_dup, ZIRCONIA_VM_DUP(&s, &out)
 *   size, flags                          zirconia_vm_object_size, zirconia_vm_object_flags
 *   trait Pager: commit_page, commit_overwrite, update_page, decommit_page
 *                                        zirconia_vm_pager_t, zirconia_vm_pager_ops_t
 *   UFrame                               zirconia_vm_page_t
 *     reader().skip(o).read_fallible(w)  zirconia_vm_page_read(page, o, w)
 *     writer().skip(o).write_fallible(r) zirconia_vm_page_write(page, o, r)
 *   VmoCommitError::{Err, NeedIo}        zirconia_vm_commit_t
 *   CommitFlags::WILL_OVERWRITE, will_overwrite()   ZIRCONIA_VM_WILL_OVERWRITE, a bit
 *   prepare_page, try_commit_with_cursor, decommit_pages   inside; not to be called
 *   commit_on                            zirconia_vm_object_commit_on
 *   try_commit_page                      zirconia_vm_object_try_commit_page
 *   try_operate_on_range                 zirconia_vm_object_try_operate_on_range
 *     commit_fn()                        zirconia_vm_commit_here
 *   operate_on_range                     zirconia_vm_object_operate_on_range
 *   read, write, clear                   zirconia_vm_object_read, _write, _clear
 *   decommit, resize, replace            zirconia_vm_object_decommit, _resize, _replace
 *   get_page_idx_range                   zirconia_vm_page_idx_range
 *   impl VmIo, VmIoFill                  zirconia_vm_object_io, zirconia_vm_object_io_fill
 *   every operation on a static Vmo      ZIRCONIA_VM_READ(&s, ...) and so on: the end of this file
 *   Errno                                zirconia_vm_error_t: EINVAL INVALID_ARGS, EACCES
 *                                        ACCESS_DENIED, EFAULT PAGE_FAULT, ENOMEM NO_MEMORY, EIO
 *                                        IO_ERROR
 *
 * The names of the other seed, ostd/src/mm/io, stand in zirconia/vm_cursor.h and zirconia/vm_io.h.
 *
 * Any thread may call at any time, also on the same object.
 */
#ifndef ZIRCONIA_VM_OBJECT_H_
#define ZIRCONIA_VM_OBJECT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>
#include <zirconia/vm_cursor.h>
#include <zirconia/vm_io.h>

__BEGIN_CDECLS

/* ---- pagers */

/*
 * Where the pages of an object come from and where they go. Pages are ZX_PAGE_SIZE bytes; indices
 * count them. No lock of the object is held during a call, and no two calls are made for one page
 * at a time, except that update_page may be called during others.
 *
 * Calls come from the thread that reads or writes, and, for accesses through a mapping or the
 * handle, from a thread of the object's own. They must not touch the object's pages through a
 * mapping or the handle, nor end the object.
 */
typedef struct zirconia_vm_pager_ops {
	/*
	 * Fills `page`, which holds zeros, with the content of page `index`. Asked again before
	 * decommit_page, gives the same content. Decides which indices there are.
	 */
	zirconia_vm_error_t (*commit_page)(void *pager, size_t index, void *page);
	/* The same for a page that is about to be overwritten whole: content does not matter. */
	zirconia_vm_error_t (*commit_overwrite)(void *pager, size_t index, void *page);
	/*
	 * Page `index` was modified; or, for an access through a mapping or the handle, is going to
	 * be, and an error lets that access fail.
	 */
	zirconia_vm_error_t (*update_page)(void *pager, size_t index);
	/*
	 * Page `index` is not part of the object any more. `page` is its content, or NULL when that
	 * is what commit_page gave, or what was last written back.
	 */
	zirconia_vm_error_t (*decommit_page)(void *pager, size_t index, const void *page);
} zirconia_vm_pager_ops_t;

typedef struct zirconia_vm_pager {
	const zirconia_vm_pager_ops_t *ops; /* NULL: no pager */
	void *pager;
} zirconia_vm_pager_t;

/* ---- objects */

#define ZIRCONIA_VM_RIGHT_DUP ((uint32_t)1)
#define ZIRCONIA_VM_RIGHT_READ ((uint32_t)2)
#define ZIRCONIA_VM_RIGHT_WRITE ((uint32_t)4)
#define ZIRCONIA_VM_RIGHT_EXEC ((uint32_t)8)
#define ZIRCONIA_VM_RIGHT_SIGNAL ((uint32_t)128)
#define ZIRCONIA_VM_RIGHTS_ALL ((uint32_t)(1 | 2 | 4 | 8 | 128))

#define ZIRCONIA_VM_RESIZABLE ((uint32_t)1)
#define ZIRCONIA_VM_CONTIGUOUS ((uint32_t)2)
#define ZIRCONIA_VM_DMA ((uint32_t)4) /* without effect */

#define ZIRCONIA_VM_WILL_OVERWRITE ((uint32_t)1)

/* A share in an object and what may be done through it. Is moved, not copied: see _dup. */
typedef struct zirconia_vm_object {
	struct zirconia_vm_pages *pages; /* NULL: moved away, or done */
	uint32_t rights;                 /* ZIRCONIA_VM_RIGHT_* */
} zirconia_vm_object_t;

typedef struct zirconia_vm_object_options {
	size_t size;               /* bytes; is rounded up to pages */
	uint32_t flags;            /* ZIRCONIA_VM_RESIZABLE and so on */
	zirconia_vm_pager_t pager; /* zero: none */
	zx_handle_t bti;           /* for CONTIGUOUS, see there; stays the caller's */
} zirconia_vm_object_options_t;

/*
 * Makes an object with all rights. Without a pager its pages are zero; with one they are absent.
 *
 * CONTIGUOUS objects have all their pages at once: at consecutive device addresses when a BTI is
 * given (zx_vmo_create_contiguous).
 *
 * DIFFERS: without a BTI the pages of a CONTIGUOUS object are committed, but need not lie one after
 * the other: no device could tell. With a pager, or RESIZABLE, it is refused.
 *
 *   ZIRCONIA_VM_INVALID_ARGS   unknown flag; CONTIGUOUS with RESIZABLE or a pager; a size that
 *                              cannot be; with a BTI, what zx_vmo_create_contiguous refuses
 *   ZIRCONIA_VM_NO_MEMORY      no memory, or no thread for the pager
 */
zirconia_vm_error_t zirconia_vm_object_alloc(const zirconia_vm_object_options_t *options,
					     zirconia_vm_object_t *out_object);

/*
 * Gives the share up. With the last one the object ends; its pager is told of no page (resize to 0
 * before, as a page cache does). Not from within a call of the pager.
 */
void zirconia_vm_object_done(zirconia_vm_object_t *object);

/* Another share with the same rights. ACCESS_DENIED without DUP. */
zirconia_vm_error_t zirconia_vm_object_dup(const zirconia_vm_object_t *object,
					   zirconia_vm_object_t *out_object);
/*
 * Keeps only the rights that are in mask.
 *
 * DIFFERS: the original's dynamic capability adds the mask's rights.
 */
void zirconia_vm_object_restrict(zirconia_vm_object_t *object, uint32_t mask);

static inline uint32_t zirconia_vm_object_rights(const zirconia_vm_object_t *object)
{
	return object->rights;
}

/* ACCESS_DENIED unless it has all of them. */
static inline zirconia_vm_error_t
zirconia_vm_object_check_rights(const zirconia_vm_object_t *object, uint32_t rights)
{
	return (object->rights & rights) == rights ? ZIRCONIA_VM_OK : ZIRCONIA_VM_ACCESS_DENIED;
}

/* Bytes, a multiple of the page size. */
size_t zirconia_vm_object_size(const zirconia_vm_object_t *object);
uint32_t zirconia_vm_object_flags(const zirconia_vm_object_t *object);

/* Indices of the pages that [start, end) touches: from *out_first up to, without, *out_end. */
void zirconia_vm_page_idx_range(size_t start, size_t end, size_t *out_first, size_t *out_end);

/* ---- committing pages */

/* A page of an object: stays usable while there is a share in the object. */
typedef struct zirconia_vm_page {
	struct zirconia_vm_pages *pages;
	size_t index;
} zirconia_vm_page_t;

/*
 * What became of a commit: done (error OK, need_io false); failed (error); or not without I/O, for
 * the page `index`.
 */
typedef struct zirconia_vm_commit {
	zirconia_vm_error_t error;
	bool need_io;
	size_t index;
} zirconia_vm_commit_t;

/*
 * As many bytes as lie between `in_page` and the end of the page, and as the cursor has. Errors:
 * PAGE_FAULT of the cursor's memory; what zirconia_vm_error_from_status says of zx_vmo_read and
 * _write. The pager is not told of a write.
 */
zirconia_vm_count_t zirconia_vm_page_read(const zirconia_vm_page_t *page, size_t in_page,
					  zirconia_vm_writer_fallible_t *writer);
zirconia_vm_count_t zirconia_vm_page_write(const zirconia_vm_page_t *page, size_t in_page,
					   zirconia_vm_reader_fallible_t *reader);

/*
 * Brings page `index` in if it is absent, asking the pager: commit_overwrite with
 * ZIRCONIA_VM_WILL_OVERWRITE in flags, else commit_page.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no WRITE right
 *   ZIRCONIA_VM_INVALID_ARGS   unknown flag; the page is past the end
 *   the pager's error, ZIRCONIA_VM_NO_MEMORY
 *
 * DIFFERS: the page right behind the end is refused; the original takes it.
 */
zirconia_vm_error_t zirconia_vm_object_commit_on(const zirconia_vm_object_t *object, size_t index,
						 uint32_t flags, zirconia_vm_page_t *out_page);
/*
 * The page of byte `offset` without I/O. An absent page of an object with a pager is need_io.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no WRITE right
 *   ZIRCONIA_VM_INVALID_ARGS   offset is past the end
 *   ZIRCONIA_VM_NO_MEMORY
 */
zirconia_vm_commit_t zirconia_vm_object_try_commit_page(const zirconia_vm_object_t *object,
							size_t offset,
							zirconia_vm_page_t *out_page);

/* The commit of the page that an operation is at; the operation may or may not ask for it. */
typedef struct zirconia_vm_committer zirconia_vm_committer_t;
zirconia_vm_commit_t zirconia_vm_commit_here(zirconia_vm_committer_t *committer,
					     zirconia_vm_page_t *out_page);

typedef zirconia_vm_commit_t (*zirconia_vm_operation_t)(void *arg,
							zirconia_vm_committer_t *committer);

/*
 * Calls the operation for each page that [start, end) touches, in order, until one does not answer
 * success: that is the result, NeedIo included.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no WRITE right
 *   ZIRCONIA_VM_INVALID_ARGS   end is past the object's
 */
zirconia_vm_commit_t zirconia_vm_object_try_operate_on_range(const zirconia_vm_object_t *object,
							     size_t start, size_t end,
							     zirconia_vm_operation_t operation,
							     void *arg);
/*
 * The same until it is through: whenever I/O is needed, commits the page with `flags` and goes on
 * at that page. The operation is thus called again for the page that it did not get, and never
 * again for earlier ones. Unknown flags are INVALID_ARGS.
 */
zirconia_vm_error_t zirconia_vm_object_operate_on_range(const zirconia_vm_object_t *object,
							size_t start, size_t end,
							zirconia_vm_operation_t operation,
							void *arg, uint32_t flags);

/* ---- data */

/*
 * Reads what the writer has room for, or what there is up to the end of the object.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no READ right
 *   ZIRCONIA_VM_INVALID_ARGS   offset is past the end
 *   ZIRCONIA_VM_PAGE_FAULT     the writer faulted; the bytes before are there
 *   the pager's error
 *
 * DIFFERS: a short read tells its count; the original leaves the writer to be looked at.
 */
zirconia_vm_count_t zirconia_vm_object_read(const zirconia_vm_object_t *object, size_t offset,
					    zirconia_vm_writer_fallible_t *writer);
/*
 * Writes all that the reader has: a part of a page at the front, whole pages (which the pager does
 * not have to fill: commit_overwrite), a part at the back. Tells the pager about every page that
 * got bytes (update_page), in order.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no WRITE right
 *   ZIRCONIA_VM_OVERFLOW, _INVALID_ARGS   the end wraps, is past the object's; nothing is written
 *   ZIRCONIA_VM_PAGE_FAULT     the reader faulted; the bytes before are written
 *   the pager's error
 *
 * DIFFERS: the end is looked at first, and pages are told about also when a later one fails. A page
 * of which only a part can be read from the reader is not overwritten whole: the rest keeps its
 * content.
 */
zirconia_vm_count_t zirconia_vm_object_write(const zirconia_vm_object_t *object, size_t offset,
					     zirconia_vm_reader_fallible_t *reader);
/* Writes zeros, like _write. Aborts when end is before start. */
zirconia_vm_error_t zirconia_vm_object_clear(const zirconia_vm_object_t *object, size_t start,
					     size_t end);
/* Zeros and how many: up to the end of the object, and INVALID_ARGS when that is not enough. */
zirconia_vm_count_t zirconia_vm_object_fill_zeros(const zirconia_vm_object_t *object, size_t offset,
						  size_t len);

/*
 * Drops every page that [start, end) touches, also in part: without a pager it reads zero, with one
 * it is absent, and the pager is told of each that was not.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no WRITE right
 *   ZIRCONIA_VM_INVALID_ARGS   end is past the object's, or before start
 *   ZIRCONIA_VM_NO_MEMORY      nothing was dropped
 *   the pager's first error    everything was dropped
 *
 * DIFFERS: all pages are told of after a page whose decommit_page fails, too. Pages of a CONTIGUOUS
 * object stay, and read zero. While pages are being dropped, a reader through a mapping may see
 * zeros.
 */
zirconia_vm_error_t zirconia_vm_object_decommit(const zirconia_vm_object_t *object, size_t start,
						size_t end);
/*
 * Changes the size, which is rounded up to pages. Pages that are cut off are dropped as by
 * _decommit, after the new size is to be seen. Aborts when the object is not RESIZABLE.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no WRITE right
 *   ZIRCONIA_VM_INVALID_ARGS   larger than an object can be
 *   errors of _decommit
 */
zirconia_vm_error_t zirconia_vm_object_resize(const zirconia_vm_object_t *object, size_t new_size);
/*
 * Puts a copy of the ZX_PAGE_SIZE bytes at `page` in the place of page `index`, absent or not. The
 * pager is not told.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no WRITE right
 *   ZIRCONIA_VM_INVALID_ARGS   the page is past the end
 */
zirconia_vm_error_t zirconia_vm_object_replace(const zirconia_vm_object_t *object, const void *page,
					       size_t index);

/*
 * Nothing short: as the contracts of zirconia/vm_io.h say. The share stays where it is while they
 * are in use.
 */
zirconia_vm_io_t zirconia_vm_object_io(zirconia_vm_object_t *object);
zirconia_vm_io_fill_t zirconia_vm_object_io_fill(zirconia_vm_object_t *object);

/* ---- the world of zx_* */

/*
 * A handle to the VMO below with ZX_RIGHTs READ, WRITE, EXECUTE as the share has them, and MAP, and
 * with DUP ZX_RIGHT_DUPLICATE. Its size is not to be set through it.
 */
zirconia_vm_error_t zirconia_vm_object_handle(const zirconia_vm_object_t *object,
					      zx_handle_t *out_handle);
/*
 * Maps [offset, offset + len) into the root VMAR, as zx_vmar_map with `options`: ZX_VM_PERM_* need
 * the rights READ, WRITE, EXEC, else ACCESS_DENIED. An access asks the pager as _read and _write
 * do. zx_vmar_unmap ends it.
 */
zirconia_vm_error_t zirconia_vm_object_map(const zirconia_vm_object_t *object,
					   zx_vm_option_t options, size_t offset, size_t len,
					   zx_vaddr_t *out_addr);

/*
 * For pagers that write back: from _begin on, the pages of the range are being written back, and
 * _end makes those clean that were not modified since. When it fails, nothing is to be done: they
 * stay modified without _end. Page-aligned. Without a pager nothing happens. ACCESS_DENIED without
 * WRITE.
 */
zirconia_vm_error_t zirconia_vm_object_writeback_begin(const zirconia_vm_object_t *object,
						       size_t start, size_t end);
zirconia_vm_error_t zirconia_vm_object_writeback_end(const zirconia_vm_object_t *object,
						     size_t start, size_t end);
/*
 * The first pages in [start, end), which is page-aligned, that were modified and not made clean:
 * from *out_start up to, without, *out_end, both `end` when there are none. None without a pager.
 *
 *   ZIRCONIA_VM_ACCESS_DENIED  no READ right
 *   ZIRCONIA_VM_INVALID_ARGS   end is before start, or past the object's
 */
zirconia_vm_error_t zirconia_vm_object_next_modified(const zirconia_vm_object_t *object,
						     size_t start, size_t end, size_t *out_start,
						     size_t *out_end);

/*
 * ---- static capabilities: the rights are part of the type, and an operation that needs one that
 * is not there does not compile (an array of -1 elements)
 *
 *	ZIRCONIA_VM_STATIC_OBJECT(readable_t, ZIRCONIA_VM_RIGHT_READ | ZIRCONIA_VM_RIGHT_DUP);
 *	readable_t file;
 *
 *	err = ZIRCONIA_VM_TO_STATIC(&object, &file);
 *	done = ZIRCONIA_VM_READ(&file, offset, &writer);
 */
#define ZIRCONIA_VM_STATIC_OBJECT(name, the_rights)                            \
	typedef struct name {                                                  \
		zirconia_vm_object_t dynamic;                                  \
		char (*rights)[((the_rights) & ~ZIRCONIA_VM_RIGHTS_ALL) == 0 ? \
				       (int)(the_rights) + 1 :                 \
				       -1]; /* NULL */                         \
	} name

#define ZIRCONIA_VM_STATIC_RIGHTS(s) ((uint32_t)(sizeof(*(s)->rights) - 1))
/* The dynamic capability inside, when the type has the rights. */
#define ZIRCONIA_VM_NEEDS_(s, need)                                                    \
	((void)sizeof(char[((sizeof(*(s)->rights) - 1) & (need)) == (need) ? 1 : -1]), \
	 &(s)->dynamic)
#define ZIRCONIA_VM_SUBSET_(s, out) \
	((void)sizeof(              \
		char[((sizeof(*(out)->rights) - 1) & ~(sizeof(*(s)->rights) - 1)) == 0 ? 1 : -1]))

/*
 * Moves the share to *out_object with exactly these rights.
 *
 *   ZIRCONIA_VM_INVALID_ARGS   rights that there are not
 *   ZIRCONIA_VM_ACCESS_DENIED  object does not have them all
 */
zirconia_vm_error_t zirconia_vm_object_narrow(zirconia_vm_object_t *object, uint32_t rights,
					      zirconia_vm_object_t *out_object);

#define ZIRCONIA_VM_TO_STATIC(object, out) \
	zirconia_vm_object_narrow((object), ZIRCONIA_VM_STATIC_RIGHTS(out), &(out)->dynamic)
#define ZIRCONIA_VM_TO_DYN(s, out) \
	zirconia_vm_object_narrow(&(s)->dynamic, ZIRCONIA_VM_STATIC_RIGHTS(s), (out))
#define ZIRCONIA_VM_RESTRICT(s, out)                                              \
	(ZIRCONIA_VM_SUBSET_(s, out),                                             \
	 zirconia_vm_object_narrow(&(s)->dynamic, ZIRCONIA_VM_STATIC_RIGHTS(out), \
				   &(out)->dynamic))
#define ZIRCONIA_VM_DUP(s, out)                                    \
	(ZIRCONIA_VM_SUBSET_(s, out), ZIRCONIA_VM_SUBSET_(out, s), \
	 zirconia_vm_object_dup(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_DUP), &(out)->dynamic))
#define ZIRCONIA_VM_DONE(s) zirconia_vm_object_done(&(s)->dynamic)

#define ZIRCONIA_VM_SIZE(s) zirconia_vm_object_size(&(s)->dynamic)
#define ZIRCONIA_VM_FLAGS(s) zirconia_vm_object_flags(&(s)->dynamic)
#define ZIRCONIA_VM_COMMIT_ON(s, index, flags, out_page)                                      \
	zirconia_vm_object_commit_on(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), (index), \
				     (flags), (out_page))
#define ZIRCONIA_VM_TRY_COMMIT_PAGE(s, offset, out_page)                                   \
	zirconia_vm_object_try_commit_page(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), \
					   (offset), (out_page))
#define ZIRCONIA_VM_TRY_OPERATE_ON_RANGE(s, start, end, operation, arg)                         \
	zirconia_vm_object_try_operate_on_range(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), \
						(start), (end), (operation), (arg))
#define ZIRCONIA_VM_READ(s, offset, writer) \
	zirconia_vm_object_read(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_READ), (offset), (writer))
#define ZIRCONIA_VM_WRITE(s, offset, reader) \
	zirconia_vm_object_write(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), (offset), (reader))
#define ZIRCONIA_VM_CLEAR(s, start, end) \
	zirconia_vm_object_clear(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), (start), (end))
#define ZIRCONIA_VM_FILL_ZEROS(s, offset, len)                                                  \
	zirconia_vm_object_fill_zeros(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), (offset), \
				      (len))
#define ZIRCONIA_VM_DECOMMIT(s, start, end) \
	zirconia_vm_object_decommit(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), (start), (end))
#define ZIRCONIA_VM_RESIZE(s, new_size) \
	zirconia_vm_object_resize(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), (new_size))
#define ZIRCONIA_VM_REPLACE(s, page, index) \
	zirconia_vm_object_replace(ZIRCONIA_VM_NEEDS_(s, ZIRCONIA_VM_RIGHT_WRITE), (page), (index))

__END_CDECLS

#endif
