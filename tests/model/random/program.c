/* Whole programs: made from a seed, run in a child process, shown as C. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

void program_of_seed(struct program *p, uint64_t seed, size_t n)
{
	struct rng r = {seed};
	struct world w;

	p->ops = malloc((n + 1) * sizeof(*p->ops));
	if (p->ops == NULL)
		abort();
	p->n = n;
	w_init(&w, false, NULL);
	for (size_t i = 0; i < n; i++) {
		g_next(&w, &r, &p->ops[i]);
		w_step(&w, &p->ops[i]);
	}
	w_done(&w);
}

void program_wait(int pid, struct failure *failure)
{
	int status = 0;

	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		failure->failed = true;
		failure->hung = WTERMSIG(status) == SIGALRM;
		failure->check[0] = '\0';
		snprintf(failure->text, sizeof(failure->text), "%s",
			 failure->hung ? "does not come to an end" : strsignal(WTERMSIG(status)));
		failure->done++;
	} else if (WEXITSTATUS(status) != 0) {
		failure->failed = true;
		failure->check[0] = '\0';
		snprintf(failure->text, sizeof(failure->text), "process ends with exit status %d",
			 WEXITSTATUS(status));
		failure->done++;
	}
}

size_t program_fails(const struct program *p, struct failure *failure)
{
	pid_t pid;

	memset(failure, 0, sizeof(*failure));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		const int nowhere = open("/dev/null", O_WRONLY);
		struct world w;

		dup2(nowhere, STDERR_FILENO);
		alarm(HANG_SECONDS / 4 + (unsigned)(p->n / 500));
		w_init(&w, true, failure);
		for (size_t i = 0; i < p->n; i++) {
			if (!w_step(&w, &p->ops[i]))
				_exit(0);
		}
		w_done(&w);
		_exit(0);
	}
	program_wait(pid, failure);
	if (!failure->failed)
		return 0;
	return failure->done < p->n ? failure->done : p->n;
}

/* ---- as C */

static const char prelude[] =
	"#include <stdint.h>\n"
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"#include <string.h>\n"
	"\n"
	"#include <zircon/process.h>\n"
	"#include <zircon/syscalls.h>\n"
	"#include <zirconia/debug.h>\n"
	"#include <zirconia/fault.h>\n"
	"\n"
	"#define CHECK(x) do { if (!(x)) { printf(\"line %d: %s\\n\", __LINE__, #x); exit(1); } } "
	"while (0)\n"
	"#define UNUSED __attribute__((unused))\n"
	"#define VMAR_SIZE 0x400000\n"
	"\n"
	"UNUSED static zx_handle_t v[24], full[24], vmar[2];\n"
	"UNUSED static zx_vaddr_t base[2], addr;\n"
	"UNUSED static uint8_t buffer[0x200000], *at;\n"
	"UNUSED static uint64_t value;\n"
	"UNUSED static zx_vmo_lock_state_t state;\n"
	"\n"
	"UNUSED static void fill(uint64_t len, uint32_t serial)\n"
	"{\n"
	"\tuint64_t x = (serial + 1ull) * 0x9E3779B97F4A7C15ull;\n"
	"\n"
	"\tfor (uint64_t i = 0; i < len; i += 8) {\n"
	"\t\tx ^= x << 13;\n"
	"\t\tx ^= x >> 7;\n"
	"\t\tx ^= x << 17;\n"
	"\t\tmemcpy(buffer + i, &x, len - i < 8 ? len - i : 8);\n"
	"\t}\n"
	"}\n"
	"\n"
	"UNUSED static uint64_t load(uint64_t off)\n"
	"{\n"
	"\tmemcpy(&value, at + off, 8);\n"
	"\treturn value;\n"
	"}\n"
	"\n"
	"UNUSED static void store(uint64_t off, uint64_t x)\n"
	"{\n"
	"\tmemcpy(at + off, &x, 8);\n"
	"}\n"
	"\n"
	"UNUSED static void touch(unsigned page, unsigned pages)\n"
	"{\n"
	"\tfor (unsigned p = page; p < page + pages; p++)\n"
	"\t\t*(volatile uint8_t *)(at + p * 4096ul);\n"
	"}\n"
	"\n"
	"UNUSED static zx_info_vmo_t info(zx_handle_t h)\n"
	"{\n"
	"\tzx_info_vmo_t i;\n"
	"\n"
	"\tCHECK(zx_object_get_info(h, ZX_INFO_VMO, &i, sizeof(i), NULL, NULL) == ZX_OK);\n"
	"\treturn i;\n"
	"}\n"
	"\n"
	"UNUSED static uint64_t size_of(zx_handle_t h)\n"
	"{\n"
	"\tCHECK(zx_vmo_get_size(h, &value) == ZX_OK);\n"
	"\treturn value;\n"
	"}\n"
	"\n"
	"UNUSED static uint64_t stream_size_of(zx_handle_t h)\n"
	"{\n"
	"\tCHECK(zx_vmo_get_stream_size(h, &value) == ZX_OK);\n"
	"\treturn value;\n"
	"}\n"
	"\n"
	"UNUSED static int zero_children(zx_handle_t h)\n"
	"{\n"
	"\treturn zx_object_wait_one(h, ZX_VMO_ZERO_CHILDREN, 0, NULL) == ZX_OK;\n"
	"}\n"
	"\n"
	"UNUSED static int byte_at(zx_handle_t h, uint64_t off)\n"
	"{\n"
	"\tuint8_t b;\n"
	"\n"
	"\treturn zx_vmo_read(h, &b, off, 1) == ZX_OK ? b : -1;\n"
	"}\n"
	"\n"
	"UNUSED static void read_all(zx_handle_t h)\n"
	"{\n"
	"\tzx_vmo_read(h, buffer, 0, size_of(h));\n"
	"}\n"
	"\n"
	"UNUSED static void set_rights(unsigned i, zx_rights_t rights)\n"
	"{\n"
	"\tif (full[i] == ZX_HANDLE_INVALID)\n"
	"\t\tfull[i] = v[i];\n"
	"\telse\n"
	"\t\tzx_handle_close(v[i]);\n"
	"\tCHECK(zx_handle_duplicate(full[i], rights, &v[i]) == ZX_OK);\n"
	"}\n"
	"\n"
	"UNUSED static void close_full(unsigned i)\n"
	"{\n"
	"\tzx_handle_close(full[i]);\n"
	"\tfull[i] = ZX_HANDLE_INVALID;\n"
	"}\n"
	"\n"
	"UNUSED static void start(void)\n"
	"{\n"
	"\tconst uint32_t can = ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_CAN_MAP_READ | "
	"ZX_VM_CAN_MAP_WRITE;\n"
	"\tzx_handle_t process, root;\n"
	"\n"
	"\tCHECK(zx_vmar_allocate(zx_vmar_root_self(), can, 0, VMAR_SIZE, &vmar[0], &base[0]) == "
	"ZX_OK);\n"
	"\tCHECK(zx_process_create(zx_job_default(), \"other\", 5, 0, &process, &root) == ZX_OK);\n"
	"\tCHECK(zx_vmar_allocate(root, can, 0, VMAR_SIZE, &vmar[1], &base[1]) == ZX_OK);\n"
	"\tat = (uint8_t *)base[0];\n"
	"}\n"
	"\n"
	"int main(void)\n"
	"{\n"
	"\tstart();\n";

void program_print(const struct program *p, const struct failure *failure, FILE *out)
{
	struct world w;

	fprintf(out, "/*\n * Seed %llu, %zu operations: %s\n */\n",
		(unsigned long long)failure->seed, p->n, failure->text);
	fputs(prelude, out);
	w_init(&w, false, NULL);
	w.print = out;
	for (size_t i = 0; i < p->n; i++)
		w_step(&w, &p->ops[i]);
	w.print = NULL;
	w_done(&w);
	if (failure->check[0] != '\0')
		fprintf(out, "\tCHECK(%s);\n", failure->check);
	fputs("\treturn 0;\n}\n", out);
}
