# What quickstart and the integration tests share: one short temporary
# folder, real servers in it, questions put to them, and an end in which
# nothing of ours is left.  Sourced by POSIX shells.  The parts:
#
#	lib.sh		folder, processes, waiting, end, results
#	certificates.sh	a CA and client certificates
#	slapd.sh	a directory in Zimbra's shape
#	services.sh	lookupd, certauth-hook, nginx, PAM
#	ask.sh		one row: ask by socat, curl, libpam, certauthctl; compare
#
# Before sourcing: top_srcdir and top_builddir.
# Afterwards: T is the folder, LOGS its logs, BIN our programs.

PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
# Our daemons look at these.
unset JOURNAL_STREAM NOTIFY_SOCKET LISTEN_PID LISTEN_FDS
umask 022
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir}"
INTEGRATION=$top_srcdir/tests/integration

# As root the servers run as users every Debian has; else all is one user.
if [ "$(id -u)" = 0 ]; then
	ROOT=yes DAEMON_USER=nobody WEB_USER=www-data
else
	ROOT=no DAEMON_USER=$(id -un) WEB_USER=$(id -un)
fi
DAEMON_UID=$(id -u $DAEMON_USER) DAEMON_GID=$(id -g $DAEMON_USER)
WEB_GROUP=$(id -gn $WEB_USER)

# Seconds until something that takes milliseconds counts as broken.
PATIENCE=20

. "$INTEGRATION/certificates.sh"
. "$INTEGRATION/slapd.sh"
. "$INTEGRATION/services.sh"
. "$INTEGRATION/ask.sh"

say() {
	printf '%s\n' "$*"
}

# The test cannot run here: say why, as automake understands it.
skip() {
	say "SKIP: $*"
	exit 77
}

need() {
	for program; do
		command -v "$program" >/dev/null || skip "no $program"
	done
}

# as USER COMMAND...: as another user if we may, else simply run it.  Always
# the last thing a subshell does, so that the process is the command.
as() {
	_user=$1
	shift
	if [ $ROOT = yes ]; then
		exec setpriv --reuid "$_user" --regid "$(id -g "$_user")" \
		    --clear-groups "$@"
	fi
	exec "$@"
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# begin: the folder, and an end whatever happens.
begin() {
	T=$(mktemp -d /tmp/ca.XXXXXX) || exit 1
	LOGS=$T/log
	BIN=$T/bin
	PORTS=
	PASSED=0 FAILED=0
	trap 'end $?' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	trap 'exit 141' PIPE
	chmod 711 "$T"
	mkdir -p "$LOGS" "$T/pid" "$BIN" "$T/run" "$T/etc"
	[ $ROOT = no ] || chown "$DAEMON_USER:$WEB_GROUP" "$T/run"
	# Copies: the daemons' user may have no way into the source tree.
	for _from in lookupd/lookupd hook/certauth-hook client/certauthctl \
	    tests/tools/mkcert tests/tools/pamlogin tests/tools/activate \
	    tests/tools/sandboxed \
	    pam_certauth/.libs/pam_certauth.so; do
		[ ! -f "$top_builddir/$_from" ] ||
		    cp "$top_builddir/$_from" "$BIN/"
	done
}

# have PROGRAM...: our own programs; without them something is wrong.
have() {
	for program; do
		[ -f "$BIN/$program" ] || { say "$program was not built"; exit 1; }
	done
}

# spawn NAME USER COMMAND...: in the background, known by name.
spawn() {
	_name=$1
	_as=$2
	shift 2
	( as "$_as" "$@" ) </dev/null >>"$LOGS/$_name.log" 2>&1 &
	echo $! >"$T/pid/$_name"
}

pid_of() {
	cat "$T/pid/$1"
}

# A process that ended but was not waited for is gone, too.
running() {
	[ -s "$T/pid/$1" ] && kill -0 "$(pid_of "$1")" 2>/dev/null &&
	    ! grep -q '^State:[[:space:]]*Z' "/proc/$(pid_of "$1")/status" \
	    2>/dev/null
}

gone() {
	! running "$1"
}

# within SECONDS COMMAND...: until it succeeds; asked 50 times a second.
within() {
	_until=$(($(now_ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now_ms)" -lt $_until ] || return 1
		sleep 0.02
	done
}

# ready NAME COMMAND...: wait until the server answers, or has given up.
ready() {
	_server=$1
	shift
	_until=$(($(now_ms) + PATIENCE * 1000))
	until "$@" >/dev/null 2>&1; do
		running "$_server" || return 1
		[ "$(now_ms)" -lt $_until ] || return 1
		sleep 0.02
	done
}

# stop NAME: SIGTERM, and its exit status as ours.  One that has to be killed
# is a failure of its own.
stop() {
	[ -s "$T/pid/$1" ] || return 0
	_pid=$(pid_of "$1")
	kill -CONT "$_pid" 2>/dev/null
	kill -TERM "$_pid" 2>/dev/null
	if ! within $PATIENCE gone "$1"; then
		say "$1 does not end, killed" >>"$LOGS/$1.log"
		kill -KILL $(children_of "$_pid") "$_pid" 2>/dev/null
	fi
	wait "$_pid" 2>/dev/null
	_status=$?
	rm -f "$T/pid/$1"
	return $_status
}

children_of() {
	cat "/proc/$1/task/$1/children" 2>/dev/null
}

# A loopback port nobody listens on, below the ephemeral ones.
free_port() {
	while :; do
		_port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
		case " $PORTS " in *" $_port "*) continue ;; esac
		_hex=$(printf ':%04X ' $_port)
		cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		    cut -c1-30 | grep -q "$_hex" && continue
		PORTS="$PORTS $_port"
		return 0
	done
}

# What a sanitizer had to say about any of the servers.
sanitizer_reports() {
	grep -lE 'ERROR: (Address|Leak)Sanitizer|runtime error: ' \
	    "$LOGS"/* 2>/dev/null
}

dump_logs() {
	for _log in "$LOGS"/*; do
		[ -s "$_log" ] || continue
		say "---- ${_log##*/}"
		tail -n 400 "$_log"
	done
	say "----"
}

# end STATUS: all our servers, then the folder.  A server that ended badly
# makes a good result bad.
end() {
	_result=$1
	trap '' INT TERM HUP PIPE
	trap - EXIT
	for _each in nginx hook lookupd slapd $(ls "$T/pid"); do
		[ -s "$T/pid/$_each" ] || continue
		stop "$_each"
		_how=$?
		case $_each:$_how in
		*:0) ;;
		*)
			say "$_each ended with status $_how"
			[ $_result != 0 ] || _result=1
			;;
		esac
	done
	if [ -n "$(sanitizer_reports)" ]; then
		say "a sanitizer complained"
		[ $_result != 0 ] || _result=1
	fi
	case $_result in
	0 | 77 | 129 | 130 | 143) ;;
	*) dump_logs ;;
	esac
	rm -rf "$T"
	exit $_result
}

# Results: one line a case, counted by quickstart as cmocka's are.
pass() {
	PASSED=$((PASSED + 1))
	say "ok - $*"
}

fail() {
	FAILED=$((FAILED + 1))
	say "not ok - $*"
}

# check NAME EXPECTED GOT
check() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1: expected '$2', got '$3'"
	fi
}

# check_ok NAME COMMAND...
check_ok() {
	_what=$1
	shift
	if "$@"; then pass "$_what"; else fail "$_what: $*"; fi
}

# The last line of a test.
finish() {
	say "$PASSED passed, $FAILED failed"
	[ $FAILED = 0 ] && [ $PASSED -gt 0 ]
	exit
}
