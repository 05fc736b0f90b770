# directory.sh: what the benchmarks ask: a private slapd (mdb, equality
# indexes, 4 threads, nothing logged) with ACCOUNTS accounts of three addresses
# each, and lookupd, which asks it live and from memory.  Sourced after
# tests/integration/lib.sh.

ACCOUNTS=${ACCOUNTS:-100000}
BASE=dc=example,dc=com

# Bytes of slapd's map, at most: 100,000 accounts take 250 MB of it.
MAP_SIZE=8589934592

# What a provider of mirrors has besides; nothing when PROVIDER is empty.
bench_provider() {
	[ -n "$PROVIDER" ] || return 0
	case $1 in
	module) echo "moduleload syncprov" ;;
	index) echo "index entryUUID,entryCSN eq" ;;
	overlay) echo "overlay syncprov" ;;
	esac
}

bench_slapd_conf() {
	for _schema in core cosine nis inetorgperson misc; do
		echo "include /etc/ldap/schema/$_schema.schema"
	done
	cat <<-END
	modulepath /usr/lib/ldap
	moduleload back_mdb
	$(bench_provider module)
	pidfile $T/slapd/slapd.pid
	threads 4
	loglevel 0
	database mdb
	suffix "$BASE"
	directory $T/slapd/data
	maxsize $MAP_SIZE
	dbnosync
	index objectClass,uid,mail,mailLocalAddress eq
	$(bench_provider index)
	limits * size=unlimited time=unlimited
	access to * by * read
	$(bench_provider overlay)
	END
}

bench_ldif() {
	awk -v accounts="$ACCOUNTS" -v base="$BASE" 'BEGIN {
		printf "dn: %s\nobjectClass: dcObject\n" \
		    "objectClass: organization\ndc: example\no: Example\n\n" \
		    "dn: ou=people,%s\nobjectClass: organizationalUnit\n" \
		    "ou: people\n\n", base, base
		for (i = 0; i < accounts; i++)
			printf "dn: uid=user%d,ou=people,%s\n" \
			    "objectClass: inetOrgPerson\n" \
			    "objectClass: inetLocalMailRecipient\n" \
			    "objectClass: posixAccount\n" \
			    "uid: user%d\ncn: User %d\nsn: User\n" \
			    "uidNumber: %d\ngidNumber: 100\n" \
			    "homeDirectory: /home/user%d\n" \
			    "mail: user%d@example.com\n" \
			    "mailLocalAddress: first%d@example.com\n" \
			    "mailLocalAddress: second%d@example.com\n\n",
			    i, base, i, i, i + 10000, i, i, i, i
	}'
}

bench_slapd() {
	mkdir -p "$T/slapd/data"
	bench_slapd_conf >"$T/etc/slapd.conf"
	bench_ldif >"$T/etc/directory.ldif"
	[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/slapd"
	( as "$DAEMON_USER" slapadd -q ${PROVIDER:+-w} \
	    -f "$T/etc/slapd.conf" -l "$T/etc/directory.ldif" ) \
	    >"$LOGS/slapadd.log" 2>&1 ||
	    { say "slapadd failed"; return 1; }
	rm "$T/etc/directory.ldif"
	LDAPI=ldapi://$(echo "$T/slapd/ldapi" | sed 's|/|%2F|g')
	spawn slapd "$DAEMON_USER" slapd -d 0 -f "$T/etc/slapd.conf" \
	    -h "$LDAPI"
	ready slapd slapd_answers || { say "slapd does not start"; return 1; }
}

# lookupd_conf_of SOCKET LEVEL: two realms of one directory; one remembers, one
# never does.
lookupd_conf_of() {
	cat <<-END
	socket = "$1";
	user = "$DAEMON_USER";
	profiles = "$T/etc/profiles";
	log_level = "$2";
	realms = (
	END
	_comma=
	for _realm in live:0 memory:3600; do
		cat <<-END
		  $_comma{ name = "${_realm%:*}"; profile = "openldap";
		    servers = [ "$LDAPI" ]; base = "$BASE";
		    bind = "external"; cache_positive = ${_realm#*:};
		    cache_negative = ${_realm#*:}; }
		END
		_comma=,
	done
	echo "); services = ("
	_comma=
	for _realm in live memory; do
		cat <<-END
		  $_comma{ name = "$_realm"; callers = [ "root",
		    "$DAEMON_USER" ]; evidence = [ "none" ];
		    realms = [ "$_realm" ]; }
		END
		_comma=,
	done
	echo ");"
}

# Every key of every account, in an order of no pattern: lines to lookupd,
# and the bare addresses.  The generator is a linear one with a full period.
bench_keys() {
	awk -v accounts="$ACCOUNTS" 'BEGIN {
		split("user first second", names, " ")
		n = 3 * accounts
		at = 12345 % n
		for (i = 0; i < n; i++) {
			at = (at + 1234577) % n
			printf "%s%d@example.com\n",
			    names[at % 3 + 1], int(at / 3)
		}
	}' >"$T/addresses"
	grep '^user' "$T/addresses" >"$T/users"
	sed 's/^/lookup service=live evidence=none email=/' \
	    "$T/addresses" >"$T/live"
	sed -n '1,1000s/^/lookup service=memory evidence=none email=/p' \
	    "$T/addresses" >"$T/memory"
}

bench_lookup_active() {
	ask_line "lookup service=live evidence=none email=first7@example.com"
	[ "$GOT" = active ]
}

# bench_lookupd NAME LEVEL: one that answers; its socket is in SOCKET, its
# processes in LOOKUPD_PIDS.
bench_lookupd() {
	SOCKET=$T/run/$1.sock
	lookupd_conf_of "$SOCKET" "$2" >"$T/etc/$1.conf"
	spawn "$1" root "$BIN/lookupd" -c "$T/etc/$1.conf"
	ready "$1" ask_help && within $PATIENCE bench_lookup_active ||
	    { say "lookupd does not start"; return 1; }
	LOOKUPD_PIDS="$(pid_of "$1") $(children_of "$(pid_of "$1")")"
}

# The directory, and what all parts ask.
bench_directory() {
	mkdir -p "$T/etc/profiles"
	cp "$top_srcdir"/etc/profiles/*.conf "$T/etc/profiles/"
	PROFILE=$T/etc/profiles/openldap.conf
	bench_slapd && bench_keys
}
