/*
 * The objects of this process as a tree of directories and files, read by path: what zxfs(1) shows.
 * The one header of this folder that src/fs may include: a table of functions goes there, so that
 * who mounts the tree needs nothing of the library at link time.
 *
 *   vmo/KOID/{info.json,name,data,pages,mappings}   vmo/KOID/children/KOID -> ../../KOID
 *   vmar/{tree,maps}      of this process
 *   process/KOID/{info.json,name,tree,maps,vmos,threads}
 *   pagers/KOID/{requests,dirty}
 *   handles   ports   limits
 *
 * A text is written when it is opened and stays as it was then. A text about one object shows one
 * moment; of one about many, each line does. The table of handles is taken again until it did not
 * change meanwhile, and says so if it never stood still. `data` is the VMO itself: each read shows
 * the bytes of its moment.
 *
 * Nothing here makes an object or a handle, commits a page, or asks a pager. No reference is kept
 * from one call to the next: what the program drops is gone.
 */
#ifndef ZI_INSPECT_TREE_H
#define ZI_INSPECT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

enum zi_entry_kind { ZI_ENTRY_DIR, ZI_ENTRY_TEXT, ZI_ENTRY_DATA, ZI_ENTRY_LINK };

struct zi_entry {
	enum zi_entry_kind kind;
	uint64_t size; /* bytes of `data`; 0 for texts, which are not written yet */
	/*
	 * `data` may be read when a handle of the process has ZX_RIGHT_READ for the VMO, or a
	 * mapping shows it that may be read; and written when a handle has ZX_RIGHT_WRITE. An I/O
	 * buffer and a stream count as a handle with what they allow. Texts are readable.
	 */
	bool readable, writable;
};

/* One onlooker: its calls come one after the other. */
struct zi_onlooker;
struct zi_opened;

#define ZI_INSPECT_VERSION 1u

struct zi_inspect {
	uint32_t version;
	/* NULL: no memory. */
	struct zi_onlooker *(*begin)(void);
	void (*end)(struct zi_onlooker *on); /* closes what is open; NULL is accepted */

	/* Paths begin with '/'. NOT_FOUND, NOT_DIR, NO_MEMORY by all of these. */
	zx_status_t (*look)(struct zi_onlooker *on, const char *path, struct zi_entry *out_entry);
	/* Names without "." and ".."; stops when add answers false. */
	zx_status_t (*list)(struct zi_onlooker *on, const char *path,
			    bool (*add)(void *ctx, const char *name, enum zi_entry_kind kind),
			    void *ctx);
	/* NUL-terminated and cut to size. INVALID_ARGS: no link. */
	zx_status_t (*read_link)(struct zi_onlooker *on, const char *path, char *buf, size_t size);
	/* NOT_FILE: a directory. ACCESS_DENIED: the rights are not there, or it is a text. */
	zx_status_t (*open)(struct zi_onlooker *on, const char *path, bool read, bool write,
			    struct zi_opened **out_file);

	/*
	 * *out_done: bytes, 0 at the end. NOT_FOUND: the VMO is gone. Others as zi_vmo_peek and
	 * zi_vmo_poke (vm/peek.h).
	 */
	zx_status_t (*read)(struct zi_onlooker *on, struct zi_opened *f, uint64_t off, void *buf,
			    size_t len, size_t *out_done);
	zx_status_t (*write)(struct zi_onlooker *on, struct zi_opened *f, uint64_t off,
			     const void *buf, size_t len, size_t *out_done);
	void (*close)(struct zi_opened *f);
};

extern const struct zi_inspect zi_inspect;

#endif
