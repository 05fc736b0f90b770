#!/bin/sh
# The profile activedirectory against a real one: Samba as a domain
# controller.  The states are made as an administrator makes them, and
# lockouts by failed logins.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/samba-dc.sh"
[ $ROOT = yes ] || skip "a domain controller needs root"
need samba samba-tool ldapmodify ldapsearch openssl ip ss unshare setpriv socat
own_network "$0"
begin
have lookupd certauthctl

# account NAME PASSWORD-OR-OPTION...
account() {
	_name=$1
	shift
	admin user create "$_name" "$@" --mail-address="$_name@mail.test"
}

# hide USER GUID: the attribute of that schemaIDGUID may not be read by us (OD
# is "object deny", RP "read property").
hide() {
	admin dsacl set --objectdn="CN=$1,CN=Users,$DC_BASE" \
	    --sddl="(OD;;RP;$2;;$(sid certauth))"
}

# The SID as text, which LDAP does not show.
sid() {
	samba-tool user show "$1" --attributes=objectSid \
	    -s "$T/etc/smb.conf" -H "$T/dc/private/sam.ldb" |
	    sed -n 's/^objectSid: //p'
}

accounts() {
	for _each in certauth active disabled again expired week never zero \
	    out strict veiled nearly unlocked hidden hidden2 gone twin1 twin; do
		account $_each $USER_SECRET || return 1
	done
	account card --smartcard-required &&
	account nocard --smartcard-required &&
	account change $USER_SECRET --must-change-at-next-login &&
	admin computer create pc1 && admin contact create contact1 \
	    --mail-address=contact1@mail.test &&
	admin group add group1 --mail-address=group1@mail.test
}

attributes() {
	dc_modify <<-LDIF
	dn: CN=active,CN=Users,$DC_BASE
	changetype: modify
	add: proxyAddresses
	proxyAddresses: SMTP:active@mail.test
	proxyAddresses: smtp:alias1@mail.test
	proxyAddresses: SMTP:Alias2@mail.test
	proxyAddresses: X400:x400@mail.test
	proxyAddresses: bare@mail.test

	dn: CN=out,CN=Users,$DC_BASE
	changetype: modify
	add: proxyAddresses
	proxyAddresses: smtp:also-out@mail.test

	dn: CN=Administrator,CN=Users,$DC_BASE
	changetype: modify
	add: mail
	mail: administrator@mail.test

	dn: CN=pc1,CN=Computers,$DC_BASE
	changetype: modify
	add: mail
	mail: pc1@mail.test

	dn: CN=twin1,CN=Users,$DC_BASE
	changetype: modify
	replace: mail
	mail: twin@ad.test

	dn: CN=zero,CN=Users,$DC_BASE
	changetype: modify
	replace: accountExpires
	accountExpires: 0
	LDIF
}

states() {
	admin user disable disabled && admin user disable nocard &&
	admin user disable again && admin user enable again &&
	admin user setexpiry expired --days=0 &&
	admin user setexpiry week --days=7 &&
	admin user setexpiry never --days=0 &&
	admin user setexpiry never --noexpiry &&
	admin user delete gone &&
	hide hidden bf967a68-0de6-11d0-a285-00aa003049e2 &&
	hide hidden2 bf967915-0de6-11d0-a285-00aa003049e2 &&
	hide veiled 28630ebf-41d5-11d1-a9c1-0000f80367c1
}

# Three failures lock for LOCKOUT seconds (samba-tool knows minutes, the
# attribute 100 nanoseconds); a policy of its own locks strict until unlocked.
LOCKOUT=12
policies() {
	admin domain passwordsettings set --account-lockout-threshold=3 &&
	admin domain passwordsettings pso create strict 1 \
	    --account-lockout-threshold=2 --account-lockout-duration=0 &&
	admin domain passwordsettings pso apply strict strict &&
	dc_modify <<-LDIF
	dn: $DC_BASE
	changetype: modify
	replace: lockOutObservationWindow
	lockOutObservationWindow: -${LOCKOUT}0000000
	-
	replace: lockoutDuration
	lockoutDuration: -${LOCKOUT}0000000
	LDIF
}

lockouts() {
	bad_logins strict 2
	bad_logins nearly 2
	bad_logins unlocked 3
	bad_logins veiled 3
	bad_logins out 3
	admin user unlock unlocked
}

# ad_realm NAME PROFILE SERVER [OPTIONS]
ad_realm() {
	cat <<-END
	  { name = "$1"; profile = "$2"; servers = [ "$3" ]; $4
	    base = "$DC_BASE"; bind = "simple"; bind_dn = "certauth@ad.test";
	    secret_file = "$T/etc/secret"; tls_ca = "$T/etc/dc.pem";
	    client_ca = "$T/certs/CA.crt"; cache_positive = 0; cache_negative = 0; }
	END
}

configure() {
	SOCKET=$T/run/lookupd.sock
	CTL_OPTIONS="-s $SOCKET -U $DAEMON_USER"
	mkdir -p "$T/etc/profiles"
	_profile=$top_srcdir/etc/profiles/activedirectory.conf
	cp "$_profile" "$T/etc/profiles/"
	grep -v '^ignore_references' "$_profile" >"$T/etc/profiles/strict.conf"
	printf %s $USER_SECRET >"$T/etc/secret"
	chmod 600 "$T/etc/secret"
	chown "$DAEMON_USER" "$T/etc/secret"
	cat >"$T/etc/lookupd.conf" <<-END
	socket = "$SOCKET"; user = "$DAEMON_USER";
	profiles = "$T/etc/profiles"; audit_interval = 0;
	realms = (
	$(ad_realm main activedirectory ldaps://127.0.0.1 \
	    'canary = [ "krbtgt" ];'),
	$(ad_realm starttls activedirectory ldap://127.0.0.1),
	$(ad_realm upn activedirectory ldaps://127.0.0.1 \
	    'identities = [ "upn" ];'),
	$(ad_realm clear activedirectory ldap://127.0.0.1 'tls = "none";'),
	$(ad_realm references strict ldaps://127.0.0.1)
	);
	services = ();
	END
}

# in_realm NAME ANSWER REALM QUESTION
in_realm() {
	_kept=$CTL_OPTIONS
	CTL_OPTIONS="$CTL_OPTIONS -r $3"
	ask_ctl "${5:--}" "${4%% *}" "${4#* }"
	CTL_OPTIONS=$_kept
	check "$1" "$2" "$GOT $WHY"
}

asks() {
	ask_ctl - lookup "$1"
	[ "$GOT $WHY" = "$2" ]
}

# answer NAME ANSWER ADDRESS
answer() {
	ask_ctl - lookup "$3"
	check "$1" "$2" "$GOT $WHY"
}

certificates() {
	mkdir -p "$T/certs" && cd "$T/certs" && SERIAL=2 && make_ca CA &&
	email active active@mail.test && email disabled disabled@mail.test &&
	by_wiki upn "" CA "subjectAltName=otherName:\
1.3.6.1.4.1.311.20.2.3;UTF8:active@ad.test" && cd /
}

say "Provisioning a domain, starting Samba"
certificates && start_dc && accounts && attributes && states && policies ||
    exit 1
configure
start_lookupd || exit 1
within $PATIENCE asks active@mail.test "0 active" || exit 1
locked=$(now_ms)
lockouts || exit 1
run_rows "$INTEGRATION/samba.tsv"
took=$((($(now_ms) - locked) / 1000))
[ $took -lt $LOCKOUT ] || say "# slow: $took s since the lockouts"
say

for _each in disabled never zero card out; do
	say "# $_each: userAccountControl $(shows $_each userAccountControl)," \
	    "computed $(shows $_each msDS-User-Account-Control-Computed)," \
	    "accountExpires $(shows $_each accountExpires)," \
	    "lockoutTime $(shows $_each lockoutTime)"
done

within $((LOCKOUT + 10)) asks out@mail.test "0 out"
answer "the lockout elapses" "0 out" out@mail.test
say "# $((($(now_ms) - locked) / 1000)) s after the last failure;" \
    "lockoutTime is still $(shows out lockoutTime)"
answer "that of the stricter policy does not" "1 lockout" strict@mail.test
admin user unlock strict || exit 1
answer "until an administrator ends it" "0 strict" strict@mail.test
admin user disable active || exit 1
answer "disabled while we run" "1 disabled" active@mail.test
admin user enable active || exit 1
answer "and enabled" "0 active" active@mail.test

in_realm "StartTLS" "0 active" starttls "lookup active@mail.test"
in_realm "certificate with a UPN" "0 active" upn "check -" upn
in_realm "a bind in clear is refused" "5 directory" clear \
    "lookup active@mail.test"
in_realm "references are unexpected, unless the profile says so" \
    "5 directory" references "lookup active@mail.test"
check_ok "Samba ends when it is asked to" stop_dc
finish
