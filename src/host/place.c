/* Placing frames at addresses of the root reservation. Runs on the fault path: keeps errno. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/inject.h"
#include "base/span.h"
#include "host/calls.h"
#include "host/host_i.h"
#include "host/recent.h"
#include "host/spare.h"

/*
 * A core dump faults in every hole of a dumped mapping. Small ones are worth it, for the contents of VMOs are
 * what one wants to see; of a mapping this large a dump would never end.
 */
#define DUMP_MAX ((size_t)256 << 20)

/* Lines of the map list that the kernel does not count (vsyscall) or may need for one change (splits). */
#define MAPS_SLACK 4

/*
 * At how many places ranges went back: about so many maps are left of that. Places that come again
 * are found by their bits; two may share one, so that a few are not counted.
 */
enum { PLACE_BITS = 12 };
static struct {
	_Atomic uint64_t seen[(1 << PLACE_BITS) / 64];
	_Atomic uint32_t count;
} pieces;

static _Thread_local bool refused __attribute__((tls_model("initial-exec")));

static int prot_of(uint32_t prot)
{
	return ((prot & ZI_PROT_R) != 0 ? PROT_READ : 0) |
	       ((prot & ZI_PROT_W) != 0 ? PROT_WRITE : 0) |
	       ((prot & ZI_PROT_X) != 0 ? PROT_EXEC : 0);
}

static void check_range(uintptr_t addr, size_t len)
{
	ZI_DASSERT(len > 0 && zi_is_page_aligned(addr) && zi_is_page_aligned(len));
	ZI_DASSERT(zi_window_in_root(addr) && zi_window_in_root(addr + len - 1));
	(void)addr;
	(void)len;
}

static zx_status_t answer(bool ok, int saved)
{
	refused = !ok && errno == ENOMEM;
	errno = saved;
	return ok ? ZX_OK : ZX_ERR_NO_MEMORY;
}

/*
 * To Memcheck, memory without access is memory nobody may use. But these pages wait for the trap to fill
 * them: the hardware decides, and our handler.
 */
static void tell_valgrind(uintptr_t addr, size_t len, uint32_t prot)
{
	if (prot == 0)
		ZI_VG_MAKE_DEFINED((void *)addr, len);
}

/*
 * Not through the C library: there ThreadSanitizer listens, and takes it for a write to the whole range. But a page that
 * moves to another frame with the same bytes may be read by other threads meanwhile.
 */
static void *map_fixed(uintptr_t addr, size_t len, int prot, int flags, int fd, uint64_t off)
{
	return ZI_HOST(MMAP, MAP_FAILED,
		       (void *)syscall(SYS_mmap, addr, len, prot, flags | MAP_FIXED | MAP_NORESERVE,
				       fd, off));
}

static void count_piece(uintptr_t addr)
{
	const uint64_t hash = (addr >> ZI_PAGE_SHIFT) * 0x9e3779b97f4a7c15u >> (64 - PLACE_BITS);
	const uint64_t bit = (uint64_t)1 << hash % 64;

	if ((atomic_fetch_or_explicit(&pieces.seen[hash / 64], bit, memory_order_relaxed) & bit) ==
	    0)
		atomic_fetch_add_explicit(&pieces.count, 1, memory_order_relaxed);
}

/*
 * What was used once goes back as a view of the arena's file past its end, without access: a map of another kind than the
 * untouched reservation, so that the kernel neither merges it in nor splits it off again when the range is used anew (half
 * the cost of mapping and unmapping). The offset follows the address, so that what lies side by side is one map.
 */
static bool map_reservation(uintptr_t addr, size_t len)
{
	uint64_t off = zi_window.bytes + (addr - (uintptr_t)zi_window.root);

	if (map_fixed(addr, len, PROT_NONE, MAP_SHARED, zi_window.fd, off) == MAP_FAILED)
		return false;
	count_piece(addr);
	return true;
}

/* What the range showed is over. True: it was one run, the range itself. */
static bool end_recent(uintptr_t addr, size_t len, struct zi_run *out_same)
{
	struct zi_runs cut;
	const bool same = zi_recent_take(addr, len, out_same, &cut);
	int saved = errno;

	/* Refused: it stays a map without access. */
	for (unsigned i = 0; i < cut.count; i++)
		(void)map_reservation(cut.run[i].addr, cut.run[i].len);
	errno = saved;
	return same;
}

static zx_status_t map_frames(uintptr_t addr, size_t len, uint64_t frame, uint32_t prot,
			      bool populate)
{
	int saved = errno;
	int flags = MAP_SHARED | (populate ? MAP_POPULATE : 0);
	void *p;

	p = map_fixed(addr, len, prot_of(prot), flags, zi_window.fd, frame << ZI_PAGE_SHIFT);
	if (p == MAP_FAILED)
		return answer(false, saved);
	if (__builtin_expect(zi_window.no_huge_pages, 0))
		(void)ZI_HOST(MADVISE, -1, madvise(p, len, MADV_NOHUGEPAGE));
	if (len >= DUMP_MAX)
		(void)ZI_HOST(MADVISE, -1, madvise(p, len, MADV_DONTDUMP));
	tell_valgrind(addr, len, prot);
	return answer(true, saved);
}

static void check_frames(uintptr_t addr, size_t len, uint64_t frame)
{
	check_range(addr, len);
	ZI_DASSERT(frame != 0 &&
		   zi_in_range(frame, len >> ZI_PAGE_SHIFT, zi_window.bytes >> ZI_PAGE_SHIFT));
	(void)frame;
}

zx_status_t zi_place_frames(uintptr_t addr, size_t len, uint64_t frame, uint32_t prot,
			    bool populate)
{
	struct zi_run was;

	check_frames(addr, len, frame);
	(void)end_recent(addr, len, &was);
	return map_frames(addr, len, frame, prot, populate);
}

static zx_status_t protect(uintptr_t addr, size_t len, uint32_t prot)
{
	int saved = errno;

	return answer(ZI_HOST(MPROTECT, -1, mprotect((void *)addr, len, prot_of(prot))) == 0,
		      saved);
}

zx_status_t zi_place_protect(uintptr_t addr, size_t len, uint32_t prot)
{
	check_range(addr, len);
	zx_status_t st = protect(addr, len, prot);

	if (st == ZX_OK)
		tell_valgrind(addr, len, prot);
	return st;
}

zx_status_t zi_place_run(uintptr_t addr, size_t len, uint64_t frame, uint32_t prot, bool populate)
{
	struct zi_run was;
	zx_status_t st = ZX_ERR_NO_MEMORY;

	check_frames(addr, len, frame);
	if (end_recent(addr, len, &was) && was.hidden && was.frame == frame)
		st = zi_place_protect(addr, len, prot);
	if (st != ZX_OK)
		st = map_frames(addr, len, frame, prot, populate);
	if (st == ZX_OK && len <= ZI_RECENT_PAGES * ZI_PAGE)
		zi_recent_shown(addr, len, frame);
	return st;
}

/*
 * At the limit on maps even this is refused: then a spare map goes first. When there is none left, the range stays what it is and
 * loses all access, which is as good for everybody but the count.
 */
static bool reserve_at_limit(uintptr_t addr, size_t len)
{
	while (zi_spare_take())
		if (map_reservation(addr, len))
			return true;
	return ZI_HOST(MPROTECT, -1, mprotect((void *)addr, len, PROT_NONE)) == 0;
}

static zx_status_t reserve(uintptr_t addr, size_t len)
{
	int saved = errno;

	if (map_reservation(addr, len)) {
		zi_spare_refill();
		return answer(true, saved);
	}
	return answer(errno == ENOMEM && reserve_at_limit(addr, len), saved);
}

zx_status_t zi_place_reserve(uintptr_t addr, size_t len)
{
	struct zi_run was;

	check_range(addr, len);
	(void)end_recent(addr, len, &was);
	return reserve(addr, len);
}

uint32_t zi_place_pieces(void)
{
	return atomic_load_explicit(&pieces.count, memory_order_relaxed);
}

void zi_place_count_pieces_anew(void)
{
	for (unsigned i = 0; i < sizeof(pieces.seen) / sizeof(pieces.seen[0]); i++)
		atomic_store_explicit(&pieces.seen[i], 0, memory_order_relaxed);
	atomic_store_explicit(&pieces.count, 0, memory_order_relaxed);
}

void zi_place_join(uintptr_t addr, size_t len)
{
	struct zi_run was;
	int saved = errno;

	check_range(addr, len);
	(void)end_recent(addr, len, &was);
	/* As src/host/window.c reserves, so that it becomes one with what was never used. Refused: it stays as it is. */
	(void)map_fixed(addr, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	errno = saved;
}

zx_status_t zi_place_hide(uintptr_t addr, size_t len)
{
	struct zi_run was, old;

	check_range(addr, len);
	if (!end_recent(addr, len, &was) || was.hidden || !zi_recent_may_hide(&old))
		return reserve(addr, len);
	if (old.len != 0)
		(void)reserve(old.addr, old.len);
	if (protect(addr, len, 0) != ZX_OK)
		return reserve(addr, len);
	zi_recent_hidden(&was);
	return ZX_OK;
}

zx_status_t zi_place_absent(uintptr_t addr, size_t len)
{
	zx_status_t st = zi_place_reserve(addr, len);

	if (st == ZX_OK)
		tell_valgrind(addr, len, 0);
	return st;
}

/* Counts on demand, not at the refusal: it takes milliseconds when there are many maps. */
bool zi_place_out_of_maps(void)
{
	char text[1024]; /* small: this may run on a signal stack */
	int saved = errno;
	size_t limit = zi_host_caps()->max_maps;
	size_t lines = 0;
	ssize_t got;
	int fd;

	if (!refused)
		return false;
	if (zi_probe_read("/proc/sys/vm/max_map_count", text, sizeof(text)) &&
	    strtoul(text, NULL, 10) > 0)
		limit = strtoul(text, NULL, 10);
	fd = ZI_HOST(OPEN, -1, zi_sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
	while (fd >= 0 &&
	       ((got = zi_sys_read(fd, text, sizeof(text))) > 0 || (got < 0 && errno == EINTR)))
		for (ssize_t i = 0; i < got; i++)
			lines += text[i] == '\n';
	if (fd >= 0)
		zi_sys_close(fd);
	errno = saved;
	return lines + MAPS_SLACK >= limit;
}
