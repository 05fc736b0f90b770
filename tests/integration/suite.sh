# suite.sh: what `quickstart test` and `quickstart test more` run, and the
# counting: of each test program its cases (cmocka's, or lines "ok - "), else
# the program as one.

SUITE_PASSED=0 SUITE_FAILED=0

title() {
	printf '\n== %s\n' "$*"
}

one() {
	if [ "$1" = 0 ]; then
		SUITE_PASSED=$((SUITE_PASSED + 1))
	else
		SUITE_FAILED=$((SUITE_FAILED + 1))
		echo "FAILED: $2"
	fi
}

# step NAME COMMAND...: counts as one.
step() {
	title "$1"
	_name=$1
	shift
	"$@"
	one $? "$_name"
}

# cases LOG RESULT: "passed failed" of one test program's log.
cases() {
	awk -v result="$2" '
	/^\[ RUN      \]/ { ran++ }
	/^\[       OK \]/ { ok++ }
	/^ok - / { ran++; ok++ }
	/^not ok - / { ran++ }
	/^[0-9]+ passed, [0-9]+ failed$/ { total = $1; bad = $3 }
	END {
		if (ran == 0 && total + bad > 0) {
			ok = total
			ran = total + bad
		}
		failed = ran - ok
		if (result != "PASS" && failed == 0)
			failed = 1
		if (result == "PASS" && ran == 0)
			ok = 1
		print ok + 0, failed
	}' "$1"
}

# What failed, and then the end of the log.
show_failure() {
	grep -nE -A 2 '^not ok|WRONG|\[  FAILED  \]|\[   ERROR|Sanitizer:|runtime error:' \
	    "$1" | head -n 60
	tail -n 150 "$1" | cut -c1-1000
}

# After make check: every test has left a .trs.
count_checks() {
	_seen=0
	for _trs in $(find "$BUILD" -name '*.trs' \
	    -not -path '*/certauth-[0-9]*/*' | sort); do
		_result=$(sed -n 's/^:test-result: //p' "$_trs")
		_name=${_trs#"$BUILD/"}
		_seen=1
		if [ "$_result" = SKIP ]; then
			echo "skipped: ${_name%.trs}:" \
			    "$(grep -h SKIP "${_trs%.trs}.log" | head -n 1)"
			continue
		fi
		set -- $(cases "${_trs%.trs}.log" "$_result")
		SUITE_PASSED=$((SUITE_PASSED + $1))
		SUITE_FAILED=$((SUITE_FAILED + $2))
		printf '%-4s %-40s %s passed, %s failed\n' "$_result" \
		    "${_name%.trs}" "$1" "$2"
		[ "$_result" = PASS ] || show_failure "${_trs%.trs}.log"
	done
	if [ $_seen = 0 ]; then
		grep -E -A 3 'error:|\*\*\*' "$BUILD/check.log"
		one 1 "make check in $BUILD left no results"
	elif [ ! -e "$BUILD/tests/unit/test_protocol.trs" ]; then
		one 1 "the unit tests were left out: configure found no cmocka"
	fi
}

# checked NAME [CONFIGURE-ARGUMENT...]: build and make check.
checked() {
	title "build and tests: $*"
	configured "$@" && made all || { one 1 "build $*"; return; }
	find "$BUILD" -name '*.trs' -exec rm -f {} +
	make -C "$BUILD" -k -j"$JOBS" check >"$BUILD/check.log" 2>&1 </dev/null
	_status=$?
	_before=$SUITE_FAILED
	count_checks
	if [ $_status != 0 ] && [ "$_before" = "$SUITE_FAILED" ]; then
		tail -n 100 "$BUILD/check.log"
		one 1 "make check $*"
	fi
}

closing_line() {
	printf '\n%s passed, %s failed\n' $SUITE_PASSED $SUITE_FAILED
	[ $SUITE_FAILED = 0 ] && [ $SUITE_PASSED -gt 0 ]
}

suite() {
	checked plain
	step "a decision that always says active must be noticed" \
	    "$SOURCE/tests/integration/always-active.sh"
	checked sanitized --enable-sanitizers
	closing_line
}

c_files() {
	( cd "$SOURCE" && ls common/*.c client/*.c daemon/*.c lookupd/*.c \
	    pam_certauth/*.c hook/*.c )
}

# Suppressions, each with its reason, are in tests/analysers/.

# unaccepted LOG: warnings of clang's programs that accepted.txt has not.
unaccepted() {
	grep -E '^[^: ]+:[0-9]+:[0-9]+: (warning|error): ' "$1" |
	    sed "s|^$SOURCE/||; s|^\\./||" | sort -u |
	    awk 'NR == FNR { known[$1 " " $2] = $1 !~ /^#/; next }
	    {
		file = $1; sub(/:.*/, "", file)
		check = $NF; gsub(/^\[|\]$|clang-analyzer-/, "", check)
		if (!known[file " " check]) { print; bad = 1 }
	    }
	    END { exit bad }' "$SOURCE/tests/analysers/accepted.txt" -
}

run_cppcheck() {
	cd "$SOURCE" && cppcheck -q -j "$JOBS" --error-exitcode=1 \
	    --enable=warning,portability,performance --inconclusive \
	    --std=c11 --inline-suppr -I. -I"$BUILD" -DRUNSTATEDIR='""' \
	    -DSYSCONFDIR='""' -DPKGDATADIR='""' \
	    -D'STACK_OF(type)=struct stack_st_##type' \
	    --include="$(find /usr/include -path '*sys/queue.h' | head -n 1)" \
	    --suppressions-list=tests/analysers/cppcheck.txt $(c_files)
}

run_clang_tidy() {
	cd "$SOURCE" || return 1
	c_files | xargs -n 6 -P "$JOBS" sh -c 'clang-tidy --quiet \
	    --config-file=tests/analysers/clang-tidy.yaml "$@" -- -std=gnu11 \
	    -I. "-I$0" -D_GNU_SOURCE "-DRUNSTATEDIR=\"\"" \
	    "-DSYSCONFDIR=\"\"" "-DPKGDATADIR=\"\""' "$BUILD" \
	    >"$BUILD/clang-tidy.log" 2>/dev/null
	unaccepted "$BUILD/clang-tidy.log"
}

run_scan_build() {
	BUILD=$BUILDS/scan-build
	rm -rf "$BUILD"
	mkdir -p "$BUILD"
	( cd "$BUILD" &&
	    shown scan-configure.log scan-build "$SOURCE/configure" &&
	    shown scan.log scan-build -o "$BUILD/reports" \
	    make -j"$JOBS" all ) && unaccepted "$BUILD/scan.log"
}

run_clang() {
	configured clang CC=clang --enable-werror && made all &&
	    made check TESTS=
}

run_distcheck() {
	configured plain && made distcheck
}

# Each target counts.
fuzzed() {
	title "fuzz targets, $1 seconds each"
	configured fuzzers CC=clang --enable-fuzzers --enable-sanitizers &&
	    made all || { one 1 "build of the fuzz targets"; return; }
	"$SOURCE/tests/fuzz/run.sh" "$1" "$BUILD" >"$BUILD/fuzz.log" 2>&1
	cat "$BUILD/fuzz.log"
	set -- $(tail -n 1 "$BUILD/fuzz.log" |
	    sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
	[ $# = 2 ] || set -- 0 1
	SUITE_PASSED=$((SUITE_PASSED + $1))
	SUITE_FAILED=$((SUITE_FAILED + $2))
}

# Programs that ask PAM, each with its test.
PAM_PROGRAMS='apache dovecot ocserv openvpn postgresql vsftpd'

# Proxies that ask certauth-hook, each with its test; and restart, with nginx.
WEB_PROGRAMS='nginx haproxy apache exim caddy recorded restart'

# real_directory SCRIPT: the last line of its log counts; 77: not here.
real_directory() {
	title "$1"
	made all || { one 1 "build for $1"; return; }
	top_srcdir=$SOURCE top_builddir=$BUILD \
	    "$SOURCE/tests/integration/$1" >"$BUILD/$1.log" 2>&1 </dev/null
	_status=$?
	cat "$BUILD/$1.log"
	[ $_status != 77 ] || return 0
	set -- "$1" $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' \
	    "$BUILD/$1.log")
	SUITE_PASSED=$((SUITE_PASSED + ${2:-0}))
	SUITE_FAILED=$((SUITE_FAILED + ${3:-0}))
	[ $_status = 0 ] || [ "${3:-0}" != 0 ] || one 1 "$1"
}

more() {
	configured plain || return 1
	step cppcheck run_cppcheck
	step clang-tidy run_clang_tidy
	step scan-build run_scan_build
	step "clang, warnings are errors" run_clang
	configured plain && made all && made check TESTS= ||
		one 1 "build of the tests' programs"
	real_directory samba.sh
	real_directory 389ds.sh
	real_directory mirror-389ds.sh
	real_directory model.sh
	real_directory providers.sh
	for _program in $PAM_PROGRAMS; do
		real_directory pam-$_program.sh
	done
	for _program in $WEB_PROGRAMS; do
		real_directory web-$_program.sh
	done
	real_directory browser.sh
	step "make distcheck" run_distcheck
	fuzzed 20
	closing_line
}
