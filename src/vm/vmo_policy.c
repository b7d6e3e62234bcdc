/*
 * zx_vmo_set_cache_policy: remembered, reported, and enforced where Zircon refuses.
 * DIFFERS: the host's memory stays cached whatever the policy says.
 */
#include "base/assert.h"
#include "vm/vm.h"
#include "vm/vmo_i.h"

static bool has_committed(struct zi_vmo *v)
{
	struct zi_attr a = {0};

	zi_node_attribute(v->node, 0, v->node->size, &a);
	return a.committed != 0;
}

static zx_status_t set_paged(struct zi_vmo *v, uint32_t policy)
{
	if (zi_behaviour_2025() && v->cache_policy != ZX_CACHE_POLICY_CACHED && has_committed(v))
		return ZX_ERR_BAD_STATE;
	if (v->node->npins != 0 || v->nmappings != 0)
		return ZX_ERR_BAD_STATE;
	if (v->nchildren != 0 || v->parent != NULL)
		return ZX_ERR_BAD_STATE;
	if (v->node->nvmos > 1 || v->slice || v->reference)
		return ZX_ERR_BAD_STATE;
	if (!zi_behaviour_2025() && (v->pager_backed || v->discardable) &&
	    policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	v->cache_policy = policy;
	return ZX_OK;
}

zx_status_t zi_vmo_set_cache_policy(struct zi_vmo *v, uint32_t policy)
{
	if ((policy & ~ZX_CACHE_POLICY_MASK) != 0)
		return ZX_ERR_INVALID_ARGS;
	ZI_LOCK_SCOPE(&v->tree->lock);
	if (v->kind != ZI_VMO_PHYSICAL)
		return set_paged(v, policy);
	if (policy == v->cache_policy)
		return ZX_OK;
	if (v->nmappings != 0 || v->nchildren != 0 || v->parent != NULL || v->slice)
		return ZX_ERR_BAD_STATE;
	v->cache_policy = policy;
	return ZX_OK;
}
