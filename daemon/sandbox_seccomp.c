/*
 * The table of system calls as a filter in the kernel.
 */
#include "config.h"

#include "daemon/sandbox_parts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <seccomp.h>

/* From this API level on the kernel can end a whole process. */
#define API_KILL_PROCESS 3
#define NAME_SIZE 32

static int
fail(char *error, const char *what, int code)
{
	snprintf(error, SANDBOX_ERROR_MAX, "seccomp: %s: %s", what,
	    strerror(code < 0 ? -code : code));
	return -1;
}

/* The next of some names into name (NAME_SIZE); what follows, or NULL. */
static const char *
next_name(const char *names, char *name)
{
	size_t len;

	names += strspn(names, " ");
	len = strcspn(names, " ");
	if (len == 0 || len >= NAME_SIZE)
		return NULL;
	memcpy(name, names, len);
	name[len] = '\0';
	return names + len;
}

/* Is there a row with this name, or one without conditions? */
static bool
has_row(unsigned roles, const char *name, bool unconditional)
{
	char other[NAME_SIZE];

	for (const struct sandbox_call *call = sandbox_calls;
	    call->names != NULL; call++) {
		const char *names = call->names;

		if ((call->roles & roles) == 0 || (unconditional &&
		    call->conditions[0].how != ANY))
			continue;
		while ((names = next_name(names, other)) != NULL) {
			if (strcmp(name, other) == 0)
				return true;
		}
	}
	return false;
}

static unsigned
compare_of(const struct sandbox_call *call, struct scmp_arg_cmp *compare)
{
	unsigned count = 0;

	for (; count < 2 && call->conditions[count].how != ANY; count++) {
		struct scmp_arg_cmp *c = &compare[count];

		c->arg = call->conditions[count].argument;
		c->op = SCMP_CMP_EQ;
		c->datum_a = call->conditions[count].value;
		c->datum_b = 0;
		if (call->conditions[count].how == OURSELVES) {
			c->datum_a = (scmp_datum_t)getpid();
		} else if (call->conditions[count].how == MASKED) {
			c->op = SCMP_CMP_MASKED_EQ;
			c->datum_a = call->conditions[count].mask;
			c->datum_b = call->conditions[count].value;
		}
	}
	return count;
}

/* A name that is not known here is no error: nobody can make that call. */
static int
add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count,
    const struct scmp_arg_cmp *compare)
{
	int rc, number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return 0;
	rc = seccomp_rule_add_array(filter, action, number, count, compare);
	/* there already: named for two of our roles */
	return rc == -EEXIST ? 0 : rc;
}

static int
add_allowed(scmp_filter_ctx filter, unsigned roles)
{
	char name[NAME_SIZE];

	for (const struct sandbox_call *call = sandbox_calls;
	    call->names != NULL; call++) {
		const char *names = call->names;
		struct scmp_arg_cmp compare[2];
		unsigned count = compare_of(call, compare);

		if ((call->roles & roles) == 0)
			continue;
		while ((names = next_name(names, name)) != NULL) {
			int rc = count > 0 && has_row(roles, name, true) ? 0 :
			    add(filter, SCMP_ACT_ALLOW, name, count, compare);

			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

static int
add_deadly(scmp_filter_ctx filter, unsigned roles)
{
	uint32_t action = seccomp_api_get() >= API_KILL_PROCESS ?
	    SCMP_ACT_KILL_PROCESS : SCMP_ACT_KILL;
	const char *names = sandbox_deadly;
	char name[NAME_SIZE];

	while ((names = next_name(names, name)) != NULL) {
		int rc = has_row(roles, name, false) ? 0 :
		    add(filter, action, name, 0, NULL);

		if (rc != 0)
			return rc;
	}
	/* Other machines' and other ABIs' system calls. */
	return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, action);
}

static int
load(scmp_filter_ctx filter, unsigned roles, char *error)
{
	int rc;

	/* Nice to have; each is unknown to some library or kernel.  A log of
	 * every refusal would have a line for each thread (clone3). */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG,
	    (roles & ROLE_DIRECTORY) == 0);
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	rc = seccomp_load(filter);
	if (rc == 0)
		return 1;
	if (rc == -ENOMEM || rc == -EAGAIN || rc == -EFAULT)
		return fail(error, "cannot be loaded", rc);
	return 0;
}

int
sandbox_seccomp(unsigned roles, char *error)
{
	scmp_filter_ctx filter;
	int rc;

	if (prctl(PR_GET_SECCOMP, 0L, 0L, 0L, 0L) == -1)
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return fail(error, "no filter", ENOMEM);
	rc = add_allowed(filter, roles);
	if (rc == 0)
		rc = add_deadly(filter, roles);
	/* glibc takes clone, whose flags can be seen, if there is no clone3 */
	if (rc == 0)
		rc = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
	rc = rc == 0 ? load(filter, roles, error) :
	    fail(error, "a rule is refused", rc);
	seccomp_release(filter);
	return rc;
}
