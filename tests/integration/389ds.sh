#!/bin/sh
# The profile 389ds against a real one.  The states are made by its own tools,
# as an administrator makes them, and lockouts by failed logins.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/389ds-server.sh"
[ $ROOT = yes ] || skip "the tools of 389-ds need root"
need ns-slapd dscreate dsctl dsconf dsidm ldapmodify ldapsearch openssl \
    setpriv socat
begin
have lookupd certauthctl
trap '_status=$?; ds_leftover; end $_status' EXIT

NUMBER=1000
# account NAME [WORD...]: a person, and what is to be changed of it.
account() {
	_name=$1
	shift
	NUMBER=$((NUMBER + 1))
	people user create --uid "$_name" --cn "$_name" --displayName "$_name" \
	    --uidNumber $NUMBER --gidNumber $NUMBER \
	    --homeDirectory "/home/$_name" &&
	people user modify "$_name" "add:mail:$_name@ds.test" \
	    "add:userPassword:$USER_SECRET" "$@"
}

accounts() {
	for _each in locked again false odd out nearly strict old gone; do
		account $_each || return 1
	done
	account active add:objectClass:mailRecipient \
	    add:mailAlternateAddress:alias@ds.test &&
	account twin1 add:mail:twin@ds.test &&
	account twin2 add:mail:twin@ds.test &&
	people service create --cn certauth --description certauth &&
	people service modify certauth "add:userPassword:$USER_SECRET" &&
	people role create-managed --cn leavers &&
	people role create-managed --cn stayers &&
	account leaver "add:nsRoleDN:cn=leavers,$DS_BASE" &&
	account stayer "add:nsRoleDN:cn=stayers,$DS_BASE" &&
	ds_modify -a <<-LDIF
	dn: uid=person,$DS_PEOPLE
	objectClass: inetOrgPerson
	uid: person
	cn: person
	sn: person
	mail: person@ds.test
	LDIF
}

# Some consoles write FALSE where dsidm takes the attribute away.
states() {
	people account lock "uid=locked,$DS_PEOPLE" &&
	people account lock "uid=again,$DS_PEOPLE" &&
	people account unlock "uid=again,$DS_PEOPLE" &&
	people role lock "cn=leavers,$DS_BASE" &&
	people role lock "cn=stayers,$DS_BASE" &&
	people role unlock "cn=stayers,$DS_BASE" &&
	echo "Yes I am sure" | people account delete "uid=gone,$DS_PEOPLE" &&
	ds_modify <<-LDIF
	dn: uid=false,$DS_PEOPLE
	changetype: modify
	replace: nsAccountLock
	nsAccountLock: FALSE

	dn: uid=odd,$DS_PEOPLE
	changetype: modify
	replace: nsAccountLock
	nsAccountLock: until further notice

	dn: uid=old,$DS_PEOPLE
	changetype: modify
	replace: passwordExpirationTime
	passwordExpirationTime: 19700101000000Z
	LDIF
}

LOCKOUT=15
policies() {
	server pwpolicy set --pwdlockout=on --pwdunlock=on \
	    --pwdmaxfailures=3 --pwdlockoutduration=$LOCKOUT &&
	server localpwp adduser "uid=strict,$DS_PEOPLE" --pwdlockout=on \
	    --pwdunlock=off --pwdmaxfailures=2
}

lockouts() {
	bad_logins strict 2
	bad_logins nearly 2
	bad_logins out 3
}

# The rule that the profile's head tells of.
let_us_look() {
	ds_modify <<-LDIF
	dn: $DS_PEOPLE
	changetype: modify
	add: aci
	aci: (targetattr="nsAccountLock || accountUnlockTime ||
	  passwordRetryCount || uid || mail || mailAlternateAddress ||
	  objectClass")(version 3.0; acl "certauth";
	  allow (read, search, compare)
	  (userdn="ldap:///cn=certauth,ou=services,$DS_BASE");)
	LDIF
}

# ds_realm NAME SERVER [OPTIONS]
ds_realm() {
	cat <<-END
	  { name = "$1"; profile = "389ds"; servers = [ "$2" ]; $3
	    base = "$DS_BASE"; bind = "simple";
	    bind_dn = "cn=certauth,ou=services,$DS_BASE";
	    secret_file = "$T/etc/secret"; tls_ca = "$T/etc/ds.pem";
	    client_ca = "$T/certs/CA.crt"; canary_interval = 1;
	    cache_positive = 0; cache_negative = 0; }
	END
}

configure() {
	SOCKET=$T/run/lookupd.sock
	CTL_OPTIONS="-s $SOCKET -U $DAEMON_USER"
	mkdir -p "$T/etc/profiles"
	cp "$top_srcdir/etc/profiles/389ds.conf" "$T/etc/profiles/"
	printf %s $USER_SECRET >"$T/etc/secret"
	chmod 600 "$T/etc/secret"
	chown "$DAEMON_USER" "$T/etc/secret"
	cat >"$T/etc/lookupd.conf" <<-END
	socket = "$SOCKET"; user = "$DAEMON_USER";
	profiles = "$T/etc/profiles"; audit_interval = 0;
	realms = (
	$(ds_realm main "ldaps://127.0.0.1:$DS_TLS_PORT" \
	    'canary = [ "locked@ds.test", "strict@ds.test" ];'),
	$(ds_realm starttls "ldap://127.0.0.1:$DS_PORT")
	);
	services = ();
	END
}

asks() {
	ask_ctl - lookup "$1"
	[ "$GOT $WHY" = "$2" ]
}

# answer NAME ANSWER ADDRESS [OPTIONS]
answer() {
	_kept=$CTL_OPTIONS
	CTL_OPTIONS="$CTL_OPTIONS $4"
	ask_ctl - lookup "$3"
	CTL_OPTIONS=$_kept
	check "$1" "$2" "$GOT $WHY"
}

certificates() {
	mkdir -p "$T/certs" && cd "$T/certs" && SERIAL=2 && make_ca CA &&
	email active active@ds.test && email locked locked@ds.test && cd /
}

say "Making an instance, starting ns-slapd"
certificates && start_ds && accounts && states && policies || exit 1
lockouts
configure
start_lookupd || exit 1

# What a new suffix shows hides lockouts: the canary notices.
within $PATIENCE asks active@ds.test "5 canary"
answer "a lockout hidden from us stops everything" "5 canary" active@ds.test
answer "because without a canary nobody would notice" "0 strict" \
    strict@ds.test "-r starttls"
let_us_look || exit 1
within $PATIENCE asks active@ds.test "0 active"
answer "until we may look" "0 active" active@ds.test
answer "and StartTLS shows the same" "1 lockout" strict@ds.test "-r starttls"
say

# Longer ago than the lockout lasts, by now.
within $LOCKOUT asks out@ds.test "0 out"
answer "a lockout has elapsed" "0 out" out@ds.test
say "# accountUnlockTime is still $(shows out accountUnlockTime)," \
    "passwordRetryCount $(shows out passwordRetryCount)"
bad_logins out 3
run_rows "$INTEGRATION/389ds.tsv"
say

people account reset_password "uid=strict,$DS_PEOPLE" Other-secret-2 || exit 1
say "# reset: accountUnlockTime is still $(shows strict accountUnlockTime)," \
    "passwordRetryCount $(shows strict passwordRetryCount)"
# It was the canary.
within $PATIENCE asks active@ds.test "5 canary"
answer "a canary that was let loose is noticed" "5 canary" active@ds.test
answer "an administrator ends a lockout" "0 strict" strict@ds.test \
    "-r starttls"
check_ok "and so says the server" login strict Other-secret-2

people account lock "uid=active,$DS_PEOPLE" || exit 1
answer "locked while we run" "1 locked" active@ds.test "-r starttls"
people account unlock "uid=active,$DS_PEOPLE" || exit 1
answer "and unlocked" "0 active" active@ds.test "-r starttls"
finish
