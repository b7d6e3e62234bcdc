/* Spare host maps: kept only to be given up when the kernel's limit on maps stands in the way of giving anything back. */
#ifndef ZI_HOST_SPARE_H
#define ZI_HOST_SPARE_H

#include <stdbool.h>

void zi_spare_open(void);  /* at the start; does what it can */
void zi_spare_close(void); /* after a start that failed, and in the child of a fork */
/* [fault] Gives one up: the process has one map less. False: none is left. */
bool zi_spare_take(void);
/* [fault] Gets back what was given up, one at a time, when the kernel lets us. */
void zi_spare_refill(void);

#endif
