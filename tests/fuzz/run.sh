#!/bin/sh
# Run every fuzz target of a build: tests/fuzz/run.sh SECONDS [BUILDDIR]
#
# Each target runs that long with its dictionary on a copy of its corpus (the
# sources stay as they are).  One line for each; the log of what crashed; and
# at the end "N passed, N failed".
case $1 in
''|0*|*[!0-9]*) echo "usage: $0 SECONDS [BUILDDIR]" >&2; exit 64 ;;
esac
seconds=$1
build=${2:-.}
here=$(cd "$(dirname "$0")" && pwd) || exit 1
build=$(cd "$build" && pwd) || exit 1
work=$(mktemp -d /tmp/ca.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0

# run_one BINARY: 0 when it ended by itself, after the whole time, unharmed
run_one() {
	name=$(basename "$1")
	log=$work/$name.log
	mkdir -p "$work/$name/corpus" "$work/$name/found"
	if [ -d "$here/corpus/$name" ]; then
		cp "$here/corpus/$name"/* "$work/$name/corpus/"
	fi
	set -- "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
	    -print_final_stats=1 -artifact_prefix="$work/$name/found/"
	if [ -f "$here/$name.dict" ]; then
		set -- "$@" -dict="$here/$name.dict"
	fi
	"$@" "$work/$name/corpus" >"$log" 2>&1
	status=$?
	execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	result=ok
	# A target that never ran is not one that passed.
	if [ "$status" -ne 0 ] || [ "${execs:-0}" -eq 0 ]; then
		result="FAILED (exit $status)"
	fi
	printf '%-22s %10s execs %6s edges  %s\n' "$name" "${execs:-0}" \
	    "${edges:-0}" "$result"
	[ "$result" = ok ]
}

# show_failure NAME: the log's end, and the input that did it
show_failure() {
	echo "--- $1: end of its log"
	tail -n 60 "$work/$1.log"
	for input in "$work/$1/found"/*; do
		[ -f "$input" ] || continue
		echo "--- $1: $(basename "$input"), the first 512 bytes"
		od -A d -t x1z -N 512 "$input"
	done
}

for source in "$here"/fuzz_*.c; do
	target=$build/tests/fuzz/$(basename "$source" .c)
	if [ ! -x "$target" ]; then
		echo "$(basename "$target"): not built (configure" \
		    "CC=clang --enable-fuzzers)"
		failed=$((failed + 1))
	elif run_one "$target"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		show_failure "$(basename "$target")"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
