/*
 * An entry is held whole or not at all: a value left out could be the one
 * that blocks.
 */
#include "lookupd/ldap_entry.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

#include "common/text.h"

/* All values of one attribute; NULL, or what is wrong. */
static const char *
add_values(struct entry *entry, const char *name, struct berval **values)
{
	size_t i;

	if (values == NULL)
		return "an attribute cannot be decoded";
	for (i = 0; values[i] != NULL; i++) {
		if (entry_add(entry, name, values[i]->bv_val,
		    values[i]->bv_len) != 0)
			return "an entry is larger than we hold";
	}
	return NULL;
}

/* Is name the attribute asked for, or the same with options?  A directory
 * asked for memberOf also gives memberOf;lang-de, and its filters count the
 * values of both (RFC 4512 2.5.2.1); to ours it must not be another one. */
static bool
is_asked(const char *asked, const char *name)
{
	size_t len = strlen(asked);

	return strlen(name) >= len &&
	    text_same_nocase(asked, len, name, len) &&
	    (name[len] == '\0' || name[len] == ';');
}

/* The same under every attribute asked for; NULL, or what is wrong. */
static const char *
add_attribute(struct entry *entry, char *const *asked, const char *name,
    struct berval **values)
{
	const char *option = strchr(name, ';'), *defect = NULL;
	bool found = false;

	/* Active Directory, and not the only one, gives long lists in parts;
	 * what is not in the first one is not absent. */
	for (; option != NULL; option = strchr(option + 1, ';')) {
		if (strncasecmp(option, ";range=", strlen(";range=")) == 0)
			return "an attribute came in part";
	}
	for (; asked != NULL && *asked != NULL && defect == NULL; asked++) {
		if (!is_asked(*asked, name))
			continue;
		found = true;
		defect = add_values(entry, *asked, values);
	}
	return found ? defect : add_values(entry, name, values);
}

/* The attributes of an entry message; NULL, or what is wrong. */
static const char *
read_attributes(LDAP *ld, LDAPMessage *message, char *const *asked,
    struct entry *entry)
{
	BerElement *ber = NULL;
	const char *defect = NULL;
	int code = LDAP_SUCCESS;
	char *name;

	/* the only sign of a decoding error is this field */
	ldap_set_option(ld, LDAP_OPT_RESULT_CODE, &code);
	for (name = ldap_first_attribute(ld, message, &ber);
	    name != NULL && defect == NULL;
	    name = ldap_next_attribute(ld, message, ber)) {
		struct berval **values =
		    ldap_get_values_len(ld, message, name);

		defect = add_attribute(entry, asked, name, values);
		ldap_value_free_len(values);
		ldap_memfree(name);
	}
	ldap_memfree(name);
	ber_free(ber, 0);
	ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &code);
	if (defect == NULL && code == LDAP_DECODING_ERROR)
		defect = "an entry cannot be decoded";
	return defect;
}

const char *
ldap_entry_read(LDAP *ld, LDAPMessage *message, char *const *asked,
    struct entry **ret)
{
	struct entry *entry;
	const char *defect;
	char *dn;

	dn = ldap_get_dn(ld, message);
	entry = dn != NULL ? entry_new(dn) : NULL;
	ldap_memfree(dn);
	if (entry == NULL)
		return "an entry without a usable name";
	defect = read_attributes(ld, message, asked, entry);
	if (defect != NULL) {
		entry_free(entry);
		return defect;
	}
	*ret = entry;
	return NULL;
}
