/*
 * lookupd's configuration: realms, services and little else.  Read whole,
 * checked whole, then immutable and reference-counted; a reload makes a new
 * one beside and swaps.  Described in lookupd.conf(5).
 *
 * A realm holds what must not leak from one tenant to another; a service
 * holds who may ask.  There is at least one realm, and nothing of the kind
 * outside it.
 */
#ifndef LOOKUPD_CONFIG_H
#define LOOKUPD_CONFIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/settings.h"
#include "lookupd/filter.h"
#include "lookupd/profile.h"

#define CONFIG_DEFAULT_FILE SYSCONFDIR "/certauth/lookupd.conf"
#define CONFIG_NAME_MAX 64		/* realm and service names */
#define CONFIG_REALMS_MAX 64
#define CONFIG_SERVICES_MAX 256
#define CONFIG_CALLERS_MAX 64		/* per service */
#define CONFIG_SERVERS_MAX 16		/* per realm */

enum evidence { EVIDENCE_NONE = 0, EVIDENCE_ASSERTED, EVIDENCE_VERIFIED };
#define EVIDENCE_BIT(evidence) (1U << (unsigned)(evidence))
const char *evidence_word(enum evidence evidence);
int evidence_parse(const char *word);		/* -1: none such */

enum realm_bind { BIND_ANONYMOUS, BIND_SIMPLE, BIND_EXTERNAL };
enum realm_mode { MODE_LIVE, MODE_MIRROR, MODE_FILE };
enum realm_stale { STALE_UNAVAILABLE, STALE_LIVE };
enum realm_tls { TLS_STARTTLS, TLS_NONE };	/* for ldap:// servers; ldaps
						 * and ldapi need none */

struct realm {
	char *name;
	unsigned index;			/* position in config->realms */
	struct profile *profile;	/* the realm's own copy: attributes that
					 * services' `require` filters name are
					 * added to what it asks for */
	char *profile_name;		/* as written */
	int mode;			/* enum realm_mode: where findings
					 * come from */
	int64_t max_stale;		/* seconds a mirror is believed after
					 * it last heard of its server */
	int stale;			/* enum realm_stale: and then? */
	int64_t heartbeat;		/* seconds */
	int64_t refresh_interval;	/* seconds a mirror's copy gets old
					 * before all is read anew; 0: never */
	char *ldif;			/* MODE_FILE: the file */
	/* directory */
	char **servers;			/* URIs: ldapi://, ldaps://, ldap:// */
	char *base;
	bool whole_tree;		/* base = "" is meant */
	char *domain_base;		/* where domain entries are; NULL: base */
	int bind;			/* enum realm_bind */
	char *bind_dn;
	char *secret_file;		/* bind password; opened by the
					 * directory process alone */
	char *tls_ca;			/* CA file for servers; NULL: none */
	char *tls_cert, *tls_key;	/* our own, for SASL EXTERNAL over TLS */
	int tls;			/* enum realm_tls: TLS_NONE is accepted
					 * only for a loopback address */
	int64_t connections;		/* pooled, per realm */
	int64_t canary_interval;	/* seconds */
	int64_t cache_positive_s;	/* seconds findings are remembered, */
	int64_t cache_negative_s;	/* with and without an account */
	char **canary;			/* addresses or names that must be
					 * blocked; NULL: none */
	/* identities */
	char *client_ca;		/* file; NULL: verified refuses */
	unsigned identities;		/* set of IDENTITY_BIT() */
	bool exact;			/* local parts */
	char **domains;			/* own domains, lower case; NULL: any */
	int64_t lockout_s;		/* of the profile, or replaced here */
	unsigned line;
};

struct caller {
	bool group;			/* "@name": a group */
	uid_t uid;
	gid_t gid;
};

struct service {
	char *name;			/* lower case */
	struct caller callers[CONFIG_CALLERS_MAX];
	size_t caller_count;
	unsigned evidence;		/* set of EVIDENCE_BIT() */
	struct realm **realms;		/* borrowed; the first is the default */
	size_t realm_count;
	bool need_admin;
	struct filter *require;		/* on the account, or NULL */
	unsigned line;
};

struct config {
	unsigned references;
	uint64_t hash;			/* of all files it was read from */
	char *path;
	char *store;			/* folder; NULL: no realm needs one */
	char *socket;
	char *socket_group;		/* NULL: the user's */
	char *user;
	bool syslog;
	int log_level;
	char *profiles;			/* folder of NAME.conf */
	int64_t deadline_ms;		/* one request, 2500 */
	int64_t connections_max;	/* all callers together */
	int64_t connections_per_uid;	/* not counting root */
	int64_t requests_per_uid;	/* waiting for the directory */
	int64_t audit_interval;		/* seconds: `active` once per … */
	struct realm *realms[CONFIG_REALMS_MAX];
	size_t realm_count;
	struct service *services[CONFIG_SERVICES_MAX];
	size_t service_count;
	struct bundle *bundle;		/* while reading only, or NULL */
	const struct settings_node *realm_nodes;	/* the same */
	const struct settings_node *service_nodes;
};

/* The service that root may always use, configured or not. */
#define CONFIG_DEFAULT_SERVICE "default"

/*
 * Read the file and all profiles it names.  Every semantic error is added to
 * problems; NULL if there was any.  The result has one reference.  Opens
 * profiles, but not secrets, CA files or sockets.
 */
struct config *config_read(const char *path, struct problems *problems);
/* The same through a bundle (daemon/bundle.h), borrowed for the time. */
struct config *config_read_from(struct bundle *bundle, const char *path,
    struct problems *problems);
struct config *config_ref(struct config *config);
void config_unref(struct config *config);	/* NULL-safe */

/* By name; NULL when there is none. Borrowed. */
const char *realm_mode_word(const struct realm *realm);
struct realm *config_realm(const struct config *config, const char *name);
struct service *config_service(const struct config *config,
    const char *name);

/* Print the effective configuration (lookupd -T). */
void config_dump(const struct config *config, FILE *stream);

#endif
