/*
 * The copy that may fault, twice: zi_copy_captured_at (the handler never resolves its faults) and
 * zi_copy_resolved_at (it tries). The handler knows them by their ranges of addresses, and sends a copy
 * that has to stop to its ..._stopped label; that goes on in C (copy.c) with the arguments and the number of
 * bytes that are certainly done. These are kept on the stack, because Valgrind shows a handler exact instruction
 * and stack pointers only (unless told otherwise, see valgrind.c).
 *
 * struct zi_copy_result f(void *dst, const void *src, size_t n), the result through a hidden pointer. No more than
 * the n bytes are touched on either side, in ascending order: what lies behind a hole is never written.
 */

#if defined(__CET__)
#include <cet.h>
#else
#define _CET_ENDBR
#endif

/* Bytes between two notes of progress: what is copied again at most when a copy stops. The same in copy.c. */
#define PIECE 32768

#if defined(__x86_64__)

/* Bits of zi_copy_machine, as in copy.c. */
#define USE_REP 1
#define USE_AVX 2
#define USE_AVX512 4

/*
 * Measured on a processor with fast short "rep movsb": below these lengths, loops of 64, 32 and 16-byte registers win
 * over it.
 */
#define REP_MIN_AVX512 8192
#define REP_MIN_AVX 4096
#define REP_MIN_SSE 1536

/* In the red zone: nothing below the stack pointer is overwritten by a signal within 128 bytes. */
#define SAVED_RESULT -8(%rsp)
#define SAVED_DST -16(%rsp)
#define SAVED_SRC -24(%rsp)
#define SAVED_N -32(%rsp)
#define SAVED_DONE -40(%rsp)

	.text

/* rax result, rsi dst, rdx src, rcx n after the prologue; the long forms use rdi dst, rsi src as "rep movsb" does. */
.macro DEFINE_COPY name
	.globl	zi_copy_\name\()_at
	.hidden	zi_copy_\name\()_at
	.globl	zi_copy_\name\()_end
	.hidden	zi_copy_\name\()_end
	.globl	zi_copy_\name\()_stopped
	.hidden	zi_copy_\name\()_stopped
	.p2align 6
	.type	zi_copy_\name\()_at, @function
zi_copy_\name\()_at:
	.cfi_startproc
	_CET_ENDBR
	movq	%rdi, SAVED_RESULT
	movq	%rsi, SAVED_DST
	movq	%rdx, SAVED_SRC
	movq	%rcx, SAVED_N
	movq	$0, SAVED_DONE
	movq	%rdi, %rax
	/* done = n, fault = 0 in one store: in this width the caller will read it. */
	movq	%rcx, %xmm0
	movups	%xmm0, (%rdi)
	movq	$0, 16(%rdi)
	cmpq	$16, %rcx
	jb	.L\name\()_below_16
	cmpq	$32, %rcx
	ja	.L\name\()_above_32
	movups	(%rdx), %xmm0
	movups	-16(%rdx,%rcx), %xmm1
	movups	%xmm0, (%rsi)
	movups	%xmm1, -16(%rsi,%rcx)
	ret

	.p2align 4
.L\name\()_above_32:
	cmpq	$64, %rcx
	ja	.L\name\()_above_64
	movups	(%rdx), %xmm0
	movups	16(%rdx), %xmm1
	movups	-32(%rdx,%rcx), %xmm2
	movups	-16(%rdx,%rcx), %xmm3
	movups	%xmm0, (%rsi)
	movups	%xmm1, 16(%rsi)
	movups	%xmm2, -32(%rsi,%rcx)
	movups	%xmm3, -16(%rsi,%rcx)
	ret

	.p2align 4
.L\name\()_below_16:
	cmpl	$8, %ecx
	jb	.L\name\()_below_8
	movq	(%rdx), %r8
	movq	-8(%rdx,%rcx), %r9
	movq	%r8, (%rsi)
	movq	%r9, -8(%rsi,%rcx)
	ret
.L\name\()_below_8:
	cmpl	$4, %ecx
	jb	.L\name\()_below_4
	movl	(%rdx), %r8d
	movl	-4(%rdx,%rcx), %r9d
	movl	%r8d, (%rsi)
	movl	%r9d, -4(%rsi,%rcx)
	ret
.L\name\()_below_4:
	cmpl	$1, %ecx
	jb	.L\name\()_none
	movzbl	(%rdx), %r8d
	je	.L\name\()_one
	movzwl	-2(%rdx,%rcx), %r9d
	movb	%r8b, (%rsi)
	movw	%r9w, -2(%rsi,%rcx)
	ret
.L\name\()_one:
	movb	%r8b, (%rsi)
.L\name\()_none:
	ret

	/* More than 64 bytes: r9 bytes are left, r10 of them belong to this piece. */
	.p2align 4
.L\name\()_above_64:
	movzbl	zi_copy_machine(%rip), %r10d
	movq	%rcx, %r9
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	testb	$USE_AVX, %r10b
	jz	.L\name\()_sse
	cmpq	$128, %rcx
	ja	.L\name\()_avx_above_128
	vmovdqu	(%rsi), %ymm0
	vmovdqu	32(%rsi), %ymm1
	vmovdqu	-64(%rsi,%rcx), %ymm2
	vmovdqu	-32(%rsi,%rcx), %ymm3
	vmovdqu	%ymm0, (%rdi)
	vmovdqu	%ymm1, 32(%rdi)
	vmovdqu	%ymm2, -64(%rdi,%rcx)
	vmovdqu	%ymm3, -32(%rdi,%rcx)
	vzeroupper
	ret

	.p2align 4
.L\name\()_avx_above_128:
	cmpq	$256, %rcx
	ja	.L\name\()_avx_above_256
	vmovdqu	(%rsi), %ymm0
	vmovdqu	32(%rsi), %ymm1
	vmovdqu	64(%rsi), %ymm2
	vmovdqu	96(%rsi), %ymm3
	vmovdqu	-128(%rsi,%rcx), %ymm4
	vmovdqu	-96(%rsi,%rcx), %ymm5
	vmovdqu	-64(%rsi,%rcx), %ymm6
	vmovdqu	-32(%rsi,%rcx), %ymm7
	vmovdqu	%ymm0, (%rdi)
	vmovdqu	%ymm1, 32(%rdi)
	vmovdqu	%ymm2, 64(%rdi)
	vmovdqu	%ymm3, 96(%rdi)
	vmovdqu	%ymm4, -128(%rdi,%rcx)
	vmovdqu	%ymm5, -96(%rdi,%rcx)
	vmovdqu	%ymm6, -64(%rdi,%rcx)
	vmovdqu	%ymm7, -32(%rdi,%rcx)
	vzeroupper
	ret

	.p2align 4
.L\name\()_avx_above_256:
	testb	$USE_AVX512, %r10b
	jnz	.L\name\()_avx512
	cmpq	$REP_MIN_AVX, %rcx
	jae	.L\name\()_long
	/* The first bytes, and then on from where stores are aligned: 1 to 32 bytes further. */
	vmovdqu	(%rsi), %ymm0
	movl	%edi, %r8d
	andl	$31, %r8d
	subq	$32, %r8
	vmovdqu	%ymm0, (%rdi)
	subq	%r8, %rsi
	subq	%r8, %rdi
	addq	%r8, %rcx
	.p2align 4
.L\name\()_avx_step:
	vmovdqu	(%rsi), %ymm0
	vmovdqu	32(%rsi), %ymm1
	vmovdqu	64(%rsi), %ymm2
	vmovdqu	96(%rsi), %ymm3
	vmovdqu	%ymm0, (%rdi)
	vmovdqu	%ymm1, 32(%rdi)
	vmovdqu	%ymm2, 64(%rdi)
	vmovdqu	%ymm3, 96(%rdi)
	subq	$-128, %rsi
	subq	$-128, %rdi
	addq	$-128, %rcx
	cmpq	$128, %rcx
	jae	.L\name\()_avx_step
	/* 0 to 127 bytes are left, and at least 128 lie before them. */
	vmovdqu	-128(%rsi,%rcx), %ymm0
	vmovdqu	-96(%rsi,%rcx), %ymm1
	vmovdqu	-64(%rsi,%rcx), %ymm2
	vmovdqu	-32(%rsi,%rcx), %ymm3
	vmovdqu	%ymm0, -128(%rdi,%rcx)
	vmovdqu	%ymm1, -96(%rdi,%rcx)
	vmovdqu	%ymm2, -64(%rdi,%rcx)
	vmovdqu	%ymm3, -32(%rdi,%rcx)
	vzeroupper
	ret

	/* The same with registers that leave the upper halves of the others alone: no vzeroupper. */
	.p2align 4
.L\name\()_avx512:
	cmpq	$REP_MIN_AVX512, %rcx
	jae	.L\name\()_long
	vmovdqu64 (%rsi), %zmm16
	movl	%edi, %r8d
	andl	$63, %r8d
	subq	$64, %r8
	vmovdqu64 %zmm16, (%rdi)
	subq	%r8, %rsi
	subq	%r8, %rdi
	addq	%r8, %rcx
	cmpq	$256, %rcx
	jb	.L\name\()_avx512_rest
	.p2align 4
.L\name\()_avx512_step:
	vmovdqu64 (%rsi), %zmm16
	vmovdqu64 64(%rsi), %zmm17
	vmovdqu64 128(%rsi), %zmm18
	vmovdqu64 192(%rsi), %zmm19
	vmovdqu64 %zmm16, (%rdi)
	vmovdqu64 %zmm17, 64(%rdi)
	vmovdqu64 %zmm18, 128(%rdi)
	vmovdqu64 %zmm19, 192(%rdi)
	addq	$256, %rsi
	addq	$256, %rdi
	subq	$256, %rcx
	cmpq	$256, %rcx
	jae	.L\name\()_avx512_step
	/* 0 to 255 bytes are left, and at least 256 lie before the end. */
.L\name\()_avx512_rest:
	vmovdqu64 -256(%rsi,%rcx), %zmm16
	vmovdqu64 -192(%rsi,%rcx), %zmm17
	vmovdqu64 -128(%rsi,%rcx), %zmm18
	vmovdqu64 -64(%rsi,%rcx), %zmm19
	vmovdqu64 %zmm16, -256(%rdi,%rcx)
	vmovdqu64 %zmm17, -192(%rdi,%rcx)
	vmovdqu64 %zmm18, -128(%rdi,%rcx)
	vmovdqu64 %zmm19, -64(%rdi,%rcx)
	ret

	.p2align 4
.L\name\()_sse:
	cmpq	$REP_MIN_SSE, %rcx
	jb	.L\name\()_loop
.L\name\()_long:
	testb	$USE_REP, %r10b
	jz	.L\name\()_pieces
	cmpq	$PIECE, %rcx
	ja	.L\name\()_rep_pieces
	rep movsb
	ret

	.p2align 4
.L\name\()_rep_pieces:
	movl	$PIECE, %ecx
	cmpq	%r9, %rcx
	cmovaq	%r9, %rcx
	movq	%rcx, %r10
	rep movsb
	addq	%r10, SAVED_DONE
	subq	%r10, %r9
	jnz	.L\name\()_rep_pieces
	ret

	/* One piece in 64-byte steps, its end by a step that overlaps the one before. */
	.p2align 4
.L\name\()_pieces:
	movl	$PIECE, %r10d
	cmpq	%r9, %r10
	cmovaq	%r9, %r10
	cmpq	$64, %r10
	jb	.L\name\()_tail
	movq	%r10, %rcx
	movl	$1, %r11d
	jmp	.L\name\()_step
.L\name\()_loop:
	movq	%r9, %r10
	xorl	%r11d, %r11d

	.p2align 4
.L\name\()_step:
	movups	(%rsi), %xmm0
	movups	16(%rsi), %xmm1
	movups	32(%rsi), %xmm2
	movups	48(%rsi), %xmm3
	movups	%xmm0, (%rdi)
	movups	%xmm1, 16(%rdi)
	movups	%xmm2, 32(%rdi)
	movups	%xmm3, 48(%rdi)
	addq	$64, %rsi
	addq	$64, %rdi
	subq	$64, %rcx
	cmpq	$64, %rcx
	jae	.L\name\()_step
	/* 0 to 63 bytes of the piece are left, and at least 64 lie before them. */
	movups	-64(%rsi,%rcx), %xmm0
	movups	-48(%rsi,%rcx), %xmm1
	movups	-32(%rsi,%rcx), %xmm2
	movups	-16(%rsi,%rcx), %xmm3
	movups	%xmm0, -64(%rdi,%rcx)
	movups	%xmm1, -48(%rdi,%rcx)
	movups	%xmm2, -32(%rdi,%rcx)
	movups	%xmm3, -16(%rdi,%rcx)
	testl	%r11d, %r11d
	jz	.L\name\()_none
	addq	%rcx, %rsi
	addq	%rcx, %rdi
	addq	%r10, SAVED_DONE
	subq	%r10, %r9
	jnz	.L\name\()_pieces
	ret

	/* The last piece of a long copy, when it is shorter than a step. */
.L\name\()_tail:
	movzbl	(%rsi), %r8d
	movb	%r8b, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%r9
	jnz	.L\name\()_tail
	ret
zi_copy_\name\()_end:

	.p2align 4
zi_copy_\name\()_stopped:
	movq	SAVED_RESULT, %rdi
	movq	SAVED_DST, %rsi
	movq	SAVED_SRC, %rdx
	movq	SAVED_N, %rcx
	movq	SAVED_DONE, %r8
	jmp	zi_copy_\name\()_finish
	.cfi_endproc
	.size	zi_copy_\name\()_at, .-zi_copy_\name\()_at
.endm

#elif defined(__aarch64__)

	.text

/* x8 result, x0 dst, x1 src, x2 n. Frame: 0 dst, 8 src, 16 n, 24 result, 32 done. */
.macro DEFINE_COPY name
	.globl	zi_copy_\name\()_at
	.hidden	zi_copy_\name\()_at
	.globl	zi_copy_\name\()_end
	.hidden	zi_copy_\name\()_end
	.globl	zi_copy_\name\()_stopped
	.hidden	zi_copy_\name\()_stopped
	.p2align 6
	.type	zi_copy_\name\()_at, %function
zi_copy_\name\()_at:
	.cfi_startproc
	hint	#34
	sub	sp, sp, #48
	.cfi_def_cfa_offset 48
	stp	x0, x1, [sp]
	stp	x2, x8, [sp, #16]
	str	xzr, [sp, #32]
	stp	x2, xzr, [x8]
	str	xzr, [x8, #16]
.L\name\()_pieces:
	mov	x3, #PIECE
	cmp	x2, x3
	csel	x3, x2, x3, lo
	sub	x2, x2, x3
	mov	x9, x3
	cmp	x3, #16
	b.lo	.L\name\()_bytes
.L\name\()_step:
	ldp	x4, x5, [x1], #16
	stp	x4, x5, [x0], #16
	sub	x3, x3, #16
	cmp	x3, #16
	b.hs	.L\name\()_step
.L\name\()_bytes:
	cbz	x3, .L\name\()_piece_done
	ldrb	w4, [x1], #1
	strb	w4, [x0], #1
	sub	x3, x3, #1
	b	.L\name\()_bytes
.L\name\()_piece_done:
	ldr	x4, [sp, #32]
	add	x4, x4, x9
	str	x4, [sp, #32]
	cbnz	x2, .L\name\()_pieces
	add	sp, sp, #48
	.cfi_def_cfa_offset 0
	ret
zi_copy_\name\()_end:

	.p2align 4
zi_copy_\name\()_stopped:
	.cfi_def_cfa_offset 48
	ldp	x0, x1, [sp]
	ldp	x2, x8, [sp, #16]
	ldr	x3, [sp, #32]
	add	sp, sp, #48
	.cfi_def_cfa_offset 0
	b	zi_copy_\name\()_finish
	.cfi_endproc
	.size	zi_copy_\name\()_at, .-zi_copy_\name\()_at
.endm

#else
#error "zirconia has its fault-tolerant copy for x86-64 and aarch64 only"
#endif

	DEFINE_COPY captured
	DEFINE_COPY resolved

	/* The public one needs nothing around it. */
	.globl	zi_copy_captured
	.hidden	zi_copy_captured
	.set	zi_copy_captured, zi_copy_captured_at

	.section .note.GNU-stack, "", %progbits
