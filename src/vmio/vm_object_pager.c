/* Pages of zirconia/vm_object.h on their way between the object and its pager. */
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#include "vmio/vm_object_i.h"
#include "vmio/wait.h"
#include <zirconia/inject.h>

static enum zi_vm_state state_locked(const struct zirconia_vm_pages *p, size_t index)
{
	return index < p->n_states ? (enum zi_vm_state)p->states[index] : ZI_VM_ABSENT;
}

/* The page has a place in the table already. Wakes whoever waits for a state that ends here. */
static void set_state_locked(struct zirconia_vm_pages *p, size_t index, enum zi_vm_state state)
{
	p->states[index] = (uint8_t)state;
	if (state == ZI_VM_ABSENT || state == ZI_VM_PRESENT)
		pthread_cond_broadcast(&p->moved);
}

static bool make_room_locked(struct zirconia_vm_pages *p, size_t index)
{
	size_t n = p->n_states == 0 ? 64 : p->n_states;
	uint8_t *states;

	if (index < p->n_states)
		return true;
	while (n <= index)
		n *= 2;
	states = zirconia_inject_here("alloc.vm_object") != ZX_OK ? NULL : calloc(n, 1);
	if (states == NULL)
		return false;
	if (p->n_states > 0)
		memcpy(states, p->states, p->n_states);
	free(p->states);
	p->states = states;
	p->n_states = n;
	return true;
}

/* The state, once nobody is just changing it. */
static enum zi_vm_state settled_locked(struct zirconia_vm_pages *p, size_t index, bool *out_waited)
{
	enum zi_vm_state state;

	*out_waited = false;
	for (;;) {
		state = state_locked(p, index);
		if (state == ZI_VM_ABSENT || state == ZI_VM_PRESENT)
			return state;
		*out_waited = true;
		zi_vmio_wait(&p->moved, &p->lock);
	}
}

static bool inside(const struct zirconia_vm_pages *p, size_t index)
{
	return index < atomic_load(&p->size) / ZI_VM_PAGE;
}

/* ---- coming */

/* Pages that are there already stay as they are. */
static zirconia_vm_error_t supply(struct zirconia_vm_pages *p, size_t index, const void *page)
{
	zx_handle_t aux;
	zx_status_t st;

	st = zx_vmo_create(ZI_VM_PAGE, 0, &aux);
	if (st != ZX_OK)
		return zirconia_vm_error_from_status(st);
	/* Also zeros are written: what was never written would be supplied as no page at all. */
	st = zx_vmo_write(aux, page, 0, ZI_VM_PAGE);
	if (st == ZX_OK)
		st = zx_pager_supply_pages(p->zx_pager, p->vmo, index * ZI_VM_PAGE, ZI_VM_PAGE, aux,
					   0);
	(void)zx_handle_close(aux);
	return zirconia_vm_error_from_status(st);
}

zirconia_vm_error_t zi_vm_commit(struct zirconia_vm_pages *p, size_t index, uint32_t flags,
				 bool lost)
{
	const zirconia_vm_pager_ops_t *ops = p->pager.ops;
	_Alignas(64) uint8_t page[ZX_PAGE_SIZE];
	enum zi_vm_state before;
	zirconia_vm_error_t err;
	bool waited;

	if (ops == NULL) {
		if (!inside(p, index))
			return ZIRCONIA_VM_INVALID_ARGS;
		return zirconia_vm_error_from_status(zx_vmo_op_range(
			p->vmo, ZX_VMO_OP_COMMIT, index * ZI_VM_PAGE, ZI_VM_PAGE, NULL, 0));
	}
	pthread_mutex_lock(&p->lock);
	before = settled_locked(p, index, &waited);
	if (!inside(p, index)) {
		pthread_mutex_unlock(&p->lock);
		return ZIRCONIA_VM_INVALID_ARGS;
	}
	if (before == ZI_VM_PRESENT && (!lost || waited)) {
		pthread_mutex_unlock(&p->lock);
		return ZIRCONIA_VM_OK;
	}
	if (!make_room_locked(p, index)) {
		pthread_mutex_unlock(&p->lock);
		return ZIRCONIA_VM_NO_MEMORY;
	}
	set_state_locked(p, index, ZI_VM_COMMITTING);
	pthread_mutex_unlock(&p->lock);

	memset(page, 0, sizeof(page));
	if ((flags & ZI_VM_WITHOUT_PAGER) != 0)
		err = ZIRCONIA_VM_OK;
	else if ((flags & ZIRCONIA_VM_WILL_OVERWRITE) != 0)
		err = ops->commit_overwrite(p->pager.pager, index, page);
	else
		err = ops->commit_page(p->pager.pager, index, page);
	if (err == ZIRCONIA_VM_OK)
		err = supply(p, index, page);

	pthread_mutex_lock(&p->lock);
	set_state_locked(p, index, err == ZIRCONIA_VM_OK ? ZI_VM_PRESENT : before);
	pthread_mutex_unlock(&p->lock);
	return err;
}

zirconia_vm_commit_t zi_vm_try_commit(struct zirconia_vm_pages *p, size_t index)
{
	zirconia_vm_commit_t result = {ZIRCONIA_VM_OK, false, index};

	if (p->pager.ops == NULL) {
		result.error = zi_vm_commit(p, index, 0, false);
		return result;
	}
	pthread_mutex_lock(&p->lock);
	result.need_io = state_locked(p, index) != ZI_VM_PRESENT;
	pthread_mutex_unlock(&p->lock);
	return result;
}

/* ---- going */

/* A page that leaves, and what to tell the pager. */
struct leaving {
	size_t index;
	void *content; /* NULL: clean */
};

struct leavers {
	struct leaving *pages;
	size_t n;
};

/*
 * Takes the content of the modified pages of a run. A write that comes now waits for its page to be
 * made dirty again, which is refused, and starts over.
 */
static zx_status_t save_run_locked(struct zirconia_vm_pages *p, struct leaving *run, size_t n)
{
	const uint64_t start = run[0].index * ZI_VM_PAGE;
	const uint64_t end = start + n * ZI_VM_PAGE;
	uint64_t at = start;
	zx_status_t st;

	st = zx_pager_op_range(p->zx_pager, ZX_PAGER_OP_WRITEBACK_BEGIN, p->vmo, start, end - start,
			       0);
	while (st == ZX_OK && at < end) {
		zx_vmo_dirty_range_t dirty = {0, 0, 0};
		size_t actual = 0;

		st = zx_pager_query_dirty_ranges(p->zx_pager, p->vmo, at, end - at, &dirty,
						 sizeof(dirty), &actual, NULL);
		if (st != ZX_OK || actual == 0)
			break;
		at = dirty.offset + dirty.length;
		for (uint64_t off = dirty.offset; st == ZX_OK && off < at; off += ZI_VM_PAGE) {
			struct leaving *l = &run[(off - start) / ZI_VM_PAGE];

			l->content = zirconia_inject_here("alloc.vm_object") != ZX_OK ?
					     NULL :
					     malloc(ZI_VM_PAGE);
			if (l->content == NULL)
				return ZX_ERR_NO_MEMORY;
			/* Modified pages are never evicted: this does not wait for the pager. */
			st = zx_vmo_read(p->vmo, l->content, off, ZI_VM_PAGE);
		}
	}
	return st;
}

zx_status_t zi_vm_forget_zeros(struct zirconia_vm_pages *p, uint64_t offset, uint64_t len)
{
	zx_status_t st;

	st = zx_pager_op_range(p->zx_pager, ZX_PAGER_OP_WRITEBACK_BEGIN, p->vmo, offset, len, 0);
	if (st == ZX_OK)
		st = zx_pager_op_range(p->zx_pager, ZX_PAGER_OP_WRITEBACK_END, p->vmo, offset, len,
				       0);
	return st;
}

/* Calls fn for each run of pages without gaps, until it fails. */
static zx_status_t each_run_locked(struct zirconia_vm_pages *p, struct leavers *l,
				   zx_status_t (*fn)(struct zirconia_vm_pages *p,
						     struct leaving *run, size_t n))
{
	zx_status_t st = ZX_OK;
	size_t n;

	for (size_t i = 0; st == ZX_OK && i < l->n; i += n) {
		for (n = 1; i + n < l->n && l->pages[i + n].index == l->pages[i].index + n; n++)
			;
		st = fn(p, &l->pages[i], n);
	}
	return st;
}

static zx_status_t empty_run_locked(struct zirconia_vm_pages *p, struct leaving *run, size_t n)
{
	const uint64_t offset = run[0].index * ZI_VM_PAGE;
	zx_status_t st;

	st = zx_vmo_op_range(p->vmo, ZX_VMO_OP_ZERO, offset, n * ZI_VM_PAGE, NULL, 0);
	return st == ZX_OK ? zi_vm_forget_zeros(p, offset, n * ZI_VM_PAGE) : st;
}

static void free_leavers(struct leavers *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->pages[i].content);
	free(l->pages);
}

/* Who is there to leave. Waits for pages that are just coming or going. */
static zirconia_vm_error_t collect_locked(struct zirconia_vm_pages *p, size_t first, size_t end,
					  struct leavers *out)
{
	bool waited;
	size_t n;

	*out = (struct leavers){NULL, 0};
again:
	n = 0;
	for (size_t i = first; i < end && i < p->n_states; i++) {
		n += settled_locked(p, i, &waited) == ZI_VM_PRESENT;
		if (waited)
			goto again; /* others may have changed meanwhile */
	}
	if (n == 0)
		return ZIRCONIA_VM_OK;
	out->pages = zirconia_inject_here("alloc.vm_object") != ZX_OK ?
			     NULL :
			     calloc(n, sizeof(*out->pages));
	if (out->pages == NULL)
		return ZIRCONIA_VM_NO_MEMORY;
	for (size_t i = first; out->n < n; i++)
		if (state_locked(p, i) == ZI_VM_PRESENT)
			out->pages[out->n++].index = i;
	return ZIRCONIA_VM_OK;
}

void zi_vm_shut(struct zirconia_vm_pages *p)
{
	pthread_rwlock_wrlock(&p->using);
	pthread_mutex_lock(&p->lock);
}

void zi_vm_open(struct zirconia_vm_pages *p)
{
	pthread_mutex_unlock(&p->lock);
	pthread_rwlock_unlock(&p->using);
}

zirconia_vm_error_t zi_vm_drop_open(struct zirconia_vm_pages *p, size_t first, size_t end,
				    size_t new_size)
{
	zirconia_vm_error_t err, first_err = ZIRCONIA_VM_OK;
	struct leavers l;
	zx_status_t st;

	err = collect_locked(p, first, end, &l);
	if (err != ZIRCONIA_VM_OK) {
		zi_vm_open(p);
		return err;
	}
	st = each_run_locked(p, &l, save_run_locked);
	if (st == ZX_OK && new_size != SIZE_MAX) {
		atomic_store(&p->size, new_size);
		st = zx_vmo_set_size(p->vmo, new_size);
		if (st != ZX_OK)
			atomic_store(&p->size, end * ZI_VM_PAGE);
	} else if (st == ZX_OK) {
		st = each_run_locked(p, &l, empty_run_locked);
	}
	for (size_t i = 0; st == ZX_OK && i < l.n; i++)
		set_state_locked(p, l.pages[i].index, ZI_VM_LEAVING);
	zi_vm_open(p);
	if (st != ZX_OK) {
		free_leavers(&l);
		return zirconia_vm_error_from_status(st);
	}
	for (size_t i = 0; i < l.n; i++) {
		err = p->pager.ops->decommit_page(p->pager.pager, l.pages[i].index,
						  l.pages[i].content);
		if (first_err == ZIRCONIA_VM_OK)
			first_err = err;
		pthread_mutex_lock(&p->lock);
		set_state_locked(p, l.pages[i].index, ZI_VM_ABSENT);
		pthread_mutex_unlock(&p->lock);
	}
	free_leavers(&l);
	return first_err;
}

/* ---- what the kernel asks for */

/* Of those that a pager may fail with. */
static uint64_t failure(zirconia_vm_error_t err)
{
	const zx_status_t st =
		err == ZIRCONIA_VM_NOT_ENOUGH_RESOURCES ? ZX_ERR_NO_SPACE : ZX_ERR_IO;

	return (uint64_t)(int64_t)st;
}

static void serve_read(struct zirconia_vm_pages *p, size_t index)
{
	const zirconia_vm_error_t err = zi_vm_commit(p, index, 0, true);

	/* Where a page cannot come, a page past the end for one, nobody waits any more. */
	if (err != ZIRCONIA_VM_OK)
		(void)zx_pager_op_range(p->zx_pager, ZX_PAGER_OP_FAIL, p->vmo, index * ZI_VM_PAGE,
					ZI_VM_PAGE, failure(err));
}

static void serve_write(struct zirconia_vm_pages *p, size_t index)
{
	zirconia_vm_error_t err = ZIRCONIA_VM_OK;
	enum zi_vm_state state;
	bool waited;

	pthread_mutex_lock(&p->lock);
	state = settled_locked(p, index, &waited);
	pthread_mutex_unlock(&p->lock);
	if (state == ZI_VM_PRESENT)
		err = p->pager.ops->update_page(p->pager.pager, index);
	if (err != ZIRCONIA_VM_OK) {
		(void)zx_pager_op_range(p->zx_pager, ZX_PAGER_OP_FAIL, p->vmo, index * ZI_VM_PAGE,
					ZI_VM_PAGE, failure(err));
		return;
	}
	/* A page that has left meanwhile is not found: the writer starts over, and asks for it. */
	pthread_mutex_lock(&p->lock);
	(void)zx_pager_op_range(p->zx_pager, ZX_PAGER_OP_DIRTY, p->vmo, index * ZI_VM_PAGE,
				ZI_VM_PAGE, 0);
	pthread_mutex_unlock(&p->lock);
}

void *zi_vm_service_main(void *pages)
{
	struct zirconia_vm_pages *p = pages;
	zx_port_packet_t packet;

	while (zx_port_wait(p->port, ZX_TIME_INFINITE, &packet) == ZX_OK &&
	       packet.page_request.command != ZX_PAGER_VMO_COMPLETE) {
		const size_t first = packet.page_request.offset / ZI_VM_PAGE;
		const size_t n = packet.page_request.length / ZI_VM_PAGE;

		for (size_t i = first; i < first + n; i++) {
			if (packet.page_request.command == ZX_PAGER_VMO_READ)
				serve_read(p, i);
			else
				serve_write(p, i);
		}
	}
	return NULL;
}
