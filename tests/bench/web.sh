#!/bin/sh
# What a protected file costs with nginx (one worker) that asks certauth-hook
# about every request, as shares of the same nginx that asks a server which
# says yes to all; interleaved rounds.  lookupd remembers what the directory
# said, the hook nothing.
# From a build folder: top_builddir=$PWD SOURCE/tests/bench/web.sh
# With ROWS set, by run.sh: the rows go there, and no table is printed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$top_srcdir/tests/bench/rows.sh"
IDLE=${IDLE:-10000}
LOOKUPD_TOP='log_level = "warning";'
CACHE=3600 AUDIT_INTERVAL=60
need nginx
start_small
have certauth-hook
start_hook || exit 1

spawn yes root "$TOOLS/yes" "$T/run/hook-yes.sock"
ready yes test -S "$T/run/hook-yes.sock" || exit 1

# The sample's question; PLAIN is a port without TLS, where nginx need not
# write the certificate anew for each request, so that little is left but the
# question.
web_server() {
	cat <<-END
	server {
	  listen 127.0.0.1:$1;
	  root $T/web/root;
	END
	for _to in required yes; do
		cat <<-END
		location /$_to/ { auth_request /_$_to; }
		location = /_$_to {
		  internal;
		  $2
		  proxy_pass http://$_to/;
		}
		END
	done
	echo "}"
}

web_conf() {
	_question=$T/etc/certauth-question.inc
	cat <<-END
	daemon off;
	worker_processes 1;
	pid $T/web/nginx.pid;
	error_log stderr error;
	events { worker_connections 4096; }
	http {
	access_log off;
	keepalive_requests 1000000000;
	ssl_protocols TLSv1.2 TLSv1.3;
	client_body_temp_path $T/web/body;
	proxy_temp_path $T/web/proxy;
	fastcgi_temp_path $T/web/fastcgi;
	uwsgi_temp_path $T/web/uwsgi;
	scgi_temp_path $T/web/scgi;
	upstream required { server unix:$T/run/hook-required.sock max_fails=0;
	  keepalive 64; keepalive_requests 1000000000; }
	upstream yes { server unix:$T/run/hook-yes.sock max_fails=0;
	  keepalive 64; keepalive_requests 1000000000; }
	END
	web_server "$TLS_PORT ssl" "include $_question;" | sed "/root/a\\
	    ssl_certificate $T/certs/server.crt;\\
	    ssl_certificate_key $T/certs/server.key;\\
	    ssl_client_certificate $T/certs/CA.crt;\\
	    ssl_verify_client on;"
	web_server "$PLAIN_PORT" "$(sed \
	    -e 's|$ssl_client_verify|SUCCESS|' \
	    -e "s|\$ssl_client_escaped_cert|$(escaped user1)|" "$_question")"
	echo "}"
}

mkdir -p "$T/web/root/required" "$T/web/root/yes"
echo tiny >"$T/web/root/required/tiny"
echo tiny >"$T/web/root/yes/tiny"
[ $ROOT = no ] || chown -R $WEB_USER "$T/web"
free_port; TLS_PORT=$_port
free_port; PLAIN_PORT=$_port
cp "$top_srcdir/etc/nginx/certauth-question.inc" "$T/etc/"
web_conf >"$T/etc/nginx.conf"
spawn nginx $WEB_USER nginx -e stderr -c "$T/etc/nginx.conf"
plain_answers() {
	curl -q -sf --noproxy '*' "http://127.0.0.1:$PLAIN_PORT/required/tiny"
}
ready nginx plain_answers || { say "nginx does not start"; exit 1; }

own_pids="$(pid_of hook) $(pid_of lookupd) $(children_of "$(pid_of lookupd)")"
limit_pids=$(pid_of yes)
[ -n "$ROWS" ] && table=no || table=yes ROWS=$T/rows

# visit WHOM PORT CONNECTIONS [OPTION...] [PID...]
visit() {
	_to=$1 _at=$2 _many=$3
	shift 3
	case $_at in $PLAIN_PORT) set -- plain "$T/certs/user1=200" "$@" ;;
	$TLS_PORT) set -- "$T/certs/user1=200" "$@" ;;
	esac
	"$TOOLS/web" "$_at" "$_many" "$SECONDS_EACH" "path=/$_to/tiny" "$@"
}

# both FIGURE PORT CONNECTIONS RATE P99 CPU [OPTION]: targets, empty: no row.
both() {
	_figure=$1 _port=$2 _many=$3 _rate=$4 _p99=$5 _cpu=$6
	shift 6
	_limit=$(visit yes $_port $_many "$@" $limit_pids) &&
	_own=$(visit required $_port $_many "$@" $own_pids) || exit 1
	row "$_figure" rate "$_rate" "$_limit" "$_own"
	[ -z "$_p99" ] || row "$_figure" p99 "$_p99" "$_limit" "$_own"
	[ -z "$_cpu" ] || row "$_figure" cpu "$_cpu" "$_limit" "$_own"
}

idle_held() {
	grep -q open "$LOGS/hold.log"
}

# What kept connections cost the hook; nginx goes on asking beside them.  Each
# of them has asked once.
idle() {
	_alone=$(visit required $PLAIN_PORT 16) || exit 1
	_before=$(private_bytes "$(pid_of hook)")
	mkfifo "$T/hold"
	: >"$LOGS/hold.log"
	( exec "$TOOLS/load" hold "$T/run/hook-required.sock" "$IDLE" \
	    "$T/question" ) <"$T/hold" >"$LOGS/hold.log" 2>&1 &
	_hold=$!
	exec 9>"$T/hold"
	within 60 idle_held || { say "no $IDLE connections"; exit 1; }
	_after=$(private_bytes "$(pid_of hook)")
	_beside=$(visit required $PLAIN_PORT 16) || exit 1
	exec 9>&-
	wait $_hold || { say "a connection was not kept"; exit 1; }
	rm "$T/hold"
	row "$IDLE idle connections to the hook, bytes each" bytes "" "" \
	    "bytes=$(((_after - _before) / IDLE))"
	row "16 beside $IDLE idle to the hook" rate ">= 0.9" "$_alone" "$_beside"
}
printf 'GET / HTTP/1.1\r\nHost: x\r\nX-SSL-Verify: SUCCESS\r\nX-SSL-Cert: %s\r\n\r\n' \
    "$(escaped user1)" >"$T/question"
. "$BENCH/idle.sh"

visit required $PLAIN_PORT 16 >/dev/null || exit 1
round=0
while [ $((round += 1)) -le "$ROUNDS" ]; do
	both "web, TLS kept, 32 connections" $TLS_PORT 32 ">= 0.85" \
	    "<= 1.5" "<= 1.8"
	both "web, no TLS, 32 connections" $PLAIN_PORT 32 "" "-" "-"
	both "web, TLS kept, 1 connection" $TLS_PORT 1 "" "-" ""
	both "web, a full TLS handshake each, 16" $TLS_PORT 16 ">= 0.95" \
	    "-" "" close
done
idle
stop yes
[ $table = no ] || { table <"$ROWS"; uptime; }
check_ok "every round was measured" [ "$(grep -c . "$ROWS")" -ge "$ROUNDS" ]
check "everybody was let in" "" "$(grep '^web' "$ROWS" | cut -f 4,5 |
    tr ' \t' '\n\n' | grep -E '^(lost|[0-9]{3})=' | grep -v '^200=' | sort -u)"
finish
