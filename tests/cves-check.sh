#!/bin/sh
# tests/CVES against the tests: every test it names is there and is run, and
# none of T01 to T25 is missing.
cd "${top_srcdir:-.}" || exit 1
bad=0
ids=$(mktemp /tmp/ca.XXXXXX) || exit 1
trap 'rm -f "$ids"' EXIT
tab=$(printf '\t')

complain() {
	echo "tests/CVES: $1: $2"
	bad=1
}

# Is the file part of a build's tests?  Data is, by the program that reads it.
registered() {
	case $1 in
	tests/integration/rows.tsv) set -- tests/integration/rows.sh ;;
	*.tsv) set -- "${1%.tsv}.sh" ;;
	esac
	grep -qF "${1%.c}" tests/*/*.am tests/Makemodule.am
}

while IFS=$tab read -r id what file text; do
	case $id in '#'* | '') continue ;; esac
	echo "$id" >>"$ids"
	[ -n "$text" ] || { complain "$id" "columns: $what"; continue; }
	[ "$file" != later ] || continue
	if [ ! -f "$file" ]; then
		complain "$id" "there is no $file"
	elif ! grep -qF -- "$text" "$file"; then
		complain "$id" "no \"$text\" in $file"
	elif ! registered "$file"; then
		complain "$id" "$file is not among the tests"
	fi
done <tests/CVES
for n in $(seq -w 1 25); do
	grep -qx "T$n" "$ids" || complain "T$n" "is missing"
done
[ $bad = 1 ] || echo "ok - $(wc -l <"$ids") assertions have their tests"
exit $bad
