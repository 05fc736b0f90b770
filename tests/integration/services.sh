# services.sh: lookupd, certauth-hook, nginx and the PAM stacks, configured
# into the folder and started.

quoted_list() {
	_list=
	for _item; do
		_list="$_list${_list:+, }\"$_item\""
	done
	echo "$_list"
}

# realm NAME OPTION...: lines of a realm that asks our slapd.  CACHE: seconds for
# which it remembers what the directory said; as shipped when empty.
# EMBEDDED=yes: the same directory as an LDIF file, without slapd.
realm() {
	_realm=$1
	shift
	printf '  { name = "%s"; profile = "zimbra"; client_ca = "%s";\n' \
	    "$_realm" "$T/certs/CA.crt"
	if [ "$EMBEDDED" = yes ]; then
		printf '    mode = "file"; ldif = "%s";\n' "$T/etc/directory.ldif"
	else
		printf '    base = ""; whole_tree = true; servers = [ "%s" ];\n' \
		    "$LDAPI"
	fi
	[ -z "$CACHE" ] ||
	    printf '    cache_positive = %s; cache_negative = %s;\n' $CACHE $CACHE
	for _option; do
		case $EMBEDDED$_option in
		yesbind_dn*|yessecret_file*) ;;
		*) printf '    %s\n' "$_option" ;;
		esac
	done
	echo "  }"
}

# lookupd_top [LINE...]: the beginning of a configuration, to its realms.
lookupd_top() {
	cat <<-END
	socket = "$SOCKET";
	socket_group = "$WEB_GROUP";
	user = "$DAEMON_USER";
	profiles = "$T/etc/profiles";
	audit_interval = ${AUDIT_INTERVAL:-0};
	$*
	realms = (
	END
}

# lookupd_conf: main asks by SASL EXTERNAL, strict by a password; a lockout
# lasts an hour in main and for ever in strict; tenant has its own domains.
# LOOKUPD_TOP and LOOKUPD_MAIN may hold further lines.
lookupd_conf() {
	_store=
	[ "$EMBEDDED" != yes ] || _store="store = \"$T/store\";"
	lookupd_top "$LOOKUPD_TOP" "$_store"
	realm main 'lockout = 3600;' \
	    "canary = [ \"${CANARY:-canary@example.com}\" ];" "$LOOKUPD_MAIN"
	echo ,
	realm strict 'bind = "simple"; lockout = 0;' \
	    'bind_dn = "uid=certauth,cn=admins,cn=zimbra";' \
	    "secret_file = \"$T/etc/secret\";"
	echo ,
	realm tenant 'domains = [ "example.com" ]; local_part = "exact";'
	cat <<-END
	);
	services = (
	  { name = "nginx"; evidence = [ "verified" ];
	    callers = [ $(quoted_list root $WEB_USER) ];
	    realms = [ "main", "strict", "tenant" ]; },
	  { name = "imap"; evidence = [ "asserted", "none" ];
	    callers = [ "root" ]; realms = [ "main" ]; },
	  { name = "staff"; evidence = [ "none" ]; callers = [ "root" ];
	    realms = [ "main" ];
	    require = "(zimbraMailAlias=alias1@example.com)"; }
	);
	END
}

prepare_lookupd() {
	SOCKET=$T/run/lookupd.sock
	CTL_OPTIONS="-s $SOCKET"
	mkdir -p "$T/etc/profiles"
	cp "${PROFILES:-$top_srcdir/etc/profiles}"/*.conf "$T/etc/profiles/"
	printf %s "$SLAPD_SECRET" >"$T/etc/secret"
	chmod 600 "$T/etc/secret"
	[ $ROOT = no ] || chown "$DAEMON_USER" "$T/etc/secret"
	lookupd_conf >"$T/etc/lookupd.conf"
}

ask_help() {
	echo help | socat -t 5 - "UNIX-CONNECT:$SOCKET" | grep -q '^ok'
}

lookup_active() {
	ask_line "lookup service=imap evidence=none email=user1@example.com"
	[ "$GOT" = active ]
}

# start_lookupd: ready when it answers; started by root it drops to its user.
start_lookupd() {
	[ -n "$SOCKET" ] || prepare_lookupd
	spawn lookupd root "$BIN/lookupd" -c "$T/etc/lookupd.conf"
	ready lookupd ask_help && return 0
	say "lookupd does not start"
	return 1
}

# The PAM stacks rows.tsv asks: the two samples, and others.
prepare_pam() {
	mkdir -p "$T/pam.d"
	_module="$BIN/pam_certauth.so socket=$SOCKET service=imap"
	for _sample in user status; do
		sed "s|pam_certauth\.so|$_module|" \
		    "$top_srcdir/etc/pam.d/certauth-$_sample" \
		    >"$T/pam.d/$_sample"
	done
	_user="evidence=user trust=application"
	pam_stack admin "$_module $_user need=admin"
	pam_stack bare "$_module"
	pam_stack misspelt "$_module $_user tiemout=3"
	pam_stack down "$BIN/pam_certauth.so $_user service=imap \
socket=$T/run/nobody.sock"
}

pam_stack() {
	printf 'auth required %s\naccount required %s\n' "$2" "$2" \
	    >"$T/pam.d/$1"
}

# The hook's sample configuration, on our sockets; HOOK_LISTENERS may add some.
hook_conf() {
	cat <<-END
	user = "$WEB_USER";
	log_level = "info";
	refusals_per_address = ${REFUSALS:-100000};
	refusals_per_certificate = ${REFUSALS:-100000};
	END
	sed -e '/^);/d' -e '/^server_user/d' \
	    -e "s|/run/certauth/lookupd.sock|$SOCKET|" \
	    -e "s|/run/certauth-hook/|$T/run/hook-|" \
	    -e "s|socket_group = \"www-data\"|socket_group = \"$WEB_GROUP\"|" \
	    -e "s|peers = \\[ \"www-data\" \\]|peers = [ \"$WEB_USER\" ]|" \
	    "$top_srcdir/etc/certauth-hook.conf"
	echo "$HOOK_LISTENERS );"
}

# ask_hook LISTENER OPTION...: as nginx would; the status.
ask_hook() {
	_socket=$T/run/hook-$1.sock
	shift
	curl -q -s --max-time 20 -o "$T/body" -D "$T/head" \
	    -w '%{http_code}' --unix-socket "$_socket" "$@" \
	    http://localhost/
}

# A request without a certificate, answered without lookupd.
hook_answers() {
	[ "$(ask_hook required -H 'X-SSL-Verify: NONE')" = 401 ]
}

start_hook() {
	hook_conf >"$T/etc/certauth-hook.conf"
	spawn hook root "$BIN/certauth-hook" -c "$T/etc/certauth-hook.conf"
	ready hook hook_answers && return 0
	say "certauth-hook does not start"
	return 1
}

# nginx with the sample configuration, on our ports, certificates and sockets,
# and with one more header, for the tests: what nginx saw of the certificate.
# The application behind it says what it was told.
nginx_conf() {
	cat <<-END
	daemon off;
	worker_processes 1;
	pid $T/web/nginx.pid;
	error_log stderr notice;
	events { worker_connections 256; }
	http {
	  access_log $LOGS/nginx-access.log;
	  client_body_temp_path $T/web/body;
	  proxy_temp_path $T/web/proxy;
	  fastcgi_temp_path $T/web/fastcgi;
	  uwsgi_temp_path $T/web/uwsgi;
	  scgi_temp_path $T/web/scgi;
	  ssl_protocols TLSv1.2 TLSv1.3;
	  large_client_header_buffers 4 64k;
	  server {
	    listen unix:$T/web/app.sock;
	    location / {
	      return 200 "account=\$http_x_certauth_account\n";
	    }
	    location /echo {
	      return 200 "account=\$http_x_certauth_account cert=\$http_x_ssl_cert\$http_client_cert\$http_client_cert_chain\$http_x_forwarded_client_cert\$http_x_forwarded_tls_client_cert\$http_ssl_client_cert\$http_auth_ssl_cert verify=\$http_x_ssl_verify\$http_ssl_client_verify\$http_auth_ssl_verify user=\$http_remote_user\$http_x_remote_user\$http_x_forwarded_user said=\$http_x_certauth_reason\$http_x_certauth_fallback\$http_x_certauth_secret\n";
	    }
	    location /login {
	      return 200 "Please log in with your password.\n";
	    }
	  }
	  include $T/etc/certauth-nginx.conf;
	}
	END
}

# nginx_sample FILE PORT...: a sample of etc/nginx as it is, but with our
# certificates and sockets; each of its `listen` has the next port.
nginx_sample() {
	_sample=$top_srcdir/etc/nginx/$1
	shift
	_saw='add_header X-Saw $ssl_client_verify always;'
	cp "$top_srcdir"/etc/nginx/*.inc "$T/etc/"
	awk -v ports="$*" '
	BEGIN { split(ports, port, " ") }
	/^ *listen [0-9]+ ssl/ { sub(/[0-9]+/, "127.0.0.1:" port[++n]) }
	{ print }' "$_sample" |
	    sed -e "s|^ *server_name .*\.example\.com;|&$_saw|" \
	    -e "s|include certauth-|include $T/etc/certauth-|" \
	    -e "s|/etc/nginx/server.pem|$T/certs/server.crt|" \
	    -e "s|/etc/nginx/server.key|$T/certs/server.key|" \
	    -e "s|/etc/certauth/clients-ca.pem|$T/certs/CA.crt|" \
	    -e "s|/run/certauth-hook/|$T/run/hook-|" \
	    -e "s|http://127.0.0.1:808[0-9]|http://unix:$T/web/app.sock:|"
}

nginx_answers() {
	curl -q -sS --noproxy '*' --max-time 2 --cacert "$T/certs/server.crt" \
	    -o /dev/null "https://localhost:$OPTIONAL_PORT/login" &&
	curl -q -sS --noproxy '*' --max-time 2 --cacert "$T/certs/server.crt" \
	    -o /dev/null "https://localhost:$REQUIRED_PORT/"
}

# start_nginx: wholly as the web's user, on ports that were free a moment ago.
start_nginx() {
	mkdir -p "$T/web"
	[ $ROOT = no ] || chown "$WEB_USER" "$T/web" "$LOGS"
	for _try in 1 2 3 4 5; do
		free_port
		REQUIRED_PORT=$_port
		free_port
		OPTIONAL_PORT=$_port
		nginx_conf >"$T/etc/nginx.conf"
		nginx_sample certauth.conf "$REQUIRED_PORT" \
		    "$OPTIONAL_PORT" |
		    sed 's/server_name [a-z.]*;/server_name localhost;/' \
		    >"$T/etc/certauth-nginx.conf"
		spawn nginx "$WEB_USER" nginx -e stderr -c "$T/etc/nginx.conf"
		ready nginx nginx_answers && return 0
		! running nginx || break
		stop nginx
	done
	say "nginx does not start"
	return 1
}

# All of it, with every certificate.
start_all() {
	make_certificates && start_directory && start_lookupd &&
	within $PATIENCE lookup_active && prepare_pam && start_hook &&
	start_nginx
}

# slapd, or with EMBEDDED=yes the file it would have been filled from and a
# folder for the store; what slapd hides the file does not have.
start_directory() {
	if [ "$EMBEDDED" != yes ]; then
		start_slapd
		return
	fi
	mkdir -p "$T/store" && chmod 700 "$T/store" &&
	directory_ldif | awk '/^dn: / { hidden = /uid=hidden,/ }
	    !(hidden && /^zimbraAccountStatus:/)' >"$T/etc/directory.ldif" &&
	chmod 644 "$T/etc/directory.ldif" || return 1
	[ $ROOT = no ] || chown "$DAEMON_USER" "$T/store"
}

# What most tests need: the directory, lookupd, and user1's certificate; every
# question asks the directory, unless CACHE is set.
start_small() {
	CACHE=${CACHE:-0}
	need slapd slapadd ldapsearch curl socat openssl setpriv
	begin
	have lookupd
	make_certificates few && start_slapd && start_lookupd &&
	within $PATIENCE lookup_active || exit 1
}
