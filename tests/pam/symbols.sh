#!/bin/sh
# The module exports pam_sm_* and nothing else, imports nothing that would
# change the program it is loaded into, and needs no other library.
module=${top_builddir:-.}/pam_certauth/.libs/pam_certauth.so
command -v nm > /dev/null || exit 77
command -v readelf > /dev/null || exit 77
[ -f "$module" ] || { echo "$module is not built"; exit 1; }
bad=0

want='pam_sm_acct_mgmt
pam_sm_authenticate
pam_sm_chauthtok
pam_sm_close_session
pam_sm_open_session
pam_sm_setcred'
got=$(nm -D --defined-only "$module" | awk '$2 != "A" { print $3 }' | sort)
if [ "$got" != "$want" ]; then
	printf 'exports:\n%s\nwant:\n%s\n' "$got" "$want"
	bad=1
fi

imports=$(nm -D --undefined-only "$module" |
    awk '{ sub(/@.*/, "", $2); print $2 }')
# neither the process's environment nor PAM's is read
for name in getenv secure_getenv __secure_getenv environ __environ _environ \
    pam_getenv pam_getenvlist setenv putenv alarm setitimer signal \
    sigaction sigprocmask pthread_sigmask select pselect fork vfork execve \
    system popen exit _exit abort __assert_fail setuid seteuid setresuid \
    umask chdir setlocale pam_set_data pam_putenv pam_get_user \
    pam_prompt pam_vprompt pam_get_authtok sleep usleep; do
	if printf '%s\n' "$imports" | grep -qx "$name"; then
		echo "imports $name"
		bad=1
	fi
done

needs=$(readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
for library in $needs; do
	case $library in
	libpam.so.*|libc.so.*|ld-linux*|libasan.so.*|libubsan.so.*) ;;
	*) echo "needs $library"; bad=1;;
	esac
done
exit $bad
