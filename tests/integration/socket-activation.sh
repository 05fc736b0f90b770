#!/bin/sh
# A socket that systemd hands over, and systemd told of what happens.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need slapd slapadd ldapsearch curl socat openssl setpriv
begin
have lookupd activate
make_certificates few && start_slapd && prepare_lookupd || exit 1

# What systemd would hear, one datagram a line.
spawn notify root socat -u "UNIX-RECV:$T/notify" \
    "OPEN:$T/states,creat,append"
within $PATIENCE test -S "$T/notify"
chmod 666 "$T/notify"

sed -i "s|^socket = .*|socket = \"$T/run/unused.sock\";|" "$T/etc/lookupd.conf"
spawn lookupd root env "NOTIFY_SOCKET=$T/notify" "$BIN/activate" "$SOCKET" \
    "$BIN/lookupd" -c "$T/etc/lookupd.conf"
check_ok "answers on the socket handed over" ready lookupd lookup_active
check_ok "and binds none of its own" [ ! -e "$T/run/unused.sock" ]
told() {
	grep -q "$1" "$T/states"
}
check_ok "READY=1 is told" within $PATIENCE told 'READY=1'
kill -HUP "$(pid_of lookupd)"
check_ok "RELOADING=1 is told" within $PATIENCE told 'RELOADING=1'
stop lookupd
check "ends with status 0" 0 $?
check_ok "STOPPING=1 is told" within $PATIENCE told 'STOPPING=1'
check_ok "the socket is left to systemd" [ -S "$SOCKET" ]
stop notify
finish
