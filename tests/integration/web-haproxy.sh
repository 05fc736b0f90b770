#!/bin/sh
# HAProxy, which asks certauth-hook by Lua: the samples of etc/haproxy.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/web-proxy.sh"
needed haproxy

proxy_url() {
	echo "https://localhost:$HTTPS_PORT"
}

# start_haproxy [SED-SCRIPT [USER]]: the script is for both files.
start_haproxy() {
	sample haproxy/certauth.lua "$1" >"$T/etc/certauth.lua"
	sample haproxy/certauth.cfg "s|/etc/haproxy/server.pem|$T/certs/server.pem|" \
	    "s|/etc/haproxy/certauth.lua|$T/etc/certauth.lua|" \
	    "s|bind :443|bind 127.0.0.1:$HTTPS_PORT|" \
	    "s|127.0.0.1:8080|127.0.0.1:$APPLICATION_PORT|" \
	    '/^    \(user\|group\) haproxy/d' 's|^global|&\n    nbthread 1|' \
	    "$1" >"$T/etc/haproxy.cfg"
	spawn haproxy "${2:-$WEB_USER}" haproxy -db -f "$T/etc/haproxy.cfg"
	ready haproxy haproxy_answers && return 0
	say "HAProxy does not start"
	return 1
}

haproxy_answers() {
	fetch - "$(proxy_url)/"
	[ "$STATUS" != 000 ]
}

lookupd_service haproxy verified $WEB_USER
start_behind haproxy
free_port
HTTPS_PORT=$_port
start_haproxy || exit 1

certificate_rows "403 denied"
row "no certificate" - "401 no-cert" no-cert
check "a page says so" "<h1>No certificate was sent</h1>" \
    "$(grep "^<h1>" "$T/body")"
row "a certificate of others" foreign "401 untrusted" untrusted
row "expired" expired "401 expired" expired
check "a page says so" "<h1>The certificate has expired</h1>" \
    "$(grep "^<h1>" "$T/body")"
row "no address in it" noaddress "401 no-address" no-address
forgery_rows "401 no-cert" "403 denied"
connection_rows haproxy "403 denied"
upgrade_rows websocket

ENTRY=/admin/x
row "an administrator" admin "in admin@example.com" admin@example.com
row "no administrator" user1 "403 not-admin" not-admin
ENTRY='//Admin/x?y'
row "in other spelling" user1 "403 not-admin" not-admin
ENTRY=
row "no page for those who send something" locked 403 locked -d x
row "something sent, by who may" user1 "in user1@example.com" \
    user1@example.com -d x
fetch alias1 "$(proxy_url)/certauth"
check "the person's page" "200 <h1>You are signed in</h1>" \
    "$STATUS $(grep "^<h1>" "$T/body")"

resumption_row user1 200 user1@example.com
resumption_row expired 401 -
outage_rows 503 503 503
blind_row "$T/run/hook-haproxy.sock" "403 denied"
stop haproxy

say
say "HTTP/2"
start_haproxy 's/^\( *bind .*\)/\1 alpn h2,http\/1.1/' || exit 1
forgery_rows "401 no-cert" "403 denied"
check "that was HTTP/2" 2 "$(sed -n '1s|^HTTP/\([0-9]\).*|\1|p' "$T/head")"
stop haproxy

# Mode optional, with the login page.
sed -i -e '/hook-haproxy/,/}/s/"required"/"optional"/' \
    -e '/hook-haproxy/,/}/s/# login_url/login_url/' "$T/etc/certauth-hook.conf"
kill -HUP "$(pid_of hook)"
start_haproxy 's/#optional //' || exit 1
to_login() {
	enter -
	[ "$GOT" = "302 /login" ]
}
check_ok "optional: no certificate: the login page" within $PATIENCE to_login
say
say "Mode optional"
certificate_rows "302 /login"
row "a certificate of others" foreign "401 untrusted" untrusted
row "expired" expired "401 expired" expired
row "no address in it" noaddress "401 no-address" no-address
forgery_rows "302 /login" "302 /login"
ENTRY=/certauth
row "optional: the person's page, nobody" - "401 no-cert" no-cert
check "there is the way to the password" 1 \
    "$(grep -c '<a href="/login">' "$T/body")"
row "optional: the person's page, locked" locked "403 denied" locked
login_rows "302 /login" -
ENTRY=
stop hook
row "optional: the hook is down: no password is asked for" - 503 -
start_hook || exit 1
stop haproxy
check "HAProxy ends when asked" 143 $?

# In a chroot the hook's sockets have to be, and paths begin there.
if [ $ROOT = yes ]; then
	start_haproxy "s|^global|&\n    chroot $T/run|; s|$T/run/hook-|/hook-|
	    s|^    tune.bufsize|    user $WEB_USER\n    group $WEB_GROUP\n&|" root ||
	    exit 1
	row "in a chroot: an account" user1 "in user1@example.com" \
	    user1@example.com
	row "in a chroot: a locked account" locked "403 denied" locked
	stop haproxy
fi
finish_web
