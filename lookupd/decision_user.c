/*
 * Is the account the one that is expected?  See decision_user.h.
 */
#include "lookupd/decision_user.h"

#include <string.h>

#include "common/text.h"

/* Addresses are compared as in resolve, all else ignoring case. */
static bool
is_user(const struct decision_input *in, const char *name, size_t len)
{
	const char *user = in->user;
	struct address address;

	if (len == 0)
		return false;
	if (address_parse(user, strlen(user), &address) == NULL)
		return address_equal(&address, name, len, in->exact);
	return text_same_nocase(user, strlen(user), name, len);
}

static bool
key_is_user(const struct decision_input *in, const struct filter_key *key,
    const struct entry *account)
{
	const struct attribute *attribute = entry_get(account,
	    key->attribute);
	const char *prefix = key->prefix == NULL ? "" : key->prefix;
	size_t prefix_len = strlen(prefix), i;

	for (i = 0; attribute != NULL && i < attribute->count; i++) {
		const struct value *value = &attribute->values[i];

		if (value->len >= prefix_len &&
		    text_same_nocase(value->data, prefix_len, prefix,
		    prefix_len) &&
		    is_user(in, value->data + prefix_len,
		    value->len - prefix_len))
			return true;
	}
	return false;
}

/* Addresses and account names that were asked for are the account's own.
 * The other kinds may only be mapped to it: a principal of another system is
 * spelled like the address of somebody else here. */
static bool
identity_is_user(const struct decision_input *in, const struct identity *identity)
{
	enum key_kind kind = identity_key_kind(identity->source);

	return (kind == KEY_ADDRESS || kind == KEY_ACCOUNT) &&
	    is_user(in, identity->name.text, identity->name.len);
}

bool
decision_is_user(const struct decision_input *in, const char *name,
    const struct entry *account)
{
	static const enum key_kind kinds[] = { KEY_ADDRESS, KEY_ACCOUNT,
		KEY_UPN };
	const struct identities *identities = in->identities;
	size_t i, j;

	if (is_user(in, name, strlen(name)))
		return true;
	for (i = 0; i < identities->count; i++)
		if (identity_is_user(in, &identities->items[i]))
			return true;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct profile_keys *keys =
		    &in->profile->keys[kinds[i]];

		for (j = 0; j < keys->count; j++) {
			/* mapped by a text that begins with its kind */
			if (kinds[i] == KEY_UPN && keys->items[j].prefix != NULL)
				continue;
			if (key_is_user(in, &keys->items[j], account))
				return true;
		}
	}
	return false;
}
