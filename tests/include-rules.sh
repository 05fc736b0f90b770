#!/bin/sh
# Include rules: who may include what (HACKING).  Fails with file and line.
cd "${top_srcdir:-.}" || exit 1
bad=0
# deny WHERE PATTERN BUT: no file of WHERE but those matching BUT includes it
deny() {
	found=$(grep -nE "#[[:space:]]*include[[:space:]]*[<\"]($2)" $1 2>/dev/null |
	    grep -vE "^($3):")
	[ -z "$found" ] && return
	printf '%s\n    (only %s may include this)\n' "$found" "$4"
	bad=1
}
ours='common/*.[ch] client/*.[ch] daemon/*.[ch] lookupd/*.[ch] pam_certauth/*.[ch] hook/*.[ch]'
deny "$ours" 'openssl/' '(lookupd/certificate[a-z_]*|hook/preauth)\.[ch]' 'lookupd/certificate* and hook/preauth.c'
deny "$ours" 'ldap\.h|lber\.h' 'lookupd/ldap_[a-z_]*\.[ch]' 'lookupd/ldap_*'
deny "$ours" 'libconfig\.h' 'daemon/settings[a-z_]*\.[ch]' 'daemon/settings*'
deny "$ours" 'seccomp\.h' 'daemon/sandbox_seccomp\.c' 'daemon/sandbox_seccomp.c'
deny "$ours" 'lmdb\.h' 'lookupd/store[a-z_]*\.[ch]' 'lookupd/store*'
deny "$ours" 'event2/event' 'daemon/loop\.h' 'daemon/loop.h'
deny "$ours" 'event2/' '(daemon/loop\.h|hook/[a-z_]*\.[ch])' 'daemon/loop.h and hook/'
deny "$ours" 'sys/random\.h' 'common/secret\.c' 'common/secret.c'
deny "$ours" 'security/pam' 'pam_certauth/[a-z_]*\.[ch]' 'pam_certauth/'
deny 'common/*.[ch]' '(client|daemon|lookupd|hook|pam_certauth)/' 'none' 'nobody in common/'
deny 'client/*.[ch]' '(daemon|lookupd|hook|pam_certauth)/' 'none' 'nobody in client/'
deny 'daemon/*.[ch]' '(client|lookupd|hook|pam_certauth)/' 'none' 'nobody in daemon/'
deny 'lookupd/*.[ch]' '(client/client|hook|pam_certauth)/' 'none' 'nobody in lookupd/'
deny 'pam_certauth/*.[ch]' '(daemon|lookupd|hook)/' 'none' 'nobody in pam_certauth/'
deny 'hook/*.[ch]' '(lookupd|pam_certauth)/' 'none' 'nobody in hook/'
pure=$(for f in address decision decision_told decision_user entry filter_node filter filter_build filter_check filter_eval \
    filter_parse filter_value find identity profile profile_groups profile_parts profile_rules resolve resolve_domain resolve_parts resolve_match rules sync sync_cookie sync_gather trace value value_time hash store_bucket store_chunk store_key store_record; do
	ls lookupd/$f.[ch] 2>/dev/null; done)
deny "$pure" 'daemon/(log|loop|privileges|readiness)|time\.h|sys/(socket|time)\.h|unistd\.h|poll\.h|lookupd/(certificate|ldap_|channel|client|front|parent|directory|request|config)' \
    'none' 'nobody in the pure ring'
for f in $(ls $ours); do
	case $f in lookupd/main.c|hook/main.c|client/main.c|client/ctl.c|lookupd/parent.c|lookupd/store_file.c) continue;; esac
	if grep -nE '\b(exit|_exit|abort|err|errx)[[:space:]]*\(' "$f" /dev/null; then
		echo "    (only a main may end the process)"; bad=1
	fi
done
exit $bad
