#!/bin/sh
# Every row of rows.tsv on real slapd, lookupd, certauth-hook, nginx, libpam.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need slapd slapadd ldapsearch nginx curl socat openssl setpriv
begin
have lookupd certauth-hook certauthctl mkcert pamlogin pam_certauth.so
start_all || exit 1
run_rows "${ROWS:-$INTEGRATION/rows.tsv}"
finish
