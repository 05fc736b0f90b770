#!/bin/sh
# The sandboxes: what an intruder would try in each role, and that the running
# processes are in theirs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
start_small
have certauth-hook sandboxed certauthctl

# One sandbox's attempts, each in a process of its own, as the daemons' user.
mkdir -p "$T/cell/store" "$T/cell/run"
printf 'not for strangers' >"$T/cell/secret"
head -c 4096 /dev/zero >"$T/cell/store/file"
chmod 600 "$T/cell/secret"
[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/cell"
roles=$(sed -n 's/^attempt	//p' "$INTEGRATION/sandbox.tsv")
for role in $roles; do
	( as "$DAEMON_USER" "$BIN/sandboxed" "$role" "$T/cell" ) \
	    >"$T/$role.tried" 2>"$LOGS/$role.log" </dev/null
	check "$role: all was tried" 0 $?
done
state=$(sed -n 's/^state	//p' "$T/front.tried")
say "# sandbox=$state"

# row ROLE ATTEMPT EXPECTED
row() {
	case $3,$state in
	-,*) return ;;
	EACCES,*no-landlock*) return ;;
	*,*sanitized*) [ "$1" = none ] || return ;;
	esac
	check "$1: $2" "$3" "$(sed -n "s/^$2	//p" "$T/$1.tried")"
}
while IFS='	' read -r attempt expected; do
	case $attempt in '#'* | attempt) continue ;; esac
	for role in $roles; do
		row "$role" "$attempt" "${expected%%	*}"
		expected=${expected#*	}
	done
done <"$INTEGRATION/sandbox.tsv"

# The running ones.
start_hook || exit 1
"$BIN/certauthctl" $CTL_OPTIONS status >"$T/status" || exit 1
front=$(sed -n 's/.*, pid \([0-9]*\), .*/\1/p' "$T/status")
for pid in $(children_of "$(pid_of lookupd)"); do
	[ "$pid" = "$front" ] || directory=$pid
done
hook=$(pid_of hook)

# of PID FILE NAME: a value of its status or limits.
of() {
	sed -n "s/^$3[: ] *\t*//p" "/proc/$1/$2" | sed 's/  .*//'
}
case $state in
no-seccomp*) mode=0 ;;
*) mode=2 ;;
esac
for name in front directory hook; do
	eval "pid=\$$name"
	check "$name: seccomp is on" $mode "$(of "$pid" status Seccomp)"
	check "$name: no new privileges" 1 "$(of "$pid" status NoNewPrivs)"
	check "$name: no capabilities" 0000000000000000 \
	    "$(of "$pid" status CapPrm)"
	# whose files in /proc are root's although it is not is not dumpable
	uid=$(of "$pid" status Uid | cut -f1)
	[ "$uid" = 0 ] ||
	    check "$name: not dumpable" 0 "$(stat -c %u "/proc/$pid/stat")"
	check "$name: no core files" 0 "$(of "$pid" limits 'Max core file size')"
	most=$(of "$pid" limits 'Max open files')
	check_ok "$name: descriptors are bounded" [ "$most" -le 1048576 ]
	case $state in *sanitized*) continue ;; esac
	check_ok "$name: memory is bounded" \
	    [ "$(of "$pid" limits 'Max data size')" -le 4294967296 ]
	[ $name = directory ] ||
	    check "$name: no children" 0 "$(of "$pid" limits 'Max processes')"
done
check "status tells the front's" "$state" \
    "$(sed -n 's/^ *front sandbox=//p' "$T/status")"
check "and the directory process's" "$state" \
    "$(sed -n 's/^ *directory process sandbox=//p' "$T/status")"
if [ $ROOT = yes ]; then
	for name in front hook; do
		eval "pid=\$$name"
		check "$name: no network socket is open" "" \
		    "$(ls -l "/proc/$pid/fd" | sed -n 's/.*socket:\[\(.*\)\]/\1/p' |
		    while read -r inode; do
			awk -v i="$inode" '$10 == i' /proc/net/tcp \
			    /proc/net/tcp6 /proc/net/udp /proc/net/udp6
		    done)"
		check "$name: nor a file of the configuration" "" \
		    "$(ls -l "/proc/$pid/fd" | grep -F "$T/etc")"
	done
fi

# A front that does what it must not is ended, started again, and said so.
kill -SYS "$front"
check_ok "a front ended by its sandbox is back" within 2 lookup_active
check_ok "and the log says why" within $PATIENCE \
    grep -q 'front.*sandbox' "$LOGS/lookupd.log"

# The hook reads its configuration inside its own: what a reload can bring.
# with_listener PATH: the configuration with one more
with_listener() {
	HOOK_LISTENERS=", { socket = \"$1\"; mode = \"off\";
	    evidence = \"nginx-escaped\"; service = \"nginx\"; }"
	hook_conf >"$T/etc/certauth-hook.conf"
	kill -HUP "$hook"
}
chmod g+w "$T/run"
with_listener "$T/run/hook-new.sock"
check_ok "hook: a reload brings a listener beside the others" \
    within $PATIENCE test -S "$T/run/hook-new.sock"
check "hook: which answers" 403 "$(ask_hook new)"
mkdir "$T/elsewhere"
[ $ROOT = no ] || chown "$WEB_USER" "$T/elsewhere"
with_listener "$T/elsewhere/new.sock"
case $state in
*no-landlock*) ;;
*)
	check_ok "hook: but none in another folder" within $PATIENCE \
	    grep -q 'elsewhere/new.sock: cannot bind' "$LOGS/hook.log"
	check "hook: and goes on with the old ones" 403 "$(ask_hook new)"
	;;
esac
stop hook
check "hook: ends with status 0" 0 $?

# Kernels that lack something: less, said, and never fatal.
# lacking WHAT STATE
lacking() {
	stop lookupd
	spawn lookupd root "$BIN/sandboxed" without "$1" "$BIN/lookupd" \
	    -c "$T/etc/lookupd.conf"
	check_ok "without $1: it answers" ready lookupd lookup_active
	"$BIN/certauthctl" $CTL_OPTIONS status >"$T/status"
	for who in front 'directory process'; do
		check "without $1: status of the $who" "$2" \
		    "$(sed -n "s/^ *$who sandbox=//p" "$T/status")"
	done
	check_ok "without $1: a warning" \
	    grep -q "sandbox: $2; this kernel lacks the rest" \
	    "$LOGS/lookupd.log"
}
case $state in
seccomp,landlock-*)
	rest=${state#seccomp,}
	case $rest in *,*) more=,${rest#*,} ;; *) more= ;; esac
	lacking landlock "seccomp,no-landlock$more"
	lacking seccomp "no-seccomp,$rest"
	;;
esac
finish
