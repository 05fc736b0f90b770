/*
 * The lets and the ordered rules of a profile, and the list of attributes
 * that all of it needs.
 */
#include "lookupd/profile_parts.h"

#include <stdlib.h>
#include <string.h>

/* One rule as written. */
struct rule_text {
	char *block;
	bool admit;
	char *account;
	char *domain;
	char *when;
	char *unless;
};

#define AT(field) offsetof(struct rule_text, field)

static const struct setting rule_settings[] = {
	{ .name = "block", .type = SETTING_STRING, .offset = AT(block),
	    .help = "refuse, with this reason" },
	{ .name = "admit", .type = SETTING_BOOL, .offset = AT(admit),
	    .fallback = "false", .help = "let in" },
	{ .name = "account", .type = SETTING_STRING, .offset = AT(account),
	    .help = "filter on the account" },
	{ .name = "domain", .type = SETTING_STRING, .offset = AT(domain),
	    .help = "filter on the account's domains" },
	{ .name = "if", .type = SETTING_STRING, .offset = AT(when),
	    .help = "name of a let that must hold" },
	{ .name = "unless", .type = SETTING_STRING, .offset = AT(unless),
	    .help = "name of a let that must not hold" },
	{ .name = NULL }
};

static const struct filter *
let_find(const struct profile *profile, const char *name)
{
	size_t i;

	for (i = 0; i < profile->let_count; i++)
		if (strcmp(profile->lets[i].name, name) == 0)
			return profile->lets[i].filter;
	return NULL;
}

static void
read_let(struct profile *profile, const struct settings_node *group,
    const struct settings_node *node, struct problems *problems)
{
	const char *name = settings_name(node), *text = settings_string(node);
	struct profile_let *let = &profile->lets[profile->let_count];

	if (name == NULL || text == NULL) {
		problems_add(problems, settings_file(node),
		    settings_line(node),
		    "let: a name and a filter in quotes are expected here");
		return;
	}
	if (profile->let_count == PROFILE_LETS_MAX) {
		problems_add(problems, settings_file(node),
		    settings_line(node), "let: more than %d",
		    PROFILE_LETS_MAX);
		return;
	}
	/* Kept without its filter, too: the rules that use it are not wrong. */
	let->filter = profile_filter(profile, group, name, text, problems);
	let->name = strdup(name);
	profile->let_count++;
	if (let->name == NULL) {
		problems_add(problems, settings_file(node), 0,
		    "out of memory");
		filter_free(let->filter);
		profile->let_count--;
	}
}

void
profile_read_lets(struct profile *profile, const struct settings_node *root,
    struct problems *problems)
{
	const struct settings_node *group = profile_member(root, "let");
	size_t i;

	if (group == NULL)
		return;
	if (settings_shape(group) != SETTINGS_GROUP) {
		problems_add(problems, settings_file(group),
		    settings_line(group), "let: a group { ... } is expected");
		return;
	}
	for (i = 0; i < settings_count(group); i++)
		read_let(profile, group, settings_at(group, i), problems);
}

/* The filter of a let that `if` or `unless` names. */
static const struct filter *
take_let(const struct profile *profile, const struct settings_node *group,
    const char *setting, const char *name, struct problems *problems)
{
	const struct filter *filter;
	size_t i;

	if (name == NULL)
		return NULL;
	filter = let_find(profile, name);
	for (i = 0; filter == NULL && i < profile->let_count; i++)
		if (strcmp(profile->lets[i].name, name) == 0)
			return NULL;	/* its filter has been complained of */
	if (filter == NULL)
		problems_add(problems, settings_file(group),
		    profile_line(group, setting),
		    "%s: there is no let \"%s\"", setting, name);
	return filter;
}

static void
take_outcome(struct profile_rule *rule, const struct rule_text *text,
    const struct settings_node *group, struct problems *problems)
{
	enum verdict verdict;

	if ((text->block != NULL) == text->admit) {
		problems_add(problems, settings_file(group), rule->line,
		    "a rule has either block = \"reason\" or admit = true");
		return;
	}
	rule->admit = text->admit;
	if (text->block == NULL)
		return;
	verdict = reason_verdict(text->block);
	if (!reason_word_ok(text->block)) {
		problems_add(problems, settings_file(group),
		    profile_line(group, "block"), "block: a reason is 1 to %d "
		    "bytes of a-z, 0-9 and hyphen, and contains no verdict",
		    REASON_MAX);
		return;
	}
	if (verdict != VERDICT_NONE && verdict != VERDICT_BLOCKED) {
		problems_add(problems, settings_file(group),
		    profile_line(group, "block"),
		    "block: the reason \"%s\" belongs to the verdict %s",
		    text->block, verdict_word(verdict));
		return;
	}
	/* 1 to REASON_MAX bytes: reason_word_ok */
	memcpy(rule->reason, text->block, strlen(text->block) + 1);
}

static void
read_rule(struct profile *profile, const struct settings_node *group,
    struct problems *problems)
{
	struct profile_rule *rule = &profile->rules[profile->rule_count];
	struct rule_text text;

	memset(&text, 0, sizeof(text));
	rule->line = settings_line(group);
	profile->rule_count++;
	if (settings_fill(group, rule_settings, &text, problems) == 0) {
		take_outcome(rule, &text, group, problems);
		rule->account = profile_filter(profile, group, "account",
		    text.account, problems);
		rule->domain = profile_filter(profile, group, "domain",
		    text.domain, problems);
		rule->when = take_let(profile, group, "if", text.when,
		    problems);
		rule->unless = take_let(profile, group, "unless", text.unless,
		    problems);
		if (text.domain != NULL && !profile->domain.used)
			problems_add(problems, settings_file(group),
			    profile_line(group, "domain"), "domain: the "
			    "profile does not say how a domain is found");
	}
	settings_clear(rule_settings, &text);
}

static bool
is_unconditional(const struct settings_node *rule)
{
	return profile_member(rule, "account") == NULL &&
	    profile_member(rule, "domain") == NULL &&
	    profile_member(rule, "if") == NULL &&
	    profile_member(rule, "unless") == NULL;
}

void
profile_read_rules(struct profile *profile, const struct settings_node *root,
    struct problems *problems)
{
	const struct settings_node *list = profile_member(root, "rules");
	bool admits = false, ended = false;
	size_t count, i;

	if (list == NULL)
		return;
	count = settings_count(list);
	if (settings_shape(list) != SETTINGS_SEQUENCE || count == 0 ||
	    count > PROFILE_RULES_MAX) {
		problems_add(problems, settings_file(list),
		    settings_line(list),
		    "rules: a list of 1 to %d rules is expected here",
		    PROFILE_RULES_MAX);
		return;
	}
	for (i = 0; i < count; i++) {
		const struct settings_node *node = settings_at(list, i);

		if (ended)
			problems_add(problems, settings_file(node),
			    settings_line(node), "this rule is never reached: "
			    "the one before has no condition");
		read_rule(profile, node, problems);
		if (settings_shape(node) != SETTINGS_GROUP)
			continue;
		ended = is_unconditional(node);
		admits = admits || profile_member(node, "admit") != NULL;
	}
	if (!admits)
		problems_add(problems, settings_file(list),
		    settings_line(list), "rules: none admits anybody");
}

#define STRING_OF(number) #number
#define DECIMAL(number) STRING_OF(number)
#define OUT_OF_MEMORY "out of memory"
#define TOO_MANY "more than " DECIMAL(ENTRY_ATTRIBUTES_MAX) " attributes"

/* A list of names, each once, with room for as many as an entry may have. */
struct names {
	char **items;
	bool failed, full;
};

static void
names_init(struct names *names)
{
	names->items = calloc(ENTRY_ATTRIBUTES_MAX + 1, sizeof(*names->items));
	names->failed = names->items == NULL;
	names->full = false;
}

static void
names_add(void *context, const char *name)
{
	struct names *names = context;
	size_t n = 0;

	if (names->failed || attribute_name(name, names->items).list != NULL)
		return;
	while (names->items[n] != NULL)
		n++;
	names->full = names->full || n == ENTRY_ATTRIBUTES_MAX;
	if (names->full)
		return;
	names->items[n] = strdup(name);
	names->failed = names->items[n] == NULL;
}

static void
names_add_filter(struct names *names, const struct filter *filter)
{
	if (filter != NULL)
		filter_attributes(filter, names_add, names);
}

static void
collect_account(const struct profile *profile, struct names *names)
{
	size_t i, kind;

	names_add(names, profile->name);
	for (kind = 0; kind < KEY_KINDS; kind++)
		for (i = 0; i < profile->keys[kind].count; i++)
			names_add(names,
			    profile->keys[kind].items[i].attribute);
	for (i = 0; i < profile->require_count; i++)
		names_add(names, profile->require[i]);
	for (i = 0; i < profile->let_count; i++)
		names_add_filter(names, profile->lets[i].filter);
	for (i = 0; i < profile->rule_count; i++)
		names_add_filter(names, profile->rules[i].account);
	names_add_filter(names, profile->admin);
}

static void
collect_domain(const struct profile *profile, struct names *names)
{
	size_t i;

	names_add(names, profile->domain.name);
	if (profile->domain.id != NULL)
		names_add(names, profile->domain.id);
	if (profile->domain.target != NULL)
		names_add(names, profile->domain.target);
	names_add_filter(names, profile->domain.alias);
	for (i = 0; i < profile->rule_count; i++)
		names_add_filter(names, profile->rules[i].domain);
}

/* What the list calls it, instead of a text of its own. */
static char *
shared(const char *own, char *const *list)
{
	const char *name = attribute_name(own, list).text;

	if (name != own)
		free((void *)own);
	return (char *)name;
}

/* They are found by address then, in entries that name theirs so, too. */
static void
share_names(struct profile *profile)
{
	char *const *account = profile->account_attributes;
	char *const *domain = profile->domain_attributes;
	size_t i, kind;

	profile->name = shared(profile->name, account);
	for (i = 0; i < profile->require_count; i++)
		profile->require[i] = shared(profile->require[i], account);
	for (kind = 0; kind < KEY_KINDS; kind++)
		for (i = 0; i < profile->keys[kind].count; i++)
			profile->keys[kind].items[i].attribute = shared(
			    profile->keys[kind].items[i].attribute, account);
	profile->names_shared = true;

	for (i = 0; i < profile->let_count; i++)
		filter_share_names(profile->lets[i].filter, account);
	for (i = 0; i < profile->rule_count; i++) {
		const struct profile_rule *rule = &profile->rules[i];

		if (rule->account != NULL)
			filter_share_names(rule->account, account);
		if (rule->domain != NULL)
			filter_share_names(rule->domain, domain);
	}
	if (profile->admin != NULL)
		filter_share_names(profile->admin, account);
	if (profile->domain.alias != NULL)
		filter_share_names(profile->domain.alias, domain);
}

void
profile_collect_attributes(struct profile *profile, struct problems *problems)
{
	struct names account, domain;

	names_init(&account);
	names_init(&domain);
	collect_account(profile, &account);
	if (profile->domain.used)
		collect_domain(profile, &domain);
	profile->account_attributes = account.items;
	profile->domain_attributes = domain.items;
	if (account.failed || domain.failed)
		problems_add(problems, profile->path, 0, OUT_OF_MEMORY);
	else if (account.full || domain.full)
		problems_add(problems, profile->path, 0, TOO_MANY);
	else
		share_names(profile);
}

const char *
profile_want(struct profile *profile, const char *name)
{
	struct names names = { .items = profile->account_attributes };

	names_add(&names, name);
	return names.failed ? OUT_OF_MEMORY : names.full ? TOO_MANY : NULL;
}
