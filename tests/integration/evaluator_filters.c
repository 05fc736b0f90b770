/*
 * Filters from the pool of values: all items in order, then anything.
 */
#include "tests/integration/evaluator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SUBSTRINGS 48		/* of each kind and attribute, in the order */
#define PARTS_MAX 4
#define VALUE_MAX 128		/* longer than every sample */

/* splitmix64: the same everywhere for the same seed. */
uint64_t
generator_next(struct generator *generator)
{
	uint64_t z = generator->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t
generator_below(struct generator *generator, size_t limit)
{
	return (size_t)(generator_next(generator) % limit);
}

static bool
one_in(struct generator *generator, size_t n)
{
	return generator_below(generator, n) == 0;
}

/* A value as a filter has it; what may stay as it is often does not. */
static void
put_escaped(struct generator *generator, struct buffer *out,
    const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)data[i];

		if (byte == '\0' || byte >= 0x80 || byte == '%' ||
		    strchr("*()\\", byte) != NULL || one_in(generator, 12))
			buffer_printf(out, one_in(generator, 2) ? "\\%02x" :
			    "\\%02X", (unsigned)byte);
		else
			buffer_put(out, &data[i], 1);
	}
}

static char
swap_case(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The same text with other case and other spaces, or the same. */
static size_t
vary(struct generator *generator, const struct sample *sample, char *out)
{
	bool cases = one_in(generator, 3), spaces = one_in(generator, 3);
	size_t len = 0, i;

	if (spaces && one_in(generator, 2))
		out[len++] = ' ';
	for (i = 0; i < sample->len; i++) {
		char c = sample->data[i];

		out[len++] = cases && one_in(generator, 2) ? swap_case(c) : c;
		if (c == ' ' && spaces && one_in(generator, 2))
			out[len++] = ' ';
	}
	if (spaces && one_in(generator, 2))
		out[len++] = ' ';
	return len;
}

/* A value for =, >= and <=: of the type, or one in five times not. */
static void
put_value(struct generator *generator, struct question *question)
{
	const struct samples *pool = &evaluator_samples[question->place];
	const struct sample *sample;
	char value[VALUE_MAX];
	size_t len;

	question->wrong = one_in(generator, 5);
	if (question->wrong) {
		sample = &pool->wrong[generator_below(generator,
		    pool->wrong_count)];
		put_escaped(generator, &question->text, sample->data,
		    sample->len);
		return;
	}
	sample = &pool->good[generator_below(generator, pool->good_count)];
	if (pool->type == VALUE_INTEGER && one_in(generator, 3)) {
		len = (size_t)snprintf(value, sizeof(value), "%" PRId64,
		    (int64_t)generator_next(generator) >>
		    generator_below(generator, 64));
		put_escaped(generator, &question->text, value, len);
	} else if (pool->type == VALUE_TEXT || pool->type == VALUE_EXACT) {
		len = vary(generator, sample, value);
		put_escaped(generator, &question->text, value, len);
	} else {
		put_escaped(generator, &question->text, sample->data,
		    sample->len);
	}
}

/* A place in a value that is not within a character. */
static size_t
cut(struct generator *generator, const char *value, size_t from, size_t len)
{
	size_t at = from + generator_below(generator, len - from + 1);

	while (at < len && ((unsigned char)value[at] & 0xC0) == 0x80)
		at++;
	return at;
}

/* One part of a value, or sometimes of none; never empty. */
static void
put_part(struct generator *generator, struct question *question,
    const char *part, size_t len, bool wrong)
{
	static const struct sample pieces[] = { { " ", 1 }, { "  ", 2 },
	    { "o", 1 }, { " b", 2 }, { "A ", 2 }, { "0", 1 } };
	const struct sample *sample;

	if (wrong) {
		sample = &evaluator_samples[0].wrong[1 + generator_below(
		    generator, evaluator_samples[0].wrong_count - 1)];
	} else if (len == 0 || one_in(generator, 10)) {
		sample = &pieces[generator_below(generator,
		    sizeof(pieces) / sizeof(pieces[0]))];
	} else {
		put_escaped(generator, &question->text, part, len);
		return;
	}
	put_escaped(generator, &question->text, sample->data, sample->len);
}

/* "initial*any*final": pieces of one value in their order, mostly. */
static void
put_parts(struct generator *generator, struct question *question)
{
	const struct samples *pool = &evaluator_samples[question->place];
	char value[VALUE_MAX];
	size_t len = vary(generator, &pool->good[generator_below(generator,
	    pool->good_count)], value);
	bool initial = question->operator == OPERATOR_INITIAL;
	bool final = question->operator == OPERATOR_FINAL;
	size_t any = question->operator == OPERATOR_ANY ? 1 : 0;
	size_t wrong = SIZE_MAX, from = 0, count, to, i;

	if (question->operator == OPERATOR_PARTS) {
		initial = one_in(generator, 2);
		final = one_in(generator, 2);
		any = generator_below(generator, PARTS_MAX);
		if ((size_t)initial + (size_t)final + any < 2)
			any = 2;
	}
	count = (size_t)initial + (size_t)final + any;
	question->wrong = one_in(generator, 6);
	if (question->wrong)
		wrong = generator_below(generator, count);
	if (initial) {
		to = cut(generator, value, 0, len);
		put_part(generator, question, value, to, wrong-- == 0);
		from = to;
	}
	buffer_puts(&question->text, "*");
	for (i = 0; i < any; i++) {
		from = cut(generator, value, from, len);
		to = cut(generator, value, from, len);
		put_part(generator, question, value + from, to - from,
		    wrong-- == 0);
		buffer_puts(&question->text, "*");
		from = to;
	}
	if (final) {
		from = cut(generator, value, one_in(generator, 8) ? 0 : from,
		    len);
		put_part(generator, question, value + from, len - from,
		    wrong-- == 0);
	}
}

static const char *
operator_text(enum operator operator)
{
	return operator == OPERATOR_GREATER ? ">=" :
	    operator == OPERATOR_LESS ? "<=" : "=";
}

/* The item's beginning: "(", the attribute in some case, the operator. */
static void
put_start(struct generator *generator, struct question *question, int place,
    bool one, enum operator operator)
{
	const struct samples *pool = &evaluator_samples[place];
	bool cases = one_in(generator, 4);
	const char *at;

	question->operator = operator;
	question->place = place;
	question->attribute = one ? pool->one : pool->many;
	question->wrong = false;
	buffer_puts(&question->text, "(");
	for (at = question->attribute; *at != '\0'; at++) {
		char c = cases ? swap_case(*at) : *at;

		buffer_put(&question->text, &c, 1);
	}
	buffer_puts(&question->text, operator_text(operator));
}

static void
put_item(struct generator *generator, struct question *question)
{
	int place = (int)generator_below(generator, EVALUATOR_TYPES);
	enum operator operator = (enum operator)generator_below(generator,
	    OPERATORS);

	put_start(generator, question, place, one_in(generator, 2), operator);
	if (operator == OPERATOR_PRESENT)
		buffer_puts(&question->text, "*");
	else if (operator < OPERATOR_PRESENT)
		put_value(generator, question);
	else
		put_parts(generator, question);
	buffer_puts(&question->text, ")");
}

/* What is asked of an attribute in order: each of its values with each
 * operator, presence, some substrings of each kind. */
static size_t
items_of(const struct samples *pool)
{
	return (pool->good_count + pool->wrong_count) * 3 + 1 +
	    (OPERATORS - OPERATOR_INITIAL) * SUBSTRINGS;
}

bool
question_item(struct generator *generator, size_t i,
    struct question *question)
{
	const struct samples *pool;
	const struct sample *sample;
	size_t at, values;
	int place;

	for (place = 0; place < EVALUATOR_TYPES; place++) {
		pool = &evaluator_samples[place];
		if (i < 2 * items_of(pool))
			break;
		i -= 2 * items_of(pool);
	}
	if (place == EVALUATOR_TYPES)
		return false;
	buffer_clear(&question->text);
	question->layers = 0;
	at = i / 2;
	values = pool->good_count + pool->wrong_count;
	if (at < 3 * values) {
		put_start(generator, question, place, i % 2 != 0,
		    (enum operator)(at / values));
		at %= values;
		question->wrong = at >= pool->good_count;
		sample = question->wrong ? &pool->wrong[at - pool->good_count] :
		    &pool->good[at];
		put_escaped(generator, &question->text, sample->data,
		    sample->len);
	} else if (at == 3 * values) {
		put_start(generator, question, place, i % 2 != 0,
		    OPERATOR_PRESENT);
		buffer_puts(&question->text, "*");
	} else {
		at = (at - 3 * values - 1) / SUBSTRINGS;
		put_start(generator, question, place, i % 2 != 0,
		    (enum operator)(OPERATOR_INITIAL + at));
		put_parts(generator, question);
	}
	buffer_puts(&question->text, ")");
	return true;
}

/* layers is at most EVALUATOR_LAYERS, and so is the recursion. */
static void
put_filter(struct generator *generator, struct question *question,
    unsigned layers)
{
	static const char signs[] = "!&|";
	size_t sign = generator_below(generator, 3), count, deepest, i;

	if (layers == 0) {
		put_item(generator, question);
		return;
	}
	count = sign == 0 ? 1 : 1 + generator_below(generator, 3);
	deepest = generator_below(generator, count);
	buffer_printf(&question->text, "(%c", signs[sign]);
	for (i = 0; i < count; i++)
		put_filter(generator, question, i == deepest ? layers - 1 :
		    (unsigned)generator_below(generator, layers));
	buffer_puts(&question->text, ")");
	question->operator = (enum operator)(OPERATOR_NOT + sign);
}

void
question_random(struct generator *generator, unsigned layers,
    struct question *question)
{
	buffer_clear(&question->text);
	put_filter(generator, question, layers);
	question->layers = layers;
}
