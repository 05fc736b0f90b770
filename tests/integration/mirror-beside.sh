#!/bin/sh
# Reading everything anew while things change: what has been shown once is
# never taken back, neither the cookie nor a refusal.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
ACCOUNTS=${ACCOUNTS:-6000}
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat
begin
have lookupd certauthctl
CTL_OPTIONS="-s $T/run/lookupd.sock"
MIRROR='refresh_interval = 1;'
SECONDS_IN_ALL=${SECONDS_IN_ALL:-25}

# Accounts are locked one after the other, as fast as slapd does it.
lock_all() {
	for _n in $(seq "$ACCOUNTS"); do
		printf '%s\n' \
		    "dn: uid=bulk$_n,ou=people,dc=example,dc=com" \
		    'changetype: modify' 'replace: zimbraAccountStatus' \
		    'zimbraAccountStatus: locked' ''
	done
}
churn() {
	for _round in $(seq 100); do
		lock_all
	done | modify
}

# Numbers of the cookies that status shows, in the order it shows them.
watch() {
	yes status | timeout "$SECONDS_IN_ALL" socat -t 1 - \
	    "UNIX-CONNECT:$SOCKET" | grep -o 'store main accounts: .*' |
	    grep -o 'csn=[0-9.]*Z#[0-9a-f]*#'
}

start_slapd && start_mirror || exit 1
check_ok "the first refresh" follow accounts
churn &
CHURN=$!
watch >"$T/cookies"
kill "$CHURN"
check_ok "everything was read anew meanwhile" \
    [ "$(grep -c 'time to read everything anew' "$LOGS/lookupd.log")" -gt 0 ]
check_ok "and taken into use" [ "$(grep -c \
    'mirror of accounts: up to date with .* anew' "$LOGS/lookupd.log")" -gt 1 ]
check_ok "while changes went on" \
    [ "$(uniq "$T/cookies" | wc -l)" -gt 100 ]
check "no cookie was taken back" 0 "$(uniq "$T/cookies" |
    awk '$0 < last { n++ } { last = $0 } END { print n + 0 }')"
say "$(uniq "$T/cookies" | wc -l) cookies of $(wc -l <"$T/cookies") answers, $(grep -c 'up to date with .* anew' "$LOGS/lookupd.log") times anew"
finish
