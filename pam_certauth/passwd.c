/* See passwd.h. */
#include "config.h"

#include "pam_certauth/passwd.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_MAX (64 * 1024)

/* No entry and no error is the only way glibc says "absent": ENOENT comes
 * from a source of names that is away. */
enum passwd_answer
passwd_find(const char *name, uid_t *ret_uid)
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
		answer = strcmp(entry.pw_name, name) == 0 ? PASSWD_FOUND :
		    PASSWD_OTHER_NAME;
	} else if (status == 0) {
		answer = PASSWD_ABSENT;
	}
	free(memory);
	return answer;
}
