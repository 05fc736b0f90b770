# nginx-pages.sh: what the tests of nginx's samples share: more samples beside
# certauth.conf, and the pages that people get.  Sourced after lib.sh.

# nginx_conf of services.sh, and what nginx_more writes to $T/etc/more-nginx.conf.
PLAIN_CONF=
with_more_samples() {
	PLAIN_CONF=$(nginx_conf | sed '/include .*certauth-nginx.conf/,$d')
	nginx_conf() {
		nginx_more >"$T/etc/more-nginx.conf"
		printf '%s\n' "$PLAIN_CONF" \
		    "include $T/etc/certauth-nginx.conf;" \
		    "include $T/etc/more-nginx.conf;" "}"
	}
}

# page NAME CERTIFICATE URL STATUS REASON TITLE [OPTION...]: a page, and what it
# says.
page() {
	_name=$1 _who=$2 _page=$3 _answer="$4 $5" _title=$6
	shift 6
	fetch "$_who" "$_page" "$@"
	check "$_name" "$_answer" "$STATUS $(header X-Certauth-Reason)"
	check "$_name: says so" "$_title" \
	    "$(sed -n 's/^<h1>\(.*\)<\/h1>$/\1/p' "$T/body")"
	check "$_name: for every reader" "$STRUCTURE" "$(grep -oE "$(echo \
	    "$STRUCTURE" | tr ' ' '|' | sed 's/_/ /g')|user-scalable=no" \
	    "$T/body" | tr ' \n' '_ ' | sed 's/ $//')"
}
# What a page has once, in this order: a language for who has it read aloud,
# a size for who enlarges it, a place for who jumps to it.
STRUCTURE="<html_lang= <meta_name=\"viewport\" <title> <main> <h1> </main>"

# plain NAME PORT [OPTION...]: plain HTTP where HTTPS is.
plain() {
	_place=$1 _port=$2
	shift 2
	page "plain HTTP at $_place" - "http://${HOST:-localhost}:$_port/" 400 "" \
	    "This address needs https" "$@"
}
