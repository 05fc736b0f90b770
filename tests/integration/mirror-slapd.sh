# mirror-slapd.sh: a provider for mirrors, and a lookupd that mirrors it.
# Sourced after lib.sh, parts of which it replaces: the directory is one
# database, dc=com, with syncprov; its accounts are in Zimbra's shape.
#
#	SYNCPROV	further lines of the overlay
#	PROFILE		of the realm, if not zimbra
#	CANARIES	the realm's line of canaries, or empty
#	MIRROR		further lines of the realm
#	ACCOUNTS	how many accounts bulkN@example.com there are

MIRROR_BIND=uid=certauth,cn=admins,dc=com
CANARIES='canary = [ "canary@example.com" ];'
: "${ACCOUNTS:=40}"

# The base, and who binds.
first_entries() {
	printf '%s\n' 'dn: dc=com' 'objectClass: dcObject' \
	    'objectClass: organization' 'dc: com' 'o: com' '' \
	    'dn: cn=admins,dc=com' 'objectClass: organizationalRole' \
	    'cn: admins' '' "dn: $MIRROR_BIND" 'objectClass: account' \
	    'objectClass: simpleSecurityObject' 'uid: certauth' \
	    "userPassword: $SLAPD_SECRET" ''
}

directory_ldif() {
	first_entries
	printf 'dn: ou=%s,dc=com\nobjectClass: organizationalUnit\nou: %s\n\n' \
	    attic attic
	domain example.com active
	domain second.com active
	account user1@second.com active
	account user1@example.com active alias=alias1@example.com
	account canary@example.com locked
	for _n in $(seq "$ACCOUNTS"); do
		case $((_n % 4)) in
		0) account bulk$_n@example.com locked ;;
		*) account bulk$_n@example.com active \
		    alias=also$_n@example.com ;;
		esac
	done
}

slapd_conf() {
	_schemas=/etc/ldap/schema
	[ -d $_schemas ] || _schemas=/etc/openldap/schema
	for _schema in core cosine inetorgperson; do
		echo "include $_schemas/$_schema.schema"
	done
	echo "include $T/etc/zimbra.schema"
	[ ! -d /usr/lib/ldap ] || echo "modulepath /usr/lib/ldap"
	cat <<-END
	moduleload back_mdb
	moduleload syncprov
	pidfile $T/slapd/slapd.pid
	loglevel stats sync
	serverID 1
	$SLAPD_GLOBAL
	database mdb
	suffix dc=com
	rootdn "cn=root,dc=com"
	rootpw $SLAPD_ROOT_SECRET
	directory $T/slapd/data
	maxsize 1073741824
	dbnosync
	index objectClass,entryUUID,entryCSN eq
	${LIMITS-limits dn.exact="$MIRROR_BIND" size=unlimited time=unlimited}
	access to attrs=userPassword by anonymous auth by * none
	access to * by dn.exact="$MIRROR_BIND" read by * none
	overlay syncprov
	$SYNCPROV
	END
}

# The data as another server has it, whatever there was.
load_slapd() {
	rm -rf "$T/slapd/data"
	mkdir -p "$T/slapd/data"
	directory_ldif >"$T/etc/directory.ldif"
	[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/slapd"
	( as "$DAEMON_USER" slapadd -q -w -S 1 -f "$T/etc/slapd.conf" \
	    -l "$T/etc/directory.ldif" ) >"$LOGS/slapadd.log" 2>&1
}

prepare_slapd() {
	mkdir -p "$T/slapd"
	cp "$INTEGRATION/zimbra.schema" "$T/etc/"
	slapd_conf >"$T/etc/slapd.conf"
	load_slapd || { say "slapadd failed"; return 1; }
	LDAPI=$(echo "ldapi://$T/slapd/ldapi" | sed 's|/tmp/|%2Ftmp%2F|
	    s|/slapd/ldapi|%2Fslapd%2Fldapi|')
}

modify() {
	ldapmodify "$@" -x -H "$LDAPI" -D cn=root,dc=com \
	    -w $SLAPD_ROOT_SECRET >>"$LOGS/ldapmodify.log" 2>&1
}

# provider OPTION...: a search as its administrator.
provider() {
	ldapsearch -x -LLL -o ldif-wrap=no -H "$LDAPI" -D cn=root,dc=com \
	    -w $SLAPD_ROOT_SECRET -o nettimeout=5 "$@"
}

lookupd_conf() {
	lookupd_top "store = \"$T/store\"; log_level = \"debug\";"
	cat <<-END
	  { name = "main"; profile = "${PROFILE:-zimbra}"; base = "dc=com";
	    mode = "mirror"; heartbeat = ${HEARTBEAT:-2};
	    servers = [ ${SERVERS:-\"$LDAPI\"} ]; bind = "simple";
	    bind_dn = "$MIRROR_BIND"; secret_file = "$T/etc/secret";
	    $CANARIES
	    $MIRROR
	  }
	);
	services = (
	  { name = "imap"; evidence = [ "asserted", "none" ];
	    callers = [ "root" ]; realms = [ "main" ]; }
	);
	END
}

start_mirror() {
	mkdir -p "$T/store"
	chmod 700 "$T/store"
	[ $ROOT = no ] || chown "$DAEMON_USER" "$T/store"
	start_lookupd
}

# area accounts|domains: its line of `status'.
area() {
	"$BIN/certauthctl" $CTL_OPTIONS status 2>>"$LOGS/certauthctl.log" |
	    grep "mirror of $1: state="
}

area_has() {
	area "$1" | grep -q -- "$2"
}

# The changes the provider has, one number a line.
changes_of() {
	provider -b dc=com -s base contextCSN | sed -n 's/^contextCSN: //p'
}

caught_up() {
	_line=$(area "$1") || return 1
	case $_line in *state=persist*) ;; *) return 1 ;; esac
	_csns=$(changes_of) && [ -n "$_csns" ] || return 1
	for _csn in $_csns; do
		case $_line in *"$_csn"*) ;; *) return 1 ;; esac
	done
}

# follow [AREA]: until its cookie holds the provider's last change, which must
# have been one of that area.
follow() {
	within ${FOLLOW:-$PATIENCE} caught_up "${1:-accounts}" && return
	say "the mirror does not follow: $(area "${1:-accounts}")"
	return 1
}

# verdict ADDRESS: and the reason, when it is not active.
verdict() {
	ask_line "lookup service=imap evidence=none email=$1"
	[ "$GOT" = active ] && echo active || echo "$GOT $WHY"
}

# expect NAME ADDRESS VERDICT
expect() {
	check "$1" "$3" "$(verdict "$2")"
}

# What a plain search of the provider says of every address: lines of
# "address verdict", sorted.
truth() {
	provider -b dc=com '(objectClass=zimbraAccount)' \
	    zimbraMailDeliveryAddress zimbraMailAlias zimbraAccountStatus |
	    awk '
	/^zimbraMailDeliveryAddress: |^zimbraMailAlias: / { a[n++] = $2 }
	/^zimbraAccountStatus: / { s = $2 }
	/^$/ { for (i = 0; i < n; i++)
		print a[i], s == "active" ? "active" : "blocked";
	    n = 0 }' | sort
}

# The same as lookupd says it.
told() {
	truth >"$T/truth"
	sed 's/ .*//; s/^/lookup service=imap evidence=none email=/' \
	    "$T/truth" | socat -t 20 - "UNIX-CONNECT:$SOCKET" |
	    sed 's/ .*//' | paste -d ' ' "$T/truth" - | awk '{ print $1, $3 }'
}

# same NAME: both say the same, and there is something to say.
same() {
	told >"$T/told"
	if [ -s "$T/truth" ] && cmp -s "$T/truth" "$T/told"; then
		pass "$1"
	else
		fail "$1: $(diff "$T/truth" "$T/told" | head -n 5)"
	fi
}

# set_status ADDRESS STATUS; person ADDRESS STATUS [ATTRIBUTE=VALUE...]
set_status() {
	printf 'dn: uid=%s,ou=people,dc=%s,dc=com\n%s\n%s\n%s\n' \
	    "${1%@*}" "$(echo "${1#*@}" | sed 's/\.com//')" \
	    'changetype: modify' 'replace: zimbraAccountStatus' \
	    "zimbraAccountStatus: $2" | modify
}

person() {
	account "$@" | modify -a
}
