/* zi-test: valgrind */
/*
 * libFuzzer: the input is the registers' seed and then code. Whatever the code is, one step either changes nothing, or makes one access,
 * changes one general register at most, and steps on by the length of an instruction.
 */
#include <stdlib.h>
#include <string.h>

#include "host/insn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if defined(__x86_64__)

#include <ucontext.h>

static int accesses;

static uint64_t load(void *ctx, unsigned width)
{
	accesses++;
	if (width != 1 && width != 2 && width != 4 && width != 8)
		abort();
	return *(const uint64_t *)ctx;
}

static void store(void *ctx, unsigned width, uint64_t value)
{
	(void)ctx;
	accesses++;
	if (width != 1 && width != 2 && width != 4 && width != 8)
		abort();
	if (width < 8 && value >> (8 * width) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t code[64];
	uint64_t answer = 0x8182838485868788;
	const struct zi_insn_memory memory = {load, store, &answer};
	ucontext_t uc, before;
	int changed = 0;

	if (!zi_insn_start() || size < 1)
		return 0;
	memset(&uc, data[0], sizeof(uc));
	memset(code, 0x90, sizeof(code));
	memcpy(code, data + 1, size - 1 < 32 ? size - 1 : 32);
	uc.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)code;
	before = uc;
	accesses = 0;
	const int done = zi_insn_step(&uc, &memory);
	const greg_t stepped = uc.uc_mcontext.gregs[REG_RIP] - before.uc_mcontext.gregs[REG_RIP];

	for (int i = 0; i < NGREG; i++)
		if (i != REG_RIP && uc.uc_mcontext.gregs[i] != before.uc_mcontext.gregs[i])
			changed++;
	if (done ? accesses != 1 || changed > 1 || stepped < 1 || stepped > 15 :
		   accesses != 0 || changed != 0 || stepped != 0)
		abort();
	uc.uc_mcontext = before.uc_mcontext;
	if (memcmp(&uc, &before, sizeof(uc)) != 0)
		abort();
	return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)data, (void)size;
	return 0;
}

#endif
