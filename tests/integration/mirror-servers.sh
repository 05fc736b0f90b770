#!/bin/sh
# Two servers in order: the second when the first refuses or hangs, the first
# again when it is back, and neither while it lags behind what was shown.
# The second one's data is a copy of the first's, made when the test says so.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd slapcat ldapsearch ldapmodify socat
begin
have lookupd certauthctl
CTL_OPTIONS="-s $T/run/lookupd.sock"
ACCOUNTS=8

logged() {
	grep -q -- "$1" "$LOGS/lookupd.log"
}

FIRST=$(echo "ldapi://$T/first/ldapi" | sed 's|/tmp/|%2Ftmp%2F|
    s|/first/ldapi|%2Ffirst%2Fldapi|')

# copy_first [PASSWORD]: the first server's data becomes that of the other one,
# but for our password.
copy_first() {
	rm -rf "$T/first"
	mkdir -p "$T/first/data"
	sed "s|$T/slapd|$T/first|" "$T/etc/slapd.conf" >"$T/etc/first.conf"
	slapcat -f "$T/etc/slapd.conf" >"$T/etc/copy.ldif" 2>/dev/null
	[ -z "$1" ] || sed -i "/^dn: $MIRROR_BIND/,/^\$/s/^userPassword:.*/userPassword: $1/" \
	    "$T/etc/copy.ldif"
	[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/first"
	( as "$DAEMON_USER" slapadd -q -f "$T/etc/first.conf" \
	    -l "$T/etc/copy.ldif" ) >>"$LOGS/slapadd.log" 2>&1
}

first_answers() {
	ldapsearch -x -LLL -H "$FIRST" -s base -b '' -o nettimeout=1 1.1
}

start_first() {
	spawn first "$DAEMON_USER" slapd -d stats -f "$T/etc/first.conf" \
	    -h "$FIRST"
	ready first first_answers
}

served_by() {
	area_has accounts "state=persist server=$1 "
}

start_slapd
SERVERS="\"$FIRST\", \"$LDAPI\""
start_mirror || exit 1
check_ok "the first refuses: the second serves" within $PATIENCE \
    served_by "$LDAPI"
follow
expect "and is asked" user1@example.com active
check_ok "the failure is said" logged "$FIRST: .*ldapi"

copy_first && start_first || fail "the first server does not start"
check_ok "the first is back: it serves" within 60 served_by "$FIRST"
check_ok "by the cookie of the second" logged "$FIRST, SECURE (ldapi): resuming"
expect "the same people" user1@example.com active

kill -STOP "$(pid_of first)"
check_ok "the first hangs: the second serves" within $PATIENCE \
    served_by "$LDAPI"
check_ok "domains, too" within $PATIENCE \
    area_has domains "state=persist server=$LDAPI "
set_status user1@example.com locked
follow
expect "and is followed" user1@example.com "blocked locked"

kill -CONT "$(pid_of first)"
check_ok "the first is back, but lags" within 60 logged 'lags behind'
check_ok "the second still serves" served_by "$LDAPI"
expect "what was shown stays" user1@example.com "blocked locked"

stop slapd
check_ok "not even alone it is believed" within $PATIENCE \
    area_has accounts 'state=\(connecting\|waiting\)'
expect "what was shown stays, still" user1@example.com "blocked locked"
check_ok "and not by the one that lags" sh -c "! '$BIN/certauthctl' \
    $CTL_OPTIONS status | grep -q 'state=persist server=$FIRST'"

stop first
copy_first && start_first
check_ok "with all changes it serves" within 60 served_by "$FIRST"
expect "the same, from there" user1@example.com "blocked locked"

# The first does not take our password any more.
start_slapd
stop first
copy_first another
start_first
check_ok "the first refuses the bind: the second serves" within 60 \
    served_by "$LDAPI"
check_ok "which is said" within 60 logged 'Invalid credentials'
set_status user1@example.com active
follow
expect "and the second is followed" user1@example.com active
finish
