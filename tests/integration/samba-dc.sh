# samba-dc.sh: a Samba Active Directory domain controller in the test's
# folder: LDAP only, on loopback, domain ad.test.  Sourced by samba.sh.
#
# Its ports (389, 636, 3268, 3269) cannot be moved, so the test has a network
# of its own where the kernel lets us; else they must be free.

DC_BASE=DC=ad,DC=test
DC_SECRET=Administrator-secret-1
USER_SECRET=User-secret-1

# own_network SCRIPT: run it again, in a network with nothing but loopback.
own_network() {
	[ -z "$CERTAUTH_OWN_NETWORK" ] || return 0
	export CERTAUTH_OWN_NETWORK=yes
	! unshare -n ip link set lo up 2>/dev/null ||
	    exec unshare -n sh -c 'ip link set lo up && exec sh "$0"' "$1"
	for _port in 389 636 3268 3269; do
		! ss -Hltn "sport = :$_port" | grep -q . ||
		    skip "port $_port is in use, and there is no unshare -n"
	done
}

dc_conf() {
	cat <<-END
	[global]
	netbios name = DC1
	realm = AD.TEST
	workgroup = ADTEST
	server role = active directory domain controller
	server services = ldap
	interfaces = lo
	bind interfaces only = yes
	private dir = $T/dc/private
	state directory = $T/dc/state
	cache directory = $T/dc/cache
	lock directory = $T/dc
	binddns dir = $T/dc/bind-dns
	ncalrpc dir = $T/dc/ncalrpc
	pid directory = $T/dc
	winbindd socket directory = $T/dc/winbindd
	ntp signd socket directory = $T/dc/ntp
	usershare path =
	logging = file
	log file = $LOGS/samba-%m.log
	panic action =
	tls certfile = $T/dc/tls/cert.pem
	tls keyfile = $T/dc/tls/key.pem
	tls cafile =
	END
}

# admin COMMAND...: samba-tool, as on the domain controller itself.
admin() {
	quietly samba-tool "$@" -s "$T/etc/smb.conf" \
	    -H "$T/dc/private/sam.ldb"
}

dc_search() {
	LDAPTLS_CACERT=$T/dc/tls/cert.pem ldapsearch -LLL -x \
	    -o nettimeout=5 -H ldaps://127.0.0.1 "$@"
}

# dc_modify: LDIF from standard input, as the Administrator.
dc_modify() {
	LDAPTLS_CACERT=$T/dc/tls/cert.pem quietly ldapmodify -x \
	    -H ldaps://127.0.0.1 -D Administrator@ad.test -w "$DC_SECRET"
}

# shows USER ATTRIBUTE: its value, for the report.
shows() {
	dc_search -D Administrator@ad.test -w "$DC_SECRET" -b "$DC_BASE" \
	    "(sAMAccountName=$1)" "$2" | sed -n "s/^$2: //p"
}

# bad_logins USER COUNT: what locks somebody out.
bad_logins() {
	for _n in $(seq "$2"); do
		dc_search -D "$1@ad.test" -w wrong -s base -b "$DC_BASE" dn \
		    >>"$LOGS/bad-logins.log" 2>&1
	done
}

start_dc() {
	mkdir -p "$T/dc/cache"
	quietly samba-tool domain provision --targetdir="$T/dc" \
	    --realm=AD.TEST --domain=ADTEST --server-role=dc \
	    --dns-backend=NONE --host-name=dc1 --host-ip=127.0.0.1 \
	    --option="interfaces=lo" --option="bind interfaces only=yes" \
	    --adminpass="$DC_SECRET" || return 1
	dc_conf >"$T/etc/smb.conf"
	mkdir -p "$T/dc/tls"
	quietly openssl req -new -x509 -newkey rsa:2048 -nodes -days 30 \
	    -subj "/CN=dc1.ad.test" -addext "subjectAltName=IP:127.0.0.1" \
	    -keyout "$T/dc/tls/key.pem" -out "$T/dc/tls/cert.pem" || return 1
	chmod 600 "$T/dc/tls/key.pem"
	cp "$T/dc/tls/cert.pem" "$T/etc/dc.pem"
	spawn samba root samba -s "$T/etc/smb.conf" -F --no-process-group \
	    -M single --debug-stdout
	ready samba dc_search -b '' -s base defaultNamingContext && return 0
	say "samba does not start"
	return 1
}

# Asked to end, Samba does so with status 127.
stop_dc() {
	stop samba
	[ $? = 127 ]
}
