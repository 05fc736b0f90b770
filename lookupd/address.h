/*
 * E-mail addresses as account keys.
 *
 * Accepted: RFC 5321 Dot-string "@" Domain of LDH labels, ASCII only (a
 * U-label must have been written as an A-label), local part 1 to 64 octets,
 * whole address at most 254.  Not accepted, and never repaired: quoted local
 * parts, address literals, a trailing dot, empty labels, labels over 63
 * octets or with a hyphen at an end, control bytes, spaces, NUL, none or two
 * "@".  There is no trimming and no shortening.
 */
#ifndef LOOKUPD_ADDRESS_H
#define LOOKUPD_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_MAX 254
#define ADDRESS_LOCAL_MAX 64

struct address {
	char text[ADDRESS_MAX + 1];	/* the domain folded to lower case */
	size_t len;
	size_t local_len;		/* text[local_len] is the "@" */
};

/*
 * Parse exactly these bytes.  NULL on success, else a static sentence that
 * says what is wrong, and *ret untouched.
 */
const char *address_parse(const void *bytes, size_t len,
    struct address *ret);

/* The part behind the "@", lower case. Borrowed. */
const char *address_domain(const struct address *address);
size_t address_domain_len(const struct address *address);

/*
 * The same mailbox?  Domains ignore case; local parts too, unless exact.
 * The second one is a raw value of the directory.
 */
bool address_equal(const struct address *address, const void *value,
    size_t len, bool exact);

/* local part of address + "@" + domain into *ret; 0, or -1 when the result
 * is not an address. */
int address_with_domain(const struct address *address, const char *domain,
    size_t domain_len, struct address *ret);

#endif
