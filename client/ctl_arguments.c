/*
 * The command line of certauthctl.
 */
#include "config.h"

#include "client/ctl_arguments.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl.h"
#include "common/text.h"

#define TIMEOUT_MAX 3600

static const struct ctl_command commands[] = {
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

int
ctl_complain(const struct ctl_arguments *arguments, const char *format, ...)
{
	va_list args;

	fputs("certauthctl: ", arguments->err);
	va_start(args, format);
	vfprintf(arguments->err, format, args);
	va_end(args);
	fputc('\n', arguments->err);
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

bool
ctl_decides(const struct ctl_command *command)
{
	return command->argument != ARGUMENT_NONE &&
	    command->argument != ARGUMENT_SCOPE &&
	    command->argument != ARGUMENT_SERVICE;
}

static const struct ctl_command *
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
take_option(struct ctl_arguments *arguments, int letter, const char *value)
{
	switch (letter) {
	case 's':
		arguments->socket = value;
		return true;
	case 'U':
		arguments->server_user = value;
		return true;
	case 'S':
		arguments->service = value;
		return true;
	case 'r':
		arguments->realm = value;
		return true;
	case 'e':
		arguments->evidence = value;
		return true;
	case 'u':
		arguments->user = value;
		return true;
	case 'd':
		arguments->folder = value;
		return true;
	case 'a':
		arguments->admin = true;
		return true;
	case 't':
		return text_to_int(value, strlen(value), 1, TIMEOUT_MAX,
		    &arguments->timeout) == 0;
	default:
		return false;
	}
}

/* Options that say something to this command. */
static int
check_options(const struct ctl_arguments *arguments)
{
	const struct ctl_command *command = arguments->command;

	if (!ctl_decides(command) && (arguments->service != NULL ||
	    arguments->realm != NULL || arguments->evidence != NULL ||
	    arguments->user != NULL || arguments->admin))
		return ctl_complain(arguments, "%s takes none of -S, -r, -e, "
		    "-u and -a", command->name);
	if (arguments->folder != NULL &&
	    command->argument != ARGUMENT_SERVICE)
		return ctl_complain(arguments, "%s takes no -d",
		    command->name);
	return 0;
}

/* The words behind the options. */
static int
take_command(struct ctl_arguments *arguments, int count, char **words)
{
	const struct ctl_command *command = count > 0 ?
	    find_command(words[0]) : NULL;
	int most, least;

	if (command == NULL) {
		print_usage(arguments->err);
		return count > 0 ? ctl_complain(arguments, "%s: no such "
		    "command", words[0]) : CTL_EXIT_USAGE;
	}
	most = command->argument == ARGUMENT_NONE ? 0 : 1;
	least = ctl_decides(command) ||
	    command->argument == ARGUMENT_SERVICE ? 1 : 0;
	if (count - 1 < least || count - 1 > most)
		return ctl_complain(arguments, "usage: certauthctl [options] "
		    "%s", command->usage);
	arguments->command = command;
	if (count == 2)
		arguments->argument = words[1];
	return check_options(arguments);
}

int
ctl_arguments_take(struct ctl_arguments *arguments, int argc, char **argv)
{
	int letter;

	opterr = 0;
	optind = 0;	/* glibc: start afresh, as when called twice */
	while ((letter = getopt(argc, argv, "+s:U:S:r:e:u:at:d:")) != -1) {
		if (letter == '?')
			return ctl_complain(arguments, "option -%c is unknown "
			    "or lacks its value", optopt);
		if (!take_option(arguments, letter, optarg))
			return ctl_complain(arguments, "-%c %s: not from 1 to "
			    "%d", letter, optarg, TIMEOUT_MAX);
	}
	return take_command(arguments, argc - optind, argv + optind);
}
