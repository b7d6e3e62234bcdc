/*
 * A naive model of VMOs, to compare the library with. It is meant to be checked against the specification by eye, so it knows
 * nothing of page-store trees, frames, runs or faults:
 *
 *   page    4096 bytes, and the explicit set of the stores that see them (more than one: shared copy-on-write)
 *   store   what a VMO, its slices and its references look at: a sorted list of (page number, page); no entry reads zero
 *   family  stores that descend from one another by snapshots; only their number matters (see model.c, m_decommit)
 *   vmo     the object: rights, name, options, object parent and children, a window into a store
 *   vmar    an address space of a fixed number of pages: a list of mappings and one protection per page
 *
 * A snapshot puts every page of the window into one more set. A write to a page that has several sharers takes the writer out of the
 * set and gives it a copy. That is all there is to copy-on-write of anonymous memory.
 *
 * Every function answers the status that the system call must give, after the rights checks of the handle, in the
 * specification's order, and changes the model exactly when the call changes the world.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/syscalls/object.h>
#include <zircon/types.h>

#define M_PAGE ((uint64_t)4096)
#define M_MAX_SIZE 0xFFFFFFFFFFFE0000ull
#define M_MAX_STORES 256 /* alive at once */
#define M_VMAR_PAGES 1024u
#define M_MAX_MAPPINGS 64

struct m_page {
	uint8_t bytes[M_PAGE];
	size_t nsharers;
	struct m_store *sharers[M_MAX_STORES];
};

struct m_slot {
	uint64_t pgi;
	struct m_page *page;
};

struct m_family {
	unsigned stores;
};

enum m_discard { M_NEVER_LOCKED, M_LOCKED, M_UNLOCKED, M_DISCARDED };

struct m_store {
	struct m_family *family;
	unsigned views;       /* VMO objects that look at it */
	uint64_t size;        /* bytes, page multiple */
	uint64_t root_off;    /* bytes: where offset 0 lies when projected on the first ancestor */
	struct m_slot *slots; /* sorted by pgi */
	size_t nslots, cap;
	enum m_discard discard;
	uint64_t locks;
	uint64_t change_events;
};

/* Stream size; references share their parent's. */
struct m_stream {
	unsigned users;
	uint64_t bytes;
};

struct m_vmo {
	struct m_store *store;
	struct m_stream *stream;
	uint64_t base, window; /* bytes; slices only: base 0 and the whole store otherwise */
	bool slice, reference, snapshot, resizable, discardable, immutable;
	uint32_t policy;
	char name[ZX_MAX_NAME_LEN];
	struct m_vmo *parent;   /* object parent */
	struct m_vmo *children; /* first one; the others by `next` */
	struct m_vmo *next;
	size_t nchildren;
	size_t nmappings;
	uint64_t aspaces;   /* bit i set: mapped in address space i (derived from the mappings) */
	bool handle;        /* the test's handle is open */
	zx_rights_t rights; /* of that handle */
	zx_koid_t koid;     /* told by the tester: koids are not predicted */
};

struct m_mapping {
	unsigned first, pages; /* in the vmar */
	struct m_vmo *vmo;
	uint64_t vmo_off;  /* bytes */
	uint32_t max_prot; /* ZX_VM_PERM_* */
	bool beyond;       /* ZX_VM_FAULT_BEYOND_STREAM_SIZE */
};

struct m_vmar {
	unsigned index;
	struct m_mapping map[M_MAX_MAPPINGS]; /* sorted, disjoint */
	size_t nmaps;
	uint8_t prot[M_VMAR_PAGES];
};

/* ---- model_store.c: pages, stores and their sharing */

struct m_store *m_store_new(struct m_family *family, uint64_t size);
void m_store_view(struct m_store *s);
void m_store_unview(struct m_store *s);                       /* the last view frees it */
struct m_page *m_get(const struct m_store *s, uint64_t pgi);  /* NULL: reads zero */
struct m_page *m_own(struct m_store *s, uint64_t pgi);        /* only s sees it from now on */
void m_drop(struct m_store *s, uint64_t first, uint64_t end); /* pages [first, end) read zero */
void m_share(struct m_store *to, const struct m_store *from, uint64_t off_pages, uint64_t pages);
struct m_page *m_take(struct m_store *s, uint64_t pgi); /* owned page or NULL; s reads zero */
void m_give(struct m_store *s, uint64_t pgi, struct m_page *page); /* a page from m_take */

/* ---- model.c: objects */

zx_status_t m_create(uint64_t size, uint32_t options, struct m_vmo **out_vmo);
zx_status_t m_create_child(struct m_vmo *v, uint32_t options, uint64_t off, uint64_t size,
			   struct m_vmo **out_child);
void m_close(struct m_vmo *v);
void m_released(struct m_vmo *v); /* a handle or mapping went away: dies with the last */
uint64_t m_size(const struct m_vmo *v);
/* States in which the specification does not settle what zeroing does. */
bool m_uncached_kin(const struct m_vmo *v);
bool m_refilled(const struct m_vmo *v);
zx_status_t m_set_name(struct m_vmo *v, const char *name);
zx_status_t m_set_cache_policy(struct m_vmo *v, uint32_t policy);
/* Every field of ZX_INFO_VMO but metadata_bytes. */
void m_info(const struct m_vmo *v, zx_info_vmo_t *out_info);
/* Only the eight byte counts, of [off, off+len). */
void m_count(const struct m_vmo *v, uint64_t off, uint64_t len, zx_info_vmo_t *out_info);

/* ---- model_ops.c: contents and sizes */

zx_status_t m_read(struct m_vmo *v, void *buffer, uint64_t off, uint64_t len);
zx_status_t m_write(struct m_vmo *v, const void *buffer, uint64_t off, uint64_t len);
/* A buffer whose first byte cannot be accessed, for the reason `why`. */
zx_status_t m_read_bad(struct m_vmo *v, uint64_t off, uint64_t len, zx_status_t why);
zx_status_t m_write_bad(struct m_vmo *v, uint64_t off, uint64_t len, zx_status_t why);
/* Contents whatever rights and policy say; bytes past the end read zero. */
void m_peek(const struct m_vmo *v, void *buffer, uint64_t off, uint64_t len);
zx_status_t m_set_size(struct m_vmo *v, uint64_t size);
zx_status_t m_set_stream_size(struct m_vmo *v, uint64_t size);
zx_status_t m_commit(struct m_vmo *v, uint64_t off, uint64_t len);
zx_status_t m_decommit(struct m_vmo *v, uint64_t off, uint64_t len);
zx_status_t m_zero(struct m_vmo *v, uint64_t off, uint64_t len);
/* Any other operation of zx_vmo_op_range; out_state is filled by a successful LOCK. */
zx_status_t m_op(struct m_vmo *v, uint32_t op, uint64_t off, uint64_t len,
		 zx_vmo_lock_state_t *out_state);
zx_status_t m_transfer(struct m_vmo *dst, uint32_t options, uint64_t off, uint64_t len,
		       struct m_vmo *src, uint64_t src_off);
zx_status_t m_discard(struct m_vmo *v); /* memory pressure */

/* ---- model_map.c: mappings. Addresses are bytes from the start of the vmar; `first` and `pages` are pages. */

zx_status_t m_map(struct m_vmar *a, uint32_t options, unsigned first, unsigned pages,
		  struct m_vmo *v, uint64_t vmo_off);
/* A state in which the specification does not settle what m_map answers. */
bool m_map_range_of_nothing(const struct m_vmo *v, uint32_t options, uint64_t vmo_off);
zx_status_t m_unmap(struct m_vmar *a, unsigned first, unsigned pages);
zx_status_t m_protect(struct m_vmar *a, uint32_t prot, unsigned first, unsigned pages);
const struct m_mapping *m_mapping_at(const struct m_vmar *a, unsigned page);
/* What a load or store in the page does: ZX_OK, or the status of the fault. */
zx_status_t m_fault(const struct m_vmar *a, unsigned page, bool write);
/* Bytes of [addr, addr+len) that can be accessed, from the start on; *out_why: what stops the access there. */
uint64_t m_accessible(const struct m_vmar *a, uint64_t addr, uint64_t len, bool write,
		      zx_status_t *out_why);
/* The range is accessible. */
void m_load(const struct m_vmar *a, uint64_t addr, void *buffer, uint64_t len);
void m_store(struct m_vmar *a, uint64_t addr, const void *buffer, uint64_t len);
/* zx_vmar_op_range with COMMIT, DECOMMIT or ZERO. */
zx_status_t m_vmar_op(struct m_vmar *a, uint32_t op, unsigned first, unsigned pages);

/* ---- model_examples.c: the specification's worked examples, on the model alone. Number of wrong answers. */

int m_examples(void);

#endif
