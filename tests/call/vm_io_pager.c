/* zi-test: trap timeout=180 */
/*
 * Fallible copies into and out of pages that a living pager fails, one after the other: exact
 * counts, and the page is asked for anew each time.
 */
#include <stdlib.h>
#include <string.h>

#include <zirconia/vm_cursor.h>

#include "pager_t.h"

struct failing {
	struct pg p;
	_Atomic int failed;
};

/* Fails every request, until the VMO is detached. */
static void *fail_all(void *arg)
{
	struct failing *f = arg;
	zx_port_packet_t k;

	while (zx_port_wait(f->p.port, zx_deadline_after(ZX_SEC(60)), &k) == ZX_OK &&
	       k.page_request.command != ZX_PAGER_VMO_COMPLETE) {
		atomic_fetch_add(&f->failed, 1);
		(void)zx_pager_op_range(f->p.pager, ZX_PAGER_OP_FAIL, f->p.vmo,
					k.page_request.offset, k.page_request.length,
					(uint64_t)(int64_t)ZX_ERR_IO);
	}
	return NULL;
}

/* spec: clients E.1 "read_fallible / write_fallible" */
Test(vm_io_pager, copy__into_a_failing_page__exact_counts_in_both_directions)
{
	struct failing f = {pg_open(0, 4 * PG), 0};
	uint8_t *other = malloc(3 * T_PAGE);
	uint8_t *edge;
	pthread_t id;
	int asked = 0;

	pg_supply(&f.p, 0, 2);
	cr_assert_eq(pthread_create(&id, NULL, fail_all, &f), 0);
	edge = pg_map(f.p.vmo, 0, 4) + 2 * PG;
	for (size_t n = 0; n <= 2 * T_PAGE; n += 127) {
		zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(edge - n, n + 16);
		zirconia_vm_writer_fallible_t w =
			zirconia_vm_writer_from_user(other + n % 16, n + 9);
		zirconia_vm_count_t done = zirconia_vm_read_fallible(&r, &w);

		cr_assert(done.error == ZIRCONIA_VM_PAGE_FAULT && done.count == n,
			  "from: %zu of %zu", done.count, n);
		cr_assert_eq(memcmp(other + n % 16, edge - n, n), 0);
		cr_assert_gt(atomic_load(&f.failed), asked);
		asked = atomic_load(&f.failed);

		r = zirconia_vm_reader_from_user(other, n + 9);
		w = zirconia_vm_writer_from_user(edge - n, n + 16);
		memset(other, (int)(n % 250 + 1), n + 9);
		done = zirconia_vm_read_fallible(&r, &w);
		cr_assert(done.error == ZIRCONIA_VM_PAGE_FAULT && done.count == n, "to: %zu of %zu",
			  done.count, n);
		cr_assert(t_all(edge - n, n, (uint8_t)(n % 250 + 1)));
		cr_assert_gt(atomic_load(&f.failed), asked);
		asked = atomic_load(&f.failed);
	}
	/* Nothing was remembered: a page that comes after all can be used. */
	pg_supply(&f.p, 2, 1);
	zirconia_vm_reader_fallible_t r = zirconia_vm_reader_from_user(edge - 1, 2);
	zirconia_vm_writer_fallible_t w = zirconia_vm_writer_from_user(other, 2);
	const zirconia_vm_count_t done = zirconia_vm_read_fallible(&r, &w);

	cr_assert(done.error == ZIRCONIA_VM_OK && done.count == 2 && other[1] == pg_byte(2));
	T_OK(zx_pager_detach_vmo(f.p.pager, f.p.vmo));
	pthread_join(id, NULL);
	pg_close(&f.p);
	free(other);
}
