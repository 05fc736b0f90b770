#!/bin/sh
# certauth-hook between a proxy and lookupd: what it makes of evidence, and
# what becomes of it when lookupd or the directory is away.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small
have certauth-hook
cd "$T/certs" && email locked locked@example.com &&
    email admin admin@example.com && email alias1 alias1@example.com &&
    email faralias user1@alias.example.com && cd / || exit 1
KEY=$T/etc/preauth
openssl rand -hex 32 >"$KEY"
chmod 600 "$KEY"
openssl rand -hex 32 >"$KEY-of-another"
chmod 600 "$KEY-of-another"
[ $ROOT = no ] || chown $WEB_USER "$KEY" "$KEY-of-another"
extra='service = "nginx"; socket_group = "'$WEB_GROUP'"; peers = [ "'$WEB_USER'" ];'
free_port
TCP=127.0.0.1:$_port
SECRET=$(openssl rand -hex 24)
printf '%s\n' "$SECRET" >"$T/etc/hook-secret"
chmod 600 "$T/etc/hook-secret"
[ $ROOT = no ] || chown $WEB_USER "$T/etc/hook-secret"
HOOK_LISTENERS=", { address = \"$TCP\"; secret_file = \"$T/etc/hook-secret\";
    service = \"nginx\"; mode = \"required\"; evidence = \"xfcc\";
    verify_header = \"\"; trust_proxy_verified = true; }
  , { socket = \"$T/run/hook-traefik.sock\"; $extra
    mode = \"required\"; evidence = \"traefik\";
    verify_header = \"\"; trust_proxy_verified = true; }
  , { socket = \"$T/run/hook-9440.sock\"; $extra
    mode = \"required\"; evidence = \"rfc9440\"; }
  , { socket = \"$T/run/hook-off.sock\"; $extra
    mode = \"off\"; evidence = \"nginx-escaped\"; }
  , { socket = \"$T/run/hook-named.sock\"; $extra
    mode = \"required\"; evidence = \"nginx-escaped\"; account_header = \"X-User\"; }
  , { socket = \"$T/run/hook-admin.sock\"; $extra
    mode = \"required\"; evidence = \"nginx-escaped\"; need = \"admin\"; }
  , { socket = \"$T/run/hook-zimbra.sock\"; $extra
    mode = \"required\"; evidence = \"nginx-escaped\";
    personality = \"zimbra\"; zimbra_url = \"https://mail.example.com\";
    preauth_keys = [ \"alias.example.com:$KEY-of-another\",
      \"example.com:$KEY\" ]; }
  , { socket = \"$T/run/hook-want.sock\"; $extra
    mode = \"optional\"; evidence = \"nginx-escaped\";
    login_url = \"https://mail.example.com/?ignoreLoginURL=1\";
    personality = \"zimbra\"; zimbra_url = \"https://mail.example.com\";
    preauth_keys = [ \"example.com:$KEY\" ]; }"
start_hook || exit 1

cert=$(escaped user1)
good="-H X-SSL-Verify:SUCCESS -H X-SSL-Cert:$cert"

# asked NAME EXPECTED LISTENER OPTION...: status and reason word; every answer
# has Content-Length: 0.
asked() {
	_what=$1 _expected=$2
	shift 2
	_got=$(ask_hook "$@")
	check "$_what" "$_expected 0" "$_got $(header X-Certauth-Reason | \
	    sed 's/$/ /')$(header Content-Length)"
}

asked "a verified certificate" 200 required $good
check "whose it is" user1@example.com "$(header X-Certauth-Account)"
asked "no verification result" "401 no-cert" required -H "X-SSL-Cert:$cert"
asked "verify NONE, but a certificate" "401 no-cert" required \
    -H "X-SSL-Verify:NONE" -H "X-SSL-Cert:$cert"
asked "verify FAILED" "401 bad-cert" required \
    -H "X-SSL-Verify:FAILED:whatever" -H "X-SSL-Cert:$cert"
asked "verify success in other letters" "401 bad-cert" required \
    -H "X-SSL-Verify:success" -H "X-SSL-Cert:$cert"
asked "verified, but no certificate" "503 unavailable" required \
    -H "X-SSL-Verify:SUCCESS"
asked "nothing at all" "401 no-cert" required
asked "the evidence twice" "503 unavailable" required $good \
    -H "X-SSL-Cert:$cert"
asked "the evidence twice, in other letters" "503 unavailable" required \
    -H X-SSL-Verify:SUCCESS -H "X-SSL-Cert:$(escaped locked)" \
    -H "x-ssl-CERT:$cert"
asked "evidence in two headers" "503 unavailable" required $good \
    -H "Client-Cert: :$(der user1):"
asked "verified twice" "503 unavailable" required $good \
    -H "X-SSL-Verify:SUCCESS"
asked "rubbish for a certificate" "401 bad-cert" required \
    -H "X-SSL-Verify:SUCCESS" -H "X-SSL-Cert:rubbish"
asked "half a certificate" "401 bad-cert" required \
    -H "X-SSL-Verify:SUCCESS" -H "X-SSL-Cert:$(echo "$cert" | cut -c1-600)"
asked "two certificates in one" "401 bad-cert" required \
    -H "X-SSL-Verify:SUCCESS" -H "X-SSL-Cert:$cert$cert"
asked "another service's words in it" "401 bad-cert" required \
    -H "X-SSL-Verify:SUCCESS" -H "X-SSL-Cert:$cert need=any"
check_ok "a body is not answered with 200" [ "$(ask_hook required $good -d x)" != 200 ]
asked "the administrators' path" "403 not-admin" required $good \
    --request-target /admin
asked "in other spelling" "403 not-admin" required $good \
    --request-target '/x/..//%61dmin/y'
asked "behind what may be a host" "403 not-admin" required $good \
    --request-target '//h/admin'
asked "or is one for some" "403 not-admin" required $good \
    --request-target '/\h/admin'
asked "with a suffix" "403 not-admin" required $good \
    --request-target /admin.json
asked "with a blank" "403 not-admin" required $good \
    --request-target /admin%20
asked "escaped three times" "403 not-admin" required $good \
    --request-target /%252561dmin
asked "overlong UTF-8" "403 not-admin" required $good \
    --request-target /%c0%afadmin
asked "but not a longer word" 200 required $good \
    --request-target /administrator-guide.json
asked "in absolute form" "403 not-admin" required $good \
    --request-target 'http://www.example.com//Admin?x'
way=/$(head -c 10000 /dev/zero | sed 's/\x0/x\//g')
asked "a path of 20 kB" 200 required $good --path-as-is --request-target "$way"
asked "that leads there" "403 not-admin" required $good --path-as-is \
    --request-target "$way../admin"
asked "where all need an administrator" "403 not-admin" admin $good
asked "and one asks" 200 admin -H X-SSL-Verify:SUCCESS \
    -H "X-SSL-Cert:$(escaped admin)"
asked "RFC 9440" 200 9440 -H "X-SSL-Verify:SUCCESS" \
    -H "Client-Cert: :$(der user1):"
asked "RFC 9440 without its colons" "401 bad-cert" 9440 \
    -H "X-SSL-Verify:SUCCESS" -H "Client-Cert: $(der user1)"
# client_cert NAME EXPECTED VALUE
client_cert() {
	asked "RFC 9440, $1" "$2" 9440 -H X-SSL-Verify:SUCCESS \
	    -H "Client-Cert: $3"
}
bare=$(der user1 | tr -d =)
client_cert "parameters behind it" 200 ":$(der user1):;a=1"
client_cert "a pad too many" "401 bad-cert" ":$(der user1)=:"
case $(der user1) in
*=) client_cert "without its pads" "401 bad-cert" ":$bare:" ;;
esac
client_cert "a byte behind it" "401 bad-cert" ":$(
    { openssl x509 -in "$T/certs/user1.crt" -outform DER; echo; } |
    base64 -w 0):"
client_cert "in the other alphabet" "401 bad-cert" ":$(der user1 |
    tr '+/' '-_' | sed 's/^/-/'):"
client_cert "behind another's" "503 unavailable" ":$(der locked):, :$(der user1):"
asked "switched off" "403 off" off $good
asked "another name for the account" 200 named $good
check "is that name" user1@example.com "$(header X-User)"
set_attribute user1@example.com zimbraMailDeliveryAddress 'o%40d&admin=1@example.com'
asked "an odd account" 200 required -H X-SSL-Verify:SUCCESS \
    -H "X-SSL-Cert:$(escaped alias1)"
check "is printable" 'o%2540d&admin=1@example.com' "$(header X-Certauth-Account)"
asked "and one for Zimbra" 302 zimbra -H X-SSL-Verify:SUCCESS \
    -H "X-SSL-Cert:$(escaped alias1)"
check "is one value of the link" "account=o%2540d%26admin%3D1@example.com&by=name" \
    "$(header Location | sed 's/.*?\(account=.*\)&timestamp=.*/\1/')"
set_attribute user1@example.com zimbraMailDeliveryAddress user1@example.com
asked "optional, no certificate" "401 no-cert" optional -H "X-SSL-Verify:NONE"
check "may go to the login page" login "$(header X-Certauth-Fallback)"
asked "optional, bad certificate" "401 bad-cert" optional \
    -H "X-SSL-Verify:SUCCESS" -H "X-SSL-Cert:rubbish"
check "may not" "" "$(header X-Certauth-Fallback)"

# Traefik's, with the chain, and as it was before 2.9.2.
asked "Traefik" 200 traefik \
    -H "X-Forwarded-Tls-Client-Cert: $(der user1),$(der user1)"
asked "Traefik, escaped" 200 traefik -H "X-Forwarded-Tls-Client-Cert: $(
    der user1 | sed 's/+/%2B/g; s|/|%2F|g; s/=/%3D/g')"
asked "Traefik, nobody's before it" "401 bad-cert" traefik \
    -H "X-Forwarded-Tls-Client-Cert: ,$(der user1)"
asked "Traefik, the comma escaped" "401 bad-cert" traefik \
    -H "X-Forwarded-Tls-Client-Cert: $(der user1)%2C$(der user1)"
asked "Traefik, no certificate" "401 no-cert" traefik
asked "Traefik, a person's Client-Cert besides" "503 unavailable" traefik \
    -H "X-Forwarded-Tls-Client-Cert: $(der user1)" \
    -H "Client-Cert: :$(der user1):"

# Envoy, by TCP: its own words, the person's method and path.
envoy() {
	_what=$1 _expected=$2
	shift 2
	_got=$(curl -q -s --noproxy '*' --max-time 20 -o /dev/null \
	    -D "$T/head" -w '%{http_code}' "$@" "http://$TCP/some/path?x=y")
	check "$_what" "$_expected" "$_got $(header X-Certauth-Reason)"
}
xfcc="x-forwarded-client-cert: By=spiffe://x;Hash=00;Cert=\"$cert\";\
Subject=\"CN=user1,OU=Support\";URI="
envoy "Envoy" "200 " -H "X-Certauth-Secret: $SECRET" -H "$xfcc" -X PATCH
check "whose it is" user1@example.com "$(header X-Certauth-Account)"
envoy "an element of the person's before it" "200 " -X DELETE \
    -H "X-Certauth-Secret: $SECRET" \
    -H "x-forwarded-client-cert: Cert=\"x\",${xfcc#*: }"
envoy "a quote that swallows" "401 bad-cert" \
    -H "X-Certauth-Secret: $SECRET" \
    -H "x-forwarded-client-cert: X=\",${xfcc#*: }"
envoy "quoted text like an element" "403 denied" \
    -H "X-Certauth-Secret: $SECRET" -H "x-forwarded-client-cert: \
Subject=\"a,Cert=\\\"$cert\\\"\";Cert=\"$(escaped locked)\""
envoy "a certificate twice in an element" "503 unavailable" \
    -H "X-Certauth-Secret: $SECRET" -H "x-forwarded-client-cert: \
Cert=\"$(escaped locked)\";Cert=\"$cert\""
envoy "nothing behind the last comma" "401 bad-cert" \
    -H "X-Certauth-Secret: $SECRET" -H "$xfcc,"
envoy "no certificate" "401 no-cert" -H "X-Certauth-Secret: $SECRET"
envoy "without the secret" "503 unavailable" -H "$xfcc"
envoy "with another" "503 unavailable" -H "$xfcc" \
    -H "X-Certauth-Secret: x$SECRET"
check "the secret is in no log" "" "$(grep -l "$SECRET" "$LOGS"/*)"

if [ $ROOT = yes ]; then
	check "a stranger in the right group" "503" "$(setpriv --reuid 12345 \
	    --regid "$(id -g $WEB_USER)" --clear-groups curl -q -s \
	    -o /dev/null -w '%{http_code}' $good --unix-socket \
	    "$T/run/hook-required.sock" http://localhost/)"
fi

# Heads that no HTTP client sends.  raw NAME EXPECTED FORMAT: the statuses, with
# printf's escapes, the certificate behind it, and another request.
raw() {
	check "$1" "$2" "$({ printf "$3"; printf 'X-SSL-Cert: %s\r\n\r\n' \
	    "$cert"; printf 'GET / HTTP/1.1\r\n\r\n'; } | socat -t 20 - \
	    "UNIX-CONNECT:$T/run/hook-required.sock" 2>>"$LOGS/socat.log" |
	    sed -n 's/^HTTP\/1\.1 \([0-9]*\).*/\1/p' | xargs)"
}
verified='X-SSL-Verify: SUCCESS\r\n'
raw "two requests" "200 401" "GET / HTTP/1.1\r\n$verified"
raw "a blank before the colon" 503 \
    "POST / HTTP/1.1\r\nContent-Length : 18\r\n$verified"
raw "a NUL in the result" "" \
    'GET / HTTP/1.1\r\nX-SSL-Verify: SUCCESS\0FAILED:x\r\n'
raw "a folded line" "" "GET / HTTP/1.1\r\nX: a\r\n b\r\n$verified"
raw "in the second request" "" "GET / HTTP/1.1\r\n\r\n\
GET / HTTP/1.1\r\nX-SSL-Verify: SUCCESS\0FAILED:x\r\n"
for target in ' /admin' '/admin x' '/x /admin' '/\001/mail' '/a\tb' mail h:80 \
    http:/mail ftp://h/mail '?x'; do
	raw "the target '$target'" "403 401" \
	    "GET $target HTTP/1.1\r\n$verified"
done
for target in '*' /mail; do
	raw "but '$target'" "200 401" "OPTIONS $target HTTP/1.1\r\n$verified"
done
raw "a target that is none" 400 "GET //x:y/ HTTP/1.1\r\n$verified"
raw "or one for a proxy" 200 "GET HTTPS://h/mail HTTP/1.1\r\n$verified"

# Rubbish ends the connection, not the hook.
head -c 100000 /dev/urandom | socat -t 1 - \
    "UNIX-CONNECT:$T/run/hook-required.sock" >/dev/null 2>&1
asked "after rubbish" 200 required $good

_got=$(ask_hook required $good -H "X-Pad: $(head -c 70000 /dev/zero |
    tr '\0' x)")
check "a head of 70 kB" 400 "$_got"

# Somebody opens all connections there can be: who comes then waits, and is
# answered when they have gone.
deaf() {
	grep -q 'cannot accept connections' "$LOGS/hook.log"
}
descriptors() {
	( as "$WEB_USER" prlimit --pid "$(pid_of hook)" --nofile="$1:" )
}
descriptors 64
hogs=
for _hog in $(seq 80); do
	( as "$WEB_USER" socat -u \
	    "UNIX-CONNECT:$T/run/hook-required.sock" - ) \
	    </dev/null >"$T/hogs" 2>&1 &
	hogs="$hogs $!"
done
check_ok "descriptors run out" within $PATIENCE deaf
curl -q -s --max-time 20 -o /dev/null -w '%{http_code}' $good --unix-socket \
    "$T/run/hook-required.sock" http://localhost/ >"$T/waited" &
waiting=$!
kill $hogs
wait $waiting
check "who waited is answered" 200 "$(cat "$T/waited")"
asked "and so is who comes then" 200 required $good
descriptors 1024

# One connection, many requests.
check "connections are kept" "200 200 1" "$(curl -q -s --unix-socket \
    "$T/run/hook-required.sock" -o /dev/null -o /dev/null $good \
    -w '%{http_code} %{num_connects} ' http://localhost/ http://localhost/ |
    awk '{ print $1, $3, $2 + $4 }')"

# The directory hangs: 503 before nginx loses its patience at 3 s.
kill -STOP "$(pid_of slapd)"
before=$(now_ms)
asked "the directory hangs" "503 unavailable" required $good
took=$(($(now_ms) - before))
check_ok "answered in time ($took ms)" [ $took -lt 5000 ]
kill -CONT "$(pid_of slapd)"
back() {
	[ "$(ask_hook required $good)" = 200 ]
}
check_ok "and back within two seconds" within 2 back

# lookupd is away, and comes back; the hook stays.
stop lookupd
asked "without lookupd" "503 unavailable" required $good
start_lookupd || exit 1
check_ok "with lookupd again" within 2 back

# Reload, bad and good; then the end.
cp "$T/etc/certauth-hook.conf" "$T/etc/good.conf"
sed 's/mode = "off"/mode = "on"/' "$T/etc/good.conf" \
    >"$T/etc/certauth-hook.conf"
kill -HUP "$(pid_of hook)"
complained() {
	grep -q 'mode' "$LOGS/hook.log"
}
check_ok "a bad configuration is complained about" within $PATIENCE complained
asked "and the old one stays" 200 required $good
sed 's/mode = "off"/mode = "required"/' "$T/etc/good.conf" \
    >"$T/etc/certauth-hook.conf"
kill -HUP "$(pid_of hook)"
on() {
	[ "$(ask_hook off $good)" = 200 ]
}
check_ok "a good one takes effect" within $PATIENCE on
# A new secret, in the sandbox.
printf '%s\n' "new-$SECRET" >"$T/etc/hook-secret"
kill -HUP "$(pid_of hook)"
newer() {
	[ "$(curl -q -s --noproxy '*' --max-time 20 -o /dev/null -w \
	    '%{http_code}' -H "X-Certauth-Secret: new-$SECRET" -H "$xfcc" \
	    "http://$TCP/")" = 200 ]
}
check_ok "a new secret takes effect" within $PATIENCE newer
envoy "and the old one is none any more" "503 unavailable" -H "$xfcc" \
    -H "X-Certauth-Secret: $SECRET"

# Zimbra's WantClientAuth.
for who in none locked; do
	_who="-H X-SSL-Verify:NONE"
	[ $who = none ] || _who="-H X-SSL-Verify:SUCCESS
	    -H X-SSL-Cert:$(escaped $who)"
	_got=$(ask_hook want $_who)
	check "optional at Zimbra: $who" \
	    "302 https://mail.example.com/?ignoreLoginURL=1" \
	    "$_got $(header Location)"
done
_got=$(ask_hook want -H "X-SSL-Verify:FAILED:certificate has expired" \
    -H "X-SSL-Cert:$cert")
check "optional at Zimbra: expired" "401 expired " \
    "$_got $(header X-Certauth-Reason) $(header Location)"

# The key of a domain is a secret: one that others can read is not used.
asked "sent on to Zimbra" 302 zimbra $good
linked() {
	_text=$(header Location | sed 's/.*timestamp=\([0-9]*\).*/user1@example.com|name|0|\1/')
	header Location | grep -q "&preauth=$(printf %s "$_text" |
	    openssl dgst -sha1 -hmac "$1" | sed 's/.*= *//')$"
}
old=$(cat "$KEY")
check_ok "signed with the domain's key" linked "$old"
asked "by an address in an alias domain" 302 zimbra -H X-SSL-Verify:SUCCESS \
    -H "X-SSL-Cert:$(escaped faralias)"
check_ok "signed with the key of the account's domain" linked "$old"
openssl rand -hex 32 >"$KEY"
chmod 644 "$KEY"
kill -HUP "$(pid_of hook)"
complained() {
	grep -q "$KEY" "$LOGS/hook.log"
}
check_ok "a key that others can read is complained about" \
    within $PATIENCE complained
asked "and the old one stays" 302 zimbra $good
check_ok "as the links show" linked "$old"
chmod 600 "$KEY"
kill -HUP "$(pid_of hook)"
newer() {
	ask_hook zimbra $good >/dev/null
	linked "$(cat "$KEY")"
}
check_ok "a new key takes effect" within $PATIENCE newer
check "the keys are in no log" "" \
    "$(grep -lF -e "$old" -e "$(cat "$KEY")" "$LOGS"/*)"
stop hook
check "ends with status 0" 0 $?
finish
