#!/bin/sh
# One caller opens all the connections he can: the others are answered.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
[ $ROOT = yes ] || skip "needs root, to be several users"
HOGS=200
ulimit -n 160
start_small

for hog in $(seq $HOGS); do
	( as $WEB_USER socat -u "UNIX-CONNECT:$SOCKET" - ) </dev/null \
	    >"$T/hog.$hog" 2>&1 &
	hogs="$hogs $!"
done
full() {
	grep -l busy "$T"/hog.* >"$T/busy"
	[ -s "$T/busy" ]
}
within $PATIENCE full
check_ok "too many connections of one caller are refused" [ -s "$T/busy" ]
check_ok "another caller is answered" lookup_active
check "descriptors have not run out" 0 \
    "$(grep -c 'cannot accept' "$LOGS/lookupd.log")"
kill $hogs 2>/dev/null
finish
