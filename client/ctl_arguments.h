/*
 * certauthctl's command line: what is to be asked, of whom, and where its
 * words go.
 */
#ifndef CERTAUTH_CTL_ARGUMENTS_H
#define CERTAUTH_CTL_ARGUMENTS_H

#include <stdbool.h>
#include <stdio.h>

/* What a command takes. */
enum ctl_argument {
	ARGUMENT_NONE,
	ARGUMENT_NAME,		/* an address or account name */
	ARGUMENT_FILE,		/* a certificate */
	ARGUMENT_EITHER,	/* a certificate if there is such a file */
	ARGUMENT_SCOPE,		/* none, a name, or @ and a domain */
	ARGUMENT_SERVICE	/* a PAM service; nobody is asked */
};

struct ctl_command {
	const char *name, *verb, *usage;
	enum ctl_argument argument;
	bool explains;
};

/* All strings are argv's; NULL where nothing was said. */
struct ctl_arguments {
	const char *socket, *server_user, *service, *realm, *evidence, *user;
	const char *folder;
	bool admin;
	long long timeout;	/* seconds */
	const struct ctl_command *command;
	const char *argument;
	FILE *out, *err;
};

/* Read the command line; what is set before are the defaults.  0, or an exit
 * code after having complained. */
int ctl_arguments_take(struct ctl_arguments *arguments, int argc,
    char **argv);

/* Does the command ask about somebody? */
bool ctl_decides(const struct ctl_command *command);

/* A sentence to err; CTL_EXIT_USAGE. */
int ctl_complain(const struct ctl_arguments *arguments, const char *format,
    ...) __attribute__((format(printf, 2, 3)));

#endif
