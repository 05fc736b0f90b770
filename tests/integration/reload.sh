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

# What the front cannot read any more comes from the parent: client CAs,
# profiles, and users and groups by name.
status=$(printf 'status\n' | socat -t 10 - "UNIX-CONNECT:$SOCKET" |
    sed -n 's/.*, pid \([0-9]*\), .*/\1/p')
change() {	# NAME FILE SED-EXPRESSION EXPECTED-OF-RELOAD
	sed "$3" "$T/etc/$2" >"$T/changed" && cat "$T/changed" >"$T/etc/$2"
	ask_line reload
	check "$1" "$4" "$GOT"
}
certificate() {
	ask_line "lookup service=nginx evidence=verified cert=$(der user1)"
}
certificate
check "a certificate of the first CA" "active user1@example.com" "$GOT $WHY"
( cd "$T/certs" && cp CA.crt first.crt && make_ca other ) || exit 1
cat "$T/certs/other.crt" >"$T/certs/CA.crt"
ask_line reload
check "reload with another CA in the same file" ok "$GOT"
certificate
check "the certificate is not trusted now" "refused untrusted" "$GOT $WHY"
echo "no certificate" >"$T/certs/CA.crt"
ask_line reload
check "reload with a CA file that is none is refused" "bad-request" "$GOT"
certificate
check "the CA before stays" "refused untrusted" "$GOT $WHY"
# A configuration that the parent and the directory process find good, and
# the front does not: however often, the old one is answered by.
for round in one two; do
	{ cat "$T/etc/good.conf"; echo "# $round"; } >"$T/etc/lookupd.conf"
	ask_line reload
	check "an edited one with that CA file, round $round" bad-request "$GOT"
	ask_line flush
	ask_line "$question"
	check "the old one still serves after round $round" \
	    "active user1@example.com" "$GOT $WHY"
done
cp "$T/etc/good.conf" "$T/etc/lookupd.conf"
cat "$T/certs/first.crt" >"$T/certs/CA.crt"
ask_line reload
certificate
check "and the first one is back" "active user1@example.com" "$GOT $WHY"

cp "$T/etc/profiles/zimbra.conf" "$T/zimbra.conf"
change "reload of a changed profile" profiles/zimbra.conf \
    's/^rules = ($/rules = ( { block = "pending"; account = "(uid=user1)"; },/' ok
ask_line "$question"
check "its new rule is in use" "blocked pending" "$GOT $WHY"
change "reload of a profile that is bad is refused" profiles/zimbra.conf \
    's/^rules/rulez/' bad-request
ask_line "$question"
check "and the rule stays" "blocked pending" "$GOT $WHY"
# Rules that are true of user1, in other words than the directory answers with.
for _name in mail=user1@example.com: rfc822Mailbox=user1@example.com:y \
    0.9.2342.19200300.100.1.3=user1@example.com:y name=user1:y; do
	cat "$T/zimbra.conf" >"$T/etc/profiles/zimbra.conf"
	change "a rule about ${_name%%=*}" profiles/zimbra.conf \
	    "s/^rules = (/&{ block = \"locked\"; account = \"(${_name%:*})\"; },/" ok
	ask_line "$question"
	[ -n "${_name##*:}" ] && _wanted="unavailable directory" ||
	    _wanted="blocked locked"
	check "is not overlooked" "$_wanted" "$GOT $WHY"
done
check_ok "and the log says why" logged \
    "attribute mail came under a name that was not asked for"
cat "$T/zimbra.conf" >"$T/etc/profiles/zimbra.conf"
ask_line reload
ask_line "$question"
check "without it" "active user1@example.com" "$GOT $WHY"

# ask_as USER: the last word of what it is told.
ask_as() {
	GOT=$( ( as "$1" socat -t 10 - "UNIX-CONNECT:$SOCKET" ) <<-END
	$question
	END
	)
	GOT=${GOT%% *}
}
# Who may ask nothing is told so unasked.
told_to() {
	GOT=$( ( as "$1" socat -u "UNIX-CONNECT:$SOCKET" - ) </dev/null )
	GOT=${GOT%% *}
}
imap='/name = "imap"/,/realms/s'
change "reload with a user nobody knows is refused" lookupd.conf \
    "$imap/callers = [^]]*]/callers = [ \"no-such-user\" ]/" bad-request
check_ok "and the log names it" grep -q no-such-user "$LOGS/lookupd.log"
cp "$T/etc/good.conf" "$T/etc/lookupd.conf"
if [ $ROOT = yes ]; then
	chmod 666 "$SOCKET"
	told_to daemon
	check "a user who may not ask" refused "$GOT"
	change "reload that names him" lookupd.conf \
	    "$imap/callers = [^]]*]/callers = [ \"daemon\" ]/" ok
	ask_as daemon
	check "he may ask now" active "$GOT"
	change "reload that names a group" lookupd.conf \
	    "$imap/callers = [^]]*]/callers = [ \"@games\" ]/" ok
	told_to daemon
	check "he may not any more" refused "$GOT"
	ask_as games
	check "the group may" active "$GOT"
fi
check "all that by the same front" "$status" \
    "$(printf 'status\n' | socat -t 10 - "UNIX-CONNECT:$SOCKET" |
    sed -n 's/.*, pid \([0-9]*\), .*/\1/p')"
finish
