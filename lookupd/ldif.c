/*
 * Bytes to lines, lines to logical lines, logical lines to entries.
 */
#include "lookupd/ldif.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/ldap_ldif.h"

void
ldif_init(struct ldif *ldif, char *const *wanted,
    int (*take)(void *context, struct entry *entry), void *context)
{
	memset(ldif, 0, sizeof(*ldif));
	ldif->wanted = wanted;
	ldif->take = take;
	ldif->context = context;
	ldif->line = 1;
	ldif->at_start = true;
	buffer_init(&ldif->logical, LDIF_LINE_MAX);
}

void
ldif_free(struct ldif *ldif)
{
	entry_free(ldif->entry);
	buffer_free(&ldif->logical);
	ldif->entry = NULL;
}

static int
wrong(struct ldif *ldif, const char *why)
{
	snprintf(ldif->error, sizeof(ldif->error), "%s", why);
	ldif->stopped = true;
	return -1;
}

/* ---- logical lines to entries ----------------------------------------- */

static bool
is(const char *name, const char *word)
{
	return text_same_nocase(name, strlen(name), word, strlen(word));
}

static int
begin_entry(struct ldif *ldif, const char *name, const char *value,
    size_t len)
{
	if (is(name, "version") && !ldif->versioned) {
		ldif->versioned = true;
		return len == 1 && *value == '1' ? 0 :
		    wrong(ldif, "a version other than 1");
	}
	ldif->versioned = true;
	if (is(name, "include"))
		return wrong(ldif, "include: is not followed");
	if (!is(name, "dn"))
		return wrong(ldif, "a record must begin with dn:");
	if (memchr(value, '\0', len) != NULL || len > ENTRY_DN_MAX)
		return wrong(ldif, "a dn that is too long, or has a NUL byte");
	ldif->entry = entry_new(value);
	return ldif->entry != NULL ? 0 : wrong(ldif, "out of memory");
}

static int
add_attribute(struct ldif *ldif, const char *name, const char *value,
    size_t len)
{
	if (is(name, "changetype") || is(name, "control"))
		return wrong(ldif, "a change record; entries are wanted");
	if (is(name, "dn"))
		return wrong(ldif, "a second dn: in one record; an empty line "
		    "is missing");
	if (is(name, "include"))
		return wrong(ldif, "include: is not followed");
	for (char *const *one = ldif->wanted; *one != NULL; one++) {
		if (attribute_answers(*one, name) &&
		    entry_add(ldif->entry, *one, value, len) != 0)
			return wrong(ldif, "an entry too large, or out of "
			    "memory");
	}
	return 0;
}

static int
end_logical(struct ldif *ldif)
{
	const char *name, *value, *why;
	char *text = ldif->logical.data;
	size_t len;
	int rc;

	if (ldif->comment || ldif->logical.len == 0) {
		ldif->comment = false;
		buffer_clear(&ldif->logical);
		return 0;
	}
	if (strlen(text) != ldif->logical.len)
		return wrong(ldif, "a NUL byte");
	why = ldap_ldif_line(text, &name, &value, &len);
	if (why != NULL)
		return wrong(ldif, why);
	rc = ldif->entry == NULL ? begin_entry(ldif, name, value, len) :
	    add_attribute(ldif, name, value, len);
	buffer_clear(&ldif->logical);
	return rc;
}

static int
end_record(struct ldif *ldif)
{
	struct entry *entry;

	if (end_logical(ldif) != 0)
		return -1;
	entry = ldif->entry;
	ldif->entry = NULL;
	if (entry == NULL || ldif->take(ldif->context, entry) == 0)
		return 0;
	ldif->stopped = true;
	return -1;
}

/* ---- bytes to logical lines ------------------------------------------- */

/* The first byte of a line says what becomes of the one before. */
static int
begin_line(struct ldif *ldif, char byte)
{
	ldif->folded = byte == ' ';
	if (ldif->folded) {
		if (ldif->logical.len > 0 || ldif->comment)
			return 0;
		ldif->start = ldif->line;
		return wrong(ldif, "a continuation of nothing");
	}
	if (end_logical(ldif) != 0)
		return -1;
	ldif->start = ldif->line;
	ldif->comment = byte == '#';
	return 0;
}

static int
end_line(struct ldif *ldif)
{
	int rc = 0;

	if (ldif->at_start)		/* an empty one ends the record */
		rc = end_record(ldif);
	ldif->at_start = true;
	ldif->carriage = false;
	ldif->line++;
	return rc;
}

/* The part of one line in the bytes at hand, without its end. */
static int
take_part(struct ldif *ldif, const char *part, size_t len)
{
	if (len == 0)
		return 0;
	if (ldif->at_start) {
		ldif->at_start = false;
		if (begin_line(ldif, *part) != 0)
			return -1;
		part += ldif->folded;
		len -= ldif->folded;
	}
	if (ldif->comment)
		return 0;
	if (buffer_put(&ldif->logical, part, len) != 0)
		return wrong(ldif, "a line that is too long, or out of memory");
	return 0;
}

int
ldif_feed(struct ldif *ldif, const char *bytes, size_t len)
{
	if (ldif->stopped)
		return -1;
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end == NULL ? len : (size_t)(end - bytes);
		size_t used = part;

		/* a CR is kept back until it is known what follows */
		if (ldif->carriage && part > 0) {
			ldif->carriage = false;
			if (take_part(ldif, "\r", 1) != 0)
				return -1;
		}
		if (part > 0 && bytes[part - 1] == '\r') {
			ldif->carriage = true;
			used--;
		}
		if (take_part(ldif, bytes, used) != 0 ||
		    (end != NULL && end_line(ldif) != 0))
			return -1;
		part += end != NULL;
		bytes += part;
		len -= part;
	}
	return 0;
}

int
ldif_finish(struct ldif *ldif)
{
	if (ldif->stopped)
		return -1;
	if (!ldif->at_start)		/* cut off, and who knows where */
		return wrong(ldif, "the file ends within a line");
	return end_record(ldif);
}
