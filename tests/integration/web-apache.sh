#!/bin/sh
# Apache in front, which hands the certificate over as RFC 9440 has it, to the
# hook's page and to an nginx that asks the hook: the samples of etc/apache and
# etc/nginx.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/web-proxy.sh"
needed apache2 nginx
MODULES=/usr/lib/apache2/modules

proxy_url() {
	echo "https://localhost:$HTTPS_PORT"
}

# What a2enmod and Debian's apache2.conf do, and the sample.
# apache_conf [SED-SCRIPT]
apache_conf() {
	for _module in mpm_event authz_core ssl headers proxy proxy_http; do
		echo "LoadModule ${_module}_module $MODULES/mod_$_module.so"
	done
	cat <<-END
	ServerName localhost
	ServerRoot $T/web
	PidFile $T/web/apache.pid
	Mutex file:$T/web
	DefaultRuntimeDir $T/web
	ErrorLog $LOGS/apache-error.log
	Listen 127.0.0.1:$HTTPS_PORT
	StartServers 1
	ServerLimit 1
	ThreadsPerChild 8
	MaxRequestWorkers 8
	END
	sample apache/certauth-front.conf "s|\*:443|127.0.0.1:$HTTPS_PORT|" \
	    "s|/etc/certauth/server.pem|$T/certs/server.crt|" \
	    "s|/etc/certauth/server.key|$T/certs/server.key|" \
	    "s|/run/certauth-behind/|$T/web/|" "$1"
}

# start_apache [SED-SCRIPT]
start_apache() {
	apache_conf "$1" >"$T/etc/apache.conf"
	spawn apache $WEB_USER apache2 -f "$T/etc/apache.conf" -D FOREGROUND
	ready apache apache_answers && return 0
	say "Apache does not start"
	return 1
}

apache_answers() {
	fetch user1 "$(proxy_url)/"
	[ "$STATUS" != 000 ]
}

# nginx_behind [SED-SCRIPT]
nginx_behind() {
	cp "$top_srcdir"/etc/nginx/*.inc "$T/etc/"
	cat <<-END
	daemon off;
	worker_processes 1;
	pid $T/web/nginx.pid;
	error_log stderr notice;
	events { worker_connections 256; }
	http {
	  access_log off;
	  client_body_temp_path $T/web/body;
	  proxy_temp_path $T/web/proxy;
	  fastcgi_temp_path $T/web/fastcgi;
	  uwsgi_temp_path $T/web/uwsgi;
	  scgi_temp_path $T/web/scgi;
	END
	sample nginx/certauth-behind.conf "$1" \
	    "s|/run/certauth-behind/|$T/web/|" \
	    "s|include certauth-|include $T/etc/certauth-|" \
	    "s|127.0.0.1:8080|127.0.0.1:$APPLICATION_PORT|"
	echo "}"
}

nginx_listens() {
	[ "$(curl -q -s -o /dev/null -w '%{http_code}' --unix-socket \
	    "$T/web/nginx.sock" -H "X-SSL-Verify: NONE" \
	    http://localhost/)" = 401 ]
}

lookupd_service apache verified $WEB_USER
start_behind apache
free_port
HTTPS_PORT=$_port
nginx_behind >"$T/etc/nginx.conf"
spawn nginx $WEB_USER nginx -e stderr -c "$T/etc/nginx.conf"
ready nginx nginx_listens || exit 1
start_apache || exit 1

certificate_rows "403 denied"
row "no certificate" - "401 no-cert" no-cert
check "a page says so" "<h1>No certificate was sent</h1>" \
    "$(grep "^<h1>" "$T/body")"
row "a certificate of others: no handshake" foreign 000 -
row "expired: no handshake" expired 000 -
row "no address in it" noaddress "401 no-address" no-address
forgery_rows "401 no-cert" "403 denied"
connection_rows apache "403 denied"
upgrade_rows ""
row "something sent, by who may" user1 "in user1@example.com" \
    user1@example.com -d x
row "something sent, by who may not" locked "403 denied" locked -d x
row "the question is not for people" - 404 -  --path-as-is \
    --request-target /_certauth

# The page, which Apache asks the hook for.
page() {
	_what=$1 _cert=$2 _expected=$3
	shift 3
	fetch "$_cert" "$(proxy_url)/certauth" "$@"
	check "the page: $_what" "$_expected" "$STATUS $(sed -n \
	    's/^<h1>\(.*\)<\/h1>/\1/p' "$T/body")"
}
page "an alias" alias1 "200 You are signed in"
check "account and identity" "user1@example.com alias1@example.com" \
    "$(sed -n 's/^<dd>\(.*@.*\)<\/dd>$/\1/p' "$T/body" | tr '\n' ' ' |
    sed 's/ $//')"
page "locked" locked "403 You cannot log in with this certificate"
page "nobody" - "401 No certificate was sent"
page "nobody, forged headers" - "401 No certificate was sent" \
    -K "$T/etc/forged"
page "something sent" user1 "403 Forbidden" -d x
page "Connection names our headers" user1 "200 You are signed in" \
    -H "Connection: close, X-SSL-Verify, Client-Cert, X-Real-IP"

resumption_row user1 200 user1@example.com
resumption_row locked 403 locked
outage_rows 500 500 500
stop hook
page "the hook is down" user1 "503 Service Unavailable"
start_hook || exit 1
page "and back" user1 "200 You are signed in"
kill -STOP "$(pid_of hook)"
_since=$(now_ms)
fetch user1 "$(proxy_url)/certauth"
_took=$(($(now_ms) - _since))
kill -CONT "$(pid_of hook)"
check "the page: the hook hangs" 502 "$STATUS"
check_ok "given up in time ($_took ms)" [ $_took -lt 12000 ]
blind_row "$T/run/hook-apache.sock" "403 denied"
stop apache
check "Apache ends when asked" 0 $?

# The other good mode.
say
say "SSLVerifyClient require"
start_apache 's/SSLVerifyClient .*/SSLVerifyClient require/' || exit 1
certificate_rows "403 denied"
row "no certificate: no handshake" - 000 -
row "a certificate of others: no handshake" foreign 000 -
row "expired: no handshake" expired 000 -
row "no address in it" noaddress "401 no-address" no-address
forgery_rows 000 "403 denied"
stop apache

say
say "HTTP/2"
start_apache "1iLoadModule http2_module $MODULES/mod_http2.so
    1iProtocols h2 http/1.1" || exit 1
forgery_rows "401 no-cert" "403 denied"
check "that was HTTP/2" 2 "$(enter locked
    sed -n '1s|^HTTP/\([0-9]\).*|\1|p' "$T/head")"
page "forged headers" user1 "200 You are signed in" \
    -K "$T/etc/forged"
stop apache

# Mode optional, with the login page.
say
say "Mode optional"
stop nginx
nginx_behind 's/#optional //' >"$T/etc/nginx.conf"
sed -i -e '/hook-apache/,/}/s/"required"/"optional"/' \
    -e '/hook-apache/,/}/s/# login_url/login_url/' "$T/etc/certauth-hook.conf"
kill -HUP "$(pid_of hook)"
spawn nginx $WEB_USER nginx -e stderr -c "$T/etc/nginx.conf"
start_apache || exit 1
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
ENTRY=
page "optional, nobody" - "401 No certificate was sent"
check "there is the way to the password" 1 \
    "$(grep -c '<a href="/login">' "$T/body")"
stop lookupd
row "optional: lookupd is down: no password is asked for" user1 500 internal
start_lookupd && within $PATIENCE lookup_active || exit 1
stop hook
row "optional: the hook is down: no password is asked for" - 500 -
start_hook || exit 1
stop nginx
nginx_behind >"$T/etc/nginx.conf"
spawn nginx $WEB_USER nginx -e stderr -c "$T/etc/nginx.conf"
ready nginx nginx_listens || exit 1
stop apache

# What goes wrong with other settings.
start_apache 's/SSLVerifyClient .*/SSLVerifyClient optional_no_ca/' || exit 1
row "with optional_no_ca a stranger comes as far as the hook" foreign \
    "401 untrusted" untrusted
stop apache
start_apache '/RequestHeader edit/d' || exit 1
enter user1
check_ok "the PEM as it is lets nobody in ($GOT)" [ "$GOT" != "${GOT#[45]}" ]
stop apache
# What goes right with another nginx, which takes names with '_'.
stop nginx
sed -i 's/^http {/&\n  underscores_in_headers on;/' "$T/etc/nginx.conf"
spawn nginx $WEB_USER nginx -e stderr -c "$T/etc/nginx.conf"
ready nginx nginx_listens || exit 1
start_apache || exit 1
enter user1 -K "$T/etc/forged"
check "names with '_': who is signed in" "in user1@example.com" "$GOT"
check "names with '_': nobody else is named" "" \
    "$(smuggled | grep -i user)"
stop apache
finish_web
