/*
 * The one fault path. Runs in the trap handler of the faulting thread and inside system calls that
 * copy from or to user buffers. May take our locks (none is held by the thread), allocates from
 * slabs only.
 */
#include "vm/fault.h"

#include "base/assert.h"
#include "base/inject.h"
#include "base/span.h"
#include "host/host.h"
#include "vm/dirty.h"
#include "vm/mapping_i.h"
#include "vm/model.h"
#include "vm/trap.h"
#include "vm/vm.h"
#include "vm/vmar.h"

/*
 * Forks of consecutive pages double up to this: one page at a time costs 13 us each, blocks of 64
 * bring the signal, the placement and the copy below 1 us per page, longer ones gain nothing and
 * copy in vain more often.
 */
enum { ZI_FORK_BLOCK_MAX = 64 };
/*
 * Copies made ahead of need may be a quarter of what was needed, and this many pages more (1 MiB).
 */
enum { ZI_SHADOWS_FREE = 256 };
/*
 * A fork between pages of the ancestor splits one host map in three. A mapping in this many pieces
 * is given up and placed again where it is touched, so that one mapping keeps well below half of
 * the usual limit of 65,530.
 */
enum { ZI_MAPPING_RUNS = 24000 };
/* What was given up comes back in aligned pieces of this many pages. */
enum { ZI_PLACE_PAGES = 64 };
/* Write access comes back over at most this many pages at once. */
enum { ZI_RAISE_PAGES = 4096 };

/*
 * Finds the mapping and returns with its tree lock held, the address space lock released. NULL:
 * nothing mapped.
 */
static struct zi_mapping *find_and_lock(struct zi_aspace *as, uintptr_t addr)
{
	for (;;) {
		zi_lock(&as->lock);
		struct zi_mapping *m = zi_aspace_find_locked(as, addr);

		if (m == NULL) {
			zi_unlock(&as->lock);
			return NULL;
		}
		struct zi_tree *t = m->vmo->tree;

		if (zi_trylock(&t->lock)) {
			zi_unlock(&as->lock);
			return m;
		}
		/*
		 * Somebody works on this tree: wait for it without keeping faults in other trees
		 * waiting.
		 */
		zi_tree_ref(t);
		zi_unlock(&as->lock);
		zi_lock(&t->lock);
		zi_unlock(&t->lock);
		zi_tree_unref(t);
	}
}

/* Rows 3-6: what the mapping and the VMO say about the address. */
static zx_status_t check_access(const struct zi_mapping *m, uintptr_t page, bool write, bool exec)
{
	uint32_t prot = zi_mapping_prot_at(m, page, NULL);
	uint32_t need = exec  ? ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE :
			write ? ZX_VM_PERM_WRITE :
				ZX_VM_PERM_READ;
	const struct zi_vmo *v = m->vmo;
	uint64_t off = m->vmo_off + (page - m->base);

	if ((prot & need) != need)
		return ZX_ERR_ACCESS_DENIED;
	if (off >= (v->slice ? v->window : v->node->size << ZI_PAGE_SHIFT))
		return ZX_ERR_OUT_OF_RANGE;
	if (m->fault_beyond_stream && v->stream != NULL && v->stream->set &&
	    off >= zi_stream_shown_end(v->stream->bytes))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->node->discard == ZI_DISCARD_GONE)
		return ZX_ERR_NOT_FOUND;
	return ZX_OK;
}

/* The page is the node's own but shown without write access: raise the whole run around it. */
static zx_status_t raise_run(struct zi_mapping *m, uintptr_t page)
{
	const uint64_t window = (uint64_t)ZI_RAISE_PAGES << ZI_PAGE_SHIFT;
	uintptr_t lo = zi_max(m->base, page - page % window);
	uintptr_t end = zi_min(m->base + m->len, page - page % window + window);
	uintptr_t start = lo;

	/* Back from the page's answer to where the run of own pages begins. */
	for (uintptr_t va = lo; va <= page;) {
		struct zi_found f = zi_node_lookup_frames(m->vmo->node, zi_mapping_page(m, va),
							  (page - va + ZI_PAGE) >> ZI_PAGE_SHIFT);

		va += f.pages << ZI_PAGE_SHIFT;
		if (f.node != m->vmo->node && va <= page)
			start = va;
	}
	uintptr_t stop = page;

	while (stop < end) {
		struct zi_found f = zi_node_lookup_frames(m->vmo->node, zi_mapping_page(m, stop),
							  (end - stop) >> ZI_PAGE_SHIFT);

		if (f.node != m->vmo->node)
			break;
		stop += f.pages << ZI_PAGE_SHIFT;
	}
	return zi_mapping_reprotect(m, start, stop, 0);
}

/* Pages that may be forked along with pgi: within the mapping and what it shows. */
static uint64_t room_ahead(const struct zi_mapping *m, uintptr_t page)
{
	uintptr_t end = zi_mapping_shown_end(m);

	return end > page + ZI_PAGE ? (end - page - ZI_PAGE) >> ZI_PAGE_SHIFT : 0;
}

/* Pages that may be copied ahead: what has been written since is not counted against the budget. */
static uint64_t shadow_budget(struct zi_node *n)
{
	for (;;) {
		uint64_t shadows = n->shadow.count;
		uint64_t budget = (n->own.count - shadows) / 4 + ZI_SHADOWS_FREE;

		if (shadows < budget)
			return budget - shadows;
		/*
		 * Comparing costs 0.2 us a page: not again before there is something new to find.
		 */
		if (n->own.count < n->shadow_checked + ZI_FORK_BLOCK_MAX)
			return 0;
		zi_node_sync_shadow(n, 0, n->size);
		n->shadow_checked = n->own.count;
	}
}

static zx_status_t fork_at(struct zi_mapping *m, uintptr_t page)
{
	struct zi_node *n = m->vmo->node;
	uint64_t pgi = zi_mapping_page(m, page), done;
	uint64_t ahead = 0;

	if (pgi == m->fork_next && m->fork_block != 0) {
		m->fork_block = (uint32_t)zi_min(m->fork_block * 2, ZI_FORK_BLOCK_MAX);
		ahead = zi_min(zi_min(m->fork_block - 1, room_ahead(m, page)), shadow_budget(n));
	} else {
		m->fork_block = 1;
	}
	if (m->placed_runs > ZI_MAPPING_RUNS)
		zi_mapping_give_up(m);
	zx_status_t st = zi_node_fork(n, pgi, ahead, &done);

	m->fork_next = pgi + done;
	return st;
}

/* Places the piece around the page. */
static zx_status_t place_piece(struct zi_mapping *m, uintptr_t page)
{
	const uint64_t piece = (uint64_t)ZI_PLACE_PAGES << ZI_PAGE_SHIFT;
	uintptr_t lo = zi_max(m->base, page - page % piece);

	return zi_mapping_place(m, lo, zi_min(m->base + m->len, page - page % piece + piece), 0,
				false);
}

/* The page is there: show it, or make it the node's own. */
static zx_status_t resolve(struct zi_mapping *m, uintptr_t page, bool write, bool by_watch,
			   bool *out_watched)
{
	struct zi_node *n = m->vmo->node;
	struct zi_found f = zi_node_lookup(n, zi_mapping_page(m, page), 1);

	if (n->modelled) {
		zi_model_note(zi_node_frame(n, f.pgi, NULL) << ZI_PAGE_SHIFT);
		return ZX_ERR_NEXT;
	}
	*out_watched = f.node->source != NULL;
	if (*out_watched && (f.node == n || !write)) {
		if (write)
			n->source->modified = true;
		return zi_mapping_show_source(m, page, write, by_watch);
	}
	/* Another thread was quicker, or host maps ran out: place what belongs there. */
	if (!write)
		return m->unplaced ? place_piece(m, page) :
				     zi_mapping_place(m, page, page + ZI_PAGE, 0, false);
	/* Place as well as raise: the range may have been given up for want of host maps. */
	if (f.node == n)
		return m->unplaced ? place_piece(m, page) : raise_run(m, page);
	return fork_at(m, page);
}

static zx_status_t fault_locked(struct zi_mapping *m, uintptr_t page, bool write, bool exec,
				bool by_watch, struct zi_page_wait *wait, bool *out_watched)
{
	struct zi_node *n = m->vmo->node;
	zx_status_t st = check_access(m, page, write, exec);
	uint64_t done;

	/*
	 * A clone's write needs no more than the page to copy: what is forked along is decided
	 * here.
	 */
	if (st == ZX_OK && m->vmo->tree->source != NULL)
		st = zi_node_ready(n, write && n->source != NULL ? ZI_EV_WRITE : ZI_EV_READ,
				   zi_mapping_page(m, page), 1, 1, wait, &done);
	return st == ZX_OK ? resolve(m, page, write, by_watch, out_watched) : st;
}

zx_status_t zi_fault_trapped(uintptr_t addr, bool write, bool exec, bool by_watch, bool *out_ours,
			     bool *out_watched)
{
	struct zi_aspace *as = zi_aspace_self_if_started();
	struct zi_page_wait wait = {0};
	zx_status_t st;

	*out_watched = false;
	/* What a service thread was told for this one. */
	st = zi_trap_take_refusal(addr & ~(uintptr_t)ZI_PAGE_MASK);
	if (st != ZX_OK) {
		*out_ours = true;
		return st;
	}
	*out_ours = as != NULL && addr >= as->base && addr - as->base < as->len;
	if (!*out_ours)
		return ZX_ERR_NOT_FOUND;
	if (zi_inject_is_armed()) {
		st = zi_inject_reach(ZI_POINT_FAULT_PAGE);
		if (st != ZX_OK)
			return st;
	}
	for (bool again = true; again;) {
		struct zi_mapping *m = find_and_lock(as, addr);

		if (m == NULL) {
			st = ZX_ERR_NOT_FOUND;
			break;
		}
		struct zi_vmo *v = m->vmo;

		st = fault_locked(m, addr & ~(uintptr_t)ZI_PAGE_MASK, write, exec, by_watch, &wait,
				  out_watched);
		/* Whoever unmaps the page meanwhile does not end the VMO under who waits for it. */
		if (st == ZX_ERR_SHOULD_WAIT)
			zi_vmo_ref(v);
		again = st == ZX_ERR_SHOULD_WAIT;
		zi_unlock(&v->tree->lock);
		if (again) {
			again = zi_page_wait_again(&wait, &st);
			zi_vmo_unref(v);
		}
	}
	zi_page_wait_done(&wait);
	return st;
}

bool zi_fault_refuse(uintptr_t page, uint32_t thread, zx_status_t status,
		     bool (*remember)(uintptr_t page, uint32_t thread, zx_status_t status))
{
	struct zi_aspace *as = zi_aspace_self_if_started();
	struct zi_mapping *m = find_and_lock(as, page);
	bool ok = true;

	/* Nothing mapped any more: the thread finds that out itself. */
	if (m == NULL)
		return true;
	ok = remember(page, thread, status);
	if (ok)
		ok = zi_place_reserve(page, ZI_PAGE) == ZX_OK;
	zi_unlock(&m->vmo->tree->lock);
	return ok;
}

zx_status_t zi_fault(uintptr_t addr, bool write, bool exec, bool *out_ours)
{
	bool watched;

	zx_status_t st = zi_fault_trapped(addr, write, exec, false, out_ours, &watched);

	/* Registers are no buffers. */
	return st == ZX_ERR_NEXT ? ZX_ERR_NOT_SUPPORTED : st;
}

static zx_status_t user_copy(void *dst, const void *src, size_t n)
{
	/* Calls that need nothing else of ours get bad pointers too: the traps have to be there. */
	zx_status_t st = zi_vm_start();

	if (st != ZX_OK)
		return st;
	struct zi_copy_result r = zi_copy_resolved(dst, src, n, &st);

	return r.done == n ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

zx_status_t zi_user_read(void *dst, const void *user, size_t n)
{
	return n == 0 ? ZX_OK : user_copy(dst, user, n);
}

zx_status_t zi_user_write(void *user, const void *src, size_t n)
{
	return n == 0 ? ZX_OK : user_copy(user, src, n);
}

zx_status_t zi_user_probe(uintptr_t addr, bool write)
{
	(void)write;
	return zi_host_is_mapped(addr) ? ZX_ERR_ACCESS_DENIED : ZX_ERR_NOT_FOUND;
}
