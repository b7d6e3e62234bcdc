/*
 * vmofs: a FUSE file system that shows a folder (LOWER) and keeps the contents of its files in
 * VMOs that a pager of its own supplies.
 *
 *   kernel --FUSE--> ops_*.c --zx_stream_*--> VMO of the file --packets--> pager.c --pread--> LOWER
 *                                                 ^------ back.c: dirty ranges --pwrite--> LOWER
 *
 * Names, directories and attributes are LOWER's own, asked for each time. Only what a file holds,
 * its size and the time of its last change may be ahead of LOWER, until it is written back.
 *
 *   node   an inode of LOWER that the kernel knows, with an O_PATH descriptor (node.c)
 *   file   the contents of a node: VMO, stream, descriptor in LOWER (file.c). It is there while
 *          the file is open, and stays afterwards until its pages are wanted for others
 *
 * Locks, outer first; none is held while the kernel is answered, but for file->lock.
 *   file->lock    readers share it; writes, size changes and holes have it alone
 *   file->back    one write-back, size change or hole at a time: what is written to LOWER is meant
 *                 to stay
 *   file->moment  a write, from its first byte to the new size; where a write-back of pages begins:
 *                 the size that it sees goes with the bytes
 *   file->supply  from reading LOWER to supplying what was read: nothing that is there becomes
 *                 absent meanwhile, or old bytes would be supplied. The pager's threads take no
 *                 other lock of a file, because whoever waits for them may hold those
 *   files lock    file.c: which node has a file, who uses it, lists; never held over I/O
 *   file->meta    times, error, dirty: leaf
 */
#ifndef VMOFS_H
#define VMOFS_H

#define FUSE_USE_VERSION 312

#include <fuse3/fuse_lowlevel.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <zircon/types.h>

#define VF_PAGE ((uint64_t)ZX_PAGE_SIZE)
/* More than the kernel's requests have, and what a thread of the pager reads at once. */
#define VF_MAX_IO ((size_t)1 << 20)
#define VF_STATS_NAME ".vmofs-stats"

/* ---- exit codes, in the man page */
enum vf_exit {
	VF_EXIT_OK = 0,
	VF_EXIT_ERROR = 1, /* something else */
	VF_EXIT_USAGE = 2,
	VF_EXIT_LOWER = 3,   /* LOWER is missing, no directory, cannot be opened */
	VF_EXIT_POINT = 4,   /* MOUNTPOINT is missing, no directory, or inside LOWER */
	VF_EXIT_BUSY = 5,    /* MOUNTPOINT is in use by another FUSE file system */
	VF_EXIT_FUSE = 6,    /* the system has no FUSE */
	VF_EXIT_DENIED = 7,  /* not permitted */
	VF_EXIT_UNSAVED = 8, /* at the end, something could not be written to LOWER */
};

/* ---- options.c */
struct vf_options {
	char *lower, *mountpoint;
	uint64_t pages;      /* budget */
	uint64_t read_ahead; /* pages */
	double write_back;   /* seconds */
	double timeout;      /* seconds that the kernel may remember names and attributes */
	int close_wait;      /* close(2) waits until LOWER has the data */
	int kernel_cache;    /* the kernel collects writes */
	int xattr;
	int foreground, debug, help, version;
};

extern struct vf_options vf_options;

/* False when the program has nothing more to do; *out_exit is its exit code then. */
bool vf_options_parse(struct fuse_args *args, int *out_exit);

/* ---- main.c */
void vf_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- point.c: can it be mounted there? Complains; VF_EXIT_OK, or why not */
int vf_point_check(const char *lower, const char *mountpoint);
int vf_fuse_check(void);
/* Does a file system of FUSE lie on it that answers, or one whose server is gone? */
enum vf_mounted { VF_NOT_MOUNTED, VF_MOUNTED, VF_STALE };
enum vf_mounted vf_point_look(const char *path);

/* ---- node.c */
struct vf_file;

struct vf_node {
	struct vf_node *next; /* of its bucket */
	int fd;               /* O_PATH */
	dev_t dev;
	ino_t ino;
	mode_t type;
	uint64_t lookups;
	struct vf_file *file; /* files lock */
	bool busy;            /* its file is being made or taken down; files lock */
	bool known;           /* what LOWER showed when the last file went; files lock */
	struct timespec known_mtime;
	off_t known_size;
};

bool vf_node_init(int lower_fd);
struct vf_node *vf_node_of(fuse_ino_t ino);
fuse_ino_t vf_node_number(const struct vf_node *n);
bool vf_node_is_root(const struct vf_node *n);
/* Finds or makes the node of a name, counts one lookup, and fills the entry. 0 or errno. */
int vf_node_lookup(struct vf_node *parent, const char *name, struct fuse_entry_param *e);
/* One more lookup of a node that is known. 0 or errno. */
int vf_node_again(struct vf_node *n, struct fuse_entry_param *e);
void vf_node_forget(struct vf_node *n, uint64_t count);
void vf_node_forget_all(void);
/* For calls that take no O_PATH descriptor. */
struct vf_path {
	char text[64];
};
struct vf_path vf_node_path(const struct vf_node *n);
uint64_t vf_node_count(void);

/* ---- file.c */
struct vf_file {
	uint64_t id; /* key of its packets */
	struct vf_node *node;
	int fd;        /* in LOWER */
	bool writable; /* the descriptor is; files lock */
	zx_handle_t vmo, stream;

	pthread_rwlock_t lock;
	pthread_mutex_t back, moment, supply;

	_Atomic bool whole;   /* no page below the size is absent */
	_Atomic bool wanted;  /* the thread of back.c is to write it back */
	_Atomic bool touched; /* LOWER was changed by us since seen_* were taken */
	uint64_t next_read;   /* where a reader in order would go on; supply */
	uint64_t hand;        /* where eviction goes on; supply */

	pthread_mutex_t meta;
	bool dirty; /* there may be something to write back */
	double dirty_since;
	uint64_t dirty_bytes; /* written since it was clean */
	bool mtime_ahead;     /* mtime is what counts, not LOWER's */
	struct timespec mtime;
	int error;                  /* of a write-back that nobody waited for */
	struct timespec seen_mtime; /* what LOWER shows while nobody else changes it */
	off_t seen_size;

	/* files lock */
	unsigned users;
	unsigned
		refs; /* the node or whoever takes it down; the pager until COMPLETE; its threads */
	struct vf_file *older, *newer; /* by last use */
	struct vf_file *bucket_next;   /* by id */
};

bool vf_file_init(void);
/*
 * The file of a node, made if need be, with one more user. 0 or errno. out_same, optional: the
 * kernel may keep what it knows of the contents.
 */
int vf_file_use(struct vf_node *n, bool write, struct vf_file **out_file, bool *out_same);
/* The same for a node whose descriptor in LOWER was just opened (O_RDWR); takes it over. */
int vf_file_use_fd(struct vf_node *n, int fd, struct vf_file **out_file);
/* The file only if there is one: else NULL. */
struct vf_file *vf_file_use_present(struct vf_node *n);
void vf_file_unuse(struct vf_file *f);
/* Takes down the file of a node that has no users. Nothing is saved of a file without names. */
int vf_file_drop(struct vf_node *n, bool forgotten);
/* Gone from LOWER: nobody will find what is written there. */
bool vf_file_is_nameless(const struct vf_file *f);
/* The pager's side: the file of a packet, until vf_file_unref. */
struct vf_file *vf_file_by_id(uint64_t id);
void vf_file_unref(struct vf_file *f);
/* No more packets will come: the pager's own reference goes. */
void vf_file_complete(struct vf_file *f);
/* Calls fn with each file, the one unused longest first, and one user more meanwhile, until it answers false. */
void vf_file_each(bool (*fn)(struct vf_file *f, void *arg), void *arg);
/* The same for one file; true when it is not there, or being made or taken down. */
bool vf_file_with(uint64_t id, bool (*fn)(struct vf_file *f, void *arg), void *arg);
/* Drops files that nobody uses beyond the number that may stay. */
void vf_file_trim(void);
uint64_t vf_file_count(void);
uint64_t vf_file_size(struct vf_file *f);
/* Makes the attributes of LOWER those of the file. */
void vf_file_overlay(struct vf_file *f, struct stat *st);
/* Something was written: `bytes` of it. */
void vf_file_modified(struct vf_file *f, uint64_t bytes);
/* LOWER was told, or is about to be. */
void vf_file_set_mtime(struct vf_file *f, struct timespec mtime);
int vf_file_resize(struct vf_file *f, uint64_t size);
int vf_file_zero(struct vf_file *f, uint64_t off, uint64_t len);
/* Bytes written, or -errno when none was. */
int64_t vf_file_write(struct vf_file *f, const char *bytes, size_t n, uint64_t off);
int64_t vf_file_read(struct vf_file *f, char *bytes, size_t n, uint64_t off);

/* ---- pager.c */
bool vf_pager_start(unsigned threads);
void vf_pager_stop(void);
/* A VMO of `size` bytes that asks with key `id`. */
zx_status_t vf_pager_vmo(uint64_t id, uint64_t size, zx_handle_t *out_vmo);
zx_status_t vf_pager_detach(zx_handle_t vmo);
/* The pages of the range that are absent read zero from now on, without LOWER being asked. */
void vf_pager_supply_zeros(struct vf_file *f, uint64_t off, uint64_t len);
zx_handle_t vf_pager(void);
int vf_errno(zx_status_t st);

/* ---- back.c: write-back */
/* All that is dirty now goes to LOWER. 0 or errno. */
int vf_back_write(struct vf_file *f);
/* And stays there, whatever happens. */
int vf_back_sync(struct vf_file *f, bool data_only);
/* Has the thread write the file back soon. */
void vf_back_start(struct vf_file *f);
/* 0, or errno of a write-back since the last time that somebody asked. */
int vf_back_error(struct vf_file *f);
bool vf_back_threads_start(void);
void vf_back_threads_stop(void);
/* At the end. False: something is lost. */
bool vf_back_all(void);

/* ---- budget.c */
bool vf_budget_start(void);
void vf_budget_stop(void);
/* So many bytes of memory may have come to the VMOs. */
void vf_budget_charge(uint64_t bytes);
/* Waits, with no lock held, while there is far too much. */
void vf_budget_wait(void);
uint64_t vf_budget_resident(void);

/* ---- stats.c */
struct vf_stats {
	_Atomic uint64_t reads, read_bytes, writes, write_bytes, requests, pages_read, pages_ahead,
		pages_hole, pages_zero, request_errors, write_backs, pages_back, ranges_zero,
		back_errors, syncs, evicted, reclaims, waits, drops, outside, completes;
};
extern struct vf_stats vf_stats;
#define VF_COUNT(what, n) atomic_fetch_add_explicit(&vf_stats.what, (n), memory_order_relaxed)

bool vf_stats_is(fuse_ino_t ino);
bool vf_stats_named(fuse_ino_t parent, const char *name);
void vf_stats_entry(struct fuse_entry_param *e);
void vf_stats_stat(struct stat *st);
void vf_stats_open(fuse_req_t req, struct fuse_file_info *fi);
void vf_stats_read(fuse_req_t req, size_t size, off_t off, struct fuse_file_info *fi);
void vf_stats_release(struct fuse_file_info *fi);

/* ---- ops*.c */
void vf_ops_attr(struct fuse_lowlevel_ops *ops);
void vf_ops_dir(struct fuse_lowlevel_ops *ops);
void vf_ops_name(struct fuse_lowlevel_ops *ops);
void vf_ops_file(struct fuse_lowlevel_ops *ops);
void vf_ops_xattr(struct fuse_lowlevel_ops *ops);
/* Fills the entry's attributes as the kernel is to see them. */
int vf_attr_fill(struct vf_node *n, struct stat *st);
/* What root makes for others belongs to them. 0 or errno. */
int vf_attr_give(fuse_req_t req, int dir_fd, const char *name);
int vf_attr_give_fd(fuse_req_t req, int dir_fd, int fd);

/* VF_MAX_IO bytes of the calling thread's, page-aligned; NULL without memory. */
char *vf_buffer(void);
double vf_now(void); /* seconds, monotonic */

#endif
