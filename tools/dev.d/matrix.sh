# shellcheck shell=bash disable=SC2154 # root, jobs, build_root, passed, failed and skipped are set by the other parts
# tools/dev matrix: the suite in every build and under every limit, one cell after the other.

# Columns: cell, preset, trap engine ("-": as found), title. Cells without a compiler in the name use the builds of tools/dev test.
matrix_cells() {
	cat <<'TXT'
plain-sigbus	release	sigbus	optimised
plain-thread	release	thread	optimised
plain-mprotect	release	mprotect	optimised
asan-sigbus	asan	sigbus	AddressSanitizer and UndefinedBehaviorSanitizer
asan-thread	asan	thread	AddressSanitizer and UndefinedBehaviorSanitizer
asan-mprotect	asan	mprotect	AddressSanitizer and UndefinedBehaviorSanitizer
tsan-sigbus	tsan	sigbus	ThreadSanitizer
tsan-thread	tsan	thread	ThreadSanitizer
tsan-mprotect	tsan	mprotect	ThreadSanitizer
memcheck	valgrind	-	Valgrind: Memcheck, a chosen part
helgrind	valgrind	-	Valgrind: Helgrind, a chosen part
clang-plain	release	-	clang, optimised
clang-asan	asan	-	clang, AddressSanitizer and UndefinedBehaviorSanitizer
clang-tsan	tsan	-	clang, ThreadSanitizer
user	release	-	an ordinary user (nobody)
no-userfaultfd	release	-	seccomp forbids userfaultfd
address-space	release	-	RLIMIT_AS 16 GiB
few-files	release	-	RLIMIT_NOFILE 40
few-maps	release	-	6,000 maps below the limit
overcommit	release	-	vm.overcommit_memory 2
TXT
}

matrix_field() { matrix_cells | awk -F'\t' -v cell="$1" -v field="$2" '$1 == cell { print $field }'; }

matrix_list() {
	local cell preset engine title
	while IFS=$'\t' read -r cell preset engine title; do
		[ "$engine" = - ] || title="$title, engine $engine"
		printf '%-16s %s\n' "$cell" "$title"
	done < <(matrix_cells)
}

# Sets where the cell is built, and how.
matrix_place() {
	local cell=$1 preset=$2
	cell_dir=$build_root/$preset cell_cmake=()
	if [[ $cell == clang-* ]]; then
		cell_dir=$build_root/matrix/$cell
		cell_cmake=(-DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++)
	fi
}

# Sets the arguments of ctest for a cell. What does not look at the library at run time is run once for each compiler.
matrix_selection() {
	local cell=$1 engine=$2 other others='' labels=''
	if [ "$engine" != - ]; then
		for other in mprotect sigbus thread; do
			[ "$other" = "$engine" ] || others+=${others:+|}$other
		done
	fi
	case "$cell" in
	plain-sigbus | clang-plain) ;;
	memcheck) labels='^(script|helgrind)$' ;;
	*) labels='^script$' ;;
	esac
	cell_ctest=()
	[ -z "$others" ] || cell_ctest+=(-E "\\.($others)\$")
	[ -z "$labels" ] || cell_ctest+=(-LE "$labels")
	[ "$cell" != helgrind ] || cell_ctest+=(-L '^helgrind$')
	[ -z "$matrix_tests" ] || cell_ctest+=(-R "$matrix_tests")
}

# The limits of the cell, on this shell: called in one that ends with the cell.
matrix_limits() {
	local cell=$1 preset=$2 engine=$3
	case "$preset" in
	release) require native,no-tsan,no-valgrind ;;
	asan) require no-tsan,no-valgrind ;;
	tsan) require no-valgrind ;;
	valgrind) require no-tsan ;;
	esac
	[ "$engine" = - ] || export ZIRCONIA_TRAP=$engine
	case "$cell" in
	no-userfaultfd) ctest_under=("$cell_dir/tests/confine" --no-userfaultfd) ;;
	address-space) ulimit -S -v $((16 << 20)) ;;
	few-files) ulimit -S -n 40 ;;
	few-maps) ctest_under=(env ZI_MAPS_LEFT=6000 LD_PRELOAD="$cell_dir/tests/libfew_maps.so") ;;
	overcommit)
		# shellcheck disable=SC2064 # as it is now
		trap "echo $(cat "$overcommit_file") >$overcommit_file" EXIT
		echo 2 >"$overcommit_file"
		;;
	esac
}

overcommit_file=/proc/sys/vm/overcommit_memory

# Why the cell cannot run here; empty: it can. After building.
matrix_obstacle() {
	local engine=$1 found
	[ "$engine" != - ] || return 0
	found=$("${ctest_under[@]}" "$cell_dir/tests/engine" 2>&1) || { echo "no engine is told: $found"; return 0; }
	[ "$found" = "$engine" ] || echo "engine $engine is not available here, $found is used"
}

# matrix_cell <cell>: sets passed, failed, skipped and note.
matrix_cell() {
	local cell=$1 preset engine out
	preset=$(matrix_field "$cell" 2)
	engine=$(matrix_field "$cell" 3)
	passed=0 failed=0 skipped=0 note=''
	out=$build_root/matrix/$cell.txt
	case "$cell" in
	overcommit)
		if [ -z "$matrix_system" ] || ! [ -w "$overcommit_file" ]; then
			note="not run: the system's, not a process's (root, with --system); here it is $(cat "$overcommit_file")"
			return
		fi
		;;
	user)
		if [ "$(id -u)" -eq 0 ]; then
			as_ordinary_user >"$out" 2>&1
			note=$(matrix_failures "$build_root/release/log/nobody.txt")
		else
			note='not run: every other cell was, by one'
		fi
		return
		;;
	esac
	matrix_place "$cell" "$preset"
	if ! build "$preset" "$cell_dir" -DZI_TESTS=ON "${cell_cmake[@]}" >&2; then
		failed=1 note='does not build'
		return
	fi
	matrix_selection "$cell" "$engine"
	(
		matrix_limits "$cell" "$preset" "$engine"
		note=$(matrix_obstacle "$engine")
		if [ -n "$note" ]; then
			note="not run: $note"
		else
			run_ctest "$cell" "$cell_dir" "${cell_ctest[@]}" >"$out" 2>&1
			cp "$cell_dir/log/ctest.txt" "$build_root/matrix/$cell.ctest.txt"
			note=$(matrix_failures "$cell_dir/log/ctest.txt")
		fi
		printf '%s\t%s\t%s\t%s\n' "$passed" "$failed" "$skipped" "$note" >"$build_root/matrix/$cell.counts"
	)
	IFS=$'\t' read -r passed failed skipped note <"$build_root/matrix/$cell.counts"
	[ "$failed" -eq 0 ] || cat "$out" >&2
}

# The names of the tests that failed, from what ctest printed.
matrix_failures() {
	awk '
		/^The following tests FAILED:/ { inside = 1; next }
		inside && /^[ \t]+[0-9]+ - / { sub(/^[ \t]+[0-9]+ - /, ""); sub(/ .*/, ""); names = names (names == "" ? "" : " ") $0; next }
		/^ *[0-9]+ - .*\((Failed|Timeout|SEGFAULT)/ { next }
		END { if (names != "") print "failed: " names }' "$1"
}

matrix_commit() { git -C "$root" describe --always --dirty 2>/dev/null || echo unknown; }

# The table of what is kept. Results of other sources than the newest are told apart.
matrix_table() {
	local cell preset engine title at dir=$build_root/matrix/results newest=''
	newest=$(find "$dir" -type f -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d' ' -f2-)
	[ -n "$newest" ] || { complain "no result is kept: run cells first"; return 1; }
	newest=$(cut -f6 "$newest")
	echo "$(machine_line); $(cc --version | head -n 1), $(clang --version 2>/dev/null | head -n 1); commit $newest."
	echo
	echo "| cell | what | engine | passed | failed | skipped | seconds | |"
	echo "|---|---|---|---|---|---|---|---|"
	while IFS=$'\t' read -r cell preset engine title; do
		[ -f "$dir/$cell" ] || continue
		IFS=$'\t' read -r passed failed skipped seconds note at <"$dir/$cell"
		[ "$note" != - ] || note=''
		[ "$at" = "$newest" ] || note+="${note:+; }commit $at"
		[ "$engine" != - ] || engine='as found'
		printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "$cell" "$title" "$engine" "$passed" "$failed" "$skipped" "$seconds" "$note"
	done < <(matrix_cells)
}

cmd_matrix() {
	local cells=() cell known file='' kept='' start status=0
	matrix_tests='' matrix_system=''
	known=" $(matrix_cells | cut -f1 | tr '\n' ' ')"
	while [ $# -gt 0 ]; do
		case "$1" in
		--list) matrix_list; return ;;
		--kept) kept=1 ;;
		--system) matrix_system=1 ;;
		--tests | --write)
			[ $# -gt 1 ] || bad_usage "$1 takes a value"
			if [ "$1" = --tests ]; then matrix_tests=$2; else file=$2; fi
			shift
			;;
		-*) bad_usage "matrix has no option $1" ;;
		*)
			[[ $known == *" $1 "* ]] || bad_usage "no cell is called $1 (tools/dev matrix --list names them)"
			cells+=("$1")
			;;
		esac
		shift
	done
	[ -z "$file" ] || [ -f "$file" ] || bad_usage "no such file: $file"
	mkdir -p "$build_root/matrix/results"
	if [ -z "$kept" ]; then
		need build test clang fuzz
		[ ${#cells[@]} -gt 0 ] || mapfile -t cells < <(matrix_cells | cut -f1)
		for cell in "${cells[@]}"; do
			start=$SECONDS
			say "$cell: $(matrix_field "$cell" 4)" >&2
			matrix_cell "$cell"
			echo "   $passed passed, $failed failed, $skipped skipped, $((SECONDS - start)) s${note:+; $note}" >&2
			[ "$failed" -eq 0 ] || status=1
			if [ -n "$matrix_tests" ]; then
				continue
			fi
			printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$passed" "$failed" "$skipped" "$((SECONDS - start))" "${note:--}" "$(matrix_commit)" \
				>"$build_root/matrix/results/$cell"
		done
	fi
	if [ -z "$matrix_tests" ]; then
		matrix_table || return 1
	fi
	[ -z "$file" ] || matrix_table | write_between "$file" matrix || return 1
	return $status
}
