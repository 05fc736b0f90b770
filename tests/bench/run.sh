#!/bin/sh
# All benchmarks: ratios to limits and peers measured in the same rounds.
# From a build folder without sanitizers (configure CFLAGS="-O2 -g"):
#
#	top_builddir=$PWD SOURCE/tests/bench/run.sh [ROUNDS [PART ...]]
#
# Parts: cached web live peers beside idle begin mirror.  Prints the machine, a
# table of medians, and every row behind it; the time taken decides nothing.
case $1 in *[!0-9]*) sed -n '2,8s/^#//p' "$0"; exit 2 ;; esac
ROUNDS=${1:-5}
[ $# = 0 ] || shift
PARTS=${*:-cached web live peers beside idle begin mirror}
case " $PARTS " in *" mirror "*) PROVIDER=yes ;; esac
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
for part in rows directory live peers beside idle begin mirror; do
	. "$top_srcdir/tests/bench/$part.sh"
done

version() {
	_version=$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null)
	say "$2 ${_version:-not from a package}"
}

built_with() {
	sed -n "s/^S\\[\"$1\"\\]=\"\\(.*\\)\"/\\1/p" \
	    "$top_builddir/config.status"
}

machine() {
	say "processor  $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo |
	    head -n 1), $(getconf _NPROCESSORS_ONLN) cores"
	say "kernel     $(uname -s) $(uname -r)"
	say "compiler   $(built_with CC) $(built_with CFLAGS)"
	version slapd "slapd     "
	version libldap-2.5-0 "libldap   "
	version libssl3 "OpenSSL   "
	version libevent-core-2.1-7 "libevent  "
	version nslcd "nslcd     "
	version dovecot-ldap "Dovecot   "
	version nginx "nginx     "
	say "audit      off (log_level = warning), but where it says audited:"
	say "           one line an answer to a file (notice, the default)"
	say "load       $(cut -d ' ' -f 1-3 /proc/loadavg) before"
	say "accounts   $ACCOUNTS, three addresses each; $ROUNDS rounds of" \
	    "$SECONDS_EACH s a row"
}

need slapd slapadd ldapsearch socat setpriv
begin
have lookupd
ROWS=$T/rows
: >"$ROWS"
machine
case " $PARTS " in
*" cached "*)
	ROUNDS=$ROUNDS ROWS=$ROWS top_srcdir=$top_srcdir \
	    top_builddir=$top_builddir sh "$BENCH/cached.sh" \
	    >"$LOGS/cached.log" 2>&1 || exit 1
	;;
esac
case " $PARTS " in
*" web "*)
	ROUNDS=$ROUNDS ROWS=$ROWS top_srcdir=$top_srcdir \
	    top_builddir=$top_builddir sh "$BENCH/web.sh" \
	    >"$LOGS/web.log" 2>&1
	case $? in
	0) ;;
	77) say "web        not measured: $(cat "$LOGS/web.log")" ;;
	*) exit 1 ;;
	esac
	;;
esac
PARTS=$(echo " $PARTS " | sed 's/ cached / /; s/ web / /')
[ -z "${PARTS# }" ] || bench_directory || exit 1
for part in $PARTS; do
	prepare_$part
done
round=0
while [ $((round += 1)) -le "$ROUNDS" ]; do
	for part in $PARTS; do
		${part}_round
	done
done
say
table <"$ROWS"
say
check_ok "every round was measured" [ "$(grep -c . "$ROWS")" -ge "$ROUNDS" ]
check "nothing was answered but active, found or none" "" \
    "$(cut -f 5 "$ROWS" | tr ' ' '\n' | grep -E '^(unavailable|bad-request|refused)=' |
    sort -u)"
finish
