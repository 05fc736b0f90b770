#!/bin/sh
# ocserv: client certificates, and acct = "pam" when a session begins.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/pam-consumer.sh"
own_pam "$0" ocserv openconnect
TUN=yes
[ -c /dev/net/tun ] && : <>/dev/net/tun 2>/dev/null || TUN=no

# ocserv_conf [SED-SCRIPT]
ocserv_conf() {
	echo "listen-host = 127.0.0.1"
	echo "max-ban-score = 0"
	echo "pid-file = $T/run/ocserv.pid"
	sample ocserv/certauth.conf "s|^tcp-port = .*|tcp-port = $VPN_PORT|" \
	    "s|^udp-port = .*|udp-port = 0|" "s|/run/ocserv|$T/vpn/ocserv|" \
	    "s|^run-as-group = .*|run-as-group = $(id -gn nobody)|" "$1"
}

answers() {
	curl -q -s --noproxy '*' --max-time 5 -o /dev/null \
	    --cacert "$T/certs/server.crt" "https://localhost:$VPN_PORT/" ||
	    [ $? = 56 ]
}

# start_ocserv [SED-SCRIPT]
start_ocserv() {
	mkdir -p "$T/vpn"
	ocserv_conf "$1" >"$T/etc/ocserv.conf"
	spawn ocserv root ocserv -f -d 3 -c "$T/etc/ocserv.conf"
	ready ocserv answers && return 0
	say "ocserv does not start"
	return 1
}

# vpn ARGUMENT...: a client until it ends; without a network device of its own,
# and what the server sends into its tunnel goes to a program that ends at
# once.
vpn() {
	: >"$LOGS/client.log"
	_before=$(wc -l <"$LOGS/ocserv.log")
	spawn client root openconnect --protocol=anyconnect --non-inter \
	    --no-dtls --cafile "$T/certs/server.crt" --script-tun \
	    --script true --reconnect-timeout 1 "$@" \
	    "https://localhost:$VPN_PORT/"
	within $PATIENCE gone client
	stop client >/dev/null
	cat "$LOGS/client.log" >>"$LOGS/clients.log"
	if grep -q '^Configured as ' "$LOGS/client.log" || opened; then
		GOT=in
	elif grep -q 'Cookie was rejected' "$LOGS/client.log"; then
		GOT=cookie
	elif grep -q 'Failed to obtain WebVPN cookie' "$LOGS/client.log"; then
		GOT=login
	else
		GOT=closed
	fi
}

# Where the machine has no tunnels, a session that was opened must do.
opened() {
	[ $TUN = no ] && tail -n "+$((_before + 1))" "$LOGS/ocserv.log" |
	    grep -q 'sec-mod: initiating session for user'
}

# What is said of the name: - nothing, the cookie of a login, NAME:PASSWORD.
login() {
	_with="--certificate $T/certs/$1.crt --sslkey $T/certs/$1.key"
	[ "$1" != - ] || _with=
	case $2 in
	*webvpn=*) vpn $_with --cookie "$2" ;;
	*:*) vpn --user "${2%:*}" --form-entry "main:password=${2#*:}" ;;
	*) vpn $_with ;;
	esac
}

# typed CERTIFICATE NAME: in the form that ocserv shows when the certificate
# does not say who it is; the status, and the cookie if there is one.
typed() {
	fetch "$1" "https://localhost:$VPN_PORT/auth" -d \
	    "<config-auth client=\"vpn\" type=\"auth-reply\"><auth>
	    <username>$2</username></auth></config-auth>" \
	    -H "X-Aggregate-Auth: 1" -H "X-Transcend-Version: 1"
	echo "$STATUS $(tr -d '\r' <"$T/head" |
	    sed -n 's/^Set-Cookie: \(webvpn=[^;]*\).*/\1/Ip')"
}

# The first half of a login: what a client keeps to come back with.
cookie_of() {
	openconnect --protocol=anyconnect --non-inter --authenticate \
	    --cafile "$T/certs/server.crt" --certificate "$T/certs/$1.crt" \
	    --sslkey "$T/certs/$1.key" "https://localhost:$VPN_PORT/" \
	    2>>"$LOGS/clients.log" | sed -n "s/^COOKIE='\(.*\)'/\1/p"
}

# hold CERTIFICATE: connected, and stays, until let_go.  Sets cookie.
hold() {
	cookie=$(cookie_of "$1")
	: >"$LOGS/holder.log"
	HELD=$(wc -l <"$LOGS/ocserv.log")
	spawn holder root openconnect --protocol=anyconnect --non-inter \
	    --no-dtls --cafile "$T/certs/server.crt" --script-tun \
	    --script 'cat <&$VPNFD' --certificate "$T/certs/$1.crt" \
	    --sslkey "$T/certs/$1.key" --cookie "$cookie" \
	    "https://localhost:$VPN_PORT/"
	ready holder grep -q '^Configured as ' "$LOGS/holder.log" ||
	    say "not connected: $1"
}

let_go() {
	_holder=$(pid_of holder)
	kill -KILL $(children_of "$_holder") "$_holder"
	wait "$_holder" 2>/dev/null
	rm "$T/pid/holder"
}

# left USER: ocserv has noticed.
left() {
	tail -n "+$((HELD + 1))" "$LOGS/ocserv.log" |
	    grep -q "temporarily closing session for $1"
}

lookupd_service ocserv asserted root
start_directory
stack ocserv
cd "$T/certs" && odd subject email=user1@example.com cn=user1@example.com \
    key=ec eku=clientAuth && odd both san-email=user1@example.com \
    san-email=user2@example.com key=ec eku=clientAuth &&
    odd nul san-email=user1@example.com%00.evil.example key=ec \
    eku=clientAuth && odd pattern 'san-email=*@example.com' key=ec \
    eku=clientAuth && cd / || exit 1
free_port
VPN_PORT=$_port
start_ocserv || exit 1
[ $TUN = yes ] || say "# no /dev/net/tun: sessions are read from ocserv's log"

NO=cookie
asserted_rows $NO
status_change_rows $NO
cookie=$(cookie_of user2)
row "a client with its cookie" user2 "$cookie" in user2@example.com
# One that is ended by force says no goodbye; its session can be taken up again.
hold user2
let_go
within $PATIENCE left user2@example.com
set_attribute user2@example.com zimbraAccountStatus locked
row "a session is taken up again without PAM, as documented" user2 "$cookie" in
row "but a new one is refused" user2 - $NO locked
set_attribute user2@example.com zimbraAccountStatus active

# ---- whose name it is ---------------------------------------------------
row "no certificate" - - closed
row "a certificate of others" foreign - closed
row "no address in it" noaddress - closed
check "no address in it, and a name typed" "401 " \
    "$(typed noaddress user1@example.com)"
check "no address in it, no name typed" "401 " "$(typed noaddress "")"
cookie=$(typed user2 user1@example.com)
row "somebody's certificate, another's name typed" user2 "${cookie#200 }" \
    in user2@example.com
row "an address in the subject alone" subject - closed
row "of several addresses the first arrives, as documented" both - \
    in user1@example.com
row "an embedded NUL ends the name, as documented" nul - in user1@example.com
row "a pattern is no address" pattern - $NO unknown
stack ocserv 's|evidence=user|evidence=prompt prompt=certauth-identity|'
row "a prompt gets no answer: refused" user1 - $NO
stack ocserv "s|evidence=user|evidence=status|"
row "evidence=status is not what lookupd.conf allows" user1 - $NO evidence
blind_row ocserv $NO
outage_rows $NO
stop ocserv
check "ocserv ends when asked" 0 $?

# ---- what goes wrong with other settings --------------------------------
printf 'sesame\nsesame\n' | quietly ocpasswd -c "$T/etc/ocpasswd" user1@example.com
start_ocserv "s|^auth = .*|&\nenable-auth = \"plain[passwd=$T/etc/ocpasswd]\"|" ||
    exit 1
row "with enable-auth a typed name would count" - user1@example.com:sesame \
    in user1@example.com
stop ocserv
finish
