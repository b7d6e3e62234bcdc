/*
 * The report on a fault that nobody resolved and nobody expected, in Zircon's terms and plain
 * words.
 *
 * Runs in the signal handler of a thread that is about to die. Allowed here: base/format.h,
 * functions marked signal-safe, and locks that can be had at once. What cannot be found out without
 * waiting is left out.
 */
#include <string.h>

#include "base/format.h"
#include "base/lock.h"
#include "base/span.h"
#include "base/status.h"
#include "host/host.h"
#include "vm/fault_expect.h"
#include "vm/mapping.h"
#include "vm/vmar.h"
#include "vm/vmo_i.h"

static const char *access_name(enum zi_trap_access access)
{
	switch (access) {
	case ZI_ACCESS_WRITE:
		return "write to";
	case ZI_ACCESS_EXEC:
		return "execution of";
	case ZI_ACCESS_READ:
		break;
	}
	return "read of";
}

static uint32_t needed_perms(enum zi_trap_access access)
{
	switch (access) {
	case ZI_ACCESS_WRITE:
		return ZX_VM_PERM_WRITE;
	case ZI_ACCESS_EXEC:
		return ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;
	case ZI_ACCESS_READ:
		break;
	}
	return ZX_VM_PERM_READ;
}

struct perms {
	char text[4];
};

static struct perms perms_text(uint32_t prot)
{
	struct perms p = {"---"};

	if (prot & ZX_VM_PERM_READ)
		p.text[0] = 'r';
	if (prot & ZX_VM_PERM_WRITE)
		p.text[1] = 'w';
	if (prot & ZX_VM_PERM_EXECUTE)
		p.text[2] = 'x';
	return p;
}

static zx_koid_t koid_of(const struct zi_mapping *m)
{
	return m->list_koid != 0 ? m->list_koid : m->vmo->koid;
}

static const char *name_of(const struct zi_mapping *m)
{
	return m->list_name != NULL ? m->list_name : m->vmo->name;
}

/* ---- why */

static void say_denied(int fd, const struct zi_mapping *m, uint32_t prot, uint32_t need)
{
	const char *never = (m->max_prot & need) == need ?
				    "zx_vmar_protect could allow it" :
				    "the handles it was mapped with can never allow it";

	zi_print_fd(fd, "  why      the mapping allows %s here and this needs %s; %s\n",
		    perms_text(prot).text, perms_text(need).text, never);
}

static void say_beyond(int fd, const struct zi_mapping *m, uint64_t off, uint64_t size)
{
	if (off >= size)
		zi_print_fd(fd,
			    "  why      offset 0x%llx is past the end of the VMO, which has 0x%llx "
			    "bytes: the "
			    "mapping is longer than the VMO is now\n",
			    (unsigned long long)off, (unsigned long long)size);
	else
		zi_print_fd(fd,
			    "  why      offset 0x%llx is past the stream size 0x%llx, rounded to "
			    "pages; the "
			    "mapping was made with ZX_VM_FAULT_BEYOND_STREAM_SIZE\n",
			    (unsigned long long)off,
			    (unsigned long long)zi_vmo_stream_size_locked(m->vmo));
}

static void say_other(int fd, zx_status_t status)
{
	switch (status) {
	case ZX_ERR_NOT_FOUND:
		zi_print_fd(fd, "  why      the discardable VMO was discarded while it was not "
				"locked, and has "
				"not been locked since\n");
		return;
	case ZX_ERR_NO_MEMORY:
		if (zi_place_out_of_maps())
			zi_print_fd(fd, "  why      Linux allows this process no more mappings "
					"(sysctl vm.max_map_count)\n");
		else
			zi_print_fd(fd, "  why      no memory for the page\n");
		return;
	default:
		zi_print_fd(fd, "  why      the pager of the VMO did not supply the page\n");
		return;
	}
}

/* ---- where */

/* Address space lock held; takes the tree lock if it can. */
static void report_mapping(int fd, const struct zi_trap *trap, zx_status_t status,
			   struct zi_aspace *as, struct zi_mapping *m)
{
	const uint64_t off = m->vmo_off + (trap->addr - m->base);
	const uint32_t need = needed_perms(trap->access);
	const uint32_t prot = zi_mapping_prot_at(m, trap->addr, NULL);
	char path[160];
	uint64_t size;

	zi_vmar_path_locked(as, trap->addr, path, sizeof(path));
	zi_print_fd(fd, "  mapping  [0x%llx, 0x%llx) %s in %s; the address is byte 0x%llx of it\n",
		    (unsigned long long)m->base, (unsigned long long)(m->base + m->len),
		    perms_text(prot).text, path, (unsigned long long)(trap->addr - m->base));
	if (!zi_trylock(&m->vmo->tree->lock)) {
		zi_print_fd(fd,
			    "  VMO      koid %llu, offset 0x%llx; it is being changed by another "
			    "thread\n",
			    (unsigned long long)koid_of(m), (unsigned long long)off);
		return;
	}
	size = zi_vmo_size_locked(m->vmo);
	zi_print_fd(fd,
		    "  VMO      \"%s\" koid %llu, 0x%llx bytes; the address is its offset 0x%llx\n",
		    name_of(m), (unsigned long long)koid_of(m), (unsigned long long)size,
		    (unsigned long long)off);
	if (status == ZX_ERR_ACCESS_DENIED)
		say_denied(fd, m, prot, need);
	else if (status == ZX_ERR_OUT_OF_RANGE)
		say_beyond(fd, m, off, size);
	else
		say_other(fd, status);
	zi_unlock(&m->vmo->tree->lock);
}

/* What ends or begins in the neighbourhood is most often what the program meant. */
static void report_neighbours(int fd, struct zi_aspace *as, zx_vaddr_t addr)
{
	const zx_vaddr_t page = zi_page_down(addr);
	struct zi_mapping *below = zi_aspace_find_locked(as, page - 1);
	struct zi_mapping *above = zi_aspace_find_locked(as, page + ZI_PAGE);

	if (below != NULL)
		zi_print_fd(fd,
			    "           the mapping [0x%llx, 0x%llx) of VMO koid %llu ends 0x%llx "
			    "bytes below\n",
			    (unsigned long long)below->base,
			    (unsigned long long)(below->base + below->len),
			    (unsigned long long)koid_of(below),
			    (unsigned long long)(addr - (below->base + below->len)));
	if (above != NULL)
		zi_print_fd(fd,
			    "           the mapping [0x%llx, 0x%llx) of VMO koid %llu begins "
			    "0x%llx bytes above\n",
			    (unsigned long long)above->base,
			    (unsigned long long)(above->base + above->len),
			    (unsigned long long)koid_of(above),
			    (unsigned long long)(above->base - addr));
}

static void report_hole(int fd, struct zi_aspace *as, zx_vaddr_t addr)
{
	char path[160];

	if (!zi_vmar_path_locked(as, addr, path, sizeof(path))) {
		zi_print_fd(fd, "  why      the address is outside of the address space\n");
		return;
	}
	zi_print_fd(fd, "  why      no mapping covers the address: it lies in a hole of %s\n",
		    path);
	report_neighbours(fd, as, addr);
}

static void report_place(int fd, const struct zi_trap *trap, zx_status_t status)
{
	struct zi_aspace *as = zi_aspace_self_if_started();
	struct zi_mapping *m;

	/*
	 * With a lock of ours held the fault struck in the middle of a call: whatever is asked now
	 * could be half changed.
	 */
	if (as == NULL || zi_locks_held != 0 || !zi_trylock(&as->lock)) {
		zi_print_fd(fd, "  why      not looked up: the address space is being changed\n");
		return;
	}
	m = zi_aspace_find_locked(as, trap->addr);
	if (m != NULL)
		report_mapping(fd, trap, status, as, m);
	else
		report_hole(fd, as, trap->addr);
	zi_unlock(&as->lock);
}

void zi_fault_reporter(const struct zi_trap *trap, zx_status_t status, int fd)
{
	zi_print_fd(fd, "zirconia: %s 0x%llx is a fatal page fault: %s\n",
		    access_name(trap->access), (unsigned long long)trap->addr,
		    zi_status_name(status));
	zi_print_fd(fd, "  at       instruction 0x%llx\n", (unsigned long long)trap->ip);
	report_place(fd, trap, status);
	zi_print_fd(fd,
		    "  Zircon   would raise ZX_EXCP_FATAL_PAGE_FAULT (0x108) with synth_code %s "
		    "(%d); unless a "
		    "handler takes it, the process is killed with return code %d\n",
		    zi_status_name(status), (int)status, (int)ZX_TASK_RETCODE_EXCEPTION_KILL);
}
