/*
 * The directory that is asked, over ldapi.
 */
#include "tests/integration/evaluator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/entry.h"

#define BASE "dc=test"
#define SEVERAL 4		/* most values of one attribute */

static void
check(int result, const char *what)
{
	if (result == LDAP_SUCCESS)
		return;
	fprintf(stderr, "%s: %s\n", what, ldap_err2string(result));
	exit(2);
}

LDAP *
slapd_open(const char *uri, const char *dn, const char *password)
{
	int version = LDAP_VERSION3;
	struct timeval limit = { 20, 0 };
	LDAP *ldap = NULL;
	struct berval secret;

	secret.bv_val = (char *)password;
	secret.bv_len = strlen(password);
	check(ldap_initialize(&ldap, uri), uri);
	check(ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version),
	    "version");
	check(ldap_set_option(ldap, LDAP_OPT_TIMEOUT, &limit), "timeout");
	check(ldap_sasl_bind_s(ldap, dn, LDAP_SASL_SIMPLE, &secret, NULL,
	    NULL, NULL), "bind");
	return ldap;
}

static void
name_entry(char *dn, size_t size, size_t i)
{
	snprintf(dn, size, "cn=%zu," BASE, i);
}

/* Values are added one by one: slapd knows which it has already. */
static void
add_value(LDAP *ldap, const char *dn, const char *attribute,
    const struct sample *sample)
{
	struct berval value = { sample->len, (char *)sample->data };
	struct berval *values[] = { &value, NULL };
	LDAPMod change = { .mod_op = LDAP_MOD_ADD | LDAP_MOD_BVALUES,
		.mod_type = (char *)attribute };
	LDAPMod *changes[] = { &change, NULL };
	int result;

	change.mod_bvalues = values;
	result = ldap_modify_ext_s(ldap, dn, changes, NULL, NULL);
	if (result == LDAP_TYPE_OR_VALUE_EXISTS)
		return;
	check(result, sample->data);
}

/* The i-th entry has the i-th value of each type alone in its single
 * attribute; none, one or several by chance in the other. */
static void
add_values(LDAP *ldap, struct generator *generator, const char *dn,
    const struct samples *pool, size_t i)
{
	size_t count = generator_below(generator, 3), n;

	if (i <= pool->good_count)
		add_value(ldap, dn, pool->one, &pool->good[i - 1]);
	else if (generator_below(generator, 2) == 0)
		add_value(ldap, dn, pool->one, &pool->good[generator_below(
		    generator, pool->good_count)]);
	if (count == 2)
		count += generator_below(generator, SEVERAL - 1);
	for (n = 0; n < count; n++)
		add_value(ldap, dn, pool->many, &pool->good[generator_below(
		    generator, pool->good_count)]);
}

/* Entry 0 has none of the attributes. */
void
slapd_add(LDAP *ldap, struct generator *generator, size_t i)
{
	char value[] = "evaluatorEntry";
	char *classes[] = { value, NULL };
	char type[] = "objectClass";
	LDAPMod class = { .mod_op = LDAP_MOD_ADD, .mod_type = type };
	LDAPMod *attributes[] = { &class, NULL };
	char dn[64];
	size_t place;
	int result;

	class.mod_values = classes;
	name_entry(dn, sizeof(dn), i);
	result = ldap_delete_ext_s(ldap, dn, NULL, NULL);
	if (result != LDAP_NO_SUCH_OBJECT)
		check(result, dn);
	check(ldap_add_ext_s(ldap, dn, attributes, NULL, NULL), dn);
	if (i == 0)
		return;
	for (place = 0; place < EVALUATOR_TYPES; place++)
		add_values(ldap, generator, dn, &evaluator_samples[place], i);
}

static void
copy_attribute(LDAP *ldap, LDAPMessage *message, const char *name,
    struct entry *entry)
{
	struct berval **values = ldap_get_values_len(ldap, message, name);
	size_t i;

	for (i = 0; values != NULL && values[i] != NULL; i++)
		if (entry_add(entry, name, values[i]->bv_val,
		    values[i]->bv_len) < 0)
			check(LDAP_NO_MEMORY, name);
	ldap_value_free_len(values);
}

struct entry *
slapd_read(LDAP *ldap, size_t i)
{
	LDAPMessage *result = NULL, *message;
	BerElement *ber = NULL;
	struct entry *entry;
	char dn[64], *name;

	name_entry(dn, sizeof(dn), i);
	check(ldap_search_ext_s(ldap, dn, LDAP_SCOPE_BASE, "(objectClass=*)",
	    NULL, 0, NULL, NULL, NULL, 0, &result), dn);
	entry = entry_new(dn);
	if (entry == NULL || ldap_count_entries(ldap, result) != 1)
		check(LDAP_NO_SUCH_OBJECT, dn);
	message = ldap_first_entry(ldap, result);
	for (name = ldap_first_attribute(ldap, message, &ber); name != NULL;
	    name = ldap_next_attribute(ldap, message, ber)) {
		copy_attribute(ldap, message, name, entry);
		ldap_memfree(name);
	}
	ber_free(ber, 0);
	ldap_msgfree(result);
	return entry;
}

uint64_t
slapd_search(LDAP *ldap, const char *filter)
{
	char none[] = LDAP_NO_ATTRS, *attributes[] = { none, NULL };
	LDAPMessage *result = NULL, *message;
	uint64_t found = 0;

	check(ldap_search_ext_s(ldap, BASE, LDAP_SCOPE_ONELEVEL, filter,
	    attributes, 0, NULL, NULL, NULL, 0, &result), filter);
	for (message = ldap_first_entry(ldap, result); message != NULL;
	    message = ldap_next_entry(ldap, message)) {
		char *dn = ldap_get_dn(ldap, message);
		size_t len = dn == NULL ? 0 : strcspn(dn, ",");
		long long i;

		if (len < 3 || text_to_int(dn + 3, len - 3, 0,
		    EVALUATOR_ENTRIES - 1, &i) < 0)
			check(LDAP_INVALID_DN_SYNTAX, filter);
		else
			found |= UINT64_C(1) << i;
		ldap_memfree(dn);
	}
	ldap_msgfree(result);
	return found;
}
