#!/usr/bin/env bash
# zi-test: serial
# zxfs and ZIRCONIA_FS: exit statuses, words about what goes wrong, the shared library and the archive, no descriptor for the program.
set -euo pipefail
# shellcheck source=tests/support/zxfs.bash
. "$ZI_SOURCE/tests/support/zxfs.bash"
zxfs=$ZI_BUILD/bin/zxfs
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-zxfs.XXXXXX")
trap 'rmdir "$work"/dir* 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/dir" "$work/dir2"

# expect <status> <pattern of stderr, or "": nothing there> <command>...
expect() {
	local want=$1 pattern=$2 status=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" || status=$?
	if [ "$status" -ne "$want" ] || { [ -z "$pattern" ] && [ -s "$work/err" ]; } ||
		{ [ -n "$pattern" ] && ! grep -qE -- "$pattern" "$work/err"; }; then
		echo "FAILED: $*: status $status, not $want, or stderr is not like \"$pattern\":"
		cat "$work/err"
		exit 1
	fi
}

unmounted() {
	if is_mounted "$1"; then
		echo "FAILED: $1 is still mounted"
		exit 1
	fi
}

# ---- without FUSE
expect 2 "^usage: zxfs DIR" "$zxfs"
expect 2 "^usage:" "$zxfs" -x "$work/dir" true
expect 2 "^usage:" "$zxfs" "$work/dir"
"$zxfs" --help | grep -q '^usage: zxfs DIR PROGRAM'
"$zxfs" --version | grep -qE '^zxfs [0-9]+\.[0-9]+\.[0-9]+$'
man -l --warnings "$ZI_SOURCE/tools/man/zxfs.1" 2>"$work/err" >"$work/page" || true
if command -v man >/dev/null && [ -s "$work/err" ]; then
	echo "FAILED: zxfs.1:"
	cat "$work/err"
	exit 1
fi

require_fuse

cat >"$work/main.c" <<'C'
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zircon/syscalls.h>
static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}
int main(int argc, char **argv)
{
	zx_handle_t event, vmo;
	const char *dir = getenv("ZIRCONIA_FS");
	char path[4096], line[64] = "";
	FILE *f;
	int before, i;

	zx_event_create(0, &event);
	before = descriptors();
	snprintf(path, sizeof(path), "%s/handles", dir);
	for (i = 0; i < 400 && (f = fopen(path, "r")) == NULL; i++)
		usleep(10000);
	if (f == NULL)
		return 30;
	if (fgets(line, sizeof(line), f) == NULL || strncmp(line, "handle ", 7) != 0)
		return 31;
	fclose(f);
	if (descriptors() != before)
		return 32;
	/* What a daemon does at its start takes nothing away. */
	closefrom(dup(0));
	if (access(path, R_OK) != 0)
		return 33;
	zx_vmo_create(4096, 0, &vmo);
	puts("ready");
	fflush(stdout);
	/* The tree's thread must not keep this open. */
	close(1);
	sleep(argc > 1 ? (unsigned)atoi(argv[1]) : 0);
	return 7;
}
C
"$CC" -I"$ZI_SOURCE/include" -D_GNU_SOURCE -o "$work/shared" "$work/main.c" -L"$ZI_BUILD/lib" -lzirconia -Wl,-rpath,"$ZI_BUILD/lib"
"$CC" -I"$ZI_SOURCE/include" -D_GNU_SOURCE -o "$work/static" "$work/main.c" "$ZI_BUILD/lib/libzirconia.a" -pthread -ldl

expect 7 "" env ZIRCONIA_FS="$work/dir" "$work/shared"
unmounted "$work/dir"
expect 7 "" "$zxfs" "$work/dir" "$work/shared"
unmounted "$work/dir"
# The archive finds the other library next to the program, or where the system looks.
expect 7 "" env LD_LIBRARY_PATH="$ZI_BUILD/lib" "$zxfs" "$work/dir" "$work/static"
cp "$ZI_BUILD/lib/libzirconia-fs.so" "$work/"
expect 7 "" env ZIRCONIA_FS="$work/dir" "$work/static"
rm "$work/libzirconia-fs.so"
expect 30 "libzirconia-fs.so cannot be used" env ZIRCONIA_FS="$work/dir" "$work/static"
# A path that is relative is meant from where the program starts.
(cd "$work" && expect 7 "" env ZIRCONIA_FS=dir "$work/shared")

# ---- what goes wrong is said, and the program runs on; zxfs does not start it
expect 30 "^zirconia: ZIRCONIA_FS=$work/none: there is no such directory$" env ZIRCONIA_FS="$work/none" timeout 20 "$work/shared"
expect 125 "^zxfs: $work/none: there is no such directory$" "$zxfs" "$work/none" "$work/shared"
expect 125 "^zxfs: $work/main.c: it is no directory$" "$zxfs" "$work/main.c" "$work/shared"
expect 125 "^zxfs: /proc: something is mounted there already \(proc\)$" "$zxfs" /proc "$work/shared"
expect 127 "no-such-program" "$zxfs" "$work/dir" no-such-program
expect 126 "Permission denied" "$zxfs" "$work/dir" "$work/main.c"
unmounted "$work/dir"

# ---- one that runs: another is refused there and let in elsewhere; its output ends when it closes it
coproc program { ZIRCONIA_FS=$work/dir exec "$work/shared" 60; }
# shellcheck disable=SC2154 # coproc sets it
pid=$program_PID
out=${program[0]}
read -r -t 10 line <&"$out"
[ "$line" = ready ]
status=0
read -r -t 10 line <&"$out" || status=$?
[ "$status" -eq 1 ] || { echo "FAILED: the end of its output did not come ($status)"; exit 1; }
expect 125 "process $pid is shown there already" "$zxfs" "$work/dir" "$work/shared"
expect 125 "process $pid is shown there already" "$zxfs" -u "$work/dir"
expect 7 "" "$zxfs" "$work/dir2" "$work/shared"
grep -q " handles$" "$work/dir/handles"
kill -9 "$pid"
wait_mounted "$work/dir" no
echo "all as it should be"
