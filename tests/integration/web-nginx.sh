#!/bin/sh
# nginx, which asks certauth-hook by auth_request, with what the other proxies
# are asked, too, in front of an application that says each name it was told:
# an nginx behind it would not hear the odd ones.  What is nginx's own is in
# nginx.sh.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/web-proxy.sh"
needed nginx

proxy_url() {
	echo "https://localhost:$HTTPS_PORT"
}

# restart_nginx [SED-SCRIPT]: in front of that application.
restart_nginx() {
	stop nginx
	sed -e "s|http://unix:$T/web/app.sock:|http://127.0.0.1:$APPLICATION_PORT|" \
	    -e "$1" "$T/etc/sample.conf" >"$T/etc/certauth-nginx.conf"
	spawn nginx "$WEB_USER" nginx -e stderr -c "$T/etc/nginx.conf"
	ready nginx nginx_answers && return 0
	say "nginx does not start"
	return 1
}

start_answers
start_hook && start_application && start_nginx || exit 1
cp "$T/etc/certauth-nginx.conf" "$T/etc/sample.conf"
restart_nginx || exit 1

HTTPS_PORT=$REQUIRED_PORT
certificate_rows "403 denied"
row "no certificate" - "401 no-cert" no-cert
row "a certificate of others" foreign "401 untrusted" untrusted
row "expired" expired "401 expired" expired
row "no address in it" noaddress "401 no-address" no-address
forgery_rows "401 no-cert" "403 denied"
connection_rows required "403 denied"
upgrade_rows ""
row "something sent, by who may" user1 "in user1@example.com" \
    user1@example.com -d x
row "something sent, by who may not" locked "403 denied" locked -d x
check "a page says so" "<h1>You cannot log in with this certificate</h1>" \
    "$(grep "^<h1>" "$T/body")"
row "the question is not for people" - "401 no-cert" no-cert --path-as-is \
    --request-target /_certauth
row "the question is not for people" user1 404 - --path-as-is \
    --request-target /_certauth
resumption_row user1 200 user1@example.com
resumption_row locked 403 locked
outage_rows 500 500 500
blind_row "$T/run/hook-required.sock" "403 denied"

say
say "Mode optional"
HTTPS_PORT=$OPTIONAL_PORT
_login="302 $(proxy_url)/login"
certificate_rows "$_login"
row "optional: no certificate" - "$_login" no-cert
row "optional: a certificate of others" foreign "401 untrusted" untrusted
row "optional: expired" expired "401 expired" expired
row "optional: no address in it" noaddress "401 no-address" no-address
forgery_rows "$_login" "$_login"
upgrade_rows ""
login_rows "$_login" no-cert
ENTRY=
resumption_row user1 200 user1@example.com
outage_rows 500 500 500

say
say "Mode off"
HTTPS_PORT=$REQUIRED_PORT
sed -i -e '/hook-required/,/}/s/"required"/"off"/' \
    -e '/hook-page\.sock/,/}/s/"required"/"off"/' "$T/etc/certauth-hook.conf"
kill -HUP "$(pid_of hook)"
is_off() {
	enter user1
	[ "$GOT" = "403 off" ]
}
check_ok "off, an account" within $PATIENCE is_off
check "a page says so" \
    "<h1>Logging in with certificates is switched off</h1>" \
    "$(grep "^<h1>" "$T/body")"
row "off, an administrator" admin "403 off" off
row "off, no certificate" - "403 off" off
ENTRY=/certauth
row "off, the person's page" user1 "403 off" off
ENTRY=
stop hook
start_hook || exit 1
check_ok "on again" within $PATIENCE is_in

say
say "HTTP/2"
restart_nginx 's/ ssl;/ ssl http2;/' || exit 1
HTTPS_PORT=$REQUIRED_PORT
forgery_rows "401 no-cert" "403 denied"
check "that was HTTP/2" 2 "$(sed -n '1s|^HTTP/\([0-9]\).*|\1|p' "$T/head")"
HTTPS_PORT=$OPTIONAL_PORT
forgery_rows "$_login" "$_login"

# What goes wrong with other settings.
restart_nginx 's/^ *server_name .*/&underscores_in_headers on;/' || exit 1
HTTPS_PORT=$REQUIRED_PORT
enter user1 -K "$T/etc/forged"
check_ok "with underscores_in_headers other names come through" \
    [ -n "$(smuggled)" ]
finish_web
