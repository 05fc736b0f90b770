/*
 * The provider, as its administrator.
 */
#include "tests/tools/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
model_put(struct model_change *change, int op, const char *name, const char *value)
{
	LDAPMod *mod = change->count == 0 ? NULL :
	    &change->mods[change->count - 1];
	size_t n = 0;
	char *text;

	if (mod == NULL || mod->mod_op != op ||
	    strcmp(mod->mod_type, name) != 0) {
		if (change->count == MODEL_MODS_MAX)
			model_die("too many modifications");
		mod = &change->mods[change->count];
		mod->mod_op = op;
		mod->mod_type = (char *)name;
		mod->mod_values = change->values[change->count];
		mod->mod_values[0] = NULL;
		change->list[change->count++] = mod;
		change->list[change->count] = NULL;
	}
	if (value == NULL) {
		mod->mod_values = NULL;
		return;
	}
	while (mod->mod_values[n] != NULL)
		n++;
	if (n == MODEL_VALUES_MAX)
		model_die("too many values");
	text = change->text[change->texts++];
	snprintf(text, sizeof(change->text[0]), "%s", value);
	mod->mod_values[n] = text;
	mod->mod_values[n + 1] = NULL;
}

LDAP *
model_connect(const struct model_provider *to)
{
	struct berval secret = { strlen(to->secret), (char *)to->secret };
	int64_t until = model_now_us() + MODEL_PATIENCE_MS * 1000LL;
	int version = LDAP_VERSION3;
	LDAP *ld;

	for (;;) {
		if (ldap_initialize(&ld, to->uri) != LDAP_SUCCESS)
			model_die("ldap_initialize");
		ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
		if (ldap_sasl_bind_s(ld, to->dn, LDAP_SASL_SIMPLE, &secret,
		    NULL, NULL, NULL) == LDAP_SUCCESS)
			return ld;
		ldap_unbind_ext(ld, NULL, NULL);
		if (model_now_us() > until)
			model_die("the provider does not answer");
		model_pause(2);
	}
}

int
model_set(LDAP *ld, const char *dn, int op, ...)
{
	struct model_change *change = calloc(1, sizeof(*change));
	const char *name, *value;
	va_list args;
	int code;

	if (change == NULL)
		model_die("out of memory");
	va_start(args, op);
	while ((name = va_arg(args, const char *)) != NULL) {
		value = va_arg(args, const char *);
		model_put(change, op < 0 ? 0 : op, name, value);
	}
	va_end(args);
	code = op < 0 ? ldap_add_ext_s(ld, dn, change->list, NULL, NULL) :
	    ldap_modify_ext_s(ld, dn, change->list, NULL, NULL);
	free(change);
	return code;
}

struct berval **
model_values(LDAP *ld, const char *dn, const char *name)
{
	char *names[] = { (char *)name, NULL };
	LDAPMessage *result = NULL, *entry;
	struct berval **found = NULL;

	if (ldap_search_ext_s(ld, dn, LDAP_SCOPE_BASE, NULL, names, 0, NULL,
	    NULL, NULL, 0, &result) == LDAP_SUCCESS &&
	    (entry = ldap_first_entry(ld, result)) != NULL)
		found = ldap_get_values_len(ld, entry, name);
	ldap_msgfree(result);
	return found;
}
