/*
 * Identities: the names found in a certificate or given in a request, each
 * with the place it came from.  The place decides which attributes of the
 * directory are searched (`keys` in a profile).
 */
#ifndef LOOKUPD_IDENTITY_H
#define LOOKUPD_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "lookupd/address.h"

/* A certificate with more is refused reason=too-many: each costs a search. */
#define IDENTITIES_MAX 16
#define IDENTITY_MAX ADDRESS_MAX	/* bytes */

/* Where a name was found: the configurable set `identities` of a realm. */
enum identity_source {
	IDENTITY_SAN_EMAIL = 0,		/* SAN rfc822Name */
	IDENTITY_SUBJECT_EMAIL,		/* subject emailAddress (PKCS #9) */
	IDENTITY_UPN,			/* SAN otherName 1.3.6.1.4.1.311.20.2.3 */
	IDENTITY_CN,			/* subject CN */
	IDENTITY_UID,			/* subject UID */
	IDENTITY_REQUEST_EMAIL,		/* email= of a request */
	IDENTITY_REQUEST_ACCOUNT,	/* account= of a request */
	IDENTITY_SOURCES
};

/* The first five as a set: bit 1 << source. */
#define IDENTITY_BIT(source) (1U << (unsigned)(source))
#define IDENTITY_DEFAULT_SET \
	(IDENTITY_BIT(IDENTITY_SAN_EMAIL) | IDENTITY_BIT(IDENTITY_SUBJECT_EMAIL))

/* The lists of attributes a profile has (`keys`). */
enum key_kind {
	KEY_ADDRESS = 0,	/* both e-mail sources and email= */
	KEY_ACCOUNT,		/* account= */
	KEY_UPN,
	KEY_CN,
	KEY_UID,
	KEY_KINDS
};

/* A name that was checked.  One that has the form of an address (e-mail, UPN)
 * is one, and is not parsed again; of another name local_len is 0. */
struct identity {
	enum identity_source source;
	struct address name;
};

struct identities {
	struct identity items[IDENTITIES_MAX + 1];	/* a further one is read
							 * behind the last */
	size_t count;
};

/* "san-email", "subject-email", "upn", "cn", "uid", "email", "account". */
const char *identity_source_name(enum identity_source source);
/* The source of a configuration word (the first five), or -1. */
int identity_source_parse(const char *word);

enum key_kind identity_key_kind(enum identity_source source);
/* "address", "account", "upn", "cn", "uid"; and back, -1 when none. */
const char *key_kind_name(enum key_kind kind);
int key_kind_parse(const char *word);

/*
 * Check one found name and add it; the same kind and value twice is kept
 * once.  Addresses by address.h; UPN, too (a UPN has the form of one); CN,
 * UID and account: 1 to IDENTITY_MAX bytes of printable ASCII without a
 * space at either end or two in a row.  NULL; or a static sentence saying
 * what is wrong, with nothing added, and *ret_reason (REASON_BAD_IDENTITY
 * or REASON_TOO_MANY).
 */
const char *identities_add(struct identities *set,
    enum identity_source source, const void *bytes, size_t len,
    const char **ret_reason);

#endif
