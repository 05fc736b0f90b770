#!/bin/sh
# Mirroring slapd against a model (tests/tools/model.h): random changes by
# several connections, kills of lookupd's processes and of slapd; each answer
# compared with a plain search, and no `active' once the store's cookie
# contains a refusal.
#
#	SEED=N OPERATIONS=N tests/integration/model.sh
#
# REFRESH=SECONDS: everything is read anew so often.  The full run is
# OPERATIONS=100000.  KEEP=FOLDER: the logs are copied there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/mirror-slapd.sh"
need slapd slapadd ldapsearch ldapmodify socat mkfifo
: "${OPERATIONS:=5000}"
: "${SEED:=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
begin
[ -f "$top_builddir/tests/tools/model" ] || { say "model was not built"; exit 1; }
have lookupd certauthctl
CTL_OPTIONS="-s $T/run/lookupd.sock"
MIRROR='cache_positive = 0; cache_negative = 0; max_stale = 600;
    refresh_interval = '"${REFRESH:-86400}"';'
SYNCPROV=${SYNCPROV-syncprov-sessionlog 200}

front() {
	"$BIN/certauthctl" $CTL_OPTIONS status 2>/dev/null |
	    sed -n 's/.*, pid \([0-9]*\), up .*/\1/p'
}

killed() {
	kill -KILL "$@" 2>/dev/null
}

# What the model orders.
carry_out() {
	_children=$(children_of "$(pid_of lookupd)")
	case $1 in
	front) killed $(front) ;;
	directory)
		_front=$(front)
		for _child in $_children; do
			[ "$_child" = "${_front:-$_child}" ] || killed "$_child"
		done
		;;
	children) killed $_children ;;
	all)
		killed "$(pid_of lookupd)" $_children
		wait "$(pid_of lookupd)" 2>/dev/null
		rm -f "$T/pid/lookupd"
		start_lookupd
		;;
	restart)
		stop lookupd || fail "lookupd ended with status $?"
		start_lookupd
		;;
	slapd)
		stop slapd
		start_slapd
		;;
	slapd-kill)
		killed "$(pid_of slapd)"
		wait "$(pid_of slapd)" 2>/dev/null
		rm -f "$T/pid/slapd"
		start_slapd
		;;
	esac
}

start_slapd && start_mirror || exit 1
check_ok "the first refresh" follow accounts
# All killed and started at once, while who wrote the store is still ending.
answering=$(front)
old=$(children_of "$(pid_of lookupd)" | tr ' ' '\n' | grep -v "^$answering\$")
kill -STOP $old
killed "$(pid_of lookupd)" "$answering"
wait "$(pid_of lookupd)" 2>/dev/null
rm -f "$T/pid/lookupd"
( within 1 false; kill -KILL $old ) &
start_lookupd
set_status user1@example.com locked
check_ok "a writer that is still ending is waited for" follow accounts
set_status user1@example.com active

mkfifo "$T/orders" "$T/replies"
exec 5<>"$T/orders" 6<>"$T/replies"
say "seed $SEED, $OPERATIONS operations"
{
	"$top_builddir/tests/tools/model" "$LDAPI" cn=root,dc=com \
	    $SLAPD_ROOT_SECRET "$SOCKET" "$T/orders" "$T/replies" "$SEED" \
	    "$OPERATIONS" >"$LOGS/model.log" 2>&1
	echo $? >"$T/status"
	[ -z "$KEEP" ] || cp -r "$LOGS" "$KEEP"
	echo end >&5
} 5<>"$T/orders" &
while read -r order <&5 && [ "$order" != end ]; do
	carry_out "$order" >>"$LOGS/orders.log" 2>&1
	echo "$order" >&6
done
cat "$LOGS/model.log"
field() {
	tail -n 1 "$LOGS/model.log" | tr ' ' '\n' | sed -n "s/^$1=//p"
}
check "answers other than the provider's" 0 "$(field wrong)"
check "\`active' once the cookie contained the refusal" 0 "$(field admitted)"
check "the model ends well" 0 "$(cat "$T/status")"
for _ran in refusals kills; do
	check_ok "there were $_ran" [ "$(field $_ran)" -gt 0 ]
done
check "store discarded" 0 "$(grep -c 'the store is damaged' "$LOGS/lookupd.log")"
finish
