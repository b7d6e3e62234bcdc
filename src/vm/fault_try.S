/*
 * Single accesses that answer a status instead of faulting: struct zi_try f(addr, ...), result in
 * two registers.
 *
 * The contract with zi_fault_expecter: between zi_try_begin and zi_try_end nothing is on the stack
 * and no register that belongs to the caller is changed, so that a fault anywhere in between can
 * put its status into the second result register and go on at zi_try_landing, which returns.
 */
	.text

	.macro FUNC name
	.globl \name
	.hidden \name
	.type \name, %function
\name:
	/*
	 * Valgrind 3.17 and later do not note the first instruction of a function that they join to
	 * its caller.
	 */
	nop
	.endm

	.macro END name
	.size \name, . - \name
	.endm

	.globl zi_try_begin
	.hidden zi_try_begin
	.globl zi_try_end
	.hidden zi_try_end
	.globl zi_try_landing
	.hidden zi_try_landing

#if defined(__x86_64__)

zi_try_begin:
	.macro LOAD bits, insn, reg
	FUNC zi_try_load\bits
	\insn	(%rdi), \reg
	xorl	%edx, %edx
	ret
	END zi_try_load\bits
	.endm

	.macro STORE bits, insn, reg
	FUNC zi_try_store\bits
	\insn	\reg, (%rdi)
	xorl	%edx, %edx
	ret
	END zi_try_store\bits
	.endm

	LOAD 8, movzbl, %eax
	LOAD 16, movzwl, %eax
	LOAD 32, movl, %eax
	LOAD 64, movq, %rax
	STORE 8, movb, %sil
	STORE 16, movw, %si
	STORE 32, movl, %esi
	STORE 64, movq, %rsi

	FUNC zi_try_cmpxchg32
	movl	%esi, %eax
	lock cmpxchgl %edx, (%rdi)
	xorl	%edx, %edx
	ret
	END zi_try_cmpxchg32

	FUNC zi_try_touch
	lock orb $0, (%rdi)
	xorl	%edx, %edx
	ret
	END zi_try_touch
zi_try_end:

zi_try_landing:
	ret

#elif defined(__aarch64__)

zi_try_begin:
	.macro LOAD bits, insn, reg
	FUNC zi_try_load\bits
	\insn	\reg, [x0]
	mov	x1, #0
	ret
	END zi_try_load\bits
	.endm

	.macro STORE bits, insn, reg
	FUNC zi_try_store\bits
	\insn	\reg, [x0]
	mov	x1, #0
	ret
	END zi_try_store\bits
	.endm

	LOAD 8, ldrb, w0
	LOAD 16, ldrh, w0
	LOAD 32, ldr, w0
	LOAD 64, ldr, x0
	STORE 8, strb, w1
	STORE 16, strh, w1
	STORE 32, str, w1
	STORE 64, str, x1

	/*
	 * A value that is not the expected one is stored back, so that the access is a write on
	 * every path.
	 */
	FUNC zi_try_cmpxchg32
1:	ldxr	w3, [x0]
	cmp	w3, w1
	csel	w5, w2, w3, eq
	stxr	w4, w5, [x0]
	cbnz	w4, 1b
	mov	w0, w3
	mov	x1, #0
	ret
	END zi_try_cmpxchg32

	FUNC zi_try_touch
1:	ldxrb	w1, [x0]
	stxrb	w2, w1, [x0]
	cbnz	w2, 1b
	mov	x1, #0
	ret
	END zi_try_touch
zi_try_end:

zi_try_landing:
	ret

#else
#error "single accesses are written for x86-64 and AArch64"
#endif

	.section .note.GNU-stack, "", %progbits
