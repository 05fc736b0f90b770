/*
 * An entry is held whole or not at all: a value left out could be the one
 * that blocks.  libldap shows names and values where they lie in the message;
 * they are copied once.
 */
#include "lookupd/ldap_entry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ldap.h>

/* Longest name of an attribute; entry_add takes no longer one. */
#define NAME_MAX_LEN 255

/* All values of one attribute; NULL, or what is wrong. */
static const char *
add_values(struct entry *entry, const char *name, const struct berval *values)
{
	size_t i;

	if (values == NULL)
		return "an attribute cannot be decoded";
	for (i = 0; values[i].bv_val != NULL; i++) {
		if (entry_add(entry, name, values[i].bv_val,
		    values[i].bv_len) != 0)
			return "an entry is larger than we hold";
	}
	return NULL;
}

/* Valid until the next one, which says as much. */
static const char *
unasked(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "attribute %.64s came under a name that "
	    "was not asked for", name);
	return text;
}

/* The same under every attribute asked for; NULL, or what is wrong.  Under
 * another name, that of a synonym, of an OID's attribute or of a subtype, our
 * filters would not find it, and so overlook a lock. */
static const char *
add_attribute(struct entry *entry, char *const *asked, const char *name,
    const struct berval *values)
{
	const char *option = strchr(name, ';'), *defect = NULL;
	bool found = false;

	/* Active Directory, and not the only one, gives long lists in parts;
	 * what is not in the first one is not absent. */
	for (; option != NULL; option = strchr(option + 1, ';')) {
		if (strncasecmp(option, ";range=", strlen(";range=")) == 0)
			return "an attribute came in part";
	}
	if (asked == NULL || *asked == NULL)
		return add_values(entry, name, values);
	for (; *asked != NULL && defect == NULL; asked++) {
		if (!attribute_answers(*asked, name))
			continue;
		found = true;
		defect = add_values(entry, *asked, values);
	}
	return found ? defect : unasked(name);
}

/* A C string of it in to, which has room for max bytes; 0 or -1. */
static int
text_of(const struct berval *from, char *to, size_t max)
{
	if (from->bv_val == NULL || from->bv_len > max ||
	    memchr(from->bv_val, '\0', from->bv_len) != NULL)
		return -1;
	memcpy(to, from->bv_val, from->bv_len);
	to[from->bv_len] = '\0';
	return 0;
}

/* The attributes of an entry message; NULL, or what is wrong. */
static const char *
read_attributes(LDAP *ld, LDAPMessage *message, BerElement *ber,
    char *const *asked, struct entry *entry)
{
	const char *defect = NULL;
	char text[NAME_MAX_LEN + 1];
	struct berval name, *values;

	while (defect == NULL) {
		values = NULL;
		if (ldap_get_attribute_ber(ld, message, ber, &name,
		    &values) != LDAP_SUCCESS)
			defect = "an entry cannot be decoded";
		else if (name.bv_val == NULL)
			break;
		else if (text_of(&name, text, NAME_MAX_LEN) != 0)
			defect = "an attribute has no usable name";
		else
			defect = add_attribute(entry, asked, text, values);
		ber_memfree(values);
	}
	return defect;
}

const char *
ldap_entry_read(LDAP *ld, LDAPMessage *message, char *const *asked,
    struct entry **ret)
{
	struct entry *entry = NULL;
	const char *defect = "an entry without a usable name";
	BerElement *ber = NULL;
	char text[ENTRY_DN_MAX + 1];
	struct berval dn;

	if (ldap_get_dn_ber(ld, message, &ber, &dn) != LDAP_SUCCESS)
		return defect;
	if (text_of(&dn, text, ENTRY_DN_MAX) == 0)
		entry = entry_new(text);
	if (entry != NULL)
		defect = read_attributes(ld, message, ber, asked, entry);
	ber_free(ber, 0);
	if (defect != NULL) {
		entry_free(entry);
		return defect;
	}
	*ret = entry;
	return NULL;
}
