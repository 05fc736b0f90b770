# services.sh: lookupd, certauth-hook, nginx and the PAM stacks, configured
# into the folder and started.

quoted_list() {
	_list=
	for _item; do
		_list="$_list${_list:+, }\"$_item\""
	done
	echo "$_list"
}

# realm NAME OPTION...: lines of a realm that asks our slapd.
realm() {
	_realm=$1
	shift
	cat <<-END
	  { name = "$_realm"; profile = "zimbra"; base = ""; whole_tree = true;
	    servers = [ "$LDAPI" ]; client_ca = "$T/certs/CA.crt";
	END
	printf '    %s\n' "$@"
	echo "  }"
}

# lookupd_conf: main asks by SASL EXTERNAL, strict by a password; a lockout
# lasts an hour in main and for ever in strict; tenant has its own domains.
# LOOKUPD_TOP and LOOKUPD_MAIN may hold further lines.
lookupd_conf() {
	cat <<-END
	socket = "$SOCKET";
	socket_group = "$WEB_GROUP";
	user = "$DAEMON_USER";
	profiles = "$T/etc/profiles";
	audit_interval = 0;
	$LOOKUPD_TOP
	realms = (
	END
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

# The PAM stacks rows.tsv asks: user, status, admin and broken ones.
prepare_pam() {
	mkdir -p "$T/pam.d"
	_module="required $BIN/pam_certauth.so socket=$SOCKET service=imap"
	_user="evidence=user trust=application"
	pam_stack user "$_module $_user"
	pam_stack status "$_module evidence=status"
	pam_stack admin "$_module $_user need=admin"
	pam_stack bare "$_module"
	pam_stack misspelt "$_module $_user tiemout=3"
	pam_stack down "required $BIN/pam_certauth.so $_user \
socket=$T/run/nobody.sock service=imap"
}

pam_stack() {
	printf 'auth %s\naccount %s\n' "$2" "$2" >"$T/pam.d/$1"
}

# listener NAME MODE [OPTION...]: a socket of the hook, for nginx.
listener() {
	printf '  { socket = "%s"; mode = "%s"; %s\n' \
	    "$T/run/hook-$1.sock" "$2" 'evidence = "nginx-escaped";'
	printf '    service = "nginx"; socket_group = "%s";\n' "$WEB_GROUP"
	printf '    peers = [ "%s" ]; %s }\n' \
	    "$WEB_USER" "$3"
}

hook_conf() {
	cat <<-END
	lookupd_socket = "$SOCKET";
	user = "$WEB_USER";
	listeners = (
	$(listener required required),
	$(listener optional optional),
	$(listener admin required 'need = "admin";'),
	$(listener off off)
	);
	END
}

# A request without a certificate, answered without lookupd.
hook_answers() {
	[ "$(curl -q -s --max-time 2 -o /dev/null -w '%{http_code}' \
	    --unix-socket "$T/run/hook-required.sock" \
	    -H 'X-SSL-Verify: NONE' http://localhost/)" = 401 ]
}

start_hook() {
	hook_conf >"$T/etc/certauth-hook.conf"
	spawn hook root "$BIN/certauth-hook" -c "$T/etc/certauth-hook.conf"
	ready hook hook_answers && return 0
	say "certauth-hook does not start"
	return 1
}

# nginx asks the hook about every request; the application behind it says
# what it was told.
nginx_ask() {
	cat <<-END
	    location = /$1 {
	      internal;
	      proxy_pass http://hook_$2;
	      proxy_http_version 1.1;
	      proxy_pass_request_headers off;
	      proxy_pass_request_body off;
	      proxy_set_header Host localhost;
	      proxy_set_header Content-Length "";
	      proxy_set_header Connection "";
	      proxy_set_header X-SSL-Verify \$ssl_client_verify;
	      proxy_set_header X-SSL-Cert \$ssl_client_escaped_cert;
	      proxy_set_header X-Real-IP \$remote_addr;
	      proxy_connect_timeout 2s;
	      proxy_read_timeout 3s;
	    }
	END
}

nginx_entry() {
	cat <<-END
	    location $1 {
	      auth_request /$2;
	      auth_request_set \$account \$upstream_http_x_certauth_account;
	      auth_request_set \$reason \$upstream_http_x_certauth_reason;
	      auth_request_set \$fallback \$upstream_http_x_certauth_fallback;
	      proxy_set_header X-Certauth-Account \$account;
	      proxy_set_header X-SSL-Verify "";
	      proxy_set_header X-SSL-Cert "";
	      proxy_set_header Client-Cert "";
	      proxy_pass http://unix:$T/web/app.sock;
	      $3
	    }
	END
}

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
	  ssl_certificate $T/certs/server.crt;
	  ssl_certificate_key $T/certs/server.key;
	  ssl_client_certificate $T/certs/CA.crt;
	  ssl_protocols TLSv1.2 TLSv1.3;
	  ssl_verify_depth 2;
	  large_client_header_buffers 4 64k;
	  $(for _l in required optional admin off; do
		printf "upstream %s { server unix:%s max_fails=0; keepalive 16; }\n" \
		    "hook_$_l" "$T/run/hook-$_l.sock"; done)
	  server {
	    listen unix:$T/web/app.sock;
	    location / {
	      return 200 "account=\$http_x_certauth_account\n";
	    }
	  }
	  server {
	    listen 127.0.0.1:$REQUIRED_PORT ssl;
	    server_name localhost;
	    ssl_verify_client on;
	    add_header X-SSL-Verify \$ssl_client_verify always;
	    add_header X-Certauth-Reason \$reason always;
	    $(nginx_ask _certauth required)
	    $(nginx_ask _certauth_admin admin)
	    $(nginx_entry / _certauth)
	    $(nginx_entry /admin/ _certauth_admin)
	    $(nginx_ask _certauth_off off)
	    $(nginx_entry /off/ _certauth_off)
	  }
	  server {
	    listen 127.0.0.1:$OPTIONAL_PORT ssl;
	    server_name localhost;
	    ssl_verify_client optional;
	    add_header X-SSL-Verify \$ssl_client_verify always;
	    add_header X-Certauth-Reason \$reason always;
	    error_page 495 = @badcert;
	    $(nginx_ask _certauth optional)
	    $(nginx_entry / _certauth 'error_page 401 403 = @refused;')
	    location = /login {
	      return 200 "Please log in with your password.\n";
	    }
	    location @refused {
	      if (\$fallback = login) { return 302 /login?reason=\$reason; }
	      return 403;
	    }
	    location @badcert { return 403; }
	  }
	}
	END
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
	make_certificates && start_slapd && start_lookupd &&
	within $PATIENCE lookup_active && prepare_pam && start_hook &&
	start_nginx
}

# What most tests need: the directory, lookupd, and user1's certificate.
start_small() {
	need slapd slapadd ldapsearch curl socat openssl setpriv
	begin
	have lookupd
	make_certificates few && start_slapd && start_lookupd &&
	within $PATIENCE lookup_active || exit 1
}
