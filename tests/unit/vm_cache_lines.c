/* What two threads with a VMO each write all the time must not lie on one cache line: they would get in each other's way. */
#include "base/span.h"
#include "t.h"
#include "vm/node.h"
#include "vm/vm.h"
#include "vm/vmo.h"

enum { MANY = 64, LINE = 64 };

Test(vm_cache_lines, vmos__made_one_after_the_other__locks_on_lines_of_their_own)
{
	struct zi_vmo *vmo[MANY];

	T_OK(zi_vm_start());
	for (unsigned i = 0; i < MANY; i++)
		T_OK(zi_vmo_create(ZI_PAGE, 0, &vmo[i]));
	for (unsigned i = 0; i < MANY; i++) {
		const uintptr_t line = (uintptr_t)&vmo[i]->tree->lock / LINE;

		cr_assert_eq((uintptr_t)(&vmo[i]->tree->refs) / LINE, line);
		for (unsigned k = 0; k < i; k++)
			cr_assert_neq((uintptr_t)&vmo[k]->tree->lock / LINE, line, "%u and %u", k,
				      i);
	}
	for (unsigned i = 0; i < MANY; i++)
		zi_vmo_unref(vmo[i]);
}
