/* Keys of domains: see the header. */
#include "hook/domain_keys.h"

#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/text.h"

static struct domain_key *
find(const struct domain_keys *keys, const char *domain, size_t len)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		if (text_same_nocase(keys->items[i].domain, keys->items[i].len,
		    domain, len))
			return &keys->items[i];
	return NULL;
}

static bool
is_domain(const char *domain, size_t len)
{
	return len > 0 && strspn(domain, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

int
domain_keys_init(struct domain_keys *keys, char *const *words,
    const char **ret_bad)
{
	size_t count = 0;

	memset(keys, 0, sizeof(*keys));
	*ret_bad = NULL;
	while (words != NULL && words[count] != NULL)
		count++;
	if (count == 0)
		return 0;
	keys->items = calloc(count, sizeof(*keys->items));
	if (keys->items == NULL)
		return -1;
	for (; *words != NULL; words++) {
		size_t len = strcspn(*words, ":");
		struct domain_key *key = &keys->items[keys->count];

		if (!is_domain(*words, len) || (*words)[len] != ':' ||
		    (*words)[len + 1] != '/' || find(keys, *words, len)) {
			*ret_bad = *words;
			return -1;
		}
		key->domain = *words;
		key->len = len;
		key->path = *words + len + 1;
		buffer_init(&key->key, SECRET_MAX);
		keys->count++;
	}
	return 0;
}

void
domain_keys_free(struct domain_keys *keys)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		buffer_wipe(&keys->items[i].key);
	free(keys->items);
	memset(keys, 0, sizeof(*keys));
}

const struct buffer *
domain_keys_find(const struct domain_keys *keys, const char *account,
    size_t len)
{
	const char *at = memrchr(account, '@', len);
	const struct domain_key *key;

	if (at == NULL)
		return NULL;
	at++;
	key = find(keys, at, len - (size_t)(at - account));
	return key == NULL || key->key.len == 0 ? NULL : &key->key;
}
