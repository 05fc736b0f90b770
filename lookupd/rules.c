/*
 * The ordered rules of a profile over one account and its domains.
 */
#include "lookupd/decision.h"

#include <stdio.h>
#include <string.h>

#include "common/buffer.h"

/* What the conditions of one rule came to; only those it has are shown. */
struct outcome_of_rule {
	enum truth account, domain, when, unless;
};

static enum truth
truth_not(enum truth truth)
{
	switch (truth) {
	case TRUTH_TRUE:
		return TRUTH_FALSE;
	case TRUTH_FALSE:
		return TRUTH_TRUE;
	case TRUTH_UNDEFINED:
		break;
	}
	return TRUTH_UNDEFINED;
}

static enum truth
truth_and(enum truth a, enum truth b)
{
	if (a == TRUTH_FALSE || b == TRUTH_FALSE)
		return TRUTH_FALSE;
	return a == TRUTH_TRUE && b == TRUTH_TRUE ? TRUTH_TRUE :
	    TRUTH_UNDEFINED;
}

/* To block, one domain suffices; to admit, all must agree, and one at least
 * must be there. */
static enum truth
eval_domains(const struct profile_rule *rule, struct entry *const *domains,
    size_t count, const struct filter_context *context)
{
	enum truth all = TRUTH_TRUE, none = TRUTH_TRUE, one;
	size_t i;

	/* Of one, that is the same. */
	if (count == 1)
		return filter_eval(rule->domain, domains[0], context);
	for (i = 0; i < count; i++) {
		one = filter_eval(rule->domain, domains[i], context);
		all = truth_and(all, one);
		none = truth_and(none, truth_not(one));
	}
	if (rule->admit)
		return count == 0 ? TRUTH_FALSE : all;
	return truth_not(none);
}

/* One that is False decides the rule; whole: look at the others all the same,
 * because they are to be shown. */
static enum truth
eval_rule(const struct profile_rule *rule, const struct entry *account,
    struct entry *const *domains, size_t domain_count,
    const struct filter_context *context, bool whole,
    struct outcome_of_rule *ret)
{
	enum truth all = TRUTH_TRUE;

	if (rule->account != NULL) {
		all = ret->account = filter_eval(rule->account, account,
		    context);
		if (all == TRUTH_FALSE && !whole)
			return all;
	}
	if (rule->domain != NULL && (whole || all != TRUTH_FALSE)) {
		ret->domain = eval_domains(rule, domains, domain_count,
		    context);
		all = truth_and(all, ret->domain);
	}
	if (rule->when != NULL && (whole || all != TRUTH_FALSE)) {
		ret->when = filter_eval(rule->when, account, context);
		all = truth_and(all, ret->when);
	}
	if (rule->unless != NULL && (whole || all != TRUTH_FALSE)) {
		ret->unless = filter_eval(rule->unless, account, context);
		all = truth_and(all, truth_not(ret->unless));
	}
	return all;
}

/* "block locked: account True, unless False -> blocks" */
static void
say(struct trace *trace, const struct profile_rule *rule,
    const struct outcome_of_rule *outcome, bool decides)
{
	char step[48], text[256];
	size_t len = 0;
	const struct {
		const char *name;
		bool there;
		enum truth truth;
	} parts[] = {
		{ "account", rule->account != NULL, outcome->account },
		{ "domain", rule->domain != NULL, outcome->domain },
		{ "if", rule->when != NULL, outcome->when },
		{ "unless", rule->unless != NULL, outcome->unless },
	};
	size_t i;

	(void)snprintf(step, sizeof(step), "rule at line %u", rule->line);
	text[0] = '\0';
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].there)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s %s", len == 0 ? "" : ", ", parts[i].name,
		    truth_name(parts[i].truth));
	}
	trace_say(trace, step, "%s%s%s: %s -> %s",
	    rule->admit ? "admit" : "block", rule->admit ? "" : " ",
	    rule->reason, len == 0 ? "always" : text,
	    !decides ? "next" : rule->admit ? "admits" : "blocks");
}

enum verdict
rules_apply(const struct profile *profile, const struct entry *account,
    struct entry *const *domains, size_t domain_count,
    const struct filter_context *context, char *reason, struct trace *trace)
{
	size_t i;

	for (i = 0; i < profile->rule_count; i++) {
		const struct profile_rule *rule = &profile->rules[i];
		struct outcome_of_rule outcome = { TRUTH_UNDEFINED,
			TRUTH_UNDEFINED, TRUTH_UNDEFINED, TRUTH_UNDEFINED };
		enum truth truth = eval_rule(rule, account, domains,
		    domain_count, context, trace != NULL, &outcome);
		/* What is not known blocks, and does not admit. */
		bool decides = truth == TRUTH_TRUE ||
		    (truth == TRUTH_UNDEFINED && !rule->admit);

		if (trace != NULL)
			say(trace, rule, &outcome, decides);
		if (!decides)
			continue;
		if (rule->admit) {
			reason[0] = '\0';
			return VERDICT_ACTIVE;
		}
		memcpy(reason, rule->reason, sizeof(rule->reason));
		return VERDICT_BLOCKED;
	}
	trace_say(trace, "rules", "none matched -> blocks");
	(void)snprintf(reason, REASON_MAX + 1, "%s", REASON_NO_RULE);
	return VERDICT_BLOCKED;
}
