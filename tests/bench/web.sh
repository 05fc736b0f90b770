#!/bin/sh
# What a protected file costs with nginx (one worker) that asks certauth-hook
# about every request, as shares of the same nginx that asks a server which
# says yes to all; interleaved rounds.  lookupd remembers what the directory
# said, the hook nothing.  nginx has a processor of its own, and who asks it and
# whom it asks share another one; then all of it left to the scheduler: where
# waking another processor is dear (a virtual machine), that depends on whether
# it puts the hook and lookupd on the same one.
# From a build folder: top_builddir=$PWD SOURCE/tests/bench/web.sh
# With ROWS set, by run.sh: the rows go there, and no table is printed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$top_srcdir/tests/bench/rows.sh"
IDLE=${IDLE:-10000}
LOOKUPD_TOP='log_level = "warning";'
CACHE=3600 AUDIT_INTERVAL=60 REFUSALS=50
need nginx taskset
start_small
have certauth-hook
start_hook || exit 1

spawn yes root "$TOOLS/yes" "$T/run/hook-yes.sock"
ready yes test -S "$T/run/hook-yes.sock" || exit 1

# web_server PORT QUESTION [QUESTION-OF-A-FLOOD]: the sample's question.  PLAIN
# is a port without TLS, where nginx need not write the certificate anew for
# each request, so that little is left but the question.
web_server() {
	cat <<-END
	server {
	  listen 127.0.0.1:$1;
	  root $T/web/root;
	END
	web_location required "$2"
	web_location yes "$2"
	[ -z "$3" ] || web_location flood "$3"
	echo "}"
}

# web_location NAME QUESTION
web_location() {
	cat <<-END
	location /$1/ { auth_request /_$1; }
	location = /_$1 {
	  internal;
	  $2
	  proxy_pass http://$1/;
	}
	END
}

# plain_question PERSON ADDRESS
plain_question() {
	sed -e 's|$ssl_client_verify|SUCCESS|' -e "s|\$remote_addr|$2|" \
	    -e "s|\$ssl_client_escaped_cert|$(escaped "$1")|" "$_question"
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
	upstream flood { server unix:$T/run/hook-required.sock max_fails=0;
	  keepalive 64; keepalive_requests 1000000000; }
	upstream yes { server unix:$T/run/hook-yes.sock max_fails=0;
	  keepalive 64; keepalive_requests 1000000000; }
	END
	web_server "$TLS_PORT ssl" "include $_question;" | sed "/root/a\\
	    ssl_certificate $T/certs/server.crt;\\
	    ssl_certificate_key $T/certs/server.key;\\
	    ssl_client_certificate $T/certs/CA.crt;\\
	    ssl_verify_client on;"
	web_server "$PLAIN_PORT" "$(plain_question user1 192.0.2.1)" \
	    "$(plain_question locked 192.0.2.2)"
	echo "}"
}

for _to in required yes flood; do
	mkdir -p "$T/web/root/$_to"
	echo tiny >"$T/web/root/$_to/tiny"
done
( cd "$T/certs" && email locked locked@example.com ) || exit 1
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

nginx_pids="$(pid_of nginx) $(children_of "$(pid_of nginx)")"
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

# Who is let in, while somebody else at another address is refused as fast as he
# can ask.
flood() {
	_quiet=$(visit required $PLAIN_PORT 1) || exit 1
	"$TOOLS/web" "$PLAIN_PORT" 1 60 path=/flood/tiny plain \
	    "$T/certs/locked=403" >"$LOGS/flood.log" &
	_flood=$!
	_beside=$(visit required $PLAIN_PORT 1) || exit 1
	kill $_flood
	wait $_flood
	grep -q ' 403=[0-9]' "$LOGS/flood.log" ||
	    { say "no flood"; exit 1; }
	row "web, no TLS, 1 beside a flood from elsewhere" p99 "<= 2" "$_quiet" \
	    "$_beside"
	row "web, no TLS, 1 beside a flood from elsewhere" rate "" "$_quiet" \
	    "$_beside"
}
printf 'GET / HTTP/1.1\r\nHost: x\r\nX-SSL-Verify: SUCCESS\r\nX-SSL-Cert: %s\r\n\r\n' \
    "$(escaped user1)" >"$T/question"
. "$BENCH/idle.sh"

# place PROCESSORS PID...
place() {
	_on=$1
	shift
	for _pid; do
		taskset -apc "$_on" "$_pid" >/dev/null || exit 1
	done
}

# rounds HOW
rounds() {
	_how=$1
	visit required $PLAIN_PORT 16 >/dev/null || exit 1
	_round=0
	while [ $((_round += 1)) -le "$ROUNDS" ]; do
		both "web$_how, TLS kept, 32 connections" $TLS_PORT 32 \
		    ">= 0.85" "<= 1.5" "<= 1.8"
		both "web$_how, no TLS, 32 connections" $PLAIN_PORT 32 "" "-" "-"
		both "web$_how, TLS kept, 1 connection" $TLS_PORT 1 "" "-" ""
		both "web$_how, a full TLS handshake each, 16" $TLS_PORT 16 \
		    ">= 0.95" "-" "" close
		[ -n "$_how" ] || flood
	done
}

all=$(taskset -cp $$ | sed 's/.*: *//')
set -- $(echo "$all" | tr ',-' '  ')
rounds " left alone"
place "$1" $nginx_pids
place "${2:-$1}" $own_pids $limit_pids $$
rounds ""
idle
stop yes
[ $table = no ] || { table <"$ROWS"; uptime; }
check_ok "every round was measured" [ "$(grep -c . "$ROWS")" -ge "$ROUNDS" ]
check "everybody was let in" "" "$(grep '^web' "$ROWS" | cut -f 4,5 |
    tr ' \t' '\n\n' | grep -E '^(lost|[0-9]{3})=' | grep -v '^200=' | sort -u)"
finish
