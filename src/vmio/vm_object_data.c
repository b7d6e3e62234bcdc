/* Ranges of zirconia/vm_object.h: operations page by page, and what is made of them. */
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "vmio/vm_object_i.h"

static const zirconia_vm_commit_t done = {ZIRCONIA_VM_OK, false, 0};

static zirconia_vm_commit_t failed(zirconia_vm_error_t err)
{
	return (zirconia_vm_commit_t){err, false, 0};
}

static bool is_done(zirconia_vm_commit_t c)
{
	return c.error == ZIRCONIA_VM_OK && !c.need_io;
}

static size_t page_ceil(size_t bytes)
{
	return bytes / ZI_VM_PAGE + (bytes % ZI_VM_PAGE != 0);
}

void zirconia_vm_page_idx_range(size_t start, size_t end, size_t *out_first, size_t *out_end)
{
	*out_first = start / ZI_VM_PAGE;
	*out_end = page_ceil(end);
}

/* ---- one page */

static zirconia_vm_count_t nothing(zirconia_vm_error_t err)
{
	return (zirconia_vm_count_t){0, err};
}

static zx_status_t get(struct zirconia_vm_pages *p, uint64_t offset, void *to, size_t n)
{
	zx_status_t st;

	pthread_rwlock_rdlock(&p->using);
	st = zx_vmo_read(p->vmo, to, offset, n);
	pthread_rwlock_unlock(&p->using);
	return st;
}

/* The copy is tried directly; when it fails, a buffer between tells which side did. */
zirconia_vm_count_t zirconia_vm_page_read(const zirconia_vm_page_t *page, size_t in_page,
					  zirconia_vm_writer_fallible_t *writer)
{
	const size_t there = in_page < ZI_VM_PAGE ? ZI_VM_PAGE - in_page : 0;
	const size_t room = zirconia_vm_writer_fallible_avail(writer);
	const size_t n = there < room ? there : room;
	const uint64_t offset = page->index * ZI_VM_PAGE + in_page;
	uint8_t buf[ZX_PAGE_SIZE];
	zirconia_vm_reader_t between = zirconia_vm_reader_from(buf, n);
	zx_status_t st;

	if (n == 0)
		return nothing(ZIRCONIA_VM_OK);
	if (get(page->pages, offset, writer->cursor, n) == ZX_OK) {
		zirconia_vm_writer_fallible_skip(writer, n);
		return (zirconia_vm_count_t){n, ZIRCONIA_VM_OK};
	}
	st = get(page->pages, offset, buf, n);
	if (st != ZX_OK)
		return nothing(zirconia_vm_error_from_status(st));
	return zirconia_vm_read_to_fallible(&between, writer);
}

zirconia_vm_error_t zi_vm_put(struct zirconia_vm_pages *p, uint64_t offset, const void *bytes,
			      size_t n)
{
	zx_status_t st;

	if (n == 0)
		return ZIRCONIA_VM_OK;
	pthread_rwlock_rdlock(&p->using);
	if (p->pager.ops != NULL)
		(void)zx_pager_op_range(p->zx_pager, ZX_PAGER_OP_DIRTY, p->vmo,
					offset & ~(uint64_t)(ZI_VM_PAGE - 1), ZI_VM_PAGE, 0);
	st = zx_vmo_write(p->vmo, bytes, offset, n);
	pthread_rwlock_unlock(&p->using);
	return zirconia_vm_error_from_status(st);
}

zirconia_vm_count_t zirconia_vm_page_write(const zirconia_vm_page_t *page, size_t in_page,
					   zirconia_vm_reader_fallible_t *reader)
{
	const size_t there = in_page < ZI_VM_PAGE ? ZI_VM_PAGE - in_page : 0;
	const uint8_t *start = reader->cursor;
	uint8_t buf[ZX_PAGE_SIZE];
	zirconia_vm_writer_t between = zirconia_vm_writer_from(buf, there);
	zirconia_vm_count_t got = zirconia_vm_read_from_fallible(reader, &between);
	const zirconia_vm_error_t err =
		zi_vm_put(page->pages, page->index * ZI_VM_PAGE + in_page, buf, got.count);

	if (err == ZIRCONIA_VM_OK)
		return got;
	reader->cursor = start;
	return nothing(err);
}

/* ---- committing */

zirconia_vm_error_t zirconia_vm_object_commit_on(const zirconia_vm_object_t *object, size_t index,
						 uint32_t flags, zirconia_vm_page_t *out_page)
{
	zirconia_vm_error_t err;

	err = zirconia_vm_object_check_rights(object, ZIRCONIA_VM_RIGHT_WRITE);
	if (err == ZIRCONIA_VM_OK && (flags & ~ZIRCONIA_VM_WILL_OVERWRITE) != 0)
		err = ZIRCONIA_VM_INVALID_ARGS;
	if (err == ZIRCONIA_VM_OK)
		err = zi_vm_commit(object->pages, index, flags, false);
	if (err == ZIRCONIA_VM_OK)
		*out_page = (zirconia_vm_page_t){object->pages, index};
	return err;
}

zirconia_vm_commit_t zirconia_vm_object_try_commit_page(const zirconia_vm_object_t *object,
							size_t offset, zirconia_vm_page_t *out_page)
{
	const size_t index = offset / ZI_VM_PAGE;
	zirconia_vm_commit_t c;

	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return failed(ZIRCONIA_VM_ACCESS_DENIED);
	if (offset >= atomic_load(&object->pages->size))
		return failed(ZIRCONIA_VM_INVALID_ARGS);
	c = zi_vm_try_commit(object->pages, index);
	if (is_done(c))
		*out_page = (zirconia_vm_page_t){object->pages, index};
	return c;
}

struct zirconia_vm_committer {
	zirconia_vm_page_t at;
};

zirconia_vm_commit_t zirconia_vm_commit_here(zirconia_vm_committer_t *committer,
					     zirconia_vm_page_t *out_page)
{
	const zirconia_vm_commit_t c = zi_vm_try_commit(committer->at.pages, committer->at.index);

	if (is_done(c))
		*out_page = committer->at;
	return c;
}

static zirconia_vm_commit_t try_operate(struct zirconia_vm_pages *p, size_t start, size_t end,
					zirconia_vm_operation_t operation, void *arg)
{
	zirconia_vm_commit_t c = done;
	size_t first, behind;

	if (end > atomic_load(&p->size))
		return failed(ZIRCONIA_VM_INVALID_ARGS);
	zirconia_vm_page_idx_range(start, end, &first, &behind);
	for (size_t i = first; is_done(c) && i < behind; i++) {
		zirconia_vm_committer_t committer = {{p, i}};

		c = operation(arg, &committer);
	}
	return c;
}

static zirconia_vm_error_t operate(struct zirconia_vm_pages *p, size_t start, size_t end,
				   zirconia_vm_operation_t operation, void *arg, uint32_t flags)
{
	for (;;) {
		const zirconia_vm_commit_t c = try_operate(p, start, end, operation, arg);
		zirconia_vm_error_t err;

		if (c.error != ZIRCONIA_VM_OK || !c.need_io)
			return c.error;
		err = zi_vm_commit(p, c.index, flags, false);
		if (err != ZIRCONIA_VM_OK)
			return err;
		start = c.index * ZI_VM_PAGE;
	}
}

zirconia_vm_commit_t zirconia_vm_object_try_operate_on_range(const zirconia_vm_object_t *object,
							     size_t start, size_t end,
							     zirconia_vm_operation_t operation,
							     void *arg)
{
	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return failed(ZIRCONIA_VM_ACCESS_DENIED);
	return try_operate(object->pages, start, end, operation, arg);
}

zirconia_vm_error_t zirconia_vm_object_operate_on_range(const zirconia_vm_object_t *object,
							size_t start, size_t end,
							zirconia_vm_operation_t operation,
							void *arg, uint32_t flags)
{
	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return ZIRCONIA_VM_ACCESS_DENIED;
	if ((flags & ~ZIRCONIA_VM_WILL_OVERWRITE) != 0)
		return ZIRCONIA_VM_INVALID_ARGS;
	return operate(object->pages, start, end, operation, arg, flags);
}

/* ---- reading and writing */

/* A transfer under way; the same for a page that it has to come back to. */
struct transfer {
	zirconia_vm_writer_fallible_t *writer;
	zirconia_vm_reader_fallible_t *reader;
	size_t in_page; /* of the page that is next */
	size_t count;   /* bytes done */
};

static zirconia_vm_commit_t read_here(void *arg, zirconia_vm_committer_t *committer)
{
	struct transfer *t = arg;
	zirconia_vm_count_t got;
	zirconia_vm_commit_t c;
	zirconia_vm_page_t page;

	c = zirconia_vm_commit_here(committer, &page);
	if (!is_done(c))
		return c;
	got = zirconia_vm_page_read(&page, t->in_page, t->writer);
	t->count += got.count;
	t->in_page = 0;
	return failed(got.error);
}

static zirconia_vm_commit_t write_here(void *arg, zirconia_vm_committer_t *committer)
{
	struct transfer *t = arg;
	zirconia_vm_count_t got;
	zirconia_vm_commit_t c;
	zirconia_vm_page_t page;

	c = zirconia_vm_commit_here(committer, &page);
	if (!is_done(c))
		return c;
	got = zirconia_vm_page_write(&page, t->in_page, t->reader);
	t->count += got.count;
	t->in_page = 0;
	return failed(got.error);
}

/*
 * A whole page. Its bytes are fetched before the page is committed, because a commit that is to be
 * overwritten and then is not would leave a page without its content.
 */
static zirconia_vm_commit_t overwrite_here(void *arg, zirconia_vm_committer_t *committer)
{
	struct transfer *t = arg;
	const uint8_t *start = t->reader->cursor;
	uint8_t buf[ZX_PAGE_SIZE];
	zirconia_vm_writer_t between = zirconia_vm_writer_from(buf, sizeof(buf));
	zirconia_vm_commit_t c;
	zirconia_vm_page_t page;

	c = failed(zirconia_vm_read_from_fallible(t->reader, &between).error);
	if (is_done(c))
		c = zirconia_vm_commit_here(committer, &page);
	if (is_done(c))
		c = failed(zi_vm_put(page.pages, page.index * ZI_VM_PAGE, buf, sizeof(buf)));
	if (is_done(c))
		t->count += sizeof(buf);
	else
		t->reader->cursor = start;
	return c;
}

zirconia_vm_count_t zirconia_vm_object_read(const zirconia_vm_object_t *object, size_t offset,
					    zirconia_vm_writer_fallible_t *writer)
{
	const size_t size = zirconia_vm_object_size(object);
	const size_t room = zirconia_vm_writer_fallible_avail(writer);
	const size_t there = offset < size ? size - offset : 0;
	struct transfer t = {writer, NULL, offset % ZI_VM_PAGE, 0};
	zirconia_vm_error_t err;

	err = zirconia_vm_object_check_rights(object, ZIRCONIA_VM_RIGHT_READ);
	if (err == ZIRCONIA_VM_OK)
		err = operate(object->pages, offset, offset + (room < there ? room : there),
			      read_here, &t, 0);
	return (zirconia_vm_count_t){t.count, err};
}

/* The whole pages of a write, and the part of one whose rest the reader could not give. */
static zirconia_vm_error_t write_middle(struct zirconia_vm_pages *p, size_t start, size_t end,
					struct transfer *t)
{
	const size_t before = t->count;
	zirconia_vm_error_t err;

	err = operate(p, start, end, overwrite_here, t, ZIRCONIA_VM_WILL_OVERWRITE);
	if (err == ZIRCONIA_VM_PAGE_FAULT) {
		start += t->count - before;
		err = operate(p, start, start + ZI_VM_PAGE, write_here, t, 0);
	}
	return err;
}

zirconia_vm_count_t zirconia_vm_object_write(const zirconia_vm_object_t *object, size_t offset,
					     zirconia_vm_reader_fallible_t *reader)
{
	struct zirconia_vm_pages *p = object->pages;
	const size_t len = zirconia_vm_reader_fallible_remain(reader);
	struct transfer t = {NULL, reader, offset % ZI_VM_PAGE, 0};
	zirconia_vm_error_t err, told = ZIRCONIA_VM_OK;
	size_t end, head, tail;

	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return nothing(ZIRCONIA_VM_ACCESS_DENIED);
	if (__builtin_add_overflow(offset, len, &end))
		return nothing(ZIRCONIA_VM_OVERFLOW);
	if (end > atomic_load(&p->size))
		return nothing(ZIRCONIA_VM_INVALID_ARGS);
	if (len < ZI_VM_PAGE) {
		err = operate(p, offset, end, write_here, &t, 0);
	} else {
		/* A size is a multiple of the page size: rounding up does not wrap. */
		head = page_ceil(offset) * ZI_VM_PAGE;
		tail = end - end % ZI_VM_PAGE;
		err = head == offset ? ZIRCONIA_VM_OK : operate(p, offset, head, write_here, &t, 0);
		if (err == ZIRCONIA_VM_OK && head < tail)
			err = write_middle(p, head, tail, &t);
		if (err == ZIRCONIA_VM_OK && tail < end)
			err = operate(p, tail, end, write_here, &t, 0);
	}
	if (p->pager.ops != NULL && t.count > 0) {
		size_t first, behind;

		zirconia_vm_page_idx_range(offset, offset + t.count, &first, &behind);
		for (size_t i = first; i < behind; i++) {
			const zirconia_vm_error_t e = p->pager.ops->update_page(p->pager.pager, i);

			if (told == ZIRCONIA_VM_OK)
				told = e;
		}
	}
	return (zirconia_vm_count_t){t.count, err != ZIRCONIA_VM_OK ? err : told};
}

zirconia_vm_count_t zirconia_vm_object_fill_zeros(const zirconia_vm_object_t *object, size_t offset,
						  size_t len)
{
	static const uint8_t zeros[16 * ZX_PAGE_SIZE];
	const size_t size = zirconia_vm_object_size(object);
	const size_t there = offset < size ? size - offset : 0;
	const size_t want = len < there ? len : there;
	zirconia_vm_count_t all = {0, ZIRCONIA_VM_OK};

	if ((object->rights & ZIRCONIA_VM_RIGHT_WRITE) == 0)
		return nothing(ZIRCONIA_VM_ACCESS_DENIED);
	while (all.error == ZIRCONIA_VM_OK && all.count < want) {
		/* Pieces end at page boundaries, so that every page is written once. */
		const size_t at = offset + all.count;
		const size_t most = sizeof(zeros) - at % ZI_VM_PAGE;
		const size_t n = want - all.count < most ? want - all.count : most;
		zirconia_vm_reader_fallible_t r =
			zirconia_vm_reader_to_fallible(zirconia_vm_reader_from(zeros, n));
		const zirconia_vm_count_t piece = zirconia_vm_object_write(object, at, &r);

		all.count += piece.count;
		all.error = piece.error;
	}
	if (all.error == ZIRCONIA_VM_OK && (want < len || offset > size))
		all.error = ZIRCONIA_VM_INVALID_ARGS;
	return all;
}

zirconia_vm_error_t zirconia_vm_object_clear(const zirconia_vm_object_t *object, size_t start,
					     size_t end)
{
	zirconia_vm_error_t err;

	if (end < start)
		zirconia_vm_misuse("a range to be cleared ends before it starts");
	err = zirconia_vm_object_check_rights(object, ZIRCONIA_VM_RIGHT_WRITE);
	if (err == ZIRCONIA_VM_OK && end > zirconia_vm_object_size(object))
		err = ZIRCONIA_VM_INVALID_ARGS;
	return err != ZIRCONIA_VM_OK ?
		       err :
		       zirconia_vm_object_fill_zeros(object, start, end - start).error;
}
