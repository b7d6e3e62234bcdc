/* zi_vmo_create_child where handles cannot reach it. */
#include "t.h"
#include "vm/vmo.h"

static zx_status_t create(struct zi_vmo *v, uint32_t options)
{
	struct zi_vmo *child = NULL;
	const zx_status_t st = zi_vmo_create_child(v, options, 0, 0, &child);

	if (st == ZX_OK)
		zi_vmo_unref(child);
	return st;
}

/* No handle to a VMO that is not resizable has the right that a resizable reference asks for. */
/* spec: vmo 5.5 #5 */ /* spec: vmo 15.1 #19 */
Test(unit_vm_vmo_child, reference__resizable_of_fixed__not_supported)
{
	const uint32_t options = ZX_VMO_CHILD_REFERENCE | ZX_VMO_CHILD_RESIZABLE;
	struct zi_vmo *plain, *resizable, *unbounded, *clone, *slice;

	T_OK(zi_vmo_create(T_PAGE, 0, &plain));
	T_OK(zi_vmo_create(T_PAGE, ZX_VMO_RESIZABLE, &resizable));
	T_OK(zi_vmo_create(T_PAGE, ZX_VMO_UNBOUNDED, &unbounded));
	T_OK(zi_vmo_create_child(resizable, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &clone));
	T_OK(zi_vmo_create_child(plain, ZX_VMO_CHILD_SLICE, 0, T_PAGE, &slice));
	T_ZX(create(plain, options), ZX_ERR_NOT_SUPPORTED);
	T_ZX(create(unbounded, options), ZX_ERR_NOT_SUPPORTED);
	T_ZX(create(clone, options), ZX_ERR_NOT_SUPPORTED);
	T_ZX(create(slice, options), ZX_ERR_NOT_SUPPORTED);
	T_OK(create(resizable, options));
	/* Before the policy is looked at. */
	zi_vmo_unref(slice);
	T_OK(zi_vmo_set_cache_policy(plain, ZX_CACHE_POLICY_UNCACHED));
	T_ZX(create(plain, options), ZX_ERR_NOT_SUPPORTED);
	T_ZX(create(plain, ZX_VMO_CHILD_REFERENCE), ZX_ERR_BAD_STATE);
	zi_vmo_unref(clone);
	zi_vmo_unref(plain);
	zi_vmo_unref(resizable);
	zi_vmo_unref(unbounded);
}
