#!/bin/sh
# The directory goes away: could not ask, which is not no.  It comes back: so do we.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small
have pamlogin pam_certauth.so certauthctl
prepare_pam

question="lookup service=imap evidence=none email=user1@example.com"
ghost="lookup service=imap evidence=none email=ghost@example.com"

ask_line "$question"
check "before" "active user1@example.com" "$GOT $WHY"
stop slapd
before=$(now_ms)
ask_line "$question"
took=$(($(now_ms) - before))
check "without a directory" "unavailable directory" "$GOT $WHY"
check_ok "said in time ($took ms)" [ $took -lt 5000 ]
ask_pam - user user1@example.com
check "PAM can tell it from a refusal" AUTHINFO_UNAVAIL/AUTHINFO_UNAVAIL \
    "$GOT"
ask_ctl - lookup user1@example.com
check "and so can scripts" "5 directory" "$GOT $WHY"
ask_line "$ghost"
check "unknown is not claimed either" "unavailable" "$GOT"
ask_line status
check "status answers" "ok" "$GOT"
start_slapd || exit 1
before=$(now_ms)
check_ok "active again within two seconds" within 2 lookup_active
say "# after $(($(now_ms) - before)) ms"
ask_pam - user user1@example.com
check "PAM again, too" SUCCESS/SUCCESS "$GOT"
ask_line "$ghost"
check "and unknown is known" "unknown" "$GOT"

# What the directory says counts at the next question.
live="lookup service=imap evidence=none email=liveuser@example.com"
ask_line "$live"
check "an account" "active" "$GOT"
set_attribute liveuser@example.com zimbraAccountStatus locked
ask_line "$live"
check "is locked while we run" "blocked locked" "$GOT $WHY"
set_attribute liveuser@example.com zimbraAccountStatus active
ask_line "$live"
check "and released" "active" "$GOT"
finish
