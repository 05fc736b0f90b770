#!/bin/sh
# The rows must notice a broken decision: build a copy of the tree in which
# the decision, whatever it was, becomes `active`, run quickstart there, and
# expect it to fail, with the wrong rows marked and all logs shown.
SOURCE=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
W=$(mktemp -d /tmp/ca-active.XXXXXX) || exit 1
trap 'rm -rf "$W"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir "$W/tree"
tar -C "$SOURCE" --exclude=./build --exclude=./.git --exclude=./config.status \
    -cf - . | tar -C "$W/tree" -xf - || exit 1
sed 's/^decision_make(/decision_made(/' "$SOURCE/lookupd/decision.c" \
    >"$W/tree/lookupd/decision.c"
cat >>"$W/tree/lookupd/decision.c" <<'END'

void
decision_make(const struct decision_input *input, struct decision *ret,
    struct trace *trace)
{
	decision_made(input, ret, trace);
	ret->verdict = VERDICT_ACTIVE;
	ret->reason[0] = '\0';
	if (ret->account[0] == '\0')
		memcpy(ret->account, "user1@example.com", 18);
}
END
sed -i 's/^#include "lookupd\/decision.h"/&\nvoid decision_made(\
const struct decision_input *, struct decision *, struct trace *);/' \
    "$W/tree/lookupd/decision.c"

"$W/tree/quickstart" >"$W/output" 2>&1 </dev/null
status=$?
verdict=0
fails() {
	echo "$*"
	verdict=1
}
[ $status = 1 ] || fails "quickstart ended with status $status, expected 1"
grep -q '^locked .*WRONG' "$W/output" || fails "the locked row is not wrong"
grep -q '^unknown .*WRONG' "$W/output" || fails "the unknown row is not wrong"
for log in slapd lookupd hook nginx; do
	grep -q "^---- $log.log" "$W/output" || fails "no log of $log is shown"
done
grep -E '^[0-9]+ passed, [0-9]+ failed$' "$W/output" |
    sed 's/^/with the broken decision: /'
[ $verdict = 0 ] || tail -n 60 "$W/output"
exit $verdict
