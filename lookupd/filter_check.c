/*
 * What a filter may be evaluated on, found out once: types, variables, and the
 * names it shares with others.
 */
#include "lookupd/filter_node.h"

#include <string.h>

#define US_PER_S 1000000
#define US_PER_DAY (INT64_C(86400) * US_PER_S)
/* 1601-01-01 to 1970-01-01 in units of 100 ns */
#define FILETIME_1970 INT64_C(116444736000000000)

enum value_type
filter_type_of(const struct filter *filter, const struct filter_context *context)
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
	    (strcmp(filter->rule, FILTER_BIT_AND) == 0 ||
	    strcmp(filter->rule, FILTER_BIT_OR) == 0);
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

int
filter_number(const struct filter *filter, enum value_type type,
    const struct filter_context *context, int64_t *ret)
{
	if (filter->variable != FILTER_LITERAL)
		return variable_type(filter->variable) != type ? -1 :
		    variable_number(filter->variable, context, ret);
	return value_to_number(type, filter->value.data, filter->value.len,
	    ret);
}

const char *
filter_item_evaluable(const struct filter *filter,
    const struct filter_context *context)
{
	enum value_type type = filter_type_of(filter, context);
	int64_t number;

	switch (filter->kind) {
	case FILTER_PRESENT:
		return NULL;
	case FILTER_SUBSTRING:
		if (!filter_is_text(type))
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
	if (filter_is_text(type) ? !assertion_is_text(filter) :
	    filter_number(filter, type, context, &number) < 0)
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
		why = filter_item_evaluable(filter, context);
		if (why != NULL && ret_attribute != NULL)
			*ret_attribute = filter->attribute;
		return why;
	}
	for (child = filter->child; child != NULL && why == NULL;
	    child = child->next)
		why = filter_evaluable(child, context, ret_attribute);
	return why;
}

static void
bind_item(struct filter *filter, const struct filter_context *context)
{
	enum value_type type;

	if (filter_item_evaluable(filter, context) != NULL)
		return;
	type = filter_type_of(filter, context);
	if (filter->kind != FILTER_PRESENT && !filter_is_text(type) &&
	    filter->variable == FILTER_LITERAL &&
	    filter_number(filter, type, context, &filter->number) < 0)
		return;
	filter->type = type;
	filter->first = 0;	/* another profile's text may be a number here */
	if (filter->kind == FILTER_EQUAL && filter_is_text(type) &&
	    (unsigned char)*filter->value.data > ' ')
		filter->first = (unsigned char)*filter->value.data;
	if (filter->name.text == NULL)
		filter->name = attribute_name(filter->attribute, NULL);
	filter->bound = context->types;
}

void
filter_bind(struct filter *filter, const struct filter_context *context)
{
	const void *bound = context->types;
	struct filter *child;

	if (filter->child == NULL) {
		bind_item(filter, context);
		return;
	}
	for (child = filter->child; child != NULL; child = child->next) {
		filter_bind(child, context);
		if (child->bound != context->types)
			bound = NULL;
	}
	filter->bound = bound;
}

void
filter_share_names(struct filter *filter, char *const *list)
{
	struct filter *child;

	if (filter->attribute != NULL)
		filter->name = attribute_name(filter->attribute, list);
	else
		filter->name = (struct attribute_name){ NULL, 0, NULL };
	for (child = filter->child; child != NULL; child = child->next) {
		filter_share_names(child, list);
		if (filter->kind == FILTER_AND && filter->name.list == NULL)
			filter->name = child->name;
	}
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
