/*
 * Realms: what must not leak from one tenant to another.
 */
#include "lookupd/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/address.h"
#include "lookupd/identity.h"

static const char *const bind_words[] = { "anonymous", "simple", "external",
	NULL };
static const char *const mode_words[] = { "live", "mirror", "file", NULL };
static const char *const stale_words[] = { "unavailable", "live", NULL };
static const char *const tls_words[] = { "starttls", "none", NULL };
static const char *const source_words[] = { "san-email", "subject-email",
	"upn", "cn", "uid", NULL };
static const char *const local_words[] = { "ignore-case", "exact", NULL };

const char *
realm_mode_word(const struct realm *realm)
{
	return mode_words[realm->mode];
}

/* What the table fills that is not kept as it is. */
struct realm_text {
	struct realm realm;		/* first: one table fills both */
	int local_part;
};

#define AT(field) offsetof(struct realm_text, realm.field)

static const struct setting realm_settings[] = {
	{ .name = "name", .type = SETTING_STRING, .offset = AT(name),
	    .mandatory = true, .help = "of the realm" },
	{ .name = "profile", .type = SETTING_STRING, .offset = AT(profile_name),
	    .mandatory = true,
	    .help = "NAME of a file NAME.conf in profiles, or a path" },
	{ .name = "mode", .type = SETTING_WORD, .offset = AT(mode),
	    .words = mode_words, .fallback = "live",
	    .help = "where answers come from: the server at each question, a "
	    "mirror of it, an LDIF file" },
	{ .name = "max_stale", .type = SETTING_INT, .offset = AT(max_stale),
	    .min = 1, .max = 30 * 86400, .fallback = "3600",
	    .help = "seconds a mirror is believed without its server" },
	{ .name = "stale", .type = SETTING_WORD, .offset = AT(stale),
	    .words = stale_words, .fallback = "unavailable",
	    .help = "what a mirror does that is not believed" },
	{ .name = "heartbeat", .type = SETTING_INT, .offset = AT(heartbeat),
	    .min = 1, .max = 3600, .fallback = "10",
	    .help = "seconds between looks whether the server is there" },
	{ .name = "refresh_interval", .type = SETTING_INT,
	    .offset = AT(refresh_interval), .min = 0, .max = 366 * 86400,
	    .fallback = "86400",
	    .help = "seconds after which a mirror reads everything anew" },
	{ .name = "ldif", .type = SETTING_PATH, .offset = AT(ldif),
	    .help = "the file, for mode = \"file\"" },
	{ .name = "servers", .type = SETTING_STRINGS, .offset = AT(servers),
	    .min = 1, .max = CONFIG_SERVERS_MAX,
	    .help = "LDAP URIs, tried in this order" },
	{ .name = "base", .type = SETTING_STRING, .offset = AT(base),
	    .empty = true, .help = "where accounts are searched" },
	{ .name = "whole_tree", .type = SETTING_BOOL, .offset = AT(whole_tree),
	    .fallback = "false", .help = "an empty base is meant" },
	{ .name = "domain_base", .type = SETTING_STRING,
	    .offset = AT(domain_base), .empty = true,
	    .help = "where domain entries are searched; default: base" },
	{ .name = "bind", .type = SETTING_WORD, .offset = AT(bind),
	    .words = bind_words, .fallback = "external", .help = "how to bind" },
	{ .name = "bind_dn", .type = SETTING_STRING, .offset = AT(bind_dn),
	    .help = "for bind = \"simple\"" },
	{ .name = "secret_file", .type = SETTING_PATH, .offset = AT(secret_file),
	    .help = "file with the password of bind_dn" },
	{ .name = "tls_ca", .type = SETTING_PATH, .offset = AT(tls_ca),
	    .help = "CA certificates of the LDAP servers" },
	{ .name = "tls_cert", .type = SETTING_PATH, .offset = AT(tls_cert),
	    .help = "our certificate, for bind = \"external\" over TLS" },
	{ .name = "tls_key", .type = SETTING_PATH, .offset = AT(tls_key),
	    .help = "its key" },
	{ .name = "tls", .type = SETTING_WORD, .offset = AT(tls),
	    .words = tls_words, .fallback = "starttls",
	    .help = "for ldap:// servers; none: loopback only" },
	{ .name = "connections", .type = SETTING_INT, .offset = AT(connections),
	    .min = 1, .max = 64, .fallback = "4", .help = "to the LDAP server" },
	{ .name = "canary", .type = SETTING_STRINGS, .offset = AT(canary),
	    .min = 1, .max = 16,
	    .help = "accounts that must be blocked: addresses or names" },
	{ .name = "canary_interval", .type = SETTING_INT,
	    .offset = AT(canary_interval), .min = 1, .max = 86400,
	    .fallback = "300", .help = "seconds between looks at the canaries" },
	{ .name = "cache_positive", .type = SETTING_INT,
	    .offset = AT(cache_positive_s), .min = 0, .max = 3600,
	    .fallback = "5",
	    .help = "seconds a name with an account is remembered" },
	{ .name = "cache_negative", .type = SETTING_INT,
	    .offset = AT(cache_negative_s), .min = 0, .max = 3600,
	    .fallback = "5",
	    .help = "seconds a name without an account is remembered" },
	{ .name = "client_ca", .type = SETTING_PATH, .offset = AT(client_ca),
	    .help = "CA certificates of the people; without it, "
	    "evidence=verified is refused" },
	{ .name = "identities", .type = SETTING_WORDS, .offset = AT(identities),
	    .words = source_words, .fallback = "san-email subject-email",
	    .help = "what is read from a certificate" },
	{ .name = "local_part", .type = SETTING_WORD,
	    .offset = offsetof(struct realm_text, local_part),
	    .words = local_words, .fallback = "ignore-case",
	    .help = "how the part before the @ is compared" },
	{ .name = "domains", .type = SETTING_STRINGS, .offset = AT(domains),
	    .min = 1, .max = 100000,
	    .help = "own mail domains; default: any" },
	{ .name = "lockout", .type = SETTING_INT, .offset = AT(lockout_s),
	    .min = -1, .max = 10LL * 366 * 86400, .fallback = "-1",
	    .help = "seconds a timed lock lasts; 0: until an administrator "
	    "ends it; -1: as the profile says" },
	{ .name = NULL }
};

/* Problems of this realm, at the line of its group. */
#define COMPLAIN(...) \
	problems_add(problems, settings_file(node), realm->line, __VA_ARGS__)

static void
check_server(const struct realm *realm, const char *uri,
    const struct settings_node *node, struct problems *problems)
{
	const char *host = strstr(uri, "://");

	if (strncmp(uri, "ldapi://", 8) == 0)
		return;
	if (host == NULL || host[3] == '\0' || host[3] == '/' ||
	    strpbrk(uri, " ,?") != NULL ||
	    (strncmp(uri, "ldaps://", 8) != 0 &&
	    strncmp(uri, "ldap://", 7) != 0)) {
		COMPLAIN("realm %s: server \"%s\" is not ldapi://, ldaps:// or "
		    "ldap:// with a host", realm->name, uri);
		return;
	}
	host += 3;
	if (strncmp(uri, "ldap://", 7) == 0 && realm->tls == TLS_NONE) {
		if (strncmp(host, "127.", 4) != 0 &&
		    strncmp(host, "[::1]", 5) != 0)
			COMPLAIN("realm %s: server \"%s\": tls = \"none\" is only "
			    "for 127.0.0.1 and [::1]", realm->name, uri);
		return;
	}
	if (realm->tls_ca == NULL)
		COMPLAIN("realm %s: server \"%s\" needs tls_ca, the CA that "
		    "signed its certificate", realm->name, uri);
}

static void
check_directory(const struct realm *realm, const struct settings_node *node,
    struct problems *problems)
{
	bool all_local = true;

	for (char **uri = realm->servers; uri != NULL && *uri != NULL; uri++) {
		check_server(realm, *uri, node, problems);
		all_local = all_local && strncmp(*uri, "ldapi://", 8) == 0;
	}
	if (realm->base != NULL && realm->base[0] == '\0' && !realm->whole_tree)
		COMPLAIN("realm %s: base is empty, which searches the whole "
		    "server; if that is meant, say whole_tree = true",
		    realm->name);
	if (realm->bind == BIND_SIMPLE &&
	    (realm->bind_dn == NULL || realm->secret_file == NULL))
		COMPLAIN("realm %s: bind = \"simple\" needs bind_dn and "
		    "secret_file", realm->name);
	if (realm->bind != BIND_SIMPLE &&
	    (realm->bind_dn != NULL || realm->secret_file != NULL))
		COMPLAIN("realm %s: bind_dn and secret_file are for bind = "
		    "\"simple\"", realm->name);
	if (realm->bind == BIND_EXTERNAL && !all_local &&
	    (realm->tls_cert == NULL || realm->tls_key == NULL))
		COMPLAIN("realm %s: bind = \"external\" over TLS needs tls_cert "
		    "and tls_key", realm->name);
}

/* What belongs to which mode. */
static void
check_mode(const struct config *config, const struct realm *realm,
    const struct settings_node *node, struct problems *problems)
{
	bool file = realm->mode == MODE_FILE;

	if (realm->mode != MODE_LIVE && config->store == NULL)
		COMPLAIN("realm %s: mode = \"%s\" needs the setting store, a "
		    "folder, at the top of the file", realm->name,
		    mode_words[realm->mode]);
	if (file != (realm->ldif != NULL))
		COMPLAIN("realm %s: %s", realm->name, file ?
		    "mode = \"file\" needs ldif, the file" :
		    "ldif is for mode = \"file\"");
	if (!file && realm->servers == NULL)
		COMPLAIN("realm %s: servers is missing", realm->name);
	if (!file && realm->base == NULL)
		COMPLAIN("realm %s: base is missing", realm->name);
	if (file && (realm->servers != NULL || realm->bind_dn != NULL ||
	    realm->secret_file != NULL || realm->tls_ca != NULL ||
	    realm->tls_cert != NULL || realm->tls_key != NULL))
		COMPLAIN("realm %s: servers, bind_dn, secret_file and tls_* "
		    "are of no use with mode = \"file\"", realm->name);
	if (realm->stale == STALE_LIVE && realm->mode != MODE_MIRROR)
		COMPLAIN("realm %s: stale is for mode = \"mirror\"",
		    realm->name);
}

static void
check_names(struct realm *realm, const struct settings_node *node,
    struct problems *problems)
{
	for (char **d = realm->domains; d != NULL && *d != NULL; d++) {
		struct address address, ignored;

		text_lower(*d, strlen(*d));
		if (address_parse("a@b", 3, &address) != NULL ||
		    address_with_domain(&address, *d, strlen(*d), &ignored) != 0)
			COMPLAIN("realm %s: domains: \"%s\" is not a domain name",
			    realm->name, *d);
	}
	for (char **c = realm->canary; c != NULL && *c != NULL; c++) {
		struct identities set = { .count = 0 };
		const char *reason, *why = identities_add(&set,
		    strchr(*c, '@') != NULL ? IDENTITY_REQUEST_EMAIL :
		    IDENTITY_REQUEST_ACCOUNT, *c, strlen(*c), &reason);

		if (why != NULL)
			COMPLAIN("realm %s: canary \"%s\": %s", realm->name, *c,
			    why);
	}
}

static void
read_profile(struct config *config, struct realm *realm,
    const struct settings_node *node, struct problems *problems)
{
	struct buffer path;

	if (realm->profile_name == NULL || config->profiles == NULL)
		return;
	buffer_init(&path, 4096);
	if (realm->profile_name[0] == '/')
		buffer_puts(&path, realm->profile_name);
	else if (config_name_ok(realm->profile_name))
		buffer_printf(&path, "%s/%s.conf", config->profiles,
		    realm->profile_name);
	else
		COMPLAIN("profile \"%s\" is neither a name nor a path",
		    realm->profile_name);
	if (path.len > 0 && !path.failed) {
		realm->profile = profile_read_from(config->bundle,
		    buffer_text(&path), problems);
		if (realm->profile == NULL)
			COMPLAIN("realm %s: profile \"%s\" cannot be used",
			    realm->name == NULL ? "?" : realm->name,
			    realm->profile_name);
	}
	buffer_free(&path);
}

/* Without a server, it is we who decide which entries are accounts. */
static void
check_classes(const struct realm *realm, const struct settings_node *node,
    struct problems *problems)
{
	const struct profile *profile = realm->profile;
	struct filter_context context = { .type_of = profile_type_of,
		.types = profile };
	const struct filter *filters[] = { profile->account,
		profile->domain.used ? profile->domain.entry : NULL };

	for (size_t i = 0; i < 2 && realm->mode == MODE_FILE; i++) {
		const char *attribute = "", *why = filters[i] == NULL ? NULL :
		    filter_evaluable(filters[i], &context, &attribute);

		if (why != NULL)
			COMPLAIN("realm %s: mode = \"file\": the %s filter of "
			    "profile \"%s\" cannot be evaluated here: %s: %s",
			    realm->name, i == 0 ? "account" : "domain entry",
			    realm->profile_name, attribute, why);
	}
}

/* Every certificate source the realm reads must lead somewhere. */
static void
check_keys(const struct realm *realm, const struct settings_node *node,
    struct problems *problems)
{
	for (unsigned s = 0; s <= IDENTITY_UID; s++) {
		enum key_kind kind = identity_key_kind((enum identity_source)s);

		if ((realm->identities & (1U << s)) != 0 &&
		    realm->profile->keys[kind].count == 0)
			COMPLAIN("realm %s: identities has \"%s\", but profile "
			    "\"%s\" has no keys for \"%s\"", realm->name,
			    source_words[s], realm->profile_name,
			    key_kind_name(kind));
	}
}

void
realm_read(struct config *config, const struct settings_node *node,
    struct problems *problems)
{
	struct realm_text *text = calloc(1, sizeof(*text));
	struct realm *realm;

	if (text == NULL || config->realm_count == CONFIG_REALMS_MAX) {
		problems_add(problems, settings_file(node), settings_line(node),
		    text == NULL ? "out of memory" : "more than %d realms",
		    CONFIG_REALMS_MAX);
		free(text);
		return;
	}
	realm = &text->realm;
	realm->line = settings_line(node);
	if (settings_fill(node, realm_settings, text, problems) > 0) {
		realm_free(realm);
		return;
	}
	realm->exact = text->local_part == 1;
	if (!config_name_ok(realm->name))
		COMPLAIN("realm name \"%s\": 1 to %d letters, digits, '.', '-' "
		    "and '_'", realm->name, CONFIG_NAME_MAX);
	if (config_realm(config, realm->name) != NULL)
		COMPLAIN("there are two realms \"%s\"", realm->name);
	check_mode(config, realm, node, problems);
	if (realm->mode != MODE_FILE)
		check_directory(realm, node, problems);
	check_names(realm, node, problems);
	read_profile(config, realm, node, problems);
	if (realm->profile != NULL) {
		check_keys(realm, node, problems);
		check_classes(realm, node, problems);
		config->hash = (config->hash ^ realm->profile->hash) *
		    0x100000001b3ULL;
		if (realm->lockout_s < 0)
			realm->lockout_s = realm->profile->lockout_s;
	}
	realm->index = (unsigned)config->realm_count;
	config->realms[config->realm_count++] = realm;
}

void
realm_free(struct realm *realm)
{
	if (realm == NULL)
		return;
	profile_free(realm->profile);
	settings_clear(realm_settings, realm);
	free(realm);
}

void
realm_dump(const struct realm *realm, FILE *stream)
{
	struct realm_text text = { .realm = *realm,
		.local_part = realm->exact ? 1 : 0 };

	settings_dump(realm_settings, &text, stream);
}
