#!/bin/sh
# Dovecot 2.3: SASL EXTERNAL, the name from the certificate, passdb pam.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/pam-consumer.sh"
own_pam "$0" dovecot
[ -x /usr/lib/dovecot/imap-login ] || broken "no dovecot-imapd"
id dovenull >/dev/null 2>&1 || broken "no user dovenull"

# The sample, and what is a site's own: where mail is, and who listens.
# dovecot_conf [SED-SCRIPT]
dovecot_conf() {
	cat <<-END
	base_dir = $T/dovecot
	state_dir = $T/dovecot/state
	log_path = $LOGS/dovecot.log
	auth_verbose = yes
	auth_failure_delay = 0
	service anvil {
	  unix_listener anvil-auth-penalty {
	    mode = 0
	  }
	}
	listen = 127.0.0.1
	protocols = imap
	service imap-login {
	  chroot =
	  inet_listener imap {
	    port = 0
	  }
	  inet_listener imaps {
	    port = $IMAP_PORT
	    ssl = yes
	  }
	}
	first_valid_uid = 1
	mail_location = maildir:~/Maildir
	userdb {
	  driver = static
	  args = uid=$WEB_USER gid=$WEB_GROUP home=$T/mail/%u
	}
	END
	sample dovecot/certauth.conf "$1"
}

# imap CERTIFICATE COMMAND...: what the server says to the commands.
imap() {
	_cert=$1
	shift
	_with="-cert $T/certs/$_cert.crt -key $T/certs/$_cert.key"
	[ "$_cert" != - ] || _with=
	{ printf '%s\r\n' "$@" "z LOGOUT"; } | timeout 20 \
	    openssl s_client -quiet -ign_eof $_with -no_ssl3 \
	    -connect "127.0.0.1:$IMAP_PORT" -CAfile "$T/certs/server.crt" \
	    2>>"$LOGS/s_client.log" | tr -d '\r' | tee -a "$LOGS/imap.log"
}

greets() {
	imap user1 | grep -q '^\* OK'
}

# start_dovecot [SED-SCRIPT]
start_dovecot() {
	dovecot_conf "$1" >"$T/etc/dovecot.conf"
	spawn dovecot-master root dovecot -F -c "$T/etc/dovecot.conf"
	ready dovecot-master greets && return 0
	say "Dovecot does not start"
	return 1
}

base64_of() {
	printf "$1" | base64 -w 0
}

# The name: - for that of the certificate, as:NAME for EXTERNAL with another,
# plain:NAME and login:NAME for those with a password.
# "in ACCOUNT", or the code of the refusal.
login() {
	case $2 in
	as:*) _command="AUTHENTICATE EXTERNAL $(base64_of "${2#as:}")" ;;
	plain:*) _command="AUTHENTICATE PLAIN \
$(base64_of "\\000${2#plain:}\\000$PASSWORD")" ;;
	login:*) _command="LOGIN ${2#login:} \"$PASSWORD\"" ;;
	*) _command="AUTHENTICATE EXTERNAL =" ;;
	esac
	_said=$(imap "$1" "a $_command" | grep '^a ' | head -n 1)
	case $_said in
	"a OK"*) GOT=in ;;
	"a NO ["*) GOT=${_said#*[} GOT=${GOT%%]*} ;;
	*) GOT=${_said:-nothing} ;;
	esac
}

lookupd_service certauth-dovecot asserted root
start_directory
stack certauth-dovecot
mkdir -p "$T/mail" "$T/dovecot/state"
[ $ROOT = no ] || chown "$WEB_USER" "$T/mail"
free_port
IMAP_PORT=$_port
PASSWORD=anything
start_dovecot || exit 1

NO=AUTHENTICATIONFAILED
NOBODY=AUTHORIZATIONFAILED
asserted_rows $NO
mailbox_of() {
	login "$1" -
	sed -n 's/.*imap-login: Info: Login: user=<\([^>]*\)>.*/\1/p' \
	    "$LOGS/dovecot.log" | tail -n 1
}
check "an alias gets the mailbox of the account" user1@example.com \
    "$(mailbox_of alias1)"
status_change_rows $NO

# ---- whose name it is ---------------------------------------------------
cd "$T/certs" && odd upper key=ec email=USER1@Example.COM &&
    odd sanonly key=ec san-email=user1@example.com cn=user1@example.com &&
    odd differ key=ec email=user1@example.com san-email=locked@example.com &&
    odd twomails key=ec email=user1@example.com email=locked@example.com &&
    odd nul email=user1@example.com%00.evil.example key=ec &&
    cd / || exit 1
row "no certificate" - - ALERT
row "a certificate of others" foreign - ALERT
row "no certificate, but a name" - as:user1@example.com ALERT
row "one person's certificate, another's name" user1 as:user2@example.com $NO
row "a locked one's certificate, another's name" locked \
    as:user1@example.com $NO
row "its own name said as well" user1 as:user1@example.com in user1@example.com
row "no address in it" noaddress - $NOBODY
row "no address in it, and a name" noaddress as:user1@example.com $NOBODY
row "an address in the subject alternative name alone" sanonly - $NOBODY
row "an embedded NUL" nul - $NOBODY
row "an address in other letters" upper - in user1@example.com
row "the address of the subject counts, as documented" differ - \
    in user1@example.com
row "the first of two in the subject, as documented" twomails - \
    in user1@example.com

# ---- passwords ----------------------------------------------------------
row "PLAIN, with a certificate" user1 plain:user1@example.com ALERT
row "LOGIN, with a certificate" user1 login:user1@example.com ALERT
blind_row certauth-dovecot $NO
outage_rows $NO
stop dovecot-master
check "Dovecot ends when asked" 0 $?

# ---- what goes wrong with other settings --------------------------------
more='s|^auth_mechanisms = external$|& plain|'
start_dovecot "$more" || exit 1
row "passwords for others: not with this passdb" user1 \
    plain:user1@example.com UNAVAILABLE
PASSWORD=
row "nor with an empty one" user1 plain:user1@example.com UNAVAILABLE
PASSWORD=anything
stop dovecot-master
# An empty password is what EXTERNAL gives, so the module cannot tell.
more="$more; /mechanisms = external\$/d; \
    s|^auth_cache_size.*|auth_mechanisms = external plain|"
start_dovecot "$more" || exit 1
row "without mechanisms = external: a password is refused" user1 \
    plain:user1@example.com $NO
row "whoever it is for" user1 login:user2@example.com $NO
PASSWORD=
row "an empty one is not, but the certificate's name counts" user1 \
    plain:user2@example.com in user1@example.com
row "and no certificate is no login" - plain:user2@example.com ALERT
stop dovecot-master
start_dovecot "$more; /^auth_ssl_username_from_cert/d" || exit 1
row "without auth_ssl_username_from_cert, too, anybody is everybody" \
    user2 plain:user1@example.com in user1@example.com
stop dovecot-master
start_dovecot '/^auth_ssl_username_from_cert/d' || exit 1
row "without that alone EXTERNAL has no name" user2 as:user1@example.com $NO
stop dovecot-master
start_dovecot 's|^auth_cache_size.*|auth_cache_size = 1M|
    s|args = |&cache_key=%u%s |' || exit 1
row "with a cache: asked once" user2 - in user2@example.com
set_attribute user2@example.com zimbraAccountStatus locked
row "and who was locked since stays in" user2 - in
set_attribute user2@example.com zimbraAccountStatus active
stop dovecot-master
start_dovecot '/^ssl_require_crl/d' || exit 1
row "without ssl_require_crl = no or a list nobody gets in" user1 - ALERT
stop dovecot-master
finish
