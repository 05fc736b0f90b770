# idle.sh: what many silent connections cost: memory of the processes that
# hold them, and the rate of 16 busy clients.  A lookupd of its own each round,
# because memory once given back by its allocator would not be seen again.

IDLE=${IDLE:-10000}

# Private memory of these processes, bytes.
private_bytes() {
	_sum=0
	for _pid; do
		_kb=$(awk '/^Private_(Clean|Dirty):/ { kb += $2 }
		    END { print kb }' "/proc/$_pid/smaps")
		_sum=$((_sum + _kb * 1024))
	done
	echo $_sum
}

idle_held() {
	grep -q open "$LOGS/hold.log"
}

prepare_idle() {
	:
}

idle_round() {
	bench_lookupd idle warning || exit 1
	load "$SOCKET" 16 1 0.3 "$T/memory" >/dev/null || exit 1
	_alone=$(load "$SOCKET" 16 1 "$SECONDS_EACH" "$T/memory") || exit 1
	_before=$(private_bytes $LOOKUPD_PIDS)
	mkfifo "$T/hold"
	: >"$LOGS/hold.log"
	( exec "$TOOLS/load" hold "$SOCKET" "$IDLE" ) \
	    <"$T/hold" >"$LOGS/hold.log" 2>&1 &
	_hold=$!
	exec 9>"$T/hold"
	within $PATIENCE idle_held || { say "no $IDLE connections"; exit 1; }
	# they are all accepted when another one is answered
	bench_lookup_active
	_after=$(private_bytes $LOOKUPD_PIDS)
	_beside=$(load "$SOCKET" 16 1 "$SECONDS_EACH" "$T/memory") || exit 1
	exec 9>&-
	wait $_hold
	rm "$T/hold"
	stop idle
	row "$IDLE idle connections, bytes each" bytes "<= 320" "" \
	    "bytes=$(((_after - _before) / IDLE))"
	row "16 busy beside $IDLE idle" rate ">= 0.9" "$_alone" "$_beside"
}
