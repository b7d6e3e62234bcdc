/*
 * What each file of the object ring does in the child of fork(2): forget everything, make locks
 * free.
 */
#ifndef ZI_OBJECT_FORK_I_H
#define ZI_OBJECT_FORK_I_H

void zi_handle_after_fork(void);    /* handle.c */
void zi_task_after_fork(void);      /* self.c */
void zi_eventpair_after_fork(void); /* eventpair.c */
void zi_timer_after_fork(void);     /* timer.c */
void zi_resource_after_fork(void);  /* resource.c */

#endif
