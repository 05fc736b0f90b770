/*
 * One definition for who writes and who reads.
 */
#include "lookupd/area.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "lookupd/hash.h"

/* Another one when the meaning of what is stored changes. */
#define AREA_VERSION 1
#define TEXT_MAX (1024 * 1024)

bool
area_wanted(const struct realm *realm, enum store_kind kind)
{
	return kind == STORE_ACCOUNTS || realm->profile->domain.used;
}

bool
area_configured(const void *context, const char *name)
{
	const struct config *config = context;

	for (size_t i = 0; i < config->realm_count; i++) {
		const struct realm *realm = config->realms[i];
		size_t len = strlen(realm->name);

		if (realm->mode == MODE_LIVE ||
		    strncmp(name, realm->name, len) != 0 || name[len] != '/')
			continue;
		for (int kind = STORE_ACCOUNTS; kind <= STORE_DOMAINS; kind++) {
			if (area_wanted(realm, (enum store_kind)kind) &&
			    strcmp(name + len + 1, store_kind_word(
			    (enum store_kind)kind)) == 0)
				return true;
		}
	}
	return false;
}

static void
put_field(struct buffer *out, const char *text)
{
	buffer_puts(out, text == NULL ? "" : text);
	buffer_put(out, "", 1);
}

int
area_of(const struct realm *realm, enum store_kind kind, struct area *ret)
{
	const struct profile *profile = realm->profile;
	bool domains = kind == STORE_DOMAINS;
	struct buffer out;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->word = store_kind_word(kind);
	ret->base = domains && realm->domain_base != NULL ?
	    realm->domain_base : realm->base;
	ret->attributes = domains ? profile->domain_attributes :
	    profile->account_attributes;
	buffer_init(&out, TEXT_MAX);
	filter_print(domains ? profile->domain.entry : profile->account,
	    &out);
	if (!out.failed)
		ret->filter = strdup(buffer_text(&out));
	buffer_clear(&out);
	buffer_printf(&out, "%d %d %llx %d", AREA_VERSION, (int)kind,
	    (unsigned long long)profile->hash, realm->mode);
	put_field(&out, "");
	put_field(&out, ret->base);
	/* others see other attributes */
	put_field(&out, realm->mode == MODE_MIRROR ? realm->bind_dn : NULL);
	put_field(&out, ret->filter);
	for (i = 0; ret->attributes[i] != NULL; i++)
		put_field(&out, ret->attributes[i]);
	if (!out.failed)
		ret->definition = hash_bytes(0, out.data, out.len);
	buffer_free(&out);
	if (ret->filter != NULL && ret->definition != 0)
		return 0;
	area_clear(ret);
	return -1;
}

void
area_clear(struct area *area)
{
	free(area->filter);
	memset(area, 0, sizeof(*area));
}
