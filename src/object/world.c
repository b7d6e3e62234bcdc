/* Counting and ending the world. */
#include "object/world.h"

#include "base/slab.h"
#include "object/handle_i.h"
#include "object/object.h"
#include "object/task.h"
#include "object/thread.h"
#include "vm/model.h"
#include "vm/physical.h"
#include "vm/vm.h"

void zi_world_count(struct zi_world *out)
{
	size_t books;

	zi_vm_count_frames(&out->frames, &books);
	out->handles = zi_handle_live();
	out->objects = zi_object_live();
	out->slab_bytes = zi_slab_live() - zi_slot_bytes() - books;
	out->page_bytes = zi_pages_live() - zi_slab_held();
}

static bool close_one(void *ctx, zx_handle_t value, struct zi_object *o, zx_rights_t rights)
{
	(void)ctx;
	(void)o;
	(void)rights;
	/* Closing one may close others: those are gone already. */
	(void)zi_handle_close(value);
	return true;
}

bool zi_world_end(void)
{
	zi_thread_leave();
	if (!zi_handle_walk(close_one, NULL))
		return false;
	zi_self_end();
	zi_model_end();
	zi_physical_end();
	return true;
}
