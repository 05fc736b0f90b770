/*
 * Comparing what came back with what was asked.
 */
#include "lookupd/resolve_match.h"

#include <string.h>

#include "common/text.h"

static enum resolve_match
match_value(const struct resolve_query *query, const struct filter_key *key,
    const struct address *wanted, bool exact, const struct value *value)
{
	size_t prefix_len = key->prefix == NULL ? 0 : strlen(key->prefix);
	size_t len = value->len;
	const char *data = value->data;

	if (prefix_len > 0 && (len < prefix_len ||
	    !text_same_nocase(data, prefix_len, key->prefix, prefix_len)))
		return MATCH_LOOSE;
	data += prefix_len;
	len -= prefix_len;
	if (wanted == NULL)
		return value_equal(VALUE_TEXT, data, len, query->value,
		    query->len) == TRUTH_TRUE ? MATCH_STRICT : MATCH_LOOSE;
	if (address_equal(wanted, data, len, exact))
		return MATCH_STRICT;
	return exact && address_equal(wanted, data, len, false) ? MATCH_CASE :
	    MATCH_LOOSE;
}

enum resolve_match
resolve_match(const struct resolve_query *query,
    const struct address *wanted, bool exact, const struct entry *entry)
{
	enum resolve_match best = MATCH_HIDDEN, one;
	size_t i, j;

	for (i = 0; i < query->key_count; i++) {
		const struct attribute *attribute =
		    entry_get(entry, query->keys[i].attribute);

		for (j = 0; attribute != NULL && j < attribute->count; j++) {
			one = match_value(query, &query->keys[i], wanted,
			    exact, &attribute->values[j]);
			if (one == MATCH_STRICT)
				return one;
			if (one > best)
				best = one;
		}
	}
	return best;
}
