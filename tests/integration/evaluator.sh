#!/bin/sh
# The filter evaluator against slapd: hundreds of thousands of entries and
# filters, no disagreement; and bugs put into the evaluator on purpose, each
# of which must be found out.  SEED=n draws others than the usual ones.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/integration/lib.sh"
need slapd slapadd ldapsearch
[ -x "$top_builddir/tests/integration/test_evaluator" ] ||
    skip "test_evaluator was not built"
begin

# A directory of one empty suffix, without indices: each filter is tested on
# each entry.
evaluator_conf() {
	_schemas=/etc/ldap/schema
	[ -d $_schemas ] || _schemas=/etc/openldap/schema
	echo "include $_schemas/core.schema"
	echo "include $T/etc/evaluator.schema"
	[ ! -d /usr/lib/ldap ] || echo "modulepath /usr/lib/ldap"
	cat <<-END
	moduleload back_mdb
	sizelimit unlimited
	database mdb
	suffix dc=test
	rootdn cn=root,dc=test
	rootpw $SLAPD_ROOT_SECRET
	directory $T/slapd/data
	maxsize 67108864
	dbnosync
	END
}

start_evaluator_slapd() {
	mkdir -p "$T/slapd/data"
	cp "$INTEGRATION/evaluator.schema" "$T/etc/"
	evaluator_conf >"$T/etc/slapd.conf"
	printf '%s\n' 'dn: dc=test' 'objectClass: dcObject' \
	    'objectClass: organization' 'dc: test' 'o: test' \
	    >"$T/etc/evaluator.ldif"
	[ $ROOT = no ] || chown -R "$DAEMON_USER" "$T/slapd"
	( as "$DAEMON_USER" slapadd -q -f "$T/etc/slapd.conf" \
	    -l "$T/etc/evaluator.ldif" ) >"$LOGS/slapadd.log" 2>&1 ||
	    { say "slapadd failed"; return 1; }
	LDAPI=$(echo "ldapi://$T/slapd/ldapi" | sed 's|/tmp/|%2Ftmp%2F|
	    s|/slapd/ldapi|%2Fslapd%2Fldapi|')
	spawn slapd "$DAEMON_USER" slapd -d 0 -f "$T/etc/slapd.conf" \
	    -h "$LDAPI"
	ready slapd slapd_answers
}

# compared NAME PROGRAM [SEED]: its exit status; its words in a log.
compared() {
	_log=$LOGS/$1.log
	shift
	_program=$1
	shift
	"$_program" "$LDAPI" cn=root,dc=test $SLAPD_ROOT_SECRET "$@" \
	    >"$_log" 2>&1
}

# said NAME WHAT: a number that the program told.
said() {
	sed -n "s/^$2: \([0-9]*\)$/\1/p" "$LOGS/$1.log"
}

# What the build was configured with.
make_variable() {
	sed -n "s/^$1 = //p" "$top_builddir/Makefile"
}

# compile FILE.c OBJECT
compile() {
	$CC -std=gnu11 -D_GNU_SOURCE $CPPFLAGS $CFLAGS -O1 -w \
	    -I"$top_srcdir" -I"$top_builddir" -c -o "$2" "$1" \
	    >>"$LOGS/compile.log" 2>&1
}

# The evaluator and its comparison, in objects of our own.
EVALUATOR="lookupd/filter_eval lookupd/filter_check lookupd/value
    lookupd/value_time"
OTHERS="lookupd/filter_parse lookupd/filter_value lookupd/filter_build
    lookupd/entry
    common/text common/buffer tests/integration/test_evaluator
    tests/integration/evaluator_samples tests/integration/evaluator_filters
    tests/integration/evaluator_slapd tests/integration/evaluator_matrix"
compile_all() {
	CC=$(make_variable CC)
	CPPFLAGS="$(make_variable CPPFLAGS) $(make_variable LDAP_CFLAGS)"
	CFLAGS=$(make_variable CFLAGS)
	mkdir -p "$T/objects"
	for _each in $EVALUATOR $OTHERS; do
		compile "$top_srcdir/$_each.c" \
		    "$T/objects/${_each##*/}.o" || return 1
	done
}

# linked PROGRAM [WITHOUT OBJECT]: with that object instead of ours.
linked() {
	_objects=
	for _each in "$T"/objects/*.o; do
		[ "$_each" = "$T/objects/$2.o" ] ||
		    _objects="$_objects $_each"
	done
	$CC $CFLAGS $(make_variable LDFLAGS) -o "$1" $_objects $3 \
	    $(make_variable LDAP_LIBS) >>"$LOGS/compile.log" 2>&1
}

# seeded NAME FILE SED-COMMAND: with this bug the comparison must fail.
seeded() {
	_bug=$((_bug + 1))
	_source=$T/objects/bug$_bug.c
	sed "$3" "$top_srcdir/lookupd/$2.c" >"$_source"
	if cmp -s "$_source" "$top_srcdir/lookupd/$2.c"; then
		fail "seeded bug \"$1\": $2.c has no such line any more"
	elif ! compile "$_source" "$T/bug$_bug.object" ||
	    ! linked "$T/bug$_bug" "$2" "$T/bug$_bug.object"; then
		fail "seeded bug \"$1\": does not compile"
	else
		compared bug$_bug "$T/bug$_bug" ${SEED:-$USUAL} 1000
		_status=$?
		_found=$(said bug$_bug disagreements)
		if [ $_status = 1 ] && [ "${_found:-0}" -gt 0 ]; then
			pass "seeded bug caught: $1 ($_found disagreements)"
		else
			fail "seeded bug \"$1\": status $_status," \
			    "${_found:-no} disagreements"
		fi
	fi
	rm -f "$LOGS/bug$_bug.log"
}

USUAL=20260101
start_evaluator_slapd || exit 1
compared evaluator "$top_builddir/tests/integration/test_evaluator" \
    ${SEED:-$USUAL}
status=$?
cat "$LOGS/evaluator.log"
check "filter_eval and slapd agree" "0 0 0" \
    "$status $(said evaluator disagreements) $(said evaluator 'wrong cells')"
check_ok "on 20,000 pairs and more" [ "$(said evaluator pairs)" -ge 20000 ]

if compile_all && linked "$T/control"; then
	compared control "$T/control" ${SEED:-$USUAL}
	check "no bug seeded" "0 0" "$? $(said control disagreements)"
else
	fail "the evaluator does not compile here: $CC"
	finish
fi

_bug=0
seeded "! above Undefined is True" filter_eval \
    '/filter_eval(filter->child,/,/return one/ s/(one == TRUTH_UNDEFINED)/(false)/'
seeded "& and | end at Undefined" filter_eval \
    '/filter_eval(child,/,/return result/ s/result = TRUTH_UNDEFINED/return TRUTH_UNDEFINED/'
seeded "a wrong value is False" filter_eval \
    '/filter_item_evaluable(filter, context) != NULL)/ { n; s/TRUTH_UNDEFINED/TRUTH_FALSE/; }'
seeded "a wrong value is anything" filter_eval \
    '/filter_item_evaluable(filter, context) != NULL)/ { n; s/TRUTH_UNDEFINED/TRUTH_TRUE/; }'
seeded "an absent attribute is Undefined" filter_eval \
    '/^eval_found/,/^}/ { /if (attribute == NULL)$/ { n; s/TRUTH_FALSE/TRUTH_UNDEFINED/; }; }'
seeded "only the first value counts" filter_eval \
    's/value + attribute->count;/value + (attribute->count > 0);/; s/i < attribute->count; i++/i < 1; i++/'
seeded ">= of numbers is >" filter_eval 's/stored >= asserted/stored > asserted/'
seeded "<= of text is <" filter_eval 's/order <= 0/order < 0/'
seeded "case is not folded" value 's/ && !fold->exact)/ \&\& false)/'
seeded "spaces are not folded" value "s/while (\*fold->at == ' ')/while (false)/"
seeded "a final part is found anywhere" value \
    's/if (place == PART_ANY) {/if (place != PART_INITIAL) {/'
seeded "leading zeros are taken" value "s/text\[sign\] == '0'/false/"
seeded "time zones are the other way round" value_time \
    "s/(sign == '-' ? -1 : 1)/(sign == '-' ? 1 : -1)/"
seeded "fractions are dropped" value_time 's/ + fraction_us;/;/'
finish
