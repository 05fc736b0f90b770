# certificates.sh: a CA and client certificates, made the way Zimbra's wiki
# prepares them with the openssl program; what openssl cannot be talked into
# comes from tests/tools/mkcert.
#
# In $T/certs: CA.key CA.crt, NAME.key NAME.csr NAME.crt for each, user1.p12;
# server.key server.crt for nginx.

P12_PASSWORD=export-password

# quietly COMMAND...: show what it said only when it fails.
quietly() {
	"$@" >"$LOGS/certificates.log" 2>&1 && rm "$LOGS/certificates.log" && return
	say "failed: $*"
	return 1
}

# make_ca NAME: [A] of the wiki.
make_ca() {
	quietly openssl genrsa -out "$1.key" 2048 &&
	quietly openssl req -new -key "$1.key" -x509 -days 3650 \
	    -subj "/C=US/ST=CA/O=Zimbra/CN=$1" -out "$1.crt" &&
	cp "$1.crt" "$1.pem"
}

# by_wiki NAME SUBJECT-TAIL [CA [EXTENSION...]]: [B] and [C] of the wiki.
by_wiki() {
	_cert=$1 _tail=$2 _ca=${3:-CA}
	shift 2
	[ $# = 0 ] || shift
	printf '%s\n' "$@" >"$_cert.ext"
	SERIAL=$((SERIAL + 1))
	quietly openssl genrsa -out "$_cert.key" "${KEY_BITS:-2048}" &&
	quietly openssl req -new -key "$_cert.key" -out "$_cert.csr" -subj \
	    "/C=US/ST=CA/L=San Mateo/O=Zimbra/OU=Support/CN=$_cert$_tail" &&
	if [ $# = 0 ]; then
		quietly openssl x509 -req -in "$_cert.csr" -CA "$_ca.crt" \
		    -CAkey "$_ca.key" -out "$_cert.crt" -set_serial $SERIAL
	else
		quietly openssl x509 -req -in "$_cert.csr" -CA "$_ca.crt" \
		    -CAkey "$_ca.key" -out "$_cert.crt" \
		    -set_serial $SERIAL -extfile "$_cert.ext"
	fi
}

# email NAME ADDRESS [CA [EXTENSION...]]: the address in the subject.
email() {
	_address=$2
	_name=$1
	shift 2
	by_wiki "$_name" "/emailAddress=$_address" "$@"
}

# odd NAME WORD...: by mkcert, under the names of the others.
odd() {
	_cert=$1
	shift
	quietly "$BIN/mkcert" leaf "$_cert" CA "$@" &&
	mv "$_cert.pem" "$_cert.crt"
}

server_certificate() {
	quietly openssl req -new -x509 -newkey rsa:2048 -nodes -days 30 \
	    -subj "/CN=localhost" \
	    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
	    -keyout server.key -out server.crt
}

# One account each, found by the address in the subject.
plain_certificates() {
	for _each in user1 user2 alias1 old1 locked closed maintenance pending \
	    frozen fresh elapsed timeless names hidden far admin delegated \
	    closedadmin shared ghost list liveuser; do
		email $_each $_each@example.com || return 1
	done
	for _each in suspended closed locked maintenance shutdown odd \
	    nostatus; do
		email d-$_each user1@$_each.example || return 1
	done
	email upper USER1@EXAMPLE.COM &&
	email d-alias user1@alias.example.com &&
	email d-closedalias user1@closedalias.example &&
	email rootlocked root@locked.example &&
	quietly openssl pkcs12 -export -clcerts -in user1.crt \
	    -inkey user1.key -out user1.p12 -passout pass:$P12_PASSWORD
}

# What openssl still makes.
other_certificates() {
	by_wiki san "" CA "subjectAltName=email:user2@example.com" &&
	email same alias1@example.com CA \
	    "subjectAltName=email:user1@example.com" &&
	email two user2@example.com CA \
	    "subjectAltName=email:user1@example.com" &&
	email half user1@example.com CA \
	    "subjectAltName=email:ghost@example.com" &&
	email lockedtwo user1@example.com CA \
	    "subjectAltName=email:locked@example.com" &&
	by_wiki noaddress "" &&
	email serverauth user1@example.com CA "extendedKeyUsage=serverAuth" &&
	email client user1@example.com CA "extendedKeyUsage=clientAuth" \
	    "keyUsage=digitalSignature" &&
	email foreign user1@example.com foreignCA &&
	KEY_BITS=1024 && email weak user1@example.com && KEY_BITS=2048 &&
	by_wiki inject "/O=x\\/emailAddress=admin@example.com\
/emailAddress=user2@example.com"
}

odd_certificates() {
	odd expired email=user1@example.com notbefore=-20 notafter=-1 &&
	odd future email=user1@example.com notbefore=1 notafter=20 &&
	odd nul email=user1@example.com%00.evil.example &&
	odd sannul san-email=user1@example.com%00.evil.example &&
	odd control email=user1@example.com%0aactive &&
	odd utf8 email-utf8=user1@example.com &&
	odd multirdn cn=user1 email=user1@example.com multirdn=1 &&
	odd bmp email-bmp=user1@example.com &&
	odd dupsan san-email=user1@example.com dup-san=1 &&
	odd badsan email=user1@example.com bad-san=1 &&
	odd twoat email=user1@evil@example.com &&
	odd quoted 'email="user1"@example.com' &&
	odd twomails email=user1@example.com email=alias1@example.com &&
	odd ec email=user1@example.com &&
	odd big key=rsa4096 email=user1@example.com pad=3000 &&
	odd star 'email=*@example.com' &&
	odd many $(for _n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
		echo "san-email=user$_n@example.com"; done)
}

# make_certificates [few]: all, or the CA and user1 alone.
make_certificates() {
	mkdir -p "$T/certs" && cd "$T/certs" || return 1
	SERIAL=2
	make_ca CA && make_ca foreignCA && server_certificate &&
	if [ "$1" = few ]; then
		email user1 user1@example.com
	else
		plain_certificates && other_certificates && odd_certificates
	fi &&
	cd / && { [ $ROOT = no ] || chown $WEB_USER "$T/certs/server.key"; }
}
