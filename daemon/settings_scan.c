/*
 * A look at a configuration's bytes before libconfig parses them.
 *
 * libconfig 1.5 accepts without a word what an administrator did not mean:
 * a number too large is cut to 32 bits, "\x00" vanishes from a string, a
 * comment without end swallows the rest of the file, and two strings without
 * a comma between them become one.  Each is a problem here.
 */
#include "config.h"

#include "daemon/settings_tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	const char *name;
	const char *text;
	size_t len;
	size_t at;
	unsigned line;
	struct problems *problems;
	size_t count;
	char open[SETTINGS_DEPTH_MAX];	/* brackets not yet closed */
	size_t depth;
	bool after_string;	/* the last token was a string */
};

/* The same in every locale. */
static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    is_digit(c) || c == '_' || c == '*' || c == '-';
}

static char
peek(const struct scan *scan, size_t ahead)
{
	return ahead < scan->len - scan->at ? scan->text[scan->at + ahead] :
	    '\0';
}

static void
complain(struct scan *scan, unsigned line, const char *sentence)
{
	problems_add(scan->problems, scan->name, line, "%s", sentence);
	scan->count++;
}

/* Step over one byte, counting lines. */
static void
step(struct scan *scan)
{
	if (scan->text[scan->at] == '\n')
		scan->line++;
	scan->at++;
}

static void
scan_comment(struct scan *scan, bool to_line_end)
{
	unsigned line = scan->line;

	if (to_line_end) {
		while (scan->at < scan->len && scan->text[scan->at] != '\n')
			scan->at++;
		return;
	}
	scan->at += 2;
	while (scan->at < scan->len) {
		if (peek(scan, 0) == '*' && peek(scan, 1) == '/') {
			scan->at += 2;
			return;
		}
		step(scan);
	}
	complain(scan, line, "this comment never ends");
}

static void
scan_string(struct scan *scan)
{
	unsigned line = scan->line;

	if (scan->after_string && scan->depth > 0 &&
	    scan->open[scan->depth - 1] != '{')
		complain(scan, line,
		    "a comma is missing between two strings");
	scan->at++;
	while (scan->at < scan->len && scan->text[scan->at] != '"') {
		if (scan->text[scan->at] == '\\') {
			if (peek(scan, 1) == 'x' && peek(scan, 2) == '0' &&
			    peek(scan, 3) == '0')
				complain(scan, scan->line,
				    "a string contains a NUL byte");
			scan->at++;
		}
		if (scan->at < scan->len)
			step(scan);
	}
	if (scan->at >= scan->len)
		complain(scan, line, "this string never ends");
	else
		scan->at++;
	scan->after_string = true;
}

/* An integer without L must fit 32 bits, one with L 64. */
static void
scan_number(struct scan *scan)
{
	char digits[64];
	size_t len = 0;
	char *end;
	long long value;
	bool range;

	while (scan->at < scan->len && (is_name(peek(scan, 0)) ||
	    peek(scan, 0) == '+' || peek(scan, 0) == '.')) {
		if (len + 1 < sizeof(digits))
			digits[len++] = peek(scan, 0);
		scan->at++;
	}
	digits[len] = '\0';
	if (strpbrk(digits, "xX") == NULL && strpbrk(digits, ".eE") != NULL)
		return;		/* a float: whoever reads it refuses it */
	errno = 0;
	value = strtoll(digits, &end,
	    strpbrk(digits, "xX") != NULL ? 16 : 10);
	range = errno == ERANGE || len + 1 == sizeof(digits);
	if (range)
		complain(scan, scan->line, "a number does not fit 64 bits");
	else if (*end != 'L' && (value > INT32_MAX || value < INT32_MIN))
		complain(scan, scan->line,
		    "a number this large is written with an L at its end");
}

static void
scan_bracket(struct scan *scan, char c)
{
	if (c == '{' || c == '[' || c == '(') {
		if (scan->depth == SETTINGS_DEPTH_MAX) {
			complain(scan, scan->line, "nested too deeply");
			scan->at = scan->len;
			return;
		}
		scan->open[scan->depth++] = c;
	} else if (scan->depth > 0) {
		scan->depth--;
	}
	scan->at++;
}

static void
scan_token(struct scan *scan)
{
	char c = peek(scan, 0);

	if (c == '#' || (c == '/' && peek(scan, 1) == '/')) {
		scan_comment(scan, true);
		return;
	}
	if (c == '/' && peek(scan, 1) == '*') {
		scan_comment(scan, false);
		return;
	}
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
		step(scan);
		return;
	}
	if (c == '"') {
		scan_string(scan);
		return;
	}
	scan->after_string = false;
	if (is_digit(c) ||
	    ((c == '+' || c == '-') && is_digit(peek(scan, 1)))) {
		scan_number(scan);
	} else if (is_name(c)) {
		while (scan->at < scan->len && is_name(peek(scan, 0)))
			scan->at++;
	} else if (memchr("{[()]}", c, 6) != NULL) {
		scan_bracket(scan, c);
	} else {
		step(scan);
	}
}

/* Also inside comments and strings, so that no disagreement about where those
 * end can let one pass. */
static void
scan_includes(struct scan *scan)
{
	static const char word[] = "@include";
	unsigned line = 1;
	bool start = true;

	for (size_t i = 0; i < scan->len; i++) {
		char c = scan->text[i];

		if (start && scan->len - i >= sizeof(word) - 1 &&
		    memcmp(scan->text + i, word, sizeof(word) - 1) == 0)
			complain(scan, line, "@include is not allowed: "
			    "one file is the whole configuration");
		if (c == '\n')
			line++;
		start = c == '\n' || c == '\r' ||
		    (start && (c == ' ' || c == '\t'));
	}
}

size_t
settings_scan(const char *name, const char *text, size_t len,
    struct problems *problems)
{
	struct scan scan = { .name = name, .text = text, .len = len,
	    .line = 1, .problems = problems };

	if (len > SETTINGS_FILE_MAX) {
		complain(&scan, 0, "the file is too large");
		return scan.count;
	}
	if (len > 0 && memchr(text, '\0', len) != NULL) {
		complain(&scan, 0, "the file contains a NUL byte");
		return scan.count;
	}
	scan_includes(&scan);
	while (scan.at < scan.len)
		scan_token(&scan);
	return scan.count;
}
