/*
 * The filter evaluator compared with a real slapd: what the parts share.
 *
 * Entries and filters are drawn from a pool of values by a generator with a
 * seed.  slapd stores the entries and is asked every filter F and (!F): an
 * entry found by F is True, one found by (!F) False, one found by neither
 * Undefined.  filter_eval must say the same of every entry.
 *
 * Not drawn, because there we differ on purpose:
 *  - what slapd has not: filetime, days, variables, the bitwise rules;
 *  - integers beyond int64_t, times closer than a microsecond;
 *  - letters outside ASCII in both cases: slapd folds all of Unicode;
 *  - a leap second beside the next second: we hold them for equal;
 *  - fractions of an hour or a minute: slapd 2.5 takes them for fractions of
 *    a second, which RFC 4517 3.3.13 does not;
 *  - surrogates and the like: slapd takes more for UTF-8 than RFC 3629.
 */
#ifndef CERTAUTH_TESTS_EVALUATOR_H
#define CERTAUTH_TESTS_EVALUATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ldap.h>

#include "common/buffer.h"
#include "lookupd/filter.h"
#include "lookupd/value.h"

#define EVALUATOR_ENTRIES 56		/* one bit each in 64 */
#define EVALUATOR_LAYERS 4		/* of !, &, | above an item */
#define EVALUATOR_TYPES 5
#define EVALUATOR_RESULTS 3		/* of enum truth */

/* evaluator_samples.c: the attributes of evaluator.schema, and values. */
struct sample {
	const char *data;
	size_t len;
};

struct samples {
	enum value_type type;
	const char *many;		/* attribute of several values */
	const char *one;		/* and of a single one */
	const struct sample *good;
	size_t good_count;
	const struct sample *wrong;	/* not of the syntax */
	size_t wrong_count;
};

extern const struct samples evaluator_samples[EVALUATOR_TYPES];

/* The samples of an attribute; its place, or -1. */
int evaluator_place(const char *attribute);

/* evaluator_filters.c: what is asked. */
enum operator {
	OPERATOR_EQUAL,
	OPERATOR_GREATER,
	OPERATOR_LESS,
	OPERATOR_PRESENT,
	OPERATOR_INITIAL,
	OPERATOR_ANY,
	OPERATOR_FINAL,
	OPERATOR_PARTS,			/* more than one of the three */
	OPERATORS,
	OPERATOR_NOT = OPERATORS,
	OPERATOR_AND,
	OPERATOR_OR,
	OPERATORS_ALL
};

struct question {
	struct buffer text;		/* the filter, NUL-terminated */
	enum operator operator;		/* the outermost */
	unsigned layers;		/* 0: an item, and then: */
	int place;			/* of its attribute's samples */
	const char *attribute;
	bool wrong;			/* an assertion value is no value */
};

struct generator {
	uint64_t state;
};

uint64_t generator_next(struct generator *generator);
size_t generator_below(struct generator *generator, size_t limit);

/* Every item there is to ask systematically: the i-th, false at the end. */
bool question_item(struct generator *generator, size_t i,
    struct question *question);
/* Any item; any filter with this many layers above its lowest item. */
void question_random(struct generator *generator, unsigned layers,
    struct question *question);

/* evaluator_slapd.c: the directory.  Failures end the program. */
LDAP *slapd_open(const char *uri, const char *dn, const char *password);
/* Make entry number i, afresh; duplicates are left out by slapd itself. */
void slapd_add(LDAP *ldap, struct generator *generator, size_t i);
/* Entry i as slapd has it; owned by the caller. */
struct entry *slapd_read(LDAP *ldap, size_t i);
/* A bit for each entry found. */
uint64_t slapd_search(LDAP *ldap, const char *filter);

/* evaluator_matrix.c: what was covered. */
void matrix_count(const struct question *question,
    const struct entry *entry, enum truth result);
/* Print it; the number of cells that are empty and must not be. */
size_t matrix_report(void);

#endif
