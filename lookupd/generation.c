/*
 * A configuration with its pools.
 */
#include "lookupd/generation.h"

#include <stdlib.h>

#include "common/deadline.h"
#include "daemon/log.h"

struct generation *
generation_new(struct event_base *base, struct config *config)
{
	struct generation *generation = calloc(1, sizeof(*generation));
	size_t i;

	if (generation == NULL) {
		config_unref(config);
		return NULL;
	}
	generation->base = base;
	generation->config = config;
	generation->asked = deadline_now();
	for (i = 0; i < config->realm_count; i++) {
		generation->canaries[i].realm = config->realms[i];
		generation->wants_canary[i] = canary_wanted(config->realms[i]);
	}
	return generation;
}

void
generation_free(struct generation *generation)
{
	if (generation == NULL)
		return;
	generation_end_mirrors(generation);
	generation_close(generation);
	config_unref(generation->config);
	free(generation);
}

struct ldap_pool *
generation_pool(struct generation *generation, const struct realm *realm)
{
	struct ldap_pool **pool = &generation->pools[realm->index];

	if (*pool == NULL)
		*pool = ldap_pool_new(generation->base, realm,
		    generation->wants_canary[realm->index] ?
		    canary_check : NULL, &generation->canaries[realm->index]);
	if (*pool == NULL)
		log_error("realm %s: out of memory", realm->name);
	return *pool;
}

void
generation_open(struct generation *generation, struct store *store,
    void (*damaged)(void *context), void *context)
{
	size_t i;

	for (i = 0; i < generation->config->realm_count; i++) {
		const struct realm *realm = generation->config->realms[i];

		if (realm->mode == MODE_LIVE)
			(void)generation_pool(generation, realm);
		if (realm->mode == MODE_FILE && store != NULL) {
			generation->feeds[i] = file_feed_new(generation->base,
			    realm, store, damaged, context);
			if (generation->feeds[i] == NULL)
				log_error("realm %s: out of memory",
				    realm->name);
		}
		if (realm->mode != MODE_MIRROR || store == NULL)
			continue;
		generation->mirrors[i] = mirror_new(generation->base, realm,
		    store, damaged, context);
		if (generation->mirrors[i] == NULL)
			log_error("realm %s: out of memory", realm->name);
	}
}

void
generation_end_mirrors(struct generation *generation)
{
	size_t i;

	for (i = 0; i < CONFIG_REALMS_MAX; i++) {
		mirror_free(generation->mirrors[i]);
		generation->mirrors[i] = NULL;
		file_feed_free(generation->feeds[i]);
		generation->feeds[i] = NULL;
	}
}

void
generation_close(struct generation *generation)
{
	size_t i;

	for (i = 0; i < CONFIG_REALMS_MAX; i++) {
		ldap_pool_free(generation->pools[i]);
		generation->pools[i] = NULL;
	}
}

void
generation_describe(struct generation *generation,
    void (*line)(void *context, const char *text), void *context)
{
	size_t i;

	for (i = 0; i < generation->config->realm_count; i++) {
		if (generation->mirrors[i] != NULL)
			mirror_describe(generation->mirrors[i], line,
			    context);
		if (generation->feeds[i] != NULL)
			file_feed_describe(generation->feeds[i], line,
			    context);
		if (generation->pools[i] != NULL)
			ldap_pool_describe(generation->pools[i], line,
			    context);
	}
}
