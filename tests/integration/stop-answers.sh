#!/bin/sh
# SIGTERM answers what was asked, then ends; nothing is left behind.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small

question="lookup service=imap evidence=none email=user1@example.com"

# A question that waits for a stopped directory, which then goes on.
finds() {
	echo stats | socat -t 5 - "UNIX-CONNECT:$SOCKET" |
	    awk '$1 == "finds" { print $2 }'
}
asked() {
	[ "$(finds)" -gt "$before" ]
}
before=$(finds)
kill -STOP "$(pid_of slapd)"
printf '%s\n' "$question" | socat -t 10 - "UNIX-CONNECT:$SOCKET" \
    >"$T/answer" &
asking=$!
check_ok "a question is under way" within 2 asked
children=$(children_of "$(pid_of lookupd)")
kill -TERM "$(pid_of lookupd)"
kill -CONT "$(pid_of slapd)"
wait $asking
check "what was asked is answered" \
    "active account=user1@example.com identity=user1@example.com" \
    "$(cat "$T/answer")"
check_ok "it ends" within $PATIENCE gone lookupd
wait "$(pid_of lookupd)"
check "with status 0" 0 $?
rm "$T/pid/lookupd"
for child in $children; do
	check_ok "child $child is gone" sh -c "! kill -0 $child 2>/dev/null"
done

# It starts again at once, on the same socket.
start_lookupd || exit 1
check_ok "a new one answers" within $PATIENCE lookup_active

# Killed hard, it leaves its socket file; the next one takes it over, and the
# children do not stay.
children=$(children_of "$(pid_of lookupd)")
kill -KILL "$(pid_of lookupd)"
wait "$(pid_of lookupd)" 2>/dev/null
rm "$T/pid/lookupd"
orphans_gone() {
	for child in $children; do
		[ ! -d "/proc/$child" ] || return 1
	done
}
check_ok "children end with their parent" within $PATIENCE orphans_gone
start_lookupd || exit 1
check_ok "a left-over socket does not matter" within $PATIENCE lookup_active
finish
