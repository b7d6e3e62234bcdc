/*
 * Runs a program under a seccomp filter that refuses userfaultfd, as containers do: confine --no-userfaultfd PROGRAM [ARG...]
 * The filter stays on all that the program starts.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "no seccomp filter for this processor"
#endif

/* The other way to the same descriptor: ioctl on /dev/userfaultfd. */
#define NEW_FROM_DEVICE _IO(0xAA, 0x00)

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define IF(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (skip), 0)

static struct sock_filter filter[] = {
	LOAD(arch),
	UNLESS(ARCH, 5),
	LOAD(nr),
	IF(SYS_userfaultfd, 4),
	UNLESS(SYS_ioctl, 2),
	LOAD(args[1]), /* its low half: both processors are little-endian */
	IF(NEW_FROM_DEVICE, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};

int main(int argc, char **argv)
{
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (argc < 3 || strcmp(argv[1], "--no-userfaultfd") != 0) {
		fprintf(stderr, "usage: confine --no-userfaultfd PROGRAM [ARG...]\n");
		return 2;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		fprintf(stderr, "confine: seccomp: %s\n", strerror(errno));
		return 125;
	}
	/* Not believed, but tried. */
	if (syscall(SYS_userfaultfd, 0) != -1 || errno != EPERM) {
		fprintf(stderr, "confine: userfaultfd is not refused\n");
		return 125;
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "confine: %s: %s\n", argv[2], strerror(errno));
	return 127;
}
