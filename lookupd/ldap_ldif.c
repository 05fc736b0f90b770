/*
 * libldap's reader of lines.
 */
#include "lookupd/ldap_ldif.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <ldap.h>
#include <ldif.h>

/* libldap writes to standard error what it does not like of base64. */
static bool
is_base64(const char *text)
{
	size_t len, padding;

	text += strspn(text, " ");
	len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/");
	padding = strspn(text + len, "=");
	return len > 0 && padding <= 2 && (len + padding) % 4 == 0 &&
	    text[len + padding] == '\0';
}

const char *
ldap_ldif_line(char *line, const char **ret_name, const char **ret_value,
    size_t *ret_len)
{
	const char *colon = strchr(line, ':');
	struct berval name, value;
	int allocated = 0;

	if (colon == NULL)
		return "a line without a colon";
	if (colon == line || line[0] == ' ')
		return "a line without a name";
	if (colon[1] == '<')
		return "a value that is to be read from elsewhere";
	if (colon[1] == ':' && !is_base64(colon + 2))
		return "a value that is no base64";
	if (ldif_parse_line2(line, &name, &value, &allocated) != 0)
		return "a line that cannot be decoded";
	if (allocated) {		/* only for what was refused above */
		ber_memfree(value.bv_val);
		return "a value that is to be read from elsewhere";
	}
	*ret_name = name.bv_val;
	*ret_value = value.bv_val == NULL ? "" : value.bv_val;
	*ret_len = value.bv_val == NULL ? 0 : value.bv_len;
	return NULL;
}
