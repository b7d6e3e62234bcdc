/* zi-test: valgrind no-asan no-tsan */
/* One instruction's access: random code changes nothing but what it says. The fuzzer tests/fuzz/insn.c goes on where this ends. */
#include "host/insn.h"

#include <string.h>
#include <ucontext.h>

#include "host/host.h"
#include "t.h"

#if defined(__x86_64__)

static int accesses;

static uint64_t load(void *ctx, unsigned width)
{
	accesses++;
	cr_assert(width == 1 || width == 2 || width == 4 || width == 8);
	return *(const uint64_t *)ctx;
}

static void store(void *ctx, unsigned width, uint64_t value)
{
	(void)ctx;
	accesses++;
	cr_assert(width == 8 || value >> (8 * width) == 0);
}

Test(host_insn, random_code__stepped_or_left_alone)
{
	/* Every second round begins like a move: random bytes seldom are one. */
	static const uint8_t moves[] = {0x88, 0x89, 0x8a, 0x8b, 0xc6, 0xc7, 0xa1, 0xa3};
	uint64_t seed = t_seed(), answer = 0x8182838485868788;
	const struct zi_insn_memory memory = {load, store, &answer};
	unsigned stepped = 0;

	T_OK(zi_host_start());
	if (!zi_insn_start())
		t_lacks("decoder", "no decoder here");
	for (int round = 0; round < 200000; round++) {
		uint8_t code[32];
		ucontext_t uc, before;
		int changed = 0;

		for (size_t i = 0; i < sizeof(code); i += 8) {
			const uint64_t word = t_random(&seed);

			memcpy(code + i, &word, 8);
		}
		if (round % 2 == 0) {
			code[0] = (uint8_t)(0x40 | (code[0] & 15)); /* REX */
			code[1] = moves[t_below(&seed, sizeof(moves))];
		}
		memset(&uc, (int)t_below(&seed, 256), sizeof(uc));
		uc.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)code;
		before = uc;
		accesses = 0;
		const bool done = zi_insn_step(&uc, &memory);
		const greg_t len =
			uc.uc_mcontext.gregs[REG_RIP] - before.uc_mcontext.gregs[REG_RIP];

		for (int i = 0; i < NGREG; i++)
			changed += i != REG_RIP &&
				   uc.uc_mcontext.gregs[i] != before.uc_mcontext.gregs[i];
		if (done)
			cr_assert(accesses == 1 && changed <= 1 && len >= 1 && len <= 15);
		else
			cr_assert(accesses == 0 && changed == 0 && len == 0);
		stepped += done;
	}
	cr_assert_gt(stepped, 1000);
}

#endif
