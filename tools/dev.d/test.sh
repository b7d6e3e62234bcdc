# shellcheck shell=bash disable=SC2154 # root, jobs and build_root are set by tools/dev and common.sh
# tools/dev test: the suite in several builds, added up.

passed=0 failed=0 skipped=0
ctest_under=() # a program to run ctest under, with its arguments

add() {
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
}

# count_cases <what ctest printed> <its log>: the cases of a Criterion program by its summary, anything else as one. A program
# that failed without a failed case (time, leak, crash of the runner) adds one. Only what ctest prints tells of skipped tests.
count_cases() {
	awk '
	function flush() {
		if (name == "") return
		good_of[name] = bad_of[name] = skips_of[name] = 0
		if (tested != "") {
			good_of[name] = good; bad_of[name] = bad; skips_of[name] = skips
			if (bad == 0 && (result[name] == "fail" || (tested == 0 && skips == 0))) bad_of[name]++
		} else if (result[name] == "pass") good_of[name] = 1
		else if (result[name] == "skip") skips_of[name] = 1
		else bad_of[name] = 1
		name = ""
	}
	FILENAME == ARGV[1] {
		if ($0 ~ /^ *([0-9]+\/[0-9]+)? +Test +#/) {
			sub(/^.*Test +#[0-9]+: /, "")
			result[$1] = / Passed +[0-9]/ ? "pass" : /\*\*\*Skipped/ ? "skip" : "fail"
		}
		next
	}
	/^[0-9]+\/[0-9]+ Testing: / { flush(); name = $3; tested = ""; good = bad = skips = 0 }
	/^\[SKIP\] / { skips++ }
	/\[====\] Synthesis: Tested: / {
		line = $0
		sub(/.*Tested: /, "", line); tested = line + 0
		sub(/.*Passing: /, "", line); good = line + 0
		sub(/.*Failing: /, "", line); bad = line + 0
	}
	END {
		flush()
		for (n in good_of) { pass += good_of[n]; fail += bad_of[n]; skip += skips_of[n] }
		print pass + 0, fail + 0, skip + 0
	}' "$1" "$2"
}

# run_ctest <title> <directory> [ctest arguments]
run_ctest() {
	local title=$1 dir=$2 status=0 counts log
	shift 2
	log=$dir/log/ctest.txt
	rm -f "$dir/Testing/Temporary/LastTest.log"
	"${ctest_under[@]}" ctest --test-dir "$dir" --parallel "$jobs" --output-on-failure --no-tests=error \
		--test-output-size-failed 20000 "$@" >"$log" 2>&1 || status=$?
	if [ -f "$dir/Testing/Temporary/LastTest.log" ]; then
		cp "$dir/Testing/Temporary/LastTest.log" "$dir/log/tests.txt"
		read -ra counts < <(count_cases "$log" "$dir/log/tests.txt")
	else
		counts=(0 0 0)
	fi
	# Whatever the count says, a CTest that is not content is a failure.
	[ $status -eq 0 ] || [ "${counts[1]}" -gt 0 ] || counts[1]=1
	if [ "${counts[1]}" -gt 0 ]; then
		grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ .* Passed )' "$log" | tail -n "${ZIRCONIA_LOG_LINES:-150}"
		echo "(all of it: $dir/log/tests.txt)"
	fi
	echo "   $title: ${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped"
	add "${counts[@]}"
}

# part <title> <preset> <directory name> [ctest arguments]
part() {
	local title=$1 preset=$2 dir=$build_root/$3 start=$SECONDS
	shift 3
	say "$title"
	if build "$preset" "$dir" -DZI_TESTS=ON; then
		run_ctest "$title" "$dir" "$@"
	else
		add 0 1 0
	fi
	echo "   $((SECONDS - start)) s"
}

# The capabilities that every machine has in this part: a test that skips for lack of one fails.
require() {
	local who=user
	[ "$(id -u)" -ne 0 ] || who=root
	! fuse_is_usable || who+=,fuse
	[ "$(uname -m)" != x86_64 ] || who+=,decoder
	export ZI_REQUIRE="$1,$who${ZI_REQUIRE_EXTRA:+,$ZI_REQUIRE_EXTRA}"
}

# The kernel has it, and nothing filters system calls. Not asked of the library: that it finds it is what is tested.
userfaultfd_is_usable() {
	[ -e /proc/sys/vm/unprivileged_userfaultfd ] && grep -q '^Seccomp:[[:space:]]*0$' /proc/self/status
}

# Can this user mount with FUSE? Root can where it has CAP_SYS_ADMIN (bit 21), others where fusermount3 is allowed to become root.
fuse_is_usable() {
	local capabilities
	if ! [ -c /dev/fuse ] || ! [ -r /dev/fuse ] || ! [ -w /dev/fuse ] || ! command -v fusermount3 >/dev/null; then
		return 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		[ -u "$(command -v fusermount3)" ] && grep -q '^NoNewPrivs:[[:space:]]*0$' /proc/self/status
		return
	fi
	capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
	(((16#$capabilities >> 21) & 1))
}

# As root: the release suite once more as an ordinary user, in a build of that user's own.
as_ordinary_user() {
	local home line counts log=$build_root/release/log/nobody.txt start=$SECONDS
	say "release, as an ordinary user"
	if ! command -v setpriv >/dev/null 2>&1 || ! setpriv --reuid=nobody --regid=nogroup --clear-groups \
		test -r "$root/CMakeLists.txt" 2>/dev/null; then
		echo "   skipped: the user nobody cannot read $root"
		add 0 0 1
		return
	fi
	home=$(mktemp -d "${TMPDIR:-/tmp}/zirconia-nobody.XXXXXX")
	chown nobody:nogroup "$home"
	mkdir -p "$build_root/release/log"
	setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH="$PATH" HOME="$home" TMPDIR="$home" \
		ZIRCONIA_BUILD="$home/build" ZIRCONIA_TEST_QUICK=1 "$root/tools/dev" test >"$log" 2>&1 || true
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1 || true)
	[ -z "$line" ] || line+=", $(sed -n 's/^   skipped: //p' "$log" | tail -n 1 | grep . || echo 0) skipped"
	read -ra counts <<<"$(tr -c '0-9\n' ' ' <<<"$line")"
	if [ ${#counts[@]} -lt 2 ] || [ "${counts[1]}" -gt 0 ]; then
		tail -n "${ZIRCONIA_LOG_LINES:-150}" "$log"
	fi
	[ ${#counts[@]} -ge 2 ] || counts=(0 1 0)
	add "${counts[0]}" "${counts[1]}" "${counts[2]:-0}"
	echo "   as nobody: ${line:-no result}"
	echo "   $((SECONDS - start)) s"
	rm -rf "$home"
}

cmd_test() {
	[ $# -eq 0 ] || bad_usage "test takes no arguments (ctest --test-dir $build_root/release -R NAME runs one)"
	need build test
	require native,no-tsan,no-valgrind
	! userfaultfd_is_usable || ZI_REQUIRE+=,uffd,engines
	part "release" release release
	say "rows of the specification"
	"$root/tools/spec-rows" >"$build_root/release/log/spec-rows.txt" || true
	"$root/tools/spec-rows" --summary | grep -v ^MISSING || true
	echo "   (row by row: $build_root/release/log/spec-rows.txt)"
	if [ -z "${ZIRCONIA_TEST_QUICK:-}" ]; then
		require no-tsan,no-valgrind
		! userfaultfd_is_usable || ZI_REQUIRE+=,uffd,engines
		part "AddressSanitizer and UndefinedBehaviorSanitizer" asan asan
		require no-valgrind
		part "ThreadSanitizer" tsan tsan -E '\.(thread|mprotect)$'
		require no-tsan
		part "Valgrind" valgrind valgrind -LE '^helgrind$' -E '\.(thread|mprotect)$'
		require native,no-tsan,no-valgrind
		ctest_under=("$build_root/release/tests/confine" --no-userfaultfd)
		part "release, userfaultfd forbidden" release release -LE '^script$' -E '\.(sigbus|thread)$'
		ctest_under=()
		[ "$(id -u)" -ne 0 ] || as_ordinary_user
	fi
	echo "   logs: $build_root/*/log"
	[ "$skipped" -eq 0 ] || echo "   skipped: $skipped"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
