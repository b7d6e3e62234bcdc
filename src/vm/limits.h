/* What this process can have, and how much of it is used: for onlookers. */
#ifndef ZI_VM_LIMITS_H
#define ZI_VM_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zi_limits {
	bool started;           /* no VMO was made and nothing was mapped: what follows is 0 */
	uint64_t frames;        /* pages of memory that can be told apart, used or not */
	uint64_t frames_live;   /* … that belong to VMOs */
	uint64_t frames_kept;   /* … with memory that is kept for the next VMOs */
	uint64_t frames_unused; /* … that never belonged to anything */
	uint64_t root_base, root_len; /* bytes: addresses of the root VMAR */
	uint64_t max_maps;            /* mappings that the system allows the process */
	uint64_t small_bytes;         /* of small objects of the library */
	const char *trap_engine;      /* NULL: nobody needed one */
	bool behaviour_2025;
};
/* Starts nothing. */
void zi_limits(struct zi_limits *out);

#endif
