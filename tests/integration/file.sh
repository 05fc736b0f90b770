#!/bin/sh
# File mode: every row of rows.tsv once more, over an LDIF file and without
# slapd; reloads, broken files, killed processes, a damaged store.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
EMBEDDED=yes
need nginx curl socat openssl setpriv
begin
have lookupd certauth-hook certauthctl mkcert pamlogin pam_certauth.so
start_all || exit 1
run_rows "${ROWS:-$INTEGRATION/rows.tsv}"

LDIF=$T/etc/directory.ldif
STORE=$T/store/accounts.mdb

# answer ADDRESS: the verdict, and the reason or account behind a colon.
answer() {
	ask_line "lookup service=imap evidence=none email=$1"
	case $WHY in
	"" | -) ANSWER=$GOT ;;
	*) ANSWER=$GOT:$WHY ;;
	esac
}

# comes ADDRESS VERDICT CASE: within PATIENCE, by asking again.
answers() {
	answer "$1"
	[ "$ANSWER" = "$2" ]
}
comes() {
	within $PATIENCE answers "$1" "$2"
	check "$3" "$2" "$ANSWER"
}

# logged TEXT: lookupd said so (again).
logged() {
	grep -qF "$1" "$LOGS/lookupd.log"
}

# A new file beside, renamed into place.
replace_ldif() {
	cat >"$LDIF.new" && chmod 644 "$LDIF.new" && mv "$LDIF.new" "$LDIF"
}

say
say "Reload on change"
sed 's/^\(zimbraAccountStatus:\) pending/\1 active/' "$LDIF" | replace_ldif
comes pending@example.com active:pending@example.com \
    "a status in the file changes"
cp "$LDIF" "$T/good.ldif"
{ cat "$T/good.ldif"; account new@example.com active; } | replace_ldif
comes new@example.com active:new@example.com "an account comes"
replace_ldif <"$T/good.ldif"
comes new@example.com unknown "and goes"
sed 's/^uid: user2$/&\n/' "$T/good.ldif" | replace_ldif
within $PATIENCE logged "begin with dn"
check_ok "a broken file is said, with its line" \
    grep -qE "directory\.ldif:[0-9]+: a record must begin with dn" \
    "$LOGS/lookupd.log"
comes user2@example.com active:user2@example.com "what was read before stays"
{ cat "$T/good.ldif"; account user2@example.com locked; } | replace_ldif
within $PATIENCE logged "a dn twice"
check_ok "a dn twice is said" logged "a dn twice"
comes user2@example.com active:user2@example.com "and the old data stays"
head -c 3000 "$T/good.ldif" | replace_ldif
within $PATIENCE logged "within a line"
check_ok "a file that was cut off is said" logged "within a line"
comes user1@example.com active:user1@example.com "and the old data stays, too"
: | replace_ldif
within $PATIENCE logged "is an account"
check_ok "a file without any account is said" logged "is an account"
comes user1@example.com active:user1@example.com "and the old data stays, once more"
rm "$LDIF"
within $PATIENCE logged "No such file"
check_ok "no file is said" logged "No such file"
comes user1@example.com active:user1@example.com "and the old data stays still"
replace_ldif <"$T/good.ldif"

say
say "Killed processes"
for _round in 1 2 3; do
	for _pid in $(children_of "$(pid_of lookupd)"); do
		kill -9 "$_pid"
		within $PATIENCE answers user1@example.com \
		    active:user1@example.com
		check "killed ($_round): user1 is active again" \
		    active:user1@example.com "$ANSWER"
		comes locked@example.com blocked:locked \
		    "killed ($_round): locked is blocked"
	done
done
check "nothing was built anew" 1 \
    "$(grep -c 'taken into use: ' "$LOGS/lookupd.log" | awk '{ print ($1 > 0) }')"
check_ok "and no store was thrown away" sh -c \
    "! grep -q 'begun anew: .*\\(damaged\\|shorter\\)' '$LOGS/lookupd.log'"

say
say "A damaged store"
truncate -s 8192 "$STORE"
# whoever was killed last may only now be opening it
cut_said() {
	logged "the store is damaged" || logged "it is shorter than it says"
}
within $PATIENCE cut_said
check_ok "a store cut short is said" cut_said
comes user1@example.com active:user1@example.com "and rebuilt"
comes locked@example.com blocked:locked "locked is still blocked"
stop lookupd
printf 'something else' >"$STORE"
start_lookupd
check_ok "a foreign file is said" logged "it is no data file of a store"
comes user1@example.com active:user1@example.com "and replaced"

say
say "A realm that is configured no more"
stop lookupd
cp "$T/etc/lookupd.conf" "$T/etc/before.conf"
sed 's/"main"/"other"/g' "$T/etc/before.conf" >"$T/etc/lookupd.conf"
start_lookupd
comes user1@example.com active:user1@example.com "the new one answers"
check_ok "what it had is removed" logged "not mirrored any more is removed"
stop lookupd
cp "$T/etc/before.conf" "$T/etc/lookupd.conf"
start_lookupd
comes user1@example.com active:user1@example.com "the first again, too"

say
say "What people see"
STATUS=$(echo status | socat -t 5 - "UNIX-CONNECT:$SOCKET")
check_ok "status shows the mode" \
    sh -c 'echo "$1" | grep -q "realm main: file"' - "$STATUS"
check_ok "status shows the area" sh -c \
    'echo "$1" | grep -qE "store main accounts: believed, [0-9]+ entries of .*directory.ldif"' \
    - "$STATUS"
EXPLAINED=$(echo "explain email=user1@example.com" |
    socat -t 5 - "UNIX-CONNECT:$SOCKET")
check_ok "explain says it is from the store" \
    sh -c 'echo "$1" | grep -q "from the store"' - "$EXPLAINED"

say
say "A canary that is not blocked"
sed 's/^\(zimbraMailDeliveryAddress: canary@example.com\)$/\1/; /^uid: canary$/,/^$/s/^\(zimbraAccountStatus:\) locked/\1 active/' \
    "$T/good.ldif" | replace_ldif
comes user1@example.com unavailable:canary "every answer is unavailable"
replace_ldif <"$T/good.ldif"
comes user1@example.com active:user1@example.com "until it is blocked again"
finish
