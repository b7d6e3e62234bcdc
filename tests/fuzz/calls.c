/*
 * libFuzzer: sequences of calls, over all of src/syscalls/table.def. The input says which call comes next and what its arguments are: handles
 * that are good, of another type, closed, random; pointers that are good, unaligned, into nothing, read-only, into mappings of VMOs and
 * pagers; numbers small and huge. Whatever comes back, afterwards every check function holds, every handle can be closed and nothing is
 * left over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/status.h>
#include <zircon/syscalls-next.h>
#include <zircon/syscalls/clock.h>
#include <zircon/syscalls/iob.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
#include <zircon/syscalls/resource.h>

#include "fuzz_world.h"

enum { ARGS = 8, CALLS_MAX = 200 };

/* Arguments are integers and pointers, each in a register or a slot of the stack: one type of call serves all. */
typedef uint64_t any_call(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
			  uint64_t);
typedef void plain_function(void);

static const struct entry {
	const char *name, *params, *area;
	plain_function *function;
	bool status; /* it returns one */
} table[] = {
#define RETURNS_STATUS true
#define RETURNS_HANDLE false
#define RETURNS_VALUE false
#define RETURNS_VOID false
#define RETURNS_NEVER false
#define ZI_CALL(type, name, params, args, area, answer) \
	{#name, #params, #area, (plain_function *)name, RETURNS_##answer},
#include "syscalls/table.def"
};

enum { CALLS = sizeof(table) / sizeof(table[0]) };

/* ---- calls that are left out, each with the reason */

static const struct {
	const char *name, *why;
} left_out[] = {
	{"zx_process_exit", "ends the program"},
	{"zx_thread_exit", "ends the thread that makes the calls"},
	{"zx_vmar_unmap_handle_close_thread_exit", "ends the thread that makes the calls"},
	{"zx_thread_start", "would run whatever lies at the address that it is told"},
	{"zx_process_start", "would run whatever lies at the address that it is told"},
	{"zx_thread_write_state", "would change the registers of a thread of the fuzzer"},
	{"zx_thread_raise_exception", "an exception that nobody handles ends the program"},
	{"zx_task_suspend", "nobody would wake the thread that makes the calls"},
	{"zx_task_suspend_token", "nobody would wake the thread that makes the calls"},
};

/*
 * What is bounded, and why:
 *   deadlines                        lie in the past or a moment ahead: nobody else is there to end a wait
 *   zx_interrupt_wait                has no deadline: the interrupt is triggered first, and left alone when that is refused
 *   zx_task_kill, zx_job_set_critical  not for this process and its job
 *   zx_object_set_property           not the segment registers of the calling thread
 *   zx_object_get_info               not the table of handles: other calls would find the harness's in the buffer, and close them
 *   zx_cprng_draw, zx_cache_flush    fault by design on pointers that are none
 *   zx_pager_create_vmo              any good port becomes the one whose requests are answered: an unanswered one is a wait without an end
 *   zx_bti_create                    as many BTIs as the harness can clean up after
 *   lengths that become memory       COMMIT and its like, transfers, supplies, pins, contiguous VMOs, regions of I/O buffers that are committed:
 *                                    256 KiB, or so much that it is refused
 */
enum { LENGTH_MAX = 1 << 18 };

/* ---- parameters, read off their declarations */

enum kind { HANDLE, POINTER, DEADLINE, ADDRESS, PADDR, NUMBER };

struct param {
	enum kind kind;
	bool is_const;
	char type[40], name[40];
	zx_obj_type_t wanted; /* HANDLE, and POINTER to some */
};

struct call {
	const struct entry *entry;
	bool rare; /* channels, futexes and the like: nothing is behind them, a few times is enough */
	unsigned count;
	struct param params[ARGS];
};

static struct call calls[CALLS_MAX];
static unsigned call_count;

static zx_obj_type_t wanted_type(const char *call, const char *name)
{
	static const struct {
		const char *name;
		zx_obj_type_t type;
	} by_name[] = {
		{"vmo", ZX_OBJ_TYPE_VMO},       {"port", ZX_OBJ_TYPE_PORT},
		{"vmar", ZX_OBJ_TYPE_VMAR},     {"pager", ZX_OBJ_TYPE_PAGER},
		{"rsrc", ZX_OBJ_TYPE_RESOURCE}, {"resource", ZX_OBJ_TYPE_RESOURCE},
		{"vmex", ZX_OBJ_TYPE_RESOURCE}, {"src_obj", ZX_OBJ_TYPE_RESOURCE},
		{"iommu", ZX_OBJ_TYPE_IOMMU},   {"bti", ZX_OBJ_TYPE_BTI},
		{"job", ZX_OBJ_TYPE_JOB},       {"proc", ZX_OBJ_TYPE_PROCESS},
		{"clock", ZX_OBJ_TYPE_CLOCK},   {"ep", ZX_OBJ_TYPE_IOB},
	};
	static const struct {
		const char *prefix;
		zx_obj_type_t type;
	} by_call[] = {
		{"zx_vmo_", ZX_OBJ_TYPE_VMO},         {"zx_vmar_", ZX_OBJ_TYPE_VMAR},
		{"zx_port_", ZX_OBJ_TYPE_PORT},       {"zx_pager_", ZX_OBJ_TYPE_PAGER},
		{"zx_stream_", ZX_OBJ_TYPE_STREAM},   {"zx_bti_", ZX_OBJ_TYPE_BTI},
		{"zx_pmt_", ZX_OBJ_TYPE_PMT},         {"zx_interrupt_", ZX_OBJ_TYPE_INTERRUPT},
		{"zx_clock_", ZX_OBJ_TYPE_CLOCK},     {"zx_timer_", ZX_OBJ_TYPE_TIMER},
		{"zx_counter_", ZX_OBJ_TYPE_COUNTER}, {"zx_iob_", ZX_OBJ_TYPE_IOB},
		{"zx_job_", ZX_OBJ_TYPE_JOB},         {"zx_task_", ZX_OBJ_TYPE_JOB},
		{"zx_process_", ZX_OBJ_TYPE_PROCESS}, {"zx_thread_", ZX_OBJ_TYPE_THREAD},
	};

	/* Earlier ones win: a pager_vmo is a VMO, a pager's. */
	for (size_t i = 0; i < sizeof(by_name) / sizeof(by_name[0]); i++) {
		const char *at = strstr(name, by_name[i].name);

		if (at != NULL && (at == name || at[-1] == '_'))
			return by_name[i].type;
	}
	for (size_t i = 0; i < sizeof(by_call) / sizeof(by_call[0]); i++)
		if (strncmp(call, by_call[i].prefix, strlen(by_call[i].prefix)) == 0)
			return by_call[i].type;
	return ZX_OBJ_TYPE_NONE;
}

/* One declaration such as "const zx_iovec_t *vectors". */
static void parse_param(const char *call, const char *from, size_t len, struct param *p)
{
	char text[40];
	size_t end;

	if (len >= sizeof(text))
		fz_fail("%s: a parameter is too long", call);
	memcpy(text, from, len);
	text[len] = '\0';
	end = len;
	while (end > 0 && (text[end - 1] == '_' || (text[end - 1] >= '0' && text[end - 1] <= '9') ||
			   (text[end - 1] >= 'a' && text[end - 1] <= 'z')))
		end--;
	snprintf(p->name, sizeof(p->name), "%s", text + end);
	text[end] = '\0';
	p->is_const = strstr(text, "const ") != NULL;
	snprintf(p->type, sizeof(p->type), "%s", p->is_const ? strstr(text, "const ") + 6 : text);
	if (strchr(text, '*') != NULL)
		p->kind = POINTER;
	else if (strncmp(p->type, "zx_handle_t", 11) == 0)
		p->kind = HANDLE;
	else if (strcmp(p->name, "deadline") == 0)
		p->kind = DEADLINE;
	else if (strncmp(p->type, "zx_vaddr_t", 10) == 0)
		p->kind = ADDRESS;
	else if (strncmp(p->type, "zx_paddr_t", 10) == 0)
		p->kind = PADDR;
	else
		p->kind = NUMBER;
	p->wanted = p->kind == HANDLE ? wanted_type(call, p->name) : ZX_OBJ_TYPE_NONE;
}

static void parse(const struct entry *e, struct call *c)
{
	const char *at = e->params + 1, *end;

	c->entry = e;
	c->rare = strcmp(e->area, "message") == 0 || strcmp(e->area, "futex") == 0 ||
		  strcmp(e->area, "runtime") == 0;
	c->count = 0;
	if (strcmp(e->params, "(void)") == 0)
		return;
	for (;; at = end + 1) {
		while (*at == ' ')
			at++;
		end = at + strcspn(at, ",)");
		if (c->count == ARGS)
			fz_fail("%s: more than %d parameters", e->name, ARGS);
		parse_param(e->name, at, (size_t)(end - at), &c->params[c->count++]);
		if (*end == ')')
			return;
	}
}

static void parse_all(void)
{
	unsigned without = 0;

	if (call_count != 0)
		return;
	for (unsigned i = 0; i < CALLS; i++) {
		bool skip = false;

		for (size_t j = 0; j < sizeof(left_out) / sizeof(left_out[0]); j++)
			skip = skip || strcmp(table[i].name, left_out[j].name) == 0;
		without += skip;
		if (call_count == CALLS_MAX)
			fz_fail("more than %d calls", CALLS_MAX);
		if (!skip)
			parse(&table[i], &calls[call_count++]);
	}
	if (without != sizeof(left_out) / sizeof(left_out[0]))
		fz_fail("a call that is left out is not in the table");
}

/* ---- what pointers point to */

static uint64_t bounded_length(uint64_t length)
{
	return length > LENGTH_MAX && length < (uint64_t)1 << 62 ? length % LENGTH_MAX : length;
}

static void fill_handles(struct fz_in *in, zx_handle_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = fz_handle(in, ZX_OBJ_TYPE_NONE);
}

/* An array or a structure at `to`, as the type says; a handful of elements, the rest is what was there. */
static void fill(struct fz_in *in, const struct param *p, uint8_t *to, size_t room)
{
	size_t ignored;

	if (strncmp(p->type, "zx_handle_t", 11) == 0 && room >= 32) {
		zx_handle_t handles[8];

		fill_handles(in, handles, 1 + fz_u8(in) % 8u);
		memcpy(to, handles, sizeof(handles));
	} else if (strncmp(p->type, "zx_iovec_t", 10) == 0 && room >= 4 * sizeof(zx_iovec_t)) {
		zx_iovec_t v[4];

		for (size_t i = 0; i < 4; i++)
			v[i] = (zx_iovec_t){.buffer = fz_pointer(in, &ignored),
					    .capacity = fz_number(in)};
		memcpy(to, v, sizeof(v));
	} else if (strncmp(p->type, "zx_wait_item_t", 14) == 0 &&
		   room >= 4 * sizeof(zx_wait_item_t)) {
		zx_wait_item_t items[4];

		for (size_t i = 0; i < 4; i++)
			items[i] = (zx_wait_item_t){.handle = fz_handle(in, ZX_OBJ_TYPE_NONE),
						    .waitfor = (zx_signals_t)fz_number(in)};
		memcpy(to, items, sizeof(items));
	} else if (strcmp(p->name, "regions") == 0 && room >= 2 * sizeof(zx_iob_region_t)) {
		zx_iob_region_t r[2];

		memset(r, 0, sizeof(r));
		for (size_t i = 0; i < 2; i++) {
			r[i].type = fz_u8(in) % 3u;
			r[i].access = fz_u8(in);
			r[i].size = r[i].type == ZX_IOB_REGION_TYPE_SHARED ?
					    0 :
					    bounded_length(fz_number(in));
			r[i].discipline.type = fz_u8(in) % 4u;
			if (r[i].type == ZX_IOB_REGION_TYPE_SHARED)
				r[i].shared_region.shared_region = fz_handle(in, ZX_OBJ_TYPE_NONE);
		}
		memcpy(to, r, sizeof(r));
	} else {
		const size_t n = fz_u8(in) % 64u;

		for (size_t i = 0; i < n && i < room; i++)
			to[i] = fz_u8(in);
	}
	/* Values among them that only the harness may use. */
	for (size_t i = 0; i + 4 <= room && i < 512; i += 4) {
		zx_handle_t h;

		memcpy(&h, to + i, 4);
		if (fz_is_ours(h))
			memset(to + i, 0, 4);
	}
}

/* ---- bounds */

static bool is(const struct call *c, const char *name)
{
	return strcmp(c->entry->name, name) == 0;
}

static bool is_self(zx_handle_t h)
{
	zx_koid_t koid = 0, process = 0, job = 0;

	fz_type(h, &koid);
	fz_type(zx_process_self(), &process);
	fz_type(zx_job_default(), &job);
	return koid != 0 && (koid == process || koid == job);
}

/* Changes arguments as the list above says. False: the call is not made. */
static bool bound(const struct call *c, uint64_t *a)
{
	if (is(c, "zx_cprng_draw") || is(c, "zx_cache_flush")) {
		a[0] = (uintptr_t)fz_area;
		a[1] %= 4097;
	} else if (is(c, "zx_task_kill")) {
		return !is_self((zx_handle_t)a[0]);
	} else if (is(c, "zx_job_set_critical")) {
		return !is_self((zx_handle_t)a[2]);
	} else if (is(c, "zx_object_set_property")) {
		return a[1] != ZX_PROP_REGISTER_GS && a[1] != ZX_PROP_REGISTER_FS;
	} else if (is(c, "zx_object_get_info")) {
		return (uint32_t)a[1] != ZX_INFO_HANDLE_TABLE;
	} else if (is(c, "zx_interrupt_wait")) {
		const zx_status_t st = zx_interrupt_trigger((zx_handle_t)a[0], 0, 1);

		return st != ZX_ERR_ACCESS_DENIED;
	} else if (is(c, "zx_pager_create_vmo")) {
		if (fz_type((zx_handle_t)a[2], NULL) == ZX_OBJ_TYPE_PORT) {
			a[2] = fz_pager_port(&a[3]);
			return a[2] != ZX_HANDLE_INVALID;
		}
	} else if (is(c, "zx_bti_create")) {
		return fz_room_for_bti();
	} else if (is(c, "zx_vmo_op_range") || is(c, "zx_vmar_op_range")) {
		if (a[1] != ZX_VMO_OP_DECOMMIT && a[1] != ZX_VMO_OP_ZERO)
			a[3] = bounded_length(a[3]);
	} else if (is(c, "zx_vmo_transfer_data") || is(c, "zx_pager_supply_pages")) {
		a[3] = bounded_length(a[3]);
	} else if (is(c, "zx_bti_pin")) {
		a[4] = bounded_length(a[4]);
	} else if (is(c, "zx_vmo_create_contiguous") || is(c, "zx_iob_create_shared_region")) {
		a[1] = bounded_length(a[1]);
	}
	return true;
}

/* ---- arguments that fit together, for calls that random ones seldom get into */

static uint64_t some_pages(struct fz_in *in)
{
	return (1 + fz_u8(in) % 6u) * FZ_PAGE;
}

static void help(struct fz_in *in, const struct call *c, uint64_t *a)
{
	const uint8_t how = fz_u8(in);

	if (how % 4 == 0)
		return;
	if (is(c, "zx_bti_pin")) {
		a[1] = (how & 4 ? ZX_BTI_PERM_READ : ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE) |
		       (how & 24 ? 0 : ZX_BTI_CONTIGUOUS);
		a[3] = fz_u8(in) % 3 * FZ_PAGE;
		a[4] = some_pages(in);
		a[6] = a[1] & ZX_BTI_CONTIGUOUS ? 1 : a[4] / FZ_PAGE;
	} else if (is(c, "zx_vmar_allocate")) {
		a[1] = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
		       (how & 4 ? ZX_VM_CAN_MAP_SPECIFIC : 0);
		a[2] = 0;
		a[3] = some_pages(in) * 16;
	} else if (is(c, "zx_vmar_op_range")) {
		a[2] &= ~(uint64_t)(FZ_PAGE - 1);
		a[3] = some_pages(in);
		a[4] = a[5] = 0;
	} else if (is(c, "zx_vmar_map")) {
		a[1] = ZX_VM_PERM_READ | (how & 4 ? ZX_VM_PERM_WRITE : 0) |
		       (how & 8 ? ZX_VM_ALLOW_FAULTS : 0) | (how & 16 ? ZX_VM_MAP_RANGE : 0);
		a[2] = 0;
		a[4] = fz_u8(in) % 3 * FZ_PAGE;
		a[5] = some_pages(in);
	} else if (is(c, "zx_vmar_map_iob")) {
		a[1] = ZX_VM_PERM_READ | (how & 4 ? ZX_VM_PERM_WRITE : 0);
		a[2] = a[5] = 0;
		a[4] = how & 8 ? 1 : 0;
		a[6] = some_pages(in);
	} else if (is(c, "zx_vmar_protect") || is(c, "zx_vmar_unmap")) {
		const unsigned at = is(c, "zx_vmar_protect") ? 2 : 1;

		a[at] &= ~(uint64_t)(FZ_PAGE - 1);
		a[at + 1] = some_pages(in);
		if (at == 2)
			a[1] = how & 4 ? ZX_VM_PERM_READ : ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	} else if (is(c, "zx_vmo_create_child")) {
		a[1] = (uint64_t)1 << how / 4 % 9;
		a[2] = how & 64 ? FZ_PAGE : 0;
		a[3] = some_pages(in);
	} else if (is(c, "zx_vmo_op_range")) {
		a[2] = fz_u8(in) % 4 * FZ_PAGE;
		a[3] = some_pages(in);
	} else if (is(c, "zx_vmo_transfer_data") || is(c, "zx_pager_supply_pages")) {
		a[2] = fz_u8(in) % 4 * FZ_PAGE;
		a[3] = some_pages(in);
		a[5] = fz_u8(in) % 2 * FZ_PAGE;
		if (is(c, "zx_vmo_transfer_data"))
			a[1] = 0;
	} else if (is(c, "zx_pager_op_range")) {
		a[1] = 1 + how / 4 % 4;
		a[3] = fz_u8(in) % 4 * FZ_PAGE;
		a[4] = some_pages(in);
		a[5] = a[1] == ZX_PAGER_OP_FAIL ? (uint64_t)ZX_ERR_IO : how & 64;
	} else if (is(c, "zx_iob_create")) {
		a[0] = 0;
		a[2] = 1 + how % 2u;
	} else if (is(c, "zx_iob_writev") || is(c, "zx_iob_allocate_id")) {
		a[1] = 0;
		a[2] = is(c, "zx_iob_writev") ? 1 : 0;
	} else if (is(c, "zx_iommu_create")) {
		a[1] = ZX_IOMMU_TYPE_DUMMY;
		a[3] = 1;
	} else if (is(c, "zx_resource_create")) {
		a[1] = ZX_RSRC_KIND_MMIO;
		a[2] = fz_paddr + fz_u8(in) % FZ_PADDR_PAGES * FZ_PAGE;
		a[3] = FZ_PAGE;
		a[5] = how & 4 ? 0 : 5;
	} else if (is(c, "zx_vmo_create_physical")) {
		a[1] = fz_paddr + fz_u8(in) % FZ_PADDR_PAGES * FZ_PAGE;
		a[2] = FZ_PAGE;
	} else if (is(c, "zx_interrupt_create")) {
		a[2] = ZX_INTERRUPT_VIRTUAL;
	} else if (is(c, "zx_interrupt_bind")) {
		a[3] = how & 4 ? ZX_INTERRUPT_BIND : ZX_INTERRUPT_UNBIND;
	} else if (is(c, "zx_object_signal") || is(c, "zx_object_signal_peer")) {
		a[1] &= ZX_USER_SIGNAL_ALL;
		a[2] &= ZX_USER_SIGNAL_ALL;
	} else if (is(c, "zx_object_wait_async")) {
		a[4] = 0;
		a[3] |= ZX_USER_SIGNAL_0;
	} else if (is(c, "zx_vmo_create")) {
		a[0] = some_pages(in) * (1 + how / 4 % 8u);
		a[1] = how & 32 ? ZX_VMO_RESIZABLE : 0;
	} else if (is(c, "zx_vmo_set_size")) {
		a[1] = some_pages(in) - (how & 4 ? 100 : 0);
	} else if (is(c, "zx_clock_update")) {
		a[1] = ZX_CLOCK_ARGS_VERSION(2) | (how / 4 % 16u);
	} else if (is(c, "zx_object_get_property") || is(c, "zx_object_set_property")) {
		a[1] = how & 4 ? ZX_PROP_NAME : ZX_PROP_VMO_CONTENT_SIZE;
		a[3] = how & 4 ? ZX_MAX_NAME_LEN : 8;
	}
}

/* ---- one call */

static uint64_t number_of(struct fz_in *in, const struct param *p)
{
	static const uint64_t vm_options[] = {
		ZX_VM_PERM_READ | ZX_VM_PERM_WRITE,
		ZX_VM_PERM_READ,
		ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC_OVERWRITE,
		ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC,
		ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS,
		ZX_VM_PERM_READ | ZX_VM_MAP_RANGE,
		ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC,
	};
	const uint8_t kind = fz_u8(in);

	if (strcmp(p->type, "zx_vm_option_t ") == 0 && kind < 200)
		return vm_options[kind % (sizeof(vm_options) / sizeof(vm_options[0]))];
	if (strstr(p->name, "options") != NULL) {
		if (kind < 128)
			return 0;
		if (kind < 192)
			return (uint64_t)1 << kind % 24;
		return kind < 224 ? fz_u(in, 2) : fz_u(in, 8);
	}
	if (strcmp(p->name, "rights") == 0)
		return kind < 128 ? ZX_RIGHT_SAME_RIGHTS :
		       kind < 192 ? 0x7fffffff & ~((uint64_t)1 << kind % 25) :
				    fz_u(in, 4);
	if (strcmp(p->name, "op") == 0 || strcmp(p->name, "property") == 0 ||
	    strcmp(p->name, "whence") == 0 || strcmp(p->name, "kind") == 0)
		return kind < 240 ? kind % 22u : fz_u(in, 4);
	if (strcmp(p->name, "topic") == 0)
		return kind < 240 ? kind % 42u | (uint64_t)(fz_u8(in) % 4u) << 28 : fz_u(in, 4);
	if (strncmp(p->name, "num", 3) == 0 || strstr(p->name, "count") != NULL)
		return kind < 220 ? kind % 9u : fz_number(in);
	if (strcmp(p->name, "key") == 0)
		return kind % 4u;
	if (strstr(p->name, "signals") != NULL || strstr(p->name, "mask") != NULL)
		return kind < 200 ? (uint64_t)1 << kind % 32 : fz_u(in, 4);
	return fz_number(in);
}

static uint64_t deadline_of(struct fz_in *in)
{
	switch (fz_u8(in) % 5) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)INT64_MIN;
	case 2:
		return (uint64_t)zx_clock_get_monotonic();
	case 3:
		return (uint64_t)zx_deadline_after(ZX_USEC(20));
	default:
		return 1;
	}
}

struct out {
	uint8_t *at; /* NULL: nothing that can be looked at */
	bool handle, address;
};

static uint64_t argument(struct fz_in *in, const struct param *p, struct out *out)
{
	size_t room;
	uint8_t *to;

	*out = (struct out){.at = NULL};
	switch (p->kind) {
	case HANDLE:
		return fz_handle(in, p->wanted);
	case DEADLINE:
		return deadline_of(in);
	case ADDRESS:
		return fz_address(in);
	case PADDR:
		return fz_u8(in) < 200 ? fz_paddr + fz_u8(in) % FZ_PADDR_PAGES * FZ_PAGE :
					 fz_number(in);
	case NUMBER:
		return number_of(in, p);
	case POINTER:
		break;
	}
	to = fz_pointer(in, &room);
	if (room != 0 &&
	    (p->is_const || strncmp(p->type, "zx_wait_item_t", 14) == 0 ||
	     strncmp(p->type, "zx_iovec_t", 10) == 0 || strcmp(p->type, "void *") == 0))
		fill(in, p, to, room);
	out->handle = !p->is_const && strncmp(p->type, "zx_handle_t", 11) == 0 && room >= 4;
	out->address = !p->is_const && strncmp(p->type, "zx_vaddr_t", 10) == 0 && room >= 8;
	out->at = to;
	return (uintptr_t)to;
}

static bool verbose;

static const struct call *which_call(struct fz_in *in)
{
	const unsigned which = (unsigned)fz_u(in, 2);
	const struct call *c = &calls[which % call_count];

	for (unsigned i = 1; c->rare && which % 16 != 0; i++)
		c = &calls[(which + i) % call_count];
	return c;
}

static void one_call(struct fz_in *in)
{
	const struct call *c = which_call(in);
	uint64_t a[ARGS] = {0}, result;
	struct out out[ARGS] = {{.at = NULL}};
	union {
		plain_function *plain;
		any_call *any;
	} call;

	for (unsigned i = 0; i < c->count; i++)
		a[i] = argument(in, &c->params[i], &out[i]);
	help(in, c, a);
	if (!bound(c, a))
		return;
	call.plain = c->entry->function;
	if (verbose) {
		fprintf(stderr, "%s(", c->entry->name);
		for (unsigned i = 0; i < c->count; i++)
			fprintf(stderr, "%s%#llx", i == 0 ? "" : ", ", (unsigned long long)a[i]);
		fprintf(stderr, ")");
	}
	const zx_instant_mono_t before = verbose ? zx_clock_get_monotonic() : 0;

	result = call.any(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
	if (verbose)
		fprintf(stderr, " = %s, %lld us\n",
			c->entry->status ? zx_status_get_string((zx_status_t)result) : "...",
			(long long)(zx_clock_get_monotonic() - before) / 1000);
	if (!c->entry->status || (zx_status_t)result != ZX_OK)
		return;
	for (unsigned i = 0; i < c->count; i++) {
		zx_handle_t h;
		zx_vaddr_t addr;

		if (out[i].handle) {
			memcpy(&h, out[i].at, sizeof(h));
			fz_hold(h);
		} else if (out[i].address) {
			memcpy(&addr, out[i].at, sizeof(addr));
			fz_mapped(addr);
		}
	}
	if (is(c, "zx_pager_create_vmo") && out[5].handle) {
		zx_handle_t h;

		memcpy(&h, out[5].at, sizeof(h));
		fz_pager_serve(a[3], (zx_handle_t)a[0], h);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fz_in in = {data, size};

	verbose = getenv("FZ_VERBOSE") != NULL;
	parse_all();
	fz_begin();
	fz_first_objects();
	for (unsigned i = 0; i < 200 && in.left != 0; i++)
		one_call(&in);
	fz_end();
	return 0;
}
