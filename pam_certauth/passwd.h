/*
 * The system's own idea of a user name, asked with memory of our own.
 */
#ifndef PAM_CERTAUTH_PASSWD_H
#define PAM_CERTAUTH_PASSWD_H

#include <sys/types.h>

enum passwd_answer {
	PASSWD_ERROR = 0,	/* could not ask */
	PASSWD_FOUND,
	PASSWD_ABSENT
};

/* The uid of a user name; *ret_uid is only written when FOUND. */
enum passwd_answer passwd_uid(const char *name, uid_t *ret_uid);

#endif
