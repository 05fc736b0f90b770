/*
 * Filters as text for a directory, and the one escaping function; with it what
 * filters consist of: attribute descriptions, variables, memory.
 */
#include "lookupd/filter_build.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/filter_node.h"

static bool
is_alpha(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_key(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-';
}

static bool
is_plain(unsigned char c)
{
	return is_key((char)c) || (c != '\0' && strchr("@._+=/ ", c) != NULL);
}

/* RFC 4512 1.4: descr or numericoid. */
static bool
oid_ok(const char *text, size_t len)
{
	size_t i, start = 0;

	if (len == 0)
		return false;
	if (is_alpha(text[0])) {
		for (i = 1; i < len; i++)
			if (!is_key(text[i]))
				return false;
		return true;
	}
	for (i = 0; i <= len; i++) {
		if (i < len && is_digit(text[i]))
			continue;
		if (i < len && text[i] != '.')
			return false;
		if (i == start || (text[start] == '0' && i > start + 1))
			return false;
		start = i + 1;
	}
	return true;
}

bool
filter_attribute_ok(const char *text, size_t len)
{
	const char *option = memchr(text, ';', len);
	size_t at = option == NULL ? len : (size_t)(option - text), start;

	if (!oid_ok(text, at))
		return false;
	while (at < len) {
		start = ++at;
		while (at < len && is_key(text[at]))
			at++;
		if (at == start || (at < len && text[at] != ';'))
			return false;
	}
	return true;
}

const char *
filter_variable_text(enum filter_variable variable)
{
	switch (variable) {
	case FILTER_NOW:
		return "%{now}";
	case FILTER_NOW_LOCKOUT:
		return "%{now-lockout}";
	case FILTER_NOW_FILETIME:
		return "%{now.filetime}";
	case FILTER_NOW_DAYS:
		return "%{now.days}";
	case FILTER_LITERAL:
		break;
	}
	return NULL;
}

void
filter_escape(struct buffer *out, const void *value, size_t len)
{
	const unsigned char *bytes = value;
	size_t i, start = 0;

	for (i = 0; i < len; i++) {
		if (is_plain(bytes[i]))
			continue;
		(void)buffer_put(out, bytes + start, i - start);
		(void)buffer_printf(out, "\\%02x", bytes[i]);
		start = i + 1;
	}
	(void)buffer_put(out, bytes + start, len - start);
}

static void
put_part(struct buffer *out, const struct value_part *part)
{
	if (part->data != NULL)
		filter_escape(out, part->data, part->len);
}

static void
print_item(const struct filter *filter, struct buffer *out)
{
	size_t i;

	if (filter->attribute != NULL)
		(void)buffer_puts(out, filter->attribute);
	switch (filter->kind) {
	case FILTER_PRESENT:
		(void)buffer_puts(out, "=*");
		return;
	case FILTER_SUBSTRING:
		(void)buffer_puts(out, "=");
		put_part(out, &filter->initial);
		(void)buffer_puts(out, "*");
		for (i = 0; i < filter->any_count; i++) {
			put_part(out, &filter->any[i]);
			(void)buffer_puts(out, "*");
		}
		put_part(out, &filter->final);
		return;
	case FILTER_GREATER:
		(void)buffer_puts(out, ">=");
		break;
	case FILTER_LESS:
		(void)buffer_puts(out, "<=");
		break;
	case FILTER_APPROX:
		(void)buffer_puts(out, "~=");
		break;
	case FILTER_EXTENSIBLE:
		(void)buffer_printf(out, "%s%s%s:=", filter->dn ? ":dn" : "",
		    filter->rule == NULL ? "" : ":",
		    filter->rule == NULL ? "" : filter->rule);
		break;
	default:
		(void)buffer_puts(out, "=");
		break;
	}
	if (filter->variable != FILTER_LITERAL)
		(void)buffer_puts(out, filter_variable_text(filter->variable));
	else
		put_part(out, &filter->value);
}

void
filter_print(const struct filter *filter, struct buffer *out)
{
	const struct filter *child;

	(void)buffer_puts(out, "(");
	if (filter->child == NULL)
		print_item(filter, out);
	else
		(void)buffer_puts(out, filter->kind == FILTER_AND ? "&" :
		    filter->kind == FILTER_OR ? "|" : "!");
	for (child = filter->child; child != NULL; child = child->next)
		filter_print(child, out);
	(void)buffer_puts(out, ")");
}

int
filter_build(struct buffer *out, const struct filter_key *keys,
    size_t count, const void *value, size_t len, const struct filter *class)
{
	size_t i;

	if (count == 0) {
		/* an empty "or" would be true of nothing, or of everything */
		out->failed = true;
		return -1;
	}
	(void)buffer_puts(out, count > 1 ? "(&(|" : "(&");
	for (i = 0; i < count; i++) {
		(void)buffer_printf(out, "(%s=", keys[i].attribute);
		if (keys[i].prefix != NULL)
			filter_escape(out, keys[i].prefix,
			    strlen(keys[i].prefix));
		filter_escape(out, value, len);
		(void)buffer_puts(out, ")");
	}
	if (count > 1)
		(void)buffer_puts(out, ")");
	if (class != NULL)
		filter_print(class, out);
	(void)buffer_puts(out, ")");
	return out->failed ? -1 : 0;
}

void
filter_free(struct filter *filter)
{
	struct filter *next;
	size_t i;

	for (; filter != NULL; filter = next) {
		next = filter->next;
		filter_free(filter->child);
		for (i = 0; i < filter->any_count; i++)
			free((void *)filter->any[i].data);
		free(filter->any);
		free((void *)filter->value.data);
		free((void *)filter->initial.data);
		free((void *)filter->final.data);
		free(filter->attribute);
		free(filter->rule);
		free(filter);
	}
}
