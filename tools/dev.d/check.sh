# shellcheck shell=bash disable=SC2154 # root, jobs and build_root are set by tools/dev and common.sh
# tools/dev check, fuzz, soak, doctor: everything that is not part of a plain test run.

# step <title> <command>...
step() {
	local title=$1
	shift
	say "$title"
	if "$@"; then
		return 0
	fi
	complain "$title: not clean"
	check_status=1
}

sources() {
	find "$root/src" "$root/include" "$root/tools" "$root/tests" "$root/bench" -name '*.[ch]' -o -name '*.cc' 2>/dev/null | LC_ALL=C sort
}

check_form() {
	local found
	found=$(sources | xargs clang-format --dry-run 2>&1 | grep -oE '^[^:]+:[0-9]+:[0-9]+: warning' | cut -d: -f1 | LC_ALL=C sort | uniq -c)
	[ -n "$found" ] || return 0
	echo "$found"
	echo "   places that clang-format -i would change, by file"
	return 1
}

# What is not compiled here, for want of a library, is not looked at. .clang-tidy names the checks.
check_lint() {
	local dir=$build_root/werror-clang
	build debug "$dir" -DCMAKE_C_COMPILER=clang -DZI_WERROR=ON -DZI_TESTS=ON || return 1
	grep -oE '"file": "[^"]+/(src|tools)/[^"]+[.]c"' "$dir/compile_commands.json" | cut -d'"' -f4 | LC_ALL=C sort -u |
		xargs -n 8 -P "$jobs" clang-tidy --quiet -p "$dir" 2>/dev/null
}

check_warnings() {
	local compiler
	for compiler in gcc clang; do
		build debug "$build_root/werror-$compiler" -DCMAKE_C_COMPILER="$compiler" -DZI_WERROR=ON -DZI_TESTS=ON || return 1
	done
}

# Of what the library is and what the texts say of it.
check_tables() {
	local library=$build_root/werror-gcc/lib/libzirconia.a status=0
	"$root/tools/differs" --check "$root/README.md" || status=1
	"$root/tools/support-table" "$library" --check "$root/README.md" || status=1
	"$root/tools/support-table" "$library" --check-headers || status=1
	"$root/tools/spec-rows" --strict | tail -n 1 || status=1
	"$root/tools/cpp-methods" --check || status=1
	return $status
}

check_scripts() {
	command -v shellcheck >/dev/null 2>&1 || { echo "   (shellcheck is not installed: the scripts are not looked at)"; return 0; }
	shellcheck -x "$root/tools/dev" "$root"/tools/dev.d/*.sh "$root/tools/differs" "$root/tools/spec-rows" "$root/tools/cpp-methods" "$root/tools/support-table" "$root/.ci/run" \
		"$root"/tests/*/*.sh
}

cmd_check() {
	[ $# -eq 0 ] || bad_usage "check takes no arguments"
	need build test clang check
	check_status=0
	step "include rules, sizes, unfinished work" cmake -DROOT="$root" -P "$root/cmake/CheckLayers.cmake"
	step "warnings of gcc and clang" check_warnings
	step "tables" check_tables
	step "form" check_form
	step "lint" check_lint
	step "scripts" check_scripts
	return $check_status
}

# The random comparison with the model needs no second compiler; it prints a failing program as C.
fuzz_model() {
	local dir=$build_root/release
	need build test
	build release "$dir" -DZI_TESTS=ON -- t_model_random || return 1
	say "model, $1 s"
	"$dir/tests/model/random" --seconds "$1"
}

cmd_fuzz() {
	local seconds=${1:-60} dir=$build_root/fuzz source status=0
	[[ $# -le 1 && $seconds =~ ^[1-9][0-9]*$ ]] || bad_usage "fuzz takes a number of seconds"
	fuzz_model "$seconds" || status=1
	compgen -G "$root/tests/fuzz/*.c" >/dev/null || return $status
	need build test clang fuzz
	build asan "$dir" -DCMAKE_C_COMPILER=clang -DZI_FUZZ=ON -DZI_TESTS=ON -DZI_BENCH=OFF -- fuzzers || return 1
	for source in "$root"/tests/fuzz/*.c; do
		fuzz_one "$dir" "$(basename "$source" .c)" "$seconds" || status=1
	done
	return $status
}

# fuzz_one <build directory> <name> <seconds>: the corpus stays in the build directory, the inputs of the tree are read besides. An input that
# breaks something stays, too: reduced, it belongs into tests/fuzz/<name>.
fuzz_one() {
	local dir=$1 name=$2 seconds=$3 log status=0
	log=$dir/log/fuzz-$name.txt
	mkdir -p "$dir/corpus/$name" "$dir/found" "$dir/log"
	say "$name, $seconds s"
	ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:allocator_may_return_null=1:detect_stack_use_after_return=0 \
		"$dir/tests/fuzz/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=0 -len_control=0 -max_len=2048 \
		-print_final_stats=1 \
		-artifact_prefix="$dir/found/$name-" "$dir/corpus/$name" "$root/tests/fuzz/$name" >"$log" 2>&1 || status=1
	grep -E '^(stat::(number_of_executed_units|average_exec_per_sec|new_units_added)|Done )' "$log" | sed 's/^/   /'
	if [ $status -ne 0 ]; then
		grep -vE '^#[0-9]+' "$log" | tail -n "${ZIRCONIA_LOG_LINES:-60}" >&2
		complain "$name: found something; its input is in $dir/found (all of it: $log)"
	fi
	return $status
}

cmd_soak() {
	local minutes=${1:-20} dir=$build_root/release
	[[ $# -le 1 && $minutes =~ ^[1-9][0-9]*$ ]] || bad_usage "soak takes a number of minutes"
	need build test
	build release "$dir" -DZI_TESTS=ON -- t_soak_soak || return 1
	say "soaking for $minutes minutes"
	mkdir -p "$dir/log"
	"$dir/tests/soak/soak" --seconds $((minutes * 60)) | tee "$dir/log/soak.txt" | grep --line-buffered -v 'nothing torn or alien$'
	[ "${PIPESTATUS[0]}" -eq 0 ] || die "soak: something was wrong, see above (all of it: $dir/log/soak.txt)"
}

cmd_doctor() {
	local missing
	echo "system       $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null), kernel $(uname -r) $(uname -m)"
	echo "processors   $jobs, memory $(awk '/MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo)"
	echo "user         $(id -un 2>/dev/null || id -u)"
	echo "compilers    $(cc --version 2>/dev/null | head -n 1 || true); $(clang --version 2>/dev/null | head -n 1 || echo "no clang")"
	echo "cmake        $(cmake --version 2>/dev/null | head -n 1 || true)"
	echo "limits       vm.max_map_count $(cat /proc/sys/vm/max_map_count), vm.overcommit_memory $(cat /proc/sys/vm/overcommit_memory), address space $(ulimit -v)"
	echo "userfaultfd  vm.unprivileged_userfaultfd $(cat /proc/sys/vm/unprivileged_userfaultfd 2>/dev/null || echo absent)"
	echo "builds       $build_root"
	missing=$(missing_packages build test clang check fuzz bench)
	if [ -n "$missing" ]; then
		echo "missing      (tools/dev installs them when a command needs them)"
		sed 's/\t/  - /; s/^/             /' <<<"$missing"
	fi
}
