#!/bin/sh
# What a person at socat meets: help, and nonsense answered with what was
# wrong with it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small

# talk LINES: everything lookupd says to them.
talk() {
	printf "$1" | socat -t 10 - "UNIX-CONNECT:$SOCKET"
}

talk 'help\n' >"$T/help"
check "help ends with ok" ok "$(tail -n 1 "$T/help")"
for word in lookup explain status stats flush reload help email= account= \
    cert= evidence= service= realm= user= need=admin client= id= \
    certauth-protocol; do
	check_ok "help mentions $word" grep -qF "$word" "$T/help"
done
check "detail lines begin with a space" "1" "$(grep -c '^[^ ]' "$T/help")"

while IFS='|' read -r line expected; do
	check "'$line'" "$expected" "$(talk "$line\\n")"
done <<'END'
lookup mail=user1@example.com|bad-request reason=unknown-field field=mail
lookup email=a b|bad-request reason=syntax byte=16
hello|bad-request reason=unknown-verb
lookup email=user1@example.com email=user2@example.com|bad-request reason=repeated-field byte=32
lookup|bad-request reason=missing-field field=email
lookup need=root email=user1@example.com|bad-request reason=bad-value field=need
lookup evidence=ticket email=user1@example.com|bad-request reason=bad-value field=evidence
lookup id=! email=user1@example.com|bad-request reason=bad-value field=id
LOOKUP email=user1@example.com|bad-request reason=syntax byte=1
END

check "a CR before the LF is dropped" \
    "active account=user1@example.com identity=user1@example.com" \
    "$(talk 'lookup email=user1@example.com\r\n')"
check "empty lines are ignored" "2" \
    "$(talk '\n\nlookup email=user1@example.com\n\nlookup email=user2@example.com\n' |
    grep -c '^active')"
check "answers come in order, with their id" "a b c" "$(talk \
    'lookup id=a email=user1@example.com\nstats id=b\nlookup id=c email=locked@example.com\n' |
    grep -o 'id=[abc]' | cut -d = -f 2 | paste -sd ' ')"
# More answers than are held for one client at a time.
check "many lines, all answered" 400 "$(yes help | head -n 400 |
    socat -t 10 - "UNIX-CONNECT:$SOCKET" | grep -c '^ok')"
all_answered() {
	[ "$(grep -c '^ok' "$T/many")" -ge 100 ]
}
{ yes help | head -n 100; within 5 all_answered; } |
    socat -t 10 - "UNIX-CONNECT:$SOCKET" >"$T/many"
check "and without half-closing" 100 "$(grep -c '^ok' "$T/many")"
long=$(head -c 70000 /dev/zero | tr '\0' x)
check "an over-long line" "bad-request reason=too-long" \
    "$(printf 'lookup email=%s\n' "$long" |
    socat -t 10 - "UNIX-CONNECT:$SOCKET" | cut -d ' ' -f 1,2)"
check "a refusal repeats no address" "" \
    "$(talk 'lookup email=ghost@example.com\n' | grep -o ghost)"
finish
