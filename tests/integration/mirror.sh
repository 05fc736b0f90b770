#!/bin/sh
# Mirroring slapd: each kind of change arrives, a provider that stops, hangs,
# limits or was rebuilt is noticed, and nothing that is killed leaves half.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat
begin
have lookupd certauthctl
CTL_OPTIONS="-s $T/run/lookupd.sock"

logged() {
	grep -q -- "$1" "$LOGS/lookupd.log"
}

# How often the log says so.
count_log() {
	grep -c -- "$1" "$LOGS/lookupd.log"
}

# ---- every kind of change
start_slapd && start_mirror || exit 1
check_ok "the first refresh of accounts" follow accounts
check_ok "and of domains" follow domains
same "everybody is as the provider says"
check_ok "entries are counted" area_has accounts "entries=$((ACCOUNTS + 3)) "
expect "a canary is blocked" canary@example.com "blocked locked"

set_status user1@example.com locked
follow && expect "an account is locked" user1@example.com \
    "blocked locked"
set_status user1@example.com active
follow && expect "and unlocked" user1@example.com active

person new@example.com active alias=newalias@example.com
follow && expect "an account is added" new@example.com active
expect "with its alias" newalias@example.com active

printf '%s\n' 'dn: uid=new,ou=people,dc=example,dc=com' \
    'changetype: modify' 'add: zimbraMailAlias' \
    'zimbraMailAlias: second@example.com' - 'delete: zimbraMailAlias' \
    'zimbraMailAlias: newalias@example.com' | modify
follow && expect "an alias is added" second@example.com active
expect "and one is removed" newalias@example.com "unknown -"

printf '%s\n' 'dn: uid=new,ou=people,dc=example,dc=com' \
    'changetype: modrdn' 'newrdn: uid=newer' 'deleteoldrdn: 1' | modify
follow && expect "an entry is renamed" new@example.com active

printf '%s\n' 'dn: uid=newer,ou=people,dc=example,dc=com' \
    'changetype: modify' 'delete: zimbraMailAlias' | modify
follow && expect "an attribute is removed" second@example.com "unknown -"
expect "the others stay" new@example.com active

printf '%s\n' 'dn: uid=newer,ou=people,dc=example,dc=com' \
    'changetype: delete' | modify
follow && expect "an account is deleted" new@example.com "unknown -"

# The class cannot be changed without the attributes that need it.
person leaves@example.com active
follow && expect "an account that will leave the filter" \
    leaves@example.com active
{
	printf '%s\n' 'dn: uid=leaves,ou=people,dc=example,dc=com' \
	    'changetype: modify' 'replace: objectClass' \
	    'objectClass: inetOrgPerson'
	for _gone in zimbraMailDeliveryAddress zimbraId zimbraAccountStatus \
	    zimbraMailStatus zimbraMailHost; do
		printf '%s\n' - "delete: $_gone"
	done
} | modify
follow && expect "has left it" leaves@example.com "unknown -"

printf '%s\n' 'dn: dc=second,dc=com' 'changetype: modify' \
    'replace: zimbraDomainStatus' 'zimbraDomainStatus: locked' | modify
follow domains && expect "a domain is locked" user1@second.com \
    "blocked domain-locked"
printf '%s\n' 'dn: dc=second,dc=com' 'changetype: modify' \
    'replace: zimbraDomainStatus' 'zimbraDomainStatus: active' | modify
follow domains && expect "and unlocked" user1@second.com active
same "everybody again"
check_ok "nothing was asked of the provider meanwhile" \
    sh -c "! grep -q 'SRCH.*zimbraMailDeliveryAddress=' '$LOGS/slapd.log'"

# ---- the provider stops
stop slapd
check_ok "without its provider the connection is lost" \
    within $PATIENCE logged 'connection lost\|server closed\|ends the session'
expect "answers go on" user1@example.com active
expect "refusals, too" canary@example.com "blocked locked"
start_slapd
set_status bulk1@example.com locked
printf '%s\n' 'dn: uid=bulk2,ou=people,dc=example,dc=com' \
    'changetype: delete' | modify
person bulk900@example.com active
check_ok "it is back and followed" follow
expect "what it changed meanwhile" bulk1@example.com "blocked locked"
expect "what it deleted meanwhile" bulk2@example.com "unknown -"
expect "what it added meanwhile" bulk900@example.com active
check_ok "by resuming" logged ': resuming'
same "everybody after a restart of the provider"

# ---- lookupd stops, changes, and starts: from the cookie
resumed=$(count_log ': resuming')
anew=$(count_log ': reading everything')
stop lookupd
set_status bulk3@example.com locked
printf '%s\n' 'dn: uid=bulk5,ou=people,dc=example,dc=com' \
    'changetype: delete' | modify
start_lookupd
check_ok "a restart follows" follow
check_ok "from its cookie" [ "$(count_log ': resuming')" -gt "$resumed" ]
check "and reads nothing anew" "$anew" "$(count_log ': reading everything')"
same "everybody after a restart of lookupd"

# ---- with a session log the provider names what was deleted, not what is left
stop slapd
SYNCPROV='syncprov-sessionlog 1000'
slapd_conf >"$T/etc/slapd.conf"
start_slapd
set_status bulk13@example.com locked
follow
stop lookupd
set_status bulk14@example.com locked
for _gone in 15 17 18; do
	printf '%s\n' "dn: uid=bulk$_gone,ou=people,dc=example,dc=com" \
	    'changetype: delete' | modify
done
person bulk901@example.com active
start_lookupd
check_ok "a delete phase is followed" follow
expect "who was deleted" also17@example.com "unknown -"
same "everybody after a delete phase"

# ---- the provider hangs
kill -STOP "$(pid_of slapd)"
check_ok "a provider that hangs is noticed by its heartbeat" \
    within $PATIENCE logged 'no answer to a heartbeat'
expect "answers go on meanwhile" user1@example.com active
kill -CONT "$(pid_of slapd)"
set_status bulk6@example.com locked
check_ok "and followed again" follow
expect "what it changed" bulk6@example.com "blocked locked"

# ---- killed at any moment, while things change
churn() {
	for _round in $(seq 6); do
		set_status bulk$((_round * 4 + 1))@example.com \
		    "$([ $((($1 + _round) % 2)) = 0 ] && echo active ||
		    echo locked)"
	done
}
for round in 1 2 3 4 5 6; do
	churn $round &
	churning=$!
	victims=$(children_of "$(pid_of lookupd)")
	case $((round % 3)) in
	1) kill -KILL ${victims%% *} ;;
	2) kill -KILL ${victims##* } ;;
	0)	kill -KILL $(pid_of lookupd) $victims
		wait "$(pid_of lookupd)" 2>/dev/null
		rm -f "$T/pid/lookupd"
		start_lookupd ;;
	esac
	wait $churning
	check_ok "round $round: killed and followed" follow
	same "round $round: everybody"
done

# ---- another profile: read anew, beside
anew=$(count_log 'accounts.*: reading everything')
sed -i 's/^account = .*/account = "(\&(objectClass=zimbraAccount)(!(uid=bulk7)))";/' \
    "$T/etc/profiles/zimbra.conf"
ask_line reload
check "a reload with another filter" ok "$GOT"
check_ok "is read anew" within $PATIENCE sh -c "
    [ \$(grep -c 'accounts.*: reading everything' '$LOGS/lookupd.log') -gt $anew ]"
set_status bulk9@example.com active
check_ok "and followed" follow
expect "without whom it leaves out" bulk7@example.com "unknown -"
expect "with the others" bulk9@example.com active
cp "$top_srcdir/etc/profiles/zimbra.conf" "$T/etc/profiles/"
ask_line reload
set_status bulk9@example.com locked
follow
same "and back"

# ---- a provider that was rebuilt, its history another
stop slapd
load_slapd
start_slapd
set_status bulk10@example.com locked
check_ok "a rebuilt provider is followed" follow
same "everybody as it has them now"

# ---- what slapd tells nobody: a branch that leaves the base takes along who
# is in it without a word
printf '%s\n' 'dn: ou=team,ou=people,dc=example,dc=com' \
    'objectClass: organizationalUnit' 'ou: team' '' | modify -a
account moved@example.com active |
    sed 's/^dn: uid=moved,/&ou=team,/' | modify -a
sed -i 's/base = "dc=com";/base = "dc=example,dc=com"; domain_base = "dc=com";\
    refresh_interval = 1;/' "$T/etc/lookupd.conf"
ask_line reload
check "a reload with another base" ok "$GOT"
set_status bulk11@example.com locked
follow
expect "who is in a branch" moved@example.com active
printf '%s\n' 'dn: ou=team,ou=people,dc=example,dc=com' \
    'changetype: modrdn' 'newrdn: ou=team' 'deleteoldrdn: 1' \
    'newsuperior: ou=attic,dc=com' | modify
has_gone() {
	[ "$(verdict moved@example.com)" = "unknown -" ]
}
FOLLOW=60
check_ok "is gone with it, once all was read anew" within $FOLLOW has_gone
check_ok "beside" logged 'time to read everything anew'
expect "the others are there" user1@example.com active
set_status bulk11@example.com active
follow
expect "and are followed" bulk11@example.com active

# ---- limits
LIMITS='limits dn.exact="'$MIRROR_BIND'" size=10'
stop lookupd
stop slapd
slapd_conf >"$T/etc/slapd.conf"
start_slapd
rm -rf "$T/store" "$LOGS/lookupd.log"
start_mirror
check_ok "a limit is said, with the line that is needed" within $PATIENCE \
    logged "limits dn.exact=\"$MIRROR_BIND\" size=unlimited"
check_ok "in status, too" sh -c "'$BIN/certauthctl' $CTL_OPTIONS status |
    grep -q 'limits dn.exact'"
check_ok "and nothing is stored" area_has accounts entries=none
expect "nor answered" bulk1@example.com "unavailable stale"

finish
