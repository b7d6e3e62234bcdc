/*
 * Reaching memory through an address space's tree instead of the processor: zx_process_read_memory
 * and write_memory.
 */
#include "vm/node.h"
#include "vm/vm.h"
#include "vm/vmar.h"
#include "vm/vmar_i.h"
#include "vm/vmo.h"

/* Would the VMO take a write at this offset, as far as it can be told before? */
static bool takes_write(struct zi_vmo *vmo, uint64_t off)
{
	if (vmo->kind == ZI_VMO_PHYSICAL || off >= zi_vmo_get_size(vmo))
		return false;
	ZI_LOCK_SCOPE(&vmo->tree->lock);
	return vmo->cache_policy == ZX_CACHE_POLICY_CACHED && vmo->node->discard != ZI_DISCARD_GONE;
}

/*
 * From here on the mapping shows a copy-on-write child of what it showed, which nobody else can
 * see.
 */
static zx_status_t make_private_locked(struct zi_mapping *m)
{
	char name[ZX_MAX_NAME_LEN];
	struct zi_vmo *child;
	size_t n = 0;
	zx_status_t st;

	st = zi_vmo_create_child(m->vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, m->vmo_off,
				 m->len, &child);
	if (st != ZX_OK)
		return st;
	zi_vmo_get_name(m->vmo, name);
	while (n < sizeof(name) && name[n] != '\0')
		n++;
	zi_vmo_set_name(child, name, n);
	st = zi_mapping_set_vmo(m, child, 0);
	if (st != ZX_OK) {
		zi_vmo_unref(child);
		return st;
	}
	m->vmar_node.private_copy = true;
	return ZX_OK;
}

zx_status_t zi_aspace_access(struct zi_aspace *as, zx_vaddr_t addr, bool write,
			     struct zi_vmo **out_vmo, uint64_t *out_off, uint64_t *out_len)
{
	ZI_LOCK_SCOPE(&as->lock);
	struct zi_mapping *m = zi_aspace_find_locked(as, addr);

	if (m == NULL)
		return ZX_ERR_NOT_FOUND;
	if (write && m->is_vdso)
		return ZX_ERR_ACCESS_DENIED;
	if (write && (m->max_prot & ZX_VM_PERM_WRITE) == 0 && !m->vmar_node.private_copy &&
	    !zi_behaviour_2025() && takes_write(m->vmo, m->vmo_off + (addr - m->base))) {
		zx_status_t st = make_private_locked(m);

		if (st != ZX_OK)
			return st;
	}
	zi_vmo_ref(m->vmo);
	*out_vmo = m->vmo;
	*out_off = m->vmo_off + (addr - m->base);
	*out_len = m->base + m->len - addr;
	return ZX_OK;
}
