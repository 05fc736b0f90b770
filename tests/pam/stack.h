/*
 * A PAM stack of one line, in a folder of its own, with the built module and
 * the fake server behind it: everything goes through real libpam.
 *
 * The control is [success=ok ignore=ok default=bad], so that the code that
 * comes out is the module's own, PAM_IGNORE included.  What the module logs
 * is kept: the test program's pam_syslog stands before libpam's.
 */
#ifndef CERTAUTH_TESTS_STACK_H
#define CERTAUTH_TESTS_STACK_H

#include <security/pam_appl.h>

#include "tests/pam/fake_server.h"

#define STACK_SERVICE "check"	/* the name of the PAM service */
#define STACK_ACTIVE "active account=user1@example.com identity=u@example.com\n"

enum stack_entry {
	STACK_AUTHENTICATE,
	STACK_SETCRED,
	STACK_ACCOUNT,
	STACK_OPEN,
	STACK_CLOSE,
	STACK_CHAUTHTOK,
	STACK_ENTRIES
};

struct stack {
	char folder[32];
	char socket[64];
	struct fake_server *server;
};

/* How one call is made; zero is a good default. */
struct stack_call {
	const char *user;	/* NULL: "u@example.com" */
	bool no_user;		/* PAM_USER is NULL */
	const char *rhost;
	const char *service;	/* PAM_SERVICE after the start */
	int (*conversation)(int count, const struct pam_message **messages,
	    struct pam_response **responses, void *context);
	bool no_conversation;	/* PAM_CONV without a function */
	int flags;
};

void stack_open(struct stack *stack);
void stack_close(struct stack *stack);

/* The arguments of the line; socket= is added when it is not among them. */
void stack_write(const struct stack *stack, const char *options);
/* The same below other lines ("" or each with its line end). */
void stack_write_after(const struct stack *stack, const char *before,
    const char *options);

/* The same with another control, and lines behind it. */
void stack_write_control(const struct stack *stack, const char *control,
    const char *options, const char *after);

/* pam_start, one call, pam_end; the code of the call. PAM_USER is checked to
 * be the same afterwards. */
int stack_do(const struct stack *stack, enum stack_entry entry,
    const struct stack_call *call);

/* One such call in each phase; the codes. */
void stack_both(const struct stack *stack, const struct stack_call *call,
    int *auth, int *account);

/* The handle alone, for tests of several calls; and the call. */
pam_handle_t *stack_handle(const struct stack *stack,
    const struct stack_call *call);
int stack_enter(pam_handle_t *pamh, enum stack_entry entry, int flags);

/* Answers every question with an empty string. */
int stack_answer_empty(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context);

/* All that was logged since the last stack_log_clear, a line each, with the
 * priority in front ("3 option …"). */
const char *stack_log(void);
void stack_log_clear(void);

/* How many descriptors this process has open (and one to count them). */
unsigned stack_descriptors(void);

/* The absolute path of the module; static. */
const char *stack_module(void);

#endif
