# bad.sh: what bad-input.sh and bad-neighbours.sh share: a second caller whose
# answers and waiting are looked at while something bad happens to others.

# A second caller waits no longer than this, in milliseconds, whatever others
# do: below lookupd's deadline and all that libraries wait for, above what a
# few tests at once on two cores make of the usual 10.
UNDISTURBED=1000
# An answer of lookupd, of whatever kind: its deadline of 2.5 s, and what the
# same machine makes of it; two deadlines one after the other would be 5 s.
IN_TIME=$((2500 + UNDISTURBED))

have_hammer() {
	[ -x "$top_builddir/tests/tools/hammer" ] || skip "no hammer"
	cp "$top_builddir/tests/tools/hammer" "$BIN/"
	# A sanitizer makes everything some five times slower.
	SANITIZED=no
	if grep -q __asan_init "$BIN/lookupd"; then
		SANITIZED=yes UNDISTURBED=2000 IN_TIME=4500
	fi
}

# other NAME QUESTION EXPECTED: a second caller begins to ask, every 10 ms.
other() {
	"$BIN/hammer" ask "$SOCKET" -p 10 "$2" "$3" \
	    >"$T/other-$1" 2>>"$LOGS/other-$1.log" &
	echo $! >"$T/other-$1.pid"
	OTHERS="$OTHERS $1"
	within 5 grep -q begun "$T/other-$1"
}

# others_undisturbed CASE: they end; none waited long, all was right.
others_undisturbed() {
	for _other in $OTHERS; do
		kill -TERM "$(cat "$T/other-$_other.pid")"
	done
	for _other in $OTHERS; do
		wait "$(cat "$T/other-$_other.pid")"
		_line=$(tail -n 1 "$T/other-$_other")
		_worst=$(value worst "$_line")
		case $_line in
		"right="[1-9]*" allowed=0 wrong=0 lost=0 "*)
			check_ok "$1: $_other undisturbed, worst $_worst ms" \
			    [ "$_worst" -le $UNDISTURBED ]
			;;
		*) fail "$1: $_other: $_line" ;;
		esac
	done
	OTHERS=
}

# front_pid, directory_pid: by what they call themselves in status and by
# who is left.
front_pid() {
	printf 'status\n' | socat -t 10 - "UNIX-CONNECT:$SOCKET" |
	    sed -n 's/.* pid \([0-9]*\), up .*/\1/p'
}

directory_pid() {
	for _child in $(children_of "$(pid_of lookupd)"); do
		[ "$_child" = "$1" ] || echo "$_child"
	done
}
