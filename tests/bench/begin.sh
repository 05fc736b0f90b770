# begin.sh: from exec to the first live answer, four starts a round; beside a
# bare server and a program that connects, binds and searches once.

STARTS=4

prepare_begin() {
	lookupd_conf_of "$T/run/begin.sock" warning >"$T/etc/begin.conf"
}

# begin_times SOCKET LINE WORD COMMAND...
begin_times() {
	"$TOOLS/start" $STARTS "$@" 2>>"$LOGS/begin.log" || exit 1
}

begin_round() {
	_line="lookup service=live evidence=none email=second9@example.com"
	_echo=$(begin_times "$T/run/bare.sock" "$_line" lookup "$TOOLS/echo" \
	    "$T/run/bare.sock")
	_raw=$(begin_times - - found "$TOOLS/raw_ldap" once "$LDAPI" $BASE \
	    "$PROFILE" second9@example.com)
	_own=$(begin_times "$T/run/begin.sock" "$_line" active \
	    "$BIN/lookupd" -c "$T/etc/begin.conf")
	_i=0
	while [ $((_i += 1)) -le $STARTS ]; do
		_ms=ms=$(echo "$_own" | sed -n ${_i}p)
		row "exec to first live answer, raw libldap" ms "<= 30 ms" \
		    "ms=$(echo "$_raw" | sed -n ${_i}p)" "$_ms"
		row "exec to first live answer, bare server" ms "<= 30 ms" \
		    "ms=$(echo "$_echo" | sed -n ${_i}p)" "$_ms"
	done
}
