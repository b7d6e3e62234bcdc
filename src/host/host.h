/*
 * The host ring: everything that talks to Linux. Common rules: addresses and lengths are
 * page-aligned and non-zero unless said otherwise; statuses are Zircon's (errno never leaves this
 * ring); functions marked [fault] may be called in the fault handler.
 */
#ifndef ZI_HOST_HOST_H
#define ZI_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

/* ------------------------------------------------------------------ start: host.c, probe.c */

/*
 * Makes the arena, the physmap, the root reservation and installs the trap handlers, once.
 * Thread-safe.
 * ZX_ERR_NO_MEMORY when not even small windows fit (RLIMIT_AS): the next call tries again.
 */
zx_status_t zi_host_start(void);
bool zi_host_is_started(void);
/*
 * After fork(2), in the child: drops arena, physmap, reservation and state; the next start makes
 * new ones.
 */
void zi_host_after_fork(void);
/*
 * Called first in the child, when locks and slabs are reset already and the windows still exist:
 * the layers above forget their world here. Their caches (zi_cache) stay usable, their slab objects
 * are gone.
 */
void zi_host_set_fork_hook(void (*child)(void));

struct zi_host_caps {
	uint64_t arena_pages; /* frames that exist */
	uintptr_t root_base;  /* the reservation in which self's root VMAR lies */
	size_t root_len;
	uint64_t max_segment_pages; /* largest extent that one caller should ask for */
	size_t max_maps;            /* vm.max_map_count */
	bool on_valgrind;
	bool uffd_user; /* userfaultfd for user-mode faults is available */
	bool uffd_full; /* … and for faults inside system calls */
	bool uffd_wp_shmem;
	bool uffd_sigbus;
};
const struct zi_host_caps *zi_host_caps(void); /* valid after zi_host_start */

/* ------------------------------------------------------------------ frames and extents: arena.c */

/*
 * The arena is one sparse memfd, mapped whole at zi_physmap. A frame is a page of it; its number is
 * the page index in the arena. Frame 0 is never handed out. An untouched frame costs nothing and
 * reads zero.
 */
extern uint8_t *zi_physmap;

static inline uint8_t *zi_frame_ptr(uint64_t frame)
{
	return zi_physmap + (frame << 12);
}

#define ZI_EXTENT_STALE 4

/*
 * A run of frames. Freed extents keep some resident frames with old bytes for reuse; an extent
 * handed out with ZI_EXTENT_ANY names those runs, every other frame of it reads zero.
 */
struct zi_extent {
	uint64_t frame; /* first frame; 0: no extent */
	uint64_t pages;
	bool warm; /* every frame is resident already, and zero */
	uint32_t nstale;
	struct {
		uint64_t off; /* pages from the start of the extent */
		uint64_t pages;
	} stale[ZI_EXTENT_STALE];
};

enum {
	ZI_EXTENT_ZERO = 0,  /* every frame reads zero; nstale is 0 */
	ZI_EXTENT_ANY = 1,   /* stale frames allowed, resident ones preferred */
	ZI_EXTENT_HOLES = 2, /* no frame has memory */
};

/* [fault] pages > 0; *out->pages may be larger than asked (rounded to a size class). align_pages a power of
 * two, 1 for none. ZX_ERR_NO_MEMORY when offset space is out. */
zx_status_t zi_extent_alloc(uint64_t pages, uint64_t align_pages, unsigned flags,
			    struct zi_extent *out);
/*
 * [fault] `frame`, `pages` as returned by alloc. touched=false promises that nobody has read or
 * written a frame since, and that no stale runs came with the extent; then nothing is asked of the
 * kernel. No mapping of the frames may be left.
 */
void zi_extent_free(uint64_t frame, uint64_t pages, bool touched);

/* [fault] Gives all kept resident frames of free extents back to the system; how many they were. */
uint64_t zi_extent_trim(void);

struct zi_extent_stats {   /* frames */
	uint64_t live;     /* in extents handed out */
	uint64_t kept;     /* resident in free extents */
	uint64_t unused;   /* never handed out */
	uint64_t lost;     /* offset space lost because no memory was left to remember it */
	size_t book_bytes; /* slab memory that the books of free extents take, for good */
};
void zi_extent_stats(struct zi_extent_stats *out);

/*
 * ------------------------------------------------------------------ the memory of frames: frames.c
 */

/*
 * [fault] Frees the memory of frames: they read zero, mappings of them too (fallocate PUNCH_HOLE).
 */
void zi_frames_discard(uint64_t frame, uint64_t pages);
/*
 * [fault] Next run of resident frames in [frame, frame+pages); false: none. Exact
 * (SEEK_DATA/SEEK_HOLE).
 */
bool zi_frames_next_data(uint64_t frame, uint64_t pages, uint64_t *out_frame, uint64_t *out_pages);
/* [fault] Pages from `frame` to the first resident one, `pages` when there is none. Cheaper than zi_frames_next_data, whose
 * search for the end of the run takes 12 ns for every resident page after it, also beyond the range. */
uint64_t zi_frames_find_data(uint64_t frame, uint64_t pages);
/*
 * [fault] Makes frames resident through the physmap (MADV_POPULATE_WRITE, or touches). NO_MEMORY on
 * failure.
 */
zx_status_t zi_frames_populate(uint64_t frame, uint64_t pages);
/* [fault] Reads n bytes at byte `off` of frame `frame` without making holes resident (pread). */
void zi_frames_peek(uint64_t frame, uint64_t off, void *buf, size_t n);
/* [fault] All bytes of a frame are zero? Reads through the physmap: only for resident frames. */
bool zi_frame_is_zero(uint64_t frame);

/* ------------------------------------------------------------------ placement: place.c */

enum { ZI_PROT_R = 1, ZI_PROT_W = 2, ZI_PROT_X = 4 }; /* equal to ZX_VM_PERM_* */

/*
 * [fault] All act inside the root reservation, replace what is there in one step, and return
 * ZX_ERR_NO_MEMORY when the kernel refuses (zi_place_out_of_maps() tells whether it was the map
 * limit).
 */
zx_status_t zi_place_frames(uintptr_t addr, size_t len, uint64_t frame, uint32_t prot,
			    bool populate);
/* The same for what may be taken away by zi_place_hide: cheaper when it was, with the same frames. */
zx_status_t zi_place_run(uintptr_t addr, size_t len, uint64_t frame, uint32_t prot, bool populate);
zx_status_t zi_place_protect(uintptr_t addr, size_t len, uint32_t prot);
zx_status_t zi_place_reserve(uintptr_t addr, size_t len); /* back to PROT_NONE reservation */
/*
 * The same for a range in which nothing is mapped from now on. The lock of the address space is held, by whoever maps something
 * there again as well.
 */
zx_status_t zi_place_hide(uintptr_t addr, size_t len);
/* About how many host maps the ranges have left that were taken away since the count began anew. */
uint32_t zi_place_pieces(void);
void zi_place_count_pieces_anew(void);
/* Nothing is mapped in the range, and the lock of the address space is held: it becomes as if never used. */
void zi_place_join(uintptr_t addr, size_t len);
/* The same for addresses whose first access is expected, and brings what belongs there. */
zx_status_t zi_place_absent(uintptr_t addr, size_t len);
bool zi_place_out_of_maps(void); /* was the last refusal (this thread) the map count limit? */

/* ------------------------------------------------------------------ watched placements: uffd.c */

enum zi_watch_mode {
	ZI_WATCH_SIGBUS, /* the thread that touches a frame without memory gets SIGBUS */
	ZI_WATCH_EVENTS, /* it waits in the kernel, and zi_watch_next tells of it */
};
/* Once, before the first placement. False: the system does not allow it, or not in this mode. */
bool zi_watch_open(enum zi_watch_mode mode);
/* Undoes it; nothing was placed yet. */
void zi_watch_close(void);
/*
 * [fault] As zi_place_frames, but frames without memory are watched instead of filled with zeros at
 * the first touch.
 */
zx_status_t zi_place_watched(uintptr_t addr, size_t len, uint64_t frame, uint32_t prot);
/*
 * [fault] Marks pages of watched placements: stores to them are told like touches of frames without
 * memory, whatever the protection allows, until zi_watch_allow. The mark belongs to the page of the
 * placement, memory or none. Only where zi_watch_begin_stores was called pages can be marked; it
 * marks all of its range. False: the system cannot do it, or not in all of the range.
 */
bool zi_watch_begin_stores(uintptr_t addr, size_t len);
bool zi_watch_stores(uintptr_t addr, size_t len);
bool zi_watch_allow(uintptr_t addr, size_t len);
/*
 * [fault] Gives frames that have no memory these bytes. To accesses through placements each page
 * comes in one piece: they find no memory, or all of it.
 */
zx_status_t zi_frames_fill(uint64_t frame, uint64_t pages, const void *bytes);
/*
 * The same from memory of the program, as far as the kernel can read it and there is memory: answers
 * how many pages got their bytes. The page behind them may have got a part.
 */
uint64_t zi_frames_write(uint64_t frame, uint64_t pages, const void *user);

struct zi_watch_fault {
	uintptr_t addr;
	bool write;
	uint32_t thread; /* as zi_watch_thread_id answers in it */
};
/* Waits for the next access (ZI_WATCH_EVENTS). Any number of threads may; false: the end. */
bool zi_watch_next(struct zi_watch_fault *out_fault);
/* [fault] Threads that wait for a page of the range try again. */
void zi_watch_wake(uintptr_t addr, size_t len);
uint32_t zi_watch_thread_id(void); /* [fault] */

/* Is any host mapping at the address, whoever made it? (mapped.c) */
bool zi_host_is_mapped(uintptr_t addr);

/* ------------------------------------------------------------------ traps: sigfault.c */

enum zi_trap_access { ZI_ACCESS_READ, ZI_ACCESS_WRITE, ZI_ACCESS_EXEC };

struct zi_trap {
	uintptr_t addr; /* faulting address (byte) */
	uintptr_t ip;
	enum zi_trap_access access;
	bool is_sigbus;
	void *ucontext;    /* ucontext_t of the handler */
	uint64_t err_code; /* hardware code where known */
};

/*
 * The one fault entry above us: true when the access can be retried. On false *out_status is the
 * status Zircon would put into the exception, or ZX_OK when the address is not ours at all.
 */
typedef bool (*zi_trap_resolver)(const struct zi_trap *trap, zx_status_t *out_status);
void zi_trap_set_resolver(zi_trap_resolver fn);
/* Describes an unresolved fault on our memory in one or more lines (async-signal-safe writer). */
typedef void (*zi_trap_reporter)(const struct zi_trap *trap, zx_status_t status, int fd);
void zi_trap_set_reporter(zi_trap_reporter fn);
/*
 * Program-level expectation (zirconia/fault.h): true when it consumed the fault (context was
 * changed).
 */
typedef bool (*zi_trap_expecter)(const struct zi_trap *trap, zx_status_t status);
void zi_trap_set_expecter(zi_trap_expecter fn);

/*
 * ------------------------------------------------------------------ fallible copy: copy.S, copy.c
 */

struct zi_copy_result {
	size_t done; /* bytes copied, exact, ascending */
	uintptr_t
		fault; /* address that faulted, 0 when all was copied; address 0 itself is told as 1 */
	bool fault_write; /* the store faulted */
};

/* [fault] Captured: faults are never resolved, the copy stops. Usable under a tree lock. */
struct zi_copy_result zi_copy_captured(void *dst, const void *src, size_t n);
/*
 * Resolved: faults go to the resolver first. No lock of ours may be held. out_status gets the
 * resolver's status.
 */
struct zi_copy_result zi_copy_resolved(void *dst, const void *src, size_t n,
				       zx_status_t *out_status);
/*
 * The same for who wants the count alone: handing the whole result on costs 10 ns, because it is
 * read in other widths than it was just written in.
 */
size_t zi_copy_count(void *dst, const void *src, size_t n);

#endif
