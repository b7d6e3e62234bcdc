/* What this process can have, and how much of it is used. */
#include "vm/limits.h"

#include "base/slab.h"
#include "host/host.h"
#include "vm/trap.h"
#include "vm/vm.h"
#include "vm/vmar.h"

void zi_limits(struct zi_limits *out)
{
	*out = (struct zi_limits){
		.small_bytes = zi_slab_live(),
		.behaviour_2025 = zi_behaviour_2025(),
	};
	if (!zi_host_is_started())
		return;
	const struct zi_host_caps *caps = zi_host_caps();
	struct zi_extent_stats stats;

	zi_extent_stats(&stats);
	out->started = true;
	out->frames = caps->arena_pages;
	out->frames_live = stats.live;
	out->frames_kept = stats.kept;
	out->frames_unused = stats.unused;
	out->root_base = caps->root_base;
	out->root_len = caps->root_len;
	out->max_maps = caps->max_maps;
	out->trap_engine = zi_trap_engine_name_if_chosen();
}
