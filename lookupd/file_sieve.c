/*
 * Base, class filter, attributes.
 */
#include "lookupd/file_sieve.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/hash.h"
#include "lookupd/store_record.h"

struct file_sieve {
	const struct realm *realm;
	char **wanted;
	size_t count, capacity;
	bool failed;
};

static void
want(void *context, const char *name)
{
	struct file_sieve *sieve = context;
	char *copy;

	for (size_t i = 0; i < sieve->count; i++) {
		if (text_same_nocase(sieve->wanted[i],
		    strlen(sieve->wanted[i]), name, strlen(name)))
			return;
	}
	if (sieve->count + 1 >= sieve->capacity) {
		size_t capacity = 2 * sieve->capacity + 16;
		char **grown = realloc(sieve->wanted,
		    capacity * sizeof(*grown));

		if (grown == NULL) {
			sieve->failed = true;
			return;
		}
		sieve->wanted = grown;
		sieve->capacity = capacity;
	}
	copy = strdup(name);
	if (copy == NULL) {
		sieve->failed = true;
		return;
	}
	sieve->wanted[sieve->count++] = copy;
	sieve->wanted[sieve->count] = NULL;
}

struct file_sieve *
file_sieve_new(const struct realm *realm)
{
	const struct profile *profile = realm->profile;
	struct file_sieve *sieve = calloc(1, sizeof(*sieve));
	char **name;

	if (sieve == NULL)
		return NULL;
	sieve->realm = realm;
	for (name = profile->account_attributes; *name != NULL; name++)
		want(sieve, *name);
	filter_attributes(profile->account, want, sieve);
	for (name = profile->domain_attributes; profile->domain.used &&
	    *name != NULL; name++)
		want(sieve, *name);
	if (profile->domain.used)
		filter_attributes(profile->domain.entry, want, sieve);
	if (!sieve->failed && sieve->count > 0)
		return sieve;
	file_sieve_free(sieve);
	return NULL;
}

void
file_sieve_free(struct file_sieve *sieve)
{
	if (sieve == NULL)
		return;
	for (size_t i = 0; i < sieve->count; i++)
		free(sieve->wanted[i]);
	free(sieve->wanted);
	free(sieve);
}

char *const *
file_sieve_wanted(const struct file_sieve *sieve)
{
	return sieve->wanted;
}

/* At or below, spelled as in the configuration but for case. */
static bool
is_below(const char *dn, const char *base)
{
	size_t len = strlen(dn), base_len = base == NULL ? 0 : strlen(base);

	if (base_len == 0)
		return true;
	if (len < base_len || !text_same_nocase(dn + len - base_len, base_len,
	    base, base_len))
		return false;
	for (len -= base_len; len > 0 && dn[len - 1] == ' '; len--)
		;
	return len == 0 || dn[len - 1] == ',';
}

static struct entry *
narrowed(const struct entry *entry, char *const *names)
{
	struct entry *narrow = entry_new(entry->dn);

	for (; narrow != NULL && *names != NULL; names++) {
		const struct attribute *attribute = entry_get(entry, *names);

		for (size_t i = 0; attribute != NULL && i < attribute->count;
		    i++) {
			if (entry_add(narrow, *names,
			    attribute->values[i].data,
			    attribute->values[i].len) == 0)
				continue;
			entry_free(narrow);
			return NULL;
		}
	}
	return narrow;
}

int
file_sieve(const struct file_sieve *sieve, enum store_kind kind,
    const struct entry *entry, struct entry **ret)
{
	const struct realm *realm = sieve->realm;
	const struct profile *profile = realm->profile;
	bool domains = kind == STORE_DOMAINS;
	struct filter_context context = { .type_of = profile_type_of,
		.types = profile };

	*ret = NULL;
	if (!is_below(entry->dn, domains && realm->domain_base != NULL ?
	    realm->domain_base : realm->base) || filter_eval(domains ?
	    profile->domain.entry : profile->account, entry, &context) !=
	    TRUTH_TRUE)
		return 0;
	*ret = narrowed(entry, domains ? profile->domain_attributes :
	    profile->account_attributes);
	return *ret == NULL ? -1 : 0;
}

/* Byte by byte, or who chooses his own name finds two of one hash by hand:
 * what differs in the last byte of an eight hardly spreads, and the next eight
 * can undo it.  A single byte cannot. */
static uint64_t
hash_dn(uint64_t hash, const char *dn, size_t len)
{
	hash = hash_step(hash, len);
	for (size_t i = 0; i < len; i++)
		hash = hash_step(hash, (unsigned char)dn[i]);
	return hash_end(hash);
}

void
file_sieve_id(const struct entry *entry, struct store_id *ret)
{
	char folded[ENTRY_DN_MAX];
	size_t len = 0;

	for (const char *at = entry->dn; *at != '\0'; at++) {
		/* spaces around commas and equals signs do not count */
		if (*at == ' ' && (at == entry->dn || strchr(",= ", at[-1]) !=
		    NULL || strchr(",= ", at[1]) != NULL))
			continue;
		folded[len++] = *at;
	}
	text_lower(folded, len);
	store_put_u64(ret->bytes, hash_dn(1, folded, len));
	store_put_u64(ret->bytes + 8, hash_dn(2, folded, len));
}
