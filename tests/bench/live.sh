# live.sh: answers that each take a search, any account, nothing remembered;
# the limit is raw asynchronous libldap with the same searches on the same
# slapd, the best of three ways.

prepare_live() {
	bench_lookupd audited notice || exit 1
	AUDITED_SOCKET=$SOCKET AUDITED_PIDS=$LOOKUPD_PIDS
	bench_lookupd lookupd warning || exit 1
	LIVE_SOCKET=$SOCKET LIVE_PIDS=$LOOKUPD_PIDS
}

# The best raw rate of this round: BEST, its row.
live_limit() {
	BEST=
	for _way in "4 32" "8 16" "1 64"; do
		_one=$("$TOOLS/raw_ldap" "$LDAPI" $BASE "$PROFILE" $_way \
		    "$SECONDS_EACH" "$T/addresses" $(pid_of slapd)) || exit 1
		row "raw libldap, ${_way% *} connections, ${_way#* } each" \
		    rate "" "" "$_one"
		[ -n "$BEST" ] &&
		    [ "$(field rate "$_one")" -le "$(field rate "$BEST")" ] ||
		    BEST=$_one
	done
}

# live_one FIGURE TARGET SOCKET PIDS CLIENTS
live_one() {
	_own=$(load "$3" "$5" 1 "$SECONDS_EACH" "$T/live" $4) || exit 1
	row "$1" rate "$2" "$BEST" "$_own"
	row "$1" cpu "" "" "$_own"
}

live_round() {
	live_limit
	for _c in 16 64; do
		live_one "live, $_c clients" ">= 0.65" "$LIVE_SOCKET" \
		    "$LIVE_PIDS" $_c
	done
	live_one "live, 64 clients, every answer audited" "" \
	    "$AUDITED_SOCKET" "$AUDITED_PIDS" 64
}
