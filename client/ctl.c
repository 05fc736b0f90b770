/*
 * certauthctl.
 */
#include "config.h"

#include "client/ctl.h"

#include <sys/stat.h>

#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "client/certificate_file.h"
#include "client/client.h"
#include "client/pam_lint.h"
#include "common/deadline.h"
#include "common/outcome.h"
#include "common/text.h"

#define TIMEOUT_SECONDS 5	/* twice lookupd's own limit */
#define TIMEOUT_MAX 3600

enum argument {
	ARGUMENT_NONE,
	ARGUMENT_NAME,		/* an address or account name */
	ARGUMENT_FILE,		/* a certificate */
	ARGUMENT_EITHER,	/* a certificate if there is such a file */
	ARGUMENT_SCOPE,		/* none, a name, or @ and a domain */
	ARGUMENT_SERVICE	/* a PAM service; nobody is asked */
};

static const struct command {
	const char *name, *verb, *usage;
	enum argument argument;
	bool explains;
} commands[] = {
	{ "lookup", "lookup", "lookup ADDRESS", ARGUMENT_NAME, false },
	{ "check", "lookup", "check CERT.pem", ARGUMENT_FILE, false },
	{ "explain", "explain", "explain ADDRESS|CERT.pem", ARGUMENT_EITHER,
	    true },
	{ "status", "status", "status", ARGUMENT_NONE, false },
	{ "stats", "stats", "stats", ARGUMENT_NONE, false },
	{ "flush", "flush", "flush [ADDRESS|ACCOUNT|@DOMAIN]", ARGUMENT_SCOPE,
	    false },
	{ "reload", "reload", "reload", ARGUMENT_NONE, false },
	{ "pam-lint", "", "pam-lint SERVICE", ARGUMENT_SERVICE, false },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct options {
	const char *socket, *server_user, *service, *realm, *evidence, *user;
	const char *folder;
	bool admin;
	long long timeout;
	const struct command *command;
	const char *argument;
	FILE *out, *err;
};

static int __attribute__((format(printf, 2, 3)))
complain(const struct options *options, const char *format, ...)
{
	va_list args;

	fputs("certauthctl: ", options->err);
	va_start(args, format);
	vfprintf(options->err, format, args);
	va_end(args);
	fputc('\n', options->err);
	return CTL_EXIT_USAGE;
}

static void
print_usage(FILE *to)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		fprintf(to, "%s certauthctl [options] %s\n",
		    i == 0 ? "usage:" : "      ", commands[i].usage);
	fputs("options: -s socket, -U server-user, -t seconds; and for lookup,"
	    " check and explain\n         -S service, -r realm, -e evidence,"
	    " -u user, -a (only an administrator);\n         for pam-lint -d"
	    " folder\n", to);
}

/* Does the command ask about somebody? */
static bool
decides(const struct command *command)
{
	return command->argument != ARGUMENT_NONE &&
	    command->argument != ARGUMENT_SCOPE &&
	    command->argument != ARGUMENT_SERVICE;
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* One option; false when it is unknown or its value is no good. */
static bool
take_option(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 's':
		options->socket = value;
		return true;
	case 'U':
		options->server_user = value;
		return true;
	case 'S':
		options->service = value;
		return true;
	case 'r':
		options->realm = value;
		return true;
	case 'e':
		options->evidence = value;
		return true;
	case 'u':
		options->user = value;
		return true;
	case 'd':
		options->folder = value;
		return true;
	case 'a':
		options->admin = true;
		return true;
	case 't':
		return text_to_int(value, strlen(value), 1, TIMEOUT_MAX,
		    &options->timeout) == 0;
	default:
		return false;
	}
}

/* The command line; 0, or an exit code after having complained. */
static int
take_arguments(struct options *options, int argc, char **argv)
{
	int letter, given, most, least;

	opterr = 0;
	optind = 0;	/* glibc: start afresh, as when called twice */
	while ((letter = getopt(argc, argv, "+s:U:S:r:e:u:at:d:")) != -1) {
		if (letter == '?')
			return complain(options, "option -%c is unknown or "
			    "lacks its value", optopt);
		if (!take_option(options, letter, optarg))
			return complain(options, "-%c %s: not from 1 to %d",
			    letter, optarg, TIMEOUT_MAX);
	}
	if (optind >= argc) {
		print_usage(options->err);
		return CTL_EXIT_USAGE;
	}
	options->command = find_command(argv[optind]);
	if (options->command == NULL) {
		print_usage(options->err);
		return complain(options, "%s: no such command", argv[optind]);
	}
	most = options->command->argument == ARGUMENT_NONE ? 0 : 1;
	least = decides(options->command) ||
	    options->command->argument == ARGUMENT_SERVICE ? 1 : 0;
	given = argc - optind - 1;
	if (given < least || given > most)
		return complain(options, "usage: certauthctl [options] %s",
		    options->command->usage);
	if (given == 1)
		options->argument = argv[optind + 1];
	if (!decides(options->command) && (options->service != NULL || options->realm != NULL ||
	    options->evidence != NULL || options->user != NULL ||
	    options->admin))
		return complain(options, "%s takes none of -S, -r, -e, -u "
		    "and -a", options->command->name);
	if (options->folder != NULL &&
	    options->command->argument != ARGUMENT_SERVICE)
		return complain(options, "%s takes no -d",
		    options->command->name);
	return 0;
}

static int
put_certificate(const struct options *options, struct buffer *request)
{
	char why[CERTIFICATE_FILE_ERROR_MAX];
	struct buffer value;
	int result = 0;

	buffer_init(&value, PROTOCOL_LINE_MAX);
	if (certificate_file_read(options->argument, &value, why) == -1)
		result = complain(options, "%s: %s", options->argument, why);
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
put_subject(const struct options *options, struct buffer *request)
{
	const char *evidence = options->evidence;
	const char *argument = options->argument;
	bool file = options->command->argument == ARGUMENT_FILE ||
	    (options->command->argument == ARGUMENT_EITHER &&
	    is_file(argument));
	int result = 0;

	if (argument[0] == '\0')
		return complain(options, "an empty name");
	if (file)
		result = put_certificate(options, request);
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
make_request(const struct options *options, struct buffer *request)
{
	int result;

	protocol_begin(request, options->command->verb);
	if (options->argument != NULL && !decides(options->command)) {
		put_scope(options->argument, request);
	} else if (options->argument != NULL) {
		result = put_subject(options, request);
		if (result != 0)
			return result;
		if (options->service != NULL)
			protocol_put_text(request, "service",
			    options->service);
		if (options->realm != NULL)
			protocol_put_text(request, "realm", options->realm);
		if (options->user != NULL)
			protocol_put_text(request, "user", options->user);
		if (options->admin)
			protocol_put_text(request, "need", "admin");
	}
	protocol_end(request);
	return request->failed ? complain(options, "the request is too long") :
	    0;
}

/* The uid that may own the socket, for unix_socket_connect. */
static int
find_server(const struct options *options, uid_t *ret_uid)
{
	const char *name = options->server_user;
	const struct passwd *user;
	struct stat st;

	if (name == NULL && stat(options->socket, &st) == 0 &&
	    st.st_uid == geteuid()) {
		*ret_uid = UNIX_SOCKET_NO_UID;
		return 0;
	}
	user = getpwnam(name == NULL ? DAEMON_USER : name);
	if (user == NULL && name != NULL)
		return complain(options, "-U %s: no such user", name);
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
print_reply(const struct options *options, const struct client_reply *reply)
{
	struct outcome outcome = outcome_of(reply->verdict, reply->reason);
	int result = outcome.exit_status;

	print_lines(options->out, buffer_text(&reply->details),
	    reply->details.len);
	print_last_line(options->out, &reply->message);
	if (options->command->explains)
		fprintf(options->out, "becomes: PAM auth %s, account %s, "
		    "HTTP %d, exit %d\n", outcome_pam_name(outcome.auth),
		    outcome_pam_name(outcome.account), outcome.http,
		    outcome.exit_status);
	/* An answer of the other kind is none: never 0. */
	if (!decides(options->command))
		result = reply->ok ? 0 : result == 0 ?
		    outcome_of(VERDICT_NONE, NULL).exit_status : result;
	return result;
}

static int
ask(const struct options *options, const struct buffer *request)
{
	char error[CLIENT_ERROR_MAX] = "";
	struct client_reply reply;
	uid_t server_uid = UNIX_SOCKET_NO_UID;
	int result;

	result = find_server(options, &server_uid);
	if (result != 0)
		return result;
	client_reply_init(&reply);
	if (client_ask(options->socket, server_uid, request,
	    deadline_in(options->timeout * 1000), &reply, error) == 0) {
		result = print_reply(options, &reply);
	} else {
		complain(options, "no answer: %s", error);
		result = outcome_of(reply.verdict, reply.reason).exit_status;
	}
	client_reply_free(&reply);
	return result;
}

int
ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct options options = { .socket = CLIENT_DEFAULT_SOCKET,
		.timeout = TIMEOUT_SECONDS, .out = out, .err = err };
	struct buffer request;
	int result;

	buffer_init(&request, PROTOCOL_LINE_MAX);
	result = take_arguments(&options, argc, argv);
	if (result == 0 && options.command->argument == ARGUMENT_SERVICE) {
		result = lint_run(options.folder, options.argument, out, err);
		goto out;
	}
	if (result == 0)
		result = make_request(&options, &request);
	if (result == 0)
		result = ask(&options, &request);
out:
	if (fflush(out) == EOF || ferror(out)) {
		complain(&options, "the answer cannot be written");
		result = outcome_of(VERDICT_NONE, NULL).exit_status;
	}
	buffer_free(&request);
	return result;
}
