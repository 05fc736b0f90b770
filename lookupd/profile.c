/*
 * Reading a profile: the top level and what all parts of it need.  Reading
 * goes on after an error, so that all are reported at once.
 */
#include "lookupd/profile_parts.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/filter_node.h"

/* Longest lockout: ten years; more is a typing error. */
#define LOCKOUT_MAX (INT64_C(3660) * 86400)

/* The file's top level as written. */
struct profile_text {
	char *account;
	char *name;
	const struct settings_node *keys;
	const struct settings_node *types;
	char **require;
	char **single;
	const struct settings_node *domain;
	int64_t lockout;
	const struct settings_node *let;
	char *admin;
	const struct settings_node *rules;
	bool ignore_references;
	bool resume;
};

#define AT(field) offsetof(struct profile_text, field)

static const struct setting top_settings[] = {
	{ .name = "account", .type = SETTING_STRING, .offset = AT(account),
	    .mandatory = true, .help = "filter that is true of accounts" },
	{ .name = "name", .type = SETTING_STRING, .offset = AT(name),
	    .mandatory = true, .help = "attribute with the account's name" },
	{ .name = "keys", .type = SETTING_NODE, .offset = AT(keys),
	    .mandatory = true, .help = "attributes searched, by kind of name" },
	{ .name = "types", .type = SETTING_NODE, .offset = AT(types),
	    .help = "how attributes are compared, if not as text" },
	{ .name = "require", .type = SETTING_STRINGS, .offset = AT(require),
	    .max = PROFILE_REQUIRE_MAX,
	    .help = "attributes every account must show" },
	{ .name = "single", .type = SETTING_STRINGS, .offset = AT(single),
	    .max = PROFILE_SINGLE_MAX,
	    .help = "attributes that may not have a second value" },
	{ .name = "domain", .type = SETTING_NODE, .offset = AT(domain),
	    .help = "how the entry of a mail domain is found" },
	{ .name = "lockout", .type = SETTING_INT, .offset = AT(lockout),
	    .min = 0, .max = LOCKOUT_MAX, .fallback = "0",
	    .help = "seconds a timed lock lasts; 0: until an administrator "
	    "ends it" },
	{ .name = "let", .type = SETTING_NODE, .offset = AT(let),
	    .help = "named filters for if and unless" },
	{ .name = "admin", .type = SETTING_STRING, .offset = AT(admin),
	    .help = "filter that is true of administrators" },
	{ .name = "rules", .type = SETTING_NODE, .offset = AT(rules),
	    .mandatory = true, .help = "who is blocked and who is admitted" },
	{ .name = "ignore_references", .type = SETTING_BOOL,
	    .offset = AT(ignore_references), .fallback = "false",
	    .help = "search references are no surprise in this directory" },
	{ .name = "resume", .type = SETTING_BOOL, .offset = AT(resume),
	    .fallback = "true",
	    .help = "mirror: a session resumed from a cookie tells all "
	    "attributes" },
	{ .name = NULL }
};

static bool
same_name(const char *a, const char *b)
{
	return text_same_nocase(a, strlen(a), b, strlen(b));
}

enum value_type
profile_type_of(const void *types, const char *attribute)
{
	const struct profile *profile = types;
	size_t i;

	for (i = 0; i < profile->type_count; i++)
		if (same_name(profile->types[i].attribute, attribute))
			return profile->types[i].type;
	return VALUE_TEXT;
}

const struct settings_node *
profile_member(const struct settings_node *group, const char *name)
{
	size_t i;

	for (i = 0; i < settings_count(group); i++) {
		const struct settings_node *node = settings_at(group, i);
		const char *own = settings_name(node);

		if (own != NULL && strcmp(own, name) == 0)
			return node;
	}
	return NULL;
}

unsigned
profile_line(const struct settings_node *group, const char *setting)
{
	const struct settings_node *node = profile_member(group, setting);

	return settings_line(node != NULL ? node : group);
}

struct filter *
profile_filter(const struct profile *profile,
    const struct settings_node *group, const char *setting, const char *text,
    struct problems *problems)
{
	struct filter_context context = { .type_of = profile_type_of,
		.types = profile };
	char error[FILTER_ERROR_MAX];
	const char *attribute = NULL, *why;
	struct filter *filter;

	if (text == NULL)
		return NULL;
	filter = filter_parse(text, strlen(text), error);
	why = filter == NULL ? error :
	    filter_evaluable(filter, &context, &attribute);
	if (why == NULL) {
		filter_bind(filter, &context);
		return filter;
	}
	problems_add(problems, settings_file(group),
	    profile_line(group, setting), "%s: %s%s%s", setting,
	    attribute == NULL ? "" : attribute, attribute == NULL ? "" : ": ",
	    why);
	filter_free(filter);
	return NULL;
}

/* A filter that is sent to the directory: anything it may understand, but
 * nothing of ours. */
struct filter *
profile_search_filter(const struct settings_node *group, const char *setting,
    const char *text, struct problems *problems)
{
	char error[FILTER_ERROR_MAX];
	const char *why;
	struct filter *filter = filter_parse(text, strlen(text), error);

	if (filter != NULL && !filter_has_variable(filter))
		return filter;
	why = filter == NULL ? error :
	    "a variable has no meaning in a filter sent to the directory";
	problems_add(problems, settings_file(group),
	    profile_line(group, setting), "%s: %s", setting, why);
	filter_free(filter);
	return NULL;
}

/* Move an attribute's name out of *from, if it is one. */
char *
profile_take_attribute(const struct settings_node *group, const char *setting,
    char **from, struct problems *problems)
{
	char *text = *from;

	if (text != NULL && !filter_attribute_ok(text, strlen(text))) {
		problems_add(problems, settings_file(group),
		    profile_line(group, setting),
		    "%s: \"%s\" is not an attribute name", setting, text);
		return NULL;
	}
	*from = NULL;
	return text;
}

static void
read_names(char **names, size_t *count, char **text,
    const struct settings_node *root, const char *setting,
    struct problems *problems)
{
	size_t i;

	for (i = 0; text != NULL && text[i] != NULL; i++) {
		if (!filter_attribute_ok(text[i], strlen(text[i]))) {
			problems_add(problems, settings_file(root),
			    profile_line(root, setting),
			    "%s: \"%s\" is not an attribute name", setting,
			    text[i]);
			continue;
		}
		names[*count] = strdup(text[i]);
		if (names[*count] == NULL)
			problems_add(problems, settings_file(root), 0,
			    "out of memory");
		else
			(*count)++;
	}
}

static void
read_top(struct profile *profile, const struct settings_node *root,
    struct problems *problems)
{
	struct profile_text text;

	memset(&text, 0, sizeof(text));
	if (settings_fill(root, top_settings, &text, problems) > 0)
		goto out;
	profile->account = profile_search_filter(root, "account", text.account,
	    problems);
	profile->name = profile_take_attribute(root, "name", &text.name,
	    problems);
	read_names(profile->require, &profile->require_count, text.require,
	    root, "require", problems);
	read_names(profile->single, &profile->single_count, text.single,
	    root, "single", problems);
	profile->lockout_s = text.lockout;
	profile->admin = profile_filter(profile, root, "admin", text.admin,
	    problems);
	profile->ignore_references = text.ignore_references;
	profile->resume = text.resume;
out:
	settings_clear(top_settings, &text);
}

struct profile *
profile_read(const char *path, struct problems *problems)
{
	return profile_read_from(NULL, path, problems);
}

struct profile *
profile_read_from(struct bundle *bundle, const char *path,
    struct problems *problems)
{
	const struct settings_node *root, *node;
	size_t before = problems->count;
	struct settings *settings = settings_read_from(bundle, path, problems);
	struct profile *profile;

	if (settings == NULL)
		return NULL;
	profile = calloc(1, sizeof(*profile));
	if (profile == NULL || (profile->path = strdup(path)) == NULL) {
		problems_add(problems, path, 0, "out of memory");
		goto out;
	}
	profile->hash = settings_hash(settings);
	root = settings_root(settings);
	/* Types first: every filter is checked under them. */
	if ((node = profile_member(root, "types")) != NULL)
		profile_read_types(profile, node, problems);
	read_top(profile, root, problems);
	if ((node = profile_member(root, "keys")) != NULL)
		profile_read_keys(profile, node, problems);
	if ((node = profile_member(root, "domain")) != NULL)
		profile_read_domain(profile, node, problems);
	profile_read_lets(profile, root, problems);
	profile_read_rules(profile, root, problems);
	if (problems->count == before)
		profile_collect_attributes(profile, problems);
out:
	settings_free(settings);
	if (problems->count == before)
		return profile;
	profile_free(profile);
	return NULL;
}

static void
free_list(char **list)
{
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* Those that would be of account_attributes. */
static void
free_names(struct profile *profile)
{
	size_t i, kind;

	free(profile->name);
	for (i = 0; i < profile->require_count; i++)
		free(profile->require[i]);
	for (kind = 0; kind < KEY_KINDS; kind++)
		for (i = 0; i < profile->keys[kind].count; i++)
			free((void *)profile->keys[kind].items[i].attribute);
}

void
profile_free(struct profile *profile)
{
	size_t i, kind;

	if (profile == NULL)
		return;
	if (!profile->names_shared)
		free_names(profile);
	for (kind = 0; kind < KEY_KINDS; kind++)
		for (i = 0; i < profile->keys[kind].count; i++)
			free((void *)profile->keys[kind].items[i].prefix);
	for (i = 0; i < profile->type_count; i++)
		free(profile->types[i].attribute);
	for (i = 0; i < profile->single_count; i++)
		free(profile->single[i]);
	for (i = 0; i < profile->let_count; i++) {
		free(profile->lets[i].name);
		filter_free(profile->lets[i].filter);
	}
	for (i = 0; i < profile->rule_count; i++) {
		filter_free(profile->rules[i].account);
		filter_free(profile->rules[i].domain);
	}
	filter_free(profile->account);
	filter_free(profile->admin);
	filter_free(profile->domain.entry);
	filter_free(profile->domain.alias);
	free(profile->domain.name);
	free(profile->domain.id);
	free(profile->domain.target);
	free(profile->path);
	free_list(profile->account_attributes);
	free_list(profile->domain_attributes);
	free(profile);
}
