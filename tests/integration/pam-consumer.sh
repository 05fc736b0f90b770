# pam-consumer.sh: what the tests of real PAM programs share: slapd, lookupd,
# certificates, and a /etc/pam.d of the test's own, in a mount namespace.
# Sourced after lib.sh by pam-*.sh.
#
# Such a script starts its program with the samples of etc/ and defines
#
#	login CERTIFICATE USER	sets GOT to "in" or to how it was refused
#
# Rows compare that, and what the audit of lookupd says was the reason (or
# the account), "-" when lookupd was not asked.

# broken SENTENCE: the test cannot run, which is a failure.
broken() {
	say "not ok - $*"
	say "0 passed, 1 failed"
	exit 1
}

# Enters the namespaces, by running the script again: mounts are ours, and so
# is the network, with nothing but loopback, if possible.
# own_pam SCRIPT PROGRAM...
own_pam() {
	_script=$1
	shift
	for program in slapd slapadd ldapsearch socat openssl setpriv \
	    unshare ip "$@"; do
		command -v "$program" >/dev/null ||
		    broken "no $program: ./quickstart test more installs it"
	done
	if [ -n "$CERTAUTH_OWN_PAM" ]; then
		[ "$CERTAUTH_OWN_PAM" = shared-net ] || ip link set lo up
		return 0
	fi
	for _how in "-m -n" "-m" "-m -n -r --map-auto"; do
		unshare $_how true 2>/dev/null || continue
		CERTAUTH_OWN_PAM=yes
		[ "$_how" != -m ] || CERTAUTH_OWN_PAM=shared-net
		export CERTAUTH_OWN_PAM
		exec unshare $_how sh "$_script"
	done
	broken "needs a mount namespace for its own /etc/pam.d: run it as" \
	    "root, or with unprivileged user namespaces and newuidmap"
}

# person NAME ADDRESS [WORD...]: a certificate with the address where any of the
# programs may look for it.
person() {
	_cert=$1 _address=$2
	shift 2
	odd "$_cert" "cn=$_address" "email=$_address" "san-email=$_address" \
	    key=ec eku=clientAuth "$@"
}

# CA, foreignCA, server, and who is in consumer_rows.
consumer_certificates() {
	mkdir -p "$T/certs" && cd "$T/certs" || return 1
	SERIAL=2
	make_ca CA && make_ca foreignCA && server_certificate || return 1
	for _each in user1 user2 alias1 locked closed shared ghost; do
		person $_each $_each@example.com || return 1
	done
	odd noaddress cn=user1@example.com key=ec eku=clientAuth &&
	quietly "$BIN/mkcert" leaf foreign foreignCA cn=user1 \
	    email=user1@example.com san-email=user1@example.com key=ec &&
	mv foreign.pem foreign.crt && cd /
}

# passwords NAME...: all have the same, as pam_pwdfile reads it.
passwords() {
	for _each; do
		echo "$_each:$(openssl passwd -6 "$PASSWORD")"
	done
}

# A service of lookupd.conf.  SERVICES are all of them.
# lookupd_service NAME EVIDENCE CALLER
lookupd_service() {
	SERVICES="$SERVICES { name = \"$1\"; evidence = [ \"$2\" ];
	    callers = [ \"$3\" ]; realms = [ \"main\" ]; },"
}

# stack NAME [SED-SCRIPT]: the sample as it is, with our module and socket,
# and then changed.
stack() {
	sed -e "s|pam_certauth\.so|$BIN/pam_certauth.so socket=$SOCKET|" \
	    -e "s|/etc/certauth/|$T/etc/|" -e "$2" \
	    "$top_srcdir/etc/pam.d/$1" >"$T/pam.d/$1"
}

# sample FILE SED-SCRIPT...: a configuration file of etc/, on our paths and
# ports.
sample() {
	_sample=$top_srcdir/etc/$1
	shift
	_scripts=
	for _script; do
		_scripts="$_scripts
$_script"
	done
	sed -e "s|/etc/certauth/clients-ca.pem|$T/certs/CA.crt|" \
	    -e "s|/etc/certauth/server.pem|$T/certs/server.crt|" \
	    -e "s|/etc/certauth/server.key|$T/certs/server.key|" \
	    -e "$_scripts" "$_sample"
}

# start_directory: all but the program; the services are said before.
start_directory() {
	CACHE=0
	begin
	have lookupd certauthctl mkcert pam_certauth.so
	consumer_certificates && start_slapd || exit 1
	prepare_lookupd
	# In one line: sed takes no others.
	_services=$(echo $SERVICES)
	sed -i "s|^services = (|services = ( $_services|" "$T/etc/lookupd.conf"
	start_lookupd && within $PATIENCE lookup_active || exit 1
	mkdir -p "$T/pam.d"
	printf '%s required pam_deny.so\n' auth account session password \
	    >"$T/pam.d/other"
	mount --bind "$T/pam.d" /etc/pam.d ||
	    broken "cannot mount a folder over /etc/pam.d"
}

# row NAME CERTIFICATE USER EXPECTED [REASON]
row() {
	_what=$1 _expected="$4 ${5:--}"
	if [ "${5:--}" = - ]; then
		mark lookupd
		login "$2" "$3"
		logged_why lookupd
	else
		and_why lookupd login "$2" "$3"
	fi
	check "$_what" "$_expected" "$GOT $WHY"
}

gets_in() {
	login user1 user1@example.com
	[ "$GOT" = in ]
}

# What is the same for all that assert the name of a certificate.
# asserted_rows REFUSED: how this program says no.
asserted_rows() {
	row "an account" user1 user1@example.com in user1@example.com
	row "an alias" alias1 alias1@example.com in user1@example.com
	row "a locked account" locked locked@example.com "$1" locked
	row "a closed account" closed closed@example.com "$1" closed
	row "nobody's address" ghost ghost@example.com "$1" unknown
	row "two accounts have it" shared shared@example.com "$1" ambiguous
}

# without NAME STOP START REFUSED REASON: a server away, and back.
outage_rows() {
	stop slapd
	row "the directory is down" user1 user1@example.com "$1" directory
	start_slapd || exit 1
	check_ok "the directory is back" within $PATIENCE gets_in
	stop lookupd
	row "lookupd is down" user1 user1@example.com "$1"
	start_lookupd || exit 1
	check_ok "lookupd is back" within $PATIENCE gets_in
}

# locked_while_running REFUSED: no login, connection or memory in between helps.
status_change_rows() {
	set_attribute user2@example.com zimbraAccountStatus locked
	row "locked while we run" user2 user2@example.com "$1" locked
	set_attribute user2@example.com zimbraAccountStatus active
	row "and unlocked" user2 user2@example.com in user2@example.com
}

# blind_row SERVICE REFUSED: could these tests fail?  With a module that always
# says yes instead of ours a locked account must be let in.
blind_row() {
	stack "$1" 's|[^ ]*/pam_certauth\.so.*|pam_debug.so|'
	row "without our module a locked account would get in" \
	    locked locked@example.com in
	stack "$1"
	row "and with it does not" locked locked@example.com "$2" locked
	check_ok "pam-lint finds nothing in the sample" \
	    "$BIN/certauthctl" -d "$T/pam.d" pam-lint "$1"
}
