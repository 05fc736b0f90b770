#!/bin/sh
# A mirror of two slapd in multi-provider replication, with relays between
# all of them: partition, kill, SIGSTOP, replication that stands still, TLS
# and bind failure; and how often servers are tried.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat openssl
begin
HAMMER=$top_builddir/tests/tools/hammer
[ -f "$HAMMER" ] || { say "hammer was not built"; exit 1; }
have lookupd certauthctl
CTL_OPTIONS="-s $T/run/lookupd.sock"
ACCOUNTS=8

uri_of() {
	echo "ldapi://$T/$1" | sed 's|\([^:/]\)/|\1%2F|g; s|//*tmp|//%2Ftmp|; s|///|//|'
}

# relay NAME TARGET: listens on $T/NAME; its mode is in $T/NAME.mode.
relay() {
	echo pass >"$T/$1.mode"
	chmod 644 "$T/$1.mode"
	spawn "$1" "$DAEMON_USER" "$HAMMER" relay "$T/r/$1" "$T/$2/ldapi" \
	    "$T/$1.mode"
}

mode() {
	echo "$2" >"$T/$1.mode"
}

# node NAME SID PEER-RELAY: configuration of one of the two.
node_conf() {
	SYNCPROV="syncprov-checkpoint 1 1"
	slapd_conf | sed "s|$T/slapd|$T/$1|; s/^serverID 1/serverID $2/
	    s|^overlay syncprov|syncrepl rid=001 provider=$(uri_of "r/$3") \
searchbase=dc=com type=refreshAndPersist retry=\"1 +\" bindmethod=simple \
binddn=cn=root,dc=com credentials=$SLAPD_ROOT_SECRET\nmultiprovider on\n&|"
}

prepare_node() {
	mkdir -p "$T/$1/data"
	node_conf "$@" >"$T/etc/$1.conf"
	[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/$1"
}

node_answers() {
	ldapsearch -x -LLL -H "$(uri_of $1/ldapi)" -s base -b '' \
	    -o nettimeout=1 1.1
}

start_node() {
	rm -f "$T/$1/ldapi"
	spawn "$1" "$DAEMON_USER" slapd -d stats -f "$T/etc/$1.conf" \
	    -h "$(uri_of $1/ldapi)"
	ready "$1" node_answers "$1"
}

kill_node() {
	kill -KILL "$(pid_of $1)"
	wait "$(pid_of $1)" 2>/dev/null
	rm -f "$T/pid/$1"
}

# at NODE COMMAND...: what `modify' and `provider' talk to.
at() {
	LDAPI=$(uri_of $1/ldapi)
	shift
	"$@"
}

logged() {
	grep -q -- "$1" "$LOGS/lookupd.log"
}

count_log() {
	grep -c -- "$1" "$LOGS/lookupd.log"
}

served_by() {
	area_has accounts "state=persist server=$(uri_of "r/to-$1") "
}

# both NAME: a change is made at each, and the mirror follows both.
both() {
	at b set_status bulk1@example.com "$2"
	at a set_status bulk2@example.com "$2"
	check_ok "$1: changes made at both arrive" within 60 comes "$2"
}
comes() {
	[ "$1" = active ] && _want=active || _want="blocked $1"
	[ "$(verdict bulk1@example.com)" = "$_want" ] &&
	    [ "$(verdict bulk2@example.com)" = "$_want" ]
}

becomes() {
	[ "$(verdict "$1")" = "$2" ]
}

replicated() {
	[ "$(at a changes_of | sort)" = "$(at b changes_of | sort)" ]
}

mkdir -p "$T/r" "$T/slapd"
[ $ROOT = no ] || chown "$DAEMON_USER" "$T/r"
cp "$INTEGRATION/zimbra.schema" "$T/etc/"
prepare_node a 1 b-to-a
prepare_node b 2 a-to-b
directory_ldif >"$T/etc/directory.ldif"
( as "$DAEMON_USER" slapadd -q -w -S 1 -f "$T/etc/a.conf" \
    -l "$T/etc/directory.ldif" ) >"$LOGS/slapadd.log" 2>&1
relay b-to-a b			# a reads from b through it
relay a-to-b a
relay to-a a
relay to-b b
start_node a && start_node b || { say "no two providers"; exit 1; }
check_ok "the second replicates the first" within $PATIENCE replicated
at b set_status bulk3@example.com active
check_ok "and the first the second" within $PATIENCE replicated

SERVERS="\"$(uri_of r/to-a)\", \"$(uri_of r/to-b)\""
start_mirror || exit 1
check_ok "the first serves" within $PATIENCE served_by a
both "on the first" locked

say
say "Killed"
kill_node a
check_ok "the second serves" within $PATIENCE served_by b
check_ok "with the first one's cookie" logged "r%2Fto-b, SECURE (ldapi): resuming"
at b set_status user1@example.com locked
check_ok "and is followed" within $PATIENCE becomes user1@example.com \
    "blocked locked"
start_node a
check_ok "the first is back" within 90 served_by a
expect "with what was shown" user1@example.com "blocked locked"
both "on the first again" active

say
say "Hanging"
kill -STOP "$(pid_of a)"
check_ok "the second serves when the first hangs" within 30 served_by b
at b set_status user1@example.com active
check_ok "and is followed" within $PATIENCE becomes user1@example.com active
kill -CONT "$(pid_of a)"
check_ok "the first is back" within 90 served_by a
expect "what was shown" user1@example.com active

say
say "Partitioned"
mode to-a silent
check_ok "the second serves when the first is silent" within 30 served_by b
at b set_status user1@example.com locked
check_ok "and is followed" within $PATIENCE becomes user1@example.com \
    "blocked locked"

say
say "Lagging"
# The first hears nothing of the second any more, but answers us.
mode b-to-a silent
at b set_status bulk5@example.com locked
check_ok "a change only the second has is shown" within $PATIENCE becomes \
    bulk5@example.com "blocked locked"
mode to-a refuse
at a set_status bulk7@example.com active
lagging=$(count_log 'lags .*behind')
mode to-a pass
more_lag() { [ "$(count_log 'lags .*behind')" -gt "$lagging" ]; }
check_ok "the first lags, and that is said" within 90 more_lag
check_ok "in status, too" sh -c "'$BIN/certauthctl' $CTL_OPTIONS status |
    grep -q 'trouble: .*to-a: it lags behind what is shown, by [0-9]* s'"
check_ok "the second still serves" served_by b
kill -STOP "$(pid_of b)"
served_by_none() {
	! area_has accounts state=persist
}
check_ok "the second hangs" within 30 served_by_none
lagging=$(count_log 'lags .*behind')
check_ok "alone the first lags still" within 60 more_lag
check_ok "and serves nobody" served_by_none
expect "what was shown stays" bulk5@example.com "blocked locked"
kill -CONT "$(pid_of b)"
# What b tells now ends the connection on which a would wait for ever.
mode b-to-a refuse
retries() { grep -c 'do_syncrepl: .*retrying' "$LOGS/a.log"; }
before=$(retries)
at b set_status bulk6@example.com locked
retried() { [ "$(retries)" -gt "$before" ]; }
check_ok "the first has lost the second" within $PATIENCE retried
mode b-to-a pass
check_ok "replication goes on" within 60 replicated
check_ok "and the first serves again" within 120 served_by a
check "each is as the provider says" "" "$(told >"$T/told"
    diff "$T/truth" "$T/told" | head -n 3)"

say
say "How often"
mode to-a refuse
mode to-b refuse
kill_node a
kill_node b
tries() {
	count_log 'accounts: ldapi.*to-a: '
}
check_ok "both are gone" within $PATIENCE sh -c "
    '$BIN/certauthctl' $CTL_OPTIONS status | grep -q 'state=\(waiting\|connecting\)'"
expect "answers go on" bulk5@example.com "blocked locked"
before=$(tries)
within 12 false
quiet=$(($(tries) - before))
check_ok "while answers go on a server is tried now and then ($quiet in 12 s)" \
    [ $quiet -ge 1 ] && [ $quiet -le 6 ]
stop lookupd
rm -rf "$T/store"
start_mirror
before=$(tries)
within 12 false
urgent=$(($(tries) - before))
check_ok "while none are, each second ($urgent in 12 s)" [ $urgent -ge 6 ]
start_node a
mode to-a pass
check_ok "it is found at once" within $PATIENCE served_by a
check_ok "and answers" within $PATIENCE becomes bulk5@example.com \
    "blocked locked"

say
say "TLS and bind"
mkdir -p "$T/c/data"
for name in c trusted; do
	mkdir -p "$T/$name"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -days 2 \
	    -keyout "$T/$name/key" -out "$T/$name/cert" 2>/dev/null
done
node_conf c 3 a-to-b | sed "/^syncrepl/d; /^multiprovider/d
    s|^pidfile|TLSCertificateFile $T/c/cert\nTLSCertificateKeyFile $T/c/key\n&|" \
    >"$T/etc/c.conf"
[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/c"
free_port
spawn c "$DAEMON_USER" slapd -d stats -f "$T/etc/c.conf" \
    -h "$(uri_of c/ldapi) ldaps://127.0.0.1:$_port"
ready c node_answers c || fail "the third does not start"
SERVERS="\"ldaps://127.0.0.1:$_port\", \"$(uri_of c/ldapi)\", \"$(uri_of r/to-a)\""
MIRROR="tls_ca = \"$T/trusted/cert\";"
stop lookupd
lookupd_conf >"$T/etc/lookupd.conf"
start_lookupd
check_ok "past a certificate nobody trusts and a bind that fails" \
    within 30 served_by a
check_ok "TLS is said" logged "ldaps://127.0.0.1:$_port: "
check_ok "the bind is said" logged "$(uri_of c/ldapi): .*[Ii]nvalid"
expect "and answers" bulk5@example.com "blocked locked"
finish
