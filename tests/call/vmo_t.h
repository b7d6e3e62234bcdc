/* What the tests of zx_vmo_* share: short names for common calls, and memory of every bad kind. No test logic. */
#ifndef VMO_T_H
#define VMO_T_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zirconia/debug.h>

#include "t.h"

#define PG ((uint64_t)T_PAGE)
#define MAX_SIZE UINT64_C(0xFFFFFFFFFFFE0000)
#define VMO_RIGHTS ((zx_rights_t)0xD0EF)
#define ALL_VMO_RIGHTS ((zx_rights_t)0x40D0EF)

#define SNAPSHOT ZX_VMO_CHILD_SNAPSHOT
#define ON_WRITE ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE
#define MODIFIED ZX_VMO_CHILD_SNAPSHOT_MODIFIED
#define SLICE ZX_VMO_CHILD_SLICE
#define REFERENCE ZX_VMO_CHILD_REFERENCE
#define CHILD_RESIZABLE ZX_VMO_CHILD_RESIZABLE
#define NO_WRITE ZX_VMO_CHILD_NO_WRITE

static const uint32_t snapshot_types[] __attribute__((unused)) = {SNAPSHOT, ON_WRITE, MODIFIED};

#define UNUSED_OK static inline __attribute__((unused))

/* ---- calls that must succeed */

UNUSED_OK zx_info_vmo_t vmo_info(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	memset(&info, 0xee, sizeof(info));
	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	return info;
}

UNUSED_OK uint64_t vmo_committed(zx_handle_t vmo)
{
	return vmo_info(vmo).committed_bytes;
}

UNUSED_OK uint64_t vmo_size(zx_handle_t vmo)
{
	uint64_t size = 1;

	T_OK(zx_vmo_get_size(vmo, &size));
	return size;
}

UNUSED_OK uint64_t vmo_stream(zx_handle_t vmo)
{
	uint64_t size = 1;

	T_OK(zx_vmo_get_stream_size(vmo, &size));
	return size;
}

UNUSED_OK zx_handle_t vmo_child(zx_handle_t vmo, uint32_t options, uint64_t off, uint64_t size)
{
	zx_handle_t child = ZX_HANDLE_INVALID;

	T_OK(zx_vmo_create_child(vmo, options, off, size, &child));
	cr_assert_neq(child, ZX_HANDLE_INVALID);
	return child;
}

/* SLICE and REFERENCE differ in what they take; this makes a whole-VMO child of any type. */
UNUSED_OK zx_handle_t vmo_whole_child(zx_handle_t vmo, uint32_t options)
{
	return vmo_child(vmo, options, 0, (options & REFERENCE) ? 0 : vmo_size(vmo));
}

UNUSED_OK zx_handle_t vmo_dup(zx_handle_t vmo, zx_rights_t rights)
{
	zx_handle_t dup = ZX_HANDLE_INVALID;

	T_OK(zx_handle_duplicate(vmo, rights, &dup));
	return dup;
}

/* The same object through a handle without some rights. */
UNUSED_OK zx_handle_t vmo_without(zx_handle_t vmo, zx_rights_t missing)
{
	return vmo_dup(vmo, t_rights(vmo) & ~missing);
}

UNUSED_OK zx_status_t vmo_op(zx_handle_t vmo, uint32_t op, uint64_t off, uint64_t size)
{
	return zx_vmo_op_range(vmo, op, off, size, NULL, 0);
}

UNUSED_OK zx_status_t vmo_lock(zx_handle_t vmo, uint64_t size, zx_vmo_lock_state_t *state)
{
	return zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, size, state, sizeof(*state));
}

UNUSED_OK void vmo_fill(zx_handle_t vmo, uint64_t off, uint64_t len, uint8_t value)
{
	uint8_t page[T_PAGE];

	memset(page, value, sizeof(page));
	while (len > 0) {
		const uint64_t n = len < PG ? len : PG;

		T_OK(zx_vmo_write(vmo, page, off, n));
		off += n;
		len -= n;
	}
}

/* Page `page` gets one byte at its start: enough to tell pages apart, and a commit of the page. */
UNUSED_OK void vmo_put(zx_handle_t vmo, uint64_t page, uint8_t value)
{
	T_OK(zx_vmo_write(vmo, &value, page * PG, 1));
}

UNUSED_OK uint8_t vmo_byte(zx_handle_t vmo, uint64_t off)
{
	uint8_t value = 0xee;

	T_OK(zx_vmo_read(vmo, &value, off, 1));
	return value;
}

UNUSED_OK uint8_t vmo_get(zx_handle_t vmo, uint64_t page)
{
	return vmo_byte(vmo, page * PG);
}

UNUSED_OK bool vmo_all(zx_handle_t vmo, uint64_t off, uint64_t len, uint8_t value)
{
	uint8_t page[T_PAGE];

	while (len > 0) {
		const uint64_t n = len < PG ? len : PG;

		memset(page, (uint8_t)~value, n);
		T_OK(zx_vmo_read(vmo, page, off, n));
		if (!t_all(page, n, value))
			return false;
		off += n;
		len -= n;
	}
	return true;
}

UNUSED_OK void vmo_set_name(zx_handle_t vmo, const char *name)
{
	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, name, strlen(name)));
}

/* ZX_VMO_ZERO_CHILDREN, now. */
UNUSED_OK bool vmo_zero_children(zx_handle_t vmo)
{
	zx_signals_t observed = 0;
	const zx_status_t st = zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, &observed);

	cr_assert(st == ZX_OK || st == ZX_ERR_TIMED_OUT, "wait: %s", zx_status_get_string(st));
	cr_assert_eq(st == ZX_OK, (observed & ZX_VMO_ZERO_CHILDREN) != 0);
	return st == ZX_OK;
}

/* All handles of this process to VMOs. */
UNUSED_OK uint32_t vmo_handles(void)
{
	zx_info_process_handle_stats_t stats;

	memset(&stats, 0, sizeof(stats));
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &stats,
				sizeof(stats), NULL, NULL));
	return stats.handle_count[ZX_OBJ_TYPE_VMO];
}

/* ---- expectations */

/* committed, private, scaled bytes as the worked examples write them: a/b/c, with the fraction 0. */
UNUSED_OK void vmo_expect_bytes(const char *row, const char *who, zx_handle_t vmo,
				uint64_t committed, uint64_t private_bytes, uint64_t scaled)
{
	const zx_info_vmo_t i = vmo_info(vmo);

	cr_assert(i.committed_bytes == committed && i.committed_private_bytes == private_bytes &&
			  i.committed_scaled_bytes == scaled,
		  "%s: %s is %" PRIu64 "/%" PRIu64 "/%" PRIu64 ", not %" PRIu64 "/%" PRIu64
		  "/%" PRIu64,
		  row, who, i.committed_bytes, i.committed_private_bytes, i.committed_scaled_bytes,
		  committed, private_bytes, scaled);
	cr_assert_eq(i.populated_bytes, i.committed_bytes, "%s: %s populated", row, who);
	cr_assert_eq(i.populated_private_bytes, i.committed_private_bytes, "%s: %s", row, who);
	cr_assert_eq(i.populated_scaled_bytes, i.committed_scaled_bytes, "%s: %s", row, who);
	cr_assert_eq(i.populated_fractional_scaled_bytes, i.committed_fractional_scaled_bytes,
		     "%s: %s", row, who);
}

#define EXPECT_BYTES(row, vmo, committed, private_bytes, scaled) \
	vmo_expect_bytes(row, #vmo, vmo, committed, private_bytes, scaled)

/* spec: vmo 0.3 #1 #2 #3 */
/*
 * The three checks that open every call: `call` is tried with handles that name nothing, with an event, and with
 * `vmo` through handles that lack one of the `needed` rights each. With exactly these rights the answer is `last`.
 */
typedef zx_status_t vmo_handle_call(zx_handle_t handle);

UNUSED_OK void vmo_expect_handle_checks(const char *row, vmo_handle_call *call, zx_handle_t vmo,
					zx_rights_t needed, zx_status_t last)
{
	zx_handle_t closed = t_vmo(PG);
	zx_handle_t event = ZX_HANDLE_INVALID;

	t_close(closed);
	T_ZX_ROW(row, call(ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	T_ZX_ROW(row, call(closed), ZX_ERR_BAD_HANDLE);
	T_ZX_ROW(row, call((zx_handle_t)0xfffffffcu), ZX_ERR_BAD_HANDLE);
	T_OK(zx_event_create(0, &event));
	T_ZX_ROW(row, call(event), ZX_ERR_WRONG_TYPE);
	zx_handle_t bare_event = vmo_dup(event, 0);
	T_ZX_ROW(row, call(bare_event), ZX_ERR_WRONG_TYPE);
	t_close(bare_event);
	t_close(event);
	for (unsigned bit = 0; bit < 31; bit++) {
		const zx_rights_t right = (zx_rights_t)1 << bit;

		if (!(needed & right))
			continue;
		zx_handle_t weak = vmo_without(vmo, right);
		T_ZX_ROW(row, call(weak), ZX_ERR_ACCESS_DENIED);
		t_close(weak);
	}
	zx_handle_t exact = vmo_dup(vmo, needed);
	T_ZX_ROW(row, call(exact), last);
	t_close(exact);
}

/* ---- bad user memory */

/* Two adjacent pages of the root region; the second one is of the kind named. */
enum vmo_bad {
	BAD_UNMAPPED,   /* a hole of the region */
	BAD_READ_ONLY,  /* mapped for reading only */
	BAD_NO_ACCESS,  /* mapped without any permission */
	BAD_BEYOND_END, /* mapped, but past the end of the VMO there */
	BAD_DISCARDED,  /* mapped from a discarded VMO */
	BAD_KINDS,
};

static const char *const vmo_bad_names[] __attribute__((unused)) = {
	"unmapped", "read-only", "no access", "beyond the end", "discarded"};

struct vmo_buffer {
	uint8_t *good; /* one page, readable and writable */
	uint8_t *bad;  /* the page after it */
};

/* Both pages stay mapped until the test ends. The handles are closed: mappings keep the VMOs. */
UNUSED_OK struct vmo_buffer vmo_bad_buffer(enum vmo_bad kind)
{
	const zx_handle_t root = zx_vmar_root_self();
	zx_handle_t vmar = ZX_HANDLE_INVALID;
	zx_vaddr_t base = 0, at = 0;
	const zx_vm_option_t rw = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	zx_vmo_lock_state_t state;
	zx_handle_t vmo;

	T_OK(zx_vmar_allocate(root,
			      ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
			      2 * T_PAGE, &vmar, &base));
	vmo = t_vmo(PG);
	T_OK(zx_vmar_map(vmar, rw | ZX_VM_SPECIFIC, 0, vmo, 0, T_PAGE, &at));
	t_close(vmo);
	switch (kind) {
	case BAD_UNMAPPED:
	case BAD_KINDS:
		break;
	case BAD_READ_ONLY:
		vmo = t_vmo(PG);
		T_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, T_PAGE, vmo, 0, T_PAGE,
				 &at));
		t_close(vmo);
		break;
	case BAD_NO_ACCESS:
		vmo = t_vmo(PG);
		T_OK(zx_vmar_map(vmar, ZX_VM_SPECIFIC, T_PAGE, vmo, 0, T_PAGE, &at));
		t_close(vmo);
		break;
	case BAD_BEYOND_END:
		vmo = t_vmo_options(PG, ZX_VMO_RESIZABLE);
		T_OK(zx_vmar_map(vmar, rw | ZX_VM_SPECIFIC | ZX_VM_ALLOW_FAULTS, T_PAGE, vmo, 0,
				 T_PAGE, &at));
		T_OK(zx_vmo_set_size(vmo, 0));
		t_close(vmo);
		break;
	case BAD_DISCARDED:
		vmo = t_vmo_options(PG, ZX_VMO_DISCARDABLE);
		T_OK(zx_vmar_map(vmar, rw | ZX_VM_SPECIFIC | ZX_VM_ALLOW_FAULTS, T_PAGE, vmo, 0,
				 T_PAGE, &at));
		T_OK(vmo_lock(vmo, PG, &state));
		T_OK(vmo_op(vmo, ZX_VMO_OP_UNLOCK, 0, PG));
		T_OK(zirconia_debug_discard(vmo));
		t_close(vmo);
		break;
	}
	t_close(vmar);
	return (struct vmo_buffer){.good = (uint8_t *)base, .bad = (uint8_t *)base + T_PAGE};
}

/* Every kind of address at which eight bytes cannot be written, for calls that answer INVALID_ARGS to all of them. */
#define VMO_BAD_OUTS 8

UNUSED_OK void *vmo_bad_out(unsigned i, const char **out_name)
{
	static const char *const names[VMO_BAD_OUTS] = {
		"NULL",           "no access page", "read-only page", "half mapped",
		"kernel address", "beyond the end", "unmapped",       "discarded"};

	*out_name = names[i];
	switch (i) {
	case 0:
		return NULL;
	case 1:
		return t_no_access_page();
	case 2:
		return (void *)(uintptr_t)t_read_only_page();
	case 3:
		return (uint8_t *)t_before_guard(8) + 5;
	case 4:
		return (void *)UINT64_C(0xffff800000000000);
	case 5:
		return vmo_bad_buffer(BAD_BEYOND_END).bad;
	case 6:
		return vmo_bad_buffer(BAD_UNMAPPED).bad;
	default:
		return vmo_bad_buffer(BAD_DISCARDED).bad;
	}
}

#endif
