/* The tree of what is shown: paths, directories, and files that are opened, read and written. */
#include "inspect/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/rights.h>

#include "base/span.h"
#include "inspect/maps.h"
#include "inspect/objects.h"
#include "inspect/tasks.h"
#include "inspect/text.h"
#include "inspect/vmo_files.h"
#include "inspect/vmos.h"
#include "vm/peek.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

struct zi_onlooker {
	struct zi_vmo_index vmos;
	/* Of struct zi_opened.link: what nobody closes goes with the onlooker. */
	struct zi_link opened;
};

struct zi_opened {
	struct zi_link link;
	zx_koid_t vmo;       /* `data` of that VMO; 0: a text */
	struct zi_text text; /* as it was when it was opened */
};

/* ---- what stands where */

enum place {
	ROOT,
	VMOS,
	VMO,
	CHILDREN,
	VMAR,
	PROCESSES,
	PROCESS,
	PAGERS,
	PAGER,
};

typedef zx_status_t print_fn(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t);

/* Something in a directory that always has it. */
struct fixed {
	const char *name;
	enum zi_entry_kind kind;
	enum place dir;  /* of directories: which it is */
	print_fn *print; /* of texts */
};

static zx_status_t print_handles(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on, (void)koid;
	return zi_handles_print(t);
}

static zx_status_t print_ports(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on, (void)koid;
	return zi_ports_print(t);
}

static zx_status_t print_limits(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on, (void)koid;
	return zi_limits_print(t);
}

/* ---- files of VMOs */

typedef zx_status_t print_vmo_fn(struct zi_vmo *v, struct zi_text *t);

static zx_status_t of_vmo(struct zi_onlooker *on, zx_koid_t koid, print_vmo_fn *print,
			  struct zi_text *t)
{
	struct zi_vmo *v = zi_vmo_index_find(&on->vmos, koid, NULL);
	zx_status_t st;

	if (v == NULL)
		return ZX_ERR_NOT_FOUND;
	st = print(v, t);
	zi_vmo_unref(v);
	return st;
}

static zx_status_t print_vmo_info(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	struct zi_vmo *v = zi_vmo_index_find(&on->vmos, koid, NULL);
	zx_status_t st;

	if (v == NULL)
		return ZX_ERR_NOT_FOUND;
	st = zi_vmo_print_info(&on->vmos, v, t);
	zi_vmo_unref(v);
	return st;
}

static zx_status_t print_vmo_name(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	return of_vmo(on, koid, zi_vmo_print_name, t);
}

static zx_status_t print_vmo_pages(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	return of_vmo(on, koid, zi_vmo_print_pages, t);
}

static zx_status_t print_vmo_mappings(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	return of_vmo(on, koid, zi_vmo_print_mappings, t);
}

/* ---- files of processes; koid 0 is this one, also while it has no object */

typedef zx_status_t print_aspace_fn(struct zi_aspace *as, struct zi_text *t);

static zx_status_t of_aspace(zx_koid_t koid, print_aspace_fn *print, struct zi_text *t)
{
	struct zi_process *p = koid == 0 ? NULL : zi_process_by_koid(koid);
	struct zi_aspace *as;
	zx_status_t st;

	if (koid != 0 && p == NULL)
		return ZX_ERR_NOT_FOUND;
	as = p == NULL ? zi_aspace_self_if_started() : zi_process_aspace_if_made(p);
	st = as == NULL ? ZX_OK : print(as, t);
	if (p != NULL)
		zi_object_unref(&p->object);
	/* Nothing was mapped yet, or nothing is any more. */
	return st == ZX_ERR_BAD_STATE ? ZX_OK : st;
}

static zx_status_t print_maps(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on;
	return of_aspace(koid, zi_maps_print, t);
}

static zx_status_t print_map_tree(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on;
	return of_aspace(koid, zi_maps_print_tree, t);
}

static zx_status_t of_process(zx_koid_t koid,
			      zx_status_t (*print)(struct zi_process *, struct zi_text *),
			      struct zi_text *t)
{
	struct zi_process *p = zi_process_by_koid(koid);
	zx_status_t st;

	if (p == NULL)
		return ZX_ERR_NOT_FOUND;
	st = print(p, t);
	zi_object_unref(&p->object);
	return st;
}

static zx_status_t print_process_info(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on;
	return of_process(koid, zi_process_print_info, t);
}

static zx_status_t name_of_process(struct zi_process *p, struct zi_text *t)
{
	char name[ZX_MAX_NAME_LEN];

	p->object.ops->get_name(&p->object, name);
	zi_text_add(t, "%s\n", name);
	return ZX_OK;
}

static zx_status_t print_process_name(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on;
	return of_process(koid, name_of_process, t);
}

static zx_status_t print_process_threads(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	(void)on;
	return of_process(koid, zi_process_print_threads, t);
}

/* What ZX_INFO_PROCESS_VMOS lists: by handles, which only this process has, and by mappings. */
static zx_status_t print_process_vmos(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	struct zi_process *p = zi_process_by_koid(koid);
	zx_koid_t last = 0;

	if (p == NULL)
		return ZX_ERR_NOT_FOUND;
	const zx_koid_t process = p->is_self ? 0 : koid;

	zi_object_unref(&p->object);
	if (!zi_vmo_index_gather(&on->vmos))
		return ZX_ERR_NO_MEMORY;
	zi_vmo_print_line(NULL, t);
	for (size_t i = 0; i < on->vmos.count; i++) {
		const struct zi_vmo_place *place = &on->vmos.at[i];
		zx_rights_t unused;
		struct zi_vmo *v;

		if (place->process != process || place->koid == last)
			continue;
		v = zi_vmo_index_resolve(place, &unused);
		if (v == NULL)
			continue;
		last = place->koid;
		zi_vmo_print_line(v, t);
		zi_vmo_unref(v);
	}
	return ZX_OK;
}

/* ---- files of pagers */

/* Pagers are known by their handles, and by the VMOs that they made. */
static bool has_pager(const struct zi_onlooker *on, zx_koid_t koid)
{
	for (size_t i = 0; i < on->vmos.npagers; i++) {
		if (on->vmos.pagers[i] == koid)
			return true;
	}
	for (size_t i = 0; i < on->vmos.count; i++) {
		if (on->vmos.at[i].pager == koid)
			return true;
	}
	return false;
}

static zx_status_t print_requests(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	return zi_pager_print_requests(&on->vmos, koid, t);
}

static zx_status_t print_dirty(struct zi_onlooker *on, zx_koid_t koid, struct zi_text *t)
{
	return zi_pager_print_dirty(&on->vmos, koid, t);
}

/* ---- directories */

#define DIR(name, place)                        \
	{                                       \
		name, ZI_ENTRY_DIR, place, NULL \
	}
#define TEXT(name, print)                        \
	{                                        \
		name, ZI_ENTRY_TEXT, ROOT, print \
	}

static const struct fixed root_entries[] = {
	DIR("vmo", VMOS),
	DIR("vmar", VMAR),
	DIR("process", PROCESSES),
	DIR("pagers", PAGERS),
	TEXT("handles", print_handles),
	TEXT("ports", print_ports),
	TEXT("limits", print_limits),
};
static const struct fixed vmo_entries[] = {
	TEXT("info.json", print_vmo_info),   TEXT("name", print_vmo_name),
	{"data", ZI_ENTRY_DATA, ROOT, NULL}, TEXT("pages", print_vmo_pages),
	DIR("children", CHILDREN),           TEXT("mappings", print_vmo_mappings),
};
static const struct fixed vmar_entries[] = {
	TEXT("tree", print_map_tree),
	TEXT("maps", print_maps),
};
static const struct fixed process_entries[] = {
	TEXT("info.json", print_process_info), TEXT("name", print_process_name),
	TEXT("tree", print_map_tree),          TEXT("maps", print_maps),
	TEXT("vmos", print_process_vmos),      TEXT("threads", print_process_threads),
};
static const struct fixed pager_entries[] = {
	TEXT("requests", print_requests),
	TEXT("dirty", print_dirty),
};

#define ENTRIES(array) array, sizeof(array) / sizeof((array)[0])

/* A directory has fixed entries, or one entry for each koid of some kind. */
static const struct dir {
	const struct fixed *entries;
	size_t count;
	enum place member; /* of directories with koids: what each is */
} dirs[] = {
	[ROOT] = {ENTRIES(root_entries), ROOT},       [VMOS] = {NULL, 0, VMO},
	[VMO] = {ENTRIES(vmo_entries), ROOT},         [CHILDREN] = {NULL, 0, CHILDREN}, /* links */
	[VMAR] = {ENTRIES(vmar_entries), ROOT},       [PROCESSES] = {NULL, 0, PROCESS},
	[PROCESS] = {ENTRIES(process_entries), ROOT}, [PAGERS] = {NULL, 0, PAGER},
	[PAGER] = {ENTRIES(pager_entries), ROOT},
};

/* ---- koids: which there are */

struct koids {
	zx_koid_t *at;
	size_t count, room;
	bool no_memory;
};

static bool add_koid(struct koids *k, zx_koid_t koid)
{
	if (k->count == k->room) {
		const size_t room = k->room == 0 ? 64 : 2 * k->room;
		zx_koid_t *more = realloc(k->at, room * sizeof(*more));

		if (more == NULL) {
			k->no_memory = true;
			return false;
		}
		k->at = more;
		k->room = room;
	}
	k->at[k->count++] = koid;
	return true;
}

static bool add_process(void *ctx, struct zi_process *p, struct zi_aspace *as)
{
	(void)as;
	return p == NULL || add_koid(ctx, p->object.koid);
}

static zx_status_t child_koids(struct zi_onlooker *on, zx_koid_t koid, struct koids *k)
{
	struct zi_vmo *v = zi_vmo_index_find(&on->vmos, koid, NULL);

	if (v == NULL)
		return ZX_ERR_NOT_FOUND;
	while ((k->count = zi_vmo_list_children(v, k->at, k->room)) > k->room) {
		const size_t room = k->count + k->count / 8 + 16;

		free(k->at);
		k->at = malloc(room * sizeof(*k->at));
		k->room = k->at == NULL ? 0 : room;
		if (k->at == NULL) {
			k->no_memory = true;
			k->count = 0;
			break;
		}
	}
	zi_vmo_unref(v);
	return ZX_OK;
}

static int by_value(const void *a, const void *b)
{
	const zx_koid_t x = *(const zx_koid_t *)a, y = *(const zx_koid_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_unique(struct koids *k)
{
	size_t n = 0;

	if (k->count > 1)
		qsort(k->at, k->count, sizeof(*k->at), by_value);
	for (size_t i = 0; i < k->count; i++) {
		if (n == 0 || k->at[n - 1] != k->at[i])
			k->at[n++] = k->at[i];
	}
	k->count = n;
}

/* `dir` has koids for names; koid is that of the directory itself. */
static zx_status_t list_koids(struct zi_onlooker *on, enum place dir, zx_koid_t koid,
			      struct koids *k)
{
	zx_status_t st = ZX_OK;

	*k = (struct koids){0};
	if (dir == CHILDREN)
		st = child_koids(on, koid, k);
	else if (dir == PROCESSES)
		zi_processes_walk(add_process, k);
	else if (!zi_vmo_index_gather(&on->vmos))
		k->no_memory = true;
	for (size_t i = 0; dir == PAGERS && i < on->vmos.npagers; i++)
		add_koid(k, on->vmos.pagers[i]);
	for (size_t i = 0; (dir == PAGERS || dir == VMOS) && i < on->vmos.count; i++) {
		const zx_koid_t one = dir == VMOS ? on->vmos.at[i].koid : on->vmos.at[i].pager;

		if (one != 0)
			add_koid(k, one);
	}
	sort_unique(k);
	if (st == ZX_OK && k->no_memory)
		st = ZX_ERR_NO_MEMORY;
	if (st != ZX_OK)
		free(k->at);
	return st;
}

static bool is_child(struct zi_onlooker *on, zx_koid_t parent, zx_koid_t koid)
{
	struct koids k;
	bool found;

	if (list_koids(on, CHILDREN, parent, &k) != ZX_OK)
		return false;
	found = k.count > 0 && bsearch(&koid, k.at, k.count, sizeof(koid), by_value) != NULL;
	free(k.at);
	return found;
}

static bool exists(struct zi_onlooker *on, enum place dir, zx_koid_t parent, zx_koid_t koid)
{
	struct zi_process *p;
	struct zi_vmo *v;

	switch (dir) {
	case VMOS:
		v = zi_vmo_index_find(&on->vmos, koid, NULL);
		zi_vmo_unref(v);
		return v != NULL;
	case PROCESSES:
		p = zi_process_by_koid(koid);
		if (p != NULL)
			zi_object_unref(&p->object);
		return p != NULL;
	case PAGERS:
		return zi_vmo_index_gather(&on->vmos) && has_pager(on, koid);
	default:
		return is_child(on, parent, koid);
	}
}

/* ---- paths */

struct found {
	enum zi_entry_kind kind;
	enum place dir;   /* of directories */
	zx_koid_t koid;   /* of what the file or directory is about; 0: nothing in particular */
	zx_koid_t target; /* of links */
	print_fn *print;  /* of texts */
};

static bool parse_koid(const char *name, size_t len, zx_koid_t *out_koid)
{
	zx_koid_t koid = 0;

	if (len == 0 || len > 19 || name[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		koid = koid * 10 + (zx_koid_t)(name[i] - '0');
	}
	*out_koid = koid;
	return true;
}

/* One step from the directory *f to what is called so in it. */
static zx_status_t step(struct zi_onlooker *on, struct found *f, const char *name, size_t len)
{
	const struct dir *dir = &dirs[f->dir];
	zx_koid_t koid;

	if (f->kind != ZI_ENTRY_DIR)
		return ZX_ERR_NOT_DIR;
	for (size_t i = 0; i < dir->count; i++) {
		const struct fixed *e = &dir->entries[i];

		if (strlen(e->name) != len || memcmp(e->name, name, len) != 0)
			continue;
		f->kind = e->kind;
		f->dir = e->dir;
		f->print = e->print;
		return ZX_OK;
	}
	if (dir->entries != NULL || !parse_koid(name, len, &koid) ||
	    !exists(on, f->dir, f->koid, koid))
		return ZX_ERR_NOT_FOUND;
	if (f->dir == CHILDREN) {
		f->kind = ZI_ENTRY_LINK;
		f->target = koid;
	} else {
		f->dir = dir->member;
		f->koid = koid;
	}
	return ZX_OK;
}

static zx_status_t resolve(struct zi_onlooker *on, const char *path, struct found *out)
{
	zx_status_t st = ZX_OK;

	*out = (struct found){.kind = ZI_ENTRY_DIR, .dir = ROOT};
	while (st == ZX_OK) {
		path += strspn(path, "/");
		const size_t len = strcspn(path, "/");

		if (len == 0)
			break;
		st = step(on, out, path, len);
		path += len;
	}
	return st;
}

/* ---- the table's functions */

static struct zi_onlooker *begin(void)
{
	struct zi_onlooker *o = calloc(1, sizeof(*o));

	if (o != NULL)
		zi_list_init(&o->opened);
	return o;
}

static void close_entry(struct zi_opened *f)
{
	zi_list_del(&f->link);
	zi_text_done(&f->text);
	free(f);
}

static void end(struct zi_onlooker *on)
{
	if (on == NULL)
		return;
	ZI_LIST_FOREACH_SAFE (l, &on->opened) {
		close_entry(ZI_CONTAINER(l, struct zi_opened, link));
	}
	zi_vmo_index_done(&on->vmos);
	free(on);
}

static zx_status_t look(struct zi_onlooker *on, const char *path, struct zi_entry *out_entry)
{
	struct found f;
	zx_status_t st = resolve(on, path, &f);
	zx_rights_t rights;
	struct zi_vmo *v;

	if (st != ZX_OK)
		return st;
	*out_entry = (struct zi_entry){.kind = f.kind, .readable = true};
	if (f.kind != ZI_ENTRY_DATA)
		return ZX_OK;
	v = zi_vmo_index_find(&on->vmos, f.koid, &rights);
	if (v == NULL)
		return ZX_ERR_NOT_FOUND;
	out_entry->size = zi_vmo_get_size(v);
	out_entry->readable = (rights & ZX_RIGHT_READ) != 0;
	out_entry->writable = (rights & ZX_RIGHT_WRITE) != 0;
	zi_vmo_unref(v);
	return ZX_OK;
}

static zx_status_t list(struct zi_onlooker *on, const char *path,
			bool (*add)(void *ctx, const char *name, enum zi_entry_kind kind),
			void *ctx)
{
	struct found f;
	zx_status_t st = resolve(on, path, &f);
	struct koids k;
	char name[24];

	if (st != ZX_OK)
		return st;
	if (f.kind != ZI_ENTRY_DIR)
		return ZX_ERR_NOT_DIR;
	const struct dir *dir = &dirs[f.dir];

	for (size_t i = 0; i < dir->count; i++) {
		if (!add(ctx, dir->entries[i].name, dir->entries[i].kind))
			return ZX_OK;
	}
	if (dir->entries != NULL)
		return ZX_OK;
	st = list_koids(on, f.dir, f.koid, &k);
	if (st != ZX_OK)
		return st;
	for (size_t i = 0; i < k.count; i++) {
		snprintf(name, sizeof(name), "%" PRIu64, k.at[i]);
		if (!add(ctx, name, f.dir == CHILDREN ? ZI_ENTRY_LINK : ZI_ENTRY_DIR))
			break;
	}
	free(k.at);
	return ZX_OK;
}

static zx_status_t read_link(struct zi_onlooker *on, const char *path, char *buf, size_t size)
{
	struct found f;
	zx_status_t st = resolve(on, path, &f);

	if (st != ZX_OK)
		return st;
	if (f.kind != ZI_ENTRY_LINK)
		return ZX_ERR_INVALID_ARGS;
	snprintf(buf, size, "../../%" PRIu64, f.target);
	return ZX_OK;
}

static zx_status_t open_data(struct zi_onlooker *on, struct zi_opened *o, zx_koid_t koid,
			     bool to_read, bool to_write)
{
	zx_rights_t rights;
	struct zi_vmo *v = zi_vmo_index_find(&on->vmos, koid, &rights);

	if (v == NULL)
		return ZX_ERR_NOT_FOUND;
	zi_vmo_unref(v);
	if ((to_read && (rights & ZX_RIGHT_READ) == 0) ||
	    (to_write && (rights & ZX_RIGHT_WRITE) == 0))
		return ZX_ERR_ACCESS_DENIED;
	o->vmo = koid;
	return ZX_OK;
}

static zx_status_t open_entry(struct zi_onlooker *on, const char *path, bool to_read, bool to_write,
			      struct zi_opened **out_file)
{
	struct found f;
	zx_status_t st = resolve(on, path, &f);
	struct zi_opened *o;

	if (st != ZX_OK)
		return st;
	if (f.kind == ZI_ENTRY_DIR || f.kind == ZI_ENTRY_LINK)
		return ZX_ERR_NOT_FILE;
	if (f.kind == ZI_ENTRY_TEXT && to_write)
		return ZX_ERR_ACCESS_DENIED;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return ZX_ERR_NO_MEMORY;
	if (f.kind == ZI_ENTRY_DATA)
		st = open_data(on, o, f.koid, to_read, to_write);
	else
		st = f.print(on, f.koid, &o->text);
	if (st == ZX_OK && o->text.no_memory)
		st = ZX_ERR_NO_MEMORY;
	if (st != ZX_OK) {
		zi_text_done(&o->text);
		free(o);
		return st;
	}
	zi_list_add_tail(&on->opened, &o->link);
	*out_file = o;
	return ZX_OK;
}

static zx_status_t read_entry(struct zi_onlooker *on, struct zi_opened *f, uint64_t off, void *buf,
			      size_t len, size_t *out_done)
{
	struct zi_vmo *v;
	zx_status_t st;

	*out_done = 0;
	if (f->vmo == 0) {
		if (off < f->text.len) {
			*out_done = (size_t)zi_min(len, f->text.len - off);
			memcpy(buf, f->text.at + off, *out_done);
		}
		return ZX_OK;
	}
	v = zi_vmo_index_find(&on->vmos, f->vmo, NULL);
	if (v == NULL)
		return ZX_ERR_NOT_FOUND;
	st = zi_vmo_peek(v, off, buf, len, out_done);
	zi_vmo_unref(v);
	return st;
}

static zx_status_t write_entry(struct zi_onlooker *on, struct zi_opened *f, uint64_t off,
			       const void *buf, size_t len, size_t *out_done)
{
	struct zi_vmo *v;
	zx_status_t st;

	*out_done = 0;
	if (f->vmo == 0)
		return ZX_ERR_ACCESS_DENIED;
	v = zi_vmo_index_find(&on->vmos, f->vmo, NULL);
	if (v == NULL)
		return ZX_ERR_NOT_FOUND;
	st = zi_vmo_poke(v, off, buf, len, out_done);
	zi_vmo_unref(v);
	return st;
}

const struct zi_inspect zi_inspect = {
	.version = ZI_INSPECT_VERSION,
	.begin = begin,
	.end = end,
	.look = look,
	.list = list,
	.read_link = read_link,
	.open = open_entry,
	.read = read_entry,
	.write = write_entry,
	.close = close_entry,
};
