/*
 * Accesses to pager memory that are not calls on the VMO: loads and stores of every kind, buffers
 * of system calls, changes of the mapping while a page is awaited.
 *
 * zi-test: trap
 */
#include "pager_t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zircon/rights.h>
#include <zircon/syscalls/exception.h>

/* ---- permissions, sizes and the pager, in this order */

/* spec: pager 9.2 #4 #5 #6 */
Test(pager_faults, refused_accesses__never_reach_the_pager)
{
	struct pg p = pg_open(PG_RESIZABLE, 4 * PG);
	zx_vaddr_t addr = 0;
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	T_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, p.vmo, 0, 4 * PG, &addr));
	T_ZX(zirconia_probe_write8((void *)addr, 1), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(zx_vmar_root_self(), 0, addr, PG));
	uint8_t b;
	T_ZX(zirconia_probe_read8((void *)addr, &b), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmo_set_size(p.vmo, 2 * PG));
	T_ZX(zirconia_probe_read8((void *)(addr + 2 * PG), &b), ZX_ERR_OUT_OF_RANGE);
	T_ZX(zirconia_probe_write8((void *)(addr + 2 * PG), 1), ZX_ERR_ACCESS_DENIED);
	/* Past the stream size of a mapping that minds it. */
	T_OK(zx_vmo_set_stream_size(p.vmo, PG));
	T_OK(zx_vmar_map(zx_vmar_root_self(),
			 PG_RW | ZX_VM_FAULT_BEYOND_STREAM_SIZE | ZX_VM_ALLOW_FAULTS, 0, p.vmo, 0,
			 2 * PG, &addr));
	T_ZX(zirconia_probe_read8((void *)(addr + PG), &b), ZX_ERR_OUT_OF_RANGE);
	PG_QUIET(&p);
	(void)vmo;
	pg_close(&p);
}

/* ---- wide accesses, atomics, copies */

Test(pager_faults, access_across_pages__asks_for_one_after_the_other)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	struct pg_call c = pg_load_call(addr + PG - 1);
	uint32_t word;

	pg_go(&c);
	PG_READ(&p, 0, 1);
	pg_supply(&p, 0, 4);
	PG_ENDS(&c, ZX_OK);
	T_OK(zirconia_probe_read32(addr + PG - 2, &word));
	cr_assert_eq(word, (uint32_t)(pg_byte(0) * 0x101u | pg_byte(1) * 0x1010000u));
	T_OK(zirconia_probe_write32(addr + 2 * PG - 2, 0x01020304));
	PG_RANGES(&p, "1+2");
	T_OK(zirconia_probe_cmpxchg32(addr + 3 * PG, 0, 1, &word));
	PG_RANGES(&p, "1+3");
	pg_close(&p);
}

/* ---- buffers of calls */

/* spec: pager 3.1 #3; pager 3.2 #12; vmo 2.1 #9; vmo 2.2 #8 */
Test(pager_faults, buffer_of_a_call__absent__asks_and_goes_on)
{
	struct pg p = pg_open(PG_TRAP, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	zx_handle_t plain = t_vmo(8 * PG);
	struct pg_call c = {
		.what = PG_VMO_WRITE, .vmo = plain, .off = 0, .len = 2 * PG, .buffer = addr};

	/* Written from: a page is read at a time. */
	pg_go(&c);
	PG_READ(&p, 0, 1);
	pg_supply(&p, 0, 1);
	PG_READ(&p, 1, 1);
	pg_supply(&p, 1, 1);
	PG_ENDS(&c, ZX_OK);
	uint8_t page[T_PAGE];
	T_OK(zx_vmo_read(plain, page, PG, PG));
	cr_assert(t_all(page, PG, pg_byte(1)));
	/* Read into: READ, then DIRTY. */
	c = (struct pg_call){
		.what = PG_VMO_READ, .vmo = plain, .off = 0, .len = 16, .buffer = addr + 2 * PG};
	pg_go(&c);
	PG_READ(&p, 2, 1);
	pg_supply(&p, 2, 1);
	PG_DIRTY(&p, 2, 1);
	T_OK(pg_dirty(&p, 2, 1));
	PG_ENDS(&c, ZX_OK);
	cr_assert_eq(addr[2 * PG + 15], pg_byte(0));
	cr_assert_eq(addr[2 * PG + 16], pg_byte(2));
	/* The status is the pager's. */
	c = (struct pg_call){
		.what = PG_VMO_READ, .vmo = plain, .off = 0, .len = 16, .buffer = addr + 3 * PG};
	pg_go(&c);
	PG_READ(&p, 3, 1);
	T_OK(pg_fail(&p, 3, 1, ZX_ERR_IO_DATA_INTEGRITY));
	PG_ENDS(&c, ZX_ERR_IO_DATA_INTEGRITY);
	/* A call that has its own word for bad pointers says that. */
	T_OK(zx_pager_detach_vmo(p.pager, p.vmo));
	T_ZX(zx_vmo_get_size(plain, (uint64_t *)(addr + 3 * PG)), ZX_ERR_INVALID_ARGS);
	T_ZX(zx_vmo_read(plain, addr + 3 * PG, 0, 1), ZX_ERR_BAD_STATE);
	pg_close(&p);
}

/* A VMO read into a mapping of itself, and written from one. */
Test(pager_faults, buffer_of_a_call__mapped_from_the_same_vmo__no_deadlock)
{
	struct pg p = pg_open(PG_TRAP, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	struct pg_call c = {
		.what = PG_VMO_READ, .vmo = p.vmo, .off = 0, .len = PG, .buffer = addr + 2 * PG};

	pg_go(&c);
	PG_READ(&p, 0, 1);
	pg_supply(&p, 0, 1);
	PG_READ(&p, 2, 1);
	pg_supply(&p, 2, 1);
	PG_DIRTY(&p, 2, 1);
	T_OK(pg_dirty(&p, 2, 1));
	PG_ENDS(&c, ZX_OK);
	cr_assert(t_all(addr + 2 * PG, PG, pg_byte(0)));
	c = (struct pg_call){
		.what = PG_VMO_WRITE, .vmo = p.vmo, .off = 0, .len = PG, .buffer = addr + 3 * PG};
	pg_go(&c);
	PG_DIRTY(&p, 0, 1);
	T_OK(pg_dirty(&p, 0, 1));
	PG_READ(&p, 3, 1);
	pg_supply(&p, 3, 1);
	PG_ENDS(&c, ZX_OK);
	cr_assert(t_all(addr, PG, pg_byte(3)));
	pg_close(&p);
}

/* ---- mappings that change while a page is awaited */

Test(pager_faults, unmap_while_blocked__access_fails_once_it_is_answered)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	struct pg_call c = pg_load_call(addr + PG);

	pg_go(&c);
	PG_READ(&p, 1, 1);
	t_unmap(addr, 4 * PG);
	PG_BLOCKS(&c);
	pg_supply(&p, 1, 1);
	PG_ENDS(&c, ZX_ERR_NOT_FOUND);
	pg_close(&p);
}

Test(pager_faults, other_memory_mapped_while_blocked__access_goes_there)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	struct pg_call c = pg_load_call(addr + PG);
	zx_handle_t plain = t_vmo(PG);
	zx_info_vmar_t root;
	zx_vaddr_t at;

	T_OK(zx_vmo_write(plain, "Q", 0, 1));
	T_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL,
				NULL));
	pg_go(&c);
	PG_READ(&p, 1, 1);
	T_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW | ZX_VM_SPECIFIC_OVERWRITE,
			 (zx_vaddr_t)addr + PG - root.base, plain, 0, PG, &at));
	pg_supply(&p, 1, 1);
	PG_ENDS(&c, ZX_OK);
	cr_assert_eq(c.value, 'Q');
	pg_close(&p);
}

Test(pager_faults, protection_changes__enforced_on_present_pages)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4), b;
	const zx_handle_t root = zx_vmar_root_self();

	pg_supply(&p, 0, 4);
	addr[0] = 1;
	cr_assert_eq(addr[PG], pg_byte(1));
	T_OK(zx_vmar_protect(root, ZX_VM_PERM_READ, (zx_vaddr_t)addr, 4 * PG));
	T_ZX(zirconia_probe_write8(addr, 2), ZX_ERR_ACCESS_DENIED);
	cr_assert_eq(addr[0], 1);
	T_OK(zx_vmar_protect(root, 0, (zx_vaddr_t)addr, PG));
	T_ZX(zirconia_probe_read8(addr, &b), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_vmar_protect(root, PG_RW, (zx_vaddr_t)addr, 4 * PG));
	cr_assert(addr[0] == 1 && addr[PG] == pg_byte(1) && addr[3 * PG] == pg_byte(3));
	(void)pg_modified(&p);
	addr[3 * PG] = 3;
	cr_assert(pg_modified(&p));
	PG_RANGES(&p, "0+1 3+1");
	/* Absent pages have no access they should not have. */
	T_OK(zirconia_debug_evict(p.vmo, PG, 2 * PG, 0, NULL));
	T_OK(zx_vmar_protect(root, ZX_VM_PERM_READ, (zx_vaddr_t)addr, 4 * PG));
	struct pg_call c = pg_load_call(addr + PG);
	pg_go(&c);
	PG_READ(&p, 1, 1);
	pg_supply(&p, 1, 1);
	PG_ENDS(&c, ZX_OK);
	cr_assert_eq(c.value, pg_byte(1));
	pg_close(&p);
}

/* Many mappings of one VMO, in pieces and at offsets. */
Test(pager_faults, many_mappings__all_see_and_all_notice)
{
	struct pg p = pg_open(0, 16 * PG);
	volatile uint8_t *at[8];

	for (uint64_t i = 0; i < 8; i++)
		at[i] = pg_map(p.vmo, i, 8);
	pg_supply(&p, 0, 16);
	for (uint64_t i = 0; i < 8; i++)
		for (uint64_t k = 0; k < 8; k++)
			cr_assert_eq(at[i][k * PG + 9], pg_byte(i + k));
	for (uint64_t i = 0; i < 8; i++) {
		(void)pg_modified(&p);
		at[i][(7 - i) * PG] = (uint8_t)i;
		cr_assert(pg_modified(&p), "mapping %d", (int)i);
		for (uint64_t k = 0; k < 8; k++)
			cr_assert_eq(at[k][(7 - k) * PG], i);
	}
	PG_RANGES(&p, "7+1");
	pg_close(&p);
}

/* spec: pager 3.1 never */
Test(pager_faults, calls_that_never_ask__do_not)
{
	struct pg p = pg_open(PG_RESIZABLE, 8 * PG);
	zx_vaddr_t addr = 0;
	zx_handle_t child;
	uint64_t size;
	zx_info_vmo_t info;

	T_OK(zx_vmar_map(zx_vmar_root_self(), PG_RW | ZX_VM_MAP_RANGE, 0, p.vmo, 0, 8 * PG, &addr));
	T_OK(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_MAP_RANGE, addr, 8 * PG, NULL, 0));
	T_OK(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_DONT_NEED, addr, 8 * PG, NULL, 0));
	T_OK(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, 8 * PG,
				 &child));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_DONT_NEED, 0, 8));
	T_OK(pg_vmo_op(p.vmo, ZX_VMO_OP_CACHE_SYNC, 0, 8));
	T_OK(zx_vmo_get_size(p.vmo, &size));
	T_OK(zx_object_get_info(p.vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	T_OK(zx_vmo_set_size(p.vmo, 6 * PG));
	T_OK(zx_vmo_set_size(p.vmo, 8 * PG));
	pg_begin(&p, 0, 8, false);
	pg_end(&p, 0, 8);
	pg_supply(&p, 0, 2);
	T_OK(zx_object_set_property(p.vmo, ZX_PROP_NAME, "file", 4));
	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, addr, 8 * PG));
	T_OK(zx_vmar_unmap(zx_vmar_root_self(), addr, 8 * PG));
	PG_QUIET(&p);
	pg_close(&p);
}

/* spec: pager 3.1 #14 #15; pager 3.2 #11 */
Test(pager_faults, vmar_op_range__as_the_vmo_operation)
{
	static const uint32_t ops[] = {ZX_VMAR_OP_COMMIT, ZX_VMAR_OP_PREFETCH,
				       ZX_VMAR_OP_ALWAYS_NEED};

	T_EACH (ops, op) {
		struct pg p = pg_open(0, 8 * PG);
		uint8_t *addr = pg_map(p.vmo, 0, 8);
		struct pg_call c = {
			.what = PG_VMAR_OP, .op = *op, .addr = addr + PG, .len = 3 * PG};

		pg_go(&c);
		PG_READ(&p, 1, 3);
		pg_supply(&p, 1, 3);
		PG_ENDS(&c, ZX_OK);
		cr_assert_eq(addr[2 * PG], pg_byte(2));
		c = (struct pg_call){
			.what = PG_VMAR_OP, .op = *op, .addr = addr + 5 * PG, .len = PG};
		pg_go(&c);
		PG_READ(&p, 5, 1);
		T_OK(pg_fail(&p, 5, 1, ZX_ERR_IO));
		PG_ENDS(&c, *op == ZX_VMAR_OP_ALWAYS_NEED ? ZX_OK : ZX_ERR_IO);
		T_OK(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_ZERO, (zx_vaddr_t)addr + PG,
				      2 * PG, NULL, 0));
		PG_RANGES(&p, "1+2z");
		cr_assert_eq(addr[2 * PG], 0);
		PG_QUIET(&p);
		pg_close(&p);
	}
}

/* ---- an access that nobody expects ends the process as it would without us */

Test(pager_faults, unexpected_failure__ends_the_process)
{
	pg_engine();
	/* The sanitizer does not let the child of a threaded program start threads. */
	if (pg_engine_is("thread"))
		t_require("no-tsan");
	fflush(NULL);
	const pid_t child = fork();

	if (child == 0) {
		struct pg p;

		/* A child starts with an empty world; its engine is chosen anew. */
		if (zx_port_create(0, &p.port) != ZX_OK || zx_pager_create(0, &p.pager) != ZX_OK ||
		    zx_pager_create_vmo(p.pager, 0, p.port, 1, PG, &p.vmo) != ZX_OK ||
		    zx_pager_detach_vmo(p.pager, p.vmo) != ZX_OK)
			_exit(3);
		zx_vaddr_t addr;
		if (zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, p.vmo, 0, PG, &addr) !=
		    ZX_OK)
			_exit(4);
		close(2);
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		_exit(*(volatile uint8_t *)addr == 0 ? 5 : 6);
	}
	int status;
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status) &&
			  (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS),
		  "status %x", status);
}

/* ---- the kernel as accessor */

/*
 * What a system call sees of an absent page is the engine's business; of a present one, its bytes.
 */
Test(pager_faults, system_call__present_page__sees_it)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4), b[8];
	int fd[2];

	pg_supply(&p, 0, 4);
	cr_assert_eq(pipe(fd), 0);
	T_OK(zirconia_make_ready(addr, 2 * PG, false));
	cr_assert_eq(write(fd[1], addr + PG - 4, 8), 8);
	cr_assert_eq(read(fd[0], b, 8), 8);
	cr_assert(b[3] == pg_byte(0) && b[4] == pg_byte(1));
	T_OK(zirconia_make_ready(addr + 2 * PG, PG + 1, true));
	PG_RANGES(&p, "2+2");
	cr_assert_eq(write(fd[1], "abcd", 4), 4);
	cr_assert_eq(read(fd[0], addr + 3 * PG - 2, 4), 4);
	cr_assert(addr[3 * PG - 1] == 'b' && addr[3 * PG] == 'c');
	/*
	 * Written back, a system call must not write unnoticed. Where the kernel waits for the
	 * library it is noticed, elsewhere it fails.
	 */
	pg_begin(&p, 0, 4, false);
	pg_end(&p, 0, 4);
	cr_assert_eq(write(fd[1], "efgh", 4), 4);
	errno = 0;
	const ssize_t n = read(fd[0], addr + 2 * PG, 4);
	cr_assert((n == -1 && errno == EFAULT) || (n == 4 && pg_engine_is("thread")), "%zd", n);
	PG_RANGES(&p, n == 4 ? "2+1" : "");
	if (n == -1) {
		T_OK(zirconia_make_ready(addr + 2 * PG, 4, true));
		cr_assert_eq(read(fd[0], addr + 2 * PG, 4), 4);
	}
	PG_RANGES(&p, "2+1");
	close(fd[0]);
	close(fd[1]);
	pg_close(&p);
}

static zx_status_t ready_status;

static void *make_ready(void *arg)
{
	ready_status = zirconia_make_ready(arg, PG, false);
	return NULL;
}

Test(pager_faults, make_ready__absent_page__waits_and_tells_failures)
{
	struct pg p = pg_open(0, 4 * PG);
	uint8_t *addr = pg_map(p.vmo, 0, 4);
	pthread_t id;

	for (int fail = 0; fail < 2; fail++) {
		cr_assert_eq(
			pthread_create(&id, NULL, make_ready, addr + PG * (uint64_t)(1 + fail)), 0);
		PG_READ(&p, (uint64_t)(1 + fail), 1);
		if (fail)
			T_OK(pg_fail(&p, 2, 1, ZX_ERR_IO));
		else
			pg_supply(&p, 1, 1);
		pthread_join(id, NULL);
		cr_assert_eq(ready_status, fail ? ZX_ERR_IO : ZX_OK);
	}
	T_OK(zirconia_make_ready(addr, 0, true));
	T_ZX(zirconia_make_ready(addr + 4 * PG, 1, true), ZX_ERR_NOT_FOUND);
	/* Memory that is not emulated is left alone. */
	T_OK(zirconia_make_ready(NULL, PG, true));
	T_OK(zirconia_make_ready(&p, sizeof(p), true));
	pg_close(&p);
}
