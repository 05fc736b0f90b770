/* Reading and checking the hook's configuration. */
#include "config.h"

#include "hook/hook_config.h"

#include <stdlib.h>
#include <string.h>

#include "common/unix_socket.h"
#include "daemon/privileges.h"

static const char *const level_words[] = { "error", "warning", "notice",
	"info", "debug", NULL };

#define AT(field) offsetof(struct hook_config, field)

static const struct setting top_settings[] = {
	{ .name = "lookupd_socket", .type = SETTING_PATH,
	    .offset = AT(lookupd_socket),
	    .fallback = RUNSTATEDIR "/certauth/lookupd.sock",
	    .help = "where lookupd listens" },
	{ .name = "server_user", .type = SETTING_STRING,
	    .offset = AT(server_user),
	    .help = "whom that socket may belong to besides root; "
	    "default: our own user" },
	{ .name = "connections", .type = SETTING_INT,
	    .offset = AT(connections), .min = 1, .max = 64, .fallback = "16",
	    .help = "kept open to lookupd" },
	{ .name = "deadline", .type = SETTING_INT, .offset = AT(deadline_ms),
	    .min = 100, .max = 60000, .fallback = "2800",
	    .help = "milliseconds until a proxy is answered in any case" },
	{ .name = "refusals_per_address", .type = SETTING_INT,
	    .offset = AT(refusals_per_address), .min = 0, .max = 1000000,
	    .fallback = "120",
	    .help = "in a minute, before it is answered busy; 0: no limit" },
	{ .name = "refusals_per_certificate", .type = SETTING_INT,
	    .offset = AT(refusals_per_certificate), .min = 0,
	    .max = 1000000, .fallback = "30",
	    .help = "the same for each certificate" },
	{ .name = "user", .type = SETTING_STRING, .offset = AT(user),
	    .fallback = DAEMON_USER "-hook",
	    .help = "whom to become when started by root" },
	{ .name = "syslog", .type = SETTING_BOOL, .offset = AT(syslog),
	    .fallback = "false", .help = "log to syslog, not standard error" },
	{ .name = "log_level", .type = SETTING_WORD, .offset = AT(log_level),
	    .words = level_words, .fallback = "notice",
	    .help = "most detailed level logged" },
	{ .name = "listeners", .type = SETTING_NODE,
	    .offset = AT(listener_nodes), .mandatory = true,
	    .help = "list of listeners" },
	{ .name = NULL }
};

#undef AT

static void
read_listener(struct hook_config *config, const struct settings_node *node,
    struct problems *problems)
{
	struct listener_config *listener = listener_config_read(node,
	    problems);

	if (listener == NULL)
		return;
	if (listener->place != NULL &&
	    hook_config_find(config, listener->place) != NULL)
		problems_add(problems, settings_file(node),
		    settings_line(node), "%s: %s is another listener's",
		    listener->socket != NULL ? "socket" : "address",
		    listener->place);
	config->listeners[config->listener_count++] = listener;
}

static void
read_listeners(struct hook_config *config, struct problems *problems)
{
	const struct settings_node *list = config->listener_nodes;
	size_t count, i;

	config->listener_nodes = NULL;
	if (list == NULL)
		return;
	count = settings_count(list);
	if (settings_shape(list) != SETTINGS_SEQUENCE || count == 0 ||
	    count > HOOK_LISTENERS_MAX) {
		problems_add(problems, settings_file(list),
		    settings_line(list), "listeners must be a list of 1 to %d "
		    "groups: listeners = ( { ... }, { ... } );",
		    HOOK_LISTENERS_MAX);
		return;
	}
	for (i = 0; i < count; i++)
		read_listener(config, settings_at(list, i), problems);
}

struct hook_config *
hook_config_read(const char *path, struct problems *problems)
{
	struct hook_config *config = NULL;
	struct settings *settings = NULL;
	size_t before = problems->count;

	settings = settings_read(path, problems);
	if (settings == NULL)
		return NULL;
	config = calloc(1, sizeof(*config));
	if (config == NULL || (config->path = strdup(path)) == NULL) {
		problems_add(problems, path, 0, "out of memory");
		goto out;
	}
	config->references = 1;
	settings_fill(settings_root(settings), top_settings, config, problems);
	config->server_uid = UNIX_SOCKET_NO_UID;
	if (config->server_user != NULL && privileges_uid(config->server_user,
	    &config->server_uid) == -1)
		problems_add(problems, path, 0,
		    "server_user: there is no user \"%s\"",
		    config->server_user);
	read_listeners(config, problems);
out:
	settings_free(settings);
	if (problems->count == before)
		return config;
	if (config != NULL)
		config->references = 1;
	hook_config_unref(config);
	return NULL;
}

int
hook_config_load(struct hook_config *config, struct problems *problems)
{
	size_t before = problems->count, i;

	for (i = 0; i < config->listener_count; i++)
		listener_config_load(config->listeners[i], config->path,
		    problems);
	return problems->count == before ? 0 : -1;
}

struct hook_config *
hook_config_ref(struct hook_config *config)
{
	config->references++;
	return config;
}

void
hook_config_unref(struct hook_config *config)
{
	size_t i;

	if (config == NULL || --config->references > 0)
		return;
	for (i = 0; i < config->listener_count; i++)
		listener_config_free(config->listeners[i]);
	settings_clear(top_settings, config);
	free(config->path);
	free(config);
}

const struct listener_config *
hook_config_find(const struct hook_config *config, const char *place)
{
	size_t i;

	for (i = 0; i < config->listener_count; i++)
		if (config->listeners[i]->place != NULL &&
		    strcmp(config->listeners[i]->place, place) == 0)
			return config->listeners[i];
	return NULL;
}

void
hook_config_dump(const struct hook_config *config, FILE *stream)
{
	size_t i;

	settings_dump(top_settings, config, stream);
	fputs("listeners = (\n", stream);
	for (i = 0; i < config->listener_count; i++) {
		fputs("{\n", stream);
		listener_config_dump(config->listeners[i], stream);
		fputs(i + 1 < config->listener_count ? "},\n" : "}\n", stream);
	}
	fputs(");\n", stream);
}
