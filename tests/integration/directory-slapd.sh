#!/bin/sh
# directory-slapd.sh FOLDER: what test_directory's two LDAP servers need.
# In FOLDER/a and FOLDER/b: slapd.conf, data, certificates; in FOLDER: the
# CAs, profiles, bind passwords.  Exits with 77 where slapd is missing.
set -eu
PATH=$PATH:/usr/sbin:/sbin:/usr/libexec:/usr/lib/openldap
T=$1
umask 077
schemas=
for folder in /etc/ldap/schema /etc/openldap/schema; do
	[ ! -d $folder ] || schemas=$folder
done
[ -n "$schemas" ] || exit 77
for program in slapd slapadd openssl; do
	command -v $program >/dev/null || exit 77
done

# authority NAME: a CA; certificate FOLDER NAME SAN: a server's, signed by it.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=$1" -days 2 -keyout "$T/$1.key" -out "$T/$1.pem" \
	    -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign,cRLSign
}
certificate() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj "/CN=$2" -keyout "$T/$1/key.pem" -out "$T/$1/req.pem"
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$3" \
	    >"$T/$1/ext"
	openssl x509 -req -in "$T/$1/req.pem" -CA "$T/ca.pem" \
	    -CAkey "$T/ca.key" -CAcreateserial -days 2 \
	    -extfile "$T/$1/ext" -out "$T/$1/cert.pem"
}

# person UID STATUS MAIL...
person() {
	printf 'dn: uid=%s,ou=people,dc=test\nobjectClass: inetOrgPerson\n' "$1"
	printf 'uid: %s\ncn: %s\nsn: %s\nemployeeType: %s\n' "$1" "$1" "$1" "$2"
	shift 2
	printf 'mail: %s\n' "$@"
	echo
}

directory() {
	printf 'dn: dc=test\nobjectClass: %s\nobjectClass: %s\n' \
	    organization dcObject
	printf 'o: test\ndc: test\n\ndn: ou=people,dc=test\n'
	printf 'objectClass: organizationalUnit\nou: people\n\n'
	printf 'dn: cn=reader,dc=test\nobjectClass: organizationalRole\n'
	printf 'objectClass: simpleSecurityObject\ncn: reader\n'
	printf 'userPassword: reader secret\n\n'
	person user1 active user1@test.example alias1@test.example
	person locked locked locked@test.example
	person twin1 active twin@test.example
	person twin2 active twin@test.example
	person many1 active many@test.example
	person many2 active many@test.example
	person many3 active many@test.example
	printf 'dn: uid=elsewhere,dc=test\nobjectClass: referral\n'
	printf 'objectClass: extensibleObject\nuid: elsewhere\n'
	printf 'ref: ldap://127.0.0.1:9/ou=people,dc=other\n\n'
}

server() {
	mkdir -p "$T/$1/data"
	{
		for schema in core cosine inetorgperson; do
			echo "include $schemas/$schema.schema"
		done
		[ ! -d /usr/lib/ldap ] || echo 'modulepath /usr/lib/ldap'
		cat <<-END
		moduleload back_mdb
		TLSCertificateFile $T/$1/cert.pem
		TLSCertificateKeyFile $T/$1/key.pem
		database mdb
		suffix dc=test
		rootdn cn=root,dc=test
		rootpw root
		directory $T/$1/data
		maxsize 16777216
		dbnosync
		index mail,uid,objectClass eq
		access to attrs=userPassword by anonymous auth by * none
		access to * by * read
		END
	} >"$T/$1/slapd.conf"
	directory | slapadd -q -f "$T/$1/slapd.conf"
}

{
	mkdir -p "$T/a" "$T/b"
	authority ca
	authority other-ca
	certificate a 127.0.0.1 IP:127.0.0.1
	certificate b elsewhere DNS:elsewhere.test
	server a
	server b
	printf 'reader secret\n' >"$T/secret"
	printf 'wrong\n' >"$T/wrong-secret"
	printf '\n' >"$T/empty-secret"
	cat >"$T/people.conf" <<-'END'
	account = "(objectClass=inetOrgPerson)";
	name = "uid";
	keys = { address = [ "mail" ]; account = [ "uid" ]; };
	require = [ "employeeType" ];
	rules = (
	  { block = "locked"; account = "(employeeType=locked)"; },
	  { admit = true; account = "(employeeType=active)"; }
	);
	END
	sed '1i ignore_references = true;' "$T/people.conf" \
	    >"$T/lenient.conf"
} >"$T/prepare.log" 2>&1 || { cat "$T/prepare.log" >&2; exit 1; }
