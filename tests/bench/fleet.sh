#!/bin/sh
# What many mirrors cost one provider: processor time and memory of slapd for
# a refresh of all at once, for a change, and while nothing happens.
#
#	FLEET=N PEOPLE=N CHANGES=N tests/bench/fleet.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat
: "${FLEET:=20}" "${PEOPLE:=20000}" "${CHANGES:=500}"
begin
have lookupd certauthctl
ACCOUNTS=0
HEARTBEAT=10

few() {
	directory_ldif
	awk -v n="$PEOPLE" 'BEGIN { for (i = 0; i < n; i++) {
		u = "person" i
		print "dn: uid=" u ",ou=people,dc=example,dc=com"
		print "objectClass: inetOrgPerson\nobjectClass: zimbraAccount"
		print "uid: " u "\ncn: " u "\nsn: " u
		print "zimbraMailDeliveryAddress: " u "@example.com"
		print "zimbraMailAlias: a" i "@example.com"
		print "zimbraMailAlias: b" i "@example.com"
		print "zimbraId: id-" i "\nzimbraAccountStatus: active"
		print "zimbraMailStatus: enabled\nzimbraMailHost: x\n"
	} }'
}

load_slapd() {
	mkdir -p "$T/slapd/data"
	few >"$T/etc/directory.ldif"
	[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/slapd"
	( as "$DAEMON_USER" slapadd -q -w -S 1 -f "$T/etc/slapd.conf" \
	    -l "$T/etc/directory.ldif" ) >"$LOGS/slapadd.log" 2>&1
}

# Milliseconds of processor time of slapd, and its resident KiB.
cpu_ms() {
	awk -v t="$(getconf CLK_TCK)" '{ sub(/.*\) /, "")
		printf "%d", ($12 + $13) * 1000 / t }' \
	    "/proc/$(pid_of slapd)/stat"
}
resident() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
	    "/proc/$(pid_of slapd)/status"
}

# start_one N: a lookupd with a socket and a store of its own.
start_one() {
	mkdir -p "$T/store$1"
	chmod 700 "$T/store$1"
	[ $ROOT = no ] || chown "$DAEMON_USER" "$T/store$1"
	sed "s|$SOCKET|$T/run/$1.sock|; s|$T/store|&$1|
	    s|\"debug\"|\"warning\"|" "$T/etc/lookupd.conf" \
	    >"$T/etc/lookupd$1.conf"
	spawn "lookupd$1" root "$BIN/lookupd" -c "$T/etc/lookupd$1.conf"
}

# last N: has this one the provider's last change?
last() {
	_csn=$(changes_of)
	CTL_OPTIONS="-s $T/run/$1.sock"
	area accounts | grep -q "state=persist.*$_csn"
}

all_follow() {
	_n=0
	while [ $((_n += 1)) -le "$1" ]; do
		within 120 last $_n || { fail "mirror $_n does not follow"
			return 1; }
	done
}

# changes MIRRORS: CHANGES modifications by one client.
changes() {
	for _i in $(seq "$CHANGES"); do
		printf 'dn: uid=person%s,ou=people,dc=example,dc=com\n' $_i
		printf 'changetype: modify\nreplace: zimbraAccountStatus\n'
		printf 'zimbraAccountStatus: %s\n\n' "$2"
	done >"$T/changes.ldif"
	_before=$(cpu_ms)
	modify <"$T/changes.ldif"
	[ "$1" = 0 ] || all_follow "$1" || return
	_after=$(cpu_ms)
	say "$1 mirrors: $(((_after - _before) * 1000 / CHANGES)) us of slapd a change"
}

start_slapd || exit 1
prepare_lookupd
sed -i 's/^loglevel.*/loglevel none/' "$T/etc/slapd.conf"
stop slapd
start_slapd
say "$PEOPLE accounts, slapd $(resident) KiB"
changes 0 locked
before=$(cpu_ms) begun=$(now_ms)
start_one 1
set_status user1@example.com active
all_follow 1
say "one refresh: $(($(cpu_ms) - before)) ms of slapd, $(($(now_ms) - begun)) ms in all"
changes 1 active
before=$(cpu_ms) begun=$(now_ms)
for n in $(seq 2 "$FLEET"); do
	start_one "$n"
done
all_follow "$FLEET"
say "$((FLEET - 1)) refreshes at once: $(($(cpu_ms) - before)) ms of slapd, $(($(now_ms) - begun)) ms in all; slapd $(resident) KiB"
changes "$FLEET" locked
before=$(cpu_ms)
within 20 false
say "20 s without changes: $(($(cpu_ms) - before)) ms of slapd"
check_ok "all were followed" [ "$FAILED" = 0 ]
finish
