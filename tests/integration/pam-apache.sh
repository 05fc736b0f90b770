#!/bin/sh
# Apache with mod_ssl and mod_authnz_pam: SSLUserName, Require pam-account.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/pam-consumer.sh"
own_pam "$0" apache2 curl
MODULES=/usr/lib/apache2/modules
[ -f $MODULES/mod_authnz_pam.so ] || broken "no libapache2-mod-authnz-pam"

# The sample is the virtual host; the rest is what a2enmod and Debian's
# apache2.conf do.  X-User is what an application would be told.
# apache_conf [SED-SCRIPT]
apache_conf() {
	for _module in mpm_event authn_core authz_core authz_user authn_file \
	    auth_basic ssl authnz_pam headers; do
		echo "LoadModule ${_module}_module $MODULES/mod_$_module.so"
	done
	cat <<-END
	ServerName localhost
	ServerRoot $T/web
	PidFile $T/web/apache.pid
	Mutex file:$T/web
	ErrorLog $LOGS/apache-error.log
	LogLevel info
	Listen 127.0.0.1:$HTTPS_PORT
	User $WEB_USER
	Group $WEB_GROUP
	StartServers 1
	ServerLimit 1
	ThreadsPerChild 8
	MaxRequestWorkers 8
	END
	sample apache/certauth.conf "s|\*:443|127.0.0.1:$HTTPS_PORT|" \
	    "s|/var/www/html|$T/web/pages|" \
	    's|SSLEngine on|&\nHeader always set X-User expr=%{REMOTE_USER}|' \
	    "$1"
}

apache_answers() {
	[ "$(status_of foreign)" != 000 ] || [ "$(status_of user1)" != 000 ]
}

status_of() {
	fetch "$1" "https://localhost:$HTTPS_PORT/"
	echo "$STATUS"
}

# start_apache [SED-SCRIPT]
start_apache() {
	mkdir -p "$T/web/pages"
	echo "a page" >"$T/web/pages/index.html"
	apache_conf "$1" >"$T/etc/apache.conf"
	spawn apache root apache2 -f "$T/etc/apache.conf" -D FOREGROUND
	ready apache apache_answers && return 0
	say "Apache does not start"
	return 1
}

# "in", or the status; 000 is a handshake that failed.
login() {
	_options=
	case $2 in
	basic:*) _options="-u ${2#basic:}:anything" ;;
	esac
	fetch "$1" "https://localhost:$HTTPS_PORT/index.html" $_options
	GOT=$STATUS
	[ "$GOT" != 200 ] || GOT=in
}

lookupd_service certauth-apache asserted $WEB_USER
start_directory
stack certauth-apache
free_port
HTTPS_PORT=$_port
start_apache || exit 1

asserted_rows 403
check "the application is told the address" user1@example.com \
    "$(status_of user1 >/dev/null; login user1; header X-User)"
status_change_rows 403
mark lookupd
_url=https://localhost:$HTTPS_PORT/index.html
connects=$(curl -q -sS --noproxy '*' --max-time 20 \
    --cacert "$T/certs/server.crt" --cert "$T/certs/user1.crt" \
    --key "$T/certs/user1.key" -w '%{num_connects} ' -o /dev/null \
    -o /dev/null "$_url" "$_url" 2>>"$LOGS/curl.log")
check "each request on one connection is asked about" "1 0 2" \
    "$connects$(tail -n "+$((MARK + 1))" "$LOGS/lookupd.log" |
    grep -c 'identity=user1@example.com .*verdict=active')"

# ---- whose name it is ---------------------------------------------------
row "no certificate" - - 000
row "a certificate of others" foreign - 000
row "no address in it" noaddress - 403
row "no address in it, and a name typed" noaddress \
    basic:user1@example.com 403
row "a name typed does not replace the certificate's" locked \
    basic:user1@example.com 403 locked
row "nor does it harm" user1 basic:locked@example.com in user1@example.com
cd "$T/certs" && odd both cn=x san-email=user1@example.com \
    san-email=user2@example.com key=ec && odd differ key=ec \
    email=user1@example.com san-email=locked@example.com &&
    odd inject key=ec 'san-email=*@example.com' &&
    cd / || exit 1
row "of several addresses the first arrives, as documented" both - \
    in user1@example.com
row "the address of the subject does not" differ - 403 locked
row "a pattern is no address" inject - 403 unknown
blind_row certauth-apache 403
outage_rows 403
stop apache

# ---- what goes wrong with other settings --------------------------------
start_apache '/Require expr/d' || exit 1
row "without Require expr: no address is 500, and not in" noaddress - 500
row "without Require expr: a name typed is not in" noaddress \
    basic:user1@example.com 500
row "without Require expr: an account is in" user1 - in user1@example.com
stop apache
start_apache 's|^ *SSLVerifyClient .*|SSLVerifyClient optional_no_ca|' || exit 1
row "with optional_no_ca anybody makes himself a certificate" foreign - \
    in user1@example.com
stop apache
start_apache 's|SSL_CLIENT_SAN_Email_0$|SSL_CLIENT_CERT|; s|Header.*||' || exit 1
row "a whole certificate as the name is refused" user1 - 403
stop apache
start_apache 's|<RequireAll>|AuthType Basic\nAuthName x\nAuthBasicProvider PAM\nAuthPAMService certauth-apache\n&|
    s|^ *SSLUserName.*||; /Require expr/d' || exit 1
row "with Basic instead of the certificate's name: refused" user1 \
    basic:user1@example.com 401
stop apache
check "Apache ends when asked" 0 $?
finish
