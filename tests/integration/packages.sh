# packages.sh: the Debian packages quickstart needs, installed without
# starting their services.

BUILD_PACKAGES='autoconf automake libtool make gcc libc6-dev pkg-config
libssl-dev libldap-dev libevent-dev libconfig-dev liblmdb-dev libseccomp-dev libpam0g-dev'
RUN_PACKAGES='slapd ldap-utils nginx socat curl openssl'
TEST_PACKAGES='libcmocka-dev mandoc'
MORE_PACKAGES='cppcheck clang clang-tidy clang-tools libclang-rt-dev
samba samba-ad-dc samba-ad-provision 389-ds-base iproute2
apache2 libapache2-mod-authnz-pam dovecot-imapd openvpn postgresql
libpam-pwdfile uidmap vsftpd ocserv openconnect haproxy caddy
libnss-wrapper libidn12 libgnutls-dane0 libdb5.3 libnsl2
chromium libnss3-tools libfaketime'

POLICY=/usr/sbin/policy-rc.d
POLICY_KEPT=$POLICY.before-certauth

missing_packages() {
	for _package; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$_package" \
		    2>/dev/null) in
		installed) ;;
		*) echo "$_package" ;;
		esac
	done
}

# Exit code 101 forbids invoke-rc.d every action; a policy that was there
# comes back as the same file.
forbid_services() {
	trap allow_services EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if [ ! -e $POLICY_KEPT ] && { [ -e $POLICY ] || [ -L $POLICY ]; }; then
		mv $POLICY $POLICY_KEPT
	fi
	rm -f $POLICY
	printf '#!/bin/sh\nexit 101\n' >$POLICY
	chmod 755 $POLICY
}

allow_services() {
	rm -f $POLICY
	[ ! -e $POLICY_KEPT ] && [ ! -L $POLICY_KEPT ] ||
	    mv $POLICY_KEPT $POLICY
}

apt_install() {
	apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
	    install "$@" </dev/null
}

# As root.  The lists are fetched only when those at hand do not do.
install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	forbid_services
	apt_install "$@" || { apt-get -q update && apt_install "$@"; }
}

# need_packages NAME...: all present when it returns 0.
need_packages() {
	command -v dpkg-query >/dev/null || return 0
	_missing=$(missing_packages "$@")
	[ -n "$_missing" ] || return 0
	echo "Installing" $_missing
	if [ "$(id -u)" = 0 ]; then
		"$SOURCE/quickstart" install $_missing
	elif command -v sudo >/dev/null; then
		sudo "$SOURCE/quickstart" install $_missing
	else
		echo "Run ./quickstart as root once, or install:" $_missing >&2
		return 1
	fi >"$LOG_FOLDER/packages.log" 2>&1 && return
	cat "$LOG_FOLDER/packages.log"
	return 1
}
