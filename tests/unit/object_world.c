/* The check that the world is empty after a test sees whatever can be left over, and an end leaves nothing. */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/slab.h"
#include "host/host.h"
#include "object/object.h"
#include "object/world.h"
#include "t.h"
#include "t_world.h"
#include "vm/vmar.h"
#include "vm/vmo.h"

/* Something that only a defect of the library leaves behind, and its end. */
static struct zi_object *object;
static struct zi_vmo *vmo;
static void *memory;
static struct zi_extent extent;
static int fd;
static pthread_t thread;
static pthread_mutex_t stop = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t shown;

static void make_object(void)
{
	zx_handle_t event;

	T_OK(zx_event_create(0, &event));
	T_OK(zi_handle_get(event, ZX_OBJ_TYPE_EVENT, 0, &object, NULL));
}

static void end_object(void)
{
	zi_object_unref(object);
}

static void make_vmo(void)
{
	T_OK(zi_vmo_create(4 * T_PAGE, 0, &vmo));
	T_OK(zi_vmo_write(vmo, "x", 0, 1));
}

static void end_vmo(void)
{
	zi_vmo_unref(vmo);
}

static void make_memory(void)
{
	memory = zi_slab_alloc(1);
}

static void end_memory(void)
{
	zi_slab_free(memory, 1);
}

static void make_array(void)
{
	memory = zi_pages_from_system(5 * T_PAGE);
}

static void end_array(void)
{
	zi_pages_to_system(memory, 5 * T_PAGE);
}

static void make_frames(void)
{
	T_OK(zi_extent_alloc(3, 1, ZI_EXTENT_ZERO, &extent));
}

static void end_frames(void)
{
	zi_extent_free(extent.frame, extent.pages, true);
}

static void make_descriptor(void)
{
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void end_descriptor(void)
{
	close(fd);
}

static void *wait_for_stop(void *arg)
{
	pthread_mutex_lock(&stop);
	pthread_mutex_unlock(&stop);
	return arg;
}

static void make_thread(void)
{
	pthread_mutex_lock(&stop);
	cr_assert_eq(pthread_create(&thread, NULL, wait_for_stop, NULL), 0);
}

static void end_thread(void)
{
	pthread_mutex_unlock(&stop);
	pthread_join(thread, NULL);
}

static void make_place(void)
{
	shown = zi_host_caps()->root_base + 77 * T_PAGE;
	T_OK(zi_place_frames(shown, T_PAGE, 1, ZI_PROT_R, false));
}

static void end_place(void)
{
	T_OK(zi_place_reserve(shown, T_PAGE));
}

static const struct {
	const char *name;
	void (*make)(void);
	void (*end)(void);
	const char *told;
} rows[] = {
	{"object", make_object, end_object, "objects of kind event: 1\n"},
	{"VMO without an object", make_vmo, end_vmo, "small memory: "},
	{"frames of it", make_vmo, end_vmo, "frames of the arena: "},
	{"small memory", make_memory, end_memory, "small memory: 1 bytes\n"},
	{"array", make_array, end_array, "arrays: 20480 bytes\n"},
	{"frames", make_frames, end_frames, "frames of the arena: 4\n"},
	{"file descriptor", make_descriptor, end_descriptor, ": /dev/null\n"},
	{"thread", make_thread, end_thread, "thread "},
	{"mapping of frames", make_place, end_place, "in the root VMAR: "},
};

Test(object_world, one_thing_lost__each__told)
{
	char text[1024];

	T_OK(zi_host_start());
	T_EACH (rows, r) {
		r->make();
		cr_assert(!t_world_end(100, text, sizeof(text)), "%s", r->name);
		cr_assert_not_null(strstr(text, r->told), "%s: %s", r->name, text);
		r->end();
		cr_assert(t_world_end(100, text, sizeof(text)), "%s: %s", r->name, text);
	}
}

/* What tests may leave: the end takes it. */
Test(object_world, handles_and_mappings_open__ended__nothing_is_left_and_a_new_world_works)
{
	char text[1024];

	for (int round = 0; round < 3; round++) {
		zx_handle_t job, child, vmar, process, vmar2, a, b;
		zx_vaddr_t at;
		char *p;

		T_OK(zx_job_create(zx_job_default(), 0, &job));
		T_OK(zx_process_create(job, "p", 1, 0, &process, &vmar2));
		T_OK(zx_eventpair_create(0, &a, &b));
		child = t_vmo(8 * T_PAGE);
		p = t_map(child, 0, 8 * T_PAGE);
		p[T_PAGE] = 1;
		T_OK(zx_vmo_create_child(child, ZX_VMO_CHILD_SNAPSHOT, 0, 4 * T_PAGE, &a));
		T_OK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, 16 * T_PAGE,
				      &vmar, &at));
		T_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ, 0, a, 0, T_PAGE, &at));
		cr_assert_neq(zx_thread_self(), ZX_HANDLE_INVALID);
		t_close(child);
		cr_assert(t_world_end(100, text, sizeof(text)), "%s", text);
		T_ZX(zx_handle_close(a), ZX_ERR_BAD_HANDLE);
	}
	cr_assert_neq(zx_vmar_root_self(), ZX_HANDLE_INVALID);
}
