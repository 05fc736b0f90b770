/*
 * Three-valued evaluation of a filter over one entry, RFC 4511 4.5.1.7.
 */
#include "lookupd/filter_node.h"

#include <string.h>

/* Not within its caller, which most of the time does without. */
#define APART __attribute__((noinline))

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
		return truth_of(strcmp(filter->rule, FILTER_BIT_AND) == 0 ?
		    bits == asserted : bits != 0);
	default:
		return TRUTH_UNDEFINED;
	}
}

/* True if one value makes it so; else Undefined if one is not of its type;
 * else False. */
static enum truth
match_values(const struct filter *filter, enum value_type type,
    const struct attribute *attribute, int64_t asserted)
{
	enum truth result = TRUTH_FALSE, one;
	size_t i;

	for (i = 0; i < attribute->count; i++) {
		const struct value *value = &attribute->values[i];

		one = filter_is_text(type) ? match_text(filter, type, value) :
		    match_number(filter, type, value, asserted);
		if (one == TRUTH_TRUE)
			return TRUTH_TRUE;
		if (one == TRUTH_UNDEFINED)
			result = TRUTH_UNDEFINED;
	}
	return result;
}

/* What an item asserts of an attribute that is there. */
static APART enum truth
match_any(const struct filter *filter, enum value_type type,
    const struct attribute *attribute, const struct filter_context *context,
    bool bound)
{
	int64_t asserted = filter->number;

	if (!filter_is_text(type) &&
	    (!bound || filter->variable != FILTER_LITERAL) &&
	    filter_number(filter, type, context, &asserted) < 0)
		return TRUTH_UNDEFINED;
	return match_values(filter, type, attribute, asserted);
}

/* Without values an item is False.  Most are an equality, and most of these
 * texts differ from all there are in the first byte: see filter_bind. */
static inline enum truth
eval_found(const struct filter *filter, const struct attribute *attribute,
    const struct filter_context *context)
{
	const struct value *value, *end;

	if (attribute == NULL)
		return TRUTH_FALSE;
	if (filter->kind == FILTER_PRESENT)
		return TRUTH_TRUE;
	value = attribute->values;
	end = value + attribute->count;
	/* Nothing is folded into a byte that is not its own other case, but
	 * for spaces. */
	while (filter->first != 0 && value < end && value->len > 0 &&
	    (unsigned char)*value->data > ' ' &&
	    ((unsigned char)*value->data ^ filter->first) & ~0x20U)
		value++;
	return value == end ? TRUTH_FALSE :
	    match_any(filter, filter->type, attribute, context, true);
}

/* What was not bound under these types. */
static enum truth
eval_unbound(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context)
{
	const struct attribute *attribute;

	if (filter_item_evaluable(filter, context) != NULL)
		return TRUTH_UNDEFINED;
	attribute = entry_get(entry, filter->attribute);
	if (attribute == NULL)
		return TRUTH_FALSE;
	return filter->kind == FILTER_PRESENT ? TRUTH_TRUE :
	    match_any(filter, filter_type_of(filter, context), attribute,
	    context, false);
}

/* and, or: "decisive" ends it at once; without it, Undefined outweighs the
 * rest. */
static enum truth
eval_list(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context, enum truth decisive)
{
	enum truth result = decisive == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
	const struct filter *child;
	enum truth one;

	for (child = filter->child; child != NULL; child = child->next) {
		one = filter_eval(child, entry, context);
		if (one == decisive)
			return decisive;
		if (one == TRUTH_UNDEFINED)
			result = TRUTH_UNDEFINED;
	}
	return result;
}

static APART enum truth
eval_tree(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context)
{
	enum truth one;

	if (filter->kind == FILTER_AND)
		return eval_list(filter, entry, context, TRUTH_FALSE);
	if (filter->kind == FILTER_OR)
		return eval_list(filter, entry, context, TRUTH_TRUE);
	one = filter_eval(filter->child, entry, context);
	if (one == TRUTH_UNDEFINED)
		return TRUTH_UNDEFINED;
	return one == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

/* What is not False for want of an attribute, as far as its address tells. */
static APART enum truth
eval_letters(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context)
{
	if (filter->child != NULL)
		return eval_tree(filter, entry, context);
	if (filter->bound == NULL || filter->bound != context->types)
		return eval_unbound(filter, entry, context);
	return eval_found(filter, entry_get_name(entry, &filter->name),
	    context);
}

/* Most are about a lock, and most accounts have none. */
enum truth
filter_eval(const struct filter *filter, const struct entry *entry,
    const struct filter_context *context)
{
	const struct attribute *attribute;

	if (filter->bound == NULL || filter->bound != context->types ||
	    !entry_lists(entry, &filter->name))
		return eval_letters(filter, entry, context);
	attribute = entry_get_listed(entry, filter->name.text);
	if (attribute == NULL)
		return TRUTH_FALSE;
	return filter->child != NULL ? eval_tree(filter, entry, context) :
	    eval_found(filter, attribute, context);
}
