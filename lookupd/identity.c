/*
 * Identities: where a name was found, what it is searched as, and the one
 * place where a found name is checked.  See identity.h.
 */
#include "lookupd/identity.h"

#include <string.h>

#include "common/verdict.h"

const char *
identity_source_name(enum identity_source source)
{
	switch (source) {
	case IDENTITY_SAN_EMAIL:
		return "san-email";
	case IDENTITY_SUBJECT_EMAIL:
		return "subject-email";
	case IDENTITY_UPN:
		return "upn";
	case IDENTITY_CN:
		return "cn";
	case IDENTITY_UID:
		return "uid";
	case IDENTITY_REQUEST_EMAIL:
		return "email";
	case IDENTITY_REQUEST_ACCOUNT:
		return "account";
	case IDENTITY_SOURCES:
		break;
	}
	return "none";
}

int
identity_source_parse(const char *word)
{
	int i;

	for (i = IDENTITY_SAN_EMAIL; i <= IDENTITY_UID; i++)
		if (strcmp(word, identity_source_name(
		    (enum identity_source)i)) == 0)
			return i;
	return -1;
}

enum key_kind
identity_key_kind(enum identity_source source)
{
	switch (source) {
	case IDENTITY_SAN_EMAIL:
	case IDENTITY_SUBJECT_EMAIL:
	case IDENTITY_REQUEST_EMAIL:
		return KEY_ADDRESS;
	case IDENTITY_UPN:
		return KEY_UPN;
	case IDENTITY_CN:
		return KEY_CN;
	case IDENTITY_UID:
		return KEY_UID;
	case IDENTITY_REQUEST_ACCOUNT:
		return KEY_ACCOUNT;
	case IDENTITY_SOURCES:
		break;
	}
	return KEY_KINDS;
}

const char *
key_kind_name(enum key_kind kind)
{
	switch (kind) {
	case KEY_ADDRESS:
		return "address";
	case KEY_ACCOUNT:
		return "account";
	case KEY_UPN:
		return "upn";
	case KEY_CN:
		return "cn";
	case KEY_UID:
		return "uid";
	case KEY_KINDS:
		break;
	}
	return "none";
}

int
key_kind_parse(const char *word)
{
	int i;

	for (i = 0; i < KEY_KINDS; i++)
		if (strcmp(word, key_kind_name((enum key_kind)i)) == 0)
			return i;
	return -1;
}

/* A name that is no address. */
static const char *
read_name(const unsigned char *bytes, size_t len, struct address *ret)
{
	size_t i;

	if (len == 0)
		return "the name is empty";
	if (len > IDENTITY_MAX)
		return "the name is longer than 254 bytes";
	for (i = 0; i < len; i++) {
		if (bytes[i] == '\0')
			return "the name contains a NUL byte";
		if (bytes[i] < ' ' || bytes[i] == 0x7f)
			return "the name contains a control byte";
		if (bytes[i] > 0x7f)
			return "the name is not ASCII";
		/* Directories fold these; two spellings would be one name. */
		if (bytes[i] == ' ' && (i == 0 || i == len - 1 ||
		    bytes[i - 1] == ' '))
			return "the name begins or ends with a space or has two "
			    "in a row";
	}
	memcpy(ret->text, bytes, len);
	ret->text[len] = '\0';
	ret->len = len;
	ret->local_len = 0;
	return NULL;
}

static bool
already_there(const struct identities *set, enum key_kind kind,
    const struct address *name)
{
	const struct identity *item;
	size_t i;

	for (i = 0; i < set->count; i++) {
		item = &set->items[i];
		if (identity_key_kind(item->source) == kind &&
		    item->name.len == name->len &&
		    memcmp(item->name.text, name->text, name->len) == 0)
			return true;
	}
	return false;
}

const char *
identities_add(struct identities *set, enum identity_source source,
    const void *bytes, size_t len, const char **ret_reason)
{
	struct identity *item = &set->items[set->count];
	enum key_kind kind = identity_key_kind(source);
	const char *wrong;

	switch (kind) {
	case KEY_ADDRESS:
	case KEY_UPN:
		wrong = address_parse(bytes, len, &item->name);
		break;
	case KEY_ACCOUNT:
	case KEY_CN:
	case KEY_UID:
		wrong = read_name(bytes, len, &item->name);
		break;
	case KEY_KINDS:
	default:
		wrong = "a name of no known kind";
		break;
	}
	if (wrong != NULL) {
		*ret_reason = REASON_BAD_IDENTITY;
		return wrong;
	}
	if (already_there(set, kind, &item->name))
		return NULL;
	if (set->count >= IDENTITIES_MAX) {
		*ret_reason = REASON_TOO_MANY;
		return "more than 16 identities";
	}
	item->source = source;
	set->count++;
	return NULL;
}
