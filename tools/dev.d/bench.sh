# shellcheck shell=bash disable=SC2154 # root and build_root are set by tools/dev and common.sh
# tools/dev bench: the table, and next to it JSON and the plots.

# The table for the README, with the machine that it was measured on. $2: the load before.
bench_text() {
	echo "Measured with \`tools/dev bench\` on $(machine_line); load before: $2."
	echo
	echo '```'
	cat "$1"
	echo '```'
}

cmd_bench() {
	local program=$build_root/release/bench/zirconia-bench names=() alone=() json='' file='' load how='' status=0
	while [ $# -gt 0 ]; do
		case "$1" in
		--list) names=(--list); break ;;
		--json | --write)
			[ $# -gt 1 ] || bad_usage "$1 takes a file name"
			if [ "$1" = --json ]; then json=$2; else file=$2; fi
			shift
			;;
		--alone) alone=(chrt -f 1) how=', ahead of all other work (chrt -f 1)' ;;
		-*) bad_usage "bench has no option $1" ;;
		*) names+=("$1") ;;
		esac
		shift
	done
	[ -z "$file" ] || [ ${#names[@]} -eq 0 ] || bad_usage "the table that is written holds all rows: --write takes no row"
	[ -z "$file" ] || [ -f "$file" ] || bad_usage "no such file: $file"
	need build bench
	build_library zirconia-bench || return 1
	if [ "${names[0]:-}" = --list ]; then
		"$program" --list
		return
	fi
	mkdir -p "$build_root/bench"
	[ -n "$json" ] || json=$build_root/bench/bench.json
	load=$(cut -d' ' -f1 /proc/loadavg)
	if [ ${#alone[@]} -gt 0 ]; then
		chrt -f 1 true 2>/dev/null || die "--alone needs chrt, and the right to use it (root)"
	elif awk -v load="$load" 'BEGIN { exit !(load > 0.5) }'; then
		complain "the load is $load: rows with two threads need idle processors to mean anything; --alone keeps others away"
	fi
	"${alone[@]}" "$program" --json "$json" --plot "$build_root/bench/bench.gp" "${names[@]}" | tee "$build_root/bench/bench.txt"
	status=${PIPESTATUS[0]}
	[ "$status" -eq 0 ] || return "$status"
	gnuplot -e "stem='${json%.json}'" "$build_root/bench/bench.gp" || return 1
	echo "written: $json and the plots next to it (.svg)"
	[ -z "$file" ] || bench_text "$build_root/bench/bench.txt" "$load$how" | write_between "$file" bench
}
