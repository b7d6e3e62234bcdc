# shellcheck shell=bash disable=SC2154 # root, jobs and build_root are set by tools/dev and common.sh
# tools/dev run: one program of the user's, or the tour of the examples.

cmd_run() {
	need build
	local dir=$build_root/release
	if [ $# -eq 0 ]; then
		tour "$dir"
		return
	fi
	[ -f "$1" ] || die "no such file: $1"
	build_library zirconia || return 1
	run_program "$dir" "$@"
}

# run_program <build directory> <file> [arguments]: compiles against the library that is built there.
run_program() {
	local dir=$1 file=$2 program compiler
	shift 2
	mkdir -p "$dir/run"
	program=$dir/run/$(basename "${file%.*}")
	case "$file" in
	*.c) compiler=("${CC:-cc}" -std=gnu11) ;;
	*.cc | *.cpp | *.cxx) compiler=("${CXX:-c++}" -std=c++17) ;;
	*) die "run takes a .c or a .cc file, not $file" ;;
	esac
	# A test of Fuchsia's kind brings no main() and needs GoogleTest.
	local zxtest=()
	if [[ $file == *.c* && $file != *.c ]] && grep -Eq '^[ 	]*#[ 	]*include[ 	]*[<"](zx|g)test/' "$file"; then
		need gtest
		zxtest=("$root/src/zxtest/zxtest.cc" "$root/src/zxtest/zxtest_main.cc" -lgtest)
		if grep -Eq '^[ 	]*(int|auto)[ 	]+main[ 	]*[(]' "$file"; then
			zxtest=("$root/src/zxtest/zxtest.cc" -lgtest)
		fi
	fi
	"${compiler[@]}" -g -O1 -Wall -I"$root/include" -o "$program" "$file" "${zxtest[@]}" -L"$dir/lib" -lzirconia \
		-Wl,-rpath,"$dir/lib" -pthread ||
		die "$file does not compile"
	"$program" "$@"
}

# Each example opens with a comment that says what it shows: its first line is the headline.
tour() {
	local dir=$1 examples example title status=0
	examples=$(find "$root/tests/examples" -name '*.c' -o -name '*.cc' 2>/dev/null | LC_ALL=C sort)
	[ -n "$examples" ] || die "tests/examples holds no program"
	build_library zirconia || return 1
	while IFS= read -r example; do
		title=$(sed -n '/[A-Za-z]/ { s|^[ /*]*||; s|[ */]*$||; p; q }' "$example")
		say "$(basename "$example"): $title"
		(run_program "$dir" "$example" </dev/null)
		case $? in
		0 | 77) ;; # 77: it says what it cannot have here
		*)
			complain "$(basename "$example") failed"
			status=1
			;;
		esac
		echo
	done <<<"$examples"
	[ $status -ne 0 ] || say "The programs are in tests/examples; tools/dev run FILE.c runs one of yours."
	return $status
}
