# mirror.sh: what a mirrored realm answers from the store, as shares of what a
# bare echo server does with the same lines; how fast everything is read, as a
# share of what a plain libldap client reads; restarts, memory, the store's
# size.  ACCOUNTS=1000000 for the figures over a million accounts.

# mirror_conf NAME LEVEL OPTION...: a mirror of its own, in a folder of its own.
mirror_conf() {
	_name=$1 _level=$2
	shift 2
	mkdir -p "$T/store-$_name"
	chmod 700 "$T/store-$_name"
	[ $ROOT = no ] || chown "$DAEMON_USER" "$T/store-$_name"
	cat >"$T/etc/$_name.conf" <<-END
	socket = "$T/run/$_name.sock";
	user = "$DAEMON_USER";
	profiles = "$T/etc/profiles";
	store = "$T/store-$_name";
	log_level = "$_level";
	realms = ( { name = "main"; profile = "openldap"; mode = "mirror";
	  servers = [ "$LDAPI" ]; base = "$BASE"; bind = "external";
	  cache_positive = 0; cache_negative = 0; $* } );
	services = ( { name = "live"; callers = [ "root", "$DAEMON_USER" ];
	  evidence = [ "none" ]; realms = [ "main" ]; } );
	END
}

# mirror_lookupd NAME: started, and answering from its store.
mirror_lookupd() {
	SOCKET=$T/run/$1.sock
	spawn "$1" root "$BIN/lookupd" -c "$T/etc/$1.conf"
	ready "$1" ask_help && within 300 bench_lookup_active ||
	    { say "lookupd does not mirror"; return 1; }
	LOOKUPD_PIDS="$(pid_of "$1") $(children_of "$(pid_of "$1")")"
}

prepare_mirror() {
	head -n 1000 "$T/live" >"$T/hot"
	mirror_conf mirror warning
	mirror_conf first warning
	mirror_conf beside warning 'refresh_interval = 1;'
	mirror_lookupd mirror || exit 1
	MIRROR_SOCKET=$SOCKET MIRROR_PIDS=$LOOKUPD_PIDS
	mirror_size
	# warm: the front has touched what it maps of the file
	load "$MIRROR_SOCKET" 64 1 "$(echo "$SECONDS_EACH" |
	    awk '{ print 3 * $1 }')" "$T/live" >/dev/null || exit 1
}

# Bytes an account in the store alone; once is enough, they are always the same.
mirror_size() {
	mkdir "$T/store-size"
	chmod 700 "$T/store-size"
	"$TOOLS/store" "$T/store-size" "$ACCOUNTS" \
	    ${CHANGES:-$((ACCOUNTS > 1000000 ? ACCOUNTS : 1000000))} \
	    >"$LOGS/store.log" 2>&1 || exit 1
	rm -r "$T/store-size"
	for _size in "fresh:<= 500" "after changes:<= 700" \
	    "refreshed beside:"; do
		row "store, ${_size%%:*}, an account" bytes "${_size#*:}" "" \
		    "bytes=$(sed -n "s/^${_size%%:*} .* \\([0-9.]*\\) bytes.*/\\1/p" \
		    "$LOGS/store.log")"
	done
}

# mirror_one FIGURE LINES CONNECTIONS: beside the echo.  MEASURED is our row.
mirror_one() {
	_limit=$(load "$T/run/mirror-echo.sock" $3 1 "$SECONDS_EACH" "$2" \
	    $(pid_of mirror-echo)) &&
	MEASURED=$(load "$MIRROR_SOCKET" $3 1 "$SECONDS_EACH" "$2" \
	    $MIRROR_PIDS) || exit 1
	row "$1" rate ">= 0.80" "$_limit" "$MEASURED"
	row "$1" cpu "<= 3.4 us" "$_limit" "$MEASURED"
	[ $3 != 16 ] || row "$1" p99 "<= 1.5" "$_limit" "$MEASURED"
}

mirror_answers() {
	rm -f "$T/run/mirror-echo.sock"
	spawn mirror-echo root "$TOOLS/echo" "$T/run/mirror-echo.sock"
	ready mirror-echo test -S "$T/run/mirror-echo.sock"
	mirror_one "mirror, 1000 hot, 16 connections" "$T/hot" 16
	_hot=$MEASURED
	mirror_one "mirror, all addresses, 16 connections" "$T/live" 16
	row "mirror, all addresses, to 1000 hot" rate ">= 0.85" "$_hot" \
	    "$MEASURED"
	mirror_one "mirror, 1000 hot, 64 connections" "$T/hot" 64
	_hot=$MEASURED
	mirror_one "mirror, all addresses, 64 connections" "$T/live" 64
	row "mirror, all addresses, to 1000 hot, 64" rate ">= 0.85" "$_hot" \
	    "$MEASURED"
	stop mirror-echo
}

# From exec to the first answer, the store empty: all that was read; and full.
mirror_start() {
	"$TOOLS/start" $1 "$T/run/first.sock" \
	    "lookup service=live evidence=none email=second9@example.com" \
	    active "$BIN/lookupd" -c "$T/etc/first.conf" \
	    2>>"$LOGS/first.log" || exit 1
}

mirror_begins() {
	_raw=$("$TOOLS/raw_ldap" all "$LDAPI" $BASE "$PROFILE") || exit 1
	rm -rf "$T/store-first"
	mirror_conf first warning
	_ms=$(mirror_start 1) || exit 1
	row "initial refresh, with exec and first answer" rate ">= 0.85" \
	    "$_raw" "rate=$(echo "$ACCOUNTS $_ms" |
	    awk '{ printf "%.0f", $1 * 1000 / $2 }') ms=$_ms"
	_times=$(mirror_start 4) || exit 1
	for _ms in $_times; do
		row "warm restart to first answer" ms "<= 100 ms" "" "ms=$_ms"
	done
}

# KiB of private memory of these processes; and how much of what they map of
# the store happens to be mapped by nobody else: it is the kernel's.
mirror_private() {
	for _pid; do
		cat "/proc/$_pid/smaps" 2>/dev/null
	done | awk '/^[0-9a-f]+-[0-9a-f]+ / { data = /accounts\.mdb$/ }
	    /^Private_(Clean|Dirty):/ { kb[data] += $2 }
	    END { print kb[0] + 0, kb[1] + 0 }'
}

# Is everything being read anew just now?
mirror_anew() {
	echo status | socat -t 5 - "UNIX-CONNECT:$SOCKET" |
	    grep -q 'accounts (anew, beside)'
}

# The most private memory there was until one refresh more was seen to end; a
# small one is over before it is seen.
mirror_most() {
	_most="0 0" _seen=no
	_until=$(($(now_ms) + ${MEMORY_MS:-60000}))
	while [ "$(now_ms)" -lt $_until ]; do
		_now=$(mirror_private $LOOKUPD_PIDS)
		[ ${_now% *} -le ${_most% *} ] || _most=$_now
		if mirror_anew; then
			_seen=yes
		elif [ $_seen = yes ]; then
			break
		fi
	done
	echo "$_most"
}

mirror_memory_row() {
	row "private memory $1, MiB" mib "<= 64" "" "$(echo "$2" |
	    awk '{ printf "mib=%.1f data=%.1f", $1 / 1024, $2 / 1024 }')"
}

# Everything is read anew beside, again and again; questions meanwhile.
mirror_beside() {
	mirror_lookupd beside || exit 1
	_quiet=$(load "$MIRROR_SOCKET" 16 1 "$SECONDS_EACH" "$T/hot" \
	    $MIRROR_PIDS) || exit 1
	within 3 mirror_anew
	_beside=$(load "$SOCKET" 16 1 "$SECONDS_EACH" "$T/hot" \
	    $LOOKUPD_PIDS) || exit 1
	row "mirror, 1000 hot, while all is read anew" rate "" "$_quiet" \
	    "$_beside"
	row "mirror, 1000 hot, while all is read anew" p99 "" "$_quiet" \
	    "$_beside"
	mirror_memory_row "during refreshes" "$(mirror_most)"
	mirror_memory_row "after them" "$(mirror_private $LOOKUPD_PIDS)"
	stop beside
}

mirror_round() {
	mirror_answers
	mirror_begins
	mirror_beside
}
