#!/bin/sh
# What the directory said is remembered for as long as configured and no
# longer; `flush` forgets at once; rules and verdicts are never remembered.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
CACHE=60
start_small

says() {
	ask_line "lookup service=imap evidence=none email=$1@example.com"
	echo "$GOT $WHY"
}
live=zimbraAccountStatus

check "an account" "active liveuser@example.com" "$(says liveuser)"
check "and an alias" "active user1@example.com" "$(says alias1)"
check "and one unknown" "unknown -" "$(says newcomer)"
set_attribute liveuser@example.com $live locked
set_attribute user1@example.com $live locked
account newcomer@example.com active | modify -a
check "locked since, but remembered" "active liveuser@example.com" \
    "$(says liveuser)"
check "made since, but remembered as unknown" "unknown -" "$(says newcomer)"
ask_line "flush email=liveuser@example.com"
check "flush one name" ok "$GOT"
check "the directory counts" "blocked locked" "$(says liveuser)"
check "others are still remembered" "active user1@example.com" "$(says alias1)"
ask_line "flush domain=example.com"
check "flush a domain" ok "$GOT"
check "the alias, too" "blocked locked" "$(says alias1)"
check "the newcomer, too" "active newcomer@example.com" "$(says newcomer)"
ask_line "lookup service=staff evidence=none email=newcomer@example.com"
check "a service's filter is not" "blocked service" "$GOT $WHY"

# The directory away: what is remembered is, nothing else.
stop slapd
check "remembered without a directory" "active newcomer@example.com" \
    "$(says newcomer)"
# How soon the directory process knows that nobody is there is not asked here.
unavailable() {
	says "$1" | cut -d ' ' -f 1
}
check "not remembered" unavailable "$(unavailable user2)"
ask_line flush
check "flush everything" ok "$GOT"
check "then nothing is" unavailable "$(unavailable newcomer)"

# A lifetime ends.
start_slapd || exit 1
sed -i 's/cache_positive = 60/cache_positive = 1/' "$T/etc/lookupd.conf"
ask_line reload
check "remember for one second" ok "$GOT"
newcomer() {
	[ "$(says newcomer)" = "$1" ]
}
check_ok "active" within $PATIENCE newcomer "active newcomer@example.com"
set_attribute newcomer@example.com $live closed
check_ok "closed is seen within two seconds" within 2 newcomer "blocked closed"
finish
