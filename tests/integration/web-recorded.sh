#!/bin/sh
# Envoy and Traefik, which Debian has not: requests in the form that their
# documentation gives, to the listeners of their samples.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/web-proxy.sh"
needed haproxy

lookupd_service envoy verified $WEB_USER
lookupd_service traefik verified $WEB_USER
start_answers
free_port
TRAEFIK_REQUIRED=127.0.0.1:$_port
free_port
TRAEFIK_OPTIONAL=127.0.0.1:$_port
SECRET=$(openssl rand -hex 24)
printf '%s\n' "$SECRET" >"$T/etc/hook-traefik"
chmod 600 "$T/etc/hook-traefik"
[ $ROOT = no ] || chown $WEB_USER "$T/etc/hook-traefik"
# listeners MODE ADDRESS-OF-TRAEFIK'S: of both samples.
listeners() {
	{
		hook_sample envoy
		echo ,
		hook_sample traefik
	} | sed -e "s|127.0.0.1:8090|$2|" -e "s|/etc/certauth/|$T/etc/|" \
	    -e "s|hook-envoy|hook-envoy-$1|" -e "s|\"required\"|\"$1\"|"
}
HOOK_LISTENERS=", $(listeners required $TRAEFIK_REQUIRED),
    $(listeners optional $TRAEFIK_OPTIONAL)"
start_hook || exit 1

# question URL OPTION...: STATUS, and the head in $T/head; "login" where the
# login page is the answer.
question() {
	_url=$1
	shift
	: >"$T/head"
	STATUS=$(curl -q -s --noproxy '*' --max-time 20 -o "$T/body" \
	    -D "$T/head" -w '%{http_code}' "$@" "$_url")
	GOT="$STATUS $(header X-Certauth-Reason) $(header X-Certauth-Fallback)"
	[ "$STATUS" != 200 ] || GOT="in $(header X-Certauth-Account)"
	GOT=$(echo $GOT)
}

# Envoy: HTTP/1.1, the person's method, path and Host, Content-Length: 0, and of
# the headers those that allowed_headers names.
#
# hop CERTIFICATE: an element without names of its own choice; xfcc: with them.
hop() {
	printf 'By=spiffe://a/b;Hash=%s;Cert="%s";Chain="%s";Subject="CN=x\\"y,O=Zimbra"' \
	    "$(openssl x509 -in "$T/certs/$1.crt" -outform DER |
	    openssl dgst -sha256 -r | cut -d' ' -f1)" \
	    "$(escaped "$1")" "$(escaped "$1")"
}

xfcc() {
	printf '%s;URI=;DNS=a.example.com' "$(hop "$1")"
}

# enter CERTIFICATE [OPTION...]
envoy() {
	_who=$1
	shift
	[ "$_who" = - ] || set -- "$@" -H "x-forwarded-client-cert: $(xfcc "$_who")"
	question "http://www.example.com${ENTRY:-/some/page?x=y}" \
	    --unix-socket "$T/run/hook-envoy-$MODE.sock" -H "content-length: 0" \
	    -H "x-real-ip: 192.0.2.7" -H "x-envoy-internal: true" \
	    -H "x-envoy-expected-rq-timeout-ms: 3000" -A "" -H "Accept:" "$@"
}

# Traefik: HTTP/1.1, GET, the request described in X-Forwarded-*, and of the
# headers those that authRequestHeaders names; the certificate and the chain.
traefik() {
	_who=$1
	shift
	[ "$_who" = - ] || set -- "$@" \
	    -H "X-Forwarded-Tls-Client-Cert: $(der "$_who"),$(der user2)"
	[ $MODE = required ] && _at=$TRAEFIK_REQUIRED || _at=$TRAEFIK_OPTIONAL
	question "http://$_at/" -H "X-Certauth-Secret: ${KEY-$SECRET}" \
	    -H "X-Forwarded-Method: POST" -H "X-Forwarded-Proto: https" \
	    -H "X-Forwarded-Host: www.example.com" \
	    -H "X-Forwarded-Uri: /some/page?x=y" \
	    -H "X-Forwarded-For: 192.0.2.7" -A "Go-http-client/1.1" \
	    -H "Accept-Encoding: gzip" "$@"
}

is_in() {
	enter user1
	[ "$GOT" = "in user1@example.com" ]
}

# What is the same with both.
# rows_of PROXY MODE
rows_of() {
	say "-- $1, $2"
	MODE=$2
	_login=
	[ $MODE = required ] || _login=" login"
	eval "enter() { $1 \"\$@\"; }"
	certificate_rows "403 denied$_login"
	row "no certificate" - "401 no-cert$_login" no-cert
	row "no address in it" noaddress "401 no-address" no-address
	# Which neither would send; lookupd has the last word.
	row "a certificate of others" foreign "401 untrusted" untrusted
	row "expired" expired "401 expired" expired
	row "the account named by the person" locked "403 denied$_login" locked \
	    -H "X-Certauth-Account: admin@example.com" \
	    -H "X-SSL-Verify: SUCCESS"
	row "other evidence besides" user1 "503 unavailable" evidence \
	    -H "Client-Cert: :$(der user1):"
	row "other evidence, and none" - "503 unavailable" evidence \
	    -H "X-SSL-Cert: $(escaped user1)"
	stop lookupd
	row "lookupd is down" user1 "503 unavailable" internal
	start_lookupd || exit 1
	check_ok "it is back" within $PATIENCE is_in
	kill -STOP "$(pid_of slapd)"
	enter user1
	kill -CONT "$(pid_of slapd)"
	check "the directory hangs" "503 unavailable" "$GOT"
	check_ok "it is back" within $PATIENCE is_in
}

rows_of envoy optional
row "the last element has no certificate" - "503 unavailable" evidence \
    -H "x-forwarded-client-cert: $(hop user1),By=x;Hash=00"
ENTRY=/admin/x
row "no administrator" user1 "403 not-admin login" not-admin
ENTRY=
rows_of envoy required
for _method in PUT DELETE PATCH OPTIONS PROPFIND; do
	envoy user1 -X $_method
	check "$_method" "in user1@example.com" "$GOT"
done
row "an element of another proxy's before it" - "in user1@example.com" \
    user1@example.com -H "x-forwarded-client-cert: $(hop locked),$(xfcc user1)"
row "the last element counts" - "403 denied" locked \
    -H "x-forwarded-client-cert: $(hop user1),$(xfcc locked)"
# Envoy writes names without quotes: whose is what follows one?
row "an element with names before it" - "503 unavailable" evidence \
    -H "x-forwarded-client-cert: $(xfcc locked),$(xfcc user1)"
for _name in "URI=x" "URI=" "URI=\"x\"" "URI=;DNS=x" "DNS=a.example;DNS=x"; do
	row "a name with an element in it: $_name" - "503 unavailable" \
	    evidence -H "x-forwarded-client-cert: $(hop locked);$_name,$(hop user1)"
done
row "a name with a certificate in it" - "503 unavailable" evidence \
    -H "x-forwarded-client-cert: Hash=00;URI=x;Cert=\"$(escaped user1)\""
row "the last element has no certificate" - "503 unavailable" evidence \
    -H "x-forwarded-client-cert: $(hop user1),By=x;Hash=00"
row "the header twice" user1 "503 unavailable" evidence \
    -H "x-forwarded-client-cert: $(xfcc user1)"
ENTRY=/admin/x
row "an administrator" admin "in admin@example.com" admin@example.com
row "no administrator" user1 "403 not-admin" not-admin
ENTRY=

rows_of traefik optional
KEY=x$SECRET
row "another secret" user1 "503 unavailable" caller
KEY=$SECRET
rows_of traefik required
row "as it was before 2.9.2" - "in user1@example.com" user1@example.com \
    -H "X-Forwarded-Tls-Client-Cert: $(der user1 |
    sed 's/+/%2B/g; s|/|%2F|g; s/=/%3D/g')"
row "the first certificate counts" - "403 denied" locked \
    -H "X-Forwarded-Tls-Client-Cert: $(der locked),$(der user1)"
row "PEM is not Traefik's" - "401 bad-cert" bad-cert \
    -H "X-Forwarded-Tls-Client-Cert: $(escaped user1)"
KEY=x$SECRET
row "another secret" user1 "503 unavailable" caller
KEY=
row "no secret" user1 "503 unavailable" caller
KEY=$SECRET
check "the secret is in no log" "" "$(grep -l "$SECRET" "$LOGS"/*)"

# What the samples remove before the hook is asked.  Envoy makes its own
# X-Forwarded-Client-Cert, and drops names with '_'.
removed() {
	case $1 in
	envoy)	sed -n 's/^ *- remove: //p' "$top_srcdir/etc/envoy/certauth.yaml" ;;
	traefik) sed -n '/^    certauth-clean:/,/^    certauth-certificate:/s/^ *\([^ ]*\): ""$/\1/p' \
		"$top_srcdir/etc/traefik/certauth.yaml" ;;
	esac
}

for _sample in envoy traefik; do
	removed $_sample >"$T/removed"
	for _name in x-certauth-account x-certauth-reason x-certauth-fallback \
	    x-certauth-secret x-ssl-cert x-ssl-verify client-cert \
	    client-cert-chain x-forwarded-client-cert \
	    x-forwarded-tls-client-cert x-forwarded-tls-client-cert-info \
	    ssl-client-cert ssl-client-verify auth-ssl-cert auth-ssl-verify \
	    remote-user x-remote-user x-forwarded-user; do
		case $_sample$_name in
		envoyx-forwarded-client-cert) continue ;;
		envoy*|*-tls-client-cert*) _spellings=$_name ;;
		*) _spellings=$(spellings $_name) ;;
		esac
		for _spelling in $_spellings; do
			check_ok "$_sample removes $_spelling" \
			    grep -qixF -e "$_spelling" "$T/removed"
		done
	done
done
check_ok "traefik: other names are the entry point's" \
    grep -qE '^#[[:space:]]*aliasHeadersStrategy: delete$' \
    "$top_srcdir/etc/traefik/certauth.yaml"
check_ok "traefik removes HTTP2-Settings" grep -qix HTTP2-Settings "$T/removed"

# Envoy's other names are removed by a script, which HAProxy can run; with the
# part of Envoy's interface that it uses.
_envoy=$top_srcdir/etc/envoy/certauth.yaml
{
	sed -n '/inline_string: |/,/^          - name/{//d;/^ *#/d;p}' "$_envoy"
	cat <<-'END'
	local sent = { [":path"] = "/", [":method"] = "GET", host = "x",
	  ["x-real-ip"] = "x", ["x-certauth-account"] = "x", accept = "x" }
	local odd = { "x.certauth.account", "x!certauth-account", "client~cert",
	  "x-forwarded+client-cert", "x_certauth_account", "a|b", "remote`user" }
	for _, name in ipairs(odd) do sent[name] = "x" end
	local headers = setmetatable({}, { __pairs = function()
	  return next, sent end, __index = { remove = function(_, name)
	  sent[name] = nil end } })
	envoy_on_request({ headers = function() return headers end })
	local names = {}
	for name in pairs(sent) do names[#names + 1] = name end
	table.sort(names)
	print("LEFT " .. table.concat(names, " "))
	END
} >"$T/etc/envoy.lua"
printf 'global\n lua-load %s\n' "$T/etc/envoy.lua" >"$T/etc/envoy.cfg"
check "envoy removes names with other signs, and no others" \
    "LEFT :method :path accept host x-certauth-account x-real-ip" \
    "$(haproxy -c -f "$T/etc/envoy.cfg" 2>&1 | grep -o 'LEFT.*')"
for _line in "forward_client_cert_details: SANITIZE_SET" \
    "headers_with_underscores_action: DROP_HEADER"; do
	check_ok "envoy: $_line" grep -qE "^ *$_line\$" "$_envoy"
done

enter() { envoy "$@"; }
MODE=required
blind_row "$T/run/hook-envoy-required.sock" "403 denied"
finish
