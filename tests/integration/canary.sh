#!/bin/sh
# The canary: an account that must be blocked.  While it is not, nobody is let
# in, because something must be hidden from us.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small

question="lookup service=imap evidence=none email=user1@example.com"
sed -i 's/canary = /canary_interval = 1; canary = /' "$T/etc/lookupd.conf"
ask_line reload
check "look every second" ok "$GOT"
check_ok "while it is locked, all is well" within $PATIENCE lookup_active

set_attribute canary@example.com zimbraAccountStatus active
sings() {
	ask_line "$question"
	[ "$GOT $WHY" = "unavailable canary" ]
}
check_ok "it reads as active: nobody is let in" within $PATIENCE sings
ask_line "lookup service=imap evidence=none email=ghost@example.com"
check "and nobody is unknown" "unavailable canary" "$GOT $WHY"
check_ok "the log tells" grep -q canary "$LOGS/lookupd.log"
set_attribute canary@example.com zimbraAccountStatus locked
check_ok "locked again: all is well again" within $PATIENCE lookup_active

# with_option OPTION: user1's status has a second value, under an option.
with_option() {
	printf 'dn: uid=user1,ou=people,dc=example,dc=com\n%s\n%s\n%s\n' \
	    'changetype: modify' "$1: zimbraAccountStatus;lang-de" \
	    "${2:+zimbraAccountStatus;lang-de: $2}" | modify
	ask_line flush
	ask_line "$question"
}
with_option add locked
check "an attribute with an option is the attribute" "blocked bad-entry" \
    "$GOT $WHY"
with_option delete
check "and gone with it" active "$GOT"
finish
