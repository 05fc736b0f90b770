#!/bin/sh
# SIGHUP and reload: a bad configuration leaves the old one in use and says
# why; a good one takes effect at once; questions under way are not lost.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small

question="lookup service=imap evidence=none email=user1@example.com"
staff="lookup service=staff evidence=none email=user2@example.com"
ask_line "$staff"
check "before: the service's filter blocks" "blocked service" "$GOT $WHY"

logged() {
	grep -q "$1" "$LOGS/lookupd.log"
}

# Bad: an unknown setting and a realm that does not exist.
cp "$T/etc/lookupd.conf" "$T/etc/good.conf"
sed 's/realms = \[ "main" \]/realms = [ "nowhere" ]/; 1i frobnicate = 1;' \
    "$T/etc/good.conf" >"$T/etc/lookupd.conf"
kill -HUP "$(pid_of lookupd)"
check_ok "the log names the unknown setting" within $PATIENCE logged frobnicate
check_ok "and the missing realm, at once" logged nowhere
ask_line "$question"
check "after a bad one: still answered" "active user1@example.com" "$GOT $WHY"
ask_line "$staff"
check "and by the old rules" "blocked service" "$GOT $WHY"
ask_line reload
check "reload of a bad one is refused" "bad-request bad-value" "$GOT $WHY"
check_ok "lookupd -n finds it, too" \
    sh -c "! '$BIN/lookupd' -n -c '$T/etc/lookupd.conf' 2>'$LOGS/n.log'"
check_ok "with file and line" grep -q 'lookupd.conf:1: ' "$LOGS/n.log"
check_ok "and by a relative path" sh -c "cd '$T/etc' &&
    '$BIN/lookupd' -n -c lookupd.conf 2>&1 | grep -q 'lookupd.conf:1: '"

# Good: the filter now matches user2 instead.
sed 's/(zimbraMailAlias=alias1@example.com)/(uid=user2)/' \
    "$T/etc/good.conf" >"$T/etc/lookupd.conf"
ask_line reload
check "reload of a good one" "ok" "$GOT"
ask_line "$staff"
check "the new rule is in use" "active user2@example.com" "$GOT $WHY"

# And back, by signal.
cp "$T/etc/good.conf" "$T/etc/lookupd.conf"
kill -HUP "$(pid_of lookupd)"
old_again() {
	ask_line "$staff"
	[ "$GOT $WHY" = "blocked service" ]
}
check_ok "SIGHUP takes a good one, too" within $PATIENCE old_again
finish
