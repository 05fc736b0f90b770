# beside.sh: what those who are answered from memory notice of those who are
# not: 16 clients with 1,000 known names, alone; beside 16 who ask live; and
# while slapd is stopped and 16 wait for it.

prepare_beside() {
	[ -n "$LIVE_SOCKET" ] || prepare_live
	load "$LIVE_SOCKET" 4 1 0.5 "$T/memory" >/dev/null || exit 1
}

known() {
	load "$LIVE_SOCKET" 16 1 "$SECONDS_EACH" "$T/memory" || exit 1
}

# Sixteen who ask live, until beside_end.
beside_begin() {
	spawn others root "$TOOLS/load" "$LIVE_SOCKET" 16 1 600 "$T/live"
}

# It has nothing to say to SIGTERM but that it ends.
beside_end() {
	stop others || :
}

beside_round() {
	_quiet=$(known)
	beside_begin
	_beside=$(known)
	kill -STOP "$(pid_of slapd)"
	_stopped=$(known)
	kill -CONT "$(pid_of slapd)"
	beside_end
	row "cached beside 16 live clients" p99 "<= 2" "$_quiet" "$_beside"
	row "cached while slapd is stopped" p99 "<= 1.2" "$_quiet" "$_stopped"
	row "cached beside 16 live clients" rate "" "$_quiet" "$_beside"
	row "cached while slapd is stopped" rate "" "$_quiet" "$_stopped"
}
