/*
 * A line of /etc/pam.d.
 */
#include "config.h"

#include "client/pam_lint_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANK " \n\t"

static const char *const type_names[LINT_TYPES] = { "auth", "account",
	"session", "password" };

/* In the order of libpam's numbers. */
static const char *const code_names[LINT_CODES] = { "success", "open_err",
	"symbol_err", "service_err", "system_err", "buf_err", "perm_denied",
	"auth_err", "cred_insufficient", "authinfo_unavail", "user_unknown",
	"maxtries", "new_authtok_reqd", "acct_expired", "session_err",
	"cred_unavail", "cred_expired", "cred_err", "no_module_data",
	"conv_err", "authtok_err", "authtok_recover_err",
	"authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore",
	"abort", "authtok_expired", "module_unknown", "bad_item",
	"conv_again", "incomplete" };

static const char *const action_names[] = { "ignore", "ok", "done", "bad",
	"die", "reset" };
#define ACTIONS (sizeof(action_names) / sizeof(action_names[0]))

const char *
lint_type_name(enum lint_type type)
{
	return type < LINT_TYPES ? type_names[type] : "?";
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * One line of the file, from its first byte that is not blank up to a '#' or
 * the end, blanks at the end left out; true when the next one belongs to it.
 * A comment ends the line, whatever stands in it.
 */
static bool
trim(const char *from, size_t len, const char **ret, size_t *ret_len)
{
	const char *comment = memchr(from, '#', len);
	bool goes_on;

	if (comment != NULL)
		len = (size_t)(comment - from);
	while (len > 0 && strchr(BLANK, from[0]) != NULL) {
		from++;
		len--;
	}
	while (len > 0 && is_space(from[len - 1]))
		len--;
	goes_on = len > 0 && from[len - 1] == '\\' && comment == NULL;
	*ret = from;
	*ret_len = goes_on ? len - 1 : len;
	return goes_on;
}

enum lint_status
lint_assemble(const char *text, size_t len, size_t *at, unsigned *number,
    char *into, unsigned *ret_number)
{
	enum lint_status status = LINT_END;
	bool goes_on = true;
	size_t used = 0;

	while (goes_on && *at < len) {
		const char *from = text + *at;
		const char *end = memchr(from, '\n', len - *at);
		size_t whole = end != NULL ? (size_t)(end - from) :
		    len - *at, rest;

		*at += end != NULL ? whole + 1 : whole;
		++*number;
		if (memchr(from, '\0', whole) != NULL ||
		    whole > LINT_LINE_MAX - 1)
			status = LINT_TOO_LONG;
		goes_on = trim(from, whole, &from, &rest);
		/* a blank line or a comment in between changes nothing */
		if (rest == 0 && !goes_on) {
			goes_on = true;
			continue;
		}
		if (used == 0)
			*ret_number = *number;
		if (used + rest + 1 > LINT_LINE_MAX)
			status = LINT_TOO_LONG;
		if (status != LINT_TOO_LONG) {
			memcpy(into + used, from, rest);
			used += rest;
			into[used++] = ' ';
			status = LINT_LINE;
		}
	}
	into[used] = '\0';
	if (status == LINT_TOO_LONG)
		*ret_number = *number;
	return status;
}

/* The next word: up to a blank, or what is in brackets, in which "\]" is a
 * bracket.  NULL at the end. */
static char *
next_word(char **rest)
{
	char *from = *rest + strspn(*rest, BLANK), *to, *word;

	if (*from == '\0') {
		*rest = from;
		return NULL;
	}
	if (*from == '[') {
		word = to = ++from;
		while (*from != '\0' && *from != ']') {
			if (from[0] == '\\' && from[1] == ']')
				from++;
			*to++ = *from++;
		}
	} else {
		word = from;
		from += strcspn(from, BLANK);
		to = from;
	}
	*rest = *from != '\0' ? from + 1 : from;
	*to = '\0';
	return word;
}

static void
set_default(int *actions, int action)
{
	for (int i = 0; i < LINT_CODES; i++)
		if (actions[i] == LINT_DO_UNDEF)
			actions[i] = action;
}

static const char *
skip_space(const char *at)
{
	while (is_space(*at))
		at++;
	return at;
}

/* The first name of the list that text begins with; count when none does. */
static size_t
match(const char *const *names, size_t count, const char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strncmp(names[i], text, strlen(names[i])) == 0)
			break;
	return i;
}

/* A number of modules to jump over; 0 when there is none. */
static int
take_jump(const char **at)
{
	int jump = 0;

	for (; **at >= '0' && **at <= '9'; ++*at)
		jump = jump > 10000 ? jump : jump * 10 + (**at - '0');
	return jump;
}

/* "code=action ..."; false when libpam does not understand it. */
static bool
parse_control(const char *at, int *actions)
{
	for (at = skip_space(at); *at != '\0'; at = skip_space(at)) {
		size_t code = match(code_names, LINT_CODES, at), what;
		int action;

		if (code < LINT_CODES)
			at += strlen(code_names[code]);
		else if (strncmp(at, "default", 7) == 0)
			at += 7;
		else
			return false;
		at = skip_space(at);
		if (*at++ != '=')
			return false;
		at = skip_space(at);
		what = match(action_names, ACTIONS, at);
		if (what < ACTIONS) {
			at += strlen(action_names[what]);
			action = -(int)what;
		} else {
			action = take_jump(&at);
			if (action == 0)
				return false;
		}
		if (code < LINT_CODES)
			actions[code] = action;
		else
			set_default(actions, action);
	}
	return true;
}

static void
set_control(struct lint_line *line, const char *control)
{
	static const struct {
		const char *word;
		int success, ignore, rest;
	} words[] = {
		{ "required", LINT_DO_OK, LINT_DO_IGNORE, LINT_DO_BAD },
		{ "requisite", LINT_DO_OK, LINT_DO_IGNORE, LINT_DO_DIE },
		{ "optional", LINT_DO_OK, LINT_DO_IGNORE, LINT_DO_IGNORE },
		{ "sufficient", LINT_DO_DONE, LINT_DO_IGNORE,
		    LINT_DO_IGNORE },
	};
	int *actions = line->actions;

	line->control = control;
	line->kind = strcasecmp(control, "include") == 0 ? LINT_INCLUDE :
	    strcasecmp(control, "substack") == 0 ? LINT_SUBSTACK :
	    LINT_MODULE;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(control, words[i].word) != 0)
			continue;
		actions[LINT_SUCCESS] = words[i].success;
		actions[LINT_NEW_AUTHTOK_REQD] = words[i].success;
		actions[LINT_IGNORE] = words[i].ignore;
		set_default(actions, words[i].rest);
	}
	if (line->kind == LINT_MODULE &&
	    actions[LINT_SUCCESS] == LINT_DO_UNDEF &&
	    !parse_control(control, actions)) {
		for (int i = 0; i < LINT_CODES; i++)
			actions[i] = LINT_DO_BAD;
		line->wrong = "the control is not understood";
	}
	set_default(actions, LINT_DO_BAD);
}

static void
set_type(struct lint_line *line, const char *word)
{
	if (strcasecmp(word, "@include") == 0) {
		line->kind = LINT_INCLUDE_ALL;
		return;
	}
	/* a module that is missing is then not logged */
	if (*word == '-')
		word++;
	for (int i = 0; i < LINT_TYPES; i++)
		if (strcasecmp(word, type_names[i]) == 0)
			line->type = (enum lint_type)i;
	if (line->type == LINT_TYPES)
		line->wrong = "the type is none of auth, account, session "
		    "and password";
}

/* The rest of the words, one behind the other in the same memory. */
static void
set_args(struct lint_line *line, char *rest)
{
	char *to = rest, *word;

	line->args = to;
	while ((word = next_word(&rest)) != NULL) {
		size_t size = strlen(word) + 1;

		memmove(to, word, size);
		to += size;
	}
	line->args_len = (size_t)(to - line->args);
}

static void
parse_words(struct lint_line *line, char *rest)
{
	char *word = next_word(&rest);

	if (word == NULL) {
		line->wrong = "the type is missing";
		return;
	}
	set_type(line, word);
	if (line->kind != LINT_INCLUDE_ALL) {
		word = next_word(&rest);
		if (word == NULL) {
			line->wrong = "the control is missing";
			return;
		}
		set_control(line, word);
	}
	word = next_word(&rest);
	if (word != NULL)
		line->module = word;
	else if (line->wrong == NULL)
		line->wrong = "the module is missing";
	set_args(line, rest);
}

int
lint_parse(const char *text, bool with_service, struct lint_line *ret)
{
	char *rest;

	memset(ret, 0, sizeof(*ret));
	ret->type = LINT_TYPES;
	ret->control = ret->module = ret->args = "";
	ret->text = strdup(text);
	if (ret->text == NULL)
		return -1;
	for (int i = 0; i < LINT_CODES; i++)
		ret->actions[i] = LINT_DO_UNDEF;
	rest = ret->text;
	if (with_service)
		ret->service = next_word(&rest);
	parse_words(ret, rest);
	set_default(ret->actions, LINT_DO_BAD);
	/* what cannot be included fails like a module without a name */
	if (ret->wrong != NULL && (ret->type == LINT_TYPES ||
	    *ret->module == '\0'))
		ret->kind = LINT_BROKEN;
	return 0;
}

void
lint_line_free(struct lint_line *line)
{
	free(line->text);
	memset(line, 0, sizeof(*line));
}

const char *
lint_next_arg(const struct lint_line *line, const char *arg)
{
	const char *next = arg == NULL ? line->args : arg + strlen(arg) + 1;

	return next < line->args + line->args_len ? next : NULL;
}
