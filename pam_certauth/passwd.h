/*
 * The system's own idea of a user name, asked with memory of our own.
 */
#ifndef PAM_CERTAUTH_PASSWD_H
#define PAM_CERTAUTH_PASSWD_H

#include <sys/types.h>

enum passwd_answer {
	PASSWD_ERROR = 0,	/* could not ask */
	PASSWD_FOUND,
	PASSWD_OTHER_NAME,	/* found, but its own name is another:
				 * DOMAIN\user, or user in capitals */
	PASSWD_ABSENT
};

/* The uid of a user name; *ret_uid is only written when one was found. */
enum passwd_answer passwd_find(const char *name, uid_t *ret_uid);

#endif
