/*
 * The top of the configuration: general settings, then realms, then services.
 * Whatever is wrong anywhere is collected; only a configuration without any
 * problem comes out.
 */
#include "lookupd/config.h"

#include <stdlib.h>
#include <string.h>

#include <config.h>
#include "lookupd/config_parts.h"

static const char *const level_words[] = { "error", "warning", "notice",
	"info", "debug", NULL };

#define AT(field) offsetof(struct config, field)

static const struct setting top_settings[] = {
	{ .name = "socket", .type = SETTING_PATH, .offset = AT(socket),
	    .fallback = RUNSTATEDIR "/certauth/lookupd.sock",
	    .help = "where to listen; mode 0660" },
	{ .name = "socket_group", .type = SETTING_STRING,
	    .offset = AT(socket_group),
	    .help = "group of the socket; default: the user's" },
	{ .name = "user", .type = SETTING_STRING, .offset = AT(user),
	    .fallback = DAEMON_USER, .help = "whom to become when started by root" },
	{ .name = "syslog", .type = SETTING_BOOL, .offset = AT(syslog),
	    .fallback = "false", .help = "log to syslog, not standard error" },
	{ .name = "log_level", .type = SETTING_WORD, .offset = AT(log_level),
	    .words = level_words, .fallback = "notice",
	    .help = "most detailed level logged" },
	{ .name = "profiles", .type = SETTING_PATH, .offset = AT(profiles),
	    .fallback = PKGDATADIR "/profiles",
	    .help = "folder of the directory profiles" },
	{ .name = "deadline", .type = SETTING_INT, .offset = AT(deadline_ms),
	    .min = 100, .max = 60000, .fallback = "2500",
	    .help = "milliseconds until a question is given up" },
	{ .name = "connections", .type = SETTING_INT,
	    .offset = AT(connections_max), .min = 16, .max = 1000000,
	    .fallback = "20000", .help = "of all callers together" },
	{ .name = "connections_per_user", .type = SETTING_INT,
	    .offset = AT(connections_per_uid), .min = 1, .max = 1000000,
	    .fallback = "10000", .help = "of one uid; root is not counted" },
	{ .name = "requests_per_user", .type = SETTING_INT,
	    .offset = AT(requests_per_uid), .min = 1, .max = 1000000,
	    .fallback = "2000", .help = "of one uid, waiting for the directory" },
	{ .name = "audit_interval", .type = SETTING_INT,
	    .offset = AT(audit_interval), .min = 0, .max = 86400,
	    .fallback = "60",
	    .help = "seconds in which equal active verdicts are logged once" },
	{ .name = "store", .type = SETTING_PATH, .offset = AT(store),
	    .help = "folder for realms with mode = \"mirror\" or \"file\"" },
	{ .name = "realms", .type = SETTING_NODE, .offset = AT(realm_nodes),
	    .mandatory = true, .help = "list of realms" },
	{ .name = "services", .type = SETTING_NODE, .offset = AT(service_nodes),
	    .help = "list of services" },
	{ .name = NULL }
};

static const char *const evidence_words[] = { "none", "asserted", "verified" };

const char *
evidence_word(enum evidence evidence)
{
	return evidence_words[evidence];
}

int
evidence_parse(const char *word)
{
	for (int i = 0; i < 3; i++) {
		if (strcmp(word, evidence_words[i]) == 0)
			return i;
	}
	return -1;
}

int
config_name_ok(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > CONFIG_NAME_MAX)
		return 0;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

/* Hand each group of a list to read. */
static void
each_group(struct config *config, const struct settings_node *list,
    const char *what, struct problems *problems,
    void (*read)(struct config *, const struct settings_node *,
    struct problems *))
{
	if (list == NULL)
		return;
	if (settings_shape(list) != SETTINGS_SEQUENCE) {
		problems_add(problems, settings_file(list), settings_line(list),
		    "%s must be a list: %s = ( { ... }, { ... } );", what, what);
		return;
	}
	for (size_t i = 0; i < settings_count(list); i++) {
		const struct settings_node *node = settings_at(list, i);

		if (settings_shape(node) != SETTINGS_GROUP) {
			problems_add(problems, settings_file(node),
			    settings_line(node), "%s must contain groups: { ... }",
			    what);
			continue;
		}
		read(config, node, problems);
	}
}

struct config *
config_read(const char *path, struct problems *problems)
{
	return config_read_from(NULL, path, problems);
}

struct config *
config_read_from(struct bundle *bundle, const char *path,
    struct problems *problems)
{
	struct config *config = NULL;
	struct settings *settings = NULL;
	size_t before = problems->count;

	settings = settings_read_from(bundle, path, problems);
	if (settings == NULL)
		return NULL;
	config = calloc(1, sizeof(*config));
	if (config != NULL) {
		config->references = 1;
		config->bundle = bundle;
		config->path = strdup(path);
	}
	if (config == NULL || config->path == NULL) {
		problems_add(problems, path, 0, "out of memory");
		goto out;
	}
	config->hash = settings_hash(settings);
	settings_fill(settings_root(settings), top_settings, config, problems);
	each_group(config, config->realm_nodes, "realms", problems, realm_read);
	if (config->realm_count == 0 && problems->count == before)
		problems_add(problems, path, 0, "there must be a realm");
	each_group(config, config->service_nodes, "services", problems,
	    service_read);
	service_add_default(config, problems);
	config->realm_nodes = config->service_nodes = NULL;
	config->bundle = NULL;
out:
	settings_free(settings);
	if (problems->count == before)
		return config;
	config_unref(config);
	return NULL;
}

struct config *
config_ref(struct config *config)
{
	config->references++;
	return config;
}

void
config_unref(struct config *config)
{
	if (config == NULL || --config->references > 0)
		return;
	for (size_t i = 0; i < config->service_count; i++)
		service_free(config->services[i]);
	for (size_t i = 0; i < config->realm_count; i++)
		realm_free(config->realms[i]);
	settings_clear(top_settings, config);
	free(config->path);
	free(config);
}

struct realm *
config_realm(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->realm_count; i++) {
		if (strcmp(config->realms[i]->name, name) == 0)
			return config->realms[i];
	}
	return NULL;
}

struct service *
config_service(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++) {
		if (strcmp(config->services[i]->name, name) == 0)
			return config->services[i];
	}
	return NULL;
}

void
config_dump(const struct config *config, FILE *stream)
{
	settings_dump(top_settings, config, stream);
	fputs("realms = (\n", stream);
	for (size_t i = 0; i < config->realm_count; i++) {
		fputs(i == 0 ? "{\n" : ", {\n", stream);
		realm_dump(config->realms[i], stream);
		fputs("}\n", stream);
	}
	fputs(");\nservices = (\n", stream);
	for (size_t i = 0, shown = 0; i < config->service_count; i++) {
		if (config->services[i]->line == 0)
			continue;	/* ours, not the administrator's */
		fputs(shown++ == 0 ? "{\n" : ", {\n", stream);
		service_dump(config->services[i], stream);
		fputs("}\n", stream);
	}
	fputs(");\n", stream);
}
