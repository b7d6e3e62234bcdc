/* zi-test: valgrind */
/*
 * A fault that nobody expects: what is said, who is called, how the process ends. Each case crashes
 * a child of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zirconia/debug.h>
#include <zirconia/fault.h>

#include "t.h"

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define BARE                                                                    \
	__attribute__((noinline, no_sanitize("address"), no_sanitize("thread"), \
		       no_sanitize("undefined")))

BARE static void bare_store(zx_vaddr_t addr)
{
	__asm__ volatile("nop");
	*(volatile uint8_t *)addr = 0x42;
}

BARE static void bare_load(zx_vaddr_t addr)
{
	/* Valgrind takes the first instruction of a function for one of its caller's. */
	__asm__ volatile("nop");
	(void)*(volatile uint8_t *)addr;
}

/* Criterion knows nothing of our children: what must hold in them ends them otherwise. */
#define MUST(cond)                                                                         \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			_exit(99);                                                         \
		}                                                                          \
	} while (0)
#define MUST_OK(expr) MUST((expr) == ZX_OK)

static zx_handle_t new_vmo(uint64_t size, uint32_t options)
{
	zx_handle_t vmo;

	MUST_OK(zx_vmo_create(size, options, &vmo));
	return vmo;
}

static zx_vaddr_t map(zx_vm_option_t options, zx_handle_t vmo, uint64_t off, size_t len)
{
	zx_vaddr_t addr = 0;

	MUST_OK(zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, off, len, &addr));
	return addr;
}

static zx_handle_t named_vmo(const char *name, uint64_t size, uint32_t options)
{
	const zx_handle_t vmo = new_vmo(size, options);

	MUST_OK(zx_object_set_property(vmo, ZX_PROP_NAME, name, strlen(name)));
	return vmo;
}

struct child {
	int status;      /* of waitpid */
	char text[8192]; /* what it wrote to stderr */
};

/* Runs fn in a child with empty hands; fn returning is exit code 0. */
static struct child run_child(void (*fn)(void))
{
	struct child child = {0};
	size_t len = 0;
	int fds[2];
	pid_t pid;
	ssize_t n;

	cr_assert_eq(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		alarm(20);
		fn();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], child.text + len, sizeof(child.text) - 1 - len)) > 0 ||
	       (n < 0 && errno == EINTR))
		len += n > 0 ? (size_t)n : 0;
	close(fds[0]);
	while (waitpid(pid, &child.status, 0) < 0 && errno == EINTR)
		continue;
	return child;
}

#define HAS(child, word) \
	cr_assert_not_null(strstr((child).text, (word)), "no \"%s\" in:\n%s", (word), (child).text)
#define HAS_NOT(child, word) \
	cr_assert_null(strstr((child).text, (word)), "\"%s\" in:\n%s", (word), (child).text)
#define DIED(child, sig)                                                            \
	cr_assert(WIFSIGNALED((child).status) && WTERMSIG((child).status) == (sig), \
		  "wait status 0x%x:\n%s", (unsigned)(child).status, (child).text)
#define EXITED(child, code)                                                           \
	cr_assert(WIFEXITED((child).status) && WEXITSTATUS((child).status) == (code), \
		  "wait status 0x%x:\n%s", (unsigned)(child).status, (child).text)

/* ---- the report */

/* Tells the parent a number that its search needs. */
static void tell(const char *word, uint64_t number)
{
	dprintf(STDERR_FILENO, "%s=0x%llx;\n", word, (unsigned long long)number);
}

static unsigned long long told(const struct child *child, const char *word)
{
	char key[32];
	const char *at;

	snprintf(key, sizeof(key), "%s=", word);
	at = strstr(child->text, key);
	cr_assert_not_null(at, "no %s in:\n%s", key, child->text);
	return strtoull(at + strlen(key), NULL, 0);
}

static void write_read_only(void)
{
	const zx_handle_t vmo = named_vmo("the settings", 4 * T_PAGE, 0);
	zx_info_handle_basic_t info;
	zx_handle_t vmar;
	zx_vaddr_t base;
	zx_vaddr_t addr;

	MUST_OK(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE, 0,
				 16 * T_PAGE, &vmar, &base));
	MUST_OK(zx_vmar_map(vmar, ZX_VM_PERM_READ, 0, vmo, T_PAGE, 2 * T_PAGE, &addr));
	tell("vmar", base);
	tell("base", addr);
	MUST_OK(zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
	tell("koid", info.koid);
	bare_store(addr + 0x1234);
}

/* spec: vmar 8.4 */
Test(fault_report, write_to_read_only__told_in_zircons_terms_and_killed)
{
	const struct child c = run_child(write_read_only);
	char text[128];

	DIED(c, SIGSEGV);
	snprintf(text, sizeof(text), "write to 0x%llx is a fatal page fault: ZX_ERR_ACCESS_DENIED",
		 told(&c, "base") + 0x1234);
	HAS(c, text);
	snprintf(text, sizeof(text), "[0x%llx, 0x%llx) r-- in root/useralloc@0x%llx",
		 told(&c, "base"), told(&c, "base") + 2 * T_PAGE, told(&c, "vmar"));
	HAS(c, text);
	snprintf(text, sizeof(text),
		 "\"the settings\" koid %llu, 0x4000 bytes; the address is its offset 0x2234",
		 told(&c, "koid"));
	HAS(c, text);
	HAS(c, "the mapping allows r-- here and this needs -w-; zx_vmar_protect could allow it");
	HAS(c, "ZX_EXCP_FATAL_PAGE_FAULT (0x108) with synth_code ZX_ERR_ACCESS_DENIED (-30)");
	HAS(c, "-1028");
}

static void write_through_read_only_handle(void)
{
	const zx_handle_t vmo = new_vmo(T_PAGE, 0);
	zx_handle_t dup;

	MUST_OK(zx_handle_duplicate(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP, &dup));
	bare_store(map(ZX_VM_PERM_READ, dup, 0, T_PAGE));
}

static void read_past_the_end(void)
{
	const zx_handle_t vmo = named_vmo("log", 2 * T_PAGE, ZX_VMO_RESIZABLE);
	const zx_vaddr_t addr = map(RW, vmo, 0, 2 * T_PAGE);

	MUST_OK(zx_vmo_set_size(vmo, T_PAGE));
	bare_load(addr + T_PAGE + 8);
}

static void read_beyond_stream_size(void)
{
	const zx_handle_t vmo = new_vmo(4 * T_PAGE, 0);
	const zx_vaddr_t addr =
		map(RW | ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE, vmo, 0, 4 * T_PAGE);

	MUST_OK(zx_vmo_set_stream_size(vmo, T_PAGE + 1));
	bare_load(addr + 3 * T_PAGE);
}

static void read_discarded(void)
{
	const zx_handle_t vmo = new_vmo(T_PAGE, ZX_VMO_DISCARDABLE);
	const zx_vaddr_t addr = map(RW | ZX_VM_ALLOW_FAULTS, vmo, 0, T_PAGE);
	zx_vmo_lock_state_t state;

	MUST_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, T_PAGE, &state, sizeof(state)));
	MUST_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_UNLOCK, 0, T_PAGE, NULL, 0));
	MUST_OK(zirconia_debug_discard(vmo));
	bare_load(addr);
}

static void write_just_past_a_mapping(void)
{
	zx_handle_t vmar;
	zx_vaddr_t base;
	zx_vaddr_t addr;

	MUST_OK(zx_vmar_allocate(zx_vmar_root_self(),
				 ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC,
				 0, 16 * T_PAGE, &vmar, &base));
	MUST_OK(zx_vmar_map(vmar, RW | ZX_VM_SPECIFIC, T_PAGE, new_vmo(T_PAGE, 0), 0, T_PAGE,
			    &addr));
	bare_store(addr + T_PAGE + 0x10);
}

static void jump_into_data(void)
{
	const zx_vaddr_t addr = map(RW, new_vmo(T_PAGE, 0), 0, T_PAGE);
	void (*fn)(void);

	bare_store(addr);
	memcpy(&fn, &addr, sizeof(fn));
	fn();
}

Test(fault_report, each_cause__said_in_plain_words)
{
	static const struct {
		const char *name;
		void (*crash)(void);
		const char *words[3];
	} rows[] = {
		{"no right to write",
		 write_through_read_only_handle,
		 {"ZX_ERR_ACCESS_DENIED", "the handles it was mapped with can never allow it",
		  "synth_code"}},
		{"past the end",
		 read_past_the_end,
		 {"read of", "ZX_ERR_OUT_OF_RANGE",
		  "offset 0x1008 is past the end of the VMO, which has 0x1000 bytes"}},
		{"beyond the stream size",
		 read_beyond_stream_size,
		 {"ZX_ERR_OUT_OF_RANGE", "offset 0x3000 is past the stream size 0x1001",
		  "FAULT_BEYOND_STREAM_SIZE"}},
		{"discarded",
		 read_discarded,
		 {"ZX_ERR_NOT_FOUND", "was discarded while it was not locked", "mapping"}},
		{"hole",
		 write_just_past_a_mapping,
		 {"ZX_ERR_NOT_FOUND", "hole of root/useralloc@0x", "ends 0x10 bytes below"}},
		{"execution",
		 jump_into_data,
		 {"execution of", "this needs r-x", "ZX_ERR_ACCESS_DENIED"}},
	};

	T_EACH (rows, r) {
		const struct child c = run_child(r->crash);

		DIED(c, SIGSEGV);
		for (size_t i = 0; i < 3; i++)
			cr_assert_not_null(strstr(c.text, r->words[i]), "%s: no \"%s\" in:\n%s",
					   r->name, r->words[i], c.text);
	}
}

/* ---- faults that are not ours */

static void null_pointer_with_library(void)
{
	(void)new_vmo(T_PAGE, 0);
	bare_store(16);
}

static void null_pointer_without_library(void)
{
	bare_store(16);
}

static void raised(void)
{
	(void)new_vmo(T_PAGE, 0);
	raise(SIGSEGV);
}

static void file_cut_short(void)
{
	FILE *file = tmpfile();
	void *p;

	(void)new_vmo(T_PAGE, 0);
	MUST(file != NULL);
	p = mmap(NULL, T_PAGE, PROT_READ, MAP_SHARED, fileno(file), 0);
	MUST(p != MAP_FAILED);
	bare_load((zx_vaddr_t)p);
}

Test(fault_report, fault_of_the_program__default_action_and_no_report)
{
	static const struct {
		void (*crash)(void);
		int sig;
	} rows[] = {
		{null_pointer_with_library, SIGSEGV},
		{null_pointer_without_library, SIGSEGV},
		{raised, SIGSEGV},
		{file_cut_short, SIGBUS},
	};

	T_EACH (rows, r) {
		const struct child c = run_child(r->crash);

		DIED(c, r->sig);
		HAS_NOT(c, "zirconia:");
	}
}

/* ---- handlers of the program */

static volatile zx_vaddr_t handler_addr;
static volatile int handler_calls;

static void exit_3(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)uc;
	_exit((zx_vaddr_t)info->si_addr == handler_addr ? 3 : 4);
}

static void install(int sig, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction sa = {.sa_sigaction = fn, .sa_flags = SA_SIGINFO};

	MUST(sigaction(sig, &sa, NULL) == 0);
}

static void handler_before(void)
{
	install(SIGSEGV, exit_3);
	handler_addr = map(ZX_VM_PERM_READ, new_vmo(T_PAGE, 0), 0, T_PAGE) + 77;
	bare_store(handler_addr);
}

static void handler_after(void)
{
	handler_addr = map(ZX_VM_PERM_READ, new_vmo(T_PAGE, 0), 0, T_PAGE) + 77;
	install(SIGSEGV, exit_3);
	bare_store(handler_addr);
}

static void handler_old_style(int sig)
{
	_exit(sig == SIGSEGV ? 3 : 4);
}

static void handler_by_signal(void)
{
	const zx_vaddr_t addr = map(ZX_VM_PERM_READ, new_vmo(T_PAGE, 0), 0, T_PAGE);

	signal(SIGSEGV, handler_old_style);
	bare_store(addr);
}

static void handler_not_ours(void)
{
	(void)new_vmo(T_PAGE, 0);
	install(SIGSEGV, exit_3);
	handler_addr = 16;
	bare_store(16);
}

Test(fault_report, handler_of_the_program__called_after_the_report)
{
	static const struct {
		const char *name;
		void (*crash)(void);
		bool report;
		bool wrapped; /* sanitizers have signal functions of their own */
	} rows[] = {
		{"installed before the library", handler_before, true, false},
		{"installed after", handler_after, true, true},
		{"by signal()", handler_by_signal, true, true},
		{"fault not ours", handler_not_ours, false, false},
	};

	T_EACH (rows, r) {
		if (r->wrapped && !t_has("native"))
			continue;

		const struct child c = run_child(r->crash);

		cr_assert(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 3,
			  "%s: wait status 0x%x:\n%s", r->name, (unsigned)c.status, c.text);
		cr_assert_eq(strstr(c.text, "zirconia:") != NULL, r->report, "%s:\n%s", r->name,
			     c.text);
	}
}

static void count_call(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	handler_calls++;
	_exit(9);
}

/* Commits, forks and catches: no business of the program's handler, wherever it was installed. */
static void resolved_faults(bool install_first)
{
	zx_handle_t parent;
	zx_handle_t child;
	zx_vaddr_t addr;
	uint8_t value;

	if (install_first) {
		install(SIGSEGV, count_call);
		install(SIGBUS, count_call);
	}
	parent = new_vmo(8 * T_PAGE, 0);
	if (!install_first) {
		install(SIGSEGV, count_call);
		install(SIGBUS, count_call);
	}
	MUST_OK(zx_vmo_write(parent, "x", 0, 1));
	addr = map(RW, parent, 0, 8 * T_PAGE);
	MUST_OK(zx_vmo_create_child(parent, ZX_VMO_CHILD_SNAPSHOT, 0, 8 * T_PAGE, &child));
	for (size_t i = 0; i < 8; i++)
		bare_store(addr + i * T_PAGE);
	addr = map(RW, child, 0, 8 * T_PAGE);
	for (size_t i = 0; i < 8; i++)
		bare_store(addr + i * T_PAGE);
	MUST(zirconia_probe_read8((void *)16, &value) == ZX_ERR_NOT_FOUND);
	MUST(zx_vmo_read(parent, (void *)16, 0, 1) == ZX_ERR_NOT_FOUND);
	_exit(handler_calls == 0 ? 5 : 6);
}

static void resolved_faults_handler_before(void)
{
	resolved_faults(true);
}

static void resolved_faults_handler_after(void)
{
	resolved_faults(false);
}

Test(fault_report, handler_installed_before__resolved_faults__not_called)
{
	const struct child c = run_child(resolved_faults_handler_before);

	EXITED(c, 5);
	HAS_NOT(c, "zirconia:");
}

Test(fault_report, handler_installed_after__resolved_faults__not_called)
{
	t_require("native");

	const struct child c = run_child(resolved_faults_handler_after);

	EXITED(c, 5);
	HAS_NOT(c, "zirconia:");
}

static void map_there(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	handler_calls++;
	MUST_OK(zx_vmar_protect(zx_vmar_root_self(), RW, handler_addr, T_PAGE));
}

/* As an exception handler on Zircon that removes the cause and says "handled". */
static void handler_repairs(void)
{
	handler_addr = map(ZX_VM_PERM_READ, new_vmo(T_PAGE, 0), 0, T_PAGE);
	install(SIGSEGV, map_there);
	bare_store(handler_addr);
	_exit(handler_calls == 1 && *(volatile uint8_t *)handler_addr == 0x42 ? 5 : 6);
}

/* spec: vmar 8.4 "handled" */
Test(fault_report, handler_of_the_program__removes_the_cause__access_is_made)
{
	const struct child c = run_child(handler_repairs);

	EXITED(c, 5);
}

static sigjmp_buf escape;

static void jump_out(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	handler_calls++;
	siglongjmp(escape, 1);
}

/* How programs that know nothing of zirconia/fault.h catch faults. */
static void handler_jumps(void)
{
	const zx_vaddr_t addr = map(ZX_VM_PERM_READ, new_vmo(T_PAGE, 0), 0, T_PAGE);

	install(SIGSEGV, jump_out);
	for (volatile int i = 0; i < 3; i++) {
		if (sigsetjmp(escape, 1) == 0)
			bare_store(addr);
	}
	_exit(handler_calls == 3 ? 5 : 6);
}

Test(fault_report, handler_of_the_program__jumps_out__works_again_and_again)
{
	const struct child c = run_child(handler_jumps);

	EXITED(c, 5);
}

static void fault_in_thread_body(zx_vaddr_t addr)
{
	bare_store(addr);
}

static void *thread_main(void *arg)
{
	fault_in_thread_body((zx_vaddr_t)arg);
	return NULL;
}

static void crash_in_thread(void)
{
	const zx_vaddr_t addr =
		map(ZX_VM_PERM_READ, named_vmo("of a thread", T_PAGE, 0), 0, T_PAGE);
	pthread_t thread;

	MUST(pthread_create(&thread, NULL, thread_main, (void *)addr) == 0);
	pthread_join(thread, NULL);
	_exit(6);
}

Test(fault_report, fault_in_a_thread__told_and_killed)
{
	const struct child c = run_child(crash_in_thread);

	DIED(c, SIGSEGV);
	HAS(c, "\"of a thread\"");
}

/* ---- after fork */

/* spec: clients F.3 */
Test(fault_report, mapping_of_the_parent__after_fork__keeps_its_protection)
{
	const zx_vaddr_t addr = map(RW, new_vmo(2 * T_PAGE, 0), 0, 2 * T_PAGE);
	int status;
	pid_t pid;

	bare_store(addr);
	MUST_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, addr, T_PAGE));
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		alarm(20);
		close(STDERR_FILENO);
		if (*(volatile uint8_t *)addr != 0x42)
			_exit(1);
		bare_store(addr + T_PAGE);
		bare_store(addr);
		_exit(2);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "wait status 0x%x",
		  (unsigned)status);
}
