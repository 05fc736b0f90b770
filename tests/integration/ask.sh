# ask.sh: one row of rows.tsv: ask as it says, compare what came back.
#
# Each ask_WAY sets GOT and WHY from the reply alone.

# value NAME LINE: a field of a reply line, or "-".
value() {
	_value=$(printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p")
	printf '%s\n' "${_value:--}"
}

# ask_line LINE: what lookupd says to it, last line first in GOT and WHY.
ask_line() {
	REPLY=$(printf '%s\n' "$1" |
	    socat -t 10 - "UNIX-CONNECT:$SOCKET" 2>>"$LOGS/socat.log" |
	    tail -n 1)
	GOT=${REPLY%% *}
	GOT=${GOT:-nothing}
	WHY=$(value account "$REPLY")
	[ "$GOT" = active ] || WHY=$(value reason "$REPLY")
}

der() {
	openssl x509 -in "$T/certs/$1.crt" -outform DER | base64 -w 0
}

# The way nginx writes it.
escaped() {
	awk '{ gsub(/ /, "%20"); gsub(/\+/, "%2B"); gsub(/\//, "%2F");
	    gsub(/=/, "%3D"); printf "%s%%0A", $0 }' "$T/certs/$1.crt"
}

# ask_socat CERTIFICATE KIND FIELDS
ask_socat() {
	_fields=${3#-}
	_fields=${_fields:+ $_fields}
	case $2 in
	verified) ask_line "lookup service=nginx evidence=verified$_fields \
cert=$(der "$1")" ;;
	escaped) ask_line "lookup service=nginx evidence=verified$_fields \
cert=$(escaped "$1")" ;;
	asserted) ask_line "lookup service=imap evidence=asserted$_fields" ;;
	none) case $_fields in
		*service=*) ask_line "lookup evidence=none$_fields" ;;
		*) ask_line "lookup service=imap evidence=none$_fields" ;;
		esac ;;
	line) case $3 in
		*@der) ask_line "${3%@der}$(der "$1")" ;;
		*) ask_line "$3" ;;
		esac ;;
	esac
}

# fetch CERTIFICATE URL [OPTION...]: with curl; STATUS, $T/head and $T/body.
fetch() {
	_cert=$1 _url=$2
	shift 2
	case $_cert in
	-) ;;
	*.p12) set -- "$@" --cert-type P12 \
	    --cert "$T/certs/$_cert:$P12_PASSWORD" ;;
	*) set -- "$@" --cert "$T/certs/$_cert.crt" \
	    --key "$T/certs/$_cert.key" ;;
	esac
	: >"$T/head"
	: >"$T/body"
	STATUS=$(curl -q -sS --noproxy '*' --max-time 20 \
	    --cacert "$T/certs/server.crt" -D "$T/head" -o "$T/body" \
	    -w '%{http_code}' "$@" "$_url" 2>>"$LOGS/curl.log")
}

# header NAME: of the reply fetched last.
header() {
	tr -d '\r' <"$T/head" |
	    sed -n "s/^$1:[[:space:]]*//Ip" | head -n 1
}

# Why, from a log, of what was asked since mark: the account, the reason, or
# the verdict where there is no reason.  People and proxies are not told, on
# purpose.
mark() {
	MARK=$(wc -l <"$LOGS/$1.log")
}

logged_why() {
	_line=$(tail -n "+$((MARK + 1))" "$LOGS/$1.log" |
	    grep ' verdict=' | tail -n 1 |
	    sed 's/^[^ ]* [^ ]*: / /; s/: .*//')
	WHY=$(value account "$_line")
	case $_line in *verdict=active*) return ;; esac
	WHY=$(value reason "$_line")
	[ "$WHY" != - ] || WHY=$(value verdict "$_line")
}

# and_why LOG COMMAND...: ask, then read the log.  Refusals past 20 a second
# are only counted there: then ask again in the next one.
and_why() {
	_from=$1
	shift
	for _again in 1 2; do
		mark "$_from"
		"$@"
		logged_why "$_from"
		[ "$WHY" = - ] || return
		within 3 fresh_second "$(date +%s)"
	done
}

fresh_second() {
	[ "$(date +%s)" != "$1" ]
}

fetch_row() {
	if [ "$2" = forging ]; then
		fetch "$1" "$3" -H 'X-Certauth-Account: admin@example.com' \
		    -H 'X-SSL-Verify: SUCCESS' \
		    -H "X-SSL-Cert: $(escaped admin)" \
		    -H "Client-Cert: :$(der admin):"
	else
		fetch "$1" "$3"
	fi
	SAW=$(header X-Saw)
}

# ask_nginx CERTIFICATE SERVER PATH.  Why: what the application was told; for
# what nginx refuses by itself, what it saw; else the hook's log.
ask_nginx() {
	_base=https://localhost:$REQUIRED_PORT
	[ "$2" != optional ] || _base=https://localhost:$OPTIONAL_PORT
	mark hook
	fetch_row "$1" "$2" "$_base$3"
	logged_why hook
	GOT=$STATUS
	case $STATUS:$SAW in
	200:*) WHY=$(sed -n 's/^account=//p' "$T/body") ;;
	302:*)
		[ "$WHY" != - ] || and_why hook fetch_row "$1" "$2" "$_base$3"
		_page=$(header Location)
		fetch - "$_base/${_page#*://*/}"
		[ "$STATUS" = 200 ] && grep -q password "$T/body" && GOT=login
		;;
	*:FAILED*) WHY=$SAW ;;
	*) [ "$WHY" != - ] || and_why hook fetch_row "$1" "$2" "$_base$3" ;;
	esac
	WHY=${WHY:--}
}

# ask_pam - STACK "USER [ANSWER]"
ask_pam() {
	and_why lookupd pam_row "$2" "$3"
	GOT=${GOT:-nothing}
}

pam_row() {
	_answer=${2#* }
	[ "$_answer" != "$2" ] || _answer=
	_phases=both
	[ "$1" != status ] || _phases=account
	GOT=$("$BIN/pamlogin" "$T/pam.d" "$1" "${2%% *}" $_phases "$_answer" \
	    2>>"$LOGS/pam.log")
}

# ask_ctl CERTIFICATE COMMAND ADDRESS
ask_ctl() {
	_what=$3
	[ "$2" = lookup ] || _what=$T/certs/$1.crt
	REPLY=$("$BIN/certauthctl" $CTL_OPTIONS "$2" "$_what" \
	    2>>"$LOGS/certauthctl.log")
	GOT=$?
	REPLY=$(printf '%s\n' "$REPLY" | tail -n 1)
	WHY=$(value account "$REPLY")
	[ "$GOT" = 0 ] || WHY=$(value reason "$REPLY")
}

print_row() {
	printf '%-31.31s %-11.11s %-14.14s %-20.20s %-20.20s %s\n' "$@"
}

short() {
	echo "$1" | sed 's/AUTHINFO_UNAVAIL/UNAVAIL/g'
}

# run_rows FILE: a table on standard output; counts in PASSED and FAILED.
run_rows() {
	_tab=$(printf '\t')
	print_row who certificate way expected got reason
	while IFS=$_tab read -r who cert way question expected reason; do
		case $who in
		"## "*) say; say "-- ${who#\#\# }"; continue ;;
		\#*) continue ;;
		esac
		ask_${way%% *} "$cert" "${way#* }" "$question"
		if [ "$GOT" = "$expected" ] && [ "$WHY" = "$reason" ]; then
			PASSED=$((PASSED + 1))
			_mark=
		else
			FAILED=$((FAILED + 1))
			_mark="   WRONG, expected $expected $reason"
		fi
		print_row "$who" "$cert" "$way" "$(short "$expected")" \
		    "$(short "$GOT")" "$WHY$_mark"
	done <"$1"
}
