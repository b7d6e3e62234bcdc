/*
 * DIFFERS: plain accesses to modelled registers work on x86-64, where Zydis is installed, and for instructions that only move data
 * (mov, movzx, movsx, movsxd, of general registers and constants). Others fault, and calls do not copy from or to such registers.
 */
#include "host/insn.h"

#if defined(__x86_64__) && __has_include(<Zydis/Zydis.h>)

#include <Zydis/Zydis.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <ucontext.h>

#include "host/host.h"

enum { INSN_MAX = 15 };

static ZyanStatus (*decode)(const ZydisDecoder *decoder, const void *buffer, ZyanUSize length,
			    ZydisDecodedInstruction *instruction, ZydisDecodedOperand *operands);
static ZydisDecoder decoder;
static _Atomic bool ready;

/* Twice at once does the same twice. */
bool zi_insn_start(void)
{
	ZyanStatus (*init)(ZydisDecoder *, ZydisMachineMode, ZydisStackWidth);
	char name[64];
	void *lib;

	if (atomic_load_explicit(&ready, memory_order_acquire))
		return true;
	/* The library that goes with the headers' structures, and no other. */
	snprintf(name, sizeof(name), "libZydis.so.%u.%u",
		 (unsigned)ZYDIS_VERSION_MAJOR(ZYDIS_VERSION),
		 (unsigned)ZYDIS_VERSION_MINOR(ZYDIS_VERSION));
	lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return false;
	*(void **)(void *)&init = dlsym(lib, "ZydisDecoderInit");
	*(void **)(void *)&decode = dlsym(lib, "ZydisDecoderDecodeFull");
	if (init == NULL || decode == NULL ||
	    !ZYAN_SUCCESS(init(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)))
		return false;
	atomic_store_explicit(&ready, true, memory_order_release);
	return true;
}

/* In the order of their numbers in instructions. */
static const int gregs[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
			      REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
			      REG_R12, REG_R13, REG_R14, REG_R15};

struct place {
	greg_t *reg;
	unsigned shift; /* 8 for AH and its like */
	unsigned width; /* bytes */
};

/* False: no general register. */
static bool place_of(ucontext_t *uc, ZydisRegister r, struct place *out)
{
	unsigned n, shift = 0, width;

	if (r >= ZYDIS_REGISTER_RAX && r <= ZYDIS_REGISTER_R15) {
		n = (unsigned)(r - ZYDIS_REGISTER_RAX);
		width = 8;
	} else if (r >= ZYDIS_REGISTER_EAX && r <= ZYDIS_REGISTER_R15D) {
		n = (unsigned)(r - ZYDIS_REGISTER_EAX);
		width = 4;
	} else if (r >= ZYDIS_REGISTER_AX && r <= ZYDIS_REGISTER_R15W) {
		n = (unsigned)(r - ZYDIS_REGISTER_AX);
		width = 2;
	} else if (r >= ZYDIS_REGISTER_AH && r <= ZYDIS_REGISTER_BH) {
		n = (unsigned)(r - ZYDIS_REGISTER_AH);
		shift = 8;
		width = 1;
	} else if (r >= ZYDIS_REGISTER_AL && r <= ZYDIS_REGISTER_R15B) {
		/* The four high ones stand in between. */
		n = (unsigned)(r - ZYDIS_REGISTER_AL);
		n -= r > ZYDIS_REGISTER_BH ? 4 : 0;
		width = 1;
	} else {
		return false;
	}
	*out = (struct place){&uc->uc_mcontext.gregs[gregs[n]], shift, width};
	return true;
}

static uint64_t mask_of(unsigned width)
{
	return width == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width)) - 1;
}

static uint64_t get(const struct place *p)
{
	return ((uint64_t)*p->reg >> p->shift) & mask_of(p->width);
}

/* Writing 32 bits clears the upper half; fewer leave the rest. */
static void set(const struct place *p, uint64_t value)
{
	const uint64_t mask = mask_of(p->width) << p->shift;

	if (p->width >= 4)
		*p->reg = (greg_t)(value & mask);
	else
		*p->reg = (greg_t)(((uint64_t)*p->reg & ~mask) | ((value << p->shift) & mask));
}

static uint64_t sign_extend(uint64_t value, unsigned width)
{
	const uint64_t sign = (uint64_t)1 << (8 * width - 1);

	value &= mask_of(width);
	return (value ^ sign) - sign;
}

static bool is_width(unsigned bits)
{
	return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

static bool step(ucontext_t *uc, const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *op,
		 const struct zi_insn_memory *memory)
{
	const bool extends = insn->mnemonic == ZYDIS_MNEMONIC_MOVZX ||
			     insn->mnemonic == ZYDIS_MNEMONIC_MOVSX ||
			     insn->mnemonic == ZYDIS_MNEMONIC_MOVSXD;
	struct place p;

	if (insn->mnemonic != ZYDIS_MNEMONIC_MOV && !extends)
		return false;
	if (op[1].type == ZYDIS_OPERAND_TYPE_MEMORY && op[0].type == ZYDIS_OPERAND_TYPE_REGISTER) {
		if (!is_width(op[1].size) || !place_of(uc, op[0].reg.value, &p))
			return false;
		const unsigned width = op[1].size / 8u;
		uint64_t value = memory->load(memory->ctx, width) & mask_of(width);

		if (extends && insn->mnemonic != ZYDIS_MNEMONIC_MOVZX)
			value = sign_extend(value, width);
		set(&p, value);
		return true;
	}
	if (op[0].type != ZYDIS_OPERAND_TYPE_MEMORY || !is_width(op[0].size) || extends)
		return false;
	const unsigned width = op[0].size / 8u;

	if (op[1].type == ZYDIS_OPERAND_TYPE_REGISTER && place_of(uc, op[1].reg.value, &p))
		memory->store(memory->ctx, width, get(&p));
	else if (op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		memory->store(memory->ctx, width, op[1].imm.value.u & mask_of(width));
	else
		return false;
	return true;
}

bool zi_insn_step(void *ucontext, const struct zi_insn_memory *memory)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	ucontext_t *uc = ucontext;
	uint8_t code[INSN_MAX];

	if (!atomic_load_explicit(&ready, memory_order_acquire))
		return false;
	/* The page after the instruction's need not be there. */
	const struct zi_copy_result r =
		zi_copy_captured(code, (const void *)uc->uc_mcontext.gregs[REG_RIP], sizeof(code));

	if (!ZYAN_SUCCESS(decode(&decoder, code, r.done, &insn, operands)) ||
	    !step(uc, &insn, operands, memory))
		return false;
	uc->uc_mcontext.gregs[REG_RIP] += insn.length;
	return true;
}

#else

bool zi_insn_start(void)
{
	return false;
}

bool zi_insn_step(void *ucontext, const struct zi_insn_memory *memory)
{
	(void)ucontext, (void)memory;
	return false;
}

#endif
