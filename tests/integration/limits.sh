#!/bin/sh
# Too many refusals: one address and one certificate are told to wait, and
# everybody else goes on; nothing is locked.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
REFUSALS=50
start_small
need nginx
have certauth-hook
cd "$T/certs" && email locked locked@example.com &&
    email ghost ghost@example.com && email user2 user2@example.com &&
    email pending pending@example.com && email closed closed@example.com &&
    email alias1 alias1@example.com &&
    cd / || exit 1
start_hook || exit 1

# answer ADDRESS CERTIFICATE: status and reason word.
answer() {
	_got=$(ask_hook required -H "X-Real-IP: $1" -H X-SSL-Verify:SUCCESS \
	    -H "X-SSL-Cert: $(escaped "$2")")
	echo "$_got $(header X-Certauth-Reason)"
}

# flood ADDRESS CERTIFICATE COUNT: how often which status, on one connection.
flood() {
	_urls=$(seq -f 'http://localhost/%.0f' "$3")
	curl -q -s --max-time 60 --unix-socket "$T/run/hook-required.sock" \
	    -H "X-Real-IP: $1" -H X-SSL-Verify:SUCCESS \
	    -H "X-SSL-Cert: $(escaped "$2")" -D "$T/flood" $_urls
	tr -d '\r' <"$T/flood" | sed -n 's/^X-Certauth-Reason: //p' | sort |
	    uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $2, $1 }'
}

questions() {
	echo stats | socat -t 5 - "UNIX-CONNECT:$SOCKET" |
	    sed -n 's/^ *requests \([0-9]*\)$/\1/p'
}

check "somebody is let in" "200 " "$(answer 192.0.2.1 user1)"
before=$(questions)
check "a flood with a locked account's certificate" "busy 450, denied 50" \
    "$(flood 192.0.2.1 locked 500)"
check "costs lookupd no more than the limit" 51 $(($(questions) - before))
check "the certificate is busy from elsewhere, too" "403 busy" \
    "$(answer 192.0.2.9 locked)"
check "its address is, for strangers" "403 busy" "$(answer 192.0.2.1 ghost)"
check "not for whom was let in before" "200 " "$(answer 192.0.2.1 user1)"
check "another address is undisturbed" "403 denied" "$(answer 192.0.2.2 ghost)"
check "and lets people in" "200 " "$(answer 192.0.2.2 user2)"
check "a neighbour in the same 64 bits" "403 busy" "$(
    flood 2001:db8::1 ghost 200 >/dev/null; answer 2001:db8::2 ghost)"

# While somebody floods, the times of somebody else; told, not judged.
waits() {
	for _n in $(seq 100); do
		curl -q -s -o /dev/null --max-time 20 -w '%{time_total}\n' \
		    --unix-socket "$T/run/hook-required.sock" \
		    -H "X-Real-IP: 192.0.2.3" -H X-SSL-Verify:SUCCESS \
		    -H "X-SSL-Cert: $(escaped user1)" http://localhost/
	done | sort -n | awk '{ t[NR] = $1 }
	    END { printf "p50 %.1f ms, p99 %.1f ms", t[50] * 1000, t[99] * 1000 }'
}
quiet=$(waits)
( while [ ! -f "$T/enough" ]; do
	curl -q -s --max-time 60 --unix-socket "$T/run/hook-required.sock" \
	    -H "X-Real-IP: 192.0.2.1" -H X-SSL-Verify:SUCCESS \
	    -H "X-SSL-Cert: $(escaped locked)" $(seq -f \
	    'http://localhost/%.0f' 2000) >/dev/null
done ) &
flooding=$!
flooded=$(waits)
touch "$T/enough"
wait $flooding
say "quiet: $quiet; during a flood from another address: $flooded"
check "after the flood" "200 " "$(answer 192.0.2.3 user2)"

# The same through nginx, which says whose address it is: two machines, one of
# which floods, and says that it is the other.
through() {
	fetch "$2" "https://localhost:$REQUIRED_PORT/" --interface "$1"
	GOT="$STATUS $(header X-Certauth-Reason)"
	[ "$STATUS" != 200 ] || GOT="200 $(cat "$T/body")"
}
rm -f "$T/enough"
start_nginx || exit 1
through 127.0.0.3 closed
check "through nginx, a stranger" "403 denied" "$GOT"
( while [ ! -f "$T/enough" ]; do
	curl -q -s --noproxy '*' --max-time 60 --cacert "$T/certs/server.crt" \
	    --interface 127.0.0.2 --http1.1 -H "X-Real-IP: 127.0.0.3" \
	    -H "X-Forwarded-For: 127.0.0.3" -H "Connection: X-Real-IP" \
	    --cert "$T/certs/pending.crt" --key "$T/certs/pending.key" \
	    -D - -o /dev/null \
	    $(seq -f "https://localhost:$REQUIRED_PORT/%.0f" 200) |
	    grep -a "^X-Certauth-Reason: busy" >>"$T/waits"
done ) &
flooding=$!
check_ok "one address floods, and is told to wait" within $PATIENCE \
    test -s "$T/waits"
through 127.0.0.2 closed
check "also with another certificate" "403 busy" "$GOT"
through 127.0.0.3 closed
check "meanwhile the other address: a stranger as before" "403 denied" "$GOT"
harmed=
for _n in $(seq 20); do
	through 127.0.0.3 alias1
	[ "$GOT" = "200 account=user1@example.com" ] || harmed="$harmed $GOT"
done
check "meanwhile the other address: 20 times in" "" "$harmed"
through 127.0.0.2 user2
check "who was let in before is let in at the busy address, too" \
    "200 account=user2@example.com" "$GOT"
touch "$T/enough"
wait $flooding
through 127.0.0.3 closed
check "afterwards" "403 denied" "$GOT"

# Nobody's entry has changed: we could not, and did not try.
check "no account is locked" "zimbraAccountStatus: active" \
    "$(ldapsearch -x -LLL -H "$LDAPI" -D cn=root -w $SLAPD_ROOT_SECRET \
    -b "uid=user1,ou=people,dc=example,dc=com" zimbraAccountStatus |
    sed -n 's/^zimbraAccountStatus/&/p')"
check "the directory was never written to" 0 \
    "$(grep -cE ' (MOD|ADD|DEL|MODRDN) dn=' "$LOGS/slapd.log")"
finish
