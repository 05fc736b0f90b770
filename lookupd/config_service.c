/*
 * Services: who may ask, with which evidence, about which realms.
 */
#include "lookupd/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/bundle_names.h"

static const char *const evidence_words[] = { "none", "asserted", "verified",
	NULL };
static const char *const need_words[] = { "any", "admin", NULL };

/* A service as written. */
struct service_text {
	char *name;
	char **callers;
	unsigned evidence;
	char **realms;
	int need;
	char *require;
};

#define AT(field) offsetof(struct service_text, field)

static const struct setting service_settings[] = {
	{ .name = "name", .type = SETTING_STRING, .offset = AT(name),
	    .mandatory = true, .help = "of the service, in lower case" },
	{ .name = "callers", .type = SETTING_STRINGS, .offset = AT(callers),
	    .max = CONFIG_CALLERS_MAX,
	    .help = "users, uids or @groups that may ask; root always may" },
	{ .name = "evidence", .type = SETTING_WORDS, .offset = AT(evidence),
	    .words = evidence_words, .mandatory = true,
	    .help = "what they may claim" },
	{ .name = "realms", .type = SETTING_STRINGS, .offset = AT(realms),
	    .mandatory = true, .min = 1, .max = CONFIG_REALMS_MAX,
	    .help = "realms it may ask about; the first is the default" },
	{ .name = "need", .type = SETTING_WORD, .offset = AT(need),
	    .words = need_words, .fallback = "any",
	    .help = "admin: administrators only" },
	{ .name = "require", .type = SETTING_STRING, .offset = AT(require),
	    .help = "filter the account must match" },
	{ .name = NULL }
};

#define COMPLAIN(...) \
	problems_add(problems, settings_file(node), service->line, __VA_ARGS__)

static void
add_callers(struct config *config, struct service *service, char **names,
    const struct settings_node *node, struct problems *problems)
{
	for (; names != NULL && *names != NULL; names++) {
		struct caller caller = { .group = (*names)[0] == '@' };
		int rc = caller.group ?
		    bundle_gid(config->bundle, *names + 1, &caller.gid) :
		    bundle_uid(config->bundle, *names, &caller.uid);

		if (rc != 0) {
			COMPLAIN("service %s: there is no %s \"%s\"",
			    service->name, caller.group ? "group" : "user",
			    caller.group ? *names + 1 : *names);
			continue;
		}
		service->callers[service->caller_count++] = caller;
	}
}

static void
add_realms(struct config *config, struct service *service, char **names,
    const struct settings_node *node, struct problems *problems)
{
	for (; *names != NULL; names++) {
		struct realm *realm = config_realm(config, *names);

		if (realm == NULL) {
			COMPLAIN("service %s: there is no realm \"%s\"",
			    service->name, *names);
			continue;
		}
		if ((service->evidence & EVIDENCE_BIT(EVIDENCE_VERIFIED)) != 0 &&
		    realm->client_ca == NULL)
			COMPLAIN("service %s takes verified evidence, but realm "
			    "\"%s\" has no client_ca", service->name, *names);
		service->realms[service->realm_count++] = realm;
	}
}

/* Make the realm's copy of the profile ask for one more attribute. */
struct wanted {
	struct profile *profile;
	const char *why;		/* it cannot be; or NULL */
};

static void
want_attribute(void *context, const char *name)
{
	struct wanted *wanted = context;

	if (wanted->why == NULL)
		wanted->why = profile_want(wanted->profile, name);
}

static void
add_require(struct service *service, const char *text,
    const struct settings_node *node, struct problems *problems)
{
	char error[FILTER_ERROR_MAX];

	if (text == NULL)
		return;
	service->require = filter_parse(text, strlen(text), error);
	if (service->require == NULL) {
		COMPLAIN("service %s: require: %s", service->name, error);
		return;
	}
	for (size_t i = 0; i < service->realm_count; i++) {
		struct profile *profile = service->realms[i]->profile;
		struct filter_context context = { .type_of = profile_type_of,
			.types = profile };
		struct wanted wanted = { .profile = profile };
		const char *attribute = NULL, *why;

		if (profile == NULL)
			continue;
		why = filter_evaluable(service->require, &context, &attribute);
		if (why != NULL)
			COMPLAIN("service %s: require: %s: %s", service->name,
			    attribute == NULL ? "filter" : attribute, why);
		else
			filter_bind(service->require, &context);
		filter_attributes(service->require, want_attribute, &wanted);
		if (wanted.why != NULL)
			COMPLAIN("service %s: require: %s", service->name,
			    wanted.why);
	}
}

static struct service *
service_new(struct config *config, unsigned line)
{
	struct service *service;

	if (config->service_count == CONFIG_SERVICES_MAX)
		return NULL;
	service = calloc(1, sizeof(*service));
	if (service == NULL)
		return NULL;
	service->line = line;
	service->realms = calloc(CONFIG_REALMS_MAX, sizeof(*service->realms));
	if (service->realms == NULL) {
		free(service);
		return NULL;
	}
	return service;
}

void
service_read(struct config *config, const struct settings_node *node,
    struct problems *problems)
{
	struct service_text text;
	struct service *service;

	memset(&text, 0, sizeof(text));
	service = service_new(config, settings_line(node));
	if (service == NULL) {
		problems_add(problems, settings_file(node), settings_line(node),
		    "out of memory, or more than %d services",
		    CONFIG_SERVICES_MAX);
		return;
	}
	if (settings_fill(node, service_settings, &text, problems) > 0)
		goto out;
	service->name = text.name;
	text.name = NULL;
	text_lower(service->name, strlen(service->name));
	if (!config_name_ok(service->name))
		COMPLAIN("service name \"%s\": 1 to %d letters, digits, '.', "
		    "'-' and '_'", service->name, CONFIG_NAME_MAX);
	if (config_service(config, service->name) != NULL)
		COMPLAIN("there are two services \"%s\"", service->name);
	service->evidence = text.evidence;
	service->need_admin = text.need == 1;
	add_callers(config, service, text.callers, node, problems);
	add_realms(config, service, text.realms, node, problems);
	add_require(service, text.require, node, problems);
	config->services[config->service_count++] = service;
	service = NULL;
out:
	settings_clear(service_settings, &text);
	service_free(service);
}

void
service_add_default(struct config *config, struct problems *problems)
{
	struct service *service;

	if (config_service(config, CONFIG_DEFAULT_SERVICE) != NULL)
		return;
	service = service_new(config, 0);
	if (service == NULL ||
	    (service->name = strdup(CONFIG_DEFAULT_SERVICE)) == NULL) {
		problems_add(problems, config->path, 0,
		    "out of memory, or more than %d services",
		    CONFIG_SERVICES_MAX);
		service_free(service);
		return;
	}
	service->evidence = EVIDENCE_BIT(EVIDENCE_NONE) |
	    EVIDENCE_BIT(EVIDENCE_ASSERTED) | EVIDENCE_BIT(EVIDENCE_VERIFIED);
	for (size_t i = 0; i < config->realm_count; i++)
		service->realms[service->realm_count++] = config->realms[i];
	config->services[config->service_count++] = service;
}

void
service_free(struct service *service)
{
	if (service == NULL)
		return;
	filter_free(service->require);
	free(service->realms);
	free(service->name);
	free(service);
}

void
service_dump(const struct service *service, FILE *stream)
{
	char *callers[CONFIG_CALLERS_MAX + 1] = { NULL };
	char numbers[CONFIG_CALLERS_MAX][24];
	char *realms[CONFIG_REALMS_MAX + 1] = { NULL };
	struct buffer require;
	struct service_text text = { .name = service->name,
		.callers = callers, .evidence = service->evidence,
		.realms = realms, .need = service->need_admin ? 1 : 0 };

	for (size_t i = 0; i < service->caller_count; i++) {
		const struct caller *caller = &service->callers[i];

		snprintf(numbers[i], sizeof(numbers[i]), "%s%lu",
		    caller->group ? "@" : "", (unsigned long)(caller->group ?
		    caller->gid : caller->uid));
		callers[i] = numbers[i];
	}
	for (size_t i = 0; i < service->realm_count; i++)
		realms[i] = service->realms[i]->name;
	buffer_init(&require, 2 * FILTER_TEXT_MAX);
	if (service->require != NULL) {
		filter_print(service->require, &require);
		text.require = require.data;
	}
	settings_dump(service_settings, &text, stream);
	buffer_free(&require);
}
