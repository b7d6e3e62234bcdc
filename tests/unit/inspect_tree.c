/* zi-test: valgrind */
/* The tree that is shown, without the file system around it: paths, lists, texts, data, rights. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/rights.h>
#include <zirconia/print_maps.h>

#include "base/koid.h"
#include "inspect/tree.h"
#include "object/object.h"
#include "t.h"

#define PAGES 8

static struct zi_onlooker *on;

static void begin(void)
{
	on = zi_inspect.begin();
	cr_assert_not_null(on);
}

static void end(void)
{
	zi_inspect.end(on);
}

TestSuite(inspect_tree, .init = begin, .fini = end);

static zx_status_t look(const char *path)
{
	struct zi_entry e;

	return zi_inspect.look(on, path, &e);
}

static struct zi_entry entry(const char *path)
{
	struct zi_entry e = {.kind = ZI_ENTRY_DIR};

	T_ZX_ROW(path, zi_inspect.look(on, path, &e), ZX_OK);
	return e;
}

static bool add_name(void *ctx, const char *name, enum zi_entry_kind kind)
{
	char *text = ctx;

	strcat(text, name);
	strcat(text, kind == ZI_ENTRY_DIR ? "/ " : kind == ZI_ENTRY_LINK ? "@ " : " ");
	return true;
}

static const char *names(const char *path)
{
	static char text[8192];

	text[0] = '\0';
	T_ZX_ROW(path, zi_inspect.list(on, path, add_name, text), ZX_OK);
	return text;
}

/* All of a text, in pieces of odd length. */
static const char *text_of(const char *path)
{
	static char text[1 << 16];
	struct zi_opened *f;
	size_t len = 0, n;

	T_ZX_ROW(path, zi_inspect.open(on, path, true, false, &f), ZX_OK);
	do {
		T_OK(zi_inspect.read(on, f, len, text + len, 37, &n));
		len += n;
		cr_assert_lt(len + 37, sizeof(text));
	} while (n > 0);
	zi_inspect.close(f);
	text[len] = '\0';
	return text;
}

__attribute__((format(printf, 1, 2))) static const char *path(const char *fmt, ...)
{
	static char text[4][128];
	static unsigned next;
	char *to = text[next++ % 4];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(to, sizeof(text[0]), fmt, ap);
	va_end(ap);
	return to;
}

static bool has_line(const char *text, const char *line)
{
	const size_t len = strlen(line);

	for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line)) {
		if ((at == text || at[-1] == '\n') && at[len] == '\n')
			return true;
	}
	return false;
}

/* ---- paths */

Test(inspect_tree, paths__what_is_there_and_what_is_not)
{
	zx_handle_t vmo = t_vmo(PAGES * T_PAGE), child;

	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &child));
	const zx_koid_t k = t_koid(vmo), c = t_koid(child);
	const struct {
		const char *path;
		zx_status_t status;
	} rows[] = {
		{"/", ZX_OK},
		{"", ZX_OK},
		{"//vmo///", ZX_OK},
		{"/handles", ZX_OK},
		{"/handle", ZX_ERR_NOT_FOUND},
		{"/handles/x", ZX_ERR_NOT_DIR},
		{"/vmo/1", ZX_ERR_NOT_FOUND},
		{"/vmo/x", ZX_ERR_NOT_FOUND},
		{path("/vmo/0%" PRIu64, k), ZX_ERR_NOT_FOUND},
		{path("/vmo/%" PRIu64 "/data", k), ZX_OK},
		{path("/vmo/%" PRIu64 "/children/%" PRIu64, k, c), ZX_OK},
		{path("/vmo/%" PRIu64 "/children/%" PRIu64, c, k), ZX_ERR_NOT_FOUND},
		{"/vmo/99999999999999999999999", ZX_ERR_NOT_FOUND},
		{"/process/1/info.json", ZX_ERR_NOT_FOUND},
		{"/pagers/1", ZX_ERR_NOT_FOUND},
	};

	T_EACH (rows, r)
		T_ZX_ROW(r->path, look(r->path), r->status);
	cr_assert_eq(entry(path("/vmo/%" PRIu64 "/data", k)).size, PAGES * T_PAGE);
	t_close(child);
	T_ZX(look(path("/vmo/%" PRIu64, c)), ZX_ERR_NOT_FOUND);
	T_ZX(look(path("/vmo/%" PRIu64 "/children/%" PRIu64, k, c)), ZX_ERR_NOT_FOUND);
}

Test(inspect_tree, lists__names_and_kinds)
{
	zx_handle_t vmo = t_vmo(T_PAGE), child, port, pager, paged, copy;
	char want[256];

	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &child));
	T_OK(zx_handle_duplicate(child, ZX_RIGHT_SAME_RIGHTS, &copy));
	T_OK(zx_port_create(0, &port));
	T_OK(zx_pager_create(0, &pager));
	T_OK(zx_pager_create_vmo(pager, 0, port, 5, T_PAGE, &paged));
	cr_assert_str_eq(names("/"), "vmo/ vmar/ process/ pagers/ handles ports limits ");
	cr_assert_str_eq(names("/vmar"), "tree maps ");
	snprintf(want, sizeof(want), "%" PRIu64 "/ %" PRIu64 "/ %" PRIu64 "/ ", t_koid(vmo),
		 t_koid(child), t_koid(paged));
	cr_assert_str_eq(names("/vmo"), want);
	cr_assert_str_eq(names(path("/vmo/%" PRIu64, t_koid(vmo))),
			 "info.json name data pages children/ mappings ");
	cr_assert_str_eq(names(path("/vmo/%" PRIu64 "/children", t_koid(vmo))),
			 path("%" PRIu64 "@ ", t_koid(child)));
	cr_assert_str_eq(names("/pagers"), path("%" PRIu64 "/ ", t_koid(pager)));
	cr_assert_str_eq(names(path("/pagers/%" PRIu64, t_koid(pager))), "requests dirty ");
	/* A pager without handles is known by its VMO. */
	const zx_koid_t koid = t_koid(pager);

	t_close(pager);
	cr_assert_str_eq(names("/pagers"), path("%" PRIu64 "/ ", koid));
	t_close(paged);
	cr_assert_str_eq(names("/pagers"), "");
	T_ZX(zi_inspect.list(on, "/handles", add_name, want), ZX_ERR_NOT_DIR);
}

Test(inspect_tree, links__lead_to_the_child)
{
	zx_handle_t vmo = t_vmo(T_PAGE), child;
	char buf[64];

	T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, T_PAGE, &child));
	T_OK(zi_inspect.read_link(
		on, path("/vmo/%" PRIu64 "/children/%" PRIu64, t_koid(vmo), t_koid(child)), buf,
		sizeof(buf)));
	cr_assert_str_eq(buf, path("../../%" PRIu64, t_koid(child)));
	T_ZX(zi_inspect.read_link(on, "/handles", buf, sizeof(buf)), ZX_ERR_INVALID_ARGS);
}

/* ---- the onlooker leaves no trace */

Test(inspect_tree, looking__makes_no_object_no_handle_and_no_process)
{
	zx_handle_t event;

	T_OK(zx_event_create(0, &event));
	const size_t objects = zi_object_live(), handles = zi_handle_live();
	const zx_koid_t koid = zi_koid_next();

	cr_assert_str_eq(names("/vmo"), "");
	cr_assert_str_eq(names("/process"), "");
	cr_assert_str_eq(text_of("/vmar/maps"), "");
	cr_assert_str_eq(text_of("/vmar/tree"), "");
	text_of("/handles");
	text_of("/ports");
	text_of("/limits");
	cr_assert_eq(zi_object_live(), objects);
	cr_assert_eq(zi_handle_live(), handles);
	cr_assert_eq(zi_koid_next(), koid + 1);
}

/* ---- texts */

Test(inspect_tree, text__written_when_opened__stays_as_it_was)
{
	zx_handle_t vmo = t_vmo(T_PAGE);
	struct zi_opened *f;
	char buf[64] = "";
	size_t n;

	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "before", 6));
	T_OK(zi_inspect.open(on, path("/vmo/%" PRIu64 "/name", t_koid(vmo)), true, false, &f));
	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "after", 5));
	t_close(vmo);
	T_OK(zi_inspect.read(on, f, 0, buf, sizeof(buf), &n));
	cr_assert_eq(n, 7);
	cr_assert_eq(memcmp(buf, "before\n", 7), 0);
	T_OK(zi_inspect.read(on, f, 7, buf, sizeof(buf), &n));
	cr_assert_eq(n, 0);
	T_ZX(zi_inspect.write(on, f, 0, "x", 1, &n), ZX_ERR_ACCESS_DENIED);
	zi_inspect.close(f);
}

Test(inspect_tree, open__what_cannot_be_opened)
{
	struct zi_opened *f;

	T_ZX(zi_inspect.open(on, "/vmo", true, false, &f), ZX_ERR_NOT_FILE);
	T_ZX(zi_inspect.open(on, "/limits", true, true, &f), ZX_ERR_ACCESS_DENIED);
	T_ZX(zi_inspect.open(on, "/nothing", true, false, &f), ZX_ERR_NOT_FOUND);
}

Test(inspect_tree, handles__a_line_each__in_zircons_words)
{
	zx_handle_t vmo = t_vmo(T_PAGE), copy;
	char want[256];
	const char *text;

	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "a \"b\"\n", 6));
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ, &copy));
	T_OK(zx_object_signal(vmo, 0, ZX_USER_SIGNAL_1));
	text = text_of("/handles");
	snprintf(want, sizeof(want),
		 "0x%08x  vmo          %8" PRIu64 "        0        2  0x%08x  "
		 "\"a \\\"b\\\"\\u000a\"  READ",
		 copy, t_koid(vmo), ZX_VMO_ZERO_CHILDREN | ZX_USER_SIGNAL_1);
	cr_assert(has_line(text, want), "%s\nis not in\n%s", want, text);
	cr_assert(has_line(text, "2 handles"));
	t_close(copy);
	cr_assert(has_line(text_of("/handles"), "1 handles"));
}

Test(inspect_tree, ports__counts)
{
	const zx_port_packet_t packet = {.type = ZX_PKT_TYPE_USER};
	zx_handle_t port, event;

	T_OK(zx_port_create(0, &port));
	T_OK(zx_event_create(0, &event));
	T_OK(zx_port_queue(port, &packet));
	T_OK(zx_port_queue(port, &packet));
	T_OK(zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, 0));
	const char *row =
		path("%-8" PRIu64 "        1        2        0          0        1        0",
		     t_koid(port));

	cr_assert(has_line(text_of("/ports"), row), "%s", text_of("/ports"));
	T_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
	row = path("%-8" PRIu64 "        1        2        1          0        0        0",
		   t_koid(port));
	cr_assert(has_line(text_of("/ports"), row), "%s", text_of("/ports"));
}

/* What zirconia_print_maps says of the process itself. */
static const char *printed(zx_handle_t process)
{
	static char text[1 << 16];
	FILE *file = tmpfile();
	size_t n;

	T_OK(zirconia_print_maps(fileno(file), process));
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

Test(inspect_tree, maps__of_this_process_and_of_others)
{
	zx_handle_t vmo = t_vmo(4 * T_PAGE), process, vmar, sub;
	zx_vaddr_t addr;
	zx_koid_t koid;

	t_map(vmo, 0, 2 * T_PAGE);
	T_OK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, 16 * T_PAGE, &sub,
			      &addr));
	T_OK(zx_vmar_map(sub, ZX_VM_PERM_READ, 0, vmo, 0, T_PAGE, &addr));
	T_OK(zx_process_create(zx_job_default(), "other", 5, 0, &process, &vmar));
	T_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ, 0, vmo, T_PAGE, T_PAGE, &addr));
	koid = t_koid(zx_process_self());
	cr_assert_str_eq(text_of("/vmar/maps"), printed(zx_process_self()));
	cr_assert_str_eq(text_of(path("/process/%" PRIu64 "/maps", koid)),
			 printed(zx_process_self()));
	cr_assert_str_eq(text_of(path("/process/%" PRIu64 "/maps", t_koid(process))),
			 printed(process));
	cr_assert_str_eq(text_of(path("/process/%" PRIu64 "/name", t_koid(process))), "other\n");
	cr_assert_not_null(strstr(text_of(path("/process/%" PRIu64 "/info.json", t_koid(process))),
				  "\"state\": \"initial\""));
	T_OK(zx_task_kill(process));
	T_ZX(look(path("/process/%" PRIu64, t_koid(process))), ZX_ERR_NOT_FOUND);
}

Test(inspect_tree, map_tree__branches)
{
	const zx_vm_option_t can = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC;
	zx_handle_t vmo = t_vmo(T_PAGE), process, vmar, a, b;
	zx_vaddr_t base, addr, in;
	char want[1024];
	const char *text;

	T_OK(zx_process_create(zx_job_default(), "p", 1, 0, &process, &vmar));
	T_OK(zx_vmar_allocate(vmar, can | ZX_VM_SPECIFIC, T_PAGE, 16 * T_PAGE, &a, &base));
	T_OK(zx_vmar_allocate(a, can | ZX_VM_SPECIFIC, 0, 4 * T_PAGE, &b, &in));
	T_OK(zx_vmar_map(b, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, 0, vmo, 0, T_PAGE, &addr));
	T_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, 32 * T_PAGE, vmo, 0, T_PAGE,
			 &addr));
	text = text_of(path("/process/%" PRIu64 "/tree", t_koid(process)));
	snprintf(want, sizeof(want),
		 "    |-- useralloc %#zx-%#zx 64K\n"
		 "    |   `-- useralloc %#zx-%#zx 16K\n"
		 "    |       `-- r-- %#zx-%#zx 4K \"\" koid %" PRIu64 " offset 0 committed 0B\n"
		 "    `-- r-- %#zx-%#zx 4K \"\" koid %" PRIu64 " offset 0 committed 0B\n",
		 base, base + 16 * T_PAGE, in, in + 4 * T_PAGE, in, in + T_PAGE, t_koid(vmo), addr,
		 addr + T_PAGE, t_koid(vmo));
	cr_assert_not_null(strstr(text, want), "%s\nis not in\n%s", want, text);
	cr_assert_not_null(strstr(text, "\n`-- root "));
}

Test(inspect_tree, pages__long_vmo__equal_lines_are_a_star)
{
	zx_handle_t vmo = t_vmo(1000 * T_PAGE);
	char line[65];

	memset(line, '.', 64);
	line[64] = '\0';
	T_OK(zx_vmo_write(vmo, "x", 300 * T_PAGE, 1));
	const char *text = text_of(path("/vmo/%" PRIu64 "/pages", t_koid(vmo)));
	char want[512];

	snprintf(want, sizeof(want),
		 "0x000000000000  %s\n*\n"
		 "0x000000100000  %.44so%.19s\n"
		 "0x000000140000  %s\n*\n"
		 "0x0000003c0000  %.40s\n"
		 "1000 pages\n",
		 line, line, line, line, line);
	cr_assert_str_eq(text, want);
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 60 * T_PAGE, 100 * T_PAGE, NULL, 0));
	text = text_of(path("/vmo/%" PRIu64 "/pages", t_koid(vmo)));
	snprintf(want, sizeof(want), "0x000000000000  %.60soooo\n0x000000040000  oooooooo", line);
	cr_assert_eq(strncmp(text, want, strlen(want)), 0, "%s", text);
	/* A star never hides where a run ends. */
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 1000 * T_PAGE, NULL, 0));
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 32 * T_PAGE, 32 * T_PAGE, NULL, 0));
	T_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 96 * T_PAGE, 32 * T_PAGE, NULL, 0));
	text = text_of(path("/vmo/%" PRIu64 "/pages", t_koid(vmo)));
	snprintf(
		want, sizeof(want),
		"0x000000000000  %.32soooooooooooooooooooooooooooooooo\n*\n0x000000080000  %s\n*\n",
		line, line);
	cr_assert_eq(strncmp(text, want, strlen(want)), 0, "%s", text);
}

Test(inspect_tree, pages__empty_and_unbounded)
{
	zx_handle_t empty = t_vmo(0), unbounded = t_vmo_options(0, ZX_VMO_UNBOUNDED);

	cr_assert_str_eq(text_of(path("/vmo/%" PRIu64 "/pages", t_koid(empty))), "0 pages\n");
	cr_assert_not_null(strstr(text_of(path("/vmo/%" PRIu64 "/pages", t_koid(unbounded))),
				  "*\n0xfffffffffffc0000  "));
}

/* ---- data and rights */

static zx_status_t try_open(zx_koid_t koid, bool read, bool write)
{
	struct zi_opened *f;
	zx_status_t st = zi_inspect.open(on, path("/vmo/%" PRIu64 "/data", koid), read, write, &f);

	if (st == ZX_OK)
		zi_inspect.close(f);
	return st;
}

Test(inspect_tree, data__what_all_handles_together_allow)
{
	zx_handle_t vmo = t_vmo(T_PAGE), only;
	const zx_koid_t koid = t_koid(vmo);
	const char *data = path("/vmo/%" PRIu64 "/data", koid);

	cr_assert(entry(data).readable && entry(data).writable);
	T_OK(try_open(koid, true, true));
	T_OK(zx_handle_replace(vmo, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE | ZX_RIGHT_MAP, &vmo));
	cr_assert(entry(data).readable && !entry(data).writable);
	T_OK(try_open(koid, true, false));
	T_ZX(try_open(koid, true, true), ZX_ERR_ACCESS_DENIED);
	T_OK(zx_handle_duplicate(vmo, ZX_RIGHT_MAP, &only));
	t_close(vmo);
	cr_assert(!entry(data).readable && !entry(data).writable);
	T_ZX(try_open(koid, true, false), ZX_ERR_ACCESS_DENIED);
	/* A stream's right counts, and a mapping that can be read. */
	t_close(only);
	T_ZX(try_open(koid, true, false), ZX_ERR_NOT_FOUND);
}

Test(inspect_tree, data__only_mapped__can_be_read)
{
	zx_handle_t vmo = t_vmo(T_PAGE);
	const zx_koid_t koid = t_koid(vmo);
	void *at = t_map(vmo, 0, T_PAGE);
	struct zi_opened *f;
	char buf[8];
	size_t n;

	memcpy(at, "mapped", 7);
	t_close(vmo);
	T_ZX(try_open(koid, false, true), ZX_ERR_ACCESS_DENIED);
	T_OK(zi_inspect.open(on, path("/vmo/%" PRIu64 "/data", koid), true, false, &f));
	T_OK(zi_inspect.read(on, f, 0, buf, 7, &n));
	cr_assert(n == 7 && strcmp(buf, "mapped") == 0);
	t_unmap(at, T_PAGE);
	/* The open file keeps nothing. */
	T_ZX(zi_inspect.read(on, f, 0, buf, 7, &n), ZX_ERR_NOT_FOUND);
	T_ZX(zi_inspect.write(on, f, 0, buf, 7, &n), ZX_ERR_NOT_FOUND);
	zi_inspect.close(f);
	cr_assert_eq(zi_handle_live(), 1); /* the root VMAR's */
}

Test(inspect_tree, data__of_a_stream)
{
	zx_handle_t vmo = t_vmo(T_PAGE), stream;
	const zx_koid_t koid = t_koid(vmo);

	T_OK(zx_stream_create(ZX_STREAM_MODE_READ, vmo, 0, &stream));
	t_close(vmo);
	T_OK(try_open(koid, true, false));
	T_ZX(try_open(koid, false, true), ZX_ERR_ACCESS_DENIED);
	t_close(stream);
	T_ZX(try_open(koid, true, false), ZX_ERR_NOT_FOUND);
}

Test(inspect_tree, data__written__is_what_the_program_reads)
{
	zx_handle_t vmo = t_vmo(T_PAGE);
	struct zi_opened *f;
	char buf[8] = "";
	size_t n;

	T_OK(zi_inspect.open(on, path("/vmo/%" PRIu64 "/data", t_koid(vmo)), true, true, &f));
	T_OK(zi_inspect.write(on, f, 100, "poked", 6, &n));
	cr_assert_eq(n, 6);
	T_OK(zx_vmo_read(vmo, buf, 100, 6));
	cr_assert_str_eq(buf, "poked");
	T_ZX(zi_inspect.write(on, f, T_PAGE, "x", 1, &n), ZX_ERR_OUT_OF_RANGE);
	zi_inspect.close(f);
}

/* ---- pagers */

static void *touch(void *at)
{
	/* Used, because Valgrind leaves loads out whose value nobody needs. */
	return (void *)(uintptr_t) * (volatile uint8_t *)at;
}

Test(inspect_tree, pager__requests_and_dirty_pages)
{
	zx_handle_t port, pager, vmo, aux = t_vmo(4 * T_PAGE);
	zx_port_packet_t packet;
	pthread_t thread;
	const char *requests, *dirty;
	char want[256];
	char *at;

	T_OK(zx_port_create(0, &port));
	T_OK(zx_pager_create(0, &pager));
	T_OK(zx_pager_create_vmo(pager, 0, port, 5, 16 * T_PAGE, &vmo));
	T_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "file", 4));
	requests = path("/pagers/%" PRIu64 "/requests", t_koid(pager));
	dirty = path("/pagers/%" PRIu64 "/dirty", t_koid(pager));
	snprintf(want, sizeof(want), "vmo %" PRIu64 " \"file\" size 0x10000\n", t_koid(vmo));
	cr_assert_str_eq(text_of(requests), want);
	cr_assert_str_eq(text_of(dirty), want);

	at = t_map(vmo, 0, 16 * T_PAGE);
	cr_assert_eq(pthread_create(&thread, NULL, touch, at + 3 * T_PAGE), 0);
	T_OK(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
	cr_assert_not_null(
		strstr(text_of(requests), "\n  READ 0x3000-0x4000 4K pages left 1 behind 0\n"),
		"%s", text_of(requests));
	/* Reading does not wait for it. */
	text_of(path("/vmo/%" PRIu64 "/pages", t_koid(vmo)));
	T_OK(zx_pager_supply_pages(pager, vmo, 2 * T_PAGE, 4 * T_PAGE, aux, 0));
	pthread_join(thread, NULL);
	cr_assert_str_eq(text_of(requests), want);

	T_OK(zx_vmo_write(vmo, "dd", 3 * T_PAGE - 1, 2));
	snprintf(want, sizeof(want),
		 "vmo %" PRIu64 " \"file\" size 0x10000 modified\n  DIRTY 0x2000-0x4000 8K\n",
		 t_koid(vmo));
	cr_assert_str_eq(text_of(dirty), want);
}

/* ---- others at work */

static _Atomic bool stop;

static void *churn(void *arg)
{
	uint64_t seed = (uintptr_t)arg;

	while (!stop) {
		zx_handle_t vmo = t_vmo(T_PAGE * (1 + t_below(&seed, 4))), child, copy;

		T_OK(zx_vmo_write(vmo, "x", 0, 1));
		T_OK(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, T_PAGE, &child));
		T_OK(zx_handle_duplicate(child, ZX_RIGHT_READ, &copy));
		void *at = t_map(child, 0, T_PAGE);

		*(volatile char *)at = 2;
		t_close(vmo);
		t_unmap(at, T_PAGE);
		t_close(child);
		t_close(copy);
	}
	return NULL;
}

static void read_any(const char *name)
{
	struct zi_opened *f;
	char buf[512];
	size_t n;

	if (zi_inspect.open(on, name, true, false, &f) != ZX_OK)
		return;
	while (zi_inspect.read(on, f, 0, buf, sizeof(buf), &n) == ZX_OK && n == 0)
		break;
	zi_inspect.close(f);
}

static bool read_vmo(void *ctx, const char *name, enum zi_entry_kind kind)
{
	static const char *const files[] = {"info.json", "name", "data", "pages", "mappings"};
	unsigned *left = ctx;

	(void)kind;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		read_any(path("/vmo/%s/%s", name, files[i]));
	zi_inspect.list(on, path("/vmo/%s/children", name), add_name, (char[8192]){""});
	return --*left > 0;
}

Test(inspect_tree, threads_that_make_and_end_objects__every_text_is_whole)
{
	pthread_t thread[2];
	const int rounds = t_has("no-valgrind") ? 300 : 20;

	t_map(t_vmo(T_PAGE), 0, T_PAGE);
	for (uintptr_t i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, churn, (void *)(i + 1)), 0);
	for (int i = 0; i < rounds; i++) {
		unsigned left = 20;

		T_OK(zi_inspect.list(on, "/vmo", read_vmo, &left));
		read_any("/vmar/tree");
		read_any("/limits");
		cr_assert_not_null(strstr(text_of("/handles"), " handles"));
		cr_assert_not_null(strstr(text_of("/vmar/maps"), "root"));
	}
	stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	/* The VMO that stays mapped, and the root VMAR. */
	cr_assert(has_line(text_of("/handles"), "2 handles"));
}
