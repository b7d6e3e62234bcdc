/*
 * VMOs below the handle layer. Everything that is checked after handle and rights is checked here, in Zircon's
 * order; statuses are final. Offsets and sizes are bytes. Unless said otherwise functions take the tree lock themselves
 * and may be called with none held.
 */
#ifndef ZI_VM_VMO_H
#define ZI_VM_VMO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <zircon/syscalls/object.h>
#include <zircon/types.h>

#include "base/list.h"
#include "base/lock.h"
#include "vm/attr.h"

struct zi_node;
struct zi_tree;
struct zi_mapping;

enum zi_vmo_kind {
	ZI_VMO_PAGED,      /* anonymous or pager-backed */
	ZI_VMO_CONTIGUOUS, /* and slices of it: `slice` set */
	ZI_VMO_PHYSICAL,
};

/* Stream size counter, shared by a family of references. Guarded by the tree lock. */
struct zi_stream_size {
	uint32_t refs;
	bool set; /* false: the stream size is the VMO size */
	uint64_t bytes;
	struct zi_link changes; /* operations under way, oldest first: size_queue.h */
	struct zi_link reads;
	uint32_t nsets; /* of them, size changes */
};

struct zi_vmo {
	_Atomic uint32_t refs; /* handle object, mappings, pins, streams, calls in flight */
	enum zi_vmo_kind kind; /* fixed */
	zx_koid_t koid;        /* fixed */
	struct zi_tree *tree;  /* fixed; its lock guards what follows */
	struct zi_node *node;
	uint64_t base;   /* window into the node: bytes; 0 except for slices */
	uint64_t window; /* bytes; slices only: others follow the node's size */
	bool slice, reference, resizable, discardable, unbounded, snapshot, immutable;
	bool pager_backed;
	zx_koid_t
		pager_koid; /* of the pager that zx_pager_create_vmo was called on; 0 for all other VMOs, children too */
	uint32_t cache_policy;
	char name[ZX_MAX_NAME_LEN];
	struct zi_stream_size *stream;
	struct zi_link mappings; /* of struct zi_mapping.in_vmo */
	uint64_t nmappings;
	struct zi_vmo
		*parent; /* object parent; children unlink themselves. NULL: none (any more) */
	struct zi_link children; /* of in_parent */
	struct zi_link in_parent;
	uint64_t nchildren;
	struct zi_link in_node; /* on node->vmos */
	/* told, under the tree lock, when the number of children becomes or stops being zero */
	void (*on_zero_children)(void *ctx, bool zero);
	void *zero_children_ctx;
	zx_koid_t parent_koid_fixed; /* physical slices only: never changes */
	struct zi_vmo *keep_parent;  /* physical slices keep their parent alive */
};

void zi_vmo_ref(struct zi_vmo *v);
void zi_vmo_unref(
	struct zi_vmo *v); /* NULL is accepted; the last one destroys: no lock may be held that
				      * orders after or equals the tree lock */

/* ---- vmo.c: making, names, sizes */

/* All checks of zx_vmo_create after job policy, in order; options are ZX_VMO_*. */
zx_status_t zi_vmo_create(uint64_t size, uint32_t options, struct zi_vmo **out_vmo);
/* Once, before anybody else can reach v. */
void zi_vmo_set_children_hook(struct zi_vmo *v, void (*fn)(void *ctx, bool zero), void *ctx);
/* The hook is called no more; drops the caller's reference. */
void zi_vmo_unhook_unref(struct zi_vmo *v);
void zi_vmo_get_name(struct zi_vmo *v, char out_name[ZX_MAX_NAME_LEN]);
void zi_vmo_set_name(struct zi_vmo *v, const char *name, size_t len); /* cut at 31 bytes and NUL */
uint64_t zi_vmo_get_size(struct zi_vmo *v);
uint64_t zi_vmo_get_stream_size(struct zi_vmo *v); /* 0 for contiguous and physical ones */
/* The check "resizable and the handle lacks RESIZE" is the caller's (it stands before these). */
zx_status_t zi_vmo_set_size(struct zi_vmo *v, uint64_t size);
zx_status_t zi_vmo_set_stream_size(struct zi_vmo *v, uint64_t size);
/* ZX_PROP_VMO_CONTENT_SIZE: with the behaviour of 2025 any size, else as zi_vmo_set_stream_size. */
zx_status_t zi_vmo_set_content_size(struct zi_vmo *v, uint64_t size);
static inline bool zi_vmo_is_resizable(const struct zi_vmo *v)
{
	return v->resizable; /* references follow their parent: fixed at creation */
}

/* ---- vmo_io.c */

/* Rows 2-13 of the read/write table. `user` is a user buffer; it may be mapped from any VMO. */
zx_status_t zi_vmo_read(struct zi_vmo *v, void *user, uint64_t off, uint64_t len);
zx_status_t zi_vmo_write(struct zi_vmo *v, const void *user, uint64_t off, uint64_t len);
/*
 * The same for streams. *out_done (also on failure): bytes that count as transferred; of a chunk,
 * the part of one page, that was not completed nothing does. advance: the stream size follows the
 * copy, where it is smaller.
 */
zx_status_t zi_vmo_read_counted(struct zi_vmo *v, void *user, uint64_t off, uint64_t len,
				uint64_t *out_done);
zx_status_t zi_vmo_write_counted(struct zi_vmo *v, const void *user, uint64_t off, uint64_t len,
				 bool advance, uint64_t *out_done);

/* ---- vmo_range.c: zx_vmo_op_range after its rights checks */

zx_status_t zi_vmo_commit(struct zi_vmo *v, uint64_t off, uint64_t len);
zx_status_t zi_vmo_decommit(struct zi_vmo *v, uint64_t off, uint64_t len);
zx_status_t zi_vmo_zero(struct zi_vmo *v, uint64_t off, uint64_t len);
zx_status_t zi_vmo_cache_op(struct zi_vmo *v, uint32_t op, uint64_t off, uint64_t len);
zx_status_t zi_vmo_hint(struct zi_vmo *v, uint32_t op, uint64_t off, uint64_t len);
zx_status_t zi_vmo_prefetch(struct zi_vmo *v, uint64_t off, uint64_t len);

/* ---- discard.c */

/* LOCK: *out is filled on success. The caller undoes with zi_vmo_unlock when the user buffer is bad. */
zx_status_t zi_vmo_lock_range(struct zi_vmo *v, uint64_t off, uint64_t len,
			      zx_vmo_lock_state_t *out_state);
zx_status_t zi_vmo_try_lock_range(struct zi_vmo *v, uint64_t off, uint64_t len);
zx_status_t zi_vmo_unlock_range(struct zi_vmo *v, uint64_t off, uint64_t len);
/* Debug hook: discards as memory pressure would. True when it was reclaimable and is now discarded. */
bool zi_vmo_discard(struct zi_vmo *v);

/* ---- vmo_child.c: rows of create_child after the handle checks (discardable first, then option combination, …) */

zx_status_t zi_vmo_create_child(struct zi_vmo *v, uint32_t options, uint64_t off, uint64_t size,
				struct zi_vmo **out_child);

/* ---- vmo_view.c */

/*
 * A reference that stands for v itself in listings: with its koid, name, and options, also of VMOs
 * that have no references otherwise. NO_MEMORY.
 */
zx_status_t zi_vmo_create_view(struct zi_vmo *v, struct zi_vmo **out_view);
/* Names v and all views of it, and of them. */
void zi_vmo_set_name_of_views(struct zi_vmo *v, const char *name, size_t len);
/* Byte `off` of a pinned page as memory, up to the end of the page. */
void *zi_vmo_pinned_ptr(struct zi_vmo *v, uint64_t off);

/* ---- vmo_policy.c */

zx_status_t zi_vmo_set_cache_policy(struct zi_vmo *v, uint32_t policy);
/* ---- vmo_transfer.c: rows 5-14; alignment and options are checked by the caller */
zx_status_t zi_vmo_transfer(struct zi_vmo *dst, uint64_t off, uint64_t len, struct zi_vmo *src,
			    uint64_t src_off);

/* ---- vmo_pin.c */

/* Rows of spec vmo 14. write: write pin. */
zx_status_t zi_vmo_pin(struct zi_vmo *v, uint64_t off, uint64_t len, bool write);
void zi_vmo_unpin(struct zi_vmo *v, uint64_t off, uint64_t len); /* exactly a pinned range */
/* Physical addresses of so many pinned pages from byte `off` on, which is page-aligned. */
void zi_vmo_pinned_addrs(struct zi_vmo *v, uint64_t off, uint64_t pages, uint64_t *out_addrs);

/* ---- vmo_attr.c */

/* Every field but the VIA_ flags and handle_rights (both 0). immutable: report ZX_INFO_VMO_IMMUTABLE. */
void zi_vmo_info(struct zi_vmo *v, bool immutable, zx_info_vmo_t *out_info);
/* Content of [off, off+len), parts past the end count 0; slices and references count 0. */
void zi_vmo_attribute(struct zi_vmo *v, uint64_t off, uint64_t len, struct zi_attr *out);
uint64_t zi_vmo_share_count(struct zi_vmo *v); /* address spaces that map it, at least 1 */
/* Full walk over the VMO's tree: every relation holds (tests, stress). */
bool zi_vmo_check(struct zi_vmo *v);

#endif
