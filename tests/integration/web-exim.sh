#!/bin/sh
# Exim, which asks lookupd itself about the addresses in a certificate: the
# samples of etc/exim.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/web-proxy.sh"
needed

# Exim and Postfix exclude each other: the program alone is unpacked.  It wants
# to know its user, which the package makes: here that is ours.
find_exim() {
	EXIM=$(command -v exim4) && return
	EXIM=$T/exim/usr/sbin/exim4
	mkdir -p "$T/exim" && ( cd "$T/exim" &&
	    apt-get -q download exim4-daemon-light >"$LOGS/apt.log" 2>&1 &&
	    dpkg -x exim4-daemon-light_*.deb . ) && [ -x "$EXIM" ] ||
	    broken "no exim4-daemon-light to be had"
	# Not what runs as root.
	chmod 755 "$EXIM"
	cp /etc/passwd "$T/exim/passwd"
	cp /etc/group "$T/exim/group"
	echo "Debian-exim:x:$(id -u $WEB_USER):$(id -g $WEB_USER)::/:/bin/false" \
	    >>"$T/exim/passwd"
	echo "Debian-exim:x:$(id -g $WEB_USER):" >>"$T/exim/group"
	WRAPPED="env LD_PRELOAD=libnss_wrapper.so
	    NSS_WRAPPER_PASSWD=$T/exim/passwd NSS_WRAPPER_GROUP=$T/exim/group"
	$WRAPPED "$EXIM" -bV >"$LOGS/apt.log" 2>&1
	grep -q '^Authenticators:.* external' "$LOGS/apt.log" ||
	    broken "exim4 does not run: $(head -n 3 "$LOGS/apt.log")"
}

# The samples, with what a mail server has besides, and a reply that says who
# somebody is.
# exim_conf [SED-SCRIPT]
exim_conf() {
	sample exim/certauth-main.conf \
	    "s|/etc/certauth/server.pem|$T/certs/server.crt|" \
	    "s|/etc/certauth/server.key|$T/certs/server.key|"
	cat <<-END
	primary_hostname = localhost
	spool_directory = $T/web/spool
	log_file_path = $LOGS/exim-%slog
	pid_file_path = $T/web/exim.pid
	log_selector = +all
	exim_user = $WEB_USER
	exim_group = $WEB_GROUP
	never_users =
	keep_environment =
	local_interfaces = 127.0.0.1
	daemon_smtp_ports = $SMTP_PORT
	smtp_enforce_sync = false
	host_lookup =
	rfc1413_hosts =
	acl_smtp_mail = mail
	begin acl
	mail:
	  deny message = you are <\$authenticated_id>
	begin authenticators
	END
	sample exim/certauth-auth.conf "$1"
}

# start_exim [SED-SCRIPT]
start_exim() {
	exim_conf "$1" >"$T/etc/exim.conf"
	mkdir -p "$T/web/spool"
	[ $ROOT = no ] || chown "$WEB_USER" "$T/web/spool"
	spawn exim $WEB_USER $WRAPPED "$EXIM" -C "$T/etc/exim.conf" -bdf
	ready exim exim_answers && return 0
	say "Exim does not start"
	return 1
}

exim_answers() {
	talk -
	[ "$GOT" = 503 ]
}

# talk CERTIFICATE [AUTHORIZATION]: "in ACCOUNT", or the reply to AUTH; without
# a certificate that is 503, since there is nothing to authenticate with.
talk() {
	_cert=
	[ "$1" = - ] ||
	    _cert="-cert $T/certs/$1.crt -key $T/certs/$1.key"
	_as==
	[ -z "$2" ] || _as=$(printf %s "$2" | base64 -w 0)
	printf '%s\r\n' "EHLO localhost" "AUTH EXTERNAL $_as" \
	    "MAIL FROM:<x@example.com>" QUIT |
	    timeout 30 openssl s_client -quiet -ign_eof -starttls smtp \
	    -connect "127.0.0.1:$SMTP_PORT" $_cert \
	    2>>"$LOGS/openssl.log" | tr -d '\r' >"$T/talk"
	GOT=$(sed -n 's/^[0-9]* you are <\(.*\)>$/\1/p' "$T/talk")
	if grep -q '^235 ' "$T/talk"; then
		GOT="in $GOT"
	elif [ -n "$GOT" ]; then
		GOT="not in, but $GOT"
	else
		GOT=$(sed -n 's/^\([45][0-9][0-9]\) .*/\1/p' "$T/talk" |
		    head -n 1)
	fi
}

# As of the proxies; what lookupd was asked.
enter() {
	talk "$1" "$2"
}

is_in() {
	talk user1
	[ "$GOT" = "in user1@example.com" ]
}

lookupd_service exim asserted $WEB_USER
CACHE=0
begin
have lookupd mkcert
find_exim
web_certificates && cd "$T/certs" &&
    person sans cn=x san-email=user1@example.com san-email=alias1@example.com &&
    person three cn=x san-email=user1@example.com san-email=user1@example.com \
	san-email=locked@example.com &&
    person pair email=user1@example.com email=locked@example.com &&
    person blank cn=x 'san-email=user1@example.com user=x' &&
    person lines cn=x 'san-email=user1@example.com%0aalias1@example.com' &&
    person escaped cn=x 'san-email=user1%2540example.com' &&
    person star cn=x 'san-email=*@example.com' &&
    person needs cn=x 'san-email=ghost@example.com%0a%0aactive%20account=x' &&
    person bare san-email=user1@example.com &&
    cd / && start_slapd || exit 1
prepare_lookupd
_services=$(echo $SERVICES)
sed -i "s|^services = (|services = ( $_services|" "$T/etc/lookupd.conf"
start_lookupd && within $PATIENCE lookup_active || exit 1
mkdir -p "$T/web"
[ $ROOT = no ] || chown "$WEB_USER" "$T/web" "$LOGS"
free_port
SMTP_PORT=$_port
start_exim || exit 1

# Each address is a question of its own.
TWO_ACCOUNTS=user2@example.com
certificate_rows 535
row "addresses of one account" sans "in user1@example.com" user1@example.com
row "the third is of another, which is locked" three 535 locked
row "two in the subject, of two accounts" pair 535 locked
# Exim 4.96 with GnuTLS ends at that, before it looks at our settings.
row "a certificate without a subject ends the connection" bare "" -
row "no certificate" - 503 -
row "a certificate of others" foreign 503 -
row "expired" expired 503 -
row "no address in it" noaddress 535 -
row "acting for the account" user1 "in user1@example.com" user1@example.com \
    user1@example.com
row "acting for somebody else" user1 535 user1@example.com user2@example.com
row "acting for nobody there is" locked 535 locked '!'
row "a blank in the address begins no other field" blank 535 -
row "escapes are not asked about" escaped 535 -
row "a pattern is no address" star 535 unknown
talk lines
check "what looks like two lines" 535 "$GOT"
talk needs
check "what looks like a reply" 535 "$GOT"

stop slapd
row "the directory is down" user1 535 directory
start_slapd || exit 1
check_ok "the directory is back" within $PATIENCE is_in
kill -STOP "$(pid_of slapd)"
_since=$(now_ms)
talk three
_took=$(($(now_ms) - _since))
kill -CONT "$(pid_of slapd)"
check "the directory hangs" 535 "$GOT"
check_ok "given up in time ($_took ms)" [ $_took -lt 12000 ]
check_ok "the directory is back" within $PATIENCE is_in
kill -STOP $(children_of "$(pid_of lookupd)") "$(pid_of lookupd)"
_since=$(now_ms)
talk three
_took=$(($(now_ms) - _since))
kill -CONT $(children_of "$(pid_of lookupd)") "$(pid_of lookupd)"
check "lookupd hangs" 535 "$GOT"
check_ok "given up in time ($_took ms)" [ $_took -lt 12000 ]
check_ok "lookupd is back" within $PATIENCE is_in
stop lookupd
row "lookupd is down" user1 535 -

# Could these rows fail?  Replies that are no yes, and one that is; and the
# sample as somebody may shorten it.
# with_reply NAME REPLY EXPECTED
with_reply() {
	rm -f "$SOCKET"
	printf '%s' "$2" >"$T/reply"
	spawn replies $DAEMON_USER socat \
	    "UNIX-LISTEN:$SOCKET,mode=666,fork" "SYSTEM:read x; cat $T/reply"
	within $PATIENCE [ -S "$SOCKET" ]
	talk locked
	check "$1" "$3" "$GOT"
	stop replies
}
with_reply "a daemon that says yes to all lets the locked account in" \
    "active account=x@example.com
" "in x@example.com"
with_reply "half a yes" "active " 535
with_reply "a yes within a no" "blocked was=active account=x@example.com
" 535
with_reply "a yes after a no" "blocked reason=locked
active account=x@example.com
" 535
with_reply "another word that begins like it" "activelocked account=x
" 535
with_reply "no reply" "" 535
rm -f "$SOCKET"
start_lookupd || exit 1
row "and with ours does not" locked 535 locked
stop exim
start_exim 's/{reduce{<.n \$auth2}/{reduce{$auth2}/' || exit 1
row "without the right separator nobody gets in twice" sans 535 -
stop exim
check "Exim ends when asked" 0 $?
finish
