# rows.sh: what the parts share: the programs, the rows, the table.  Sourced
# after tests/integration/lib.sh.
#
# A row: figure, field, target, what the limit measured, what we measured;
# separated by tabs.  The field is the one that is compared.

BENCH=$top_srcdir/tests/bench
TOOLS=$top_builddir/tests/bench
ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-1}

# row FIGURE FIELD TARGET LIMIT OWN
row() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$ROWS"
}

load() {
	"$TOOLS/load" "$@"
}

# field NAME MEASURED
field() {
	echo "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# table <ROWS: medians, and the rows they come from.
table() {
	awk -F '\t' -f "$BENCH/table.awk"
}
