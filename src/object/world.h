/*
 * All that the library has made and not yet given up, for leak checks: the suite looks at it after
 * every test (tests/support/t_world.c), the soak test while it runs.
 */
#ifndef ZI_OBJECT_WORLD_H
#define ZI_OBJECT_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zi_world {
	size_t handles;
	size_t objects;    /* with handles or without */
	size_t slab_bytes; /* small objects of all rings; the books, which only grow, left out */
	size_t page_bytes; /* arrays too large for slabs */
	uint64_t frames;   /* of the arena, in use */
};
void zi_world_count(struct zi_world *out);

/*
 * Ends the world: closes every handle of the process, also those that the library opened itself,
 * destroys the root VMAR, and gives up process, job, device models and the memory laid out for
 * devices. The next call that needs one of them makes
 * it anew. No other thread may be in a call. False: no memory to list the handles.
 *
 * What is left then was lost by somebody: everything zi_world_count tells is 0.
 */
bool zi_world_end(void);

#endif
