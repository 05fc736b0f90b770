#!/bin/sh
# OpenVPN with its plugin auth-pam, which answers the module's prompt with the
# name in the certificate.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/pam-consumer.sh"
own_pam "$0" openvpn
[ -f /usr/lib/openvpn/openvpn-plugin-auth-pam.so ] ||
    broken "no openvpn-plugin-auth-pam.so"

# The sample without a network device, and over TCP, so that an end is told.
# server_conf [SED-SCRIPT]
server_conf() {
	echo "local 127.0.0.1"
	sample openvpn/certauth.conf "s|^port .*|port $VPN_PORT|" \
	    's|^proto .*|proto tcp-server|' \
	    's|^dev tun|dev null\ndev-type tun\nifconfig-noexec|' \
	    "s|^group .*|group $(id -gn nobody)|" "$1"
}

listens() {
	grep -q 'Initialization Sequence Completed' "$LOGS/openvpn.log"
}

# start_openvpn [SED-SCRIPT]
start_openvpn() {
	: >"$LOGS/openvpn.log"
	server_conf "$1" >"$T/etc/openvpn.conf"
	spawn openvpn root openvpn --config "$T/etc/openvpn.conf"
	ready openvpn listens && return 0
	say "OpenVPN does not start"
	return 1
}

# The client ends when it is refused, and we end it when it is in.
decided() {
	! running client || grep -qE \
	    'Initialization Sequence Completed|AUTH_FAILED|SIG[A-Z0-9]+\[' \
	    "$LOGS/client.log"
}

# start_client OPTION...: until it is in, or refused.
start_client() {
	: >"$LOGS/client.log"
	spawn client root openvpn --client --nobind --dev null \
	    --ifconfig-noexec --route-noexec --proto tcp-client \
	    --remote 127.0.0.1 $VPN_PORT --ca "$T/certs/CA.crt" \
	    --remote-cert-tls server --connect-retry-max 1 \
	    --resolv-retry 0 --single-session --tls-exit "$@"
	within $PATIENCE decided
}

# The name: what is typed; "typed" when nothing depends on it, - for a client
# that sends no name.
login() {
	_with="--cert $T/certs/$1.crt --key $T/certs/$1.key"
	[ "$1" != - ] || _with=
	if [ "$2" != - ]; then
		printf '%s\npassword\n' "${2:-typed}" >"$T/etc/typed"
		_with="$_with --auth-user-pass $T/etc/typed"
	fi
	start_client $_with
	stop client >/dev/null
	cat "$LOGS/client.log" >>"$LOGS/clients.log"
	if grep -q 'Initialization Sequence Completed' "$LOGS/client.log"; then
		GOT=in
	elif grep -q AUTH_FAILED "$LOGS/client.log"; then
		GOT=AUTH_FAILED
	else
		GOT=closed
	fi
}

lookupd_service certauth-openvpn asserted root
start_directory
stack certauth-openvpn
cd "$T/certs" && quietly "$BIN/mkcert" leaf vpn CA cn=localhost \
    eku=serverAuth key=ec &&
    cp vpn.pem server.crt && cp vpn.key server.key &&
    odd serverauth email=user1@example.com key=ec eku=serverAuth &&
    odd twomails email=user2@example.com email=user1@example.com key=ec \
    eku=clientAuth && odd nul email=user1@example.com%00.evil.example key=ec \
    eku=clientAuth && odd sanonly san-email=user1@example.com cn=user2 \
    key=ec eku=clientAuth &&
    odd long "email=$(printf '%0120d' 0)@example.com" key=ec \
    eku=clientAuth && cd / || exit 1
free_port
VPN_PORT=$_port
start_openvpn || exit 1

NO=AUTH_FAILED
asserted_rows $NO
status_change_rows $NO
row "no certificate" - typed closed
row "a certificate of others" foreign typed closed
row "a server's certificate" serverauth typed closed
row "no address in it" noaddress user1@example.com closed
row "the client sends no name" user1 - closed
row "another's name typed" user1 locked@example.com in user1@example.com
row "a locked one with another's name typed" locked user1@example.com \
    $NO locked
row "the last of two addresses, as documented" twomails typed \
    in user1@example.com
row "an address in the subject alternative name alone" sanonly typed closed
row "an embedded NUL ends the name, as documented" nul typed \
    in user1@example.com
row "a name too long for OpenVPN" long typed closed
blind_row certauth-openvpn $NO
outage_rows $NO
stop openvpn
check "OpenVPN ends when asked" 0 $?

# ---- renegotiation ------------------------------------------------------
# Not sooner: a client who is not through yet gives up on it (`key IDs out of
# sync'), and on a busy machine he needs two seconds.
printf 'typed\npassword\n' >"$T/etc/typed"
# user2 connects, and then is locked.
lock_connected() {
	start_client --auth-user-pass "$T/etc/typed" \
	    --cert "$T/certs/user2.crt" --key "$T/certs/user2.key"
	set_attribute user2@example.com zimbraAccountStatus locked
}
start_openvpn 's|^reneg-sec .*|reneg-sec 6|' || exit 1
lock_connected
check_ok "locked while connected: out at the next renegotiation" \
    within $PATIENCE gone client
check_ok "because PAM was asked" grep -q AUTH_FAILED "$LOGS/client.log"
stop client
set_attribute user2@example.com zimbraAccountStatus active
stop openvpn
start_openvpn 's|^reneg-sec .*|reneg-sec 6\nauth-gen-token 3600 120|' || exit 1
lock_connected
token_taken() {
	grep -q 'auth-token authentication succeeded' "$LOGS/openvpn.log"
}
check_ok "with auth-gen-token the token is asked instead" \
    within $PATIENCE token_taken
check_ok "and who was locked stays in" running client
stop client
set_attribute user2@example.com zimbraAccountStatus active
stop openvpn

# ---- what goes wrong with other settings --------------------------------
start_openvpn 's|COMMONNAME"|USERNAME"|' || exit 1
row "with USERNAME a typed name would count" user2 user1@example.com \
    in user1@example.com
stop openvpn
start_openvpn 's|certauth-openvpn certauth-identity COMMONNAME|certauth-openvpn|' ||
    exit 1
row "without a list of answers a typed name would, too" user2 \
    user1@example.com in user1@example.com
stop openvpn
start_openvpn 's|certauth-identity COMMONNAME|other COMMONNAME|' || exit 1
row "with an answer to another prompt: refused" user1 typed $NO
stop openvpn
start_openvpn 's|^verify-client-cert .*|verify-client-cert none|
    /^remote-cert-tls/d' || exit 1
row "verify-client-cert none: no certificate, no name, refused" - \
    user1@example.com $NO
stop openvpn
finish
