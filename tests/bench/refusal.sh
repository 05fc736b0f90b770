#!/bin/sh
# How long after a change in the directory is the account refused?  Mirror
# mode, caches off, a connection that was open before; idle, and while 64
# clients ask as fast as they can.
#
#	TRIALS=N tests/bench/refusal.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat
: "${TRIALS:=1000}"
begin
have lookupd certauthctl
for program in bench/refusal tools/hammer; do
	[ -f "$top_builddir/tests/$program" ] ||
	    { say "$program was not built"; exit 1; }
done
CTL_OPTIONS="-s $T/run/lookupd.sock"
ACCOUNTS=400
MIRROR='cache_positive = 0; cache_negative = 0;'

# trial NAME: the row.
trial() {
	_row=$("$top_builddir/tests/bench/refusal" "$LDAPI" cn=root,dc=com \
	    $SLAPD_ROOT_SECRET "$SOCKET" \
	    uid=user1,ou=people,dc=example,dc=com user1@example.com \
	    zimbraAccountStatus "$TRIALS")
	_status=$?
	say "$1: $_row (us)"
	check "$1: each change became a refusal" 0 $_status
	check "$1: and nothing else meanwhile" other=0 "${_row##* }"
}

start_slapd && start_mirror || exit 1
sed -i 's/log_level = "debug"/log_level = "warning"/' "$T/etc/lookupd.conf"
stop lookupd
start_lookupd
follow || exit 1
trial idle
"$top_builddir/tests/tools/hammer" ask "$SOCKET" -c 64 -n 1000000000 \
    "lookup service=imap evidence=none email=also1@example.com" active \
    >"$LOGS/hammer.log" 2>&1 &
echo $! >"$T/pid/hammer"
trial "64 clients"
check_ok "the clients were asking" running hammer
stop hammer
_meanwhile=$(tail -n 1 "$LOGS/hammer.log")
say "meanwhile: $_meanwhile"
case $_meanwhile in
*" wrong=0 "*) pass "all others were answered rightly" ;;
*) fail "all others were answered rightly" ;;
esac
check "live searches" 0 \
    "$(grep -c 'SRCH.*zimbraMailDeliveryAddress=' "$LOGS/slapd.log")"
finish
