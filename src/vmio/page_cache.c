/*
 * The page cache of zirconia/page_cache.h: the pager of its object.
 *
 * Content is in the object; only pages that were read ahead are held here until the object asks for
 * them. What is modified is known twice: the state DIRTY is what the object told, and the object
 * knows what really was written. The latter decides about writing.
 *
 * The lock guards everything but the object. It is held neither while the backend is called nor
 * while the object is.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <zirconia/inject.h>
#include <zirconia/page_cache.h>

#include "vmio/wait.h"

#define PAGE ((size_t)ZX_PAGE_SIZE)

enum { FIRST_WINDOW = 4, LARGEST_WINDOW = 32 };

struct zirconia_page_io {
	zirconia_page_cache_t *cache;
	struct batch *batch;
	size_t index;
	void *page;
	zirconia_vm_error_t error;
};

/* Transfers that are waited for together. */
struct batch {
	size_t n;
	size_t pending;
	struct zirconia_page_io ios[LARGEST_WINDOW];
};

struct entry {
	zirconia_page_state_t state;
	void *content; /* read ahead, and not yet asked for */
};

struct zirconia_page_cache {
	zirconia_vm_object_t object;
	const zirconia_page_backend_ops_t *ops;
	void *backend;

	/*
	 * Outside of the lock: one of resize, evict_range and discard_range at a time, so that a
	 * page does not leave, and is not written by two, while it is being written.
	 */
	pthread_mutex_t ranges;
	pthread_mutex_t lock;
	pthread_cond_t moved; /* a transfer, or a call of the backend, is over */
	bool forgotten;
	size_t calls;          /* of the backend, under way */
	struct entry *entries; /* by page index */
	size_t n_entries;

	/* Reading ahead: the window that was read last, or is being read. */
	struct batch ahead; /* n > 0: not collected yet */
	size_t previous;    /* page that was asked for last; SIZE_MAX: none */
	size_t window_start, window_end;
};

/* ---- the table */

static struct entry *entry_locked(zirconia_page_cache_t *c, size_t index)
{
	return index < c->n_entries ? &c->entries[index] : NULL;
}

static zirconia_page_state_t state_locked(zirconia_page_cache_t *c, size_t index)
{
	const struct entry *e = entry_locked(c, index);

	return e == NULL ? ZIRCONIA_PAGE_ABSENT : e->state;
}

static bool set_locked(zirconia_page_cache_t *c, size_t index, zirconia_page_state_t state)
{
	size_t n = c->n_entries == 0 ? 64 : c->n_entries;
	struct entry *entries;

	if (index >= c->n_entries) {
		while (n <= index)
			n *= 2;
		entries = zirconia_inject_here("alloc.page_cache") != ZX_OK ?
				  NULL :
				  calloc(n, sizeof(*entries));
		if (entries == NULL)
			return false;
		if (c->n_entries > 0)
			memcpy(entries, c->entries, c->n_entries * sizeof(*entries));
		free(c->entries);
		c->entries = entries;
		c->n_entries = n;
	}
	c->entries[index].state = state;
	return true;
}

static void remove_locked(zirconia_page_cache_t *c, size_t index)
{
	struct entry *e = entry_locked(c, index);

	if (e == NULL)
		return;
	free(e->content);
	*e = (struct entry){ZIRCONIA_PAGE_ABSENT, NULL};
}

/* ---- the backend */

/* False: there is none any more. Between the two the backend stays. */
static bool enter_locked(zirconia_page_cache_t *c)
{
	if (c->forgotten)
		return false;
	c->calls++;
	return true;
}

static void leave_locked(zirconia_page_cache_t *c)
{
	if (--c->calls == 0)
		pthread_cond_broadcast(&c->moved);
}

static size_t npages(zirconia_page_cache_t *c)
{
	size_t n = 0;
	bool there;

	pthread_mutex_lock(&c->lock);
	there = enter_locked(c);
	pthread_mutex_unlock(&c->lock);
	if (there) {
		n = c->ops->npages(c->backend);
		pthread_mutex_lock(&c->lock);
		leave_locked(c);
		pthread_mutex_unlock(&c->lock);
	}
	return n;
}

void zirconia_page_io_done(zirconia_page_io_t *io, zirconia_vm_error_t error)
{
	zirconia_page_cache_t *c = io->cache;

	pthread_mutex_lock(&c->lock);
	io->error = error;
	if (--io->batch->pending == 0)
		pthread_cond_broadcast(&c->moved);
	leave_locked(c);
	pthread_mutex_unlock(&c->lock);
}

static void add(struct batch *b, size_t index, void *page)
{
	b->ios[b->n++] = (struct zirconia_page_io){.index = index, .page = page};
	b->pending = b->n;
}

/* Starts the transfers of a batch. Each of them counts as a call of the backend until it is over. */
static void start(zirconia_page_cache_t *c, struct batch *b, bool write)
{
	const size_t n = b->n;

	for (size_t i = 0; i < n; i++) {
		b->ios[i].cache = c;
		b->ios[i].batch = b;
	}
	/* When the last one has started, the batch may be over and gone. */
	for (size_t i = 0; i < n; i++) {
		zirconia_page_io_t *io = &b->ios[i];
		zirconia_vm_error_t err = ZIRCONIA_VM_IO_ERROR;
		bool there;

		pthread_mutex_lock(&c->lock);
		there = enter_locked(c);
		if (!there)
			c->calls++; /* for zirconia_page_io_done */
		pthread_mutex_unlock(&c->lock);
		if (there)
			err = write ? c->ops->write_page(c->backend, io->index, io->page, io) :
				      c->ops->read_page(c->backend, io->index, io->page, io);
		if (err != ZIRCONIA_VM_OK)
			zirconia_page_io_done(io, err);
	}
}

/* Waits for a batch; an error of any is IO_ERROR. */
static zirconia_vm_error_t finish(zirconia_page_cache_t *c, struct batch *b)
{
	zirconia_vm_error_t err = ZIRCONIA_VM_OK;

	pthread_mutex_lock(&c->lock);
	while (b->pending > 0)
		zi_vmio_wait(&c->moved, &c->lock);
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < b->n; i++)
		if (b->ios[i].error != ZIRCONIA_VM_OK)
			err = ZIRCONIA_VM_IO_ERROR;
	return err;
}

static zirconia_vm_error_t transfer(zirconia_page_cache_t *c, size_t index, void *page, bool write)
{
	struct batch b = {.n = 0};

	add(&b, index, page);
	start(c, &b, write);
	return finish(c, &b);
}

/* ---- reading ahead */

/* Takes what was read. Pages that could not be are asked for again when they are needed. */
static void collect_locked(zirconia_page_cache_t *c)
{
	struct batch *b = &c->ahead;

	if (b->n == 0 || b->pending > 0)
		return;
	for (size_t i = 0; i < b->n; i++) {
		struct entry *e = entry_locked(c, b->ios[i].index);

		if (b->ios[i].error == ZIRCONIA_VM_OK) {
			e->state = ZIRCONIA_PAGE_UP_TO_DATE;
			e->content = b->ios[i].page;
		} else {
			free(b->ios[i].page);
			e->state = ZIRCONIA_PAGE_ABSENT;
		}
	}
	b->n = 0;
}

static void wait_for_ahead_locked(zirconia_page_cache_t *c)
{
	while (c->ahead.pending > 0)
		zi_vmio_wait(&c->moved, &c->lock);
	collect_locked(c);
}

/* The pages to read ahead after page `index`, of `n` that there are; made entries of. */
static void plan_locked(zirconia_page_cache_t *c, size_t index, size_t n)
{
	const bool sequential =
		c->previous != SIZE_MAX && (index == c->previous || index == c->previous + 1);
	size_t len = FIRST_WINDOW;

	c->previous = index;
	if (!sequential) {
		c->window_start = c->window_end = 0;
		return;
	}
	/* The next window is read when the last one is reached. */
	if (index < c->window_start || c->ahead.n > 0)
		return;
	if (c->window_end > index) {
		len = 2 * (c->window_end - c->window_start);
		c->window_start = c->window_end;
	} else {
		c->window_start = index + 1;
	}
	c->window_end = c->window_start + (len < LARGEST_WINDOW ? len : LARGEST_WINDOW);
	c->ahead.pending = 0;
	for (size_t i = c->window_start; i < c->window_end && i < n; i++) {
		void *page;

		if (state_locked(c, i) != ZIRCONIA_PAGE_ABSENT)
			continue;
		page = zirconia_inject_here("alloc.page_cache") != ZX_OK ? NULL : malloc(PAGE);
		if (page == NULL || !set_locked(c, i, ZIRCONIA_PAGE_UNINIT)) {
			free(page);
			return;
		}
		add(&c->ahead, i, page);
	}
}

static void read_ahead(zirconia_page_cache_t *c, size_t index, size_t n)
{
	bool go;

	pthread_mutex_lock(&c->lock);
	go = c->ahead.n == 0;
	plan_locked(c, index, n);
	go = go && c->ahead.n > 0;
	pthread_mutex_unlock(&c->lock);
	if (go)
		start(c, &c->ahead, false);
}

/* ---- the pager */

static bool is_ahead_locked(const zirconia_page_cache_t *c, size_t index)
{
	for (size_t i = 0; i < c->ahead.n; i++)
		if (c->ahead.ios[i].index == index)
			return true;
	return false;
}

/* Gives what was read ahead; false when it was not, and the lock is held in either case. */
static bool take_ahead_locked(zirconia_page_cache_t *c, size_t index, void *page)
{
	struct entry *e;

	collect_locked(c);
	if (is_ahead_locked(c, index))
		wait_for_ahead_locked(c);
	e = entry_locked(c, index);
	if (e == NULL || e->content == NULL)
		return false;
	memcpy(page, e->content, PAGE);
	free(e->content);
	e->content = NULL;
	return true;
}

static zirconia_vm_error_t commit_page(void *pager, size_t index, void *page)
{
	zirconia_page_cache_t *c = pager;
	const size_t n = npages(c);
	zirconia_vm_error_t err = ZIRCONIA_VM_OK;
	bool taken;

	pthread_mutex_lock(&c->lock);
	taken = take_ahead_locked(c, index, page);
	pthread_mutex_unlock(&c->lock);
	/* Also a page that is in the table: the object lost it, so it was clean. */
	if (!taken && index < n)
		err = transfer(c, index, page, false);
	if (err != ZIRCONIA_VM_OK)
		return err;
	pthread_mutex_lock(&c->lock);
	if (state_locked(c, index) != ZIRCONIA_PAGE_DIRTY &&
	    !set_locked(c, index, ZIRCONIA_PAGE_UP_TO_DATE))
		err = ZIRCONIA_VM_NO_MEMORY;
	pthread_mutex_unlock(&c->lock);
	if (err == ZIRCONIA_VM_OK)
		read_ahead(c, index, n);
	return err;
}

static zirconia_vm_error_t commit_overwrite(void *pager, size_t index, void *page)
{
	zirconia_page_cache_t *c = pager;
	zirconia_vm_error_t err = ZIRCONIA_VM_OK;

	pthread_mutex_lock(&c->lock);
	if (!take_ahead_locked(c, index, page) && state_locked(c, index) == ZIRCONIA_PAGE_ABSENT &&
	    !set_locked(c, index, ZIRCONIA_PAGE_UNINIT))
		err = ZIRCONIA_VM_NO_MEMORY;
	pthread_mutex_unlock(&c->lock);
	return err;
}

static zirconia_vm_error_t update_page(void *pager, size_t index)
{
	zirconia_page_cache_t *c = pager;

	pthread_mutex_lock(&c->lock);
	if (state_locked(c, index) != ZIRCONIA_PAGE_ABSENT)
		(void)set_locked(c, index, ZIRCONIA_PAGE_DIRTY);
	pthread_mutex_unlock(&c->lock);
	return ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t decommit_page(void *pager, size_t index, const void *page)
{
	zirconia_page_cache_t *c = pager;
	const size_t n = npages(c);
	bool was_there;

	pthread_mutex_lock(&c->lock);
	was_there = state_locked(c, index) != ZIRCONIA_PAGE_ABSENT;
	remove_locked(c, index);
	pthread_mutex_unlock(&c->lock);
	if (!was_there || page == NULL || index >= n)
		return ZIRCONIA_VM_OK;
	/* It is only read from. */
	return transfer(c, index, (void *)(uintptr_t)page, true);
}

static const zirconia_vm_pager_ops_t pager_ops = {commit_page, commit_overwrite, update_page,
						  decommit_page};

/* ---- beginning and end */

zirconia_vm_error_t zirconia_page_cache_create(const zirconia_page_backend_ops_t *ops,
					       void *backend, size_t size,
					       zirconia_page_cache_t **out_cache)
{
	zirconia_page_cache_t *c =
		zirconia_inject_here("alloc.page_cache") != ZX_OK ? NULL : calloc(1, sizeof(*c));
	const zirconia_vm_object_options_t options = {
		size, ZIRCONIA_VM_RESIZABLE, {&pager_ops, c}, ZX_HANDLE_INVALID};
	zirconia_vm_error_t err;

	if (c == NULL)
		return ZIRCONIA_VM_NO_MEMORY;
	c->ops = ops;
	c->backend = backend;
	c->previous = SIZE_MAX;
	pthread_mutex_init(&c->ranges, NULL);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->moved, NULL);
	err = zirconia_vm_object_alloc(&options, &c->object);
	if (err == ZIRCONIA_VM_OK) {
		*out_cache = c;
	} else {
		pthread_cond_destroy(&c->moved);
		pthread_mutex_destroy(&c->lock);
		pthread_mutex_destroy(&c->ranges);
		free(c);
	}
	return err;
}

zirconia_vm_error_t zirconia_page_cache_destroy(zirconia_page_cache_t *cache)
{
	zirconia_vm_error_t err;

	if (cache == NULL)
		return ZIRCONIA_VM_OK;
	err = zirconia_page_cache_resize(cache, 0);
	zirconia_vm_object_done(&cache->object);
	zirconia_page_cache_forget_backend(cache);
	for (size_t i = 0; i < cache->n_entries; i++)
		free(cache->entries[i].content);
	free(cache->entries);
	pthread_cond_destroy(&cache->moved);
	pthread_mutex_destroy(&cache->lock);
	pthread_mutex_destroy(&cache->ranges);
	free(cache);
	return err;
}

void zirconia_page_cache_forget_backend(zirconia_page_cache_t *cache)
{
	pthread_mutex_lock(&cache->lock);
	cache->forgotten = true;
	while (cache->calls > 0)
		zi_vmio_wait(&cache->moved, &cache->lock);
	collect_locked(cache);
	pthread_mutex_unlock(&cache->lock);
}

zirconia_vm_object_t *zirconia_page_cache_object(zirconia_page_cache_t *cache)
{
	return &cache->object;
}

zirconia_page_state_t zirconia_page_cache_state(zirconia_page_cache_t *cache, size_t index)
{
	zirconia_page_state_t state;

	pthread_mutex_lock(&cache->lock);
	collect_locked(cache);
	state = state_locked(cache, index);
	pthread_mutex_unlock(&cache->lock);
	return state;
}

/* ---- ranges */

/*
 * Forgets pages [first, end). Those that were only read ahead are nowhere else; those of the object
 * are not written any more when they leave it.
 */
static void remove_range(zirconia_page_cache_t *c, size_t first, size_t end)
{
	pthread_mutex_lock(&c->lock);
	wait_for_ahead_locked(c);
	for (size_t i = first; i < end && i < c->n_entries; i++)
		remove_locked(c, i);
	c->previous = SIZE_MAX;
	pthread_mutex_unlock(&c->lock);
}

zirconia_vm_error_t zirconia_page_cache_resize(zirconia_page_cache_t *cache, size_t new_size)
{
	const size_t rest = new_size % PAGE == 0 ? 0 : PAGE - new_size % PAGE;
	zirconia_vm_error_t err = ZIRCONIA_VM_OK;
	size_t old_size;

	pthread_mutex_lock(&cache->ranges);
	old_size = zirconia_vm_object_size(&cache->object);
	if (new_size < old_size && rest > 0)
		err = zirconia_vm_object_clear(&cache->object, new_size, new_size + rest);
	if (err == ZIRCONIA_VM_OK)
		err = zirconia_vm_object_resize(&cache->object, new_size);
	if (new_size < old_size)
		remove_range(cache, zirconia_vm_object_size(&cache->object) / PAGE, SIZE_MAX);
	pthread_mutex_unlock(&cache->ranges);
	return err;
}

zirconia_vm_error_t zirconia_page_cache_fill_zeros(zirconia_page_cache_t *cache, size_t start,
						   size_t end)
{
	return zirconia_vm_object_clear(&cache->object, start, end);
}

/* The range in pages, within the object. */
static void clip(zirconia_page_cache_t *c, size_t *start, size_t *end)
{
	const size_t size = zirconia_vm_object_size(&c->object);
	size_t first, behind;

	if (*end > size)
		*end = size;
	if (*start > *end)
		*start = *end;
	zirconia_vm_page_idx_range(*start, *end, &first, &behind);
	*start = first * PAGE;
	*end = behind * PAGE;
}

zirconia_vm_error_t zirconia_page_cache_discard_range(zirconia_page_cache_t *cache, size_t start,
						      size_t end)
{
	zirconia_vm_error_t err;

	pthread_mutex_lock(&cache->ranges);
	clip(cache, &start, &end);
	remove_range(cache, start / PAGE, end / PAGE);
	err = zirconia_vm_object_decommit(&cache->object, start, end);
	pthread_mutex_unlock(&cache->ranges);
	return err;
}

/* Pages that are being written back by one call. */
struct writeback {
	zirconia_page_cache_t *cache;
	size_t npages;
	size_t *indices;
	size_t n, room;
	uint8_t *buffer; /* LARGEST_WINDOW pages */
	struct batch batch;
};

static zirconia_vm_error_t write_batch(struct writeback *w)
{
	zirconia_vm_error_t err = ZIRCONIA_VM_OK;

	if (w->batch.n > 0) {
		start(w->cache, &w->batch, true);
		err = finish(w->cache, &w->batch);
	}
	w->batch.n = 0;
	return err;
}

static zirconia_vm_error_t remember(struct writeback *w, size_t index)
{
	size_t *indices;

	if (w->n == w->room) {
		w->room = w->room == 0 ? 64 : 2 * w->room;
		indices = realloc(w->indices, w->room * sizeof(*indices));
		if (indices == NULL)
			return ZIRCONIA_VM_NO_MEMORY;
		w->indices = indices;
	}
	w->indices[w->n++] = index;
	return ZIRCONIA_VM_OK;
}

/* Takes the content of a modified page. Who modifies it from now on says so again. */
static zirconia_vm_error_t take(struct writeback *w, size_t index)
{
	zirconia_page_cache_t *c = w->cache;
	uint8_t *page = w->buffer + w->batch.n * PAGE;
	zirconia_vm_writer_fallible_t to =
		zirconia_vm_writer_to_fallible(zirconia_vm_writer_from(page, PAGE));
	zirconia_vm_error_t err;

	err = remember(w, index);
	if (err != ZIRCONIA_VM_OK)
		return err;
	pthread_mutex_lock(&c->lock);
	(void)set_locked(c, index, ZIRCONIA_PAGE_UP_TO_DATE);
	pthread_mutex_unlock(&c->lock);
	err = zirconia_vm_object_writeback_begin(&c->object, index * PAGE, (index + 1) * PAGE);
	if (err == ZIRCONIA_VM_OK)
		err = zirconia_vm_object_read(&c->object, index * PAGE, &to).error;
	if (err != ZIRCONIA_VM_OK)
		return err;
	add(&w->batch, index, page);
	return w->batch.n == LARGEST_WINDOW ? write_batch(w) : ZIRCONIA_VM_OK;
}

static zirconia_vm_error_t write_range(struct writeback *w, size_t at, size_t end)
{
	zirconia_page_cache_t *c = w->cache;
	zirconia_vm_error_t err;
	size_t start, behind;

	for (; at < end; at = behind) {
		err = zirconia_vm_object_next_modified(&c->object, at, end, &start, &behind);
		if (err != ZIRCONIA_VM_OK)
			return err;
		for (size_t i = start / PAGE; i < behind / PAGE && i < w->npages; i++) {
			err = take(w, i);
			if (err != ZIRCONIA_VM_OK)
				return err;
		}
	}
	return write_batch(w);
}

zirconia_vm_error_t zirconia_page_cache_evict_range(zirconia_page_cache_t *cache, size_t start,
						    size_t end)
{
	struct writeback w = {.cache = cache, .npages = npages(cache)};
	zirconia_vm_error_t err = ZIRCONIA_VM_NO_MEMORY;

	pthread_mutex_lock(&cache->ranges);
	clip(cache, &start, &end);
	w.buffer = zirconia_inject_here("alloc.page_cache") != ZX_OK ?
			   NULL :
			   malloc(LARGEST_WINDOW * PAGE);
	if (w.buffer != NULL)
		err = write_range(&w, start, end);
	for (size_t i = 0; i < w.n; i++) {
		if (err == ZIRCONIA_VM_OK) {
			(void)zirconia_vm_object_writeback_end(&cache->object, w.indices[i] * PAGE,
							       (w.indices[i] + 1) * PAGE);
		} else {
			pthread_mutex_lock(&cache->lock);
			if (state_locked(cache, w.indices[i]) != ZIRCONIA_PAGE_ABSENT)
				(void)set_locked(cache, w.indices[i], ZIRCONIA_PAGE_DIRTY);
			pthread_mutex_unlock(&cache->lock);
		}
	}
	pthread_mutex_unlock(&cache->ranges);
	free(w.buffer);
	free(w.indices);
	return err;
}
