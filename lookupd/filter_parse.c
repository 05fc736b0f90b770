/*
 * RFC 4515, strictly: no space between filters, no empty list and no empty
 * substring; the characters of a value are filter_value.c's.  Recursion ends
 * at FILTER_DEPTH_MAX.
 */
#include "lookupd/filter_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/filter_value.h"

struct parser {
	const char *text;
	size_t len;
	size_t at;
	size_t nodes;
	char *error;		/* "" until something is wrong */
};

/* The byte at the reading point, or -1 behind the end. */
static int
look(const struct parser *parser)
{
	if (parser->at >= parser->len)
		return -1;
	return (unsigned char)parser->text[parser->at];
}

/* The first complaint stands. */
static void
complain(struct parser *parser, const char *sentence)
{
	if (parser->error[0] == '\0')
		(void)snprintf(parser->error, FILTER_ERROR_MAX, "byte %zu: %s",
		    parser->at + 1, sentence);
}

static bool
is_alpha(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_key(int c)
{
	return is_alpha(c) || is_digit(c) || c == '-';
}

static struct filter *
node_new(struct parser *parser, enum filter_kind kind)
{
	struct filter *node;

	if (++parser->nodes > FILTER_NODES_MAX) {
		complain(parser, "too many parts");
		return NULL;
	}
	node = calloc(1, sizeof(*node));
	if (node == NULL)
		complain(parser, "out of memory");
	else
		node->kind = kind;
	return node;
}

static char *
copy(struct parser *parser, size_t start, size_t len)
{
	char *text = malloc(len + 1);

	if (text == NULL) {
		complain(parser, "out of memory");
		return NULL;
	}
	memcpy(text, parser->text + start, len);
	text[len] = '\0';
	return text;
}

/* The value up to the next '*' or ')'; 0, or -1 after a complaint. */
static int
take_value(struct parser *parser, struct value_part *ret)
{
	const char *text = parser->text, *defect;
	size_t end = parser->at, read;

	while (end < parser->len && text[end] != ')' && text[end] != '*')
		end++;
	defect = filter_value_decode(text + parser->at, end - parser->at,
	    &read, ret);
	parser->at += read;
	if (defect == NULL)
		return 0;
	complain(parser, defect);
	return -1;
}

/* A variable that is the whole value: true, and it has been read. */
static bool
take_variable(struct parser *parser, struct filter *node)
{
	const char *text = parser->text + parser->at;
	size_t left = parser->len - parser->at, len;
	int i;

	for (i = FILTER_NOW; i <= FILTER_NOW_DAYS; i++) {
		const char *name = filter_variable_text(
		    (enum filter_variable)i);

		len = strlen(name);
		if (left > len && text[len] == ')' &&
		    memcmp(text, name, len) == 0) {
			node->variable = (enum filter_variable)i;
			parser->at += len;
			return true;
		}
	}
	return false;
}

static int
add_any(struct parser *parser, struct filter *node,
    const struct value_part *part)
{
	struct value_part *any = realloc(node->any,
	    (node->any_count + 1) * sizeof(*any));

	if (any == NULL) {
		complain(parser, "out of memory");
		return -1;
	}
	node->any = any;
	node->any[node->any_count++] = *part;
	return 0;
}

/* Behind "=" and a first part: the '*' and what follows. */
static int
take_substrings(struct parser *parser, struct filter *node,
    struct value_part *first)
{
	node->kind = FILTER_SUBSTRING;
	if (first->len > 0)
		node->initial = *first;
	else
		free((void *)first->data);
	while (look(parser) == '*') {
		struct value_part part = { NULL, 0 };

		parser->at++;
		if (take_value(parser, &part) < 0)
			return -1;
		if (part.len == 0) {
			free((void *)part.data);
			if (look(parser) == '*') {
				complain(parser, "nothing between two \"*\"");
				return -1;
			}
			break;
		}
		if (look(parser) != '*') {
			node->final = part;
			break;
		}
		if (add_any(parser, node, &part) < 0) {
			free((void *)part.data);
			return -1;
		}
	}
	if (node->initial.data == NULL && node->any_count == 0 &&
	    node->final.data == NULL)
		node->kind = FILTER_PRESENT;
	return 0;
}

static int
take_equal(struct parser *parser, struct filter *node)
{
	struct value_part first = { NULL, 0 };

	node->kind = FILTER_EQUAL;
	if (take_variable(parser, node))
		return 0;
	if (take_value(parser, &first) < 0)
		return -1;
	if (look(parser) == '*')
		return take_substrings(parser, node, &first);
	node->value = first;
	return 0;
}

/* Behind the attribute, at a ':': [":dn"] [":" rule] ":=" value. */
static int
take_extensible(struct parser *parser, struct filter *node)
{
	size_t start;

	node->kind = FILTER_EXTENSIBLE;
	while (look(parser) == ':') {
		start = ++parser->at;
		if (look(parser) == '=')
			break;
		while (is_key(look(parser)) || look(parser) == '.')
			parser->at++;
		if (!node->dn && node->rule == NULL &&
		    text_same_nocase(parser->text + start, parser->at - start,
		    "dn", 2)) {
			node->dn = true;
		} else if (node->rule == NULL &&
		    filter_attribute_ok(parser->text + start,
		    parser->at - start)) {
			node->rule = copy(parser, start, parser->at - start);
			if (node->rule == NULL)
				return -1;
		} else {
			complain(parser, "not a matching rule");
			return -1;
		}
	}
	if (look(parser) != '=' || parser->text[parser->at - 1] != ':' ||
	    (node->attribute == NULL && node->rule == NULL)) {
		complain(parser, "not an extensible match");
		return -1;
	}
	parser->at++;
	return take_value(parser, &node->value);
}

/* The operator behind the attribute, and its value. */
static int
take_assertion(struct parser *parser, struct filter *node)
{
	int operator = look(parser);

	if (operator == ':')
		return take_extensible(parser, node);
	if (operator == '>' || operator == '<' || operator == '~')
		parser->at++;
	if (look(parser) != '=') {
		complain(parser, "=, >=, <=, ~= or := is expected here");
		return -1;
	}
	parser->at++;
	if (operator == '=')
		return take_equal(parser, node);
	node->kind = operator == '>' ? FILTER_GREATER :
	    operator == '<' ? FILTER_LESS : FILTER_APPROX;
	if (operator != '~' && take_variable(parser, node))
		return 0;
	return take_value(parser, &node->value);
}

static struct filter *
take_item(struct parser *parser)
{
	struct filter *node = node_new(parser, FILTER_EQUAL);
	size_t start = parser->at, len;

	if (node == NULL)
		return NULL;
	while (is_key(look(parser)) || look(parser) == '.' ||
	    look(parser) == ';')
		parser->at++;
	len = parser->at - start;
	if (len > 0 ? !filter_attribute_ok(parser->text + start, len) :
	    look(parser) != ':') {
		parser->at = start;
		complain(parser, "an attribute name is expected here");
		goto bad;
	}
	if (len > 0 &&
	    (node->attribute = copy(parser, start, len)) == NULL)
		goto bad;
	if (take_assertion(parser, node) < 0)
		goto bad;
	return node;
bad:
	filter_free(node);
	return NULL;
}

static struct filter *take_filter(struct parser *parser, unsigned depth);

/* Behind '&', '|' or '!': the filters it applies to. */
static struct filter *
take_list(struct parser *parser, unsigned depth, enum filter_kind kind)
{
	struct filter *node = node_new(parser, kind), **last;

	if (node == NULL)
		return NULL;
	last = &node->child;
	do {
		*last = take_filter(parser, depth + 1);
		if (*last == NULL) {
			filter_free(node);
			return NULL;
		}
		last = &(*last)->next;
	} while (kind != FILTER_NOT && look(parser) == '(');
	return node;
}

static struct filter *
take_filter(struct parser *parser, unsigned depth)
{
	struct filter *node;
	int first;

	if (look(parser) != '(') {
		complain(parser, "\"(\" is expected here");
		return NULL;
	}
	if (depth > FILTER_DEPTH_MAX) {
		complain(parser, "nested too deeply");
		return NULL;
	}
	parser->at++;
	first = look(parser);
	if (first == '&' || first == '|' || first == '!') {
		parser->at++;
		node = take_list(parser, depth, first == '&' ? FILTER_AND :
		    first == '|' ? FILTER_OR : FILTER_NOT);
	} else {
		node = take_item(parser);
	}
	if (node != NULL && look(parser) != ')') {
		complain(parser, look(parser) == '*' ?
		    "a \"*\" in this value is written \\2a" :
		    "\")\" is expected here");
		filter_free(node);
		return NULL;
	}
	parser->at++;
	return node;
}

struct filter *
filter_parse(const char *text, size_t len, char *error)
{
	struct parser parser = { .text = text, .len = len, .error = error };
	struct filter *filter;

	error[0] = '\0';
	if (len > FILTER_TEXT_MAX) {
		complain(&parser, "the filter is too long");
		return NULL;
	}
	filter = take_filter(&parser, 1);
	if (filter != NULL && parser.at != len) {
		complain(&parser, "something follows the filter");
		filter_free(filter);
		return NULL;
	}
	return filter;
}
