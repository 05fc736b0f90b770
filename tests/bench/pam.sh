#!/bin/sh
# What a line of pam_certauth costs a login: auth and account, from pam_start
# to pam_end, with the line and without, in units of connect, query and close
# on the bare echo server in the same round; medians of interleaved logins.
# Two questions to the echo server would be 2; the rows also say what two bare
# questions to lookupd are, and what the module adds to those.
# From a build folder: top_builddir=$PWD SOURCE/tests/bench/pam.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
LOOKUPD_TOP='log_level = "warning";'
CACHE=3600 AUDIT_INTERVAL=60
start_small
have pam_certauth.so
ROUNDS=${ROUNDS:-9} LOGINS=${LOGINS:-1000}
BENCH=$top_builddir/tests/bench

mkdir -p "$T/pam.d"
printf '%s required pam_permit.so\n' auth account >"$T/pam.d/without"
cp "$T/pam.d/without" "$T/pam.d/other"
{
	_line="$BIN/pam_certauth.so socket=$SOCKET service=imap \
server_user=$DAEMON_UID evidence=user"
	echo "auth required $_line trust=application"
	echo "account required $_line"
	cat "$T/pam.d/without"
} >"$T/pam.d/with"
spawn echo root "$BENCH/echo" "$T/run/echo.sock"
ready echo test -S "$T/run/echo.sock"

round=0
while [ $round -lt "$ROUNDS" ]; do
	"$BENCH/pam" "$T/pam.d" without with "$T/run/echo.sock" \
	    "$SOCKET" "$LOGINS" ||
	    exit 1
	round=$((round + 1))
done >"$T/raw"
stop echo
cat "$T/raw"
# middle FIELD: the median of one of the ratios.
middle() {
	sed "s/.*$1=\([-0-9.]*\).*/\1/" "$T/raw" | sort -n |
	    sed -n "$((ROUNDS / 2 + 1))p"
}
ratio=$(middle ratio) module=$(middle module)
echo "median ratio=$ratio (two echoes: 2); of which two bare questions to" \
    "lookupd $(middle 'of which lookupd'), the module $module"
check_ok "$ROUNDS rounds were measured" [ "$(wc -l <"$T/raw")" = "$ROUNDS" ]
# loading the module anew for each login made it 2
check_ok "the module costs less than one echo more" \
    awk "BEGIN { exit !($module < 1) }"
finish
