#!/bin/sh
# Bad neighbours: directories and processes that misbehave.  Each time: the
# right verdict or `unavailable' within the deadline, never `unknown' and
# never a wrong account; callers of another realm do not notice; and within
# two seconds of the cause's end all is well, without a hand.
#
# Realm main asks through hammer's relay, which spoils what slapd answers;
# realm strict asks slapd directly.  Nothing is remembered.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/bad.sh"
need slapd slapadd ldapsearch socat openssl setpriv
begin
have lookupd
have_hammer

ask="lookup service=imap evidence=none"
question="$ask email=user1@example.com"
right="active account=user1@example.com identity=user1@example.com"
ghost="$ask email=ghost@example.com"
beside="$ask realm=strict email=user2@example.com"
beside_right="active account=user2@example.com identity=user2@example.com"

# An ldapi URI, as of services.sh.
server_of() {
	echo "ldapi://$1" | sed 's|/|%2F|g; s|^ldapi:%2F%2F|ldapi://|'
}

lookupd_conf() {
	lookupd_top
	CACHE=0
	_slapd=$LDAPI
	LDAPI=$(server_of "$T/run/relay")
	realm main 'lockout = 3600;' 'canary_interval = 1;' \
	    'canary = [ "canary@example.com", "also-locked@example.com",
	    "user1@locked.example" ];'
	LDAPI=$_slapd
	echo ,
	realm strict 'bind = "simple"; lockout = 0;' \
	    'canary = [ "canary@example.com" ]; canary_interval = 1;' \
	    'bind_dn = "uid=certauth,cn=admins,cn=zimbra";' \
	    "secret_file = \"$T/etc/secret\";"
	echo ,
	realm rare
	echo ,
	realm astray 'domain_base = "dc=example,dc=com";' |
	    sed 's/base = ""; whole_tree = true;/base = "ou=away,dc=com";/'
	cat <<-END
	);
	services = ( { name = "imap"; evidence = [ "asserted", "none" ];
	    callers = [ "root" ];
	    realms = [ "main", "strict", "rare", "astray" ]; } );
	END
}

mode() {
	echo "$1" >"$T/mode.new"
	mv "$T/mode.new" "$T/mode"
}

start_relay() {
	mode pass
	spawn relay "$DAEMON_USER" "$BIN/hammer" relay "$T/run/relay" \
	    "$T/slapd/ldapi" "$T/mode"
	ready relay [ -S "$T/run/relay" ]
}

# ask_all: three questions at once; what came of them in $T/all, sorted, and
# TOOK, the milliseconds of the slowest.
ask_all() {
	_before=$(now_ms)
	_askers=
	for _n in 1 2 3; do
		case $_n in
		1) _line=$question ;;
		2) _line=$ghost ;;
		3) _line="$ask email=locked@example.com" ;;
		esac
		printf '%s\n' "$_line" | socat -t 10 - \
		    "UNIX-CONNECT:$SOCKET" >"$T/all.$_n" 2>>"$LOGS/socat.log" &
		_askers="$_askers $!"
	done
	wait $_askers
	TOOK=$(($(now_ms) - _before))
	SAID=$(cat "$T/all.1" "$T/all.2" "$T/all.3" | cut -d ' ' -f 1,2 |
	    sed 's/ account=.*//' | tr '\n' ',')
}

UNAVAILABLE=unavailable,unavailable,unavailable,
WELL="active,unknown,blocked reason=locked,"
# An entry that comes twice may also look like two.
DOUBTFUL="(active|ambiguous|unavailable),(unknown|unavailable),\
(blocked reason=locked|ambiguous|unavailable),"

# asked CASE EXPECTED: all three, in time; a regular expression.
asked() {
	ask_all
	if echo "$SAID" | sed 's/unavailable reason=[a-z]*/unavailable/g' |
	    grep -qxE "$2"; then
		pass "$1: ${SAID%,}"
	else
		fail "$1: expected $2 got $SAID"
	fi
	check_ok "$1: in time ($TOOK ms)" [ $TOOK -lt $IN_TIME ]
}

# well CASE: as it should be, within two seconds.
well() {
	_from=$(now_ms)
	check_ok "$1: active again within two seconds" within 2 lookup_active
	say "# after $(($(now_ms) - _from)) ms"
	ask_all
	check "$1: and all else is well" "$WELL" "$SAID"
}

# Configured while it runs; two answers are more than our users may have.
_external="gidNumber=$DAEMON_GID+uidNumber=$DAEMON_UID"
SLAPD_GLOBAL="database config
rootpw $SLAPD_ROOT_SECRET"
SLAPD_DATABASE="limits \
dn.exact=\"$_external,cn=peercred,cn=external,cn=auth\" size.unchecked=1
limits dn.exact=\"uid=certauth,cn=admins,cn=zimbra\" size=1"
make_certificates few && start_slapd && prepare_lookupd || exit 1
[ $ROOT = no ] || chmod 755 "$T/slapd"
start_relay && start_lookupd && within $PATIENCE lookup_active || exit 1
asked "before" "$WELL"

# ---- a directory that answers wrongly --------------------------------------
for how in refuse silent cut half noise text zeros huge endless notice \
    stranger wrongid twice slow; do
	other beside "$beside" "$beside_right"
	mode $how
	case $how in
	wrongid) expected=$WELL ;;
	stranger) expected="$WELL|$UNAVAILABLE" ;;
	twice) expected=$DOUBTFUL ;;
	*) expected=$UNAVAILABLE ;;
	esac
	asked "directory: $how" "$expected"
	asked "directory: $how, again" "$expected"
	mode pass
	well "directory: $how"
	others_undisturbed "directory: $how"
done

# As many connections as wait to be accepted, and nobody accepts.
other beside "$beside" "$beside_right"
kill -STOP "$(pid_of relay)"
asked "directory: stopped" $UNAVAILABLE
mode refuse
kill -CONT "$(pid_of relay)"
asked "directory: went on, and refuses" $UNAVAILABLE
mode pass
well "directory: stopped"
others_undisturbed "directory: stopped"

# ---- slapd that answers as slapd does ---------------------------------------
# configure ENTRY: changes of slapd's own configuration, from standard input.
configure() {
	{ printf 'dn: %s\nchangetype: modify\n' "$1"; cat; } |
	    ldapmodify -x -H "$LDAPI" -D cn=config -w $SLAPD_ROOT_SECRET \
	    >>"$LOGS/ldapmodify.log" 2>&1
}

# says REALM NAME: verdict and reason.
says() {
	ask_line "$ask realm=$1 email=$2"
	[ "$GOT" != active ] || WHY=
	echo "$GOT${WHY:+ $WHY}" | sed 's/ -$//'
}
is() {
	[ "$(says "$1" "$2")" = "$3" ]
}

check "size limit with one of two entries in hand" "unavailable directory" \
    "$(says strict shared@example.com)"
check "administrative limit" "unavailable directory" \
    "$(says main shared@example.com)"
check "a base that does not exist" "unavailable directory" \
    "$(says astray user1@example.com)"

referral() {
	printf '%s\n' "dn: $1" 'changetype: add' 'objectClass: referral' \
	    'objectClass: extensibleObject' 'ou: away' \
	    "ref: ldap://127.0.0.1:1/ou=away" | modify
}
other beside "$ask realm=strict email=user2@closed.example" unknown
referral ou=away,dc=com
check "a base that is elsewhere: a referral, not followed (T23)" \
    "unavailable directory" "$(says astray user1@example.com)"
asked "a part of the tree is elsewhere" $UNAVAILABLE
printf 'dn: ou=away,dc=com\nchangetype: delete\n' |
    ldapmodify -x -M -H "$LDAPI" -D cn=root -w $SLAPD_ROOT_SECRET \
    >>"$LOGS/ldapmodify.log" 2>&1
well "the tree is whole again"
kill -TERM "$(cat "$T/other-beside.pid")"
wait "$(cat "$T/other-beside.pid")"
OTHERS=

# Hidden while we run: nothing may be believed any more.
rule() {
	printf '%s: olcAccess\nolcAccess: {0}%s\n' "$1" "$2" |
	    configure 'olcDatabase={1}mdb,cn=config'
}
for hidden in zimbraDomainStatus zimbraMailAlias zimbraAccountStatus; do
	rule add "to attrs=$hidden by * none"
	_from=$(now_ms)
	case $hidden in
	zimbraAccountStatus) expected="blocked bad-entry" ;;
	*) expected="unavailable canary" ;;
	esac
	check_ok "$hidden is hidden: noticed" \
	    within 2 is main user1@example.com "$expected"
	say "# after $(($(now_ms) - _from)) ms"
	check_ok "$hidden is hidden: nobody is let in" \
	    within 1 is main user1@locked.example "$expected"
	printf 'delete: olcAccess\nolcAccess: {0}\n' |
	    configure 'olcDatabase={1}mdb,cn=config'
	well "$hidden is shown again"
done

# A session that ends while nobody asks.
check "a session" active "$(says rare user1@example.com)"
printf 'replace: olcIdleTimeout\nolcIdleTimeout: 1\n' | configure cn=config
timed_out() {
	grep -q 'closed (idletimeout)' "$LOGS/slapd.log"
}
check_ok "a session expires" within $PATIENCE timed_out
_from=$(now_ms)
check "the next question has another one" active \
    "$(says rare user1@example.com)"
check_ok "without waiting ($(($(now_ms) - _from)) ms)" \
    [ $(($(now_ms) - _from)) -lt $UNDISTURBED ]
printf 'replace: olcIdleTimeout\nolcIdleTimeout: 0\n' | configure cn=config

# A password that is no longer right.
password() {
	printf '%s\n' 'dn: uid=certauth,cn=admins,cn=zimbra' \
	    'changetype: modify' 'replace: userPassword' "userPassword: $1" |
	    modify
}
password other
kill -KILL "$(directory_pid "$(front_pid)")"
check_ok "a bind that is refused" \
    within 2 is strict user1@example.com "unavailable directory"
check_ok "concerns nobody else" within 2 is main user1@example.com active
password $SLAPD_SECRET
_from=$(now_ms)
check_ok "a bind that is accepted again: active within two seconds" \
    within 2 is strict user1@example.com active
say "# after $(($(now_ms) - _from)) ms"

# ---- killed under load ------------------------------------------------------
# load: 8 callers as fast as they can, to whom nothing wrong may be said.
load() {
	"$BIN/hammer" ask "$SOCKET" -c 8 -a "$1" "$question" "$right" \
	    >"$T/load" 2>>"$LOGS/load.log" &
	loader=$!
}

load_ends() {
	kill -TERM $loader
	wait $loader
	_status=$?
	say "# $(cat "$T/load")"
	check "$1: nothing wrong was said" "0 0" \
	    "$_status $(value wrong "$(cat "$T/load")")"
}

load unavailable
for round in 1 2 3; do
	kill -KILL "$(pid_of slapd)"
	wait "$(pid_of slapd)" 2>/dev/null
	asked "slapd killed in mid-answer, $round" $UNAVAILABLE
	rm -f "$T/pid/slapd"
	start_slapd || exit 1
	well "slapd killed, $round"
done
load_ends "slapd killed"

# killed CHILD: the front or the directory process, ten times.
another() {
	_now=$("$1_pid" "$(front_pid)")
	[ -n "$_now" ] && [ "$_now" != "$2" ]
}
for child in directory front; do
	load unavailable
	slowest=0
	for round in 1 2 3 4 5 6 7 8 9 10; do
		front=$(front_pid)
		_pid=$front
		[ $child = front ] || _pid=$(directory_pid "$front")
		_from=$(now_ms)
		kill -KILL "$_pid"
		within $PATIENCE another $child "$_pid"
		within $PATIENCE lookup_active
		_took=$(($(now_ms) - _from))
		[ $_took -le $slowest ] || slowest=$_took
	done
	check_ok "$child killed ten times: back in $slowest ms at most" \
	    [ $slowest -le $((2000 + UNDISTURBED)) ]
	load_ends "$child killed"
done
ask_all
check "after all that" "$WELL" "$SAID"

# The directory process stands still.
front=$(front_pid)
directory=$(directory_pid "$front")
other refused "$ask email=a..b@example.com" "refused reason=bad-identity"
kill -STOP "$directory"
asked "the directory process stands still" $UNAVAILABLE
kill -CONT "$directory"
well "the directory process goes on"
others_undisturbed "the directory process stands still"

# ---- reloads ----------------------------------------------------------------
"$BIN/hammer" ask "$SOCKET" -c 8 "$question" "$right" >"$T/load" \
    2>>"$LOGS/load.log" &
loader=$!
done=0
for round in $(seq 50); do
	sed "1i # $round\naudit_interval = $((round % 7));" \
	    "$T/etc/lookupd.conf" | sed '/^audit_interval = 0;/d' \
	    >"$T/etc/next.conf"
	cp "$T/etc/lookupd.conf" "$T/etc/first.conf"
	cp "$T/etc/next.conf" "$T/etc/lookupd.conf"
	ask_line reload
	[ "$GOT" != ok ] || done=$((done + 1))
	cp "$T/etc/first.conf" "$T/etc/lookupd.conf"
done
check "50 reloads" 50 $done
load_ends "50 reloads"
check "50 reloads: nobody was told to come again" "0 0" \
    "$(value lost "$(cat "$T/load")") $(value closed "$(cat "$T/load")")"
check "no sanitizer complains" "" "$(sanitizer_reports)"
finish
