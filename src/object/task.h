/*
 * Jobs and processes: a tree of jobs with processes as leaves. Only one process runs: this one.
 * Others exist as owners of an address space that is kept in the books, until they are killed or
 * their last handle is closed.
 *
 * One lock guards the tree, its states and names. References point upwards: a job's on its parent,
 * a process's on its job. The lists point downwards without references: who follows one takes a
 * reference with zi_object_tryref.
 */
#ifndef ZI_OBJECT_TASK_H
#define ZI_OBJECT_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"
#include "base/lock.h"
#include "object/object.h"

struct zi_aspace;

extern struct zi_lock zi_tasks_lock; /* rank TASKS; job.c */

/* ALIVE -kill-> DYING -last child gone-> DEAD */
enum zi_job_state { ZI_JOB_ALIVE, ZI_JOB_DYING, ZI_JOB_DEAD };

struct zi_job {
	struct zi_object object;
	struct zi_job *parent; /* one reference; fixed; NULL: the root job */
	uint32_t max_height;   /* levels of jobs that may follow below; fixed */
	/* guarded by the tasks lock: */
	enum zi_job_state state;
	struct zi_link in_parent; /* on parent->jobs until dead or destroyed */
	struct zi_link jobs;      /* oldest first */
	struct zi_link processes;
	int64_t return_code;
	bool kill_on_oom;
	char name[ZX_MAX_NAME_LEN];
};

/*
 * INITIAL -kill, last handle closed-> DYING -address space gone-> DEAD. Self is RUNNING to its end.
 */
enum zi_process_state {
	ZI_PROCESS_INITIAL,
	ZI_PROCESS_RUNNING,
	ZI_PROCESS_DYING,
	ZI_PROCESS_DEAD,
};

struct zi_process {
	struct zi_object object;
	struct zi_job *job;       /* one reference; fixed */
	bool is_self;             /* fixed */
	struct zi_aspace *aspace; /* one reference; fixed; NULL for self: see zi_process_aspace */
	_Atomic uint64_t debug_addr; /* properties that nobody here acts on */
	_Atomic uint64_t break_on_load;
	/* guarded by the tasks lock: */
	enum zi_process_state state;
	struct zi_link in_job;  /* on job->processes until dead */
	struct zi_link threads; /* struct zi_thread.in_process, in order of their start */
	int64_t return_code;
	int64_t start_time; /* monotonic ns; 0: not started */
	char name[ZX_MAX_NAME_LEN];
};

/* ---- process.c */

/* zx_process_create after its handle checks: BAD_STATE, NO_MEMORY. The name is NUL-terminated. */
zx_status_t zi_process_new(struct zi_job *job, const char *name, struct zi_process **out_process);
/*
 * The address space of a process; stays valid while the process is referenced. It may be destroyed
 * (zi_aspace_root() is NULL then). NULL: memory or address space is out, only for self.
 */
struct zi_aspace *zi_process_aspace(struct zi_process *p);
/* Started, and not dying: what ZX_INFO_PROCESS_VMOS asks for. */
bool zi_process_is_running(struct zi_process *p);
/* Kills. Returns at once when the process is dying already; does not return for self. */
void zi_process_kill(struct zi_process *p, int64_t return_code);
/* The thread with that koid, referenced; NULL: none. */
struct zi_object *zi_process_find_thread(struct zi_process *p, zx_koid_t koid);

/* ---- job.c */

/*
 * zx_job_create after its handle checks: OUT_OF_RANGE, BAD_STATE, NO_MEMORY. `parent` NULL: the
 * root job.
 */
zx_status_t zi_job_new(struct zi_job *parent, const char *name, struct zi_job **out_job);
void zi_job_kill(struct zi_job *job, int64_t return_code);
/* The direct child job or process with that koid, referenced; NULL: none. */
struct zi_object *zi_job_find_child(struct zi_job *job, zx_koid_t koid);
/* For process.c, with the tasks lock held. Adding: false when the job is dying. */
bool zi_job_add_process_locked(struct zi_job *job, struct zi_process *p);
void zi_job_remove_process_locked(struct zi_process *p);

/*
 * Calls fn for what is on a list of children, in order, without the lock but with a reference:
 * `head` is job->jobs or job->processes or process->threads, `offset` that of the link in the
 * child. Stops when fn answers false. False: no memory.
 */
bool zi_task_walk(struct zi_link *head, size_t offset, bool (*fn)(void *ctx, struct zi_object *o),
		  void *ctx);

/* ---- self.c */

/*
 * This process and the job it belongs to, made at the first call. No reference is given: they stay.
 * NULL: no memory.
 */
struct zi_process *zi_process_self(void);
struct zi_job *zi_job_root(void);
bool zi_process_is_self(const struct zi_process *p);
/* The same for onlookers: NULL while nobody has asked. */
struct zi_process *zi_process_self_if_made(void);
struct zi_job *zi_job_root_if_made(void);

/*
 * For leak checks (object/world.h), when no handle is left and no other thread is in a call: ends
 * all of that, the address space too. It is made anew when somebody asks again.
 */
void zi_self_end(void);

/* Handles that the library owns, made at the first call; ZX_HANDLE_INVALID: no memory. */
zx_handle_t zi_process_self_handle(void);
zx_handle_t zi_vmar_root_handle(void);
zx_handle_t zi_job_default_handle(void);

/* ---- names: name.c */

/* Copies at most 31 bytes up to the first NUL and fills with zeros. */
void zi_name_copy(char dst[ZX_MAX_NAME_LEN], const char *src, size_t len);
/*
 * Reads the name argument of a creating call: INVALID_ARGS for NULL and for bad memory. At most 32
 * bytes are read.
 */
zx_status_t zi_name_read(char dst[ZX_MAX_NAME_LEN], const char *user, size_t size);

#endif
