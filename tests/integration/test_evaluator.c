/*
 * test_evaluator URI DN PASSWORD [SEED [MOST]]: filter_eval and this slapd,
 * which must have evaluator.schema and dc=test, and lets DN write.
 * evaluator.sh makes one.  It ends early after MOST disagreements.  Exit
 * status 0: no disagreement, no empty cell; 1: one of them; 2: could not ask.
 */
#include "tests/integration/evaluator.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lookupd/entry.h"

#define SEED 20260101
#define RANDOM_FILTERS 800	/* for each number of layers */
#define RANDOM_ITEMS 1500
#define SHOWN 40		/* disagreements that are printed in full */

static struct entry *entries[EVALUATOR_ENTRIES];
static unsigned long pairs, questions, disagreements, most = ULONG_MAX;

static enum value_type
type_of(const void *types, const char *attribute)
{
	int place = evaluator_place(attribute);

	return place < 0 ? VALUE_TEXT : evaluator_samples[place].type;
}

static const struct filter_context context = { .type_of = type_of,
    .types = evaluator_samples };

static void
print_values(void *entry, const char *name)
{
	const struct attribute *attribute = entry_get(entry, name);
	size_t i, n;

	printf("    %s:", name);
	for (i = 0; attribute != NULL && i < attribute->count; i++) {
		printf(" \"");
		for (n = 0; n < attribute->values[i].len; n++) {
			unsigned char c =
			    (unsigned char)attribute->values[i].data[n];

			printf(c < ' ' || c > '~' ? "\\%02x" : "%c", c);
		}
		printf("\"");
	}
	printf("\n");
}

/* Bound to its types or not, a filter gives the same. */
static void
compare(const struct question *question, const struct filter *filter,
    const struct filter *bound, size_t i, enum truth want)
{
	enum truth got = filter_eval(filter, entries[i], &context);
	enum truth again = bound == NULL ? got :
	    filter_eval(bound, entries[i], &context);

	pairs++;
	matrix_count(question, entries[i], want);
	if ((got == want && again == want) || ++disagreements > SHOWN)
		return;
	printf("%s over %s: slapd %s, filter_eval %s, bound %s\n",
	    buffer_text(&question->text), entries[i]->dn, truth_name(want),
	    truth_name(got), truth_name(again));
	filter_attributes(filter, print_values, entries[i]);
}

/* The configuration refuses the items that slapd calls Undefined. */
static void
check_evaluable(const struct question *question, const char *why,
    bool defined)
{
	if (question->layers > 0 || (why == NULL) == defined ||
	    ++disagreements > SHOWN)
		return;
	printf("%s: slapd %s, filter_evaluable: %s\n",
	    buffer_text(&question->text), defined ? "defined" : "Undefined",
	    why == NULL ? "yes" : why);
}

static struct filter *
parse(const char *text)
{
	char error[FILTER_ERROR_MAX];
	struct filter *filter = filter_parse(text, strlen(text), error);

	if (filter != NULL)
		return filter;
	printf("%s is not parsed: %s\n", text, error);
	disagreements++;
	return NULL;
}

static void
ask(LDAP *ldap, const struct question *question)
{
	const char *text = buffer_text(&question->text), *why;
	struct filter *filter, *bound = NULL;
	char *negated = NULL;
	uint64_t holds, fails;
	size_t i;

	if (disagreements >= most)
		return;
	questions++;
	filter = parse(text);
	if (filter == NULL)
		return;
	why = filter_evaluable(filter, &context, NULL);
	if (why == NULL && (bound = parse(text)) != NULL)
		filter_bind(bound, &context);
	holds = slapd_search(ldap, text);
	if (asprintf(&negated, "(!%s)", text) < 0)
		exit(2);
	fails = slapd_search(ldap, negated);
	free(negated);
	if ((holds & fails) != 0) {
		printf("slapd finds an entry by %s and its negation\n", text);
		exit(2);
	}
	for (i = 0; i < EVALUATOR_ENTRIES; i++)
		compare(question, filter, bound, i, (holds >> i & 1) != 0 ?
		    TRUTH_TRUE : (fails >> i & 1) != 0 ? TRUTH_FALSE :
		    TRUTH_UNDEFINED);
	check_evaluable(question, why, (holds | fails) != 0);
	filter_free(bound);
	filter_free(filter);
}

static void
ask_all(LDAP *ldap, struct generator *generator)
{
	struct question question = { .place = 0 };
	unsigned layers;
	size_t i;

	buffer_init(&question.text, FILTER_TEXT_MAX);
	for (i = 0; question_item(generator, i, &question); i++)
		ask(ldap, &question);
	for (i = 0; i < RANDOM_ITEMS; i++) {
		question_random(generator, 0, &question);
		ask(ldap, &question);
	}
	for (layers = 1; layers <= EVALUATOR_LAYERS; layers++)
		for (i = 0; i < RANDOM_FILTERS; i++) {
			question_random(generator, layers, &question);
			/* too long for the configuration: another */
			if (question.text.failed)
				continue;
			ask(ldap, &question);
		}
	buffer_free(&question.text);
}

/* An argument that may be missing. */
static bool
number(int argc, char **argv, int i, long long *ret)
{
	return i >= argc ||
	    text_to_int(argv[i], strlen(argv[i]), 0, LLONG_MAX, ret) == 0;
}

int
main(int argc, char **argv)
{
	struct generator generator = { SEED };
	long long seed = SEED, limit = LLONG_MAX;
	size_t i, empty;
	LDAP *ldap;

	if (argc < 4 || argc > 6 || !number(argc, argv, 4, &seed) ||
	    !number(argc, argv, 5, &limit)) {
		fprintf(stderr, "usage: test_evaluator URI DN PASSWORD "
		    "[SEED [MOST]]\n");
		return 2;
	}
	generator.state = (uint64_t)seed;
	most = (unsigned long)limit;
	ldap = slapd_open(argv[1], argv[2], argv[3]);
	for (i = 0; i < EVALUATOR_ENTRIES; i++) {
		slapd_add(ldap, &generator, i);
		entries[i] = slapd_read(ldap, i);
	}
	ask_all(ldap, &generator);
	ldap_unbind_ext_s(ldap, NULL, NULL);
	for (i = 0; i < EVALUATOR_ENTRIES; i++)
		entry_free(entries[i]);
	empty = matrix_report();
	printf("\nseed: %lld\nentries: %d\nfilters: %lu\npairs: %lu\n"
	    "wrong cells: %zu\ndisagreements: %lu\n", seed,
	    EVALUATOR_ENTRIES, questions, pairs, empty, disagreements);
	return disagreements == 0 && empty == 0 ? 0 : 1;
}
