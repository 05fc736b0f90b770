#!/bin/sh
# Tenants behind one nginx, etc/nginx/certauth-realms.conf: CAs, domains, rules
# and pages of their own; nobody gets into the other's rooms, not by a session
# that is resumed either.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/nginx-pages.sh"
need slapd slapadd ldapsearch nginx curl socat openssl setpriv

# Two tenants besides main: CAs, identity rules and domains
# of their own; east has north's CA and south's rules.
SAN_ONLY='identities = [ "san-email" ];'
tenants() {
	realm north 'domains = [ "example.com" ];'
	echo ,
	realm south 'domains = [ "nostatus.example" ];' "$SAN_ONLY" |
	    sed 's|/CA\.crt|/foreignCA.crt|'
	echo ,
	realm east 'domains = [ "example.com" ];' "$SAN_ONLY"
	echo ,
}
lookupd_conf() {
	lookupd_top
	tenants
	realm main 'lockout = 3600;'
	cat <<-END
	);
	services = (
	  { name = "nginx"; evidence = [ "verified" ];
	    callers = [ $(quoted_list root $WEB_USER) ];
	    realms = [ "main", "north", "south", "east" ]; },
	  { name = "imap"; evidence = [ "none" ];
	    callers = [ "root" ]; realms = [ "main" ]; }
	);
	END
}

begin
have lookupd certauth-hook mkcert
make_certificates few && cd "$T/certs" &&
    email locked locked@example.com &&
    by_wiki tenant "" foreignCA subjectAltName=email:user1@nostatus.example &&
    email subject user1@nostatus.example foreignCA &&
    email stranger user1@example.com foreignCA \
    subjectAltName=email:user1@example.com &&
    odd san san-email=user1@example.com &&
    odd expired email=user1@example.com notbefore=-20 notafter=-1 &&
    email wrongca user1@nostatus.example CA && cd / || exit 1
start_slapd && start_lookupd && within $PATIENCE lookup_active || exit 1

# tenant REALM: its two listeners.
tenant() {
	for _personality in "" page; do
		echo ", { socket = \"$T/run/hook-$1${_personality:+-page}.sock\";
		  socket_group = \"$WEB_GROUP\"; peers = [ \"$WEB_USER\" ];
		  ${_personality:+personality = \"page\"; }mode = \"required\";
		  evidence = \"nginx-escaped\"; service = \"nginx\";
		  realm = \"$1\"; }"
	done
}
HOOK_LISTENERS="$(tenant north) $(tenant south) $(tenant east)"
REFUSALS=1000000
start_hook || exit 1

free_port; REALMS_PORT=$_port
nginx_more() {
	nginx_sample certauth-realms.conf $REALMS_PORT $REALMS_PORT \
	    $REALMS_PORT | sed -e "s|/etc/nginx/[a-z]*\\.pem|$T/certs/server.crt|" \
	    -e "s|/etc/nginx/[a-z]*\\.key|$T/certs/server.key|" \
	    -e "s|/etc/certauth/north-ca.pem|$T/certs/CA.crt|" \
	    -e "s|/etc/certauth/south-ca.pem|$T/certs/foreignCA.crt|"
}
with_more_samples
start_nginx || exit 1

# Tenants, each with a page of its own realm.
# tenant_fetch CERTIFICATE NAME
tenant_fetch() {
	fetch "$1" "https://$2.example.com:$REALMS_PORT/" -k \
	    --resolve "$2.example.com:$REALMS_PORT:127.0.0.1"
}
# tenant_page NAME CERTIFICATE TENANT STATUS REASON TITLE [PATH]
tenant_page() {
	page "$1" "$2" "https://$3.example.com:$REALMS_PORT/$7" "$4" "$5" "$6" \
	    -k --resolve "$3.example.com:$REALMS_PORT:127.0.0.1"
}
# tenant_row NAME CERTIFICATE TENANT REASON: refused by the hook, and why.
tenant_row() {
	mark lookupd
	tenant_page "$1" "$2" "$3" 403 denied \
	    "You cannot log in with this certificate"
	logged_why lookupd
	check "$1: why" "$4" "$WHY"
}
tenant_fetch user1 north
check "north's own" "200 account=user1@example.com" "$STATUS $(cat "$T/body")"
tenant_fetch tenant south
check "south's own" "200 account=user1@nostatus.example" \
    "$STATUS $(cat "$T/body")"
tenant_page "north's certificate at south" user1 south 401 untrusted \
    "The certificate is not for this site"
tenant_page "south's certificate at north" tenant north 401 untrusted \
    "The certificate is not for this site"
tenant_row "north's CA for an account of south's domains" wrongca north \
    other-domain
tenant_row "south's CA for an account of north's domains" stranger south \
    other-domain
tenant_row "a locked account at north" locked north locked
for tenant in north south; do
	tenant_page "nobody at $tenant" - $tenant 401 no-cert \
	    "No certificate was sent"
	HOST=$tenant.example.com plain $tenant "$REALMS_PORT" \
	    --resolve "$tenant.example.com:$REALMS_PORT:127.0.0.1"
done
tenant_page "expired at north" expired north 401 expired \
    "The certificate has expired"
tenant_page "who is signed in at north" user1 north 200 "" "You are signed in" \
    certauth
tenant_page "who is signed in at south" tenant south 200 "" \
    "You are signed in" certauth
check "south's account and identity" 2 "$(grep -c '^<dd>user1@nostatus.example</dd>$' \
    "$T/body")"
tenant_page "north's certificate at south's page" user1 south 401 untrusted \
    "The certificate is not for this site" certauth
tenant_fetch user1 west
check "a name that is nobody's" 000 "$STATUS"

# Identity rules: south reads the alternative names alone, north the subject,
# too.
tenant_page "an address in the subject, at south" subject south 401 no-address \
    "The certificate does not say who you are"
# told REALM CERTIFICATE: by the hook.
told() {
	echo "$(ask_hook "$1" -H X-SSL-Verify:SUCCESS -H \
	    "X-SSL-Cert: $(escaped "$2")") $(header X-Certauth-Reason)"
}
check "one certificate, north's rules" "200 " "$(told north user1)"
check "the same one, south's rules" "401 no-address" "$(told east user1)"
check "an alternative name, north's rules" "200 " "$(told north san)"
check "an alternative name, south's rules" "200 " "$(told east san)"

# Whatever nginx would let through, lookupd looks at the CAs of the realm.
check "another realm's certificate, straight to the hook" "401 untrusted" \
    "$(ask_hook south -H X-SSL-Verify:SUCCESS -H "X-SSL-Cert:$(escaped user1)"
    ) $(header X-Certauth-Reason)"

# talk SNI HOST OPTION...: one request by openssl; the status in GOT, and
# whether the session was resumed.
talk() {
	_sni=$1 _host=$2
	shift 2
	printf 'GET / HTTP/1.1\r\nHost: %s.example.com\r\nConnection: close\r\n\r\n' \
	    "$_host" | timeout 20 openssl s_client -quiet -ign_eof -no_ign_eof \
	    -connect "127.0.0.1:$REALMS_PORT" -servername "$_sni.example.com" \
	    "$@" >"$T/talk" 2>"$T/talk.err"
	GOT=$(tr -d '\r' <"$T/talk" | sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' |
	    head -n 1)
	GOT=${GOT:-none}
}
mine="-cert $T/certs/user1.crt -key $T/certs/user1.key"
# session_rows NAME: north's session, and what it is worth elsewhere.
session_rows() {
	for version in -tls1_2 -tls1_3; do
		_how="$1 $version"
		rm -f "$T/session"
		talk north north $version $mine -ign_eof -sess_out "$T/session"
		check "$_how: a session at north" "200 yes" \
		    "$GOT $([ -s "$T/session" ] && echo yes)"
		talk north north $version -ign_eof -sess_in "$T/session"
		check "$_how: goes on at north without the certificate" 200 \
		    "$GOT"
		talk south south $version -ign_eof -sess_in "$T/session"
		check_ok "$_how: is worth nothing at south ($GOT)" \
		    [ "$GOT" = 401 -o "$GOT" = none -o "$GOT" = 421 ]
		talk south north $version -ign_eof -sess_in "$T/session"
		# with TLS 1.2 a resumed session keeps its name: north again
		[ "$version:$GOT" != -tls1_2:200 ] || GOT=421
		check_ok "$_how: nor south's handshake for north ($GOT)" \
		    [ "$GOT" = 401 -o "$GOT" = none -o "$GOT" = 421 ]
		talk north south $version -ign_eof -sess_in "$T/session"
		check "$_how: nor north's handshake for south as Host" 421 \
		    "$GOT"
		talk north south $version $mine -ign_eof
		check "$_how: nor with the certificate" 421 "$GOT"
	done
}
session_rows "the sample"
# Tickets, which the sample has switched off.
again() {
	stop nginx
	sed -i "$1" "$T/etc/more-nginx.conf"
	spawn nginx "$WEB_USER" nginx -e stderr -c "$T/etc/nginx.conf"
	ready nginx nginx_answers || exit 1
}
again 's/ssl_session_tickets off/ssl_session_tickets on/'
session_rows "tickets"
# nginx takes sessions for the same where the names of the CAs are: it is asked
# for north's at both, and the realm decides.
again "s|foreignCA.crt|CA.crt|"
session_rows "tickets, one CA"
tenant_page "one CA at both: north's certificate at south" user1 south 401 \
    untrusted "The certificate is not for this site"
again 's/ssl_session_tickets on/ssl_session_tickets off/'
session_rows "one CA"
finish
