#!/bin/sh
# Mirroring locks that slapd's ppolicy makes: operational attributes, set by
# an administrator and by failed logins; and a refresh that is killed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat
begin
have lookupd certauthctl
CTL_OPTIONS="-s $T/run/lookupd.sock"
PROFILE=openldap
CANARIES=
: "${MANY:=6000}"

directory_ldif() {
	first_entries
	printf '%s\n' 'dn: cn=policy,dc=com' \
	    'objectClass: applicationProcess' 'objectClass: pwdPolicy' \
	    'cn: policy' 'pwdAttribute: userPassword' 'pwdLockout: TRUE' \
	    'pwdMaxFailure: 2' ''
	for _n in $(seq $MANY); do
		printf '%s\n' "dn: uid=p$_n,dc=com" \
		    'objectClass: inetOrgPerson' "uid: p$_n" "cn: p$_n" \
		    'sn: p' "mail: p$_n@example.com" 'userPassword: secret' ''
	done
}

# The configuration of mirror-slapd.sh, and the overlay.
SLAPD_GLOBAL="moduleload ppolicy"
SYNCPROV="overlay ppolicy
ppolicy_default cn=policy,dc=com"

lock() {
	printf '%s\n' "dn: uid=$1,dc=com" 'changetype: modify' \
	    'replace: pwdAccountLockedTime' "pwdAccountLockedTime: $2" |
	    modify -e relax
}

start_slapd && start_mirror || exit 1
check_ok "the first refresh" follow
check_ok "of all" area_has accounts "entries=$MANY "
expect "somebody" p1@example.com active

lock p1 000001010000Z
check_ok "locked by an administrator: followed" follow
expect "and locked" p1@example.com "blocked locked"
printf '%s\n' 'dn: uid=p1,dc=com' 'changetype: modify' \
    'delete: pwdAccountLockedTime' | modify -e relax
follow
expect "and let loose" p1@example.com active

for _n in 1 2 3; do
	ldapsearch -x -H "$LDAPI" -D uid=p2,dc=com -w wrong -b '' -s base \
	    >>"$LOGS/logins.log" 2>&1
done
check_ok "the server has locked somebody" sh -c "ldapsearch -x -LLL -H '$LDAPI' \
    -D cn=root,dc=com -w $SLAPD_ROOT_SECRET -b uid=p2,dc=com \
    pwdAccountLockedTime | grep -q '^pwdAccountLockedTime'"
locked_out() {
	[ "$(verdict p2@example.com)" = "blocked lockout" ]
}
check_ok "locked by failed logins" within $PATIENCE locked_out

# The lock is told in a resumed session, too.
stop lookupd
lock p3 000001010000Z
start_lookupd
check_ok "locked while we were away: followed" follow
expect "and locked" p3@example.com "blocked locked"

# ---- killed while everything is read: never half of it
whole() {
	case $(area accounts) in
	*" entries=$MANY "* | *" entries=none"*) return 0 ;;
	esac
	return 1
}
for round in 1 2 3 4 5 6 7 8; do
	kill -KILL $(pid_of lookupd) $(children_of "$(pid_of lookupd)")
	wait "$(pid_of lookupd)" 2>/dev/null
	[ $((round % 2)) = 0 ] || rm -rf "$T/store/"*
	sed -i "s/^# round.*//; \$a # round $round" \
	    "$T/etc/profiles/openldap.conf"
	start_lookupd
	for _moment in $(seq $((round * 7 % 10))); do
		area accounts >>"$LOGS/area.log"
	done
	check_ok "round $round: all or nothing: $(area accounts |
	    sed 's/.*\(state=[a-z]*\).*\(entries=[a-z0-9]*\).*/\1 \2/')" whole
	case $round in
	2 | 5)	kill -KILL $(children_of "$(pid_of lookupd)") ;;
	esac
done
lock p4 000001010000Z
check_ok "and followed in the end" follow
expect "with its lock" p4@example.com "blocked locked"
expect "and the others'" p3@example.com "blocked locked"
expect "and somebody" p$MANY@example.com active
finish
