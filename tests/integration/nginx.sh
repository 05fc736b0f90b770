#!/bin/sh
# The samples of etc/nginx as they are: pages for people whom nginx or the hook
# refuses, health, and Zimbra's entry.  Tenants are in nginx-realms.sh.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/nginx-pages.sh"
need slapd slapadd ldapsearch nginx curl socat openssl setpriv

lookupd_conf() {
	lookupd_top
	realm main 'lockout = 3600;'
	cat <<-END
	);
	services = (
	  { name = "nginx"; evidence = [ "verified" ];
	    callers = [ $(quoted_list root $WEB_USER) ];
	    realms = [ "main" ]; },
	  { name = "zimbra"; evidence = [ "verified" ];
	    callers = [ $(quoted_list root $WEB_USER) ];
	    realms = [ "main" ]; },
	  { name = "imap"; evidence = [ "none" ];
	    callers = [ "root" ]; realms = [ "main" ]; }
	);
	END
}

KEY=6b7ead4bd425836e8cf0079cd6c1a05acc127acd07c8ee4b61023e19250e929c

begin
have lookupd certauth-hook mkcert activate
make_certificates few && cd "$T/certs" &&
    email locked locked@example.com && email admin admin@example.com &&
    email ghost ghost@example.com && email alias1 alias1@example.com &&
    email stranger user1@example.com foreignCA && odd_certificates &&
    cd / || exit 1
start_slapd && start_lookupd && within $PATIENCE lookup_active || exit 1

# The hook's sample, and its Zimbra sample.
mkdir -p "$T/etc/preauth"
echo $KEY >"$T/etc/preauth/example.com"
chmod 600 "$T/etc/preauth/example.com"
[ $ROOT = no ] || chown -R $WEB_USER "$T/etc/preauth"
HOOK_LISTENERS=",
    $(sed -n '/^  {/,/^  }/p' "$top_srcdir/etc/zimbra/certauth-hook.conf" | sed \
    -e "s|/run/certauth-hook/|$T/run/hook-|" \
    -e "s|/etc/certauth/|$T/etc/|" \
    -e "s|\"www-data\"; |\"$WEB_GROUP\"; |" \
    -e "s|\\[ \"www-data\" \\]|[ \"$WEB_USER\" ]|")"
REFUSALS=1000000
start_hook || exit 1

# nginx with both samples, each on its ports.
free_port; ZIMBRA_PORT=$_port
nginx_more() {
	nginx_sample certauth-zimbra.conf $ZIMBRA_PORT
}
with_more_samples
start_nginx || exit 1
required=https://localhost:$REQUIRED_PORT
optional=https://localhost:$OPTIONAL_PORT

page "nobody" - "$required/" 401 no-cert "No certificate was sent"
page "expired" expired "$required/" 401 expired "The certificate has expired"
page "not yet valid" future "$required/x?y" 401 not-yet-valid \
    "The certificate is not valid yet"
page "foreign" stranger "$required/" 401 untrusted \
    "The certificate is not for this site"
page "locked" locked "$required/" 403 denied \
    "You cannot log in with this certificate"
cp "$T/body" "$T/locked.html"
page "unknown" ghost "$required/" 403 denied \
    "You cannot log in with this certificate"
sed 's/<time.*time>//' "$T/locked.html" >"$T/a.html"
sed 's/<time.*time>//' "$T/body" >"$T/b.html"
check_ok "a stranger learns nothing of accounts" cmp -s "$T/a.html" "$T/b.html"
page "no administrator" user1 "$required/admin/" 403 not-admin \
    "This entry is for administrators"
# nginx takes these for other paths than /admin, an application behind it need
# not.
for spelling in /Admin/ '/;/admin/' '/x/..;/admin/' '/%2561dmin/' \
    '/x%5c..%5cadmin/' '/admin%2fx' '/x%2fy/../admin/'; do
	fetch user1 "$required$spelling" --path-as-is
	check "the administrators' path as $spelling" "403 not-admin" \
	    "$STATUS $(header X-Certauth-Reason)"
	fetch admin "$required$spelling" --path-as-is
	check "for an administrator" "200 account=admin@example.com" \
	    "$STATUS $(cat "$T/body")"
done
long=$(head -c 6000 /dev/zero | tr '\0' x)
for spelling in /xadmin/ "/%ff'x" '/a%20b"<>?c=%%' "/$long?$long"; do
	fetch user1 "$required$spelling" --path-as-is -g
	check "no administrators' path: $(echo "$spelling" | cut -c1-20)" \
	    "200 account=user1@example.com" "$STATUS $(cat "$T/body")"
done
page "who is signed in" alias1 "$required/certauth" 200 "" "You are signed in"
check "account and identity" "user1@example.com alias1@example.com" \
    "$(sed -n 's/^<dd>\(.*@.*\)<\/dd>$/\1/p' "$T/body" | tr '\n' ' ' |
    sed 's/ $//')"
check "until when" 1 "$(grep -c '<time datetime="20.*UTC</time>' "$T/body")"
check "no script, nothing from elsewhere" "" \
    "$(grep -iE '<script|src=|href=|url\(|@import' "$T/body")"
check "the style is the one that the policy admits" 1 \
    "$(header Content-Security-Policy | grep -cF "style-src 'sha256-$(sed -n \
    's/^<style>\(.*\)<\/style>$/\1/p' "$T/body" | tr -d '\n' |
    openssl dgst -sha256 -binary | base64)';")"
check "policy" "default-src 'none'" \
    "$(header Content-Security-Policy | cut -d';' -f1)"
check "type" "text/html; charset=utf-8" "$(header Content-Type)"
check "not stored" no-store "$(header Cache-Control)"
page "optional, nobody asks for the page" - "$optional/certauth" 401 no-cert \
    "No certificate was sent"
check "there is the way to the password" 1 \
    "$(grep -c '<a href="/login">' "$T/body")"
page "optional, expired" expired "$optional/" 401 expired \
    "The certificate has expired"
check "there is not" 0 "$(grep -c 'href' "$T/body")"
fetch - "$optional/anything"
check "optional, nobody" "302 /login" \
    "$STATUS $(header Location | sed 's|^https://[^/]*||')"
plain required "$REQUIRED_PORT"
plain optional "$OPTIONAL_PORT"
plain Zimbra "$ZIMBRA_PORT"
fetch user1 "$required/_certauth"
check "the question is not for people" 404 "$STATUS"

# What a person sends under the names of ours reaches neither the hook nor the
# application.
forged="X-Certauth-Account X-Certauth-Reason X-Certauth-Fallback
    X-Certauth-Secret X-SSL-Cert X-SSL-Verify Client-Cert Client-Cert-Chain
    X-Forwarded-Client-Cert X-Forwarded-Tls-Client-Cert SSL-Client-Cert
    SSL-Client-Verify Auth-SSL-Cert Auth-SSL-Verify Remote-User X-Remote-User
    X-Forwarded-User X_SSL_Cert X_Certauth_Account
    X-Certauth_Account X_Certauth-Account X-Remote_User X_Forwarded-User"
set --
for name in $forged; do
	set -- "$@" -H "$name: forged"
done
fetch user1 "$required/echo" "$@"
check "forged headers, required" \
    "200 account=user1@example.com cert= verify= user= said=" \
    "$STATUS $(cat "$T/body")"
fetch user1 "$optional/echo" "$@"
check "forged headers, optional" \
    "200 account=user1@example.com cert= verify= user= said=" \
    "$STATUS $(cat "$T/body")"
fetch - "$optional/login" "$@"
check "forged headers, nobody" 200 "$STATUS"
fetch - "$optional/echo" "$@"
check "forged headers, nobody is let in" "302" "$STATUS"

# A person names in Connection what nginx adds.
for name in X-SSL-Cert X-SSL-Verify X-Real-IP X-Certauth-Account Host; do
	fetch user1 "$required/echo" --http1.1 -H "Connection: close, $name"
	check "Connection: $name" \
	    "200 account=user1@example.com cert= verify= user= said=" \
	    "$STATUS $(cat "$T/body")"
	and_why hook fetch locked "$required/" --http1.1 \
	    -H "Connection: close, $name"
	check "Connection: $name; a locked one" "403 from 127.0.0.1" \
	    "$STATUS from $(tail -n "+$((MARK + 1))" "$LOGS/hook.log" | sed -n \
	    's/.*required\.sock client=\([^ ]*\).*/\1/p' | tail -n 1)"
done

# Health, for monitors, which have no certificate.
fetch - "$optional/certauth-health"
check "health" 200 "$STATUS"
# Not for other machines.  Our own addresses that are not the one of the
# loopback interface are others to nginx.
for address in 127.0.0.2 $(hostname -I 2>/dev/null | tr ' ' '\n' |
    grep -E '^[0-9]+(\.[0-9]+){3}$' | head -n 1); do
	fetch - "$optional/certauth-health" --interface "$address"
	check "health, asked from elsewhere" 403 "$STATUS"
	fetch user1 "$optional/" --interface "$address"
	check "who may see the pages" 200 "$STATUS"
done
stop lookupd
fetch - "$optional/certauth-health"
check "health without lookupd" 503 "$STATUS"
page "page without lookupd" user1 "$required/certauth" 503 unavailable \
    "This cannot be checked at the moment"
start_lookupd && within $PATIENCE lookup_active || exit 1
fetch - "$optional/certauth-health"
check "health again" 200 "$STATUS"

# A hook that hangs, and one that is away: nobody is let in, nobody is sent to
# the login page, and it is back at once.
kill -STOP "$(pid_of hook)"
before=$(now_ms)
fetch user1 "$required/"
took=$(($(now_ms) - before))
check "the hook hangs" 500 "$STATUS"
check_ok "nginx gives it up ($took ms)" [ $took -lt 15000 ]
fetch - "$optional/"
check "optional, the hook hangs" 500 "$STATUS"
kill -CONT "$(pid_of hook)"
in_again() {
	fetch user1 "$required/"
	[ "$STATUS" = 200 ]
}
check_ok "it goes on" within $PATIENCE in_again
stop hook
fetch user1 "$required/"
check "the hook is away" 500 "$STATUS"
fetch - "$optional/"
check "optional, the hook is away" 500 "$STATUS"
fetch - "$required/"
check_ok "nobody's page, without a hook ($STATUS)" [ "$STATUS" -ge 400 ]
start_hook || exit 1
check_ok "it is back" within $PATIENCE in_again

# A socket whose backlog (16) is full: nginx does not wait for a place in it.
stop hook
rm -f "$T/run/hook-required.sock"
spawn hook root "$BIN/activate" "$T/run/hook-required.sock" \
    "$BIN/certauth-hook" -c "$T/etc/certauth-hook.conf"
within $PATIENCE test -S "$T/run/hook-required.sock" &&
    chmod 666 "$T/run/hook-required.sock" && ready hook hook_answers || exit 1
check_ok "a socket handed over" within $PATIENCE in_again
kill -STOP "$(pid_of hook)"
waiting=
for _each in $(seq 20); do
	socat -u "UNIX-CONNECT:$T/run/hook-required.sock" \
	    "OPEN:/dev/null,wronly" >/dev/null 2>&1 &
	waiting="$waiting $!"
done
backlog_full() {
	before=$(now_ms)
	fetch user1 "$required/"
	took=$(($(now_ms) - before))
	[ "$STATUS" = 500 ] && [ $took -lt 1000 ]
}
check_ok "a backlog that is full: refused at once" within $PATIENCE \
    backlog_full
kill -CONT "$(pid_of hook)"
check_ok "and room again" within $PATIENCE in_again
kill $waiting 2>/dev/null
wait $waiting 2>/dev/null
stop hook
rm -f "$T/run/hook-required.sock"
start_hook || exit 1
check_ok "with its own socket again" within $PATIENCE in_again

# Zimbra: the entry of the wiki's page, on its port.
zimbra=https://localhost:$ZIMBRA_PORT
# location_fields: account, admin, whether the signature is right
location_fields() {
	_link=$(header Location)
	_of() {
		printf '%s\n' "$_link" | tr '?&' '\n\n' | sed -n "s/^$1=//p"
	}
	_text=$(_of account)
	[ -z "$(_of admin)" ] || _text="$_text|$(_of admin)"
	_text="$_text|$(_of by)|$(_of expires)|$(_of timestamp)"
	_mac=$(printf %s "$_text" | openssl dgst -sha1 -hmac $KEY |
	    sed 's/.*= *//')
	[ "$_mac" = "$(_of preauth)" ] && _mac=signed
	_age=$(($(now_ms) - $(_of timestamp)))
	[ $_age -ge 0 ] && [ $_age -lt 60000 ] && _age=now
	echo "${_link%%\?*} $(_of account) $_mac $_age"
}
fetch alias1 "$zimbra/certauth"
check "sent on to Zimbra" "302 https://mail.example.com/service/preauth \
user1@example.com signed now" "$STATUS $(location_fields)"
fetch admin "$zimbra/certauth/admin"
check "an administrator" "302 https://mail.example.com:7071/service/preauth \
admin@example.com signed now" "$STATUS $(location_fields)"
check "as administrator" 1 "$(header Location | grep -c '&admin=1&')"
page "no administrator at Zimbra" user1 "$zimbra/certauth/admin" 403 \
    not-admin "This entry is for administrators"
page "locked at Zimbra" locked "$zimbra/certauth" 403 denied \
    "You cannot log in with this certificate"
page "expired at Zimbra" expired "$zimbra/certauth" 401 expired \
    "The certificate has expired"
page "nobody at Zimbra" - "$zimbra/certauth" 401 no-cert \
    "No certificate was sent"
fetch user1 "$zimbra/anything"
check "elsewhere on that port" 403 "$STATUS"
fetch user1 "$zimbra/certauth?account=admin@example.com&admin=1&redirectURL=\
https://evil.example/" -H "Host: evil.example" -H "X-SSL-Cert: evil" \
    -H "X-Forwarded-Host: evil.example" -H "X-Original-URL: /certauth/admin"
check "what a person adds is in no link" \
    "302 https://mail.example.com/service/preauth user1@example.com signed now" \
    "$STATUS $(location_fields)"
check "the link is not for others" "no-store no-referrer" \
    "$(header Cache-Control) $(header Referrer-Policy)"

# Zimbra's WantClientAuth, as the sample says.
sed -i 's/ssl_verify_client      on;/ssl_verify_client      optional;/' \
    "$T/etc/more-nginx.conf"
sed -i '/hook-zimbra.sock/,/login_url/s/mode = "required"/mode = "optional"/' \
    "$T/etc/certauth-hook.conf"
kill -HUP "$(pid_of hook)"
kill -HUP "$(pid_of nginx)"
login="302 https://mail.example.com/?ignoreLoginURL=1"
nobody_to_login() {
	fetch - "$zimbra/certauth"
	[ "$STATUS $(header Location)" = "$login" ]
}
check_ok "optional at Zimbra: nobody" within $PATIENCE nobody_to_login
fetch locked "$zimbra/certauth"
check "optional at Zimbra: locked" "$login" "$STATUS $(header Location)"
fetch user1 "$zimbra/certauth/admin"
check "optional at Zimbra: no administrator" "$login" \
    "$STATUS $(header Location)"
fetch user1 "$zimbra/certauth"
check "optional at Zimbra: in" "302 https://mail.example.com/service/preauth \
user1@example.com signed now" "$STATUS $(location_fields)"
page "optional at Zimbra: expired" expired "$zimbra/certauth" 401 expired \
    "The certificate has expired"
page "optional at Zimbra: foreign" stranger "$zimbra/certauth" 401 untrusted \
    "The certificate is not for this site"
stop lookupd
for who in user1 locked; do
	fetch $who "$zimbra/certauth"
	check "no lookupd: $who" "503 unavailable " \
	    "$STATUS $(header X-Certauth-Reason) $(header Location)"
done
check "no link in any log" "" "$(grep -rl preauth= "$LOGS")"
check "no key in any log" "" "$(grep -rl $KEY "$LOGS")"
finish
