#!/bin/sh
# The directory's access rules change while it is mirrored, of which a sync
# session is told nothing: locks that are hidden from now on must not become
# accounts without a lock, and when they are shown again all is well again.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat
begin
have lookupd certauthctl
CTL_OPTIONS="-s $T/run/lookupd.sock"
PROFILE=openldap
MIRROR='canary_interval = 1;'

# LOCK: an attribute whose absence means that there is no lock.
LOCK=pwdAccountLockedTime

directory_ldif() {
	first_entries
	for _name in canary locked other; do
		printf '%s\n' "dn: uid=$_name,dc=com" \
		    'objectClass: inetOrgPerson' "uid: $_name" "cn: $_name" \
		    'sn: p' "mail: $_name@example.com" ''
	done
}

SLAPD_GLOBAL="moduleload ppolicy
database config
rootpw $SLAPD_ROOT_SECRET"
SYNCPROV="overlay ppolicy"

# access RULE...: slapd's rules from now on, without a restart.
access() {
	{
		printf '%s\n' 'dn: olcDatabase={1}mdb,cn=config' \
		    'changetype: modify' 'replace: olcAccess'
		printf 'olcAccess: %s\n' \
		    'to attrs=userPassword by anonymous auth by * none' "$@" \
		    "to * by dn.exact=\"$MIRROR_BIND\" read by * none"
	} | ldapmodify -x -H "$LDAPI" -D cn=config -w $SLAPD_ROOT_SECRET \
	    >>"$LOGS/ldapmodify.log" 2>&1
}

lock() {
	printf '%s\n' "dn: uid=$1,dc=com" 'changetype: modify' \
	    "replace: $LOCK" "$LOCK: 000001010000Z" | modify -e relax
}

# touch_account NAME: the administrator changes something else.
touch_account() {
	TOUCHED=$((${TOUCHED:-0} + 1))
	printf '%s\n' "dn: uid=$1,dc=com" 'changetype: modify' \
	    'add: mail' "mail: $1-$TOUCHED@example.com" | modify
}

# says ADDRESS PATTERN
says() {
	case $(verdict "$1") in $2) ;; *) return 1 ;; esac
}

# is_refused NAME ADDRESS: asked often, it is never active.
is_refused() {
	_said=
	for _n in $(seq 100); do
		_said=$(verdict "$2")
		[ "$_said" != active ] || break
	done
	case $_said in
	unavailable*) pass "$1" ;;
	*) fail "$1: $_said" ;;
	esac
}

# hidden NAME RULE [REASON]: with that rule nobody is believed, and without it
# all are.
hidden() {
	check_ok "$1: the rules change" access "$2"
	check_ok "$1: the canary shows it" \
	    within $PATIENCE says other@example.com \
	    "unavailable ${3:-canary}"
	check_ok "$1: a locked account is changed" touch_account locked
	is_refused "$1: and is not active" locked@example.com
	check_ok "$1: the rules are as before" access
	check_ok "$1: it recovers" \
	    within $PATIENCE says other@example.com active
	expect "$1: with the lock" locked@example.com "blocked locked"
	touch_account locked
	follow
	expect "$1: and with what was changed" \
	    "locked-$TOUCHED@example.com" "blocked locked"
}

start_slapd
check_ok "a canary is locked" lock canary
check_ok "an account, too" lock locked
start_mirror || exit 1
check_ok "the first refresh" follow
check "a lock is seen" "blocked locked" "$(verdict locked@example.com)"
expect "who has none is active" other@example.com active

hidden attribute "to attrs=$LOCK by * none"
hidden entry 'to dn.exact="uid=canary,dc=com" by * none'
# Without classes no filter is true of anything, and the server is of no use.
hidden class 'to attrs=objectClass by * none' '*'

# A canary that is changed is no cause for anything.
anew=$(grep -c 'reading everything' "$LOGS/lookupd.log")
for _ in $(seq 200); do
	touch_account canary
done
check_ok "changes of the canary are followed" follow
check "and nothing is read anew for them" "$anew" \
    "$(grep -c 'reading everything' "$LOGS/lookupd.log")"
finish
