/* Rights and names of children, and which right each call on a VMO asks for. */
#include "vmo_t.h"

#define RIGHTS_ALWAYS (ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY)

static const struct {
	const char *name;
	uint32_t options;
	bool resizable_parent;
} kinds[] = {
	{"snapshot", SNAPSHOT, false},
	{"snapshot resizable", SNAPSHOT | CHILD_RESIZABLE, false},
	{"snapshot no write", SNAPSHOT | NO_WRITE, false},
	{"on write", ON_WRITE, false},
	{"on write no write", ON_WRITE | NO_WRITE, false},
	{"modified", MODIFIED, false},
	{"modified resizable", MODIFIED | CHILD_RESIZABLE, true},
	{"modified no write", MODIFIED | NO_WRITE, false},
	{"slice", SLICE, false},
	{"slice no write", SLICE | NO_WRITE, false},
	{"reference", REFERENCE, false},
	{"reference no write", REFERENCE | NO_WRITE, true},
	{"reference resizable", REFERENCE | CHILD_RESIZABLE, true},
	{"snapshot of resizable", SNAPSHOT, true},
	{"reference of resizable", REFERENCE, true},
};

/* The table of the specification, written down once more. */
static zx_rights_t expected(zx_rights_t in, uint32_t options)
{
	zx_rights_t out = in & ~ZX_RIGHT_RESIZE;

	if (options & CHILD_RESIZABLE)
		out |= ZX_RIGHT_RESIZE;
	out |= RIGHTS_ALWAYS;
	if (options & NO_WRITE)
		return out & ~ZX_RIGHT_WRITE;
	if (options & (SNAPSHOT | ON_WRITE | MODIFIED))
		return (out | ZX_RIGHT_WRITE) & ~ZX_RIGHT_EXECUTE;
	return out;
}

/* spec: vmo 5.7 #1 #2 #3a #3b #3c #4 */
Test(call_vmo_rights_names, child__of_each_kind_and_handle__rights)
{
	static const zx_rights_t removed[] = {0,
					      ZX_RIGHT_WRITE,
					      ZX_RIGHT_EXECUTE,
					      ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE,
					      ZX_RIGHT_MAP,
					      ZX_RIGHT_TRANSFER,
					      ZX_RIGHT_SIGNAL | ZX_RIGHT_WAIT,
					      ZX_RIGHT_INSPECT,
					      ZX_RIGHT_GET_PROPERTY,
					      ZX_RIGHT_SET_PROPERTY,
					      RIGHTS_ALWAYS | ZX_RIGHT_WRITE,
					      UINT32_MAX & ~(ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ)};

	T_EACH (kinds, k) {
		zx_handle_t plain = t_vmo_options(PG, k->resizable_parent ? ZX_VMO_RESIZABLE : 0);
		zx_handle_t vmo = ZX_HANDLE_INVALID;

		T_OK(zx_vmo_replace_as_executable(plain, ZX_HANDLE_INVALID, &vmo));
		T_EACH (removed, r) {
			zx_rights_t gone = *r;

			if ((k->options & REFERENCE) && (k->options & CHILD_RESIZABLE))
				gone &= ~ZX_RIGHT_RESIZE;
			zx_handle_t weak = vmo_without(vmo, gone);
			zx_handle_t child = vmo_whole_child(weak, k->options);
			const zx_rights_t want = expected(t_rights(weak), k->options);

			cr_assert_eq(t_rights(child), want, "%s without %#x: %#x, not %#x", k->name,
				     gone, t_rights(child), want);
			cr_assert_eq(vmo_info(child).handle_rights, want);
			t_close(child);
			t_close(weak);
		}
		t_close(vmo);
	}
}

/* Numbers, so that the formula above is not all there is. */
Test(call_vmo_rights_names, child__of_default_handle__known_numbers)
{
	zx_handle_t vmo = t_vmo(PG), resizable = t_vmo_options(PG, ZX_VMO_RESIZABLE);
	static const struct {
		uint32_t options;
		zx_rights_t plain, resizable;
	} rows[] = {
		{SNAPSHOT, 0xD0EF, 0xD0EF},
		{SNAPSHOT | CHILD_RESIZABLE, 0x40D0EF, 0x40D0EF},
		{SNAPSHOT | NO_WRITE, 0xD0E7, 0xD0E7},
		{REFERENCE, 0xD0EF, 0xD0EF},
		{REFERENCE | NO_WRITE, 0xD0E7, 0xD0E7},
	};

	T_EACH (rows, r) {
		cr_assert_eq(t_rights(vmo_whole_child(vmo, r->options)), r->plain);
		cr_assert_eq(t_rights(vmo_whole_child(resizable, r->options)), r->resizable);
	}
	cr_assert_eq(t_rights(vmo_whole_child(resizable, REFERENCE | CHILD_RESIZABLE)), 0x40D0EF);
	cr_assert_eq(t_rights(vmo_whole_child(vmo, SLICE)), 0xD0EF);
	cr_assert_eq(t_rights(vmo_whole_child(vmo, SLICE | NO_WRITE)), 0xD0E7);
}

static void expect_name(const char *row, zx_handle_t vmo, const char *want)
{
	char name[ZX_MAX_NAME_LEN], padded[ZX_MAX_NAME_LEN] = {0};

	memset(name, 0x77, sizeof(name));
	memcpy(padded, want, strlen(want));
	T_OK(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
	cr_assert_eq(memcmp(name, padded, sizeof(name)), 0, "%s: \"%.32s\", not \"%s\"", row, name,
		     want);
	cr_assert_eq(memcmp(vmo_info(vmo).name, padded, sizeof(name)), 0, "%s: info", row);
}

/* spec: vmo 5.7 #5 */
Test(call_vmo_rights_names, child__of_each_kind__name_copied_with_get_property_only)
{
	T_EACH (kinds, k) {
		zx_handle_t vmo = t_vmo_options(PG, k->resizable_parent ? ZX_VMO_RESIZABLE : 0);
		zx_handle_t blind = vmo_without(vmo, ZX_RIGHT_GET_PROPERTY);

		vmo_set_name(vmo, "parent");
		zx_handle_t child = vmo_whole_child(vmo, k->options);
		zx_handle_t nameless = vmo_whole_child(blind, k->options);
		expect_name(k->name, child, "parent");
		expect_name(k->name, nameless, "");
		/* Later names are independent. */
		vmo_set_name(vmo, "renamed");
		expect_name(k->name, child, "parent");
		vmo_set_name(child, "child");
		expect_name(k->name, vmo, "renamed");
		vmo_set_name(nameless, "late");
		expect_name(k->name, nameless, "late");
		t_close(child);
		t_close(nameless);
		t_close(blind);
		t_close(vmo);
	}
}

/* spec: vmo 7.1 #2 */
Test(call_vmo_rights_names, name__long_or_with_nul__cut)
{
	zx_handle_t vmo = t_vmo(PG);

	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "0123456789012345678901234567890123456789",
				    40));
	expect_name("long", vmo, "0123456789012345678901234567890");
	zx_handle_t child = vmo_child(vmo, SNAPSHOT, 0, PG);
	expect_name("long, child", child, "0123456789012345678901234567890");
	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "ab\0cd", 5));
	expect_name("NUL inside", vmo, "ab");
	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "", 0));
	expect_name("empty", vmo, "");
	/* Shared by all handles to the object. */
	zx_handle_t dup = vmo_dup(vmo, ZX_RIGHT_SAME_RIGHTS);
	vmo_set_name(dup, "dup");
	expect_name("other handle", vmo, "dup");
}

/* ---- rights that calls ask for */

static zx_status_t u_read(zx_handle_t h)
{
	return zx_vmo_read(h, &(char){0}, 0, 1);
}

static zx_status_t u_write(zx_handle_t h)
{
	return zx_vmo_write(h, "w", 0, 1);
}

static zx_status_t u_set_size(zx_handle_t h)
{
	return zx_vmo_set_size(h, PG);
}

static zx_status_t u_stream(zx_handle_t h)
{
	return zx_vmo_set_stream_size(h, PG);
}

static zx_status_t u_set_content(zx_handle_t h)
{
	const uint64_t value = PG;

	return zx_object_set_property(h, ZX_PROP_VMO_CONTENT_SIZE, &value, 8);
}

static zx_status_t u_get_content(zx_handle_t h)
{
	return zx_object_get_property(h, ZX_PROP_VMO_CONTENT_SIZE, &(uint64_t){0}, 8);
}

static zx_status_t u_set_name(zx_handle_t h)
{
	return zx_object_set_property(h, ZX_PROP_NAME, "n", 1);
}

static zx_status_t u_get_name(zx_handle_t h)
{
	char name[ZX_MAX_NAME_LEN];

	return zx_object_get_property(h, ZX_PROP_NAME, name, sizeof(name));
}

static zx_status_t u_policy(zx_handle_t h)
{
	return zx_vmo_set_cache_policy(h, ZX_CACHE_POLICY_CACHED);
}

static zx_status_t close_if_made(zx_status_t st, zx_handle_t made)
{
	if (st == ZX_OK)
		t_close(made);
	return st;
}

static zx_status_t u_child(zx_handle_t h)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_create_child(h, SNAPSHOT, 0, PG, &child);

	return close_if_made(st, child);
}

static zx_status_t u_resizable_reference(zx_handle_t h)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_vmo_create_child(h, REFERENCE | CHILD_RESIZABLE, 0, 0, &child);

	return close_if_made(st, child);
}

static zx_status_t u_duplicate(zx_handle_t h)
{
	zx_handle_t dup = ZX_HANDLE_INVALID;
	const zx_status_t st = zx_handle_duplicate(h, 0, &dup);

	return close_if_made(st, dup);
}

static zx_status_t u_transfer_source(zx_handle_t h)
{
	zx_handle_t to = t_vmo(PG);
	const zx_status_t st = zx_vmo_transfer_data(to, 0, 0, 0, h, 0);

	t_close(to);
	return st;
}

static zx_status_t u_transfer_target(zx_handle_t h)
{
	zx_handle_t from = t_vmo(PG);
	const zx_status_t st = zx_vmo_transfer_data(h, 0, 0, 0, from, 0);

	t_close(from);
	return st;
}

static zx_status_t map_with(zx_handle_t h, zx_vm_option_t prot)
{
	zx_vaddr_t addr = 0;
	const zx_status_t st = zx_vmar_map(zx_vmar_root_self(), prot, 0, h, 0, T_PAGE, &addr);

	if (st == ZX_OK)
		t_unmap((void *)addr, T_PAGE);
	return st;
}

static zx_status_t u_map_nothing(zx_handle_t h)
{
	return map_with(h, 0);
}

static zx_status_t u_map_read(zx_handle_t h)
{
	return map_with(h, ZX_VM_PERM_READ);
}

static zx_status_t u_map_write(zx_handle_t h)
{
	return map_with(h, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE);
}

static zx_status_t u_map_execute(zx_handle_t h)
{
	return map_with(h, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE);
}

static zx_status_t u_wait(zx_handle_t h)
{
	return zx_object_wait_one(h, ZX_VMO_ZERO_CHILDREN, 0, NULL);
}

static zx_status_t u_signal(zx_handle_t h)
{
	return zx_object_signal(h, 0, ZX_USER_SIGNAL_0);
}

static zx_status_t u_get_size(zx_handle_t h)
{
	return zx_vmo_get_size(h, &(uint64_t){0});
}

static zx_status_t u_get_stream(zx_handle_t h)
{
	return zx_vmo_get_stream_size(h, &(uint64_t){0});
}

static zx_status_t u_info(zx_handle_t h)
{
	zx_info_vmo_t info;

	return zx_object_get_info(h, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);
}

static zx_status_t u_hint(zx_handle_t h)
{
	return vmo_op(h, ZX_VMO_OP_DONT_NEED, 0, PG);
}

static const struct {
	const char *name;
	zx_status_t (*call)(zx_handle_t h);
	zx_rights_t needed;
} uses[] = {
	/* spec: vmo 12.2 #1 */
	{"read", u_read, ZX_RIGHT_READ},
	{"map readable", u_map_read, ZX_RIGHT_MAP | ZX_RIGHT_READ},
	{"transfer source", u_transfer_source, ZX_RIGHT_READ | ZX_RIGHT_WRITE},
	/* spec: vmo 12.2 #2 */
	{"write", u_write, ZX_RIGHT_WRITE},
	{"set stream size", u_stream, ZX_RIGHT_WRITE},
	{"transfer target", u_transfer_target, ZX_RIGHT_WRITE},
	{"map writable", u_map_write, ZX_RIGHT_MAP | ZX_RIGHT_READ | ZX_RIGHT_WRITE},
	{"set content size", u_set_content, ZX_RIGHT_SET_PROPERTY | ZX_RIGHT_WRITE},
	/* spec: vmo 12.2 #3 */
	{"map executable", u_map_execute, ZX_RIGHT_MAP | ZX_RIGHT_READ | ZX_RIGHT_EXECUTE},
	/* spec: vmo 12.2 #4 */
	{"map without access", u_map_nothing, ZX_RIGHT_MAP},
	{"set cache policy", u_policy, ZX_RIGHT_MAP},
	/* spec: vmo 12.2 #5 */
	{"create child", u_child, ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ},
	{"duplicate", u_duplicate, ZX_RIGHT_DUPLICATE},
	/* spec: vmo 12.2 #6 */
	{"set size", u_set_size, ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE},
	{"resizable reference", u_resizable_reference,
	 ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ | ZX_RIGHT_RESIZE},
	/* spec: vmo 12.2 #7 #8 */
	{"get content size", u_get_content, ZX_RIGHT_GET_PROPERTY},
	{"get name", u_get_name, ZX_RIGHT_GET_PROPERTY},
	{"set name", u_set_name, ZX_RIGHT_SET_PROPERTY},
	/* spec: vmo 12.2 #9 */
	{"get size", u_get_size, 0},
	{"get stream size", u_get_stream, 0},
	{"info", u_info, 0},
	{"hint", u_hint, 0},
	/* spec: vmo 12.2 #10 */
	{"wait", u_wait, ZX_RIGHT_WAIT},
	{"signal", u_signal, ZX_RIGHT_SIGNAL},
};

Test(call_vmo_rights_names, use__with_each_right_missing__denied_exactly_then)
{
	zx_handle_t plain = t_vmo_options(PG, ZX_VMO_RESIZABLE), vmo = ZX_HANDLE_INVALID;

	T_OK(zx_vmo_replace_as_executable(plain, ZX_HANDLE_INVALID, &vmo));
	T_EACH (uses, u) {
		for (unsigned bit = 0; bit < 31; bit++) {
			const zx_rights_t right = (zx_rights_t)1 << bit;
			char row[64];

			if (!(t_rights(vmo) & right))
				continue;
			zx_handle_t weak = vmo_without(vmo, right);
			snprintf(row, sizeof(row), "%s without bit %u", u->name, bit);
			T_ZX_ROW(row, u->call(weak),
				 (u->needed & right) ? ZX_ERR_ACCESS_DENIED : ZX_OK);
			t_close(weak);
		}
		zx_handle_t exact = vmo_dup(vmo, u->needed);
		T_ZX_ROW(u->name, u->call(exact), ZX_OK);
		t_close(exact);
	}
}
