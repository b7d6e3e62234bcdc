/*
 * Discardable VMOs.
 *
 *   NEVER --lock--> LOCKED --last unlock--> UNLOCKED --lock--> LOCKED
 *                                           UNLOCKED --discard--> GONE --lock--> LOCKED
 * DIFFERS: memory pressure discards nothing; zirconia_debug_discard() does.
 */
#include "base/assert.h"
#include "host/host.h"
#include "vm/vmo_i.h"

static zx_status_t check_locked(const struct zi_vmo *v, uint64_t off, uint64_t len)
{
	if (!v->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	if (off != 0 || len != zi_vmo_size_locked(v))
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

static void take(struct zi_node *n)
{
	bool was_gone = n->discard == ZI_DISCARD_GONE;

	n->discard = ZI_DISCARD_LOCKED;
	n->lock_count++;
	if (was_gone) /* mappings show content again: zeros */
		(void)zi_node_replace(n, 0, n->size, false);
}

zx_status_t zi_vmo_lock_range(struct zi_vmo *v, uint64_t off, uint64_t len,
			      zx_vmo_lock_state_t *out_state)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	zx_status_t st = check_locked(v, off, len);

	if (st != ZX_OK)
		return st;
	*out_state = (zx_vmo_lock_state_t){
		.size = len,
		.discarded_size = zi_vmo_is_discarded(v) ? len : 0,
	};
	take(v->node);
	return ZX_OK;
}

zx_status_t zi_vmo_try_lock_range(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	zx_status_t st = check_locked(v, off, len);

	if (st != ZX_OK)
		return st;
	if (zi_vmo_is_discarded(v))
		return ZX_ERR_UNAVAILABLE;
	take(v->node);
	return ZX_OK;
}

zx_status_t zi_vmo_unlock_range(struct zi_vmo *v, uint64_t off, uint64_t len)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	zx_status_t st = check_locked(v, off, len);

	if (st != ZX_OK)
		return st;
	if (v->node->lock_count == 0)
		return ZX_ERR_BAD_STATE;
	if (--v->node->lock_count == 0)
		v->node->discard = ZI_DISCARD_UNLOCKED;
	return ZX_OK;
}

bool zi_vmo_discard(struct zi_vmo *v)
{
	ZI_LOCK_SCOPE(&v->tree->lock);
	struct zi_node *n = v->node;

	if (!v->discardable || n->discard != ZI_DISCARD_UNLOCKED || n->npins != 0)
		return false;
	n->discard = ZI_DISCARD_GONE;
	n->change_events++;
	(void)zi_node_replace(n, 0, n->size, false);
	zi_node_decommit(n, 0, n->size);
	return true;
}
