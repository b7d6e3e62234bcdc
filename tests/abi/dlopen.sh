#!/usr/bin/env bash
# The shared library in a program that opens it at run time: it works, stays when it is closed, and is the same when it is opened again.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-dlopen.XXXXXX")
trap 'rm -rf "$work"' EXIT

cat >"$work/main.c" <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define CHECK(cond) do { if (!(cond)) { printf("line %d: %s\n", __LINE__, #cond); exit(1); } } while (0)
#define GET(name) ((__typeof__(&(name)))get(#name))

static void *lib;
static sigjmp_buf out;
static volatile char *child_at;

static void *get(const char *name)
{
	void *p = dlsym(lib, name);

	CHECK(p != NULL);
	return p;
}

static void leave(int sig)
{
	siglongjmp(out, sig);
}

static void *store(void *arg)
{
	child_at[4096] = 'y';
	return arg;
}

/* What nobody of ours mapped goes to the program's handler, which was there before the library. */
static void fault_elsewhere(void)
{
	if (sigsetjmp(out, 1) == 0) {
		*(volatile char *)8 = 1;
		CHECK(0);
	}
}

static char *map_clone(void)
{
	zx_handle_t vmo, child;
	zx_vaddr_t at;

	CHECK(GET(zx_vmo_create)(16384, 0, &vmo) == ZX_OK);
	CHECK(GET(zx_vmo_write)(vmo, "abc", 4096, 3) == ZX_OK);
	CHECK(GET(zx_vmo_create_child)(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 16384, &child) == ZX_OK);
	CHECK(GET(zx_vmar_map)(GET(zx_vmar_root_self)(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, child, 0, 16384, &at) == ZX_OK);
	return (char *)at;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = leave};
	pthread_t thread;
	void *before;
	char *again;

	CHECK(argc == 2);
	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	lib = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL) {
		printf("%s\n", dlerror());
		return 1;
	}
	before = get("zx_vmo_create");
	child_at = map_clone();
	fault_elsewhere();
	CHECK(dlclose(lib) == 0);
	/* A first store to a clone's page is a fault that the library resolves; in a new thread too. */
	child_at[0] = 'x';
	CHECK(pthread_create(&thread, NULL, store, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(child_at[0] == 'x' && memcmp((char *)child_at + 4096, "ybc", 3) == 0);
	fault_elsewhere();
	lib = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	CHECK(lib != NULL && get("zx_vmo_create") == before);
	again = map_clone();
	again[4096] = 'z';
	CHECK(again != child_at && child_at[4096] == 'y');
	CHECK(dlclose(lib) == 0);
	puts("fine");
	return 0;
}
C
"$CC" -std=gnu11 -O1 -Wall -I"$ZI_SOURCE/include" "$work/main.c" -o "$work/main" -pthread -ldl
for engine in mprotect sigbus thread; do
	got=$(ZIRCONIA_TRAP=$engine timeout 60 "$work/main" "$ZI_BUILD/lib/libzirconia.so")
	[ "$got" = fine ] || { echo "FAILED with the engine $engine: $got"; exit 1; }
done
