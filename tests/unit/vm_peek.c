/* zi-test: valgrind */
/* VMOs as an onlooker sees them: pages, bytes, relatives, mappings, requests. Nothing is committed. */
#include <string.h>

#include <zircon/process.h>

#include "object/object.h"
#include "t.h"
#include "vm/peek.h"

#define PAGES 8

static struct zi_vmo *vmo_of(zx_handle_t handle)
{
	struct zi_vmo_object *o;

	T_OK(zi_handle_get(handle, ZX_OBJ_TYPE_VMO, 0, &o, NULL));
	zi_object_unref(&o->object);
	return o->vmo; /* the handle keeps it */
}

static char letter(const struct zi_page_run *r)
{
	const char c = ".zoscdw"[r->look];

	return r->pinned ? (char)(c - 32) : c;
}

/* One letter for each page, by runs that must cover the VMO in order. */
static const char *pages_of(zx_handle_t handle)
{
	static char text[64];
	struct zi_page_run run[32];
	uint64_t pages, at = 0;
	const size_t n = zi_vmo_list_pages(vmo_of(handle), run, 32, &pages);

	cr_assert_leq(n, 32);
	cr_assert_lt(pages, sizeof(text));
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(run[i].first, at);
		cr_assert_gt(run[i].pages, 0);
		for (uint64_t k = 0; k < run[i].pages; k++)
			text[at++] = letter(&run[i]);
		cr_assert(i == 0 || run[i].look != run[i - 1].look ||
			  run[i].pinned != run[i - 1].pinned);
	}
	cr_assert_eq(at, pages);
	text[at] = '\0';
	return text;
}

static uint64_t committed(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	return info.committed_bytes;
}

static void put(zx_handle_t vmo, uint64_t page, char c)
{
	T_OK(zx_vmo_write(vmo, &c, page * T_PAGE, 1));
}

/* ---- pages */

Test(vm_peek, pages__plain_vmo__own_where_written_or_committed)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE);

	cr_assert_str_eq(pages_of(vmo), "........");
	put(vmo, 1, 'a');
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 3 * T_PAGE, 2 * T_PAGE, NULL, 0));
	cr_assert_str_eq(pages_of(vmo), ".o.oo...");
	/* A store of which only the kernel knows. */
	volatile char *at = t_map(vmo, 0, PAGES * T_PAGE);

	at[6 * T_PAGE] = 1;
	(void)at[7 * T_PAGE];
	cr_assert_str_eq(pages_of(vmo), ".o.oo.o.");
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, T_PAGE, 3 * T_PAGE, NULL, 0));
	cr_assert_str_eq(pages_of(vmo), "....o.o.");
}

Test(vm_peek, pages__snapshot__shared_until_written)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE), child;

	for (uint64_t p = 0; p < 4; p++)
		put(vmo, p, 'a');
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGES * T_PAGE, &child));
	cr_assert_str_eq(pages_of(vmo), "ssss....");
	cr_assert_str_eq(pages_of(child), "ssss....");
	put(child, 1, 'b');
	put(child, 5, 'b');
	T_OK(zx_vmo_op_range(child, ZX_VMO_OP_ZERO, 2 * T_PAGE, T_PAGE, NULL, 0));
	/* What the other gave up belongs to who is left. */
	cr_assert_str_eq(pages_of(child), "sozs.o..");
	cr_assert_str_eq(pages_of(vmo), "soos....");
	t_close(child);
	cr_assert_str_eq(pages_of(vmo), "oooo....");
}

Test(vm_peek, pages__slice__its_window)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE), slice;

	put(vmo, 2, 'a');
	put(vmo, 5, 'a');
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 2 * T_PAGE, 3 * T_PAGE, &slice));
	cr_assert_str_eq(pages_of(slice), "o..");
}

Test(vm_peek, pages__pinned__capital)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE);

	put(vmo, 2, 'a');
	put(vmo, 3, 'a');
	T_OK(zi_vmo_pin(vmo_of(vmo), 3 * T_PAGE, 2 * T_PAGE, false));
	cr_assert_str_eq(pages_of(vmo), "..oOO...");
	zi_vmo_unpin(vmo_of(vmo), 3 * T_PAGE, 2 * T_PAGE);
	cr_assert_str_eq(pages_of(vmo), "..ooo...");
}

Test(vm_peek, pages__more_runs_than_room__counted_and_none_written_past_it)
{
	zx_handle_t vmo = t_vmo(64 * T_PAGE);
	struct zi_page_run run[5] = {[4] = {.first = 77}};
	uint64_t pages;

	for (uint64_t p = 0; p < 64; p += 2)
		put(vmo, p, 'a');
	cr_assert_eq(zi_vmo_list_pages(vmo_of(vmo), run, 4, &pages), 64);
	cr_assert_eq(pages, 64);
	cr_assert_eq(run[3].first, 3);
	cr_assert_eq(run[4].first, 77);
}

Test(vm_peek, pages__unbounded__few_runs_at_once)
{
	zx_handle_t vmo = t_vmo_options(0, ZX_VMO_UNBOUNDED);
	struct zi_page_run run[4];
	uint64_t pages;

	cr_assert_eq(zi_vmo_list_pages(vmo_of(vmo), run, 4, &pages), 1);
	put(vmo, 1ull << 40, 'a');
	cr_assert_eq(zi_vmo_list_pages(vmo_of(vmo), run, 4, &pages), 3);
	cr_assert_eq(run[1].first, 1ull << 40);
	cr_assert_eq(run[1].pages, 1);
}

static zx_handle_t pager_vmo(zx_handle_t *out_pager, zx_handle_t *out_port, uint32_t options)
{
	zx_handle_t vmo;

	T_OK(zx_port_create(0, out_port));
	T_OK(zx_pager_create(0, out_pager));
	T_OK(zx_pager_create_vmo(*out_pager, options, *out_port, 5, PAGES * T_PAGE, &vmo));
	return vmo;
}

/* Pages [first, first+n) full of `c`. */
static void supply(zx_handle_t pager, zx_handle_t vmo, uint64_t first, uint64_t n, char c)
{
	zx_handle_t aux = t_vmo(n * T_PAGE);

	for (uint64_t p = 0; p < n; p++)
		put(aux, p, c);
	T_OK(zx_pager_supply_pages(pager, vmo, first * T_PAGE, n * T_PAGE, aux, 0));
	t_close(aux);
}

static void check_never_asked(zx_handle_t port)
{
	zx_port_packet_t packet;

	T_ZX(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
}

Test(vm_peek, pages__of_a_pager__states)
{
	zx_handle_t pager, port, vmo = pager_vmo(&pager, &port, 0), child;

	cr_assert_str_eq(pages_of(vmo), "........");
	supply(pager, vmo, 1, 4, 'p');
	put(vmo, 2, 'x');
	put(vmo, 3, 'x');
	T_OK(zx_pager_op_range(pager, ZX_PAGER_OP_WRITEBACK_BEGIN, vmo, 3 * T_PAGE, T_PAGE, 0));
	cr_assert_str_eq(pages_of(vmo), ".cdwc...");
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, PAGES * T_PAGE,
				 &child));
	put(child, 1, 'y');
	cr_assert_str_eq(pages_of(child), ".osss...");
	check_never_asked(port);
}

/* ---- bytes */

Test(vm_peek, peek__absent_pages__zeros_and_nothing_committed)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE);
	static char buf[PAGES * 4096 + 100];
	size_t done;

	put(vmo, 2, 'a');
	memset(buf, 'x', sizeof(buf));
	T_OK(zi_vmo_peek(vmo_of(vmo), 0, buf, sizeof(buf), &done));
	cr_assert_eq(done, PAGES * T_PAGE);
	for (size_t i = 0; i < done; i++)
		cr_assert_eq(buf[i], i == 2 * T_PAGE ? 'a' : '\0', "byte %zu", i);
	cr_assert_eq(buf[done], 'x');
	cr_assert_eq(committed(vmo), T_PAGE);
	T_OK(zi_vmo_peek(vmo_of(vmo), 2 * T_PAGE, buf, 1, &done));
	cr_assert(done == 1 && buf[0] == 'a');
	T_OK(zi_vmo_peek(vmo_of(vmo), PAGES * T_PAGE, buf, 10, &done));
	cr_assert_eq(done, 0);
	T_OK(zi_vmo_peek(vmo_of(vmo), UINT64_MAX - 2, buf, 10, &done));
	cr_assert_eq(done, 0);
}

Test(vm_peek, peek__anything__as_zx_vmo_read)
{
	enum { MANY = 700 };
	zx_handle_t vmo = t_vmo(MANY * T_PAGE), child, slice;
	static char mine[MANY * 4096], theirs[MANY * 4096];
	uint64_t seed = t_seed();
	size_t done;

	for (int i = 0; i < 200; i++)
		put(vmo, t_below(&seed, MANY), (char)i);
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, MANY * T_PAGE, &child));
	for (int i = 0; i < 100; i++) {
		put(vmo, t_below(&seed, MANY), (char)i);
		put(child, t_below(&seed, MANY), (char)i);
	}
	((volatile char *)t_map(child, 0, MANY * T_PAGE))[300 * T_PAGE + 17] = 'm';
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 100 * T_PAGE, 200 * T_PAGE, &slice));

	const struct {
		zx_handle_t vmo;
		uint64_t pages;
	} rows[] = {{vmo, MANY}, {child, MANY}, {slice, 200}};

	T_EACH (rows, r) {
		for (int i = 0; i < 20; i++) {
			const uint64_t off = t_below(&seed, r->pages * T_PAGE);
			const size_t len = (size_t)(1 + t_below(&seed, r->pages * T_PAGE - off));

			T_OK(zi_vmo_peek(vmo_of(r->vmo), off, mine, len, &done));
			cr_assert_eq(done, len);
			T_OK(zx_vmo_read(r->vmo, theirs, off, len));
			cr_assert_eq(memcmp(mine, theirs, len), 0);
		}
	}
}

Test(vm_peek, peek__pages_that_a_pager_has__zeros_and_nobody_is_asked)
{
	zx_handle_t pager, port, vmo = pager_vmo(&pager, &port, 0), child;
	char buf[2 * 4096];
	size_t done;

	supply(pager, vmo, 1, 1, 'p');
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0, PAGES * T_PAGE,
				 &child));
	for (int i = 0; i < 2; i++) {
		memset(buf, 'x', sizeof(buf));
		T_OK(zi_vmo_peek(vmo_of(i == 0 ? vmo : child), 0, buf, sizeof(buf), &done));
		cr_assert_eq(done, sizeof(buf));
		cr_assert(t_all(buf, T_PAGE, 0));
		cr_assert_eq(buf[T_PAGE], 'p');
	}
	check_never_asked(port);
	cr_assert_eq(committed(vmo), T_PAGE);
}

Test(vm_peek, poke__as_a_write__or_says_that_it_would_wait)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE), child;
	char buf[2 * 4096], got[2 * 4096];
	size_t done;

	put(vmo, 1, 'a');
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGES * T_PAGE, &child));
	memset(buf, 'w', sizeof(buf));
	T_OK(zi_vmo_poke(vmo_of(vmo), T_PAGE - 1, buf, T_PAGE + 2, &done));
	cr_assert_eq(done, T_PAGE + 2);
	T_OK(zx_vmo_read(vmo, got, T_PAGE - 1, T_PAGE + 2));
	cr_assert_eq(memcmp(buf, got, T_PAGE + 2), 0);
	T_OK(zx_vmo_read(child, got, T_PAGE, 1));
	cr_assert_eq(got[0], 'a');
	/* Up to the end, and not past it. */
	T_OK(zi_vmo_poke(vmo_of(vmo), PAGES * T_PAGE - 3, buf, 10, &done));
	cr_assert_eq(done, 3);
	T_ZX(zi_vmo_poke(vmo_of(vmo), PAGES * T_PAGE, buf, 10, &done), ZX_ERR_OUT_OF_RANGE);
	cr_assert_eq(done, 0);
	cr_assert(zi_vmo_check(vmo_of(vmo)));
}

Test(vm_peek, poke__of_a_pager__only_what_nobody_has_to_be_asked_for)
{
	for (int trap_dirty = 0; trap_dirty < 2; trap_dirty++) {
		zx_handle_t pager, port, child;
		zx_handle_t vmo = pager_vmo(&pager, &port, trap_dirty ? ZX_VMO_TRAP_DIRTY : 0);
		char buf[4096] = "w";
		size_t done;

		supply(pager, vmo, 1, 1, 'p');
		T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0,
					 PAGES * T_PAGE, &child));
		T_ZX(zi_vmo_poke(vmo_of(vmo), 0, buf, 1, &done), ZX_ERR_SHOULD_WAIT);
		T_ZX(zi_vmo_poke(vmo_of(child), 0, buf, 1, &done), ZX_ERR_SHOULD_WAIT);
		T_OK(zi_vmo_poke(vmo_of(child), T_PAGE, buf, 1, &done));
		T_ZX(zi_vmo_poke(vmo_of(vmo), T_PAGE, buf, 1, &done),
		     trap_dirty ? ZX_ERR_SHOULD_WAIT : ZX_OK);
		cr_assert_str_eq(pages_of(vmo), trap_dirty ? ".c......" : ".d......");
		cr_assert_str_eq(pages_of(child), ".o......");
		check_never_asked(port);
	}
}

Test(vm_peek, physical_memory__not_looked_at)
{
	zx_handle_t vmo = t_vmo(T_PAGE);
	char c = 0;
	size_t done = 7;
	struct zi_vmo *phys;

	put(vmo, 0, 'a');
	T_OK(zi_vmo_create_child(vmo_of(vmo), ZX_VMO_CHILD_SLICE, 0, T_PAGE, &phys));
	phys->kind = ZI_VMO_PHYSICAL; /* nothing but the kind is looked at */
	T_ZX(zi_vmo_peek(phys, 0, &c, 1, &done), ZX_ERR_NOT_SUPPORTED);
	cr_assert_eq(done, 0);
	T_ZX(zi_vmo_poke(phys, 0, &c, 1, &done), ZX_ERR_NOT_SUPPORTED);
	phys->kind = ZI_VMO_PAGED;
	zi_vmo_unref(phys);
}

/* ---- relatives, mappings, requests */

Test(vm_peek, children__koids_in_order_of_birth)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE), a, b;
	zx_koid_t koid[2] = {0, 77};

	cr_assert_eq(zi_vmo_list_children(vmo_of(vmo), koid, 2), 0);
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &a));
	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, T_PAGE, &b));
	cr_assert_eq(zi_vmo_list_children(vmo_of(vmo), koid, 1), 2);
	cr_assert(koid[0] == t_koid(a) && koid[1] == 77);
	cr_assert_eq(zi_vmo_list_children(vmo_of(vmo), koid, 2), 2);
	cr_assert_eq(koid[1], t_koid(b));
	t_close(a);
	cr_assert_eq(zi_vmo_list_children(vmo_of(vmo), koid, 2), 1);
}

Test(vm_peek, mappings__a_row_for_each_protection)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE);
	struct zi_mapping_row row[4];
	const zx_vaddr_t at = (zx_vaddr_t)t_map(vmo, 2 * T_PAGE, 4 * T_PAGE);

	T_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, at + T_PAGE, T_PAGE));
	cr_assert_eq(zi_vmo_list_mappings(vmo_of(vmo), row, 4), 3);
	cr_assert(row[0].base == at && row[0].len == T_PAGE && row[0].vmo_off == 2 * T_PAGE);
	cr_assert(row[1].base == at + T_PAGE && row[1].prot == ZX_VM_PERM_READ);
	cr_assert_eq(row[1].vmo_off, 3 * T_PAGE);
	cr_assert(row[2].len == 2 * T_PAGE && row[2].prot == row[0].prot);
	cr_assert_eq(row[0].process, t_koid(zx_process_self()));
	t_unmap((void *)at, 4 * T_PAGE);
	cr_assert_eq(zi_vmo_list_mappings(vmo_of(vmo), row, 4), 0);
}

Test(vm_peek, description__with_what_info_leaves_out)
{
	zx_handle_t vmo = t_vmo_options(5000, ZX_VMO_DISCARDABLE), pager, port, paged;
	struct zi_vmo_description d;

	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_TRY_LOCK, 0, 2 * T_PAGE, NULL, 0));
	zi_vmo_describe(vmo_of(vmo), &d);
	cr_assert(d.stream_size == 5000 && d.info.size_bytes == 2 * T_PAGE);
	cr_assert(d.locks == 1 && !d.discarded && d.pager_koid == 0 && !d.detached);
	paged = pager_vmo(&pager, &port, 0);
	zi_vmo_describe(vmo_of(paged), &d);
	cr_assert_eq(d.pager_koid, t_koid(pager));
	cr_assert_not(d.detached);
	T_OK(zx_pager_detach_vmo(pager, paged));
	zi_vmo_describe(vmo_of(paged), &d);
	cr_assert(d.detached);
}
