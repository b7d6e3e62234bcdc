/*
 * What the machine is, and the few things that only it can do.
 */
#include "host/machine.h"
#include "host/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/inject.h"

uint32_t zi_host_cpus(void)
{
	static _Atomic uint32_t cached;
	uint32_t seen = atomic_load_explicit(&cached, memory_order_relaxed);
	uint32_t none = 0;
	long online;

	if (seen != 0)
		return seen;
	online = sysconf(_SC_NPROCESSORS_ONLN);
	seen = online > 0 ? (uint32_t)online : 1;
	/* Processors may come and go meanwhile: everybody gets the first answer. */
	if (!atomic_compare_exchange_strong(&cached, &none, seen))
		seen = none;
	return seen;
}

uint64_t zi_host_physmem(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long size = sysconf(_SC_PAGESIZE);

	if (pages <= 0 || size <= 0)
		ZI_PANIC("the size of the memory cannot be read");
	return (uint64_t)pages * (uint64_t)size;
}

#if defined(__aarch64__)

uint32_t zi_host_dcache_line(void)
{
	uint64_t ctr;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	return 4u << ((ctr >> 16) & 0xf);
}

static void flush_data(uintptr_t start, uintptr_t end, bool invalidate)
{
	uintptr_t line = zi_host_dcache_line();

	for (uintptr_t at = start & ~(line - 1); at < end; at += line) {
		if (invalidate)
			__asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
		else
			__asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
	}
	__asm__ volatile("dsb sy" : : : "memory");
}

#else

uint32_t zi_host_dcache_line(void)
{
	long line = sysconf(_SC_LEVEL1_DCACHE_LINESIZE);

	/* Machines in machines often do not tell. */
	if (line <= 0 || (line & (line - 1)) != 0)
		return 64;
	return (uint32_t)line;
}

/* Caches are coherent with every device that there can be: order is all that is left to give. */
static void flush_data(uintptr_t start, uintptr_t end, bool invalidate)
{
	(void)start;
	(void)end;
	(void)invalidate;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif

void zi_host_cache_flush(const void *addr, size_t len, bool insn, bool data, bool invalidate)
{
	char *start = (char *)(uintptr_t)addr;

	if (data)
		flush_data((uintptr_t)addr, (uintptr_t)addr + len, invalidate);
	if (insn)
		__builtin___clear_cache(start, start + len);
}

void zi_host_random(void *buf, size_t n)
{
	ssize_t got;

	do {
		got = zi_sys_getrandom(buf, n);
	} while (got < 0 && errno == EINTR);
	/* Requests of this size are served whole. */
	if (got < 0 || (size_t)got != n)
		ZI_PANIC("no random numbers to be had");
}

bool zi_host_add_entropy(const void *buf, size_t n)
{
	int fd = ZI_HOST(OPEN, -1, zi_sys_open("/dev/urandom", O_WRONLY | O_CLOEXEC));
	ssize_t put;

	if (fd < 0)
		return false;
	do {
		put = zi_sys_write(fd, buf, n);
	} while (put < 0 && errno == EINTR);
	zi_sys_close(fd);
	return put >= 0 && (size_t)put == n;
}

void zi_host_yield(void)
{
	sched_yield();
}

void zi_host_exit_process(int code)
{
	_exit(code);
}

void zi_host_exit_thread(void)
{
	pthread_exit(NULL);
}
