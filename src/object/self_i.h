/* Between process.c and self.c. */
#ifndef ZI_OBJECT_SELF_I_H
#define ZI_OBJECT_SELF_I_H

struct zi_job;
struct zi_process;

/*
 * A process object that belongs to no list yet, INITIAL and without an address space. NULL: no
 * memory.
 */
struct zi_process *zi_process_make(struct zi_job *job, const char *name);

/* thread.c: forgets the calling thread's object. */
void zi_thread_after_fork(void);

#endif
