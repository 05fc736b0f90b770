/* Checking one listener's settings, beyond their types. */
#include "config.h"

#include "hook/listener_check.h"

#include <sys/un.h>

#include <string.h>

#include "common/text.h"
#include "daemon/privileges.h"
#include "hook/loopback.h"
#include "hook/path.h"

/* Everybody on the machine can connect, and who does is not known. */
static void
check_address(struct listener_reading *reading)
{
	const struct listener_config *listener = reading->listener;
	struct loopback unused;

	if (!loopback_parse(listener->address, &unused))
		LISTENER_COMPLAIN(reading, "address: must be like "
		    "\"127.0.0.1:8090\" or \"[::1]:8090\"");
	if (listener->secret_file == NULL)
		LISTENER_COMPLAIN(reading, "address needs a secret_file");
	if (listener->peers != NULL && listener->peers[0] != NULL)
		LISTENER_COMPLAIN(reading, "peers are for a socket");
	if (listener->socket_group != NULL)
		LISTENER_COMPLAIN(reading, "socket_group is for a socket");
}

static void
check_socket(struct listener_reading *reading)
{
	struct listener_config *listener = reading->listener;
	size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	listener->group = (gid_t)-1;
	if ((listener->socket == NULL) == (listener->address == NULL)) {
		LISTENER_COMPLAIN(reading,
		    "either socket or address must be there");
		return;
	}
	if (listener->address != NULL) {
		check_address(reading);
		return;
	}
	if (strlen(listener->socket) > most)
		LISTENER_COMPLAIN(reading, "socket: longer than %zu bytes", most);
	if (listener->socket_group != NULL &&
	    privileges_gid(listener->socket_group, &listener->group) == -1)
		LISTENER_COMPLAIN(reading, "socket_group: there is no group \"%s\"",
		    listener->socket_group);
}

static void
check_peers(struct listener_reading *reading)
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
			LISTENER_COMPLAIN(reading, "peers: there is no %s \"%s\"",
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
check_headers(struct listener_reading *reading)
{
	const struct listener_config *listener = reading->listener;
	const struct {
		const char *setting, *name;
	} headers[] = {
		{ "evidence_header", listener->evidence_header },
		{ "verify_header", listener->verify_header },
		{ "client_header", listener->client_header },
		{ "secret_header", listener->secret_header },
		{ "account_header", listener->account_header },
	};
	static const char *const taken[] = { "X-Certauth-Reason",
		"X-Certauth-Fallback", "Content-Length", "Content-Type",
		"Content-Security-Policy", "Location", "Referrer-Policy",
		"X-Content-Type-Options",
		"Cache-Control", "Connection", "Date", "Host",
		"Transfer-Encoding", "Expect" };
	size_t i, j;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (*headers[i].name == '\0')
			continue;
		if (!is_header_name(headers[i].name))
			LISTENER_COMPLAIN(reading, "%s: \"%s\" is not the name of a "
			    "header", headers[i].setting, headers[i].name);
		for (j = 0; j < i; j++)
			if (is_same(headers[i].name, headers[j].name))
				LISTENER_COMPLAIN(reading, "%s and %s are the same",
				    headers[j].setting, headers[i].setting);
		for (j = 0; j < sizeof(taken) / sizeof(taken[0]); j++)
			if (is_same(headers[i].name, taken[j]))
				LISTENER_COMPLAIN(reading, "%s: %s has another meaning",
				    headers[i].setting, taken[j]);
	}
}

/* NONE and nothing are what a proxy says when it saw no certificate. */
static bool
is_value(const char *value)
{
	size_t len = strlen(value), i;

	for (i = 0; i < len; i++)
		if (value[i] <= 0x20 || value[i] >= 0x7F)
			return false;
	return len > 0 && len <= LISTENER_VALUE_MAX &&
	    strcmp(value, "NONE") != 0 && strncmp(value, "FAILED", 6) != 0;
}

static void
check_verify(struct listener_reading *reading)
{
	const struct listener_config *listener = reading->listener;

	if (*listener->verify_header == '\0' && !listener->trust_proxy_verified)
		LISTENER_COMPLAIN(reading, "without a verify_header, "
		    "trust_proxy_verified must say true");
	if (*listener->verify_header != '\0' && listener->trust_proxy_verified)
		LISTENER_COMPLAIN(reading, "trust_proxy_verified needs "
		    "verify_header = \"\"");
	if (!is_value(listener->verify_value))
		LISTENER_COMPLAIN(reading, "verify_value: must be 1 to %d "
		    "printable characters, and not NONE", LISTENER_VALUE_MAX);
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
check_names(struct listener_reading *reading)
{
	const struct listener_config *listener = reading->listener;

	if (!is_name(listener->service))
		LISTENER_COMPLAIN(reading, "service: \"%s\" is not a name",
		    listener->service);
	if (!is_name(listener->realm))
		LISTENER_COMPLAIN(reading, "realm: \"%s\" is not a name",
		    listener->realm);
	if (listener->admin_path != NULL &&
	    !path_is_plain(listener->admin_path))
		LISTENER_COMPLAIN(reading, "admin_path: must be like \"/admin\", of "
		    "letters, digits, '-', '_', '.' and single '/'");
}

/* "https://name:port" and what follows, or a path: nothing that HTML or HTTP
 * could read otherwise. */
static bool
is_url(const char *url, bool path)
{
	size_t len = strlen(url);

	if (len > LISTENER_URL_MAX || strspn(url,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "-._~:/?#[]@!$()*+,;=%&") != len)
		return false;
	if (path && url[0] == '/' && url[1] != '/')
		return true;
	return strncmp(url, "https://", 8) == 0 && len > 8 && url[8] != '/';
}

/* Behind it comes /service/preauth. */
static bool
is_site(const char *url)
{
	return url == NULL || (is_url(url, false) &&
	    strpbrk(url + 8, "/?#") == NULL);
}

static bool
is_there(const struct settings_node *group, const char *name)
{
	size_t count = settings_count(group), i;

	for (i = 0; i < count; i++) {
		const char *one = settings_name(settings_at(group, i));

		if (one != NULL && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

/* A monitor brings no certificate. */
static void
check_there(struct listener_reading *reading)
{
	static const char *const mandatory[] = { "mode", "evidence" };
	size_t i;

	if (reading->listener->personality == PERSONALITY_HEALTH)
		return;
	for (i = 0; i < sizeof(mandatory) / sizeof(mandatory[0]); i++)
		if (!is_there(reading->node, mandatory[i]))
			LISTENER_COMPLAIN(reading,
			    "the setting '%s' is missing", mandatory[i]);
}

static void
check_page(struct listener_reading *reading)
{
	const struct listener_config *listener = reading->listener;

	if (*listener->login_url != '\0' && !is_url(listener->login_url, true))
		LISTENER_COMPLAIN(reading, "login_url: must be a path or "
		    "https://...");
	if (strlen(listener->contact) > LISTENER_CONTACT_MAX)
		LISTENER_COMPLAIN(reading, "contact: longer than %d bytes",
		    LISTENER_CONTACT_MAX);
}

static void
check_zimbra(struct listener_reading *reading)
{
	struct listener_config *listener = reading->listener;
	bool zimbra = listener->personality == PERSONALITY_ZIMBRA;
	bool admin = listener->need == 1 || listener->admin_path != NULL;
	const char *bad;

	if (!is_site(listener->zimbra_url))
		LISTENER_COMPLAIN(reading, "zimbra_url: must be like "
		    "\"https://mail.example.com\"");
	if (!is_site(listener->zimbra_admin_url))
		LISTENER_COMPLAIN(reading, "zimbra_admin_url: must be like "
		    "\"https://mail.example.com:7071\"");
	if (domain_keys_init(&listener->keys, listener->preauth_keys,
	    &bad) == -1)
		LISTENER_COMPLAIN(reading, bad == NULL ? "out of memory%s" :
		    "preauth_keys: \"%s\" is not \"DOMAIN:/FILE\", or the "
		    "domain is there twice", bad == NULL ? "" : bad);
	if (!zimbra)
		return;
	if (listener->preauth_keys == NULL || listener->preauth_keys[0] == NULL)
		LISTENER_COMPLAIN(reading, "personality zimbra needs "
		    "preauth_keys");
	if (listener->zimbra_url == NULL && listener->need != 1)
		LISTENER_COMPLAIN(reading, "personality zimbra needs "
		    "zimbra_url");
	if (listener->zimbra_admin_url == NULL && admin)
		LISTENER_COMPLAIN(reading, "personality zimbra needs "
		    "zimbra_admin_url for administrators");
}

void
listener_check(struct listener_reading *reading)
{
	check_there(reading);
	check_socket(reading);
	check_peers(reading);
	check_headers(reading);
	check_verify(reading);
	check_names(reading);
	check_page(reading);
	check_zimbra(reading);
}
