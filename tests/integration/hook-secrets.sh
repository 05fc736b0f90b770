#!/bin/sh
# The files of certauth-hook's secrets: `certauth-hook -n` says of each what a
# start would say, and changes nothing; and a reload that cannot have one says
# so and changes nothing either.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need curl setpriv openssl
begin
have certauth-hook

SOCKET=$T/run/lookupd.sock
KEYS=$T/keys
CONF=$T/etc/certauth-hook.conf
mkdir "$KEYS"
free_port
TCP=127.0.0.1:$_port
# give FILE: to the hook's user, who alone reads it
give() {
	chmod 600 "$1"
	[ $ROOT = no ] || chown $WEB_USER "$1"
}
# fresh: both files as they should be
fresh() {
	rm -rf "$KEYS"
	mkdir "$KEYS"
	openssl rand -hex 24 >"$KEYS/secret"
	openssl rand -hex 32 >"$KEYS/example.com"
	cat "$KEYS/secret" "$KEYS/example.com" >>"$T/all-secrets"
	give "$KEYS/secret"
	give "$KEYS/example.com"
}
# listeners SECRET-FILE: one with a secret, one with a domain's key
listeners() {
	HOOK_LISTENERS=", { address = \"$TCP\"; secret_file = \"$1\";
	    service = \"nginx\"; mode = \"required\"; evidence = \"xfcc\";
	    verify_header = \"\"; trust_proxy_verified = true; }
	  , { socket = \"$T/run/hook-zimbra.sock\"; service = \"nginx\";
	    mode = \"required\"; evidence = \"nginx-escaped\";
	    personality = \"zimbra\"; zimbra_url = \"https://mail.example.com\";
	    preauth_keys = [ \"example.com:$KEYS/example.com\" ]; }"
	hook_conf >"$CONF"
}
# tested OPTION...: the status; $T/said is what was said
tested() {
	timeout 60 "$BIN/certauth-hook" "$@" -c "$CONF" >"$T/printed" \
	    2>"$T/said" </dev/null
	_status=$?
	cat "$T/printed" "$T/said" >>"$LOGS/tested.log"
	echo $_status
}
# line_of TEXT: of the configuration, of the listener with that in it
line_of() {
	awk -v want="$1" '/^[ \t]*,?[ \t]*\{/ { at = NR } index($0, want) && !n {
	    print at; n = 1 }' "$CONF"
}

fresh
listeners "$KEYS/secret"
check "good files" 0 "$(tested -n)"
check "are said to be good" "$CONF: good" "$(cat "$T/said")"
check "and no socket was made" "" "$(ls "$T/run")"
check "-T" 0 "$(tested -T)"
check "names the file" 1 "$(grep -cF "secret_file = \"$KEYS/secret\"" \
    "$T/printed")"

# bad NAME FILE WORDS: -n says it, with configuration, line and file, and so
# does a start.
bad() {
	_want="$CONF:$(line_of "$KEYS/$2"): $KEYS/$2: $3"
	check "$1: -n's status" 78 "$(tested -n)"
	check "$1: what -n says" "$_want
$CONF: 1 problem" "$(cat "$T/said")"
	check "$1: -T's status, and nothing printed" "78 0" \
	    "$(tested -T) $(wc -c <"$T/printed")"
	check "$1: a start's status" 78 "$(tested)"
	check "$1: what a start says" 1 "$(grep -cF "$_want" "$T/said")"
	fresh
}
line="must be one line of 16 to 1024 printable characters without spaces"
for file in secret example.com; do
	rm "$KEYS/$file"
	bad "no $file" $file "No such file or directory"
	chmod 644 "$KEYS/$file"
	bad "$file, for all to read" $file \
	    "holds a secret and can be read by everybody (mode 0644)"
	chmod 620 "$KEYS/$file"
	bad "$file, for a group to write" $file \
	    "can be written by others (mode 0620)"
	mv "$KEYS/$file" "$KEYS/real"
	ln -s real "$KEYS/$file"
	bad "$file, a link" $file "is a symbolic link"
	rm "$KEYS/$file"
	mkfifo -m 600 "$KEYS/$file"
	give "$KEYS/$file"
	bad "$file, a pipe" $file "is not a regular file"
	: >"$KEYS/$file"
	bad "$file, empty" $file "$line"
	echo 0123456789abcde >"$KEYS/$file"
	bad "$file, short" $file "$line"
	echo "0123456789 0123456789" >"$KEYS/$file"
	bad "$file, a space" $file "$line"
	echo >>"$KEYS/$file"
	bad "$file, two lines" $file "$line"
	head -c 1025 /dev/zero | tr '\0' x >"$KEYS/$file"
	bad "$file, long" $file "$line"
	head -c 9999 /dev/zero | tr '\0' x >"$KEYS/$file"
	bad "$file, no secret at all" $file "is larger than 1026 bytes"
	[ $ROOT = yes ] || continue
	chown "$DAEMON_USER" "$KEYS/$file"
	chmod 444 "$KEYS/$file"
	bad "$file, another's" $file "belongs to uid $DAEMON_UID, not to root \
or to uid $(id -u $WEB_USER)"
	chown "root:$DAEMON_GID" "$KEYS/$file"
	chmod 600 "$KEYS/$file"
	bad "$file, root's alone" $file "Permission denied"
done

# All of them at once, each with the line of its listener.
rm "$KEYS/secret"
chmod 644 "$KEYS/example.com"
check "two: status" 78 "$(tested -n)"
check "two: both are said" "$CONF:$(line_of "$KEYS/secret"): $KEYS/secret
$CONF:$(line_of "$KEYS/example.com"): $KEYS/example.com
$CONF: 2 problems" "$(sed 's/\(: [^:]*\): .*/\1/' "$T/said")"
check "two: a start says both, too" "78 2" \
    "$(tested) $(grep -c "$CONF:[0-9]*: $KEYS/" "$T/said")"
fresh
sed 's/^user = .*/user = "no-such-user";/' "$CONF" >"$T/etc/other.conf"
cp "$T/etc/other.conf" "$CONF"
check "whom to become is nobody" "78 $CONF: there is no user 'no-such-user'" \
    "$(tested -n) $(sed -n 1p "$T/said")"
listeners "$KEYS/secret"
if [ $ROOT = yes ]; then
	check "as somebody else" 78 "$(setpriv --reuid 12345 --regid 12345 \
	    --clear-groups "$BIN/certauth-hook" -n -c "$CONF" 2>"$T/said"
	    echo $?)"
	check "who is told" "$CONF: only root can become the user '$WEB_USER'" \
	    "$(sed -n 1p "$T/said")"
fi

# Reloads.  shown FILE: the status for who shows that secret, and nothing else
shown() {
	curl -q -s --noproxy '*' --max-time 20 -o /dev/null -w '%{http_code}' \
	    -H "X-Certauth-Secret: $(cat "$1")" "http://$TCP/"
}
said() {
	tail -n "+$((MARK + 1))" "$LOGS/hook.log" | grep -qF -e "$1"
}
reload() {
	MARK=$(wc -l <"$LOGS/hook.log")
	kill -HUP "$(pid_of hook)"
}
# kept NAME WORDS: the reload is refused with these words, and all stays
kept() {
	check_ok "$1: refused" within $PATIENCE \
	    said "the configuration is bad, the old one stays"
	check_ok "$1: with file and reason" said \
	    "$CONF:$(line_of secret_file): $2"
	check "$1: the old secret goes on" 401 "$(shown "$T/old")"
}
start_hook || exit 1
cp "$KEYS/secret" "$T/old"
check "the secret is shown" 401 "$(shown "$T/old")"

mkdir "$T/elsewhere"
openssl rand -hex 24 >"$T/elsewhere/secret"
cat "$T/elsewhere/secret" >>"$T/all-secrets"
give "$T/elsewhere/secret"
listeners "$T/elsewhere/secret"
check "in a new folder: -n" 0 "$(tested -n)"
reload
case $(sed -n 's/.*sandbox: //p' "$LOGS/hook.log") in
*no-landlock* | *sanitized*)
	say "# every folder is reached"
	check_ok "in a new folder: taken" within $PATIENCE \
	    said "has been read again"
	;;
*)
	kept "in a new folder" "$T/elsewhere/secret: Permission denied; \
certauth-hook must be restarted to read in a folder where it had no secret"
	check "in a new folder: which is not taken" 503 \
	    "$(shown "$T/elsewhere/secret")"
	# the same of listeners
	secret_listeners=$HOOK_LISTENERS
	free_port
	needs="; certauth-hook must be restarted to listen there"
	for place in "address = \"127.0.0.1:$_port\"" \
	    "socket = \"$T/elsewhere/new.sock\"" \
	    "socket = \"$T/run/log\""; do
		HOOK_LISTENERS="$secret_listeners, { $place; service = \"nginx\";
		    secret_file = \"$KEYS/secret\"; mode = \"off\";
		    evidence = \"nginx-escaped\"; }"
		hook_conf | sed "s|$T/elsewhere/secret|$KEYS/secret|" >"$CONF"
		mkdir -p "$T/run/log"
		reload
		place=$(echo "$place" | cut -d'"' -f2)
		check_ok "listening at $place: refused" within $PATIENCE \
		    said "the configuration is bad, the old one stays"
		case $place in
		*/run/*)
			check_ok "for another reason" said "$place: "
			check_ok "where no restart helps" [ "$(tail -n \
			    "+$((MARK + 1))" "$LOGS/hook.log" |
			    grep -c restart)" = 0 ]
			;;
		*)
			check "with what is needed" 1 "$(tail -n \
			    "+$((MARK + 1))" "$LOGS/hook.log" |
			    grep -c "$place: .*$needs\$")"
			;;
		esac
		check "and the old ones go on" 401 "$(shown "$T/old")"
	done
	HOOK_LISTENERS=$secret_listeners
	stop hook
	start_hook || exit 1
	;;
esac
check "in a new folder: after a restart" 401 "$(shown "$T/elsewhere/secret")"
cp "$T/elsewhere/secret" "$T/old"
openssl rand -hex 24 >"$T/elsewhere/other"
cat "$T/elsewhere/other" >>"$T/all-secrets"
give "$T/elsewhere/other"
listeners "$T/elsewhere/gone"
reload
kept "a file that is missing" "$T/elsewhere/gone: No such file or directory"
if [ $ROOT = yes ]; then
	listeners "$T/elsewhere/other"
	chown root "$T/elsewhere/other"
	reload
	kept "a file of root's alone" "$T/elsewhere/other: Permission denied"
	check_ok "where no restart helps" [ "$(tail -n "+$((MARK + 1))" \
	    "$LOGS/hook.log" | grep -c restart)" = 0 ]
	give "$T/elsewhere/other"
fi
listeners "$T/elsewhere/other"
reload
check_ok "another file of a known folder is taken" within $PATIENCE \
    said "has been read again"
check "and shown" "401 503" \
    "$(shown "$T/elsewhere/other") $(shown "$T/old")"

# What a reload has replaced is in memory no more.
# in_memory FILE: how often
in_memory() {
	sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) rw.*/\1 \2/p' \
	    "/proc/$(pid_of hook)/maps" | while read -r from to; do
		dd if="/proc/$(pid_of hook)/mem" bs=4096 \
		    skip=$((0x$from / 4096)) \
		    count=$(((0x$to - 0x$from) / 4096)) 2>>"$LOGS/dd.log"
	done | grep -aoF "$(cat "$1")" | wc -l
}
case $ROOT,$(sed -n 's/.*sandbox: //p' "$LOGS/hook.log") in
no,* | *sanitized*) ;;
*)
	for round in "since the start" "since the reload"; do
		cp "$KEYS/example.com" "$T/old"
		check "a key $round is in memory once" 1 "$(in_memory "$T/old")"
		openssl rand -hex 32 >"$KEYS/example.com"
		cat "$KEYS/example.com" >>"$T/all-secrets"
		reload
		check_ok "another is taken" within $PATIENCE \
		    said "has been read again"
		check "the one $round is gone" 0 "$(in_memory "$T/old")"
	done
	;;
esac
stop hook
check "ends with status 0" 0 $?
check "no secret was printed or logged" "" \
    "$(grep -rlFf "$T/all-secrets" "$LOGS")"
finish
