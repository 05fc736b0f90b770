#!/bin/sh
# Caddy, which asks certauth-hook by forward_auth: the samples of etc/caddy.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/web-proxy.sh"
needed caddy

proxy_url() {
	echo "https://localhost:$HTTPS_PORT"
}

# start_caddy [SED-SCRIPT]
start_caddy() {
	{
		printf '{\n\tadmin off\n\tauto_https off\n}\n'
		sample caddy/Caddyfile \
		    "s|https://www.example.com|https://localhost:$HTTPS_PORT|" \
		    "s|/etc/caddy/server.pem|$T/certs/server.crt|" \
		    "s|/etc/caddy/server.key|$T/certs/server.key|" \
		    "s|127.0.0.1:8080|127.0.0.1:$APPLICATION_PORT|" "$1"
	} >"$T/etc/Caddyfile"
	spawn caddy $WEB_USER env HOME="$T/web" XDG_DATA_HOME="$T/web" \
	    XDG_CONFIG_HOME="$T/web" GOMAXPROCS=1 \
	    caddy run --adapter caddyfile --config "$T/etc/Caddyfile"
	ready caddy caddy_answers && return 0
	say "Caddy does not start"
	return 1
}

caddy_answers() {
	fetch user1 "$(proxy_url)/certauth"
	[ "$STATUS" != 000 ]
}

lookupd_service caddy verified $WEB_USER
start_behind caddy
free_port
HTTPS_PORT=$_port
start_caddy || exit 1

certificate_rows "403 denied"
check "a page says so" "<h1>You cannot log in with this certificate</h1>" \
    "$(enter locked; grep "^<h1>" "$T/body")"
row "no certificate: no handshake" - 000 -
row "a certificate of others: no handshake" foreign 000 -
row "expired: no handshake" expired 000 -
row "no address in it" noaddress "401 no-address" no-address
forgery_rows 000 "403 denied"
connection_rows caddy "403 denied"
upgrade_rows websocket
row "something sent, by who may" user1 "in user1@example.com" \
    user1@example.com -d x
row "something sent, by who may not" locked "403 denied" locked -d x
fetch alias1 "$(proxy_url)/certauth"
check "the person's page" "200 <h1>You are signed in</h1>" \
    "$STATUS $(grep "^<h1>" "$T/body")"
fetch alias1 "$(proxy_url)/certauth" -K "$T/etc/forged" -d x
check "the person's page, something sent, forged headers" \
    "200 <h1>You are signed in</h1>" "$STATUS $(grep "^<h1>" "$T/body")"

# Somebody else's address in a header does not have refusals counted there.
address_of caddy -H "X-Forwarded-For: 192.0.2.1" -H "X-Real-IP: 192.0.2.1"
check "the address is the person's" 127.0.0.1 "$ADDRESS"
enter user1
check "the application is told what Caddy always tells" \
    "127.0.0.1 https localhost:$HTTPS_PORT" "$(told x-forwarded-for) $(told \
    x-forwarded-proto) $(told x-forwarded-host)"

resumption_row user1 200 user1@example.com
resumption_row locked 403 locked
outage_rows 502 504 "503 unavailable"
blind_row "$T/run/hook-caddy.sock" "403 denied"
stop caddy

# The other good mode: without a certificate Caddy sends a variable's name.
start_caddy 's/mode require_and_verify/mode verify_if_given/' || exit 1
row "verify_if_given: no certificate" - "401 no-cert" no-cert
check "a page says so" "<h1>No certificate was sent</h1>" \
    "$(grep "^<h1>" "$T/body")"
certificate_rows "403 denied"
row "a certificate of others: no handshake" foreign 000 -
row "expired: no handshake" expired 000 -
row "no address in it" noaddress "401 no-address" no-address
forgery_rows "401 no-cert" "403 denied"
check "that was HTTP/2" 2 "$(sed -n '1s|^HTTP/\([0-9]\).*|\1|p' "$T/head")"
stop caddy

# Mode optional, with the login page.
say
say "Mode optional"
sed -i -e '/hook-caddy/,/}/s/"required"/"optional"/' \
    -e '/hook-caddy/,/}/s/# login_url/login_url/' "$T/etc/certauth-hook.conf"
kill -HUP "$(pid_of hook)"
start_caddy 's/mode require_and_verify/mode verify_if_given/; s/#optional //' ||
    exit 1
to_login() {
	enter -
	[ "$GOT" = "302 /login" ]
}
check_ok "optional: no certificate: the login page" within $PATIENCE to_login
certificate_rows "302 /login"
row "optional: no address in it" noaddress "401 no-address" no-address
check "a page says so" "<h1>The certificate does not say who you are</h1>" \
    "$(grep "^<h1>" "$T/body")"
row "optional: a certificate of others: no handshake" foreign 000 -
forgery_rows "302 /login" "302 /login"
login_rows "302 /login" no-cert
ENTRY=/certauth
row "optional: the person's page, nobody" - "401 no-cert" no-cert
check "there is the way to the password" 1 \
    "$(grep -c '<a href="/login">' "$T/body")"
ENTRY=
stop lookupd
row "optional: lookupd is down: no password is asked for" user1 \
    "503 unavailable" internal
start_lookupd && within $PATIENCE lookup_active || exit 1
stop hook
row "optional: the hook is down: no password is asked for" - 502 -
start_hook || exit 1
stop caddy

# What goes wrong with other settings; lookupd has the last word.
start_caddy 's/mode require_and_verify/mode require/' || exit 1
row "mode require: a certificate of others comes as far as lookupd" foreign \
    "401 untrusted" untrusted
row "mode require: expired" expired "401 expired" expired
stop caddy
start_caddy '/handle_response @refused/,/}/s/import certauth_page/redir \/x 302/' ||
    exit 1
row "a handle_response that does not answer lets nobody in" locked 503 locked
row "nor does it keep somebody out" user1 "in user1@example.com" \
    user1@example.com
stop caddy
start_caddy '/header_up Client-Cert/d; /request_header/d' || exit 1
row "without the lines about Client-Cert a person's own is believed" locked \
    "in user1@example.com" user1@example.com \
    -H "Client-Cert: :$(der user1):"
stop caddy
check "Caddy ends when asked" 0 $?
finish_web
