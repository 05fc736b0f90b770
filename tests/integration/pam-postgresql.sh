#!/bin/sh
# PostgreSQL: passwords, client certificates, and evidence=status.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
. "$INTEGRATION/pam-consumer.sh"
own_pam "$0" psql
POSTGRES=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$POSTGRES/postgres" ] || broken "no postgresql"
SERVER_USER=postgres
id $SERVER_USER >/dev/null 2>&1 || broken "no user postgres"
# The group that may use lookupd's socket.
WEB_GROUP=$(id -gn $SERVER_USER)
ROLES="user1 user2 alias1 locked closed ghost"
PASSWORD=sesame

# sql COMMAND: as the database's administrator, over its Unix socket.
sql() {
	( as $SERVER_USER psql -X -q -h "$T/pg" -p $PG_PORT -d postgres \
	    -c "$1" ) >>"$LOGS/sql.log" 2>&1
}

make_cluster() {
	mkdir -p "$T/pg/data"
	cp "$T/certs/server.crt" "$T/certs/server.key" "$T/pg/"
	chmod 600 "$T/pg/server.key"
	chown -R $SERVER_USER "$T/pg"
	( cd "$T/pg" && as $SERVER_USER "$POSTGRES/initdb" -D "$T/pg/data" \
	    -U $SERVER_USER -A trust --no-sync --locale=C ) \
	    >"$LOGS/initdb.log" 2>&1 || return 1
	cat >>"$T/pg/data/postgresql.conf" <<-END
	listen_addresses = '127.0.0.1'
	port = $PG_PORT
	unix_socket_directories = '$T/pg'
	fsync = off
	ssl = on
	ssl_cert_file = '$T/pg/server.crt'
	ssl_key_file = '$T/pg/server.key'
	ssl_ca_file = '$T/certs/CA.crt'
	log_min_messages = info
	END
}

# hba [SED-SCRIPT]: the sample, changed; in force when it returns.
hba() {
	sample postgresql/certauth-pg_hba.conf "$1" >"$T/pg/data/pg_hba.conf"
	[ -z "$2" ] || return 0
	sql "select pg_reload_conf()" && kill -0 "$(pid_of postgres)"
	within $PATIENCE reloaded
}

# The postmaster tells when it has read the files again.
reloaded() {
	[ "$(grep -c 'received SIGHUP' "$LOGS/postgres.log")" -gt $RELOADS ] &&
	    RELOADS=$((RELOADS + 1))
}

start_postgres() {
	spawn postgres $SERVER_USER "$POSTGRES/postgres" -D "$T/pg/data"
	ready postgres sql "select 1" && return 0
	say "PostgreSQL does not start"
	return 1
}

# USER[:PASSWORD].  "in", or who refused.
login() {
	_role=${2%%:*}
	_password=${2#"$_role"}
	_password=${_password:-:$PASSWORD}
	_with="sslcert=$T/certs/$1.crt sslkey=$T/certs/$1.key"
	# Names that are not there, so that no file of a home is taken.
	[ "$1" != - ] || _with="sslcert=$T/certs/none sslkey=$T/certs/none"
	_said=$(PGPASSWORD=${_password#:} PGPASSFILE=$T/none psql -X -w -At \
	    "host=localhost hostaddr=127.0.0.1 port=$PG_PORT dbname=postgres
	    user=$_role sslmode=verify-full sslrootcert=$T/certs/server.crt
	    connect_timeout=20 $_with" -c "select current_user" 2>&1)
	echo "$_said" >>"$LOGS/psql.log"
	case $_said in
	"$_role") GOT=in ;;
	*"PAM authentication failed"*) GOT=pam ;;
	*"no password supplied"*) GOT=pam ;;
	*"valid client certificate"*) GOT=certificate ;;
	*"unknown ca"*) GOT=tls ;;
	*) GOT=${_said:-nothing} ;;
	esac
}

lookupd_service certauth-postgresql none $SERVER_USER
start_directory
for role in $ROLES; do
	passwords $role@example.com
done >"$T/etc/postgresql.passwd"
stack certauth-postgresql
free_port
PG_PORT=$_port
make_cluster && hba "" first && start_postgres || exit 1
RELOADS=0
for role in $ROLES; do
	sql "create role \"$role@example.com\" login" || exit 1
done

row "an account" user1 user1@example.com in user1@example.com
row "an alias is no account" alias1 alias1@example.com pam unknown
row "a locked account, with its password" locked locked@example.com pam locked
row "a closed account, with its password" closed closed@example.com pam closed
row "a role the directory does not know" ghost ghost@example.com pam unknown
row "a wrong password" user1 user1@example.com:wrong pam
row "no password" user1 user1@example.com: pam
row "the database's administrator, from afar" user1 postgres pam
status_change_rows pam

# ---- certificates -------------------------------------------------------
row "no certificate" - user1@example.com certificate
row "a certificate of others" foreign user1@example.com tls
row "somebody's password, another's certificate: after PAM's yes" user2 \
    user1@example.com pam user1@example.com
check_ok "because of the certificate" grep -q \
    'certificate validation (clientcert=verify-full) failed' \
    "$LOGS/postgres.log"
row "a locked one's password, another's certificate" user1 \
    locked@example.com pam locked
blind_row certauth-postgresql pam
outage_rows pam

# ---- what goes wrong with other settings --------------------------------
hba 's|verify-full|verify-ca|' || exit 1
row "with verify-ca anybody's certificate does" user2 user1@example.com \
    in user1@example.com
row "but not a locked account's password" user2 locked@example.com pam locked
stack certauth-postgresql 's|^auth.*pam_pwdfile.*|auth required pam_debug.so|
    s|evidence=status|evidence=prompt prompt=certauth-identity|'
row "a prompt with echo is not answered: refused" user1 user1@example.com pam
stack certauth-postgresql \
    "s|^auth.*|auth required $BIN/pam_certauth.so socket=$SOCKET evidence=status|"
row "evidence=status checks no passwords: refused" user1 user1@example.com pam
stop postgres
check "PostgreSQL ends when asked" 0 $?
finish
