# slapd.sh: a private slapd with a directory in Zimbra's shape.
#
# Suffix "", domains as dc=, accounts under ou=people, addresses as
# attributes of accounts; statuses in every kind.  lookupd's user may read by
# SASL EXTERNAL over ldapi (or as uid=certauth with a password), and nobody
# else may; zimbraAccountStatus of one entry is hidden even from it.

SLAPD_SECRET=read-only-secret
SLAPD_ROOT_SECRET=root-secret

# domain NAME STATUS [local|alias TARGET]: "-" is a domain without a status.
domain() {
	_dn=dc=$(echo "$1" | sed 's/\./,dc=/g')
	printf 'dn: %s\n' "$_dn"
	printf 'objectClass: %s\n' dcObject organization zimbraDomain
	printf 'o: %s domain\ndc: %s\nzimbraDomainName: %s\n' \
	    "$1" "${1%%.*}" "$1"
	printf 'zimbraId: domain-%s\nzimbraMailStatus: enabled\n' "$1"
	printf 'zimbraDomainType: %s\n' "${3:-local}"
	[ "$2" = - ] || printf 'zimbraDomainStatus: %s\n' "$2"
	[ "${3:-local}" = local ] ||
	    printf '%s\n' "zimbraDomainAliasTargetId: domain-$4" \
	        "zimbraMailCatchAllAddress: @$1"
	printf '\ndn: ou=people,%s\nobjectClass: organizationalRole\n' "$_dn"
	printf 'ou: people\ncn: people\n\n'
}

# account ADDRESS STATUS [ATTRIBUTE=VALUE...]; alias= is what Zimbra makes of
# an alias (zimbraMailAlias and mail).
account() {
	_uid=${1%@*}
	_where=dc=$(echo "${1#*@}" | sed 's/\./,dc=/g')
	printf 'dn: uid=%s,ou=people,%s\n' "$_uid" "$_where"
	printf 'objectClass: %s\n' inetOrgPerson zimbraAccount
	printf 'uid: %s\ncn: %s\nsn: %s\nmail: %s\n' \
	    "$_uid" "$_uid" "$_uid" "$1"
	printf '%s: %s\n' zimbraMailDeliveryAddress "$1" \
	    zimbraId "account-$1" zimbraAccountStatus "$2" \
	    zimbraMailStatus enabled zimbraMailHost mail.example.com
	shift 2
	for _pair; do
		case $_pair in
		alias=*)
			printf '%s: %s\n' zimbraMailAlias "${_pair#*=}" \
			    mail "${_pair#*=}"
			;;
		*) printf '%s: %s\n' "${_pair%%=*}" "${_pair#*=}" ;;
		esac
	done
	printf '\n'
}

# An LDAP time SECONDS ago.
ago() {
	date -u -d "@$(($(date +%s) - $1))" +%Y%m%d%H%M%SZ
}

directory_ldif() {
	for _top in com example; do
		printf 'dn: dc=%s\nobjectClass: %s\nobjectClass: %s\n' \
		    "$_top" dcObject organization
		printf 'dc: %s\no: %s\n\n' "$_top" "$_top"
	done
	printf 'dn: cn=%s\nobjectClass: organizationalRole\ncn: %s\n\n' \
	    zimbra zimbra admins,cn=zimbra admins
	printf 'dn: uid=certauth,cn=admins,cn=zimbra\n'
	printf '%s\n' 'objectClass: account' \
	    'objectClass: simpleSecurityObject' 'uid: certauth' \
	    "userPassword: $SLAPD_SECRET" ''

	domain example.com active
	domain nostatus.example -
	domain alias.example.com active alias example.com
	domain closedalias.example closed alias example.com
	domain chain.example active alias alias.example.com
	for _status in suspended closed locked maintenance shutdown; do
		domain $_status.example $_status
		account user1@$_status.example active
	done
	domain odd.example frozen
	account user1@odd.example active
	account user1@nostatus.example active
	account root@locked.example active zimbraIsAdminAccount=TRUE
	account helper@locked.example active \
	    zimbraIsDelegatedAdminAccount=TRUE
	account local@locked.example active zimbraIsAdminAccount=TRUE \
	    zimbraIsDomainAdminAccount=TRUE

	account user1@example.com active alias=alias1@example.com \
	    zimbraOldMailAddress=old1@example.com
	account user2@example.com active
	account both@example.com active alias=other@example.com
	account far@example.com active alias=far@undescribed.example
	for _status in locked closed maintenance pending; do
		account $_status@example.com $_status \
		    alias=also-$_status@example.com
	done
	account frozen@example.com frozen
	account canary@example.com locked
	account fresh@example.com lockout \
	    zimbraPasswordLockoutLockedTime="$(ago 600)"
	account elapsed@example.com lockout \
	    zimbraPasswordLockoutLockedTime="$(ago 7200)"
	account timeless@example.com lockout
	account twin-a@example.com active alias=shared@example.com
	account twin-b@example.com active alias=shared@example.com
	account names@example.com active \
	    zimbraMailDeliveryAddress=names2@example.com
	account hidden@example.com active
	account admin@example.com active zimbraIsAdminAccount=TRUE
	account delegated@example.com active \
	    zimbraIsDelegatedAdminAccount=TRUE
	account closedadmin@example.com closed zimbraIsAdminAccount=TRUE
	account liveuser@example.com active
	printf 'dn: uid=list,ou=people,dc=example,dc=com\n'
	printf '%s\n' 'objectClass: zimbraDistributionList' \
	    'objectClass: zimbraMailRecipient' 'uid: list' \
	    'zimbraId: list-1' 'zimbraMailAlias: list@example.com' \
	    'mail: list@example.com' ''
	printf 'dn: uid=orphan,ou=people,dc=example,dc=com\n'
	printf '%s\n' 'objectClass: zimbraAlias' 'uid: orphan' \
	    'zimbraId: alias-1' 'zimbraAliasTargetId: account-gone' ''
}

slapd_conf() {
	_external="gidNumber=$DAEMON_GID+uidNumber=$DAEMON_UID"
	_readers="by dn.exact=\"$_external,cn=peercred,cn=external,cn=auth\" read \
by dn.exact=\"uid=certauth,cn=admins,cn=zimbra\" read"
	_schemas=/etc/ldap/schema
	[ -d $_schemas ] || _schemas=/etc/openldap/schema
	for _schema in core cosine inetorgperson; do
		echo "include $_schemas/$_schema.schema"
	done
	echo "include $T/etc/zimbra.schema"
	[ ! -d /usr/lib/ldap ] || echo "modulepath /usr/lib/ldap"
	cat <<-END
	moduleload back_mdb
	pidfile $T/slapd/slapd.pid
	loglevel stats
	$SLAPD_GLOBAL
	database mdb
	suffix ""
	rootdn "cn=root"
	rootpw $SLAPD_ROOT_SECRET
	directory $T/slapd/data
	maxsize 67108864
	dbnosync
	index objectClass,uid,mail,zimbraId eq
	index zimbraMailDeliveryAddress,zimbraMailAlias eq
	index zimbraOldMailAddress,zimbraForeignPrincipal eq
	index zimbraDomainName,zimbraDomainAliasTargetId eq
	access to dn.exact="" by * read
	access to dn.exact="uid=hidden,ou=people,dc=example,dc=com" attrs=zimbraAccountStatus by * none
	access to attrs=userPassword by anonymous auth by * none
	access to * $_readers by * none
	$SLAPD_DATABASE
	END
}

# prepare_slapd: configuration and data.  SLAPD_GLOBAL and SLAPD_DATABASE
# may hold further lines of slapd.conf.
prepare_slapd() {
	mkdir -p "$T/slapd/data"
	cp "$INTEGRATION/zimbra.schema" "$T/etc/"
	slapd_conf >"$T/etc/slapd.conf"
	directory_ldif >"$T/etc/directory.ldif"
	[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/slapd"
	( as "$DAEMON_USER" slapadd -q -f "$T/etc/slapd.conf" \
	    -l "$T/etc/directory.ldif" ) >"$LOGS/slapadd.log" 2>&1 ||
	    { say "slapadd failed"; return 1; }
	LDAPI=$(echo "ldapi://$T/slapd/ldapi" | sed 's|/tmp/|%2Ftmp%2F|
	    s|/slapd/ldapi|%2Fslapd%2Fldapi|')
}

slapd_answers() {
	ldapsearch -x -LLL -H "$LDAPI" -s base -b '' -o nettimeout=1 1.1
}

# start_slapd: prepared, or continued where it was stopped.
start_slapd() {
	[ -d "$T/slapd" ] || prepare_slapd || return 1
	for _try in 1 2 3 4 5; do
		[ -n "$LDAP_PORT" ] || { free_port; LDAP_PORT=$_port; }
		rm -f "$T/slapd/ldapi"
		spawn slapd "$DAEMON_USER" slapd -d stats \
		    -f "$T/etc/slapd.conf" \
		    -h "$LDAPI ldap://127.0.0.1:$LDAP_PORT"
		ready slapd slapd_answers && return 0
		stop slapd
		LDAP_PORT=
	done
	say "slapd does not start"
	return 1
}

# modify [OPTION...]: LDIF changes on standard input, as the directory's administrator.
modify() {
	ldapmodify "$@" -x -H "$LDAPI" -D cn=root -w $SLAPD_ROOT_SECRET \
	    >>"$LOGS/ldapmodify.log" 2>&1
}

# set_attribute ADDRESS ATTRIBUTE VALUE: of an account of example.com.
set_attribute() {
	printf 'dn: uid=%s,ou=people,dc=example,dc=com\n%s\n%s\n%s\n' \
	    "${1%@*}" 'changetype: modify' "replace: $2" "$2: $3" | modify
}
