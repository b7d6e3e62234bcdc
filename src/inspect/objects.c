/* Texts about handles, ports, and what the process can have. */
#include "inspect/objects.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/span.h"
#include "inspect/text.h"
#include "object/object.h"
#include "object/port.h"
#include "vm/limits.h"

/* A table that changes all the time is shown as it came after so many tries. */
enum { TRIES = 8 };

/* ---- rights */

/* By the number of the bit. */
static const char *const right_names[] = {
	"DUPLICATE",     "TRANSFER",     "READ",           "WRITE",         "EXECUTE",
	"MAP",           "GET_PROPERTY", "SET_PROPERTY",   "ENUMERATE",     "DESTROY",
	"SET_POLICY",    "GET_POLICY",   "SIGNAL",         "SIGNAL_PEER",   "WAIT",
	"INSPECT",       "MANAGE_JOB",   "MANAGE_PROCESS", "MANAGE_THREAD", "APPLY_PROFILE",
	"MANAGE_SOCKET", "OP_CHILDREN",  "RESIZE",         "ATTACH_VMO",    "MANAGE_VMO",
};
#define RIGHTS_NAMED (sizeof(right_names) / sizeof(right_names[0]))

void zi_rights_print(struct zi_text *t, zx_rights_t rights)
{
	const char *bar = "";

	if (rights == 0)
		zi_text_add(t, "-");
	for (size_t i = 0; i < RIGHTS_NAMED; i++) {
		if ((rights & (zx_rights_t)1 << i) == 0)
			continue;
		zi_text_add(t, "%s%s", bar, right_names[i]);
		rights &= ~((zx_rights_t)1 << i);
		bar = "|";
	}
	if (rights != 0)
		zi_text_add(t, "%s%#x", bar, rights);
}

/* ---- handles */

struct table {
	struct zi_text *text;
	size_t count;
};

static bool print_handle(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	struct table *table = ctx;
	struct zi_text *t = table->text;
	char name[ZX_MAX_NAME_LEN] = "";
	const zx_koid_t related = o->ops->related_koid == NULL ? 0 : o->ops->related_koid(o);

	if (o->ops->get_name != NULL)
		o->ops->get_name(o, name);
	zi_text_add(t, "0x%08x  %-12s %8" PRIu64 " %8" PRIu64 " %8" PRIu32 "  0x%08x  ", value,
		    o->ops->type_name, o->koid, related, zi_object_handles(o),
		    zi_object_signals(o));
	zi_text_quoted(t, name);
	zi_text_bytes(t, "  ", 2);
	zi_rights_print(t, rights);
	zi_text_bytes(t, "\n", 1);
	table->count++;
	return true;
}

zx_status_t zi_handles_print(struct zi_text *t)
{
	struct zi_handle_stamp before, after;
	struct table table;
	int tries = 0;

	do {
		before = zi_handle_stamp();
		t->len = 0;
		zi_text_add(t, "%-10s  %-12s %8s %8s %8s  %-10s  %s  %s\n", "handle", "type",
			    "koid", "related", "handles", "signals", "name", "rights");
		table = (struct table){.text = t};
		if (!zi_handle_walk(print_handle, &table))
			return ZX_ERR_NO_MEMORY;
		after = zi_handle_stamp();
	} while ((before.made != after.made || before.open != after.open) && ++tries < TRIES);
	zi_text_add(t, "%zu handles%s\n", table.count,
		    tries == TRIES ? ", and the table changed while it was read" : "");
	return ZX_OK;
}

/* ---- ports */

struct seen {
	struct zi_text *text;
	zx_koid_t *koid;
	size_t count, room;
	bool no_memory;
};

/* False: it has been there before, or memory is out. */
static bool is_new(struct seen *s, zx_koid_t koid)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->koid[i] == koid)
			return false;
	}
	if (s->count == s->room) {
		const size_t room = s->room == 0 ? 16 : 2 * s->room;
		zx_koid_t *more = realloc(s->koid, room * sizeof(*more));

		if (more == NULL) {
			s->no_memory = true;
			return false;
		}
		s->koid = more;
		s->room = room;
	}
	s->koid[s->count++] = koid;
	return true;
}

static bool print_port(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	struct seen *seen = ctx;
	struct zi_port_counts c;

	(void)value, (void)rights;
	if (o->ops->type != ZX_OBJ_TYPE_PORT || !is_new(seen, o->koid))
		return !seen->no_memory;
	zi_port_count((struct zi_port *)o, &c);
	zi_text_add(seen->text,
		    "%-8" PRIu64 " %8" PRIu32 " %8" PRIu32 " %8" PRIu32 " %10" PRIu32 " %8" PRIu32
		    " %8" PRIu32 "\n",
		    o->koid, zi_object_handles(o), c.users, c.others, c.interrupts, c.waits,
		    c.sleepers);
	return true;
}

zx_status_t zi_ports_print(struct zi_text *t)
{
	struct seen seen = {.text = t};

	zi_text_add(t, "%-8s %8s %8s %8s %10s %8s %8s\n", "koid", "handles", "user", "other",
		    "interrupt", "waits", "threads");
	if (!zi_handle_walk(print_port, &seen))
		seen.no_memory = true;
	free(seen.koid);
	return seen.no_memory ? ZX_ERR_NO_MEMORY : ZX_OK;
}

/* ---- limits */

static void print_number(struct zi_text *t, const char *name, uint64_t value)
{
	zi_text_add(t, "%-22s %" PRIu64 "\n", name, value);
}

static void print_pages(struct zi_text *t, const char *name, uint64_t pages)
{
	char size[24];

	zi_text_size(size, sizeof(size), pages << ZI_PAGE_SHIFT);
	zi_text_add(t, "%-22s %" PRIu64 " (%s)\n", name, pages, size);
}

zx_status_t zi_limits_print(struct zi_text *t)
{
	struct zi_limits l;

	zi_limits(&l);
	print_number(t, "handles", zi_handle_live());
	print_number(t, "handles_max", zi_handle_max());
	print_number(t, "objects", zi_object_live());
	print_number(t, "small_object_bytes", l.small_bytes);
	print_pages(t, "pages", l.frames);
	print_pages(t, "pages_of_vmos", l.frames_live);
	print_pages(t, "pages_kept", l.frames_kept);
	print_pages(t, "pages_never_used", l.frames_unused);
	zi_text_add(t, "%-22s %#" PRIx64 "-%#" PRIx64 "\n", "root_vmar", l.root_base,
		    l.root_base + l.root_len);
	print_number(t, "host_mappings_max", l.max_maps);
	zi_text_add(t, "%-22s %s\n", "trap_engine", l.trap_engine == NULL ? "none" : l.trap_engine);
	zi_text_add(t, "%-22s %s\n", "behaviour", l.behaviour_2025 ? "2025" : "2026");
	return ZX_OK;
}
