/* ZX_INFO_VMO: its layouts, its flags, and the fields that no other test looks at. */
#include "vmo_t.h"

static const struct {
	const char *name;
	uint32_t topic;
	size_t size;
} versions[] = {
	{"V1", ZX_INFO_VMO_V1, 104},
	{"V2", ZX_INFO_VMO_V2, 120},
	{"V3", ZX_INFO_VMO_V3, 128},
	{"newest", ZX_INFO_VMO, 176},
};

/* spec: vmo 7.1 #18 */
Test(call_vmo_info, versions__all__prefixes_of_the_newest)
{
	zx_handle_t vmo = t_vmo(PG);

	vmo_set_name(vmo, "versions");
	vmo_put(vmo, 0, 1);
	const zx_info_vmo_t whole = vmo_info(vmo);
	T_EACH (versions, v) {
		uint8_t buffer[200];
		size_t actual = 9, avail = 9;

		memset(buffer, 0x5a, sizeof(buffer));
		T_ZX_ROW(v->name,
			 zx_object_get_info(vmo, v->topic, buffer, sizeof(buffer), &actual, &avail),
			 ZX_OK);
		cr_assert_eq(memcmp(buffer, &whole, v->size), 0, "%s", v->name);
		cr_assert(t_all(buffer + v->size, sizeof(buffer) - v->size, 0x5a), "%s", v->name);
		cr_assert_eq(actual, 1);
		cr_assert_eq(avail, 1);
		/* Exactly enough, and one byte less. */
		T_ZX_ROW(v->name, zx_object_get_info(vmo, v->topic, buffer, v->size, NULL, NULL),
			 ZX_OK);
		memset(buffer, 0x5a, sizeof(buffer));
		T_ZX_ROW(v->name,
			 zx_object_get_info(vmo, v->topic, buffer, v->size - 1, &actual, &avail),
			 ZX_ERR_BUFFER_TOO_SMALL);
		cr_assert(t_all(buffer, sizeof(buffer), 0x5a), "%s", v->name);
		cr_assert_eq(actual, 0);
		cr_assert_eq(avail, 1);
	}
}

static uint32_t the_topic;

static zx_status_t call_info(zx_handle_t h)
{
	zx_info_vmo_t info;

	return zx_object_get_info(h, the_topic, &info, sizeof(info), NULL, NULL);
}

Test(call_vmo_info, handle_and_buffer__bad__status)
{
	zx_handle_t vmo = t_vmo(PG);

	T_EACH (versions, v) {
		the_topic = v->topic;
		vmo_expect_handle_checks(v->name, call_info, vmo, 0, ZX_OK);
		for (unsigned i = 0; i < VMO_BAD_OUTS; i++) {
			const char *name;
			void *bad = vmo_bad_out(i, &name);
			size_t actual = 9, avail = 9;
			zx_info_vmo_t info;

			T_ZX_ROW(name,
				 zx_object_get_info(vmo, v->topic, bad, sizeof(info), &actual,
						    &avail),
				 ZX_ERR_INVALID_ARGS);
			cr_assert_eq(actual, 9, "%s", name);
			cr_assert_eq(avail, 9, "%s", name);
			if (bad == NULL)
				continue;
			T_ZX_ROW(name,
				 zx_object_get_info(vmo, v->topic, &info, sizeof(info), bad, NULL),
				 ZX_ERR_INVALID_ARGS);
			T_ZX_ROW(name,
				 zx_object_get_info(vmo, v->topic, &info, sizeof(info), NULL, bad),
				 ZX_ERR_INVALID_ARGS);
		}
	}
	/* A version that never was. */
	zx_info_vmo_t info;
	T_ZX(zx_object_get_info(vmo, 23u | (4u << 28), &info, sizeof(info), NULL, NULL),
	     ZX_ERR_NOT_SUPPORTED);
}

static uint32_t flags_of(zx_handle_t vmo)
{
	return vmo_info(vmo).flags;
}

#define BASE (ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_VIA_HANDLE)

/* spec: vmo 7.2 #1 #2 #3 #6 #7 #8; vmo 7.1 #8 */
Test(call_vmo_info, flags__of_each_kind__exactly)
{
	zx_handle_t plain = t_vmo(PG), resizable = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	const uint32_t clone = ZX_INFO_VMO_IS_COW_CLONE;

	cr_assert_eq(flags_of(plain), BASE);
	cr_assert_eq(flags_of(resizable), BASE | ZX_INFO_VMO_RESIZABLE);
	cr_assert_eq(flags_of(t_vmo_options(0, ZX_VMO_UNBOUNDED)), BASE);
	cr_assert_eq(flags_of(t_vmo_options(PG, ZX_VMO_DISCARDABLE)),
		     BASE | ZX_INFO_VMO_DISCARDABLE);
	cr_assert_eq(flags_of(vmo_child(plain, SLICE, 0, PG)), BASE);
	cr_assert_eq(flags_of(vmo_child(plain, SLICE | NO_WRITE, 0, PG)), BASE);
	cr_assert_eq(flags_of(vmo_child(plain, REFERENCE, 0, 0)), BASE);
	cr_assert_eq(flags_of(vmo_child(resizable, REFERENCE, 0, 0)), BASE | ZX_INFO_VMO_RESIZABLE);
	cr_assert_eq(flags_of(vmo_child(plain, SNAPSHOT, 0, PG)), BASE | clone);
	cr_assert_eq(flags_of(vmo_child(plain, SNAPSHOT | CHILD_RESIZABLE, 0, PG)),
		     BASE | clone | ZX_INFO_VMO_RESIZABLE);
	/* IMMUTABLE: SNAPSHOT with NO_WRITE only. */
	cr_assert_eq(flags_of(vmo_child(plain, SNAPSHOT | NO_WRITE, 0, PG)),
		     BASE | clone | ZX_INFO_VMO_IMMUTABLE);
	cr_assert_eq(flags_of(vmo_child(plain, ON_WRITE | NO_WRITE, 0, PG)), BASE | clone);
	cr_assert_eq(flags_of(vmo_child(plain, MODIFIED | NO_WRITE, 0, PG)), BASE | clone);
}

/* spec: vmo 7.2 #8 */
Test(call_vmo_info, process_vmos__held_and_mapped__one_record_each)
{
	static zx_info_vmo_t rows[64];
	zx_handle_t vmo = t_vmo(PG), immutable = vmo_child(vmo, SNAPSHOT | NO_WRITE, 0, PG);
	size_t actual = 0, by_handle = 0, by_mapping = 0;

	t_map(vmo, 0, PG);
	T_OK(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, rows, sizeof(rows),
				&actual, NULL));
	for (size_t i = 0; i < actual; i++) {
		const bool handle = (rows[i].flags & ZX_INFO_VMO_VIA_HANDLE) != 0;

		cr_assert_neq(handle, (rows[i].flags & ZX_INFO_VMO_VIA_MAPPING) != 0);
		cr_assert_not(rows[i].flags & ZX_INFO_VMO_IMMUTABLE);
		if (rows[i].koid == t_koid(immutable))
			cr_assert(rows[i].flags & ZX_INFO_VMO_IS_COW_CLONE);
		if (rows[i].koid != t_koid(vmo))
			continue;
		by_handle += handle;
		by_mapping += !handle;
		cr_assert_eq(rows[i].handle_rights, handle ? VMO_RIGHTS : 0);
	}
	cr_assert_eq(by_handle, 1);
	cr_assert_eq(by_mapping, 1);
}

/* spec: vmo 7.1 #6 #7 */
Test(call_vmo_info, mappings__made_split_and_gone__counted)
{
	zx_handle_t vmo = t_vmo(4 * PG), slice = vmo_child(vmo, SLICE, 0, PG);

	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	cr_assert_eq(vmo_info(vmo).share_count, 1);
	uint8_t *a = t_map(vmo, 0, 4 * PG), *b = t_map(vmo, PG, PG), *s = t_map(slice, 0, PG);
	cr_assert_eq(vmo_info(vmo).num_mappings, 2); /* the slice's is not ours */
	cr_assert_eq(vmo_info(vmo).share_count, 1);
	cr_assert_eq(vmo_info(slice).num_mappings, 1);
	t_unmap(a + PG, PG); /* splits */
	cr_assert_eq(vmo_info(vmo).num_mappings, 3);
	t_unmap(a, PG);
	t_unmap(a + 2 * PG, 2 * PG);
	cr_assert_eq(vmo_info(vmo).num_mappings, 1);
	t_unmap(b, PG);
	t_unmap(s, PG);
	cr_assert_eq(vmo_info(vmo).num_mappings, 0);
	cr_assert_eq(vmo_info(vmo).share_count, 1);
}

/* spec: vmo 7.1 #3 */
Test(call_vmo_info, size_bytes__of_views__their_own_window)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, 0), resizable = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	zx_handle_t ref = vmo_child(resizable, REFERENCE, 0, 0);

	cr_assert_eq(vmo_info(vmo_child(vmo, SLICE, PG, PG + 1)).size_bytes, 2 * PG);
	cr_assert_eq(vmo_info(vmo_child(vmo, SNAPSHOT, PG, 7 * PG)).size_bytes, 7 * PG);
	T_OK(zx_vmo_set_size(resizable, 9 * PG));
	cr_assert_eq(vmo_info(ref).size_bytes, 9 * PG);
}

/* spec: vmo 7.1 #15 */
Test(call_vmo_info, handle_rights__each_handle__its_own)
{
	zx_handle_t vmo = t_vmo(PG);
	static const zx_rights_t rights[] = {0, ZX_RIGHT_READ, VMO_RIGHTS, ZX_RIGHT_INSPECT};

	T_EACH (rights, r)
		cr_assert_eq(vmo_info(vmo_dup(vmo, *r)).handle_rights, *r);
}

/* spec: vmo 7.1 #16 */
Test(call_vmo_info, metadata__empty_and_shared__zero_and_equal)
{
	zx_handle_t vmo = t_vmo_options(1024 * PG, 0);
	zx_handle_t slice = vmo_child(vmo, SLICE, 0, PG), ref = vmo_child(vmo, REFERENCE, 0, 0);

	cr_assert_eq(vmo_info(vmo).metadata_bytes, 0);
	for (uint64_t p = 0; p < 1024; p += 50)
		vmo_put(vmo, p, 1);
	const uint64_t used = vmo_info(vmo).metadata_bytes;
	cr_assert(used > 0 && used < 1024 * PG, "%" PRIu64, used);
	cr_assert_eq(vmo_info(slice).metadata_bytes, used);
	cr_assert_eq(vmo_info(ref).metadata_bytes, used);
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 1024 * PG));
	cr_assert_eq(vmo_info(vmo).metadata_bytes, 0);
}

/* spec: vmo 7.1 #17 */
Test(call_vmo_info, change_events__user_operations__never_count)
{
	zx_handle_t vmo = t_vmo_options(4 * PG, ZX_VMO_RESIZABLE);

	vmo_fill(vmo, 0, 4 * PG, 'v');
	T_OK(vmo_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PG));
	T_OK(vmo_op(vmo, ZX_VMO_OP_ZERO, 0, 2 * PG));
	T_OK(zx_vmo_set_size(vmo, PG));
	t_close(vmo_child(vmo, SNAPSHOT, 0, PG));
	cr_assert_eq(vmo_info(vmo).committed_change_events, 0);
	/* A record made into the VMO itself. */
	uint8_t *map = t_map(vmo, 0, PG);
	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, map, PG, NULL, NULL));
	cr_assert_eq(((zx_info_vmo_t *)(void *)map)->koid, t_koid(vmo));
}
