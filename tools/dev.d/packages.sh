# shellcheck shell=bash
# What the project needs from the distribution, each with its reason: the one list, for Debian 12 and Ubuntu 24.04.
# Columns: group, package, probe (a command, or pc:<pkg-config module>, or file:<pattern>), reason.
packages() {
	cat <<'TXT'
build	build-essential	g++	C and C++ compiler, linker, make
build	cmake	cmake	build system, 3.25 or newer
build	ninja-build	ninja	runs the build; the presets name it
build	libzydis-dev	file:/usr/include/Zydis/Zydis.h	decodes the instructions that access modelled registers
build	pkg-config	pkg-config	finds libfuse3
build	libfuse3-dev	file:/usr/include/fuse3/fuse.h	zxfs and vmofs are mounted with FUSE; without it the rest is built
test	fuse3	fusermount3	mounts and unmounts, also for ordinary users
test	fio	fio	writes and verifies files in a mounted vmofs
test	pkg-config	pkg-config	finds Criterion; the installed .pc file is tested with it
test	libcriterion-dev	pc:criterion	test framework
test	libgtest-dev	file:/usr/include/gtest/gtest.h	zxtest stands on it; the tests in C++
test	valgrind	valgrind	part of the suite runs under it
gtest	libgtest-dev	file:/usr/include/gtest/gtest.h	tools/dev run of a test with <zxtest/zxtest.h>
clang	clang	clang	second compiler, for the matrix and the fuzzers
bench	gnuplot-nox	gnuplot	draws the plots of tools/dev bench
check	clang-format	clang-format	checks the form of the sources
check	clang-tidy	clang-tidy	lint
fuzz	libclang-rt-dev	file:/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a	run-time part of libFuzzer and of clang's sanitizers
TXT
}

probe_ok() {
	case "$1" in
	pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
	file:*) compgen -G "${1#file:}" >/dev/null ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# Names of missing packages of the groups given, one per line.
missing_packages() {
	local group package probe reason
	while IFS=$'\t' read -r group package probe reason; do
		[[ " $* " == *" $group "* ]] || continue
		probe_ok "$probe" || printf '%s\t%s\n' "$package" "$reason"
	done < <(packages)
}

# need <group>...: installs what is missing; where that is impossible, names it and stops.
need() {
	local missing names as_root=()
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	mapfile -t names < <(cut -f1 <<<"$missing")
	if ! command -v apt-get >/dev/null 2>&1; then
		name_packages "$missing" "this system has no apt-get"
	fi
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null 2>&1; then
			name_packages "$missing" "installing needs root, and there is no sudo"
		elif ! sudo -n true 2>/dev/null && [ ! -t 0 ]; then
			name_packages "$missing" "sudo asks for a password, and there is nobody to type it"
		fi
		as_root=(sudo)
	fi
	local log
	log=$(mktemp "${TMPDIR:-/tmp}/zirconia-apt.XXXXXX")
	say "installing: ${names[*]}"
	if ! { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${names[@]}"; } >"$log" 2>&1; then
		tail -n 15 "$log" >&2
		rm -f "$log"
		name_packages "$missing" "apt-get failed (its last lines are above)"
	fi
	rm -f "$log"
	missing=$(missing_packages "$@")
	[ -z "$missing" ] || name_packages "$missing" "still missing after the installation"
}

name_packages() {
	{
		echo "$2. Please install these packages and start again:"
		sed 's/\t/  - /; s/^/  /' <<<"$1"
	} >&2
	exit 3
}
