#!/bin/sh
# Clients who ask and leave without waiting for the answer.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
# What has been freed is overwritten at once, so that using it shows.
MALLOC_PERTURB_=165 GLIBC_TUNABLES=glibc.malloc.tcache_count=0
export MALLOC_PERTURB_ GLIBC_TUNABLES
start_small

# leave COUNT: ask a new name each, over a connection each, and close it.
leave() {
	for _number in $(seq "$1"); do
		echo "lookup service=imap evidence=none" \
		    "email=n$_number@example.com" |
		    socat -u - "UNIX-CONNECT:$SOCKET" 2>>"$LOGS/socat.log"
	done
}

all_asked() {
	[ "$(grep -c 'audit .*identity=n[0-9]*@example.com.*verdict=unknown' \
	    "$LOGS/lookupd.log")" -ge "$1" ]
}

leave 20
check_ok "all were asked for" within $PATIENCE all_asked 20
check_ok "lookupd answers" lookup_active
check "no child has ended" "" \
    "$(sed -n 's/.*\(ended by signal.*\|ended with status.*\)/\1/p' \
    "$LOGS/lookupd.log")"
check_ok "nothing freed was used" [ -z "$(sanitizer_reports)" ]
finish
