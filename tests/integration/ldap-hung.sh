#!/bin/sh
# A directory that accepts and never answers: refused in time, CPU idle.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small

question="lookup service=imap evidence=none email=user1@example.com"

# CPU time of lookupd and its children, in clock ticks (100 a second).
ticks() {
	for pid in $(pid_of lookupd) $(children_of "$(pid_of lookupd)"); do
		sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null |
		    cut -d ' ' -f 12,13
	done | awk '{ sum += $1 + $2 } END { print sum + 0 }'
}

ask_line "$question"
check "before" "active" "$GOT"
kill -STOP "$(pid_of slapd)"
before=$(now_ms)
used=$(ticks)
ask_line "$question"
took=$(($(now_ms) - before))
check "while it hangs" "unavailable" "$GOT"
check_ok "not before it had a chance ($took ms)" [ $took -gt 1000 ]
us=$(sed -n "s/.*reason=[a-z]* us=//p" "$LOGS/lookupd.log" | tail -n 1)
# By lookupd's own measure: how long a client takes to start is the machine's.
check_ok "before nginx loses patience ($us us)" [ "${us:-9999999}" -lt 3000000 ]
used=$(($(ticks) - used))
check_ok "CPU idle meanwhile ($used ticks)" [ $used -lt 50 ]

# Others are answered meanwhile: stats, while a question waits.
printf '%s\n' "$question" | socat -t 10 - "UNIX-CONNECT:$SOCKET" \
    >"$T/waiting" &
waiting=$!
before=$(now_ms)
ask_line stats
took=$(($(now_ms) - before))
check "another client meanwhile" "ok" "$GOT"
check_ok "before the other one ($took ms)" [ $took -lt 2400 ]
wait $waiting
check "the one that waited" "unavailable" "$(cut -d ' ' -f 1 "$T/waiting")"

kill -CONT "$(pid_of slapd)"
check_ok "active again within two seconds" within 2 lookup_active
finish
