#!/usr/bin/env bash
# A C project is generated, built by two jobs and run inside a mounted vmofs, with little memory for pages; afterwards the
# folder below holds the same objects as a build elsewhere.
# zi-test: serial timeout=240
set -euo pipefail
# shellcheck source=tests/support/fuse.bash
. "$ZI_SOURCE/tests/support/fuse.bash"
require_fuse
files=30

generate() {
	local i j
	mkdir -p "$1/src" "$1/include"
	for ((i = 0; i < files; i++)); do
		printf '#ifndef M%d_H\n#define M%d_H\nlong m%d(long n);\n#endif\n' $i $i $i >"$1/include/m$i.h"
		{
			echo "#include <stdio.h>"
			echo "#include <string.h>"
			for ((j = 0; j < i; j += 3)); do
				echo "#include \"m$j.h\""
			done
			echo "#include \"m$i.h\""
			echo "static const char text[] = \"$(head -c 300 /dev/zero | tr '\0' x)$i\";"
			echo "long m$i(long n) { long sum = (long)strlen(text) + n;"
			for ((j = 0; j < i; j += 3)); do
				echo "sum += m$j(n + $j) % 1000;"
			done
			echo "return sum; }"
		} >"$1/src/m$i.c"
	done
	{
		echo "#include <stdio.h>"
		for ((i = 0; i < files; i++)); do echo "#include \"m$i.h\""; done
		echo "int main(void) { long sum = 0;"
		for ((i = 0; i < files; i++)); do echo "sum = sum * 7 % 1000003 + m$i($i);"; done
		printf '%s\n' 'printf("%ld\n", sum); return 0; }'
	} >"$1/src/main.c"
	cat >"$1/Makefile" <<'M'
CFLAGS = -O1 -g -Iinclude -frandom-seed=1 -fdebug-prefix-map=$(CURDIR)=.
objects = $(patsubst src/%.c,build/%.o,$(wildcard src/*.c))
build/program: build/libm.a build/main.o
	$(CC) -o $@ build/main.o build/libm.a
build/libm.a: $(filter-out build/main.o,$(objects))
	rm -f $@ && ar rcD $@ $^
build/%.o: src/%.c | build
	$(CC) $(CFLAGS) -MMD -c -o $@ $<
build:
	mkdir -p build
-include build/*.d
M
}

start -o pages=1024,writeback=1
for place in "$mnt" "$plain"; do
	generate "$place"
	make -C "$place" -j2 CC="${CC:-cc}" >"$work/make" 2>&1 || fail "make in $place: $(tail -n 20 "$work/make")"
done
[ "$("$mnt/build/program")" = "$("$plain/build/program")" ] || fail "the programs answer differently"
make -C "$mnt" -q CC="${CC:-cc}" || fail "nothing was changed, and make would build"
sleep 1.1
touch "$mnt/include/m9.h"
! make -C "$mnt" -q CC="${CC:-cc}" || fail "a header was touched, and make would not build"
make -C "$mnt" CC="${CC:-cc}" >"$work/make" 2>&1 || fail "make again: $(tail -n 20 "$work/make")"
cp -a "$mnt/src" "$mnt/copy"
tar -C "$mnt" -cf "$mnt/copy.tar" copy && tar -C "$plain" -xf "$mnt/copy.tar"
cp -a "$plain/src/." "$plain/copy.expected"
diff -r "$plain/copy" "$plain/copy.expected" || fail "copied and packed"
rm -rf "$mnt/copy" "$mnt/copy.tar" "$plain/copy" "$plain/copy.expected"
stop
same_trees "$lower" "$plain"
[ "$("$lower/build/program")" = "$("$plain/build/program")" ] || fail "the program below"
