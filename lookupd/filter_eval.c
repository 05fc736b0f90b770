/*
 * Three-valued evaluation of a filter over one entry, RFC 4511 4.5.1.7.
 */
#include "lookupd/filter_node.h"

#include <string.h>

#include "common/text.h"

/* Active Directory's LDAP_MATCHING_RULE_BIT_AND and _BIT_OR. */
#define RULE_BIT_AND "1.2.840.113556.1.4.803"
#define RULE_BIT_OR "1.2.840.113556.1.4.804"

#define US_PER_S 1000000
#define US_PER_DAY (INT64_C(86400) * US_PER_S)
/* 1601-01-01 to 1970-01-01 in units of 100 ns */
#define FILETIME_1970 INT64_C(116444736000000000)

static enum value_type
type_of(const struct filter *filter, const struct filter_context *context)
{
	if (context->type_of == NULL || filter->attribute == NULL)
		return VALUE_TEXT;
	return context->type_of(context->types, filter->attribute);
}

static bool
is_bitwise(const struct filter *filter)
{
	return filter->kind == FILTER_EXTENSIBLE &&
	    filter->attribute != NULL && filter->rule != NULL && !filter->dn &&
	    (strcmp(filter->rule, RULE_BIT_AND) == 0 ||
	    strcmp(filter->rule, RULE_BIT_OR) == 0);
}

/* The only type each variable may be compared with. */
static enum value_type
variable_type(enum filter_variable variable)
{
	switch (variable) {
	case FILTER_NOW_FILETIME:
		return VALUE_FILETIME;
	case FILTER_NOW_DAYS:
		return VALUE_DAYS;
	case FILTER_NOW:
	case FILTER_NOW_LOCKOUT:
	case FILTER_LITERAL:
		break;
	}
	return VALUE_TIME;
}

/*
 * now - lockout.  A lockout of 0 never elapses: earlier than every time
 * there is, the year 0000 included.  So is what would lie before the
 * beginning of numbers.
 */
static int64_t
lockout_start(const struct filter_context *context)
{
	int64_t lockout_us, start;

	if (context->lockout_s <= 0 ||
	    __builtin_mul_overflow(context->lockout_s, US_PER_S, &lockout_us) ||
	    __builtin_sub_overflow(context->now_us, lockout_us, &start))
		return INT64_MIN;
	return start;
}

static int
variable_number(enum filter_variable variable,
    const struct filter_context *context, int64_t *ret)
{
	int64_t now = context->now_us;

	switch (variable) {
	case FILTER_NOW:
		*ret = now;
		return 0;
	case FILTER_NOW_LOCKOUT:
		*ret = lockout_start(context);
		return 0;
	case FILTER_NOW_FILETIME:
		if (__builtin_mul_overflow(now, 10, ret) ||
		    __builtin_add_overflow(*ret, FILETIME_1970, ret))
			return -1;
		return 0;
	case FILTER_NOW_DAYS:
		*ret = now / US_PER_DAY - (now % US_PER_DAY < 0 ? 1 : 0);
		return 0;
	case FILTER_LITERAL:
		break;
	}
	return -1;
}

static bool
is_text(enum value_type type)
{
	return type == VALUE_TEXT || type == VALUE_EXACT;
}

/* Text: is every assertion value text?  A part is never empty. */
static bool
assertion_is_text(const struct filter *filter)
{
	size_t i;

	if (filter->kind != FILTER_SUBSTRING)
		return value_is_text(filter->value.data, filter->value.len);
	for (i = 0; i < filter->any_count; i++)
		if (!value_is_text(filter->any[i].data, filter->any[i].len))
			return false;
	return (filter->initial.data == NULL ||
	    value_is_text(filter->initial.data, filter->initial.len)) &&
	    (filter->final.data == NULL ||
	    value_is_text(filter->final.data, filter->final.len));
}

/* Types other than text: the assertion value as a number. */
static int
assertion_number(const struct filter *filter, enum value_type type,
    const struct filter_context *context, int64_t *ret)
{
	if (filter->variable != FILTER_LITERAL)
		return variable_type(filter->variable) != type ? -1 :
		    variable_number(filter->variable, context, ret);
	return value_to_number(type, filter->value.data, filter->value.len,
	    ret);
}

/* NULL when this one item can be evaluated. */
static const char *
item_evaluable(const struct filter *filter,
    const struct filter_context *context)
{
	enum value_type type = type_of(filter, context);
	int64_t number;

	switch (filter->kind) {
	case FILTER_PRESENT:
		return NULL;
	case FILTER_SUBSTRING:
		if (!is_text(type))
			return "a substring match needs an attribute that is "
			    "text";
		break;
	case FILTER_APPROX:
		return "an approximate match can only be sent to a directory";
	case FILTER_EXTENSIBLE:
		if (!is_bitwise(filter))
			return "this matching rule can only be sent to a "
			    "directory";
		if (type != VALUE_INTEGER)
			return "a bitwise match needs an attribute of type "
			    "integer";
		break;
	case FILTER_GREATER:
	case FILTER_LESS:
		if (type == VALUE_BOOLEAN)
			return "a boolean has no order";
		break;
	case FILTER_EQUAL:
		break;
	case FILTER_AND:
	case FILTER_OR:
	case FILTER_NOT:
		return "not an item";
	}
	if (filter->variable != FILTER_LITERAL &&
	    variable_type(filter->variable) != type)
		return "the variable does not fit the attribute's type: "
		    "%{now} and %{now-lockout} need time, %{now.filetime} "
		    "filetime, %{now.days} days";
	if (is_text(type) ? !assertion_is_text(filter) :
	    assertion_number(filter, type, context, &number) < 0)
		return "the value is not of the attribute's type";
	return NULL;
}

const char *
filter_evaluable(const struct filter *filter,
    const struct filter_context *context, const char **ret_attribute)
{
	const struct filter *child;
	const char *why = NULL;

	if (filter->child == NULL) {
		why = item_evaluable(filter, context);
		if (why != NULL && ret_attribute != NULL)
			*ret_attribute = filter->attribute;
		return why;
	}
	for (child = filter->child; child != NULL && why == NULL;
	    child = child->next)
		why = filter_evaluable(child, context, ret_attribute);
	return why;
}

void
filter_bind(struct filter *filter, const struct filter_context *context)
{
	struct filter *child;
	enum value_type type;

	for (child = filter->child; child != NULL; child = child->next)
		filter_bind(child, context);
	if (filter->child != NULL || item_evaluable(filter, context) != NULL)
		return;
	type = type_of(filter, context);
	if (filter->kind != FILTER_PRESENT && !is_text(type) &&
	    filter->variable == FILTER_LITERAL &&
	    assertion_number(filter, type, context, &filter->number) < 0)
		return;
	filter->type = type;
	filter->bound = context->types;
}

static enum truth
truth_of(bool holds)
{
	return holds ? TRUTH_TRUE : TRUTH_FALSE;
}

/* One stored value of a text attribute. */
static enum truth
match_text(const struct filter *filter, enum value_type type,
    const struct value *value)
{
	int order;

	if (filter->kind == FILTER_EQUAL)
		return value_equal(type, value->data, value->len,
		    filter->value.data, filter->value.len);
	if (filter->kind == FILTER_SUBSTRING)
		return value_substring(type, value->data, value->len,
		    filter->initial.data == NULL ? NULL : &filter->initial,
		    filter->any, filter->any_count,
		    filter->final.data == NULL ? NULL : &filter->final);
	if (filter->kind != FILTER_GREATER && filter->kind != FILTER_LESS)
		return TRUTH_UNDEFINED;
	if (value_order(type, value->data, value->len, filter->value.data,
	    filter->value.len, &order) != TRUTH_TRUE)
		return TRUTH_UNDEFINED;
	return truth_of(filter->kind == FILTER_GREATER ? order >= 0 :
	    order <= 0);
}

/* One stored value of any other type; one that is not of it is Undefined. */
static enum truth
match_number(const struct filter *filter, enum value_type type,
    const struct value *value, int64_t asserted)
{
	int64_t stored, bits;

	if (value_to_number(type, value->data, value->len, &stored) < 0)
		return TRUTH_UNDEFINED;
	switch (filter->kind) {
	case FILTER_EQUAL:
		return truth_of(stored == asserted);
	case FILTER_GREATER:
		return truth_of(stored >= asserted);
	case FILTER_LESS:
		return truth_of(stored <= asserted);
	case FILTER_EXTENSIBLE:
		bits = stored & asserted;
		return truth_of(strcmp(filter->rule, RULE_BIT_AND) == 0 ?
		    bits == asserted : bits != 0);
	default:
		return TRUTH_UNDEFINED;
	}
}

/* An item is True if one value makes it so; else Undefined if one is not of
 * its type; else, and without values, False. */
static enum truth
eval_item(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context)
{
	bool bound = filter->bound != NULL && filter->bound == context->types;
	enum value_type type = bound ? filter->type :
	    type_of(filter, context);
	const struct attribute *attribute;
	enum truth result = TRUTH_FALSE, one;
	int64_t asserted = filter->number;
	size_t i;

	if (!bound && item_evaluable(filter, context) != NULL)
		return TRUTH_UNDEFINED;
	attribute = entry_get(entry, filter->attribute);
	if (filter->kind == FILTER_PRESENT)
		return truth_of(attribute != NULL);
	if (attribute == NULL)
		return TRUTH_FALSE;
	if (!is_text(type) &&
	    (!bound || filter->variable != FILTER_LITERAL) &&
	    assertion_number(filter, type, context, &asserted) < 0)
		return TRUTH_UNDEFINED;
	for (i = 0; i < attribute->count; i++) {
		const struct value *value = &attribute->values[i];

		one = is_text(type) ? match_text(filter, type, value) :
		    match_number(filter, type, value, asserted);
		if (one == TRUTH_TRUE)
			return TRUTH_TRUE;
		if (one == TRUTH_UNDEFINED)
			result = TRUTH_UNDEFINED;
	}
	return result;
}

enum truth
filter_eval(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context)
{
	/* What ends and, or at once; without it, Undefined outweighs the rest. */
	enum truth decisive = filter->kind == FILTER_AND ? TRUTH_FALSE :
	    TRUTH_TRUE;
	enum truth result = filter->kind == FILTER_AND ? TRUTH_TRUE :
	    TRUTH_FALSE;
	const struct filter *child;
	enum truth one;

	if (filter->kind == FILTER_NOT) {
		one = filter_eval(filter->child, entry, context);
		if (one == TRUTH_UNDEFINED)
			return TRUTH_UNDEFINED;
		return one == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	}
	if (filter->kind != FILTER_AND && filter->kind != FILTER_OR)
		return eval_item(filter, entry, context);
	for (child = filter->child; child != NULL; child = child->next) {
		one = filter_eval(child, entry, context);
		if (one == decisive)
			return decisive;
		if (one == TRUTH_UNDEFINED)
			result = TRUTH_UNDEFINED;
	}
	return result;
}

void
filter_attributes(const struct filter *filter,
    void (*each)(void *context, const char *name), void *context)
{
	const struct filter *child;

	if (filter->attribute != NULL)
		each(context, filter->attribute);
	for (child = filter->child; child != NULL; child = child->next)
		filter_attributes(child, each, context);
}

bool
filter_has_variable(const struct filter *filter)
{
	const struct filter *child;

	if (filter->variable != FILTER_LITERAL)
		return true;
	for (child = filter->child; child != NULL; child = child->next)
		if (filter_has_variable(child))
			return true;
	return false;
}
