# web-proxy.sh: what the tests of proxies that ask certauth-hook share: slapd,
# lookupd, certauth-hook, certificates, and an application behind the proxy that
# says what it was told.  Sourced after lib.sh by web-*.sh.
#
# Such a script starts its program with the samples of etc/, and defines
#
#	proxy_url	where it listens
#
# Rows compare what the person gets: "in" and what the application was told of
# the account, or status and reason; and what the log of lookupd says of it, or
# of the hook where lookupd was not asked; "-" if neither was.

# broken SENTENCE: the test cannot run, which is a failure.
broken() {
	say "not ok - $*"
	say "0 passed, 1 failed"
	exit 1
}

# needed PROGRAM...
needed() {
	for program in slapd slapadd ldapsearch curl socat openssl setpriv \
	    "$@"; do
		command -v "$program" >/dev/null ||
		    broken "no $program: ./quickstart test more installs it"
	done
}

# person NAME WORD...
person() {
	_cert=$1
	shift
	odd "$_cert" key=ec eku=clientAuth "$@"
}

# CA, foreignCA, server, and who is in web_rows.
web_certificates() {
	mkdir -p "$T/certs" && cd "$T/certs" || return 1
	SERIAL=2
	make_ca CA && make_ca foreignCA && server_certificate || return 1
	for _each in user1 user2 alias1 locked shared ghost admin; do
		person $_each email=$_each@example.com || return 1
	done
	person upper email=USER1@EXAMPLE.COM &&
	person san cn=user2 san-email=user2@example.com &&
	person two email=user1@example.com san-email=user2@example.com &&
	person noaddress cn=user1@example.com &&
	person inject cn=x/emailAddress=user1@example.com \
	    email=ghost@example.com &&
	person expired email=user1@example.com notbefore=-20 notafter=-1 &&
	odd big key=rsa4096 email=user1@example.com pad=3000 &&
	quietly "$BIN/mkcert" leaf foreign foreignCA email=user1@example.com \
	    key=ec && mv foreign.pem foreign.crt && cd / || return 1
	# For programs that want both in one file.
	cat "$T/certs/server.crt" "$T/certs/server.key" >"$T/certs/server.pem"
	[ $ROOT = no ] || chown $WEB_USER "$T/certs/server.pem" "$T/certs/server.key"
}

# A service of lookupd.conf.  SERVICES are all of them.
# lookupd_service NAME EVIDENCE CALLER...
lookupd_service() {
	_service=$1 _evidence=$2
	shift 2
	SERVICES="$SERVICES { name = \"$_service\";
	    evidence = [ \"$_evidence\" ]; callers = [ $(quoted_list "$@") ];
	    realms = [ \"main\" ]; },"
}

# hook_sample FOLDER: the listeners of etc/FOLDER, on our paths, peers and group.
hook_sample() {
	sed -n '/^  {/,/^  }/p' "$top_srcdir/etc/$1/certauth-hook.conf" |
	    sed -e "s|/run/certauth-hook/|$T/run/hook-|" \
	    -e "s|socket_group = \"[a-z-]*\"|socket_group = \"$WEB_GROUP\"|" \
	    -e "s|peers = \\[ \"[a-z-]*\" \\]|peers = [ \"$WEB_USER\" ]|"
}

# sample FILE SED-SCRIPT...: a file of etc/, on our paths.
sample() {
	_sample=$top_srcdir/etc/$1
	shift
	_scripts=
	for _script; do
		_scripts="$_scripts
$_script"
	done
	sed -e "s|/etc/certauth/clients-ca.pem|$T/certs/CA.crt|" \
	    -e "s|/run/certauth-hook/|$T/run/hook-|" \
	    -e "s|/run/certauth/lookupd.sock|$SOCKET|" \
	    -e "$_scripts" "$_sample"
}

# The application: the head of the request is its answer.
start_application() {
	cat >"$T/application" <<-'END'
	carriage=$(printf '\r')
	told=$(while IFS= read -r line; do
		line=${line%"$carriage"}
		[ -n "$line" ] || break
		printf '%s\n' "$line"
	done)
	printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
	printf 'Connection: close\r\nContent-Length: %d\r\n\r\n' ${#told}
	printf '%s' "$told"
	END
	free_port
	APPLICATION_PORT=$_port
	spawn application $WEB_USER socat \
	    "TCP-LISTEN:$_port,bind=127.0.0.1,reuseaddr,fork,backlog=64" \
	    "EXEC:sh $T/application"
	ready application curl -q -s --noproxy '*' "http://127.0.0.1:$_port/"
}

# start_answers: lookupd with the services of lookupd_service.
start_answers() {
	CACHE=0
	begin
	have lookupd certauth-hook mkcert
	web_certificates && start_slapd || exit 1
	prepare_lookupd
	# In one line: sed takes no others.
	_services=$(echo $SERVICES)
	sed -i "s|^services = (|services = ( $_services|" "$T/etc/lookupd.conf"
	start_lookupd && within $PATIENCE lookup_active || exit 1
}

# start_behind FOLDER: all but the program.
start_behind() {
	start_answers
	HOOK_LISTENERS=", $(hook_sample "$1")"
	start_hook && start_application || exit 1
	mkdir -p "$T/web"
	[ $ROOT = no ] || chown "$WEB_USER" "$T/web" "$LOGS"
}

# enter CERTIFICATE [OPTION...]: GOT is what the person gets, and with TOLD what
# the application was told.
enter() {
	_entering=$1
	shift
	fetch "$_entering" "$(proxy_url)${ENTRY:-/some/page?x=y}" "$@"
	TOLD=
	[ "$STATUS" != 200 ] || TOLD=$(tr -d '\r' <"$T/body")
	case $STATUS in
	200) GOT="in $(told 'x[-_]certauth[-_]account')" ;;
	302) GOT="302 $(header Location)" ;;
	*) GOT="$STATUS $(header X-Certauth-Reason)" ;;
	esac
	GOT=${GOT% }
}

# told NAME: values of all headers whose names match.
told() {
	printf '%s\n' "$TOLD" | sed -nE "s/^($1):[[:space:]]*//Ip" |
	    tr '\n' ' ' | sed 's/ $//'
}

enter_and_why() {
	for _twice in 1 2; do
		mark lookupd
		_before=$MARK
		mark hook
		enter "$@"
		_hooks=$MARK MARK=$_before
		logged_why lookupd
		[ "$WHY" = - ] || return
		MARK=$_hooks
		logged_why hook
		[ "$WHY" = - ] || return
		# Past 20 refusals a second they are only counted.
		within 3 fresh_second "$(date +%s)"
	done
}

# row NAME CERTIFICATE EXPECTED REASON [OPTION...]
row() {
	_what=$1 _who=$2 _expected="$3 | $4" _silent=$4
	shift 4
	if [ "$_silent" = - ]; then
		mark lookupd
		enter "$_who" "$@"
		logged_why lookupd
	else
		enter_and_why "$_who" "$@"
	fi
	check "$_what" "$_expected" "$GOT | $WHY"
}

# What is the same with every proxy that hands the certificate over.
# certificate_rows REFUSED: how "denied" comes to the person.
certificate_rows() {
	_denied=$1
	row "an account" user1 "in user1@example.com" user1@example.com
	row "an alias" alias1 "in user1@example.com" user1@example.com
	row "in capitals" upper "in user1@example.com" user1@example.com
	row "an address in the alternative name" san "in user2@example.com" \
	    user2@example.com
	row "a big certificate" big "in user1@example.com" user1@example.com
	row "a locked account" locked "$_denied" locked
	row "nobody's address" ghost "$_denied" unknown
	row "two accounts have it" shared "$_denied" ambiguous
	row "addresses of two accounts" two "$_denied" "${TWO_ACCOUNTS:-ambiguous}"
	row "another's address inside the name" inject "$_denied" unknown
	set_attribute user2@example.com zimbraAccountStatus locked
	row "locked while we run" user2 "$_denied" locked
	set_attribute user2@example.com zimbraAccountStatus active
	row "and unlocked" user2 "in user2@example.com" user2@example.com
}

# spellings NAME: with '_' for every '-', for the first and for the last.
spellings() {
	printf '%s\n' "$1" "$(printf %s "$1" | tr - _)" "${1%%-*}_${1#*-}" \
	    "${1%-*}_${1##*-}" | sort -u
}

# Everything a person may try to smuggle, in $T/etc/forged with '-' and '_', in
# $T/etc/aliases with other signs that names may have: '_' is '-' to some
# applications, and every sign is '_' to others (RFC 3875, 4.1.18).  Less than 100
# headers in each, which is what Apache and HAProxy take.
forged_headers() {
	: >"$T/etc/aliases"
	for _name in X-Certauth-Account X-Certauth-Reason X-Certauth-Fallback \
	    X-Certauth-Secret X-SSL-Cert X-SSL-Verify Client-Cert \
	    Client-Cert-Chain X-Forwarded-Client-Cert \
	    X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info \
	    SSL-Client-Cert SSL-Client-Verify Auth-SSL-Cert Auth-SSL-Verify \
	    Remote-User X-Remote-User X-Forwarded-User; do
		case $_name in
		*-Verify) _value=SUCCESS ;;
		Client-*) _value=":$(der admin):" ;;
		*-Tls-Client-Cert) _value=$(der admin) ;;
		*-Cert) _value=$(escaped admin) ;;
		*) _value=admin@example.com ;;
		esac
		spellings $_name | sed "s|.*|header = \"&: $_value\"|"
		for _name in "$(printf %s "$_name" | tr - .)" \
		    "${_name%%-*}~${_name#*-}" "${_name%-*}+${_name##*-}"; do
			echo "header = \"$_name: $_value\""
		done >>"$T/etc/aliases"
	done >"$T/etc/forged"
}

# Names in "X_Certauth-Account: x" and the like, of what TOLD has of them.
smuggled() {
	printf '%s\n' "$TOLD" | sed 's/:.*//' | grep -ivx X-Certauth-Account |
	    sed 's/[^A-Za-z0-9]/-/g' | grep -iE \
	    '^(x-certauth-.*|.*client-cert.*|.*ssl-.*|(x-)?(remote|forwarded)-user)$'
}

# forgery_rows NO-CERT-ANSWER DENIED
forgery_rows() {
	forged_headers
	row "forged headers, an account" user1 "in user1@example.com" \
	    user1@example.com -K "$T/etc/forged"
	check "none of them reaches the application" "" "$(smuggled; printf \
	    '%s\n' "$TOLD" | grep -i admin | cut -c1-100)"
	row "forged headers, other signs for '-'" user1 \
	    "in user1@example.com" user1@example.com -K "$T/etc/aliases"
	check "nor does any of these" "" "$(smuggled; printf '%s\n' "$TOLD" |
	    grep -i admin | cut -c1-100)"
	row "forged headers, a locked account" locked "$2" locked \
	    -K "$T/etc/forged"
	enter - -K "$T/etc/forged"
	check "forged headers, no certificate" "$1" "$GOT"
}

# address_of LISTENER OPTION...: whose address a locked account's refusal is
# counted for.
address_of() {
	_listener=$1
	shift
	and_why hook enter locked "$@"
	ADDRESS=$(tail -n "+$((MARK + 1))" "$LOGS/hook.log" |
	    sed -n "s/.*$_listener\\.sock client=\\([^ ]*\\).*/\\1/p" | tail -n 1)
}

# A proxy does not hand on what Connection names (RFC 9110, 7.6.1); a person
# may name there what the proxy itself adds.  HTTP/2 has no Connection.
# connection_rows LISTENER DENIED
connection_rows() {
	for _dropped in Client-Cert X-SSL-Cert X-SSL-Verify X-Certauth-Account \
	    X-Real-IP X-Forwarded-For Host \
	    'x-real-ip,,client-cert ,X-SSL-VERIFY,x-certauth-account'; do
		row "Connection: $_dropped; an account" user1 \
		    "in user1@example.com" user1@example.com \
		    --http1.1 -H "Connection: close, $_dropped"
		address_of "$1" --http1.1 -H "Connection: close, $_dropped"
		check "Connection: $_dropped; a locked one" \
		    "$2 from 127.0.0.1" "$GOT from $ADDRESS"
	done
	row "Connection twice" user1 "in user1@example.com" user1@example.com \
	    --http1.1 -H "Connection: Client-Cert" \
	    -H "Connection: X-Real-IP, X-Certauth-Account"
	address_of "$1" --http1.1 -H "Connection: close, X-Real-IP" \
	    -H "X-Real-IP: 192.0.2.1" -H "X-Forwarded-For: 192.0.2.1"
	check "and an address of others" "$2 from 127.0.0.1" \
	    "$GOT from $ADDRESS"
}

# Whoever is let in and has another protocol taken up writes to the application
# itself from then on: requests of his own, over h2c.
# upgrade_rows WEBSOCKET: what the application is told when that is asked for.
upgrade_rows() {
	for _protocol in h2c H2C TLS/1.0 'h2c, websocket' 'websocket, h2c'; do
		enter user1 --http1.1 -H "Upgrade: $_protocol" \
		    -H "Connection: Upgrade, HTTP2-Settings" \
		    -H "HTTP2-Settings: AAMAAABkAAQAAP__"
		check "Upgrade: $_protocol is not handed on" "" \
		    "$(printf '%s\n' "$TOLD" | grep -iE '^upgrade:' |
		    grep -vix "upgrade: *$1")"
	done
	enter user1 --http1.1 -H "Connection: Upgrade" -H "Upgrade: h2c" \
	    -H "Upgrade: websocket"
	check "nor two of them" "" "$(printf '%s\n' "$TOLD" |
	    grep -iE '^upgrade:' | grep -vix "upgrade: *$1")"
	# Of no use to who never sees the Upgrade.
	if [ -n "$1" ]; then
		enter user1 --http1.1 -H "Connection: Upgrade" \
		    -H "Upgrade: h2c" -H "HTTP2-Settings: AAMAAABkAAQAAP__"
		check "nor its settings" "in user1@example.com " \
		    "$GOT $(told http2-settings)"
	fi
	enter user1 --http1.1 -H "Connection: Upgrade" -H "Upgrade: WebSocket" \
	    -H "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" \
	    -H "Sec-WebSocket-Version: 13"
	check "Upgrade: WebSocket" "in user1@example.com $1" \
	    "$GOT $(told upgrade | tr A-Z a-z)"
}

# login_rows ANSWER REASON: nobody gets past the login page, which others are
# answered with.  What it is to the proxy it must be to the application, too:
# that is asked for this page, or not at all.
login_rows() {
	ENTRY=/login
	enter - -K "$T/etc/forged"
	check "optional: the login page itself, nobody is signed in" "in " \
	    "$GOT $(smuggled; told 'x[-_]certauth[-_]account')"
	for ENTRY in /loginx /login/x '/login/..;/x'; do
		row "optional: not the login page: $ENTRY" - "$1" "$2" \
		    --path-as-is
	done
	for ENTRY in /x/../login /x/%2e%2e/login /x/..%2flogin /x/..%5clogin \
	    //login /./login /x/..%2f%6cogin /login%3fx /LOGIN '/login;x' \
	    '/login#/x' /login%2f..%2fx; do
		enter - --path-as-is --request-target "$ENTRY"
		check "optional: the login page alone: $ENTRY" "" \
		    "$(printf '%s\n' "$TOLD" | sed -n 1p |
		    grep -v '^GET /login HTTP/1.[01]$')"
	done
	ENTRY='/login?next=%2Fx%3Fy'
	enter - -d user=user1
	check "optional: the login page is sent what it needs" \
	    "POST $ENTRY" "$(printf '%s\n' "$TOLD" | sed -n '1s/ HTTP.*//p')"
	ENTRY=
}

# A session that goes on without the certificate being sent.
resumed() {
	printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
	    timeout 20 openssl s_client -servername localhost \
	    -connect "127.0.0.1:$HTTPS_PORT" -quiet -ign_eof "$@" \
	    2>>"$LOGS/openssl.log" | tr -d '\r' |
	    sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' | head -n 1
}

resume() {
	_second=$(resumed $_version -sess_in "$T/session")
}

# resumption_row CERTIFICATE STATUS REASON: the same person and the same answer.
resumption_row() {
	for _version in -tls1_2 -tls1_3; do
		rm -f "$T/session"
		_first=$(resumed $_version -sess_out "$T/session" \
		    -cert "$T/certs/$1.crt" -key "$T/certs/$1.key")
		and_why lookupd resume
		check "$_version: $1, a session resumed" "$2 $2 | $3" \
		    "$_first $_second | $WHY"
	done
}

is_in() {
	enter user1
	[ "$GOT" = "in user1@example.com" ]
}

# The hook, lookupd and the directory away or hanging; nobody is let in.
# outage_rows HOOK-DOWN HOOK-HUNG UNAVAILABLE
outage_rows() {
	stop hook
	row "the hook is down" user1 "$1" -
	start_hook || exit 1
	check_ok "it is back" within $PATIENCE is_in
	kill -STOP "$(pid_of hook)"
	_since=$(now_ms)
	row "the hook hangs" user1 "$2" -
	_took=$(($(now_ms) - _since))
	kill -CONT "$(pid_of hook)"
	check_ok "given up in time ($_took ms)" [ $_took -lt 12000 ]
	check_ok "it goes on" within $PATIENCE is_in
	stop lookupd
	row "lookupd is down" user1 "$3" internal
	start_lookupd || exit 1
	check_ok "it is back" within $PATIENCE is_in
	ask_line flush		# else what was found just now is remembered
	kill -STOP "$(pid_of slapd)"
	_since=$(now_ms)
	enter user1
	_took=$(($(now_ms) - _since))
	kill -CONT "$(pid_of slapd)"
	check "the directory hangs" "$3" "$GOT"
	check_ok "given up in time ($_took ms)" [ $_took -lt 12000 ]
	check_ok "it is back" within $PATIENCE is_in
}

# say_yes SOCKET: a hook that says yes to all in the place of ours.
say_yes() {
	stop hook
	rm -f "$1"
	printf '%s\n' 'while read -r line; do' \
	    '[ "$line" != "$(printf "\r")" ] || break; done' \
	    "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\nX-Certauth-Account: x\\r\\n\\r\\n'" \
	    >"$T/yes"
	spawn yes $DAEMON_USER socat \
	    "UNIX-LISTEN:$1,mode=666,fork" "EXEC:sh $T/yes"
	ready yes curl -q -s --unix-socket "$1" http://localhost/
}

# Could these tests fail?
# blind_row SOCKET REFUSED
blind_row() {
	say_yes "$1"
	row "with a hook that says yes to all, a locked account would get in" \
	    locked "in x" -
	stop yes
	rm -f "$1"
	start_hook || exit 1
	check_ok "the hook is back" within $PATIENCE is_in
	row "and with ours does not" locked "$2" locked
}

# finish_web: socat ends with a status of its own.
finish_web() {
	stop application
	finish
}
