/*
 * certauthctl: one command, one line to lookupd, and its answer printed.
 */
#include "config.h"

#include "client/ctl.h"

#include <sys/stat.h>

#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "client/certificate_file.h"
#include "client/client.h"
#include "client/ctl_arguments.h"
#include "client/pam_lint.h"
#include "common/deadline.h"
#include "common/outcome.h"

#define TIMEOUT_SECONDS 5	/* twice lookupd's own limit */

static int
put_certificate(const struct ctl_arguments *arguments,
    struct buffer *request)
{
	char why[CERTIFICATE_FILE_ERROR_MAX];
	struct buffer value;
	int result = 0;

	buffer_init(&value, PROTOCOL_LINE_MAX);
	if (certificate_file_read(arguments->argument, &value, why) == -1)
		result = ctl_complain(arguments, "%s: %s",
		    arguments->argument, why);
	else
		protocol_put(request, "cert", value.data, value.len);
	buffer_free(&value);
	return result;
}

static bool
is_file(const char *argument)
{
	struct stat st;

	/* With a slash it was meant as a path, whether it exists or not. */
	return (stat(argument, &st) == 0 && !S_ISDIR(st.st_mode)) ||
	    (strchr(argument, '/') != NULL && strchr(argument, '@') == NULL);
}

/* What is asked about, and the evidence that goes with it. */
static int
put_subject(const struct ctl_arguments *arguments, struct buffer *request)
{
	const char *evidence = arguments->evidence;
	const char *argument = arguments->argument;
	bool file = arguments->command->argument == ARGUMENT_FILE ||
	    (arguments->command->argument == ARGUMENT_EITHER &&
	    is_file(argument));
	int result = 0;

	if (argument[0] == '\0')
		return ctl_complain(arguments, "an empty name");
	if (file)
		result = put_certificate(arguments, request);
	else
		protocol_put_text(request, strchr(argument, '@') != NULL ?
		    "email" : "account", argument);
	if (evidence == NULL)
		evidence = file ? "verified" : "none";
	protocol_put_text(request, "evidence", evidence);
	return result;
}

/* What is to be forgotten. */
static void
put_scope(const char *argument, struct buffer *request)
{
	if (argument[0] == '@')
		protocol_put_text(request, "domain", argument + 1);
	else
		protocol_put_text(request, strchr(argument, '@') != NULL ?
		    "email" : "account", argument);
}

static int
make_request(const struct ctl_arguments *arguments, struct buffer *request)
{
	int result;

	protocol_begin(request, arguments->command->verb);
	if (arguments->argument != NULL && !ctl_decides(arguments->command)) {
		put_scope(arguments->argument, request);
	} else if (arguments->argument != NULL) {
		result = put_subject(arguments, request);
		if (result != 0)
			return result;
		if (arguments->service != NULL)
			protocol_put_text(request, "service",
			    arguments->service);
		if (arguments->realm != NULL)
			protocol_put_text(request, "realm", arguments->realm);
		if (arguments->user != NULL)
			protocol_put_text(request, "user", arguments->user);
		if (arguments->admin)
			protocol_put_text(request, "need", "admin");
	}
	protocol_end(request);
	return request->failed ? ctl_complain(arguments, "the request is too "
	    "long") : 0;
}

/* The uid that may own the socket, for unix_socket_connect. */
static int
find_server(const struct ctl_arguments *arguments, uid_t *ret_uid)
{
	const char *name = arguments->server_user;
	const struct passwd *user;
	struct stat st;

	if (name == NULL && stat(arguments->socket, &st) == 0 &&
	    st.st_uid == geteuid()) {
		*ret_uid = UNIX_SOCKET_NO_UID;
		return 0;
	}
	user = getpwnam(name == NULL ? DAEMON_USER : name);
	if (user == NULL && name != NULL)
		return ctl_complain(arguments, "-U %s: no such user", name);
	*ret_uid = user == NULL ? UNIX_SOCKET_NO_UID : user->pw_uid;
	return 0;
}

/* Lines from the network: whatever is no printable ASCII becomes \xHH. */
static void
print_lines(FILE *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((text[i] >= 0x20 && text[i] < 0x7F) || text[i] == '\n')
			fputc(text[i], out);
		else
			fprintf(out, "\\x%02x", (unsigned)(unsigned char)
			    text[i]);
	}
}

/* The last line is written anew: what the codec writes is safe to print. */
static void
print_last_line(FILE *out, const struct protocol_message *message)
{
	struct buffer line;
	size_t i;

	buffer_init(&line, PROTOCOL_REPLY_MAX);
	protocol_begin(&line, message->word);
	for (i = 0; i < message->count; i++)
		protocol_put(&line, message->fields[i].name,
		    message->fields[i].value, message->fields[i].len);
	protocol_end(&line);
	print_lines(out, buffer_text(&line), line.len);
	buffer_free(&line);
}

static int
print_reply(const struct ctl_arguments *arguments,
    const struct client_reply *reply)
{
	struct outcome outcome = outcome_of(reply->verdict, reply->reason);
	int result = outcome.exit_status;

	print_lines(arguments->out, buffer_text(&reply->details),
	    reply->details.len);
	print_last_line(arguments->out, &reply->message);
	if (arguments->command->explains)
		fprintf(arguments->out, "becomes: PAM auth %s, account %s, "
		    "HTTP %d, exit %d\n", outcome_pam_name(outcome.auth),
		    outcome_pam_name(outcome.account), outcome.http,
		    outcome.exit_status);
	/* An answer of the other kind is none: never 0. */
	if (!ctl_decides(arguments->command))
		result = reply->ok ? 0 : result == 0 ?
		    outcome_of(VERDICT_NONE, NULL).exit_status : result;
	return result;
}

static int
ask(const struct ctl_arguments *arguments, const struct buffer *request)
{
	char error[CLIENT_ERROR_MAX] = "";
	struct client_reply reply;
	uid_t server_uid = UNIX_SOCKET_NO_UID;
	int result;

	result = find_server(arguments, &server_uid);
	if (result != 0)
		return result;
	client_reply_init(&reply);
	if (client_ask(arguments->socket, server_uid, request,
	    deadline_in(arguments->timeout * 1000), &reply, error) == 0) {
		result = print_reply(arguments, &reply);
	} else {
		ctl_complain(arguments, "no answer: %s", error);
		result = outcome_of(reply.verdict, reply.reason).exit_status;
	}
	client_reply_free(&reply);
	return result;
}

int
ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct ctl_arguments arguments = { .socket = CLIENT_DEFAULT_SOCKET,
		.timeout = TIMEOUT_SECONDS, .out = out, .err = err };
	struct buffer request;
	int result;

	buffer_init(&request, PROTOCOL_LINE_MAX);
	result = ctl_arguments_take(&arguments, argc, argv);
	if (result == 0 && arguments.command->argument == ARGUMENT_SERVICE) {
		result = lint_run(arguments.folder, arguments.argument, out,
		    err);
		goto out;
	}
	if (result == 0)
		result = make_request(&arguments, &request);
	if (result == 0)
		result = ask(&arguments, &request);
out:
	if (fflush(out) == EOF || ferror(out)) {
		ctl_complain(&arguments, "the answer cannot be written");
		result = outcome_of(VERDICT_NONE, NULL).exit_status;
	}
	buffer_free(&request);
	return result;
}
