#!/usr/bin/env bash
# The installed library as a user finds it: by CMake package, by pkg-config, by -lzircon, shared and static.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() { echo "FAILED: $*"; exit 1; }
runs() { [ "$("$@")" = fine ] || fail "$*"; }

"$ZI_CMAKE" --install "$ZI_BUILD" --prefix "$work/first" >"$work/log"
# The installed tree must not know where it was installed.
mv "$work/first" "$work/moved"
prefix=$work/moved
lib=$(dirname "$(find "$prefix" -name 'libzirconia.so')")
[ -n "$lib" ] || fail "no libzirconia.so"

for file in libzirconia.so libzirconia.so.0 libzirconia.a libzircon.so libzircon.a pkgconfig/zirconia.pc; do
	[ -e "$lib/$file" ] || fail "$file is missing or a dangling link"
done
[[ $("$prefix/bin/zxfs" --version) == zxfs\ * ]] || fail "zxfs does not find the library"
[ -e "$prefix/share/man/man1/zxfs.1" ] || fail "zxfs.1 is missing"
for header in zircon/syscalls.h zircon/types.h zircon/errors.h; do
	[ -e "$prefix/include/$header" ] || fail "$header is missing"
done

"$ZI_CMAKE" -S "$here/project" -B "$work/build" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 ||
	{ cat "$work/log"; fail "find_package"; }
"$ZI_CMAKE" --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; fail "the build with find_package"; }
runs "$work/build/with_zirconia"
runs "$work/build/with_zirconia_static"
[[ $(ldd "$work/build/with_zirconia") == *libzirconia.so.0* ]] || fail "linked without the soname"
[[ $(ldd "$work/build/with_zirconia_static") != *zirc* ]] || fail "the static program needs the shared library"

if command -v pkg-config >/dev/null; then
	export PKG_CONFIG_PATH=$lib/pkgconfig
	[ "$(pkg-config --modversion zirconia)" = "$(sed -n 's/^project(zirconia VERSION \([0-9.]*\).*/\1/p' "$ZI_SOURCE/CMakeLists.txt")" ] ||
		fail "the version in zirconia.pc"
	# shellcheck disable=SC2046
	"$CC" "$here/project/main.c" -o "$work/by_pc" $(pkg-config --cflags --libs zirconia) || fail "pkg-config"
	LD_LIBRARY_PATH=$lib runs "$work/by_pc"
	# shellcheck disable=SC2046
	"$CC" "$here/project/main.c" -o "$work/by_pc_static" $(pkg-config --cflags zirconia) "$lib/libzirconia.a" -pthread || fail "the archive"
	runs "$work/by_pc_static"
fi

"$CC" -I"$prefix/include" "$here/project/main.c" -o "$work/by_name" -L"$lib" -lzircon || fail "-lzircon"
LD_LIBRARY_PATH=$lib runs "$work/by_name"
echo "installed files work from $(find "$prefix" -type f | wc -l) files"
