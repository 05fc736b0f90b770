# 389ds-server.sh: a 389 Directory Server in the test's folder, suffix
# dc=ds,dc=test, with the access rules and the people its own tools make.
# Sourced by 389ds.sh.
#
# The tools take all paths from one file below $PREFIX, so that nothing
# outside the folder is touched.  The server runs as the package's user.

DS_BASE=dc=ds,dc=test
DS_PEOPLE=ou=people,$DS_BASE
DS_SECRET=Manager-secret-1
USER_SECRET=User-secret-1
DS_USER=dirsrv

ds_folder() {
	DS=$T/ds
	_etc=$DS/etc/dirsrv
	mkdir -p "$DS/share/dirsrv/inf" "$_etc" "$DS/etc/default" "$DS/tmp" \
	    "$DS/run/dirsrv" "$DS/run/lock/dirsrv" "$DS/dev/shm" \
	    "$DS/var/lib/dirsrv" "$DS/var/log/dirsrv"
	cp -r /etc/dirsrv/config /etc/dirsrv/schema "$_etc/"
	sed -e 's/^with_systemd = .*/with_systemd = 0/' \
	    -e "s#= /\(etc\|run\|var\|tmp\|dev/shm\)#= $DS/\1#" \
	    -e "s#^inst_dir = .*#inst_dir = $DS/inst#" \
	    /usr/share/dirsrv/inf/defaults.inf \
	    >"$DS/share/dirsrv/inf/defaults.inf"
	chown -R $DS_USER: "$DS"
}

ds_conf() {
	cat <<-END
	[general]
	config_version = 2
	full_machine_name = localhost
	strict_host_checking = False
	start = False
	[slapd]
	instance_name = ca
	port = $DS_PORT
	secure_port = $DS_TLS_PORT
	root_password = $DS_SECRET
	self_sign_cert = True
	[backend-userroot]
	sample_entries = yes
	suffix = $DS_BASE
	END
}

ds_tool() {
	PREFIX=$DS quietly "$@"
}

# people COMMAND...: dsidm; server COMMAND...: dsconf; as the manager.
people() {
	ds_tool dsidm -D "cn=Directory Manager" -w $DS_SECRET ca \
	    -b "$DS_BASE" "$@"
}

server() {
	ds_tool dsconf -D "cn=Directory Manager" -w $DS_SECRET ca "$@"
}

ds_search() {
	LDAPTLS_CACERT=$T/etc/ds.pem ldapsearch -LLL -x -o nettimeout=5 \
	    -H "ldaps://127.0.0.1:$DS_TLS_PORT" "$@"
}

# ds_modify [-a]: LDIF from standard input, as the manager.
ds_modify() {
	LDAPTLS_CACERT=$T/etc/ds.pem quietly ldapmodify "$@" -x \
	    -H "ldaps://127.0.0.1:$DS_TLS_PORT" \
	    -D "cn=Directory Manager" -w $DS_SECRET
}

# shows USER ATTRIBUTE: its value, for the report.
shows() {
	ds_search -D "cn=Directory Manager" -w $DS_SECRET -b "$DS_BASE" \
	    "(uid=$1)" "$2" | sed -n "s/^$2: //p"
}

# login USER PASSWORD
login() {
	ds_search -D "uid=$1,$DS_PEOPLE" -w "$2" -b '' -s base dn \
	    >>"$LOGS/logins.log" 2>&1
}

# bad_logins USER COUNT: what locks somebody out.
bad_logins() {
	for _n in $(seq "$2"); do
		login "$1" wrong
	done
}

# Its tools start it in the background while they prepare it; what they leave
# when they are interrupted is ended with the folder.
ds_leftover() {
	[ ! -s "$T/pid/ns-slapd" ] || return
	_pid=$(cat "$T/ds/run/dirsrv/slapd-ca.pid" 2>/dev/null) || return
	! grep -q "$T/ds/" "/proc/$_pid/cmdline" 2>/dev/null ||
	    kill -KILL "$_pid"
}

ds_certificate() {
	quietly openssl req -new -x509 -newkey rsa:2048 -nodes -days 30 \
	    -subj "/CN=ds.test" -addext "subjectAltName=IP:127.0.0.1" \
	    -keyout "$DS/key.pem" -out "$T/etc/ds.pem" &&
	ds_tool dsctl ca tls import-server-key-cert "$T/etc/ds.pem" \
	    "$DS/key.pem"
}

start_ds() {
	ds_folder
	free_port
	DS_PORT=$_port
	free_port
	DS_TLS_PORT=$_port
	ds_conf >"$T/etc/ds.inf"
	ds_tool dscreate from-file "$T/etc/ds.inf" && ds_certificate ||
	    return 1
	chown -R $DS_USER: "$DS"
	spawn ns-slapd root ns-slapd -d 0 -D "$DS/etc/dirsrv/slapd-ca" \
	    -i "$DS/run/dirsrv/slapd-ca.pid"
	ready ns-slapd ds_search -b '' -s base vendorVersion && return 0
	say "ns-slapd does not start"
	cat "$DS/var/log/dirsrv/slapd-ca/errors"
	return 1
}
