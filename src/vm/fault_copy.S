/*
 * size_t zi_fault_copy(void *dst, const void *src, size_t n): the fallible copy of a program.
 *
 * Up to zi_fault_short_max bytes are copied here without keeping count, as memcpy would: all loads
 * come before all stores. When one faults, the handler sends the thread to zi_fault_copy_again,
 * which makes the whole copy once more the slow way, with an exact count. The arguments are kept in
 * the red zone for that, because Valgrind shows a handler exact instruction and stack pointers
 * only.
 */
	.text
	/* The public name stands here too: a jump in between would cost a third of a short copy. */
	.globl	zirconia_copy_fallible
	.type	zirconia_copy_fallible, %function
	.globl	zi_fault_copy
	.hidden	zi_fault_copy
	.globl	zi_fault_copy_end
	.hidden	zi_fault_copy_end
	.globl	zi_fault_copy_again
	.hidden	zi_fault_copy_again
	.hidden	zi_fault_copy_slow
	.hidden	zi_fault_short_max
	.hidden	zi_fault_avx
	.p2align 6
	.type	zi_fault_copy, %function
zirconia_copy_fallible:
zi_fault_copy:
	.cfi_startproc

#if defined(__x86_64__)

#define SAVED_DST -8(%rsp)
#define SAVED_SRC -16(%rsp)
#define SAVED_N -24(%rsp)

	cmpq	zi_fault_short_max(%rip), %rdx
	ja	.Lslow
	movq	%rdi, SAVED_DST
	movq	%rsi, SAVED_SRC
	movq	%rdx, SAVED_N
	movq	%rdx, %rax
	cmpl	$32, %edx
	jb	.Lbelow_32
	cmpb	$0, zi_fault_avx(%rip)
	je	.Lno_avx
	vmovdqu	(%rsi), %ymm0
	vmovdqu	-32(%rsi,%rdx), %ymm1
	vmovdqu	%ymm0, (%rdi)
	vmovdqu	%ymm1, -32(%rdi,%rdx)
	vzeroupper
	ret

.Lno_avx:
	movups	(%rsi), %xmm0
	movups	16(%rsi), %xmm1
	movups	-32(%rsi,%rdx), %xmm2
	movups	-16(%rsi,%rdx), %xmm3
	movups	%xmm0, (%rdi)
	movups	%xmm1, 16(%rdi)
	movups	%xmm2, -32(%rdi,%rdx)
	movups	%xmm3, -16(%rdi,%rdx)
	ret

.Lbelow_32:
	cmpl	$16, %edx
	jb	.Lbelow_16
	movups	(%rsi), %xmm0
	movups	-16(%rsi,%rdx), %xmm1
	movups	%xmm0, (%rdi)
	movups	%xmm1, -16(%rdi,%rdx)
	ret

.Lbelow_16:
	cmpl	$8, %edx
	jb	.Lbelow_8
	movq	(%rsi), %rcx
	movq	-8(%rsi,%rdx), %r8
	movq	%rcx, (%rdi)
	movq	%r8, -8(%rdi,%rdx)
	ret

.Lbelow_8:
	cmpl	$4, %edx
	jb	.Lbelow_4
	movl	(%rsi), %ecx
	movl	-4(%rsi,%rdx), %r8d
	movl	%ecx, (%rdi)
	movl	%r8d, -4(%rdi,%rdx)
	ret

.Lbelow_4:
	testl	%edx, %edx
	je	.Lnothing
	movzbl	(%rsi), %ecx
	cmpl	$1, %edx
	je	.Lone
	movzwl	-2(%rsi,%rdx), %r8d
	movb	%cl, (%rdi)
	movw	%r8w, -2(%rdi,%rdx)
	ret
.Lone:
	movb	%cl, (%rdi)
.Lnothing:
	ret

zi_fault_copy_end:
zi_fault_copy_again:
	movq	SAVED_DST, %rdi
	movq	SAVED_SRC, %rsi
	movq	SAVED_N, %rdx
.Lslow:
	jmp	zi_fault_copy_slow

#elif defined(__aarch64__)

/*
 * Everything is slow here: the short copy is there for a saving that was measured on x86-64 only.
 */
zi_fault_copy_end:
zi_fault_copy_again:
	b	zi_fault_copy_slow

#else
#error "the fallible copy is written for x86-64 and AArch64"
#endif

	.cfi_endproc
	.size	zi_fault_copy, . - zi_fault_copy
	.size	zirconia_copy_fallible, . - zirconia_copy_fallible

	.section .note.GNU-stack, "", %progbits
