#!/bin/sh
# What a line of pam_certauth costs a login: auth and account, from pam_start
# to pam_end, with the line and without, in units of connect, query and close
# on the bare echo server in the same round; medians of interleaved logins.
# Two questions cost two units; the goal is not much more.  What is above 2 is
# libpam's reading of two more lines, and looking who serves the socket.
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
	"$BENCH/pam" "$T/pam.d" without with "$T/run/echo.sock" "$LOGINS" ||
	    exit 1
	round=$((round + 1))
done >"$T/raw"
stop echo
cat "$T/raw"
ratio=$(sed 's/.*ratio=//' "$T/raw" | sort -n | sed -n "$((ROUNDS / 2 + 1))p")
echo "median ratio=$ratio (two echoes: 2)"
check_ok "$ROUNDS rounds were measured" [ "$(wc -l <"$T/raw")" = "$ROUNDS" ]
# loading the module anew for each login made it 4
check_ok "a login costs less than three echoes more" \
    awk "BEGIN { exit !($ratio < 3) }"
finish
