#!/bin/sh
# What lookupd answers from memory, as shares of what a bare echo server does
# with the same lines in the same round: medians of ROUNDS interleaved rounds.
# From a build folder: top_builddir=$PWD SOURCE/tests/bench/cached.sh
# With ROWS set, by run.sh: the rows go there, and no table is printed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$top_srcdir/tests/bench/rows.sh"
LOOKUPD_TOP='log_level = "warning";'
CACHE=3600 AUDIT_INTERVAL=60
start_small
for name in user1 alias1 user2 ghost locked; do
	echo "lookup service=imap evidence=none email=$name@example.com"
done >"$T/names"
echo "lookup service=nginx evidence=verified cert=$(der user1)" >"$T/cert"

spawn echo root "$TOOLS/echo" "$T/run/echo.sock"
echo_pid=$(pid_of echo)
ready echo test -S "$T/run/echo.sock"
lookupd_pids="$(pid_of lookupd) $(children_of "$(pid_of lookupd)")"
[ -n "$ROWS" ] && table=no || table=yes ROWS=$T/rows

# one FIGURE TARGET LINES CONNECTIONS DEPTH [close]
one() {
	_figure=$1 _target=$2 _lines=$3 _c=$4 _d=$5
	shift 5
	_limit=$(load "$T/run/echo.sock" $_c $_d "$SECONDS_EACH" "$_lines" \
	    "$@" $echo_pid) &&
	_own=$(load "$SOCKET" $_c $_d "$SECONDS_EACH" "$_lines" "$@" \
	    $lookupd_pids) || exit 1
	row "$_figure" rate "$_target" "$_limit" "$_own"
	[ "$_figure" != "cached names, 16 connections" ] ||
	    row "$_figure" cpu "<= 4 us" "$_limit" "$_own"
}

round=0
while [ $((round += 1)) -le "$ROUNDS" ]; do
	one "cached names, 16 connections" ">= 0.70" "$T/names" 16 1
	one "cached names, 64 connections" ">= 0.70" "$T/names" 64 1
	one "cached names, 16, pipelined 16" ">= 0.15" "$T/names" 16 16
	one "cached names, 16, a connection each" ">= 0.75" "$T/names" 16 1 \
	    close
	one "a known certificate, 16 connections" ">= 0.55" "$T/cert" 16 1
done
stop echo
[ $table = no ] || table <"$ROWS"
check_ok "every round was measured" [ "$(grep -c . "$ROWS")" -ge "$ROUNDS" ]
finish
