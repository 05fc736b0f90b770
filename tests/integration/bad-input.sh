#!/bin/sh
# Bad input: whatever strangers send, the answer is exact and in time, other
# callers do not notice, and afterwards all is as before without a hand.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/bad.sh"
# Names are remembered, so that some questions do not depend on slapd's speed.
CACHE=60
# As many connections as we may have, ours and lookupd's; root's are not
# counted, others may have half of the places.
ulimit -n 25000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
IDLE=10000
[ $ROOT = yes ] && [ "$(ulimit -n)" -gt 11000 ] ||
    IDLE=$(($(ulimit -n) / 2 - 200))
[ $ROOT = yes ] || LOOKUPD_TOP="connections_per_user = 20000;"
start_small
have_hammer

question="lookup service=imap evidence=none email=user1@example.com"
right="active account=user1@example.com identity=user1@example.com"
live="lookup service=imap evidence=none email=nobody%d@example.com"
front=$(front_pid)

# Of the front, in kB.
resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$front/status"
}

# hammered CASE COMMAND ARGUMENT...: hammer, while others ask.
hammered() {
	_case=$1 _command=$2
	shift 2
	other remembered "$question" "$right"
	other asked "$live" unknown
	HAMMERED=$("$BIN/hammer" "$_command" "$SOCKET" "$@" \
	    2>>"$LOGS/hammer.log") &&
	    pass "$_case: $(echo $HAMMERED)" ||
	    fail "$_case: $(echo $HAMMERED)"
	others_undisturbed "$_case"
}

another() {
	_now=$(directory_pid "$front")
	[ -n "$_now" ] && [ "$_now" != "$1" ]
}

recovered() {
	check_ok "$1: answers within two seconds after" within 2 lookup_active
}

other remembered "$question" "$right"
"$BIN/hammer" table "$SOCKET" "$INTEGRATION/bad-input.tsv" >"$T/table" \
    2>>"$LOGS/hammer.log"
cat "$T/table"
PASSED=$((PASSED + $(grep -c '^ok - ' "$T/table")))
FAILED=$((FAILED + $(grep -c '^not ok - ' "$T/table")))
check_ok "the table was read" [ "$(wc -l <"$T/table")" -ge \
    "$(grep -c "^[^#]" "$INTEGRATION/bad-input.tsv")" ]
others_undisturbed "the table (T25)"

# ---- many, on one connection and on many ---------------------------------
hammered "10,000 pipelined on one connection" \
    ask -n 10000 -d 10000 "$question" "$right"
hammered "1,000 pipelined that are not remembered" \
    ask -n 1000 -d 1000 "$live" unknown
hammered "1,000 half-written, then completed" hold -c 1000 -m 500 \
    "lookup service=imap evidence=none email=us" 'er1@example.com\n' "$right"
hammered "1,000 who leave in the middle of a request" \
    hold -c 1000 -m 0 "lookup service=imap evidence=none email=us"
hammered "1,000 who leave without their answer" hold -c 1000 -m 0 \
    'lookup service=imap evidence=none email=away@example.com\n'
hammered "64 KiB of unfinished line on 100 connections" \
    hold -c 100 -m 500 'lookup email={65000*a}' '\n' "refused"

# held CASE KILOBYTES ARGUMENT...: hammer holds so many connections for a
# second; what that costs the front.
held() {
	_case=$1 _most=$2
	shift 2
	_before=$(resident)
	other remembered "$question" "$right"
	other asked "$live" unknown
	"$BIN/hammer" hold "$SOCKET" "$@" >"$T/hold" 2>>"$LOGS/hammer.log" &
	holder=$!
	check_ok "$_case" within $PATIENCE grep -q held= "$T/hold"
	_until=$(($(now_ms) + 1000))
	within 3 sh -c "[ \$((\$(date +%s%N) / 1000000)) -gt $_until ]"
	_grown=$(($(resident) - _before))
	others_undisturbed "$_case"
	[ $SANITIZED = yes ] || check_ok "$_case: cost $_grown kB" \
	    [ $_grown -lt "$_most" ]
}

let_go() {
	kill -TERM "$holder"
	wait "$holder"
}

held "20 who never read 20,000 answers" 10000 -c 20 '{20000*stats\n}'
let_go
held "$IDLE idle connections" 20000 -c $IDLE ""
let_go
recovered "all those"

# ---- certificates ---------------------------------------------------------
verified="lookup service=nginx evidence=verified cert="
openssl x509 -in "$T/certs/user1.crt" -outform DER -out "$T/certs/user1.der"
hammered "a certificate cut short or wrong in one bit, everywhere (T07)" \
    spoil "$T/certs/user1.der" "$verified"

# sans COUNT: a certificate with so many addresses; $T/sans.
sans() {
	cd "$T/certs" || exit 1
	# openssl's configuration takes no line that long
	{
		echo "subjectAltName=@names"
		echo "[names]"
		seq 1 "$1" | sed 's/.*/email.&=&@x/'
	} >sans.ext
	quietly openssl x509 -req -in user1.csr -CA CA.crt -CAkey CA.key \
	    -set_serial 99 -extfile sans.ext -out sans.crt
	cd /
}
sans 5000
printf '%s\t%s\t%s\t%s\n' "5,000 addresses in a certificate" open \
    "$verified$(der sans)\\n" 'refused reason=bad-cert\n' >"$T/sans.tsv"
hammered "5,000 addresses in a certificate" table "$T/sans.tsv"
sans 1000
ask_line "$verified$(der sans)"
check "as many as fit" "refused too-many" "$GOT $WHY"
sans 17
ask_line "$verified$(der sans)"
check "one too many" "refused too-many" "$GOT $WHY"

# ---- one uid against another ----------------------------------------------
# The web server's user may ask as nginx; it floods, root asks.
flood() {
	( as "$WEB_USER" "$BIN/hammer" "$@" ) >"$T/flood" 2>>"$LOGS/flood.log"
}
other remembered "$question" "$right"
other asked "$live" unknown
check_ok "500 connections of another uid are answered" \
    flood ask "$SOCKET" -c 500 -m 1500 \
    "$verified$(der user1)" "$right"
say "# $(cat "$T/flood")"
others_undisturbed "500 connections of another uid"

if [ $ROOT = yes ]; then
	sed -i '1i connections_per_user = 200;' "$T/etc/lookupd.conf"
	ask_line reload
	check "no more than 200 connections of a uid" ok "$GOT"
	other remembered "$question" "$right"
	flood hold "$SOCKET" -c 300 -m 300 "" 'stats a=1\n' \
	    "bad-request reason=unknown-field"
	check "the other 100 are told so at once" answered=200 \
	    "$(tail -n 1 "$T/flood")"
	others_undisturbed "300 connections of a uid that may have 200"
fi

check "neither child has ended" "" \
    "$(grep -oE 'ended (by signal|with status).*' "$LOGS/lookupd.log")"
check "no sanitizer complains" "" "$(sanitizer_reports)"
# Only root's callers are not kept within half of the places.
[ $ROOT = yes ] || finish

# ---- no descriptors left ---------------------------------------------------
# restart DESCRIPTORS
restart() {
	stop lookupd
	spawn lookupd root prlimit --nofile="$1:$1" "$BIN/lookupd" \
	    -c "$T/etc/lookupd.conf"
	ready lookupd ask_help && within $PATIENCE lookup_active || exit 1
	front=$(front_pid)
}

restart 200
held "200 descriptors, 300 callers" 10000 -c 300 ""
# the places of those who asked meanwhile are free again
"$BIN/hammer" hold "$SOCKET" -c 10 "" >"$T/more" &
more=$!
within $PATIENCE grep -q held= "$T/more"
printf 'busy\tclosed\t\tunavailable reason=busy\\n\n' >"$T/busy.tsv"
check_ok "200 descriptors: who comes now is told" \
    "$BIN/hammer" table "$SOCKET" "$T/busy.tsv"
kill -TERM $more
wait $more
let_go
recovered "200 descriptors"

# So few that accept(2) itself fails.
restart 64
held "64 descriptors, 100 callers" 10000 -c 100 ""
check_ok "64 descriptors: accepting pauses" \
    grep -q 'cannot accept' "$LOGS/lookupd.log"
# The directory process must be reachable again, too, although each free
# descriptor is taken by the next client.
for round in 1 2 3; do
	child=$(directory_pid "$front")
	kill -KILL "$child"
	check_ok "64 descriptors: the directory process is another, $round" \
	    within 2 another "$child"
done
let_go
before=$(now_ms)
recovered "64 descriptors"
ask_line flush
recovered "64 descriptors, nothing remembered"
say "# after $(($(now_ms) - before)) ms"

check "only the killed children have ended" "3 ended by signal 9" "$(grep -oE \
    'ended (by signal|with status) [0-9]*' "$LOGS/lookupd.log" | sort |
    uniq -c | sed 's/^ *//')"
check "no sanitizer complains" "" "$(sanitizer_reports)"
finish
