/* See options.h. */
#include "config.h"

#include "pam_certauth/options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client/client.h"
#include "common/text.h"
#include "pam_certauth/passwd.h"

const char *
options_evidence_word(enum options_evidence evidence)
{
	switch (evidence) {
	case OPTIONS_EVIDENCE_NONE:
		break;
	case OPTIONS_EVIDENCE_USER:
		return "user";
	case OPTIONS_EVIDENCE_STATUS:
		return "status";
	case OPTIONS_EVIDENCE_PROMPT:
		return "prompt";
	}
	return "none";
}

static int
set_evidence(struct options *options, const char *value)
{
	static const enum options_evidence all[] = { OPTIONS_EVIDENCE_USER,
		OPTIONS_EVIDENCE_STATUS, OPTIONS_EVIDENCE_PROMPT };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(value, options_evidence_word(all[i])) == 0) {
			options->evidence = all[i];
			return 0;
		}
	return -1;
}

static int
set_set_user(struct options *options, const char *value)
{
	if (strcmp(value, "account") == 0)
		options->set_user = OPTIONS_SET_USER_ACCOUNT;
	else if (strcmp(value, "login") == 0)
		options->set_user = OPTIONS_SET_USER_LOGIN;
	else
		return -1;
	return 0;
}

/* Quotation marks mean nothing in pam.d(5): whoever writes them expects
 * something else to be asked. */
static int
set_prompt(struct options *options, const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > OPTIONS_PROMPT_MAX)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (value[i] < 0x20 || value[i] >= 0x7f || value[i] == '"')
			return -1;
	memcpy(options->prompt, value, len + 1);
	return 0;
}

static int
set_minimum_uid(struct options *options, const char *value)
{
	long long uid;

	if (text_to_int(value, strlen(value), 1, UINT32_MAX - 1, &uid) != 0)
		return -1;
	options->minimum_uid = (uid_t)uid;
	return 0;
}

/* An option that knows but one word. */
static int
set_flag(bool *flag, const char *value, const char *word)
{
	if (strcmp(value, word) != 0)
		return -1;
	*flag = true;
	return 0;
}

static int
set_trust(struct options *options, const char *value)
{
	return set_flag(&options->trust_application, value, "application");
}

static int
set_password(struct options *options, const char *value)
{
	return set_flag(&options->password_ignore, value, "ignore");
}

static int
set_need(struct options *options, const char *value)
{
	return set_flag(&options->need_admin, value, "admin");
}

static int
set_debug(struct options *options, const char *value)
{
	return set_flag(&options->debug, value, "");
}

static int
set_quiet(struct options *options, const char *value)
{
	return set_flag(&options->quiet, value, "");
}

static int
set_ignore_unknown_user(struct options *options, const char *value)
{
	return set_flag(&options->ignore_unknown_user, value, "");
}

static int
set_name(char *name, const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > OPTIONS_NAME_MAX)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (value[i] <= 0x20 || value[i] >= 0x7f)
			return -1;
	memcpy(name, value, len + 1);
	return 0;
}

static int
set_service(struct options *options, const char *value)
{
	if (set_name(options->service, value) != 0)
		return -1;
	text_lower(options->service, strlen(options->service));
	return 0;
}

static int
set_realm(struct options *options, const char *value)
{
	return set_name(options->realm, value);
}

static int
set_socket(struct options *options, const char *value)
{
	size_t len = strlen(value);

	if (value[0] != '/' || len > OPTIONS_SOCKET_MAX)
		return -1;
	memcpy(options->socket, value, len + 1);
	return 0;
}

static int
set_timeout(struct options *options, const char *value)
{
	long long seconds;

	if (text_to_int(value, strlen(value), 1, OPTIONS_TIMEOUT_MAX,
	    &seconds) != 0)
		return -1;
	options->timeout_ms = seconds * 1000;
	return 0;
}

/* A number is not looked up, so that it works where no passwd entry can be
 * read. */
static int
set_server_user(struct options *options, const char *value)
{
	long long uid;

	if (text_to_int(value, strlen(value), 0, UINT32_MAX - 1, &uid) == 0) {
		options->server_uid = (uid_t)uid;
		return 0;
	}
	switch (passwd_find(value, &options->server_uid)) {
	case PASSWD_FOUND:
	case PASSWD_OTHER_NAME:
		return 0;
	case PASSWD_ERROR:
	case PASSWD_ABSENT:
		break;
	}
	return -1;
}

/* Every option, once. */
static const struct option {
	const char *name;
	bool has_value;
	int (*set)(struct options *options, const char *value);
	const char *values;	/* what it takes, for the error */
} table[] = {
	{ "evidence", true, set_evidence, "user, prompt or status" },
	{ "prompt", true, set_prompt, "1 to 64 printable bytes without "
	    "quotation marks; with spaces: [prompt=a text]" },
	{ "set_user", true, set_set_user, "account or login" },
	{ "minimum_uid", true, set_minimum_uid, "a number above 0" },
	{ "ignore_unknown_user", false, set_ignore_unknown_user, "" },
	{ "quiet", false, set_quiet, "" },
	{ "trust", true, set_trust, "application" },
	{ "password", true, set_password, "ignore" },
	{ "service", true, set_service, "a name of at most 64 bytes" },
	{ "realm", true, set_realm, "a name of at most 64 bytes" },
	{ "need", true, set_need, "admin" },
	{ "socket", true, set_socket,
	    "an absolute path of at most 107 bytes" },
	{ "timeout", true, set_timeout, "1 to 60 seconds" },
	{ "server_user", true, set_server_user, "a user name or number" },
	{ "debug", false, set_debug, "" },
};
#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

static int __attribute__((format(printf, 3, 4)))
fail(char *error, const char *arg, const char *format, ...)
{
	struct buffer shown;
	char why[144];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	buffer_init(&shown, 512);
	text_escape(&shown, arg, strlen(arg), 100);
	snprintf(error, OPTIONS_ERROR_MAX, "option %.100s: %s",
	    buffer_text(&shown), why);
	buffer_free(&shown);
	return -1;
}

/* The row of an argument, NULL when unknown. */
static const struct option *
find(const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strlen(table[i].name) == len &&
		    memcmp(table[i].name, arg, len) == 0)
			return &table[i];
	return NULL;
}

static int
parse(int argc, const char **argv, struct options *ret, char *error)
{
	unsigned seen = 0;

	for (int i = 0; i < argc; i++) {
		const struct option *option = find(argv[i]);
		const char *value = strchr(argv[i], '=');
		unsigned bit;

		if (option == NULL)
			return fail(error, argv[i], "unknown");
		bit = 1U << (option - table);
		if ((seen & bit) != 0)
			return fail(error, argv[i], "given twice");
		seen |= bit;
		if (option->has_value != (value != NULL))
			return fail(error, argv[i], option->has_value ?
			    "needs a value" : "takes no value");
		if (option->set(ret, value != NULL ? value + 1 : "") != 0)
			return fail(error, argv[i], "must be %s",
			    option->values);
	}
	return 0;
}

/* What is wrong with them together. */
static int
check(const struct options *options, char *error)
{
	if (options->evidence == OPTIONS_EVIDENCE_NONE)
		return fail(error, "evidence", "is missing");
	if (options->evidence == OPTIONS_EVIDENCE_PROMPT &&
	    *options->prompt == '\0')
		return fail(error, "evidence=prompt", "needs prompt=");
	if (options->evidence != OPTIONS_EVIDENCE_PROMPT &&
	    *options->prompt != '\0')
		return fail(error, "prompt", "needs evidence=prompt");
	if (options->ignore_unknown_user &&
	    options->evidence != OPTIONS_EVIDENCE_STATUS)
		return fail(error, "ignore_unknown_user",
		    "needs evidence=status");
	if (options->quiet && options->debug)
		return fail(error, "quiet", "contradicts debug");
	return 0;
}

int
options_parse(int argc, const char **argv, struct options *ret, char *error)
{
	static const char path[] = CLIENT_DEFAULT_SOCKET;

	memset(ret, 0, sizeof(*ret));
	ret->timeout_ms = OPTIONS_TIMEOUT * 1000;
	ret->server_uid = UNIX_SOCKET_NO_UID;
	if (sizeof(path) > sizeof(ret->socket))
		return fail(error, "socket", "is missing");
	memcpy(ret->socket, path, sizeof(path));
	if (parse(argc, argv, ret, error) == 0 && check(ret, error) == 0)
		return 0;
	ret->evidence = OPTIONS_EVIDENCE_NONE;
	return -1;
}
