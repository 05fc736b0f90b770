#!/bin/sh
# A person's page in a real browser: Chromium without a window, with client
# certificates from its own store, in front of nginx and certauth-hook.
#
# SCREENSHOTS=FOLDER keeps pictures of the pages, wide, as on a narrow phone and
# in the dark.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/web-proxy.sh"
needed nginx chromium certutil pk12util unshare

# In a mount namespace of its own, by running the script again: policies are
# read from a folder of the machine.
if [ -z "$CERTAUTH_OWN_POLICY" ]; then
	for _how in "-m" "-m -r --map-auto"; do
		unshare $_how true 2>/dev/null || continue
		CERTAUTH_OWN_POLICY=yes
		export CERTAUTH_OWN_POLICY
		exec unshare $_how sh "$0"
	done
	broken "needs a mount namespace for the browser's policy: run it as" \
	    "root, or with unprivileged user namespaces and newuidmap"
fi

# Whatever certificate there is, is sent without asking.
own_policy() {
	mkdir -p /etc/chromium && mount -t tmpfs none /etc/chromium &&
	mkdir -p /etc/chromium/policies/managed &&
	echo '{ "AutoSelectCertificateForUrls":
	  [ "{\"pattern\":\"*\",\"filter\":{}}" ] }' \
	    >/etc/chromium/policies/managed/certauth.json
}

# home NAME [CERTIFICATE]: a home folder with a certificate in its store.
home() {
	_home=$T/home-$1
	mkdir -p "$_home/.pki/nssdb" &&
	quietly certutil -N --empty-password -d "sql:$_home/.pki/nssdb" &&
	if [ -n "$2" ]; then
		quietly openssl pkcs12 -export -inkey "$T/certs/$2.key" \
		    -in "$T/certs/$2.crt" -name "$2" -passout pass:x \
		    -out "$_home/$2.p12" &&
		quietly pk12util -d "sql:$_home/.pki/nssdb" \
		    -i "$_home/$2.p12" -W x
	fi && { [ $ROOT = no ] || chown -R "$WEB_USER" "$_home"; }
}

# browse HOME URL OPTION...
browse() {
	_home=$T/home-$1 _url=$2
	shift 2
	( as "$WEB_USER" env HOME="$_home" TMPDIR="$_home" \
	    XDG_CONFIG_HOME="$_home/.config" XDG_CACHE_HOME="$_home/.cache" \
	    timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu \
	    --disable-dev-shm-usage --no-first-run --no-proxy-server \
	    --disable-background-networking --disable-component-update \
	    --disable-sync --disable-extensions --disable-default-apps \
	    --ignore-certificate-errors --hide-scrollbars \
	    --user-data-dir="$_home/profile" "$@" "$_url" ) \
	    2>>"$LOGS/chromium.log" </dev/null
}

# page NAME HOME URL TITLE TEXT...: what the browser makes of it.
page() {
	_page=$1 _home_of=$2 _url=$3 _title=$4
	shift 4
	browse "$_home_of" "$_url" --dump-dom >"$T/dom"
	check "$_page" "$_title" "$(dom h1)"
	for _text; do
		check_ok "$_page: $_text" grep -qF "$_text" "$T/dom"
	done
	[ -z "$SCREENSHOTS" ] || picture "$_home_of" "$_url" "$_page"
}

dom() {
	sed -n "s/^.*<$1>\(.*\)<\/$1>.*$/\1/p" "$T/dom" | head -n 1
}

picture() {
	for _look in wide:900,700:1 phone:320,800:1 dark:900,700:0; do
		_size=${_look#*:}
		browse "$1" "$2" --window-size="${_size%:*}" \
		    --blink-settings=preferredColorScheme="${_look##*:}" \
		    --screenshot="$T/home-$1/picture.png"
		cp "$T/home-$1/picture.png" \
		    "$SCREENSHOTS/$(echo "$3" | tr ' ' -)-${_look%%:*}.png"
	done
}

begin
have lookupd certauth-hook mkcert
own_policy || broken "cannot mount a folder over /etc/chromium"
web_certificates && cd "$T/certs" &&
    person soon email=user1@example.com notafter=5 &&
    mkdir other && cd other && quietly "$BIN/mkcert" ca CA CA &&
    quietly openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
	-subj "/C=US/ST=CA/O=Zimbra/CN=CA" -keyout CA.key -out CA.pem &&
    quietly "$BIN/mkcert" leaf ../pretended CA email=user1@example.com \
	key=ec eku=clientAuth && mv ../pretended.pem ../pretended.crt &&
    cd / && start_slapd && start_lookupd &&
    within $PATIENCE lookup_active && start_hook && start_nginx || exit 1
home nobody && for _each in user1 alias1 locked foreign pretended expired \
    soon; do home $_each $_each || exit 1; done
required=https://localhost:$REQUIRED_PORT
optional=https://localhost:$OPTIONAL_PORT

page "active" user1 "$required/certauth" "You are signed in" \
    "<dd>user1@example.com</dd>"
page "alias" alias1 "$required/certauth" "You are signed in" \
    "<dd>user1@example.com</dd>" "<dd>alias1@example.com</dd>"
page "the certificate ends soon" soon "$required/certauth" \
    "You are signed in" "The certificate ends soon"
page "locked" locked "$required/certauth" \
    "You cannot log in with this certificate" "<code>denied</code>"
page "locked, at the application" locked "$required/" \
    "You cannot log in with this certificate" "<code>denied</code>"
page "no certificate" nobody "$required/certauth" "No certificate was sent" \
    "<code>no-cert</code>"
page "no certificate, optional" nobody "$optional/certauth" \
    "No certificate was sent" '<a href="/login">'
page "wrong CA of the right name" pretended "$required/certauth" \
    "The certificate is not for this site" "<code>untrusted</code>"
# These the browser itself does not send, and the page knows that.
page "wrong CA" foreign "$required/certauth" "No certificate was sent" \
    "was issued for this site and has not expired"
page "expired" expired "$required/certauth" "No certificate was sent" \
    "was issued for this site and has not expired"
browse user1 "$required/" --dump-dom >"$T/dom"
check_ok "at the application" grep -q 'account=user1@example.com' "$T/dom"

# The style is the one that the policy admits, and there is no other.
fetch user1 "$required/certauth"
check "the style is the policy's" 1 "$(header Content-Security-Policy |
    grep -cF "style-src 'sha256-$(sed -n 's/^<style>\(.*\)<\/style>$/\1/p' \
    "$T/body" | tr -d '\n' | openssl dgst -sha256 -binary | base64)';")"
check "there is no other" 1 "$(grep -ciE 'style' "$T/body")"

# Expired while the browser thinks that it is good: nginx ten days later.
stop nginx
LATER=$(ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
[ -n "$LATER" ] || broken "no libfaketime: ./quickstart test more installs it"
spawn nginx "$WEB_USER" env LD_PRELOAD="$LATER" FAKETIME=+10d \
    FAKETIME_DONT_FAKE_MONOTONIC=1 nginx -e stderr -c "$T/etc/nginx.conf"
ready nginx nginx_answers || exit 1
page "expired, sent" soon "$required/certauth" "The certificate has expired" \
    "<code>expired</code>"
finish
