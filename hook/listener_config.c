/* Reading and checking one listener's settings. */
#include "config.h"

#include "hook/listener_config.h"

#include <sys/un.h>

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "daemon/privileges.h"
#include "hook/path.h"

static const char *const mode_words[] = { "required", "optional", "off",
	NULL };
static const char *const format_words[] = { "nginx-escaped", "rfc9440",
	NULL };
static const char *const need_words[] = { "any", "admin", NULL };

/* Default of evidence_header, by format. */
static const char *const format_headers[] = { "X-SSL-Cert", "Client-Cert" };

#define AT(field) offsetof(struct listener_config, field)

static const struct setting listener_settings[] = {
	{ .name = "socket", .type = SETTING_PATH, .offset = AT(socket),
	    .mandatory = true, .help = "where to listen; mode 0660" },
	{ .name = "socket_group", .type = SETTING_STRING,
	    .offset = AT(socket_group),
	    .help = "group of the socket; default: the user's" },
	{ .name = "peers", .type = SETTING_STRINGS, .offset = AT(peers),
	    .max = LISTENER_PEERS_MAX,
	    .help = "users, uids or @groups the proxy may run as; root and "
	    "our own always may" },
	{ .name = "mode", .type = SETTING_WORD, .offset = AT(mode),
	    .words = mode_words, .mandatory = true,
	    .help = "optional: the login page is the fall-back" },
	{ .name = "evidence", .type = SETTING_WORD, .offset = AT(format),
	    .words = format_words, .mandatory = true,
	    .help = "how the proxy writes the certificate" },
	{ .name = "evidence_header", .type = SETTING_STRING,
	    .offset = AT(evidence_header),
	    .help = "header with the certificate; default: X-SSL-Cert, or "
	    "Client-Cert for rfc9440" },
	{ .name = "verify_header", .type = SETTING_STRING,
	    .offset = AT(verify_header), .empty = true,
	    .fallback = "X-SSL-Verify",
	    .help = "header with the result of the proxy's verification" },
	{ .name = "trust_proxy_verified", .type = SETTING_BOOL,
	    .offset = AT(trust_proxy_verified), .fallback = "false",
	    .help = "true with an empty verify_header: the proxy sends "
	    "verified certificates only" },
	{ .name = "client_header", .type = SETTING_STRING,
	    .offset = AT(client_header), .empty = true,
	    .fallback = "X-Real-IP",
	    .help = "header with the person's address, for logs" },
	{ .name = "account_header", .type = SETTING_STRING,
	    .offset = AT(account_header), .fallback = "X-Certauth-Account",
	    .help = "header the account is answered in" },
	{ .name = "service", .type = SETTING_STRING, .offset = AT(service),
	    .mandatory = true, .help = "lookupd's service to ask as" },
	{ .name = "realm", .type = SETTING_STRING, .offset = AT(realm),
	    .empty = true, .fallback = "",
	    .help = "realm to ask about; empty: the service's first" },
	{ .name = "need", .type = SETTING_WORD, .offset = AT(need),
	    .words = need_words, .fallback = "any",
	    .help = "admin: administrators only" },
	{ .name = "admin_path", .type = SETTING_STRING,
	    .offset = AT(admin_path),
	    .help = "request path at or below which need is admin" },
	{ .name = NULL }
};

#undef AT

/* The listener being read, for messages. */
struct reading {
	struct listener_config *listener;
	const struct settings_node *node;
	struct problems *problems;
};

#define COMPLAIN(reading, ...) \
	problems_add((reading)->problems, settings_file((reading)->node), \
	    settings_line((reading)->node), __VA_ARGS__)

static void
check_socket(struct reading *reading)
{
	struct listener_config *listener = reading->listener;
	size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (strlen(listener->socket) > most)
		COMPLAIN(reading, "socket: longer than %zu bytes", most);
	listener->group = (gid_t)-1;
	if (listener->socket_group != NULL &&
	    privileges_gid(listener->socket_group, &listener->group) == -1)
		COMPLAIN(reading, "socket_group: there is no group \"%s\"",
		    listener->socket_group);
}

static void
check_peers(struct reading *reading)
{
	struct listener_config *listener = reading->listener;
	char **peer;

	for (peer = listener->peers; peer != NULL && *peer != NULL; peer++) {
		bool group = **peer == '@';

		if (group && privileges_gid(*peer + 1,
		    &listener->peer_gids[listener->peer_gid_count]) == 0)
			listener->peer_gid_count++;
		else if (!group && privileges_uid(*peer,
		    &listener->peer_uids[listener->peer_uid_count]) == 0)
			listener->peer_uid_count++;
		else
			COMPLAIN(reading, "peers: there is no %s \"%s\"",
			    group ? "group" : "user",
			    group ? *peer + 1 : *peer);
	}
}

/* A token of RFC 9110, less the odd characters. */
static bool
is_header_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= LISTENER_HEADER_MAX && strspn(name,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_") == len;
}

static bool
is_same(const char *a, const char *b)
{
	return *a != '\0' && text_same_nocase(a, strlen(a), b, strlen(b));
}

/* Each header has one meaning, and ours are not the proxy's to send. */
static void
check_headers(struct reading *reading)
{
	const struct listener_config *listener = reading->listener;
	const struct {
		const char *setting, *name;
	} headers[] = {
		{ "evidence_header", listener->evidence_header },
		{ "verify_header", listener->verify_header },
		{ "client_header", listener->client_header },
		{ "account_header", listener->account_header },
	};
	static const char *const taken[] = { "X-Certauth-Reason",
		"X-Certauth-Fallback", "Content-Length", "Content-Type",
		"Cache-Control", "Connection", "Date", "Host",
		"Transfer-Encoding", "Expect" };
	size_t i, j;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (*headers[i].name == '\0')
			continue;
		if (!is_header_name(headers[i].name))
			COMPLAIN(reading, "%s: \"%s\" is not the name of a "
			    "header", headers[i].setting, headers[i].name);
		for (j = 0; j < i; j++)
			if (is_same(headers[i].name, headers[j].name))
				COMPLAIN(reading, "%s and %s are the same",
				    headers[j].setting, headers[i].setting);
		for (j = 0; j < sizeof(taken) / sizeof(taken[0]); j++)
			if (is_same(headers[i].name, taken[j]))
				COMPLAIN(reading, "%s: %s has another meaning",
				    headers[i].setting, taken[j]);
	}
}

static void
check_verify(struct reading *reading)
{
	const struct listener_config *listener = reading->listener;

	if (*listener->verify_header == '\0' && !listener->trust_proxy_verified)
		COMPLAIN(reading, "without a verify_header, "
		    "trust_proxy_verified must say true");
	if (*listener->verify_header != '\0' && listener->trust_proxy_verified)
		COMPLAIN(reading, "trust_proxy_verified needs "
		    "verify_header = \"\"");
}

static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	return len <= LISTENER_NAME_MAX && strspn(name,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789._-") == len;
}

static void
check_names(struct reading *reading)
{
	const struct listener_config *listener = reading->listener;

	if (!is_name(listener->service))
		COMPLAIN(reading, "service: \"%s\" is not a name",
		    listener->service);
	if (!is_name(listener->realm))
		COMPLAIN(reading, "realm: \"%s\" is not a name",
		    listener->realm);
	if (listener->admin_path != NULL &&
	    !path_is_plain(listener->admin_path))
		COMPLAIN(reading, "admin_path: must be like \"/admin\", of "
		    "letters, digits, '-', '_', '.' and single '/'");
}

static void
finish_listener(struct reading *reading)
{
	struct listener_config *listener = reading->listener;

	if (listener->evidence_header == NULL)
		listener->evidence_header =
		    strdup(format_headers[listener->format]);
	if (listener->evidence_header == NULL) {
		COMPLAIN(reading, "out of memory");
		return;
	}
	check_socket(reading);
	check_peers(reading);
	check_headers(reading);
	check_verify(reading);
	check_names(reading);
	listener->need_admin = listener->need == 1;
	listener->rules.format = (enum evidence_format)listener->format;
	listener->rules.header = listener->evidence_header;
	listener->rules.verify_header = *listener->verify_header == '\0' ?
	    NULL : listener->verify_header;
}

struct listener_config *
listener_config_read(const struct settings_node *node,
    struct problems *problems)
{
	struct listener_config *listener = calloc(1, sizeof(*listener));
	struct reading reading = { listener, node, problems };

	if (listener == NULL)
		COMPLAIN(&reading, "out of memory");
	else if (settings_fill(node, listener_settings, listener,
	    problems) == 0)
		finish_listener(&reading);
	return listener;
}

void
listener_config_free(struct listener_config *listener)
{
	if (listener == NULL)
		return;
	settings_clear(listener_settings, listener);
	free(listener);
}

void
listener_config_dump(const struct listener_config *listener, FILE *stream)
{
	settings_dump(listener_settings, listener, stream);
}
