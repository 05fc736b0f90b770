#!/bin/sh
# What a line of pam_certauth costs a login: auth and account, from pam_start
# to pam_end, with the line and without, in units of connect, query and close
# on the bare echo server in the same round; medians of interleaved logins.
# Two questions to the echo server would be 2; the rows also say what two bare
# questions to lookupd are, and what the module adds to those.  Left alone the
# scheduler puts one server beside the program that logs in and the other one
# elsewhere, and waking another processor takes three times as long as the
# question: so both servers are on another processor than the program, then all
# on one, then where the scheduler puts them.
# From a build folder: top_builddir=$PWD SOURCE/tests/bench/pam.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need taskset
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

servers="$(pid_of echo) $(children_of "$(pid_of lookupd)")"
# rounds SERVERS PROGRAM: on which processors they are.
rounds() {
	for _pid in $servers; do
		taskset -apc "$1" "$_pid" >/dev/null || return 1
	done
	_round=0
	while [ $_round -lt "$ROUNDS" ]; do
		taskset -c "$2" "$BENCH/pam" "$T/pam.d" without with \
		    "$T/run/echo.sock" "$SOCKET" "$LOGINS" || return 1
		_round=$((_round + 1))
	done
}
# middle FIELD: the median of one of the ratios.
middle() {
	sed "s/.*$1=\([-0-9.]*\).*/\1/" "$T/raw" | sort -n |
	    sed -n "$((ROUNDS / 2 + 1))p"
}
# measure WHAT SERVERS PROGRAM
measure() {
	rounds $2 $3 >"$T/raw" || exit 1
	say "$1"
	cat "$T/raw"
	ratio=$(middle ratio) module=$(middle module)
	say "median ratio=$ratio (two echoes: 2); of which two bare questions" \
	    "to lookupd $(middle 'of which lookupd'), the module $module"
	# loading the module anew for each login made it 2
	check_ok "the module costs less than one echo more ($1)" \
	    awk "BEGIN { exit !($module < 1) }"
}
all=$(taskset -cp $$ | sed 's/.*: *//')
set -- $(echo "$all" | tr ',-' '  ')
[ -z "$2" ] || measure "servers on another processor" "$1" "$2"
measure "all on one processor" "$1" "$1"
measure "left to the scheduler" "$all" "$all"
stop echo
finish
