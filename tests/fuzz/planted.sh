#!/bin/sh
# Would the fuzz targets find a bug?  For each target one is planted, in a
# copy of the sources, in the decoder it is for; within SECONDS it must be
# found.  Not part of any suite: it builds everything with libFuzzer once, and
# one file anew for each bug.
#
#	tests/fuzz/planted.sh [SECONDS [TARGET ...]]
#
# planted.tsv: target, file, the text there (one line), what it becomes.
seconds=${1:-60}
[ $# -gt 0 ] && shift
source=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
work=$(mktemp -d /tmp/ca.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0
tab=$(printf '\t')

git -C "$source" archive HEAD | tar x -C "$work" || exit 1
cd "$work" && ./autogen.sh >autogen.log 2>&1 || { cat autogen.log; exit 1; }
mkdir build && cd build || exit 1
../configure CC="${CC:-clang}" --enable-fuzzers --enable-sanitizers \
    >configure.log 2>&1 || { cat configure.log; exit 1; }
make -j2 >make.log 2>&1 || { tail -n 40 make.log; exit 1; }

# replace FILE OLD NEW: one line's text; fails when it is not there once
replace() {
	OLD=$2 NEW=$3 awk '
	{ at = index($0, ENVIRON["OLD"])
	  if (at > 0) {
		n++
		$0 = substr($0, 1, at - 1) ENVIRON["NEW"] \
		    substr($0, at + length(ENVIRON["OLD"]))
	  }
	  print }
	END { exit n != 1 }' "$1" >"$work/planted" && cp "$work/planted" "$1"
}

# find_it TARGET: 0 when the target ends by itself with a finding
find_it() {
	mkdir -p "$work/corpus" "$work/found"
	cp "$source/tests/fuzz/corpus/$1"/* "$work/corpus/"
	begun=$(date +%s)
	"tests/fuzz/$1" -max_total_time="$seconds" -timeout=10 \
	    -artifact_prefix="$work/found/" -dict="$source/tests/fuzz/$1.dict" \
	    "$work/corpus" >"$work/log" 2>&1 </dev/null
	status=$?
	took=$(($(date +%s) - begun))
	rm -rf "$work/corpus" "$work/found"
	[ "$status" -ne 0 ]
}

while IFS=$tab read -r target file old new; do
	case $target in ''|'#'*) continue ;; esac
	if [ $# -gt 0 ]; then
		case " $* " in *" $target "*) ;; *) continue ;; esac
	fi
	cp "../$file" "$work/before"
	if ! replace "../$file" "$old" "$new"; then
		echo "$target: \"$old\" is not in $file exactly once"
		failed=$((failed + 1))
	elif ! make "tests/fuzz/$target" >make.log 2>&1 </dev/null; then
		echo "$target: does not build"
		tail -n 20 make.log
		failed=$((failed + 1))
	elif find_it "$target"; then
		printf '%s\n' "$target: found in $took s: $file: $new"
		passed=$((passed + 1))
	else
		printf '%s\n' "$target: NOT found in $took s: $file: $new"
		failed=$((failed + 1))
	fi
	cp "$work/before" "../$file"
done <"$source/tests/fuzz/planted.tsv"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
