/*
 * A cache in a discardable VMO: memory that the system may take back whenever it is not locked.
 * cc 40_discardable.c $(pkg-config --cflags --libs zirconia)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>
#include <zirconia/debug.h>

#define CHECK(cond)                                                                        \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);                                                           \
		}                                                                          \
	} while (0)

#define CACHE_SIZE ((uint64_t)64 << 10)

/* Locks the cache; says how much of it was lost since it was unlocked. */
static uint64_t lock(zx_handle_t cache)
{
	zx_vmo_lock_state_t state;

	CHECK(zx_vmo_op_range(cache, ZX_VMO_OP_LOCK, 0, CACHE_SIZE, &state, sizeof(state)) ==
	      ZX_OK);
	return state.discarded_size;
}

static void unlock(zx_handle_t cache)
{
	CHECK(zx_vmo_op_range(cache, ZX_VMO_OP_UNLOCK, 0, CACHE_SIZE, NULL, 0) == ZX_OK);
}

int main(void)
{
	const char thumbnail[] = "costly to compute";
	char back[sizeof(thumbnail)] = "";
	zx_handle_t cache;

	CHECK(zx_vmo_create(CACHE_SIZE, ZX_VMO_DISCARDABLE, &cache) == ZX_OK);

	CHECK(lock(cache) == 0);
	CHECK(zx_vmo_write(cache, thumbnail, 0, sizeof(thumbnail)) == ZX_OK);
	unlock(cache);
	printf("filled and unlocked\n");

	/* No pressure: everything is still there. */
	CHECK(lock(cache) == 0);
	CHECK(zx_vmo_read(cache, back, 0, sizeof(back)) == ZX_OK);
	printf("locked again, nothing lost: \"%s\"\n", back);
	CHECK(strcmp(back, thumbnail) == 0);

	/* While locked it is safe. */
	CHECK(zirconia_debug_discard(cache) == ZX_ERR_BAD_STATE);
	unlock(cache);

	/* What a kernel does under memory pressure, done by hand. */
	CHECK(zirconia_debug_discard(cache) == ZX_OK);
	CHECK(zx_vmo_op_range(cache, ZX_VMO_OP_TRY_LOCK, 0, CACHE_SIZE, NULL, 0) ==
	      ZX_ERR_UNAVAILABLE);

	const uint64_t lost = lock(cache);

	CHECK(lost == CACHE_SIZE);
	CHECK(zx_vmo_read(cache, back, 0, sizeof(back)) == ZX_OK);
	printf("after memory pressure: %" PRIu64 " bytes lost, the cache reads zero\n", lost);
	CHECK(back[0] == '\0');
	unlock(cache);

	CHECK(zx_handle_close(cache) == ZX_OK);
	return 0;
}
