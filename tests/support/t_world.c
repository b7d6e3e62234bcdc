/* After every test the world is empty; t_world.h says what that means. */
#include "t_world.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/host.h"
#include "host/recent.h"
#include "object/object.h"
#include "object/world.h"
#include "vm/trap.h"

enum { LIST_MAX = 1024, PATIENCE_MS = 2000 };

struct list {
	int n;
	long id[LIST_MAX];
};

static struct list fds, tasks;

/* ---- numbers in a directory of /proc */

static void list_read(struct list *l, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	l->n = 0;
	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		const long id = strtol(e->d_name, NULL, 10);

		if (isdigit((unsigned char)e->d_name[0]) && id != dirfd(d) && l->n < LIST_MAX)
			l->id[l->n++] = id;
	}
	closedir(d);
}

static bool list_has(const struct list *l, long id)
{
	for (int i = 0; i < l->n; i++) {
		if (l->id[i] == id)
			return true;
	}
	return false;
}

/* Not t_has("no-tsan"): programs without Criterion use this file too. */
extern void __tsan_init(void) __attribute__((weak));

static void *nothing(void *arg)
{
	return arg;
}

void t_world_begin(void)
{
	pthread_t thread;

	/* ThreadSanitizer adds a thread of its own to the first one that a program starts. */
	if (&__tsan_init != NULL && pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_join(thread, NULL);
	list_read(&fds, "/proc/self/fd");
	list_read(&tasks, "/proc/self/task");
}

/* ---- text */

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->at, t->left, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= t->left)
		n = t->left == 0 ? 0 : (int)t->left - 1;
	t->at += n;
	t->left -= (size_t)n;
}

/* ---- what may be left over */

static void look_at_descriptors(struct text *t)
{
	static struct list now;
	int arenas = 0, watches = 0;

	list_read(&now, "/proc/self/fd");
	for (int i = 0; i < now.n; i++) {
		char path[64], name[256];
		ssize_t n;

		if (list_has(&fds, now.id[i]))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%ld", now.id[i]);
		n = readlink(path, name, sizeof(name) - 1);
		if (n < 0)
			continue;
		name[n] = '\0';
		if (strncmp(name, "/memfd:zirconia", 15) == 0 && arenas++ == 0)
			continue;
		if (strcmp(name, "anon_inode:[userfaultfd]") == 0 && watches++ == 0)
			continue;
		say(t, "file descriptor %ld: %s\n", now.id[i], name);
	}
}

static void look_at_threads(struct text *t)
{
	static struct list now;

	list_read(&now, "/proc/self/task");
	for (int i = 0; i < now.n; i++) {
		char path[64], name[64] = "";
		FILE *f;

		if (list_has(&tasks, now.id[i]))
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%ld/comm", now.id[i]);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		if (fgets(name, sizeof(name), f) == NULL)
			name[0] = '\0';
		fclose(f);
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, "zirconia-fault") != 0 && strcmp(name, "zirconia-timer") != 0)
			say(t, "thread %ld: %s\n", now.id[i], name);
	}
}

/*
 * The arena is mapped once, as the physmap. In the root reservation there may be only what cannot be accessed: nothing, or the arena's
 * file past its end, which is how addresses go back (host/place.c), or the few runs that were hidden last (host/recent.h).
 */
static void look_at_maps(struct text *t)
{
	FILE *f = fopen("/proc/self/maps", "r");
	const struct zi_host_caps *caps = zi_host_caps();
	const uintptr_t physmap = (uintptr_t)zi_physmap;
	const uintptr_t physmap_end = physmap + (caps->arena_pages << 12);
	const uintptr_t root_end = caps->root_base + caps->root_len;
	unsigned hidden = zi_recent_count_hidden();
	char line[512];

	if (f == NULL || zi_physmap == NULL) {
		if (f != NULL)
			fclose(f);
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		uintptr_t from, to;
		uint64_t off;
		char prot[8];

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %" SCNx64, &from, &to, prot,
			   &off) != 4)
			continue;
		if (from < root_end && to > caps->root_base) {
			if (strcmp(prot, "---s") == 0 && off < caps->arena_pages << 12 &&
			    hidden > 0)
				hidden--;
			else if (strcmp(prot, "---p") != 0 &&
				 (strcmp(prot, "---s") != 0 || off < caps->arena_pages << 12))
				say(t, "in the root VMAR: %s", line);
		} else if (strstr(line, "/memfd:zirconia") != NULL &&
			   (from < physmap || to > physmap_end)) {
			say(t, "of the arena: %s", line);
		}
	}
	fclose(f);
}

static void say_kind(void *ctx, const char *type_name, size_t live)
{
	say(ctx, "objects of kind %s: %zu\n", type_name, live);
}

static void look_at_world(struct text *t)
{
	struct zi_world w;

	zi_world_count(&w);
	if (w.handles != 0)
		say(t, "handles: %zu\n", w.handles);
	zi_object_each_kind(say_kind, t);
	if (w.slab_bytes != 0)
		say(t, "small memory: %zu bytes\n", w.slab_bytes);
	if (w.page_bytes != 0)
		say(t, "arrays: %zu bytes\n", w.page_bytes);
	if (w.frames != 0)
		say(t, "frames of the arena: %" PRIu64 "\n", w.frames);
}

/* ---- the end */

/* Threads of the library may be about to finish what they did for the last call; joined ones take a moment to go. */
static bool wait_for_nothing(void (*look)(struct text *t), int wait_ms, char *text, size_t size)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int ms = 0;; ms++) {
		struct text t = {text, size};

		*text = '\0';
		look(&t);
		if (*text == '\0')
			return true;
		if (ms == wait_ms)
			return false;
		nanosleep(&pause, NULL);
	}
}

static void look_at_service(struct text *t)
{
	if (!zi_trap_threads_idle())
		say(t, "a service thread serves an access\n");
}

bool t_world_end(int ms, char *text, size_t size)
{
	/* With another thread inside a call the world cannot be ended. */
	if (!wait_for_nothing(look_at_threads, ms, text, size) ||
	    !wait_for_nothing(look_at_service, ms, text, size))
		return false;
	if (&t_world_is_mine != NULL && t_world_is_mine)
		return wait_for_nothing(look_at_descriptors, ms, text, size);
	if (!zi_world_end()) {
		snprintf(text, size, "no memory to list the handles\n");
		return false;
	}
	return wait_for_nothing(look_at_world, ms, text, size) &&
	       wait_for_nothing(look_at_maps, ms, text, size) &&
	       wait_for_nothing(look_at_descriptors, ms, text, size);
}

bool t_world_is_empty(void)
{
	static char text[8192];

	if (t_world_end(PATIENCE_MS, text, sizeof(text)))
		return true;
	fprintf(stderr, "left over after the test:\n%s", text);
	return false;
}
