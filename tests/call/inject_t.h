/*
 * What the tests share that let each allocation and each request to the host fail once, wherever a scenario reaches one.
 *
 * A scenario is a function that makes calls inside CALL(), and leaves nothing behind. It runs first as it is, and what there is after
 * each call is remembered. Then it runs once for every point that it reaches, with that one failing (nth), and once more with everything
 * from there on failing (after) until a call fails. A call that fails has to answer ZX_ERR_NO_MEMORY, must have changed nothing, and must succeed when it
 * is made again with nothing injected, so that each run ends with the same contents. After each run there is as much of
 * everything as before.
 *
 *	INJECT_ONLY=SPEC     that specification only        INJECT_LOG=1    tells what fails
 */
#ifndef INJECT_T_H
#define INJECT_T_H

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
#include <zirconia/debug.h>
#include <zirconia/fault.h>
#include <zirconia/inject.h>

#include "base/slab.h"
#include "host/host.h"
#include "object/object.h"
#include "t.h"
#include "vm/vmar.h"

#define INJ_OK static inline __attribute__((unused))
#define INJ_RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define PG ((uint64_t)T_PAGE)

enum { INJ_CALLS = 512, INJ_WATCHED = 24 };

static struct {
	char spec[64];
	bool recording; /* what there is after each call */
	bool comparing;
	bool failed; /* a call has failed in this run: nothing is injected any more */
	unsigned calls;
	uint64_t after[INJ_CALLS], before[INJ_CALLS + 1];
	zx_handle_t watched[INJ_WATCHED];
	unsigned nwatched;
} inj;

/* ---- what there is */

INJ_OK uint64_t inj_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ (h >> 29);
}

/* Size, relations, content. */
INJ_OK uint64_t inj_look_at(zx_handle_t vmo)
{
	static uint8_t bytes[64 * 4096];
	zx_info_vmo_t info;
	uint64_t h = 1, size, stream;

	T_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
	h = inj_mix(inj_mix(h, info.size_bytes), info.flags);
	h = inj_mix(inj_mix(inj_mix(h, info.num_children), info.num_mappings), info.share_count);
	T_OK(zx_vmo_get_stream_size(vmo, &stream));
	h = inj_mix(inj_mix(h, stream), info.committed_bytes);
	if (getenv("INJECT_LOG") != NULL)
		fprintf(stderr,
			"    VMO of %" PRIu64
			" bytes, %zu children, %zu mappings, %zu sharing, stream %" PRIu64 "\n",
			info.size_bytes, info.num_children, info.num_mappings, info.share_count,
			stream);
	size = info.size_bytes < sizeof(bytes) ? info.size_bytes : sizeof(bytes);
	if ((info.flags & ZX_INFO_VMO_PAGER_BACKED) == 0 &&
	    zx_vmo_read(vmo, bytes, 0, size) == ZX_OK)
		for (uint64_t i = 0; i < size; i += 8)
			h = inj_mix(h, *(const uint64_t *)(const void *)(bytes + i));
	T_ZX_ROW(inj.spec, zirconia_debug_check(vmo), ZX_OK);
	return h;
}

INJ_OK uint64_t inj_digest(void)
{
	uint64_t h = zi_object_live();

	if (getenv("INJECT_LOG") != NULL)
		fprintf(stderr, "  after %u calls: %" PRIu64 " objects\n", inj.calls, h);

	for (unsigned i = 0; i < inj.nwatched; i++)
		h = inj_mix(h, inj_look_at(inj.watched[i]));
	cr_assert(zi_aspace_check(zi_aspace_self()), "%s: the address space is damaged", inj.spec);
	return h;
}

/* A VMO whose content no failing call may change. */
INJ_OK zx_handle_t inj_watch(zx_handle_t vmo)
{
	cr_assert_lt(inj.nwatched, (unsigned)INJ_WATCHED);
	inj.watched[inj.nwatched++] = vmo;
	if (inj.recording && inj.calls > 0)
		inj.before[inj.calls] = inj_digest();
	return vmo;
}

/* ---- calls */

/* Was that the failure that was asked for? Then what there is has not changed, and the call is made once more. */
INJ_OK bool inj_again(const char *file, int line, const char *call, zx_status_t st, bool whole)
{
	if (st == ZX_OK)
		return false;
	if (zirconia_inject_fired() == 0)
		cr_assert_fail("%s:%d: %s: %s answers %s, and nothing was injected", file, line,
			       inj.spec, call, zx_status_get_string(st));
	if (inj.failed)
		cr_assert_fail("%s:%d: %s: %s answers %s, when nothing is injected any more", file,
			       line, inj.spec, call, zx_status_get_string(st));
	T_OK(zirconia_inject_set(NULL));
	inj.failed = true;
	if (st != ZX_ERR_NO_MEMORY)
		cr_assert_fail("%s:%d: %s: %s answers %s", file, line, inj.spec, call,
			       zx_status_get_string(st));
	if (whole && inj.comparing && inj.calls > 0)
		cr_assert_eq(inj_digest(), inj.before[inj.calls],
			     "%s:%d: %s: %s failed and has changed something", file, line, inj.spec,
			     call);
	return true;
}

INJ_OK void inj_done(const char *file, int line, const char *call, zx_status_t st)
{
	if (st != ZX_OK)
		cr_assert_fail("%s:%d: %s: %s, made again with nothing injected, answers %s", file,
			       line, inj.spec, call, zx_status_get_string(st));
	cr_assert_lt(inj.calls, (unsigned)INJ_CALLS);
	if (getenv("INJECT_SLAB") != NULL)
		fprintf(stderr, "%6zu %3u %.60s\n", zi_slab_live(), inj.calls, call);
	if (inj.recording)
		inj.after[inj.calls] = inj.before[inj.calls + 1] = inj_digest();
	else if (inj.comparing && inj.failed)
		cr_assert_eq(inj_digest(), inj.after[inj.calls],
			     "%s:%d: %s: after %s things differ", file, line, inj.spec, call);
	inj.calls++;
}

#define INJ_CALL(expr, whole)                                              \
	do {                                                               \
		zx_status_t inj_st = (expr);                               \
                                                                           \
		if (inj_again(__FILE__, __LINE__, #expr, inj_st, (whole))) \
			inj_st = (expr);                                   \
		inj_done(__FILE__, __LINE__, #expr, inj_st);               \
	} while (0)
/* Must not change anything when it fails. */
#define CALL(expr) INJ_CALL(expr, true)
/* May have done a part of its work when it fails, as documented: writes, operations on ranges. */
#define CALL_PART(expr) INJ_CALL(expr, false)
/* Cannot fail, whatever is injected. */
#define SURE(expr)                                                                               \
	do {                                                                                     \
		zx_status_t inj_st = (expr);                                                     \
                                                                                                 \
		if (inj_st != ZX_OK)                                                             \
			cr_assert_fail("%s:%d: %s: %s answers %s", __FILE__, __LINE__, inj.spec, \
				       #expr, zx_status_get_string(inj_st));                     \
		inj_done(__FILE__, __LINE__, #expr, ZX_OK);                                      \
	} while (0)

INJ_OK void inj_close(zx_handle_t handle)
{
	for (unsigned i = 0; i < inj.nwatched; i++) {
		if (inj.watched[i] == handle)
			inj.watched[i] = inj.watched[--inj.nwatched];
	}
	SURE(zx_handle_close(handle));
}

/* A byte of mapped memory, by way of a fault if need be. */
INJ_OK zx_status_t inj_store(zx_vaddr_t addr, uint8_t value)
{
	return zirconia_probe_write8((volatile void *)addr, value);
}

INJ_OK zx_status_t inj_load(zx_vaddr_t addr, uint8_t *out_value)
{
	return zirconia_probe_read8((const volatile void *)addr, out_value);
}

#define CALL_LOAD(addr, want)                                                                     \
	do {                                                                                      \
		uint8_t inj_byte = 0;                                                             \
                                                                                                  \
		CALL(inj_load((addr), &inj_byte));                                                \
		cr_assert_eq(inj_byte, (want), "%s:%d: %s: %d instead of %d", __FILE__, __LINE__, \
			     inj.spec, inj_byte, (want));                                         \
	} while (0)

/* ---- runs */

struct inj_counts {
	size_t objects;
	uint64_t frames;
	unsigned fds, threads, maps;
};

INJ_OK unsigned inj_entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	cr_assert_not_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Threads but the library's own, which come and go as it needs them. */
INJ_OK unsigned inj_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	unsigned n = 0;

	cr_assert_not_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[300], name[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		if (fgets(name, sizeof(name), f) != NULL && strncmp(name, "zirconia-", 9) != 0)
			n++;
		fclose(f);
	}
	closedir(d);
	return n;
}

/* Maps of the arena that give access, but the physmap: what is placed now. */
INJ_OK unsigned inj_placed(void)
{
	const uint64_t bytes = zi_host_caps()->arena_pages << 12;
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512], prot[8];
	uint64_t from, to, off;
	unsigned n = 0;

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64, &from, &to, prot, &off) ==
			    4 &&
		    strstr(line, "/memfd:zirconia") != NULL && off < bytes &&
		    strncmp(prot, "---", 3) != 0 && from != (uintptr_t)zi_physmap)
			n++;
	fclose(f);
	return n;
}

INJ_OK struct inj_counts inj_count(void)
{
	struct zi_extent_stats stats;

	zi_extent_stats(&stats);
	return (struct inj_counts){
		.objects = zi_object_live(),
		.frames = stats.live,
		.fds = inj_entries("/proc/self/fd"),
		.threads = inj_threads(),
		.maps = inj_placed(),
	};
}

INJ_OK void inj_same(const struct inj_counts *a, const struct inj_counts *b)
{
	unsigned threads = b->threads;

	cr_assert_eq(a->objects, b->objects, "%s: %zu objects, before %zu", inj.spec, b->objects,
		     a->objects);
	cr_assert_eq(a->frames, b->frames, "%s: %" PRIu64 " frames, before %" PRIu64, inj.spec,
		     b->frames, a->frames);
	cr_assert_eq(a->fds, b->fds, "%s: %u descriptors, before %u", inj.spec, b->fds, a->fds);
	/* A thread of the library has its name a moment after it began. */
	for (int ms = 0; ms < 1000 && threads > a->threads; ms++) {
		usleep(1000);
		threads = inj_threads();
	}
	cr_assert_leq(threads, a->threads, "%s: %u threads, before %u", inj.spec, threads,
		      a->threads);
	cr_assert_eq(a->maps, b->maps, "%s: %u maps, before %u", inj.spec, b->maps, a->maps);
}

/* One run; true: something was injected. */
INJ_OK bool inj_one(void (*scenario)(void), const char *spec)
{
	bool fired;

	inj.failed = false;
	inj.calls = inj.nwatched = 0;
	if (getenv("INJECT_LOG") != NULL)
		fprintf(stderr, "%s\n", inj.spec);
	T_OK(zirconia_inject_set(spec));
	scenario();
	fired = inj.failed || zirconia_inject_fired() != 0;
	T_OK(zirconia_inject_set(NULL));
	cr_assert(zi_aspace_check(zi_aspace_self()), "%s: the address space is damaged", inj.spec);
	return fired;
}

/* Small memory and arrays, but for the records of free extents, which are kept and bounded. */
INJ_OK size_t inj_bytes(void)
{
	struct zi_extent_stats stats;

	zi_extent_stats(&stats);
	return zi_slab_live() + zi_pages_live() - stats.book_bytes;
}

/* Small memory may grow once (lists that are kept); what grows each time is lost. */
INJ_OK bool inj_try(void (*scenario)(void), const struct inj_counts *before)
{
	size_t slab[4];
	bool fired = false;

	slab[0] = inj_bytes();
	for (int i = 1; i < 4; i++) {
		struct inj_counts after;

		fired = inj_one(scenario, strchr(inj.spec, ':') != NULL ? inj.spec : NULL);
		after = inj_count();
		inj_same(before, &after);
		slab[i] = inj_bytes();
		if (slab[i] <= slab[i - 1])
			return fired;
	}
	cr_assert_fail("%s: %zu bytes of small memory are lost each time", inj.spec,
		       slab[3] - slab[2]);
	return fired;
}

/* How many failures there were: for scenarios that must reach some. */
INJ_OK unsigned inj_run(void (*scenario)(void), bool compare)
{
	/* One host call after the other: with none at all of them nothing could be given back either. */
	static const char *const specs[] = {
		"alloc.*:nth=",
		"alloc.*:after=",
		"host.*:nth=",
		"host.mmap:after=",
		"host.mprotect:after=",
		"host.fallocate:after=",
		"host.madvise:after=",
		"host.lseek:after=",
		"host.pread:after=",
		"host.pwrite:after=",
		"host.open:after=",
		"host.uffd_register:after=",
		"host.uffd_writeprotect:after=",
		"host.pthread_create:after=",
		"host.pthread_key:after=",
	};
	const char *only = getenv("INJECT_ONLY"), *log = getenv("INJECT_LOG") != NULL ? ":log" : "";
	struct inj_counts before;
	unsigned runs = 0;

	strcpy(inj.spec, "nothing injected");
	inj.recording = inj.comparing = false;
	for (int i = 0; i < 2; i++)
		inj_one(scenario, NULL);
	before = inj_count();
	inj_try(scenario, &before);
	inj.recording = compare;
	inj_one(scenario, NULL);
	inj.recording = false;
	inj.comparing = compare;
	before = inj_count();
	if (only != NULL) {
		snprintf(inj.spec, sizeof(inj.spec), "%s%s", only, log);
		inj_try(scenario, &before);
		return UINT_MAX;
	}
	T_EACH (specs, spec) {
		const unsigned first = strstr(*spec, "nth=") != NULL;

		for (unsigned n = first;; n++) {
			snprintf(inj.spec, sizeof(inj.spec), "%s%u%s", *spec, n, log);
			if (!inj_try(scenario, &before))
				break;
			runs++;
		}
	}
	printf("%u runs with a failure\n", runs);
	return runs;
}

#endif
