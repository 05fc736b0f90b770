#!/bin/sh
# vsftpd: passwords, client certificates, and evidence=status.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/pam-consumer.sh"
own_pam "$0" vsftpd curl
id ftp >/dev/null 2>&1 || broken "no user ftp"
PEOPLE="user1 user2 alias1 locked closed ghost"
PASSWORD=sesame

# start_vsftpd [SED-SCRIPT]
start_vsftpd() {
	{
		echo "listen_address=127.0.0.1"
		echo "secure_chroot_dir=$T/ftp/empty"
		echo "vsftpd_log_file=$LOGS/vsftpd-own.log"
		echo "log_ftp_protocol=YES"
		sample vsftpd/certauth.conf "s|/srv/ftp|$T/ftp|" \
		    "s|^listen_port=.*|listen_port=$FTP_PORT|" "$1"
	} >"$T/etc/vsftpd.conf"
	spawn vsftpd root vsftpd "$T/etc/vsftpd.conf"
	ready vsftpd greets && return 0
	say "vsftpd does not start"
	return 1
}

greets() {
	curl -q -s --noproxy '*' --max-time 5 -o /dev/null -u x:x \
	    "ftp://127.0.0.1:$FTP_PORT/" || [ $? = 67 ]
}

# USER[:PASSWORD].  "in", or the status; 000 when TLS failed: at once, or, with
# TLS 1.3, when the client took it for done and nothing came after AUTH's 234.
login() {
	_user=${2%%:*}
	_password=${2#"$_user"}
	_password=${_password:-:$PASSWORD}
	_with="--cert $T/certs/$1.crt --key $T/certs/$1.key"
	[ "$1" != - ] || _with=
	[ "$1" != clear ] || _with=
	[ "$1" = clear ] || _with="$_with --ssl-reqd"
	GOT=$(curl -q -sS --noproxy '*' --max-time 20 $_with --head \
	    --cacert "$T/certs/server.crt" -u "$_user$_password" \
	    --resolve "localhost:$FTP_PORT:127.0.0.1" -o /dev/null \
	    -w '%{http_code} %{exitcode}' "ftp://localhost:$FTP_PORT/" \
	    2>>"$LOGS/curl.log")
	case $GOT in
	*" 0") GOT=in ;;
	"234 "*) GOT=000 ;;
	*) GOT=${GOT% *} ;;
	esac
}

lookupd_service certauth-vsftpd none root
start_directory
mkdir -p "$T/ftp/empty"
for person in $PEOPLE; do
	passwords $person@example.com
	mkdir "$T/ftp/$person@example.com"
done >"$T/etc/vsftpd.passwd"
stack certauth-vsftpd
free_port
FTP_PORT=$_port
start_vsftpd || exit 1

row "an account" user1 user1@example.com in user1@example.com
row "an alias is no account" alias1 alias1@example.com 530 unknown
row "a locked account, with its password" locked locked@example.com 530 locked
row "a closed account, with its password" closed closed@example.com 530 closed
row "somebody the directory does not know" ghost ghost@example.com 530 unknown
row "a wrong password" user1 user1@example.com:wrong 530
row "an empty password" user1 user1@example.com: 530
status_change_rows 530

# ---- certificates -------------------------------------------------------
row "no certificate" - user1@example.com 000
row "a certificate of others" foreign user1@example.com 000
row "no TLS" clear user1@example.com 530
row "another's certificate is not compared, as documented" user2 \
    user1@example.com in user1@example.com
row "a locked one's password, another's certificate" user1 \
    locked@example.com 530 locked
blind_row certauth-vsftpd 530
outage_rows 530

# ---- what goes wrong with other settings --------------------------------
stack certauth-vsftpd 's|^auth.*pam_pwdfile.*|auth required pam_debug.so|
    s|evidence=status|evidence=prompt prompt=certauth-identity|'
row "a prompt with echo is not answered: refused" user1 user1@example.com 530
stack certauth-vsftpd "s|^auth.*|auth required $BIN/pam_certauth.so \
socket=$SOCKET evidence=status|"
row "evidence=status checks no passwords: refused" user1 \
    user1@example.com 530
stack certauth-vsftpd
stop vsftpd
start_vsftpd '/^validate_cert/d' || exit 1
row "without validate_cert a certificate of others does" foreign \
    user1@example.com in user1@example.com
row "but not a locked account's password" foreign locked@example.com 530 locked
stop vsftpd
finish
