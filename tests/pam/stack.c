/* See stack.h. */
#include "config.h"

#include "tests/pam/stack.h"

#include <dirent.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "tests/unit/rows.h"

#define CONTROL "[success=ok ignore=ok default=bad]"

static struct {
	pthread_mutex_t lock;
	char text[16384];
	size_t len;
} journal = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Found before libpam's by the module. */
void
pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
	char line[2048];
	va_list args;
	int n;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	pthread_mutex_lock(&journal.lock);
	n = snprintf(journal.text + journal.len,
	    sizeof(journal.text) - journal.len, "%d %s\n", priority, line);
	if (n > 0 && (size_t)n < sizeof(journal.text) - journal.len)
		journal.len += (size_t)n;
	pthread_mutex_unlock(&journal.lock);
}

const char *
stack_log(void)
{
	return journal.text;
}

void
stack_log_clear(void)
{
	pthread_mutex_lock(&journal.lock);
	journal.len = 0;
	journal.text[0] = '\0';
	pthread_mutex_unlock(&journal.lock);
}

const char *
stack_module(void)
{
	static char path[1024];
	const char *build = getenv("top_builddir");
	char relative[1024], *absolute;

	snprintf(relative, sizeof(relative),
	    "%s/pam_certauth/.libs/pam_certauth.so",
	    build != NULL ? build : ".");
	absolute = realpath(relative, NULL);
	if (absolute == NULL)
		fail_msg("%s is not built", relative);
	snprintf(path, sizeof(path), "%s", absolute);
	free(absolute);
	return path;
}

void
stack_open(struct stack *stack)
{
	snprintf(stack->folder, sizeof(stack->folder), "/tmp/ca.XXXXXX");
	assert_non_null(mkdtemp(stack->folder));
	snprintf(stack->socket, sizeof(stack->socket), "%s/s",
	    stack->folder);
	stack->server = fake_start(stack->socket);
	fake_set(stack->server, (struct fake_script){
	    .answer = STACK_ACTIVE });
	stack_log_clear();
}

void
stack_close(struct stack *stack)
{
	char path[128];

	fake_stop(stack->server);
	unlink(stack->socket);
	snprintf(path, sizeof(path), "%s/%s", stack->folder, STACK_SERVICE);
	unlink(path);
	snprintf(path, sizeof(path), "%s/other", stack->folder);
	unlink(path);
	rmdir(stack->folder);
}

static void
write_file(const struct stack *stack, const char *name, const char *before,
    const char *control, const char *options, const char *after)
{
	static const char *const types[] = { "auth", "account", "session",
		"password" };
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", stack->folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(before, file);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		fprintf(file, "%s %s %s %s", types[i], control,
		    stack_module(), options);
		if (strstr(options, "socket=") == NULL)
			fprintf(file, " socket=%s", stack->socket);
		fputc('\n', file);
	}
	fputs(after, file);
	assert_int_equal(fclose(file), 0);
}

void
stack_write(const struct stack *stack, const char *options)
{
	stack_write_after(stack, "", options);
}

void
stack_write_after(const struct stack *stack, const char *before,
    const char *options)
{
	write_file(stack, STACK_SERVICE, before, CONTROL, options, "");
	/* for services under other names */
	write_file(stack, "other", before, CONTROL, options, "");
}

void
stack_write_control(const struct stack *stack, const char *control,
    const char *options, const char *after)
{
	write_file(stack, STACK_SERVICE, "", control, options, after);
}

int
stack_answer_empty(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	*responses = calloc((size_t)count, sizeof(**responses));
	for (int i = 0; *responses != NULL && i < count; i++)
		(*responses)[i].resp = strdup("");
	return *responses != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

pam_handle_t *
stack_handle(const struct stack *stack, const struct stack_call *call)
{
	struct pam_conv conversation = { .conv = call->conversation };
	const char *user = call->user != NULL ? call->user :
	    "u@example.com";
	pam_handle_t *pamh = NULL;

	if (conversation.conv == NULL && !call->no_conversation)
		conversation.conv = stack_answer_empty;
	assert_int_equal(pam_start_confdir(STACK_SERVICE,
	    call->no_user ? NULL : user, &conversation, stack->folder,
	    &pamh), PAM_SUCCESS);
	if (call->rhost != NULL)
		assert_int_equal(pam_set_item(pamh, PAM_RHOST, call->rhost),
		    PAM_SUCCESS);
	if (call->service != NULL)
		assert_int_equal(pam_set_item(pamh, PAM_SERVICE,
		    call->service), PAM_SUCCESS);
	return pamh;
}

int
stack_enter(pam_handle_t *pamh, enum stack_entry entry, int flags)
{
	switch (entry) {
	case STACK_AUTHENTICATE:
		return pam_authenticate(pamh, flags);
	case STACK_SETCRED:
		return pam_setcred(pamh, flags);
	case STACK_ACCOUNT:
		return pam_acct_mgmt(pamh, flags);
	case STACK_OPEN:
		return pam_open_session(pamh, flags);
	case STACK_CLOSE:
		return pam_close_session(pamh, flags);
	case STACK_CHAUTHTOK:
		return pam_chauthtok(pamh, flags);
	case STACK_ENTRIES:
		break;
	}
	return -1;
}

int
stack_do(const struct stack *stack, enum stack_entry entry,
    const struct stack_call *call)
{
	pam_handle_t *pamh = stack_handle(stack, call);
	const void *after = NULL;
	int code = stack_enter(pamh, entry, call->flags);

	assert_int_equal(pam_get_item(pamh, PAM_USER, &after), PAM_SUCCESS);
	if (call->no_user)
		assert_null(after);
	else
		assert_string_equal(after, call->user != NULL ? call->user :
		    "u@example.com");
	assert_int_equal(pam_end(pamh, code), PAM_SUCCESS);
	return code;
}

void
stack_both(const struct stack *stack, const struct stack_call *call,
    int *auth, int *account)
{
	*auth = stack_do(stack, STACK_AUTHENTICATE, call);
	*account = stack_do(stack, STACK_ACCOUNT, call);
}

unsigned
stack_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}
