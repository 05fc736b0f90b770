/* See passwd.h. */
#include "config.h"

#include "pam_certauth/passwd.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>

#define ENTRY_MAX (64 * 1024)

enum passwd_answer
passwd_uid(const char *name, uid_t *ret_uid)
{
	struct passwd entry, *found = NULL;
	enum passwd_answer answer = PASSWD_ERROR;
	char *memory = NULL;
	int status = ERANGE;

	for (size_t size = 1024; status == ERANGE && size <= ENTRY_MAX;
	    size *= 4) {
		char *larger = realloc(memory, size);

		if (larger == NULL)
			break;
		memory = larger;
		status = getpwnam_r(name, &entry, memory, size, &found);
	}
	if (status == 0 && found != NULL) {
		*ret_uid = entry.pw_uid;
		answer = PASSWD_FOUND;
	} else if (status == 0 || status == ENOENT || status == ESRCH) {
		answer = PASSWD_ABSENT;
	}
	free(memory);
	return answer;
}
