/*
 * Profiles: what an account looks like in one kind of directory, as data.
 *
 * etc/profiles/NAME.conf, described in certauth-profile(5).  Read once,
 * immutable afterwards.  Everything a decision needs to know about a schema
 * is in here; no C file knows an attribute by name.
 */
#ifndef LOOKUPD_PROFILE_H
#define LOOKUPD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/verdict.h"
#include "daemon/settings.h"
#include "lookupd/filter.h"
#include "lookupd/filter_build.h"
#include "lookupd/identity.h"
#include "lookupd/value.h"

#define PROFILE_RULES_MAX 64
#define PROFILE_KEYS_MAX 8	/* attributes per kind of key */
#define PROFILE_TYPES_MAX 32
#define PROFILE_LETS_MAX 16
#define PROFILE_REQUIRE_MAX 16
#define PROFILE_SINGLE_MAX 16

struct profile_keys {
	struct filter_key items[PROFILE_KEYS_MAX];
	size_t count;
};

struct profile_type {
	char *attribute;
	enum value_type type;
};

struct profile_let {
	char *name;
	struct filter *filter;		/* on the account */
};

/* One rule.  Absent conditions are NULL. */
struct profile_rule {
	bool admit;			/* else block */
	char reason[REASON_MAX + 1];	/* of a block rule */
	struct filter *account;
	struct filter *domain;		/* on each domain of the account */
	const struct filter *when;	/* `if`: a let, borrowed */
	const struct filter *unless;	/* `unless`: a let, borrowed */
	unsigned line;			/* in the file, for explain */
};

struct profile_domain {
	bool used;			/* the profile has a `domain` group */
	struct filter *entry;
	char *name;			/* attribute holding the domain name */
	char *id;			/* attribute holding its id, or NULL */
	struct filter *alias;		/* true of an alias domain, or NULL */
	char *target;			/* attribute naming the target's id */
	bool required;			/* no entry: blocked reason=no-domain */
};

struct profile {
	uint64_t hash;			/* settings_hash of its file */
	char *path;
	struct filter *account;		/* the account filter */
	char *name;			/* exactly one value, else bad-entry */
	struct profile_keys keys[KEY_KINDS];
	struct profile_type types[PROFILE_TYPES_MAX];
	size_t type_count;
	char *require[PROFILE_REQUIRE_MAX];
	size_t require_count;
	char *single[PROFILE_SINGLE_MAX];	/* one value at most, on accounts
						 * and domains; else bad-entry */
	size_t single_count;
	struct profile_domain domain;
	int64_t lockout_s;		/* default; a realm may replace it */
	struct profile_let lets[PROFILE_LETS_MAX];
	size_t let_count;
	struct filter *admin;		/* need=admin; NULL: nobody is */
	struct profile_rule rules[PROFILE_RULES_MAX];
	size_t rule_count;
	bool ignore_references;		/* search references are no surprise */
	bool resume;			/* a mirror's session that resumes from
					 * a cookie tells all attributes */
	bool names_shared;		/* name, require and keys are those of
					 * account_attributes */
	/* All to ask for, each once, ended by NULL; there is room for
	 * ENTRY_ATTRIBUTES_MAX. */
	char **account_attributes;
	char **domain_attributes;
};

/*
 * Read the file at an absolute path.  All semantic errors are added to
 * problems, each with file and line.  The profile, owned by the caller; NULL
 * if there was any error.  The second reads through a bundle.
 */
struct profile *profile_read(const char *path, struct problems *problems);
struct profile *profile_read_from(struct bundle *bundle, const char *path,
    struct problems *problems);
void profile_free(struct profile *profile);	/* NULL-safe */

/* Ask for this attribute of accounts, too.  NULL, or a static sentence: there is
 * no room for it, or no memory. */
const char *profile_want(struct profile *profile, const char *name);

/* The type of an attribute: what `types` says, else VALUE_TEXT.
 * Signature as filter_context.type_of wants it (types = the profile). */
enum value_type profile_type_of(const void *profile, const char *attribute);

#endif
