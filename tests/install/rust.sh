#!/usr/bin/env bash
# zi-test: timeout=300
# A Rust program with declarations as the public crates of Fuchsia have them, by plain rustc on the installed libzircon.so.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

rustc=$(command -v rustc || true)
[ -n "$rustc" ] || { [ -x "${HOME:-}/.cargo/bin/rustc" ] && rustc=$HOME/.cargo/bin/rustc; } || { echo "there is no rustc"; exit 77; }
# A launcher without a toolchain behind it is no compiler; offset_of!() came with 1.77.
version=$("$rustc" --version 2>/dev/null | sed -n 's/^rustc 1[.]\([0-9]*\)[.].*/\1/p')
[ "${version:-0}" -ge 77 ] || { echo "rustc is older than 1.77, or none is behind $rustc"; exit 77; }

work=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-rust.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$ZI_CMAKE" --install "$ZI_BUILD" --prefix "$work/prefix" >"$work/log"
lib=$(dirname "$(find "$work/prefix" -name libzircon.so)")
"$rustc" --edition 2021 -D warnings -A dead_code -L "native=$lib" -C "link-arg=-Wl,-rpath,$lib" -o "$work/program" "$here/rust/main.rs"
[ "$("$work/program")" = fine ] || { echo "FAILED: the program"; exit 1; }
# Not through a pipe into grep -q: it would leave early, and ldd would die of that.
libs=$(ldd "$work/program")
[[ $libs == *libzirconia.so* ]] || { echo "FAILED: not linked with the library"; exit 1; }
echo "the declarations of Rust programs fit"
