/* Reading one listener's settings. */
#include "config.h"

#include "hook/listener_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/secret.h"
#include "hook/listener_check.h"

static const char *const personality_words[] = { "http", "page", "zimbra",
	"health", NULL };
static const char *const mode_words[] = { "required", "optional", "off",
	NULL };
static const char *const format_words[] = { "nginx-escaped", "rfc9440",
	"xfcc", "traefik", NULL };
static const char *const need_words[] = { "any", "admin", NULL };

/* Default of evidence_header, by format. */
static const char *const format_headers[] = { "X-SSL-Cert", "Client-Cert",
	"X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert" };

#define AT(field) offsetof(struct listener_config, field)

static const struct setting listener_settings[] = {
	{ .name = "socket", .type = SETTING_PATH, .offset = AT(socket),
	    .help = "Unix socket to listen on; mode 0660" },
	{ .name = "address", .type = SETTING_STRING, .offset = AT(address),
	    .help = "loopback address and port to listen on instead" },
	{ .name = "socket_group", .type = SETTING_STRING,
	    .offset = AT(socket_group),
	    .help = "group of the socket; default: the user's" },
	{ .name = "peers", .type = SETTING_STRINGS, .offset = AT(peers),
	    .max = LISTENER_PEERS_MAX,
	    .help = "users, uids or @groups the proxy may run as; root and "
	    "our own always may" },
	{ .name = "personality", .type = SETTING_WORD,
	    .offset = AT(personality), .words = personality_words,
	    .fallback = "http",
	    .help = "who asks here: a proxy about a request, a person for a "
	    "page or for Zimbra, a monitor" },
	{ .name = "mode", .type = SETTING_WORD, .offset = AT(mode),
	    .words = mode_words,
	    .help = "optional: the login page is the fall-back" },
	{ .name = "evidence", .type = SETTING_WORD, .offset = AT(format),
	    .words = format_words,
	    .help = "how the proxy writes the certificate" },
	{ .name = "evidence_header", .type = SETTING_STRING,
	    .offset = AT(evidence_header),
	    .help = "header with the certificate; default: as the format's "
	    "proxy calls it" },
	{ .name = "verify_header", .type = SETTING_STRING,
	    .offset = AT(verify_header), .empty = true,
	    .fallback = "X-SSL-Verify",
	    .help = "header with the result of the proxy's verification" },
	{ .name = "verify_value", .type = SETTING_STRING,
	    .offset = AT(verify_value), .fallback = EVIDENCE_VERIFIED,
	    .help = "what it says of a verified certificate" },
	{ .name = "trust_proxy_verified", .type = SETTING_BOOL,
	    .offset = AT(trust_proxy_verified), .fallback = "false",
	    .help = "true with an empty verify_header: the proxy sends "
	    "verified certificates only" },
	{ .name = "client_header", .type = SETTING_STRING,
	    .offset = AT(client_header), .empty = true,
	    .fallback = "X-Real-IP",
	    .help = "header with the person's address" },
	{ .name = "secret_header", .type = SETTING_STRING,
	    .offset = AT(secret_header), .fallback = "X-Certauth-Secret",
	    .help = "header with the proxy's secret" },
	{ .name = "secret_file", .type = SETTING_PATH,
	    .offset = AT(secret_file),
	    .help = "file with that secret; mandatory with address" },
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
	{ .name = "login_url", .type = SETTING_STRING,
	    .offset = AT(login_url), .empty = true, .fallback = "",
	    .help = "the login page, of personalities page and zimbra" },
	{ .name = "contact", .type = SETTING_STRING, .offset = AT(contact),
	    .empty = true, .fallback = "",
	    .help = "who helps people, as the page says it" },
	{ .name = "zimbra_url", .type = SETTING_STRING,
	    .offset = AT(zimbra_url),
	    .help = "Zimbra's web address, of personality zimbra" },
	{ .name = "zimbra_admin_url", .type = SETTING_STRING,
	    .offset = AT(zimbra_admin_url),
	    .help = "the address of its administrators' port" },
	{ .name = "preauth_keys", .type = SETTING_STRINGS,
	    .offset = AT(preauth_keys), .max = DOMAIN_KEYS_MAX,
	    .help = "\"DOMAIN:FILE\" of each domain's pre-authentication "
	    "key" },
	{ .name = NULL }
};

#undef AT

static void
finish_listener(struct listener_reading *reading)
{
	struct listener_config *listener = reading->listener;

	if (listener->evidence_header == NULL)
		listener->evidence_header =
		    strdup(format_headers[listener->format]);
	if (listener->evidence_header == NULL) {
		LISTENER_COMPLAIN(reading, "out of memory");
		return;
	}
	listener_check(reading);
	listener->need_admin = listener->need == 1;
	listener->rules.format = (enum evidence_format)listener->format;
	listener->rules.header = listener->evidence_header;
	listener->rules.verify_header = *listener->verify_header == '\0' ?
	    NULL : listener->verify_header;
	listener->rules.verify_value = listener->verify_value;
}

struct listener_config *
listener_config_read(const struct settings_node *node,
    struct problems *problems)
{
	struct listener_config *listener = calloc(1, sizeof(*listener));
	struct listener_reading reading = { listener, node, problems };
	size_t errors;

	if (listener == NULL) {
		LISTENER_COMPLAIN(&reading, "out of memory");
		return NULL;
	}
	buffer_init(&listener->secret, SECRET_MAX);
	listener->line = settings_line(node);
	errors = settings_fill(node, listener_settings, listener, problems);
	listener->place = listener->socket != NULL ? listener->socket :
	    listener->address;
	if (errors == 0)
		finish_listener(&reading);
	return listener;
}

void
listener_config_free(struct listener_config *listener)
{
	if (listener == NULL)
		return;
	buffer_wipe(&listener->secret);
	domain_keys_free(&listener->keys);
	settings_clear(listener_settings, listener);
	free(listener);
}

/* Whose secrets are being read, for messages. */
struct loading {
	const char *file;
	unsigned line;
	struct problems *problems;
};

/* Would we be let in, if it were not for the sandbox?  Landlock looks at
 * open(2), and not at access(2). */
static bool
is_fenced_off(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY);

	if (fd != -1)
		close(fd);
	return fd == -1 && errno == EACCES && access(path, R_OK) == 0;
}

static void
load_secret(const struct loading *loading, const char *path, size_t min,
    struct buffer *out)
{
	char error[SECRET_ERROR_MAX];

	buffer_wipe(out);
	if (secret_read(path, min, out, error) == -1)
		problems_add(loading->problems, loading->file, loading->line,
		    "%s%s", error, is_fenced_off(path) ? "; certauth-hook "
		    "must be restarted to read in a folder where it had no "
		    "secret" : "");
}

void
listener_config_load(struct listener_config *listener, const char *file,
    struct problems *problems)
{
	struct loading loading = { file, listener->line, problems };
	size_t i;

	if (listener->secret_file != NULL)
		load_secret(&loading, listener->secret_file,
		    LISTENER_SECRET_MIN, &listener->secret);
	for (i = 0; i < listener->keys.count; i++)
		load_secret(&loading, listener->keys.items[i].path,
		    DOMAIN_KEYS_LEAST, &listener->keys.items[i].key);
}

void
listener_config_dump(const struct listener_config *listener, FILE *stream)
{
	settings_dump(listener_settings, listener, stream);
}
