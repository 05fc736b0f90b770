#!/bin/sh
# Either child may die: it is back, and answers, within two seconds.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small

question="lookup service=imap evidence=none email=user1@example.com"

# Which child is which: the front has the listening socket's answers.
both() {
	children=$(children_of "$(pid_of lookupd)")
	[ "$(echo $children | wc -w)" = 2 ]
}
check_ok "two children" within $PATIENCE both

for round in 1 2; do
	victim=$(echo $children | cut -d ' ' -f $round)
	kill -KILL "$victim"
	before=$(now_ms)
	check_ok "child $round is back" within 2 lookup_active
	say "# after $(($(now_ms) - before)) ms"
	within $PATIENCE both
	check_ok "and is another process" \
	    sh -c "! echo $children | grep -qw $victim"
done
check_ok "the log tells" grep -q 'signal 9' "$LOGS/lookupd.log"

# Both at once.
kill -KILL $children
check_ok "both at once are back" within 2 lookup_active
ask_line "$question"
check "and answer" "active user1@example.com" "$GOT $WHY"
check_ok "the parent is the same" running lookupd

# A user that may have no more processes; root, who starts it, is not counted.
if [ $ROOT = yes ]; then
	stop lookupd
	prlimit --nproc=1 timeout 2 "$BIN/lookupd" -c "$T/etc/lookupd.conf" \
	    >"$T/refused" 2>&1
	count=$(grep -c 'cannot start' "$T/refused")
	check_ok "no child can be started: tried again once a second" \
	    [ "$count" -ge 2 -a "$count" -le 8 ]
fi
finish
