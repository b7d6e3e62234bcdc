# shellcheck shell=bash disable=SC2154 # root, jobs and build_root are set by tools/dev and common.sh
# Output, build directories, configuring and building: shared by the subcommands of tools/dev.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' red='' plain=''
fi

say() { printf '%s== %s%s\n' "$bold" "$*" "$plain"; }
complain() { printf '%stools/dev: %s%s\n' "$red" "$*" "$plain" >&2; }
die() { complain "$*"; exit 1; }
bad_usage() { complain "$*"; echo "tools/dev help ${command:-} tells more" >&2; exit 2; }

jobs=${ZIRCONIA_JOBS:-$(nproc 2>/dev/null || echo 2)}

# One line about this machine, for tables of what was measured on it.
machine_line() {
	local model virtual=''
	model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
	! grep -qw hypervisor /proc/cpuinfo || virtual=', a virtual machine'
	echo "${model:-$(uname -m)}, $(nproc) cores$virtual, Linux $(uname -r), $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
}

# write_between <file> <name>: standard input goes between the lines <!-- name:begin --> and <!-- name:end --> of the file.
write_between() {
	local file=$1 name=$2 text new
	text=$(cat)
	[ -f "$file" ] || { complain "no such file: $file"; return 1; }
	if [ "$(grep -cxF "<!-- $name:begin -->" "$file")" -ne 1 ] || [ "$(grep -cxF "<!-- $name:end -->" "$file")" -ne 1 ]; then
		complain "$file does not hold the markers <!-- $name:begin --> and <!-- $name:end -->, once each"
		return 1
	fi
	new=$(mktemp "$file.XXXXXX") || return 1
	chmod --reference="$file" "$new"
	if ZI_TEXT=$text awk -v begin="<!-- $name:begin -->" -v end="<!-- $name:end -->" '
		$0 == end { inside = 0 }
		!inside { print }
		$0 == begin { print ENVIRON["ZI_TEXT"]; inside = 1 }' "$file" >"$new"; then
		mv "$new" "$file"
	else
		rm -f "$new"
		return 1
	fi
}

# Where builds go: $ZIRCONIA_BUILD; else build/ in the tree; else, when that cannot be written, the user's cache.
find_build_root() {
	local cache
	if [ -n "${ZIRCONIA_BUILD:-}" ]; then
		build_root=$ZIRCONIA_BUILD
	elif tree_is_ours; then
		build_root=$root/build
	else
		cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}
		if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then
			cache=${TMPDIR:-/tmp}/zirconia-$(id -u)
		fi
		build_root=$cache/zirconia/$(cksum <<<"$root" | cut -d' ' -f1)
	fi
	mkdir -p "$build_root" || die "cannot make the build directory $build_root; ZIRCONIA_BUILD names another"
	build_root=$(cd "$build_root" && pwd)
}

tree_is_ours() {
	local dir
	[ -w "$root" ] || return 1
	for dir in "$root/build" "$root"/build/{release,asan,valgrind,stage}; do
		[ ! -e "$dir" ] || [ -w "$dir" ] || return 1
	done
}

# run_logged <log> <command>...: keeps the output in the log; shows its end when the command fails.
run_logged() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if "$@" >"$log" 2>&1; then
		return 0
	fi
	complain "failed: $*"
	tail -n "${ZIRCONIA_LOG_LINES:-60}" "$log" >&2
	echo "(all of it: $log)" >&2
	return 1
}

# configure <preset> <directory> [cmake arguments]: a build directory that belongs to another tree is started afresh.
configure() {
	local preset=$1 dir=$2 fresh=()
	shift 2
	if [ -f "$dir/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt"; then
		fresh=(--fresh)
	fi
	run_logged "$dir/log/configure.txt" cmake -S "$root" --preset "$preset" -B "$dir" "${fresh[@]}" "$@"
}

# build <preset> <directory> [cmake arguments] [-- targets]
build() {
	local preset=$1 dir=$2 arguments=() targets=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	[ $# -eq 0 ] || { shift; targets=(--target "$@"); }
	configure "$preset" "$dir" "${arguments[@]}" &&
		run_logged "$dir/log/build.txt" cmake --build "$dir" --parallel "$jobs" "${targets[@]}"
}

# build_library [target]: the optimised build, without the tests unless they are configured there already (Criterion is not
# needed to run a program).
build_library() {
	local dir=$build_root/release arguments=()
	[ -f "$dir/CMakeCache.txt" ] || arguments=(-DZI_TESTS=OFF)
	[ $# -eq 0 ] || arguments+=(-- "$@")
	build release "$dir" "${arguments[@]}"
}
