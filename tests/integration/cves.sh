#!/bin/sh
# What has happened to others, where no other test encodes it (tests/CVES):
# memory that answers across evidence, services or time; environment that a
# library listens to; secrets in a log.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
CACHE=60
start_small

verified="lookup service=nginx evidence=verified"
asks() {
	ask_line "$1"
	echo "$GOT" "$WHY"
}

# ---- T09: nothing known answers another question ---------------------------
cd "$T/certs" && email foreign user1@example.com foreignCA &&
    email again user1@example.com && cd / || exit 1
user1=$(der user1)
check "T09: a certificate" "active user1@example.com" \
    "$(asks "$verified cert=$user1")"
check "T09: once more, from memory" "active user1@example.com" \
    "$(asks "$verified cert=$user1")"
check "T09: another certificate, same address" "active user1@example.com" \
    "$(asks "$verified cert=$(der again)")"
check "T09: the same address, certified by others" "refused untrusted" \
    "$(asks "$verified cert=$(der foreign)")"
check "T09: the same certificate, another service" "refused evidence" \
    "$(asks "lookup service=imap evidence=verified cert=$user1")"
check "T09: the same certificate, more is needed" "refused not-admin" \
    "$(asks "$verified need=admin cert=$user1")"
check "T09: the same certificate, another person" "refused wrong-user" \
    "$(asks "$verified user=user2@example.com cert=$user1")"
check "T09: the same name, a service that requires more" "blocked service" \
    "$(asks "lookup service=staff evidence=none email=user2@example.com")"
check "T09: the same name, a service that does not" \
    "active user2@example.com" \
    "$(asks "lookup service=imap evidence=none email=user2@example.com")"
check "T09: and again the one that does" "blocked service" \
    "$(asks "lookup service=staff evidence=none email=user2@example.com")"

# The CA is replaced: what was trusted is not, what was not is.
cp "$T/certs/CA.crt" "$T/certs/kept.crt"
cp "$T/certs/foreignCA.crt" "$T/certs/CA.crt"
ask_line reload
check "T09: other CAs" ok "$GOT"
check "T09: known under the old CA" "refused untrusted" \
    "$(asks "$verified cert=$user1")"
check "T09: refused under the old CA" "active user1@example.com" \
    "$(asks "$verified cert=$(der foreign)")"
cp "$T/certs/kept.crt" "$T/certs/CA.crt"
ask_line reload
check "T09: the old CA again" "refused untrusted" \
    "$(asks "$verified cert=$(der foreign)")"

# ---- T10: what changes is seen ----------------------------------------------
live="lookup service=imap evidence=none email=liveuser@example.com"
new="lookup service=imap evidence=none email=new@example.com"
create() {
	account new@example.com active | modify_new
}
modify_new() {
	ldapadd -x -H "$LDAPI" -D cn=root -w $SLAPD_ROOT_SECRET \
	    >>"$LOGS/ldapmodify.log" 2>&1
}
is() {
	ask_line "$1"
	[ "$GOT" = "$2" ]
}
check "T10: nobody yet" "unknown -" "$(asks "$new")"
check "T10: an account" "active liveuser@example.com" "$(asks "$live")"
create
set_attribute liveuser@example.com zimbraAccountStatus locked
ask_line "flush email=new@example.com"
check "T10: created, told of: seen at once" "active new@example.com" \
    "$(asks "$new")"
ask_line "flush account=liveuser@example.com"
check "T10: locked, told of: seen at once" "blocked locked" "$(asks "$live")"

# The same without being told, within the second that is configured.
sed -i 's/cache_positive = 60; cache_negative = 60;/cache_positive = 1; cache_negative = 1;/' \
    "$T/etc/lookupd.conf"
printf 'dn: uid=new,ou=people,dc=example,dc=com\nchangetype: delete\n' | modify
set_attribute liveuser@example.com zimbraAccountStatus active
ask_line reload
check "T10: nobody again" "unknown -" "$(asks "$new")"
check "T10: an account again" "active liveuser@example.com" "$(asks "$live")"
create
set_attribute liveuser@example.com zimbraAccountStatus closed
check_ok "T10: created: seen after its second" within 2 is "$new" active
check_ok "T10: closed: seen after its second" within 1 is "$live" blocked
set_attribute liveuser@example.com zimbraAccountStatus active

# ---- T14: an environment that libraries listen to ---------------------------
# T16: and no secret in the most detailed log.
stop lookupd
printf '%s\n' 'URI ldap://127.0.0.1:1' 'BASE dc=nowhere' 'SIZELIMIT 1' \
    'TIMELIMIT 1' 'TLS_REQCERT never' 'REFERRALS on' 'DEREF always' \
    "SASL_MECH PLAIN" 'BINDDN cn=somebody' >"$T/etc/ldaprc"
chmod 644 "$T/etc/ldaprc" "$T/certs/foreignCA.crt"
printf 'openssl_conf = nothing\n' >"$T/etc/openssl.cnf"
spawn lookupd root env LDAPRC="$T/etc/ldaprc" LDAPCONF="$T/etc/ldaprc" \
    LDAPURI=ldap://127.0.0.1:1 LDAPBASE=dc=nowhere LDAPSIZELIMIT=1 \
    LDAPTLS_REQCERT=never LDAPREFERRALS=on LDAPSASL_MECH=PLAIN \
    SSL_CERT_FILE="$T/certs/foreignCA.crt" SSL_CERT_DIR="$T/certs" \
    OPENSSL_CONF="$T/etc/openssl.cnf" KRB5_CONFIG="$T/etc/ldaprc" \
    CERTAUTH_SOCKET=/nowhere LOOKUPD_CONF=/nowhere TZ=nowhere \
    EVENT_NOEPOLL=1 "$BIN/lookupd" -d -c "$T/etc/lookupd.conf"
ready lookupd ask_help || exit 1
check_ok "T14: a hostile environment: active all the same" \
    within $PATIENCE lookup_active
check "T14: SSL_CERT_FILE is nobody's CA" "refused untrusted" \
    "$(asks "$verified cert=$(der foreign)")"
check "T14: the configured CA is" "active user1@example.com" \
    "$(asks "$verified cert=$user1")"
check "T14: two are two" "ambiguous -" \
    "$(asks "lookup service=imap evidence=none email=shared@example.com")"
check "T14: a password realm binds with its password" \
    "active user1@example.com" "$(asks "$verified realm=strict cert=$user1")"
check "T16: no secret in a debug log" 0 \
    "$(grep -c "$SLAPD_SECRET" "$LOGS/lookupd.log")"
finish
