/* Start of the vm ring, and what the run-time options choose in it. */
#include <stdatomic.h>

#include "base/options.h"
#include "host/host.h"
#include "vm/fault.h"
#include "vm/fault_expect.h"
#include "vm/model.h"
#include "vm/source.h"
#include "vm/vm.h"

bool zi_behaviour_2025(void)
{
	return zi_option(ZI_OPTION_BEHAVIOUR)->word == ZI_BEHAVIOUR_2025;
}

bool zi_streams_grow(void)
{
	return zi_option(ZI_OPTION_BEHAVIOUR)->word != ZI_BEHAVIOUR_2026;
}

/*
 * A page that is there as far as we know, and yet SIGBUS: the mapping has changed since, or the kernel could not give memory. Trying
 * again tells which; threads that change one page all the time may need several tries.
 */
enum { ZI_SIGBUS_TRIES = 64 };

static bool is_worth_a_try(uintptr_t addr)
{
	static _Thread_local uintptr_t last __attribute__((tls_model("initial-exec")));
	static _Thread_local unsigned tries __attribute__((tls_model("initial-exec")));

	if (last != addr)
		tries = 0;
	last = addr;
	if (tries++ < ZI_SIGBUS_TRIES)
		return true;
	tries = 0;
	return false;
}

static bool resolve(const struct zi_trap *trap, zx_status_t *out_status)
{
	bool ours, watched;
	zx_status_t st =
		zi_fault_trapped(trap->addr, trap->access == ZI_ACCESS_WRITE,
				 trap->access == ZI_ACCESS_EXEC, trap->is_sigbus, &ours, &watched);

	if (!ours) {
		*out_status = ZX_OK;
		return false;
	}
	if (st == ZX_ERR_NEXT)
		st = zi_model_trap(trap) ? ZX_OK : ZX_ERR_NOT_SUPPORTED;
	else if (st == ZX_OK && trap->is_sigbus && !watched && !is_worth_a_try(trap->addr))
		st = ZX_ERR_NO_MEMORY;
	*out_status = st;
	return st == ZX_OK;
}

zx_status_t zi_vm_start(void)
{
	static _Atomic bool hooked;
	zx_status_t st = zi_host_start();

	if (st != ZX_OK)
		return st;
	/* Threads that come together all do it: none may go on before it is done. */
	if (!atomic_load_explicit(&hooked, memory_order_acquire)) {
		zi_trap_set_resolver(resolve);
		zi_trap_set_expecter(zi_fault_expecter);
		zi_trap_set_reporter(zi_fault_reporter);
		atomic_store_explicit(&hooked, true, memory_order_release);
	}
	return ZX_OK;
}

void zi_vm_count_frames(uint64_t *out_frames, size_t *out_book_bytes)
{
	struct zi_extent_stats stats;

	zi_extent_stats(&stats);
	*out_frames = stats.live;
	*out_book_bytes = stats.book_bytes;
}
