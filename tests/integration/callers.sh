#!/bin/sh
# Who may ask: listed, unlisted, root; each by another user, so as root only.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
[ $ROOT = yes ] || skip "needs root, to be several users"
start_small

# ask_as UID GID LINE: lookupd's last line to another user.
ask_as() {
	REPLY=$(printf '%s\n' "$3" | setpriv --reuid "$1" --regid "$2" \
	    --clear-groups socat -t 10 - "UNIX-CONNECT:$SOCKET" \
	    2>>"$LOGS/socat.log" | tail -n 1)
	GOT=${REPLY%% *}
	WHY=$(value reason "$REPLY")
}
web=$(id -u $WEB_USER)
group=$(id -g $WEB_USER)
verified="lookup service=nginx evidence=verified cert=$(der user1)"
none="evidence=none email=user1@example.com"

ask_line "$verified"
check "root may ask in any name" "active" "$GOT"
ask_line "lookup $none"
check "root may ask in none" "active" "$GOT"
ask_as "$web" "$group" "$verified"
check "a listed user may" "active" "$GOT"
ask_as "$web" "$group" "lookup service=imap $none"
check "but not in another service's name" "refused caller" "$GOT $WHY"
ask_as "$web" "$group" "lookup $none"
check "and not in none" "refused caller" "$GOT $WHY"
ask_as "$web" "$group" "lookup service=nginx $none"
check "nor claim less than it should" "refused evidence" "$GOT $WHY"
ask_as "$web" "$group" "explain service=nginx evidence=verified cert=x"
check "a listed user may not explain" "bad-request not-permitted" "$GOT $WHY"
for verb in status flush reload; do
	ask_as "$web" "$group" $verb
	check "nor $verb" "bad-request not-permitted" "$GOT $WHY"
done
ask_as "$web" "$group" stats
check "stats it may see" "ok" "$GOT"
ask_line "explain evidence=none email=user1@example.com"
check "root may explain" "active" "$GOT"
ask_as "$DAEMON_UID" "$group" "explain $none"
check "and so may the daemon's own user" "active" "$GOT"

# In the socket's group, but in no service.  He is answered before he says
# anything: here he only listens, or else his writing may meet the end of it.
hears() {
	REPLY=$(setpriv --reuid 12345 --regid "$1" --clear-groups \
	    socat -u -T 10 "UNIX-CONNECT:$SOCKET" - 2>>"$LOGS/socat.log")
}
hears "$group"
check "an unlisted user is refused, unasked" "refused reason=caller" "$REPLY"
hears 12345
check "not in the group: cannot even connect" "" "$REPLY"
check "the socket's mode" "660" "$(stat -c %a "$SOCKET")"
check "the socket's owner" root "$(stat -c %U "$SOCKET")"
check "lookupd does not run as root" "$DAEMON_UID" \
    "$(stat -c %u "/proc/$(pid_of lookupd)")"
finish
