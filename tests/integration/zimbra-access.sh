#!/bin/sh
# etc/zimbra's LDIF on a slapd that has Zimbra's kind of access rules: lookupd
# can read what the profile needs, live and as a mirror, and nothing else; and
# nobody else can read more than before.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need slapd slapadd slaptest ldapsearch ldapmodify ldapadd ldappasswd socat \
    openssl setpriv
begin
have lookupd
CERTAUTH=uid=certauth,cn=appaccts,cn=zimbra
POSTFIX=uid=zmpostfix,cn=appaccts,cn=zimbra
ADMIN=uid=zimbra,cn=admins,cn=zimbra
PEOPLE=700
# What nobody but Zimbra may read, besides userPassword.
SECRETS="zimbraPreAuthKey zimbraPasswordHistory zimbraAuthTokenKey \
zimbraGalLdapBindPassword zimbraAuthLdapSearchBindPassword"

# What the rules are about: only children of cn=admins see status and
# administrators; zmpostfix sees addresses; users see a few things of people.
SLAPD_GLOBAL="moduleload back_monitor
moduleload syncprov
sizelimit 500
database config
rootdn cn=config
rootpw $SLAPD_ROOT_SECRET
database monitor"
zimbra_rules() {
	_admins='by dn.children="cn=admins,cn=zimbra" write'
	_postfix="by dn.base=\"$POSTFIX\" read"
	echo "access to attrs=userPassword by anonymous auth $_admins"
	echo "access to dn.subtree=\"cn=zimbra\" $_admins"
	echo "access to attrs=zimbraIsAdminAccount,$(echo $SECRETS |
	    tr ' ' ,) $_admins by * none"
	echo "access to attrs=objectclass $_admins $_postfix by users read by * none"
	echo "access to attrs=cn,mail,sn,uid $_admins $_postfix by users read by * none"
	echo "access to attrs=zimbraId,zimbraMailAlias,zimbraOldMailAddress,zimbraMailDeliveryAddress,zimbraMailHost,zimbraMailStatus,zimbraDomainName,zimbraDomainType,zimbraMailCatchAllAddress $_admins $_postfix by * none"
	echo "access to attrs=entry $_admins by * read"
}
eval "$(sed -n '/^slapd_conf() {/,/^}/p' "$INTEGRATION/slapd.sh" |
    sed '1s/slapd_conf/plain_slapd_conf/')"
# The secrets' names alone are Zimbra's.
secrets_schema() {
	_n=0
	for _secret in $SECRETS; do
		_n=$((_n + 1))
		echo "attributetype ( 2.25.1.$_n NAME '$_secret'"
		echo "	EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
	done
	echo "objectclass ( 2.25.2 NAME 'secrets' SUP top AUXILIARY"
	echo "	MAY ( $(echo $SECRETS | sed 's/ / $ /g') ) )"
}
slapd_conf() {
	secrets_schema >"$T/etc/secrets.schema"
	plain_slapd_conf | sed -e "/zimbra.schema/a include $T/etc/secrets.schema" -e '/^access to /d' -e 's/^rootdn "cn=root"/rootdn cn=config/' -e "/^rootpw $SLAPD_ROOT_SECRET/d" |
	    awk -v pw="rootpw $SLAPD_ROOT_SECRET" '/^database config/ { print; getline; print; print pw; next } { print }'
	zimbra_rules
}
eval "$(sed -n '/^directory_ldif() {/,/^}/p' "$INTEGRATION/slapd.sh" |
    sed '1s/directory_ldif/plain_directory_ldif/')"
directory_ldif() {
	plain_directory_ldif | awk -v RS= -v ORS='\n\n' '!/uid=certauth/'
	printf 'dn: cn=appaccts,cn=zimbra\nobjectClass: organizationalRole\n'
	printf 'cn: appaccts\n\n'
	for _dn in $ADMIN $POSTFIX; do
		_uid=${_dn%%,*}
		printf 'dn: %s\nobjectClass: account\n' "$_dn"
		printf 'objectClass: simpleSecurityObject\nuid: %s\n' \
		    "${_uid#uid=}"
		printf 'userPassword: %s\n\n' "$SLAPD_SECRET"
	done
	for _n in $(seq $PEOPLE); do
		account person$_n@example.com active
	done
}

# The configuration as cn=config, which Zimbra has.
start_slapd() {
	prepare_slapd || return 1
	mkdir "$T/slapd/config"
	[ $ROOT = no ] || chown "$DAEMON_USER" "$T/slapd/config"
	( as "$DAEMON_USER" slaptest -f "$T/etc/slapd.conf" \
	    -F "$T/slapd/config" ) >>"$LOGS/slaptest.log" 2>&1
	free_port
	LDAP_PORT=$_port
	spawn slapd "$DAEMON_USER" slapd -d stats -F "$T/slapd/config" \
	    -h "$LDAPI ldap://127.0.0.1:$LDAP_PORT"
	ready slapd slapd_answers && return 0
	say "slapd does not start"
	return 1
}

make_certificates few && start_slapd || exit 1
printf %s "$SLAPD_ROOT_SECRET" >"$T/etc/root"
SOMEBODY=uid=user1,ou=people,dc=example,dc=com

# as_dn DN COMMAND...
as_dn() {
	_dn=$1
	_command=$2
	shift 2
	$_command -x -H "$LDAPI" -D "$_dn" -w "$SLAPD_SECRET" "$@"
}
administer() {
	_command=$1
	shift
	$_command -x -H "$LDAPI" -D cn=config -y "$T/etc/root" "$@" \
	    >>"$LOGS/administer.log" 2>&1
}

# What the plain directory lacks: a password, secrets, a principal.
{
	printf '%s\n' "dn: $SOMEBODY" 'changetype: modify' \
	    'add: userPassword' "userPassword: $SLAPD_SECRET" - \
	    'add: zimbraForeignPrincipal' \
	    'zimbraForeignPrincipal: cert SUBJECTALTNAME_OTHERNAME_UPN:u@e' -
	for entry in '' 'dn: dc=example,dc=com'; do
		[ -z "$entry" ] ||
		    printf '\n%s\nchangetype: modify\n' "$entry"
		printf '%s\n' 'add: objectClass' 'objectClass: secrets' -
		for secret in $SECRETS; do
			printf 'add: %s\n%s: hush\n-\n' $secret $secret
		done
	done
} >"$T/etc/more.ldif"
check_ok "passwords and secrets in the directory" administer ldapmodify \
    -f "$T/etc/more.ldif"

# seen DN: which attributes of people and domains that one can read at all.
seen() {
	as_dn "$1" ldapsearch -LLL -o ldif-wrap=no -E pr=200/noprompt -b "" \
	    '(objectClass=*)' '*' 2>>"$LOGS/ldapsearch.log" |
	    sed -n 's/^\([A-Za-z][A-Za-z0-9]*\):.*/\1/p' | grep -v '^dn$' |
	    sort -u | tr '\n' ' '
}
seen_by_others() {
	for _one in $POSTFIX $SOMEBODY; do
		seen $_one
	done
	ldapsearch -x -H "$LDAPI" -LLL -b dc=com 2>&1
}
before=$(seen_by_others)
check_ok "Zimbra's own account sees the secrets" [ "$(seen $ADMIN |
    grep -o 'userPassword\|zimbraPreAuthKey' | wc -l)" = 2 ]
check_ok "the rules are there" [ "$(as_dn $POSTFIX ldapsearch -LLL -b \
    $SOMEBODY zimbraAccountStatus |
    grep -c zimbraAccountStatus)" = 0 ]

check_ok "certauth-account.ldif" administer ldapadd \
    -f "$top_srcdir/etc/zimbra/certauth-account.ldif"
for guess in '*' '' '{CRYPT}*'; do
	ldapwhoami -x -H "$LDAPI" -D $CERTAUTH -w "$guess" 2>/dev/null |
	    grep -q certauth
	check "no password fits yet ('$guess')" 1 $?
done
check_ok "a password" administer ldappasswd -s "$SLAPD_SECRET" $CERTAUTH
check "is told what every user is, and no more" "cn mail objectClass sn uid " \
    "$(seen $CERTAUTH | sed 's/\<\(dc\|ou\|o\) //g')"
check_ok "certauth-access.ldif" administer ldapmodify \
    -f "$top_srcdir/etc/zimbra/certauth-access.ldif"
profile="objectClass uid zimbraAccountStatus zimbraDomainAliasTargetId \
zimbraDomainName zimbraDomainStatus zimbraDomainType \
zimbraForeignPrincipal zimbraId \
zimbraIsAdminAccount zimbraIsDelegatedAdminAccount \
zimbraIsDomainAdminAccount zimbraMailAlias zimbraMailDeliveryAddress \
zimbraOldMailAddress zimbraPasswordLockoutLockedTime "
sees=$(seen $CERTAUTH)
check "reads what the profile names" "$profile" "$sees"
check "nobody else reads more" "$before" "$(seen_by_others)"
# by name, by a filter and by comparing: code of the last
pried() {
	as_dn $CERTAUTH ldapsearch -LLL -b dc=com "($1=*)" 1.1 \
	    2>>"$LOGS/ldapsearch.log" | grep -c '^dn'
	as_dn $CERTAUTH ldapsearch -LLL -b dc=com '(objectClass=*)' "$1" \
	    2>>"$LOGS/ldapsearch.log" | grep -c "^$1:"
	as_dn $CERTAUTH ldapcompare $SOMEBODY "$1:hush" >/dev/null 2>&1
	echo $?
}
for secret in userPassword $SECRETS mail sn; do
	check "does not get at $secret" "0 0 50" \
	    "$(pried $secret | tr '\n' ' ' | sed 's/ $//')"
done
# Every attribute of the profile can be read, and none is for nothing.
unneeded=$(sed -n '/^olcAccess: {2}/,/^  by/p' \
    "$top_srcdir/etc/zimbra/certauth-access.ldif" |
    sed -e 's/.*attrs=//' -e '/^  by/d' | tr -d ' \n' | tr , '\n' | sort)
for attribute in $(grep -v '^ *#' "$top_srcdir/etc/profiles/zimbra.conf" |
    grep -oE 'zimbra[A-Z][A-Za-z]*' | sort -u | grep -vxE \
    'zimbraAccount|zimbraDomain'); do
	case " $sees" in
	*" $attribute "*) pass "reads $attribute" ;;
	*) fail "$attribute is in the profile, and cannot be read" ;;
	esac
	unneeded=$(printf '%s\n' "$unneeded" | grep -vx "$attribute")
done
check "besides those, the rule has" "contextCSN entry objectClass uid" \
    "$(echo $unneeded)"
check "writes nothing" 50 "$(printf '%s\n' \
    'dn: uid=user1,ou=people,dc=example,dc=com' 'changetype: modify' \
    'replace: zimbraAccountStatus' 'zimbraAccountStatus: closed' |
    as_dn $CERTAUTH ldapmodify >/dev/null 2>&1; echo $?)"
check "sees nothing below cn=zimbra" 0 "$(as_dn $CERTAUTH ldapsearch -LLL \
    -b cn=zimbra '(objectClass=*)' 1.1 2>/dev/null | grep -c '^dn')"
count=$(as_dn $CERTAUTH ldapsearch -LLL -b "" '(objectClass=zimbraAccount)' \
    1.1 | grep -c '^dn')
check_ok "more than 500 at once ($count)" [ "$count" -gt $PEOPLE ]
check_ok "zmpostfix is still limited" [ "$(as_dn $POSTFIX ldapsearch -LLL \
    -b "" '(objectClass=zimbraAccount)' 1.1 2>/dev/null |
    grep -c '^dn')" -le 500 ]
check_ok "certauth-syncprov.ldif" administer ldapadd \
    -f "$top_srcdir/etc/zimbra/certauth-syncprov.ldif"

# lookupd with that account, live and as a mirror.
lookupd_conf() {
	lookupd_top "store = \"$T/store\";"
	for _mode in live mirror; do
		[ $_mode = live ] || echo ,
		realm $_mode "mode = \"$_mode\"; bind = \"simple\";" \
		    "bind_dn = \"$CERTAUTH\"; lockout = 3600;" \
		    "canary = [ \"canary@example.com\", \"user1@locked.example\" ];" \
		    "secret_file = \"$T/etc/secret\";"
	done
	cat <<-END
	);
	services = (
	  { name = "imap"; evidence = [ "none" ]; callers = [ "root" ];
	    realms = [ "live", "mirror" ]; },
	  { name = "admin"; evidence = [ "none" ]; callers = [ "root" ];
	    realms = [ "live", "mirror" ]; }
	);
	END
}
mkdir -m 700 "$T/store"
[ $ROOT = no ] || chown "$DAEMON_USER" "$T/store"
start_lookupd && within $PATIENCE lookup_active || exit 1
mirrored() {
	ask_line "lookup service=imap realm=mirror evidence=none \
email=user1@example.com"
	[ "$GOT" = active ]
}
check_ok "the mirror has been filled" within $PATIENCE mirrored
# decided NAME EXPECTED FIELDS: in both realms
decided() {
	for _in in live mirror; do
		ask_line "lookup service=imap realm=$_in evidence=none $3"
		check "$_in: $1" "$2" "$GOT $WHY"
	done
}
decided "primary address" "active user1@example.com" email=user1@example.com
decided "alias" "active user1@example.com" email=alias1@example.com
decided "old address" "active user1@example.com" email=old1@example.com
decided "alias domain" "active user1@example.com" \
    email=user1@alias.example.com
decided "locked" "blocked locked" email=locked@example.com
decided "locked out" "blocked lockout" email=fresh@example.com
decided "lockout elapsed" "active elapsed@example.com" \
    email=elapsed@example.com
decided "domain locked" "blocked domain-locked" email=user1@locked.example
decided "its administrator" "active root@locked.example" \
    email=root@locked.example
decided "a domain's administrator there" "blocked domain-locked" \
    email=local@locked.example
decided "an administrator" "active admin@example.com" \
    "need=admin email=admin@example.com"
decided "a delegated one" "active delegated@example.com" \
    "need=admin email=delegated@example.com"
decided "none" "refused not-admin" "need=admin email=user1@example.com"
decided "the last of many" "active person$PEOPLE@example.com" \
    email=person$PEOPLE@example.com
decided "nobody" "unknown -" email=ghost@example.com
finish
