#!/bin/sh
# What lookupd answers from memory, as shares of what a bare echo server does
# with the same lines in the same round: medians of five interleaved rounds.
# From a build folder: top_builddir=$PWD SOURCE/tests/bench/cached.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
LOOKUPD_TOP='log_level = "warning";'
CACHE=3600 AUDIT_INTERVAL=60
start_small
LOAD=$top_builddir/tests/bench/load
SECONDS_EACH=${SECONDS_EACH:-1}

for name in user1 alias1 user2 ghost locked; do
	echo "lookup service=imap evidence=none email=$name@example.com"
done >"$T/names"
echo "lookup service=nginx evidence=verified cert=$(der user1)" >"$T/cert"

spawn echo root "$LOAD" echo "$T/run/echo.sock"
echo_pid=$(pid_of echo)
ready echo test -S "$T/run/echo.sock"
lookupd_pids=$(pgrep -f "lookupd -c $T/etc/lookupd.conf")

# one NAME LINES CONNECTIONS DEPTH [close|idle=N]: "name echo lookupd" rates
one() {
	_name=$1 _lines=$2
	shift 2
	_c=$1 _d=$2
	shift 2
	_e=$("$LOAD" run "$T/run/echo.sock" $_c $_d $SECONDS_EACH "$_lines" \
	    "$@" $echo_pid) || exit 1
	_l=$("$LOAD" run "$SOCKET" $_c $_d $SECONDS_EACH "$_lines" "$@" \
	    $lookupd_pids) || exit 1
	printf '%s\t%s\t%s\n' "$_name" "$_e" "$_l" >>"$T/raw"
}

for round in 1 2 3 4 5; do
	one "names, 16 connections" "$T/names" 16 1
	one "names, 64 connections" "$T/names" 64 1
	one "names, 16, pipelined 16" "$T/names" 16 16
	one "names, 16, connect+query+close" "$T/names" 16 1 close
	one "a certificate, 16 connections" "$T/cert" 16 1
done
stop echo
cat "$T/raw"
echo
awk -F '\t' '
function value(text, name) {
	match(text, name "=[0-9.]+")
	return substr(text, RSTART + length(name) + 1,
	    RLENGTH - length(name) - 1) + 0
}
function median(list, n, i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return list[int((n + 1) / 2)]
}
{
	if (!($1 in n)) order[++names] = $1
	k = ++n[$1]
	ratio[$1, k] = value($3, "rate") / value($2, "rate")
	cpu[$1, k] = value($3, "cpu")
	p99[$1, k] = value($3, "p99") / value($2, "p99")
}
END {
	printf "%-34s %12s %12s %10s\n", "", "rate/echo", "p99/echo", "CPU us"
	for (i = 1; i <= names; i++) {
		for (k = 1; k <= n[order[i]]; k++) {
			a[k] = ratio[order[i], k]
			b[k] = p99[order[i], k]
			c[k] = cpu[order[i], k]
		}
		printf "%-34s %12.2f %12.2f %10.2f\n", order[i],
		    median(a, n[order[i]]), median(b, n[order[i]]),
		    median(c, n[order[i]])
	}
}' "$T/raw"
check_ok "five rounds were measured" [ "$(wc -l <"$T/raw")" = 25 ]
finish
