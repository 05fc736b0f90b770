#!/bin/sh
# Mirroring a real 389 Directory Server, made ready as lookupd.conf(5) says.
# Its changes have no numbers a mirror could be compared by, so each is
# awaited by asking for it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/389ds-server.sh"
[ $ROOT = yes ] || skip "the tools of 389-ds need root"
need ns-slapd dscreate dsctl dsconf dsidm ldapmodify ldapsearch openssl \
    setpriv socat
begin
have lookupd certauthctl
trap '_status=$?; ds_leftover; end $_status' EXIT

BIND_DN=cn=certauth,ou=services,$DS_BASE
NUMBER=1000

# person NAME: as consoles make them.
person() {
	NUMBER=$((NUMBER + 1))
	ds_modify -a <<-LDIF
	dn: uid=$1,$DS_PEOPLE
	objectClass: inetOrgPerson
	objectClass: mailRecipient
	objectClass: nsMemberOf
	uid: $1
	cn: $1
	sn: $1
	mail: $1@ds.test
	LDIF
}

# change NAME: further lines of LDIF on standard input.
change() {
	{ printf '%s\n' "dn: uid=$1,$DS_PEOPLE"; cat; } | ds_modify
}

people_there() {
	for _each in one two three locked leaver; do
		person $_each || return 1
	done
	people service create --cn certauth --description certauth &&
	people service modify certauth "add:userPassword:$USER_SECRET" &&
	people role create-managed --cn leavers &&
	change leaver <<-LDIF &&
	changetype: modify
	add: nsRoleDN
	nsRoleDN: cn=leavers,$DS_BASE
	LDIF
	people account lock "uid=locked,$DS_PEOPLE"
}

rights() {
	ds_modify <<-LDIF
	dn: $DS_PEOPLE
	changetype: modify
	add: aci
	aci: (targetattr="nsAccountLock || accountUnlockTime ||
	  passwordRetryCount || uid || mail || mailAlternateAddress ||
	  objectClass")(version 3.0; acl "certauth";
	  allow (read, search, compare) (userdn="ldap:///$BIND_DN");)
	LDIF
}

limit() {
	ds_modify <<-LDIF
	dn: $BIND_DN
	changetype: modify
	replace: nsSizeLimit
	nsSizeLimit: $1
	LDIF
}

restart_ds() {
	stop ns-slapd
	spawn ns-slapd root ns-slapd -d 0 -D "$DS/etc/dirsrv/slapd-ca" \
	    -i "$DS/run/dirsrv/slapd-ca.pid"
	ready ns-slapd ds_search -b '' -s base vendorVersion
}

configure() {
	SOCKET=$T/run/lookupd.sock
	CTL_OPTIONS="-s $SOCKET -U $DAEMON_USER"
	mkdir -p "$T/etc/profiles" "$T/store"
	chmod 700 "$T/store"
	cp "$top_srcdir/etc/profiles/389ds.conf" "$T/etc/profiles/"
	printf %s $USER_SECRET >"$T/etc/secret"
	chmod 600 "$T/etc/secret"
	chown "$DAEMON_USER" "$T/etc/secret" "$T/store"
	cat >"$T/etc/lookupd.conf" <<-END
	socket = "$SOCKET"; user = "$DAEMON_USER"; store = "$T/store";
	profiles = "$T/etc/profiles"; audit_interval = 0;
	log_level = "debug";
	realms = (
	  { name = "main"; profile = "389ds"; mode = "mirror";
	    servers = [ "ldaps://127.0.0.1:$DS_TLS_PORT" ]; base = "$DS_BASE";
	    bind = "simple"; bind_dn = "$BIND_DN"; heartbeat = 2;
	    secret_file = "$T/etc/secret"; tls_ca = "$T/etc/ds.pem"; }
	);
	services = ();
	END
}

area_has() {
	"$BIN/certauthctl" $CTL_OPTIONS status 2>>"$LOGS/certauthctl.log" |
	    grep 'mirror of accounts: state=' | grep -q -- "$1"
}

logged() {
	grep -q -- "$1" "$LOGS/lookupd.log"
}

count_log() {
	grep -c -- "$1" "$LOGS/lookupd.log"
}

says() {
	ask_ctl - lookup "$1@ds.test"
	[ "$GOT $WHY" = "$2" ]
}

# becomes NAME WHO ANSWER: awaited.
becomes() {
	within $PATIENCE says "$2" "$3"
	ask_ctl - lookup "$2@ds.test"
	check "$1" "$3" "$GOT $WHY"
}

say "Making an instance, starting ns-slapd"
start_ds && people_there && rights &&
    server plugin retro-changelog enable &&
    server plugin contentsync enable && restart_ds || exit 1
configure
start_lookupd || exit 1

check_ok "the first refresh" within $PATIENCE area_has state=persist
becomes "somebody" one "0 one"
becomes "somebody locked" locked "1 locked"

people account lock "uid=one,$DS_PEOPLE"
becomes "locked while we look" one "1 locked"
people account unlock "uid=one,$DS_PEOPLE"
becomes "and unlocked" one "0 one"
person four
becomes "added" four "0 four"
change four <<LDIF
changetype: modify
add: mailAlternateAddress
mailAlternateAddress: alias@ds.test
LDIF
becomes "an alias" alias "0 four"
change four <<LDIF
changetype: modify
delete: mailAlternateAddress
LDIF
becomes "and none" alias "2 -"
change four <<LDIF
changetype: modrdn
newrdn: uid=fourth
deleteoldrdn: 1
LDIF
becomes "renamed" four "0 fourth"
printf '%s\n' "dn: uid=fourth,$DS_PEOPLE" 'changetype: delete' | ds_modify
becomes "deleted" four "2 -"
change two <<LDIF
changetype: modify
replace: nsAccountLock
nsAccountLock: until further notice
LDIF
becomes "locked by an odd value" two "1 locked"

# ---- restarts: nothing is resumed, for a resumed session tells no lock
stop lookupd
people account lock "uid=three,$DS_PEOPLE"
start_lookupd
becomes "locked while we were away" three "1 locked"
becomes "somebody after a restart" one "0 one"
check "nothing was resumed" 0 "$(count_log ': resuming')"

restart_ds
people account unlock "uid=three,$DS_PEOPLE"
becomes "unlocked after a restart of the server" three "0 three"

kill -STOP "$(pid_of ns-slapd)"
check_ok "a server that hangs is noticed" within $PATIENCE \
    logged 'no answer to a heartbeat'
says one "0 one"
check "answers go on" "0 one" "$GOT $WHY"
kill -CONT "$(pid_of ns-slapd)"
people account lock "uid=three,$DS_PEOPLE"
becomes "and followed again" three "1 locked"

# ---- a lock through a role makes no event
people role lock "cn=leavers,$DS_BASE"
sed -i 's/heartbeat = 2;/heartbeat = 2; refresh_interval = 1;/' \
    "$T/etc/lookupd.conf"
ask_line reload
check "a reload" ok "$GOT"
PATIENCE=60
becomes "locked through a role, once all was read anew" leaver "1 locked"

# ---- limits, about which the server keeps silent
limit 2
sed -i 's/refresh_interval = 1;//' "$T/etc/lookupd.conf"
stop lookupd
rm -rf "$T/store" "$LOGS/lookupd.log"
mkdir "$T/store"
chmod 700 "$T/store"
chown "$DAEMON_USER" "$T/store"
start_lookupd
check_ok "a silent limit is noticed" within $PATIENCE logged nsSizeLimit
check_ok "and nothing is stored" area_has entries=none
says one "5 stale"
check "nor answered" "5 stale" "$GOT $WHY"
limit -1
becomes "until there is none" one "0 one"
finish
