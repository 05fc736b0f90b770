#!/bin/sh
# The manual against the code: pages that format, reasons, verdicts, options; and
# the words of Zimbra's documentation, which a page must have.
# Fails with the file and what is missing in it.
cd "${top_srcdir:-.}" || exit 1
work=$(mktemp -d /tmp/ca.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL
bad=0

complain() {
	echo "$1: $2"
	bad=1
}

# same CODE-FILE LIST MANUAL-FILE LIST WHAT: two sorted lists must be equal
same() {
	for word in $(comm -23 "$2" "$4"); do
		complain "$3" "$5 $word is missing (it is in $1)"
	done
	for word in $(comm -13 "$2" "$4"); do
		complain "$1" "$5 $word is missing (it is in $3)"
	done
}

# items PAGE SECTION [SUBSECTION]: the words of .It there, one a line, sorted
items() {
	awk -v section="$2" -v wanted="$3" '
	/^\.Sh /	{ inside = substr($0, 5) == section; part = "" }
	/^\.Ss /	{ part = substr($0, 5) }
	inside && part == wanted && /^\.It / {
		for (i = 2; i < NF; i++)
			if ($i == "Cm" || $i == "Ic")
				print $(i + 1)
	}' "$1" | sort
}

# options FILE...: the names declared in tables of struct setting, sorted;
# a name declared in two tables comes twice
options() {
	awk '
	/struct setting [a-z_]+\[\] *= *\{/	{ table = 1 }
	table && /^\};/				{ table = 0 }
	table && /\{ *(\.name *= *)?"/ {
		sub(/^[^"]*"/, ""); sub(/".*/, ""); print
	}' "$@" | sort
}

lint() {
	if ! command -v mandoc >/dev/null; then
		echo "mandoc is missing: the pages are not linted"
		return
	fi
	for page in common/*.[1578] client/*.[1578] daemon/*.[1578] \
	    lookupd/*.[1578] pam_certauth/*.[1578] hook/*.[1578]; do
		[ -f "$page" ] || continue
		mandoc -T lint -W warning "$page" ||
		    complain "$page" "does not pass mandoc -T lint"
	done
}

check_reasons() {
	page=common/certauth-protocol.7
	for verdict in blocked refused unavailable bad-request; do
		symbol=$(echo "$verdict" | tr 'a-z-' 'A-Z_')
		sed -n "s/^.*X([A-Z_]*, $symbol, \"\([^\"]*\)\").*/\1/p" \
		    common/verdict.h | sort >"$work/code"
		items $page REASONS "$verdict" >"$work/manual"
		[ -s "$work/code" ] ||
		    complain common/verdict.h "no reason of $verdict found"
		same common/verdict.h "$work/code" $page "$work/manual" \
		    "reason of $verdict:"
	done
	ls etc/profiles/*.conf >/dev/null 2>&1 || return
	sed -n 's/#.*//; s/.*block *= *"\([^"]*\)".*/\1/p' \
	    etc/profiles/*.conf | sort -u >"$work/code"
	items $page REASONS "blocked, by the profiles that come with certauth" \
	    >"$work/manual"
	same "etc/profiles/*.conf" "$work/code" $page "$work/manual" \
	    "reason of a profile:"
}

check_verdicts() {
	page=common/certauth-protocol.7
	awk '/^verdict_word/ { f = 1 } f && /^}/ { f = 0 }
	    f && /return "/ { split($0, a, "\""); print a[2] }' \
	    common/verdict.c | grep -vx none | sort >"$work/code"
	items $page VERDICTS >"$work/manual"
	[ -s "$work/code" ] || complain common/verdict.c "no verdict found"
	same common/verdict.c "$work/code" $page "$work/manual" verdict
	for a in $(cat "$work/code") ok; do
		for b in $(cat "$work/code") ok; do
			[ "$a" = "$b" ] && continue
			case $a in *"$b"*)
				complain common/verdict.c "$a contains $b" ;;
			esac
		done
	done
	for word in $(sed -n 's/^.*X([A-Z_]*, [A-Z_]*, "\([^"]*\)").*/\1/p' \
	    common/verdict.h); do
		case $word in *active*)
			complain common/verdict.h "$word contains active" ;;
		esac
	done
}

# check_options PAGE FILE...: every option of the files is in the page, and
# as often as it is declared (a realm and a service both have a name)
check_options() {
	page=$1
	shift
	files=
	for file in "$@"; do
		[ -f "$file" ] && files="$files $file"
	done
	[ -n "$files" ] || return
	options $files >"$work/code"
	[ -s "$work/code" ] || complain "$files" "no table of options found"
	if [ ! -f "$page" ]; then
		complain "$page" "does not exist (options are in$files)"
		return
	fi
	sed -n 's/^\.It //p' "$page" | tr -s ' ,' '\n\n' | awk '
	    (last == "Ic" || last == "Cm") { print } { last = $0 }' |
	    sort >"$work/manual"
	for name in $(uniq "$work/code"); do
		declared=$(grep -cxF -e "$name" "$work/code")
		described=$(grep -cxF -e "$name" "$work/manual")
		[ "$described" -ge "$declared" ] || complain "$page" \
		    "option $name: .It in $described places, declared in $declared ($(grep -lE "\"$name\"" $files | tr '\n' ' '))"
	done
}

# Options of the PAM module, and the services it refuses in.
check_pam() {
	page=pam_certauth/pam_certauth.8
	sed -n 's/^	{ "\([a-z_]*\)", \(true\|false\), set_.*/\1/p' \
	    pam_certauth/options.c | sort >"$work/code"
	sed -n 's/^\.It Cm \([a-z_]*\).*/\1/p' $page | sort -u >"$work/manual"
	[ -s "$work/code" ] || complain pam_certauth/options.c "no option found"
	same pam_certauth/options.c "$work/code" $page "$work/manual" option
	tr -s ' ,.' '\n\n\n' <$page | sort -u >"$work/words"
	for service in $(sed -n '/typed\[\] = {/,/^};/s/"/\n/gp' \
	    client/services.c | grep -x '[a-z0-9_-]*'); do
		grep -qxF -e "$service" "$work/words" ||
		    complain $page "service $service is missing"
	done
}

# The words of Zimbra's own documentation, for whoever looks for one of them.
check_zimbra() {
	page=hook/certauth-zimbra.7
	while read -r words; do
		grep -qwF -e "$words" $page ||
		    complain $page "Zimbra's $words is missing"
	done <<-'END'
	Client Cert Auth using X.509 certificates
	ZCO Connection Security
	openssl genrsa
	openssl req
	openssl x509
	openssl pkcs12
	zimbraMailMode
	zmtlsctl
	zmprov gs
	zmprov ms
	zmprov mcf
	zmprov fc -a config
	zimbraMailSSLPort
	zimbraAdminPort
	zimbraMailSSLClientCertPort
	zimbraMailSSLClientCertMode
	Disabled
	NeedClientAuth
	WantClientAuth
	zmcertmgr addcacert
	zimbraMailSSLClientCertOCSPEnabled
	zimbraMailSSLClientCertBindAddress
	zimbraMailSSLClientCertPrincipalMap
	zimbraMailSSLClientCertPrincipalMapLdapFilterEnabled
	client_ssl_truststore
	debug_certauth_capture_client_certificate
	zimbraVirtualHostname
	zimbraDomainAllowedIPs
	zimbraForeignPrincipal
	zimbraAuthTokenLifetime
	zimbraAdminAuthTokenLifetime
	zmprov generateDomainPreAuthKey
	zmprov fc account
	zmmailboxdctl restart
	zmcontrol stop
	zmcontrol start
	zimbraReverseProxyMailMode
	zimbraReverseProxyMailSSLPort
	zimbraMailSSLProxyClientCertPort
	zimbraReverseProxyClientCertMode
	zimbraReverseProxyClientCertCA
	zmclientcertmgr savecrt
	zmclientcertmgr cleancrt
	zimbraReverseProxyAdminIPAddress
	zimbraMailReferMode
	zimbraWebClientLoginURL
	zimbraWebClientLogoutURL
	zmnginxctl restart
	https://SERVER:PORT/certauth
	https://SERVER:PORT/certauth/admin
	END
}

lint
check_reasons
check_verdicts
check_options lookupd/lookupd.conf.5 lookupd/config*.c
check_options lookupd/certauth-profile.5 lookupd/profile*.c
check_pam
check_options hook/certauth-hook.conf.5 hook/*config*.c
check_zimbra
exit $bad
