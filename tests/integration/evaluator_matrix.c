/*
 * Coverage: how often slapd gave which result for which kind of question.
 *
 * Items alone: operator, type, and what the attribute has: no value, one,
 * several, or whatever with a value asked for that is none of the type.
 * Filters above items: outermost operator and layers.
 */
#include "tests/integration/evaluator.h"

#include <stdio.h>

#include "lookupd/entry.h"

enum state { STATE_ABSENT, STATE_ONE, STATE_SEVERAL, STATE_WRONG, STATES };

static const char *const operator_names[OPERATORS_ALL] = {
	"=", ">=", "<=", "=*", "=x*", "=*x*", "=*x", "=x*y*z", "!", "&", "|"
};
static const char *const state_names[STATES] = {
	"absent", "one", "several", "wrong syntax"
};

static unsigned long items[OPERATORS][EVALUATOR_TYPES][STATES]
    [EVALUATOR_RESULTS];
static unsigned long filters[OPERATORS_ALL][EVALUATOR_LAYERS + 1]
    [EVALUATOR_RESULTS];

void
matrix_count(const struct question *question, const struct entry *entry,
    enum truth result)
{
	const struct attribute *attribute;
	enum state state = STATE_WRONG;

	filters[question->operator][question->layers][result]++;
	if (question->layers > 0)
		return;
	attribute = entry_get(entry, question->attribute);
	if (!question->wrong)
		state = attribute == NULL ? STATE_ABSENT :
		    attribute->count == 1 ? STATE_ONE : STATE_SEVERAL;
	items[question->operator][question->place][state][result]++;
}

/* Has the type a rule for this operator? */
static bool
has_rule(enum operator operator, enum value_type type)
{
	switch (operator) {
	case OPERATOR_EQUAL:
	case OPERATOR_PRESENT:
		return true;
	case OPERATOR_GREATER:
	case OPERATOR_LESS:
		return type != VALUE_BOOLEAN;
	default:
		return type == VALUE_TEXT || type == VALUE_EXACT;
	}
}

/*
 * Can there be such a result?  The cells that cannot exist:
 */
static bool
possible(enum operator operator, enum value_type type, enum state state,
    enum truth result)
{
	/* presence asks for no value, and is never Undefined */
	if (operator == OPERATOR_PRESENT)
		return state != STATE_WRONG && result ==
		    (state == STATE_ABSENT ? TRUTH_FALSE : TRUTH_TRUE);
	/* without a rule, and with a value that is none, all is Undefined */
	if (!has_rule(operator, type) || state == STATE_WRONG)
		return result == TRUTH_UNDEFINED;
	/* what is not there is not equal, not greater, not anything */
	if (state == STATE_ABSENT)
		return result == TRUTH_FALSE;
	/* slapd stores no value that is none, so nothing else is Undefined;
	 * of several booleans there are TRUE and FALSE, one of them meant */
	if (type == VALUE_BOOLEAN && state == STATE_SEVERAL)
		return result == TRUTH_TRUE;
	return result != TRUTH_UNDEFINED;
}

/* One count; a cell that cannot exist is "-", whatever is empty but should
 * not be, or the other way round, is counted. */
static size_t
print_cell(unsigned long count, bool can)
{
	if (count == 0 && !can) {
		printf(" %9s", "-");
		return 0;
	}
	printf(" %8lu%s", count, (count > 0) == can ? " " : "!");
	return (count > 0) == can ? 0 : 1;
}

static size_t
report_items(void)
{
	static const enum truth results[] = { TRUTH_TRUE, TRUTH_FALSE,
	    TRUTH_UNDEFINED };
	size_t bad = 0, r;
	int operator, place, state;

	printf("%-8s %-8s %-12s %9s %9s %9s\n", "operator", "type", "value",
	    "True", "False", "Undefined");
	for (operator = 0; operator < OPERATORS; operator++)
		for (place = 0; place < EVALUATOR_TYPES; place++)
			for (state = 0; state < STATES; state++) {
				enum value_type type =
				    evaluator_samples[place].type;

				printf("%-8s %-8s %-12s",
				    operator_names[operator],
				    value_type_name(type),
				    state_names[state]);
				for (r = 0; r < EVALUATOR_RESULTS; r++)
					bad += print_cell(items[operator]
					    [place][state][results[r]],
					    possible((enum operator)operator,
					    type, (enum state)state,
					    results[r]));
				printf("\n");
			}
	return bad;
}

static size_t
report_filters(void)
{
	size_t bad = 0;
	unsigned layers;
	int operator;

	printf("\n%-8s %-8s %9s %9s %9s\n", "operator", "layers", "True",
	    "False", "Undefined");
	for (operator = OPERATOR_NOT; operator < OPERATORS_ALL; operator++)
		for (layers = 1; layers <= EVALUATOR_LAYERS; layers++) {
			const unsigned long *row = filters[operator][layers];

			printf("%-8s %-8u", operator_names[operator], layers);
			bad += print_cell(row[TRUTH_TRUE], true);
			bad += print_cell(row[TRUTH_FALSE], true);
			bad += print_cell(row[TRUTH_UNDEFINED], true);
			printf("\n");
		}
	return bad;
}

size_t
matrix_report(void)
{
	size_t bad = report_items();

	return bad + report_filters();
}
