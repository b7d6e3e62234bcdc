/* What accesses at addresses of the root reservation find: for the tests of placement. */
#ifndef HOST_PLACE_T_H
#define HOST_PLACE_T_H

#include "host/host_i.h"
#include "t.h"
#include "t_world.h"

const bool t_world_is_mine = true;

static struct zi_extent e;
static uint8_t *root;

static void start_with_frames(uint64_t pages)
{
	T_OK(zi_host_start());
	T_OK(zi_extent_alloc(pages, 1, ZI_EXTENT_ZERO, &e));
	root = (uint8_t *)zi_host_caps()->root_base;
}

/* What an access does is asked with a copy that may fail. */
static bool can_read(const void *p)
{
	uint8_t byte;

	return zi_copy_captured(&byte, p, 1).done == 1;
}

static bool can_write(void *p)
{
	uint8_t byte = 0x42;

	return zi_copy_captured(p, &byte, 1).done == 1;
}

#endif
