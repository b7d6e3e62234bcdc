/*
 * How the helpers of this folder stop a program that broke a contract, where the originals panic.
 */
#ifndef ZI_DEV_MISUSE_I_H
#define ZI_DEV_MISUSE_I_H

#include <stdio.h>
#include <stdlib.h>

#include <zircon/status.h>
#include <zircon/types.h>

/* One line on stderr, then abort(). `st` is ZX_OK when no status belongs to the reason. */
__attribute__((noreturn, cold)) static inline void zi_dev_misuse(const char *who, const char *why,
								 zx_status_t st)
{
	if (st == ZX_OK)
		fprintf(stderr, "zirconia: %s: %s\n", who, why);
	else
		fprintf(stderr, "zirconia: %s: %s: %s\n", who, why, zx_status_get_string(st));
	abort();
}

#endif
