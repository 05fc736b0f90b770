#include "lookupd/trust.h"

#include <stdlib.h>
#include <string.h>

#include "common/safe_open.h"
#include "daemon/bundle.h"

static uint64_t generations;

static void
load_ca(struct trust *trust, struct bundle *bundle,
    const struct realm *realm, struct problems *problems)
{
	struct buffer pem;
	char error[SAFE_OPEN_ERROR_MAX];

	buffer_init(&pem, TRUST_CA_FILE_MAX);
	if (bundle_read_file(bundle, realm->client_ca, TRUST_CA_FILE_MAX,
	    &pem, error) != 0)
		problems_add(problems, trust->config->path, realm->line,
		    "realm %s: client_ca: %s", realm->name, error);
	else {
		trust->ca[realm->index] = certificate_ca_load(realm->client_ca,
		    buffer_text(&pem), pem.len, error);
		if (trust->ca[realm->index] == NULL)
			problems_add(problems, trust->config->path, realm->line,
			    "realm %s: client_ca: %s", realm->name, error);
	}
	buffer_free(&pem);
}

static uint64_t
hash_name(const char *name)
{
	return hash_bytes(0, name, strlen(name));
}

static void
hash_names(struct trust *trust)
{
	const struct config *config = trust->config;

	for (size_t i = 0; i < config->service_count; i++)
		trust->services[i] = hash_name(config->services[i]->name);
	for (size_t i = 0; i < config->realm_count; i++)
		trust->realms[i] = hash_name(config->realms[i]->name);
}

struct trust *
trust_load(struct config *config, struct problems *problems)
{
	return trust_load_from(NULL, config, problems);
}

struct trust *
trust_load_from(struct bundle *bundle, struct config *config,
    struct problems *problems)
{
	struct trust *trust = calloc(1, sizeof(*trust));
	size_t before = problems->count;

	if (trust == NULL) {
		problems_add(problems, config->path, 0, "out of memory");
		config_unref(config);
		return NULL;
	}
	trust->references = 1;
	trust->generation = ++generations;
	trust->config = config;
	hash_names(trust);
	for (size_t i = 0; i < config->realm_count; i++) {
		if (config->realms[i]->client_ca != NULL)
			load_ca(trust, bundle, config->realms[i], problems);
	}
	if (problems->count == before)
		return trust;
	trust_unref(trust);
	return NULL;
}

struct trust *
trust_ref(struct trust *trust)
{
	trust->references++;
	return trust;
}

void
trust_unref(struct trust *trust)
{
	if (trust == NULL || --trust->references > 0)
		return;
	for (size_t i = 0; i < CONFIG_REALMS_MAX; i++)
		certificate_ca_free(trust->ca[i]);
	config_unref(trust->config);
	free(trust);
}

uint64_t
trust_scope(const struct trust *trust, const struct realm *realm)
{
	return trust->generation * CONFIG_REALMS_MAX + realm->index;
}
