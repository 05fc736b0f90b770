#!/bin/sh
# lookupd is restarted and the hook reloaded, again and again, while people
# come in through nginx: nobody is ever let in who may not, an account that may
# is only refused with 5xx, that only around a restart, and never because of a
# reload.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
TIMES=${TIMES:-20}
for program in slapd slapadd ldapsearch nginx curl socat openssl setpriv; do
	command -v $program >/dev/null || {
		say "not ok - no $program"
		say "0 passed, 1 failed"
		exit 1
	}
done
CACHE=
begin
have lookupd certauth-hook
make_certificates few && cd "$T/certs" && email locked locked@example.com &&
    email ghost ghost@example.com && cd / || exit 1
REFUSALS=0
start_slapd && start_lookupd && within $PATIENCE lookup_active &&
    start_hook && start_nginx || exit 1

# begin_load NAME: people at the door until end_load; every answer that is not
# theirs is in $T/others.
begin_load() {
	: >"$T/others"
	spawn load root "$top_builddir/tests/bench/web" "$REQUIRED_PORT" 16 \
	    3600 "log=$T/others" "$T/certs/user1=200" "$T/certs/locked=403" \
	    "$T/certs/user1=200" "$T/certs/ghost=403"
	: >"$LOGS/load.log"
	calm
}

# A while in which the load goes on: how long it is decides nothing.
calm() {
	sleep 0.3
}

end_load() {
	calm
	check_ok "$1: the load went on to its end" stop load
	TOLD=$(tail -n 1 "$LOGS/load.log")
	say "$1: $TOLD"
	check_ok "$1: people were let in, others refused" \
	    [ "$(value 200 "$TOLD")" -gt 0 -a "$(value 403 "$TOLD")" -gt 0 ]
	check "$1: no wrong answer" "" "$(awk '$3 !~ /^5/' "$T/others" |
	    head -n 5)"
}

# Restarts: when each began, and when lookupd answered again.
begin_load
: >"$T/restarts"
count=0
while [ $((count += 1)) -le "$TIMES" ]; do
	_began=$(now_ms)
	stop lookupd
	start_lookupd || exit 1
	echo "$_began $(now_ms)" >>"$T/restarts"
	within $PATIENCE lookup_active
	calm
done
end_load "$TIMES restarts of lookupd"
say "a restart took $(awk '{ print $2 - $1 }' "$T/restarts" | sort -n |
    sed -n '1p;$p' | tr '\n' ' ')ms; 5xx: $(wc -l <"$T/others")"
check "every 5xx within a second of a restart" "" "$(awk '
    NR == FNR { began[NR] = $1; ready[NR] = $2; n = NR; next }
    { near = 0
      for (i = 1; i <= n; i++)
	if ($1 >= began[i] && $1 <= ready[i] + 1000)
	    near = 1
      if (!near)
	print $1, $2, $3 }' "$T/restarts" "$T/others" | head -n 5)"

# Reloads, every other of them with other connections to lookupd and one
# listener more or less.
reloaded() {
	[ "$(grep -c 'has been read again' "$LOGS/hook.log")" -ge "$1" ]
}
cp "$T/etc/certauth-hook.conf" "$T/etc/one.conf"
sed -e '1i connections = 7;' -e "s|^);|, { socket = \"$T/run/hook-more.sock\";\
 service = \"nginx\"; mode = \"off\"; evidence = \"rfc9440\"; } );|" \
    "$T/etc/one.conf" >"$T/etc/other.conf"
sed -i '1i connections = 3;' "$T/etc/one.conf"
mark hook
begin_load
count=0
while [ $((count += 1)) -le "$TIMES" ]; do
	[ $((count % 2)) = 0 ] && _next=one || _next=other
	cp "$T/etc/$_next.conf" "$T/etc/certauth-hook.conf"
	kill -HUP "$(pid_of hook)"
	within $PATIENCE reloaded $count || break
	calm
done
end_load "$TIMES reloads of the hook"
check "every reload was done" "$TIMES" \
    "$(grep -c 'has been read again' "$LOGS/hook.log")"
check "no 5xx because of a reload" 0 "$(wc -l <"$T/others")"

# Could this fail?  With expectations the wrong way round it does.
"$top_builddir/tests/bench/web" "$REQUIRED_PORT" 2 0.5 "log=$T/wrong" \
    "$T/certs/locked=200" >/dev/null
check_ok "a locked account's answer would be seen" [ -s "$T/wrong" ]
finish
