/*
 * The command pam-lint: where the files are, and what it comes to.
 */
#include "config.h"

#include "client/pam_lint.h"

#include <sys/stat.h>

#include <string.h>

#include "client/pam_lint_walk.h"
#include "client/read_file.h"
#include "common/text.h"

#define SERVICE_MAX 64

/* Folders in libpam's order; conf when they are none but one file. */
struct place {
	const char *folders[2];
	const char *conf;
};

static int
read_name(void *context, const char *name, struct buffer *out, char *path)
{
	const struct place *place = context;
	size_t i = 0;
	int n = 0;

	do {
		if (name == NULL)
			n = snprintf(path, LINT_PATH_MAX, "%s", place->conf);
		else if (*name == '/')
			n = snprintf(path, LINT_PATH_MAX, "%s", name);
		else if (place->folders[i] != NULL)
			n = snprintf(path, LINT_PATH_MAX, "%s/%s",
			    place->folders[i], name);
		if (n > 0 && n < LINT_PATH_MAX && read_file(path, out) == NULL)
			return 0;
		buffer_clear(out);
	} while (++i < 2 && place->folders[i] != NULL);
	return -1;
}

/* Whether libpam would find it: in lower case, without a folder. */
static bool
take_service(const char *argument, char *service)
{
	size_t len = strlen(argument);

	if (len == 0 || len > SERVICE_MAX || strchr(argument, '/') != NULL)
		return false;
	memcpy(service, argument, len + 1);
	text_lower(service, len);
	return true;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void
find_place(const char *folder, struct place *place)
{
	memset(place, 0, sizeof(*place));
	if (folder != NULL) {
		place->folders[0] = folder;
	} else if (is_folder("/etc/pam.d") || is_folder("/usr/lib/pam.d")) {
		place->folders[0] = "/etc/pam.d";
		place->folders[1] = "/usr/lib/pam.d";
	} else {
		place->conf = "/etc/pam.conf";
	}
}

static int
report(const struct lint_stack *stack, const char *service, FILE *out)
{
	unsigned warnings = lint_warn(stack, service, out);
	bool any = false;

	for (size_t i = 0; i < stack->count; i++)
		any |= lint_is_ours(stack->entries[i]);
	if (!any && warnings == 0)
		fprintf(out, "%s: pam_certauth is not in this service\n",
		    service);
	return warnings > 0 ? LINT_EXIT_WARNINGS : 0;
}

int
lint_run(const char *folder, const char *service, FILE *out, FILE *err)
{
	struct place place;
	struct lint_source source = { .read = read_name, .context = &place };
	struct lint_stack stack;
	char name[SERVICE_MAX + 1];
	int result = LINT_EXIT_UNREADABLE;

	if (!take_service(service, name)) {
		fputs("certauthctl: pam-lint: a service is a name of at most "
		    "64 bytes, without a slash\n", err);
		return result;
	}
	find_place(folder, &place);
	source.conf = place.conf != NULL;
	if (lint_stack_read(&source, name, &stack) != 0)
		fprintf(err, "certauthctl: pam-lint: %s: %s\n", name,
		    stack.failed);
	else if (!stack.has_service)
		fprintf(err, "certauthctl: pam-lint: %s: there is no such "
		    "service, or it cannot be read\n", name);
	else
		result = report(&stack, name, out);
	lint_stack_free(&stack);
	return result;
}
