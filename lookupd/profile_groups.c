/*
 * The groups of a profile that say where things are: keys, types, domain.
 */
#include "lookupd/profile_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/filter_node.h"

/* An array of lists, by kind. */
#define KEY_AT(kind) ((kind) * sizeof(char **))

static const struct setting key_settings[] = {
	{ .name = "address", .type = SETTING_STRINGS,
	    .offset = KEY_AT(KEY_ADDRESS), .min = 1, .max = PROFILE_KEYS_MAX,
	    .help = "searched for an e-mail address" },
	{ .name = "account", .type = SETTING_STRINGS,
	    .offset = KEY_AT(KEY_ACCOUNT), .min = 1, .max = PROFILE_KEYS_MAX,
	    .help = "searched for the account= of a request" },
	{ .name = "upn", .type = SETTING_STRINGS,
	    .offset = KEY_AT(KEY_UPN), .min = 1, .max = PROFILE_KEYS_MAX,
	    .help = "searched for a user principal name" },
	{ .name = "cn", .type = SETTING_STRINGS,
	    .offset = KEY_AT(KEY_CN), .min = 1, .max = PROFILE_KEYS_MAX,
	    .help = "searched for a subject's CN" },
	{ .name = "uid", .type = SETTING_STRINGS,
	    .offset = KEY_AT(KEY_UID), .min = 1, .max = PROFILE_KEYS_MAX,
	    .help = "searched for a subject's UID" },
	{ .name = NULL }
};

/* The `domain` group as written. */
struct domain_text {
	char *entry;
	char *name;
	char *id;
	char *alias;
	char *target;
	bool required;
};

#define DOMAIN_AT(field) offsetof(struct domain_text, field)

static const struct setting domain_settings[] = {
	{ .name = "entry", .type = SETTING_STRING, .offset = DOMAIN_AT(entry),
	    .mandatory = true, .help = "filter that is true of domains" },
	{ .name = "name", .type = SETTING_STRING, .offset = DOMAIN_AT(name),
	    .mandatory = true, .help = "attribute with the domain's name" },
	{ .name = "id", .type = SETTING_STRING, .offset = DOMAIN_AT(id),
	    .help = "attribute by which an alias domain names its target" },
	{ .name = "alias", .type = SETTING_STRING, .offset = DOMAIN_AT(alias),
	    .help = "filter that is true of alias domains" },
	{ .name = "target", .type = SETTING_STRING,
	    .offset = DOMAIN_AT(target),
	    .help = "attribute of an alias domain with its target's id" },
	{ .name = "required", .type = SETTING_BOOL,
	    .offset = DOMAIN_AT(required), .fallback = "true",
	    .help = "an account without a domain entry is blocked" },
	{ .name = NULL }
};

/* "attribute" or "attribute:prefix" */
static void
read_key(struct profile_keys *keys, const struct settings_node *group,
    const char *kind, const char *text, struct problems *problems)
{
	struct filter_key *key = &keys->items[keys->count];
	const char *colon = strchr(text, ':');
	size_t len = colon == NULL ? strlen(text) : (size_t)(colon - text);

	if (!filter_attribute_ok(text, len) ||
	    (colon != NULL && colon[1] == '\0')) {
		problems_add(problems, settings_file(group),
		    profile_line(group, kind), "keys: %s: \"%s\" is neither an "
		    "attribute name nor one with \":\" and a prefix", kind,
		    text);
		return;
	}
	key->attribute = strndup(text, len);
	key->prefix = colon == NULL ? NULL : strdup(colon + 1);
	if (key->attribute == NULL || (colon != NULL && key->prefix == NULL))
		problems_add(problems, settings_file(group), 0,
		    "out of memory");
	keys->count++;
}

void
profile_read_keys(struct profile *profile, const struct settings_node *group,
    struct problems *problems)
{
	char **lists[KEY_KINDS] = { NULL };
	size_t kind, i;

	if (settings_fill(group, key_settings, lists, problems) == 0) {
		for (kind = 0; kind < KEY_KINDS; kind++)
			for (i = 0; lists[kind] != NULL &&
			    lists[kind][i] != NULL; i++)
				read_key(&profile->keys[kind], group,
				    key_kind_name((enum key_kind)kind),
				    lists[kind][i], problems);
		if (lists[KEY_ADDRESS] == NULL)
			problems_add(problems, settings_file(group),
			    settings_line(group), "keys: address is missing: "
			    "no account could be found by e-mail address");
	}
	settings_clear(key_settings, lists);
}

static void
read_type(struct profile *profile, const struct settings_node *node,
    struct problems *problems)
{
	const char *name = settings_name(node), *word = settings_string(node);
	int type = word == NULL ? -1 : value_type_parse(word);
	size_t i;

	if (name == NULL || !filter_attribute_ok(name, strlen(name)) ||
	    type < 0) {
		problems_add(problems, settings_file(node),
		    settings_line(node), "types: an attribute name and one of "
		    "\"text\", \"exact\", \"integer\", \"time\", \"filetime\", "
		    "\"days\", \"boolean\" are expected here");
		return;
	}
	for (i = 0; i < profile->type_count; i++)
		if (text_same_nocase(profile->types[i].attribute,
		    strlen(profile->types[i].attribute), name, strlen(name))) {
			problems_add(problems, settings_file(node),
			    settings_line(node), "types: \"%s\" is given twice",
			    name);
			return;
		}
	if (profile->type_count == PROFILE_TYPES_MAX) {
		problems_add(problems, settings_file(node),
		    settings_line(node), "types: more than %d",
		    PROFILE_TYPES_MAX);
		return;
	}
	profile->types[i].attribute = strdup(name);
	profile->types[i].type = (enum value_type)type;
	if (profile->types[i].attribute == NULL)
		problems_add(problems, settings_file(node), 0,
		    "out of memory");
	else
		profile->type_count++;
}

void
profile_read_types(struct profile *profile, const struct settings_node *group,
    struct problems *problems)
{
	size_t i;

	if (settings_shape(group) != SETTINGS_GROUP) {
		problems_add(problems, settings_file(group),
		    settings_line(group), "types: a group { ... } is expected");
		return;
	}
	for (i = 0; i < settings_count(group); i++)
		read_type(profile, settings_at(group, i), problems);
}

void
profile_read_domain(struct profile *profile, const struct settings_node *group,
    struct problems *problems)
{
	struct profile_domain *domain = &profile->domain;
	struct domain_text text;

	domain->used = true;
	memset(&text, 0, sizeof(text));
	if (settings_fill(group, domain_settings, &text, problems) > 0)
		goto out;
	domain->required = text.required;
	domain->entry = profile_search_filter(group, "entry", text.entry,
	    problems);
	domain->name = profile_take_attribute(group, "name", &text.name,
	    problems);
	domain->id = profile_take_attribute(group, "id", &text.id, problems);
	domain->target = profile_take_attribute(group, "target", &text.target,
	    problems);
	domain->alias = profile_filter(profile, group, "alias", text.alias,
	    problems);
	if (domain->alias != NULL && filter_has_variable(domain->alias))
		problems_add(problems, settings_file(group),
		    profile_line(group, "alias"),
		    "alias: a domain is an alias at all times, or never");
	if ((profile_member(group, "alias") != NULL) !=
	    (profile_member(group, "target") != NULL) ||
	    (profile_member(group, "alias") != NULL) !=
	    (profile_member(group, "id") != NULL))
		problems_add(problems, settings_file(group),
		    settings_line(group), "domain: alias, target and id go "
		    "together: all three or none");
out:
	settings_clear(domain_settings, &text);
}
