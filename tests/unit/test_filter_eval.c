/*
 * Filters over entries: True, False and Undefined, under every type.
 */
#include "lookupd/filter_node.h"

#include "tests/unit/filter_types.h"
#include "tests/unit/pure.h"

#define U TRUTH_UNDEFINED
#define F TRUTH_FALSE
#define T TRUTH_TRUE

/* 2026-01-01 00:00:00 UTC */
#define NOW (INT64_C(1767225600) * 1000000)

struct eval_row {
	const char *entry;
	const char *filter;
	enum truth want;
};

static char names_shared[][12] = { "A", "exact", "time", "INTEGER", "filetime",
	"days", "boolean", "b", "mail", "objectclass" };

/* With names in common and what was seen: the same, the second time too. */
static void
check_shared(const struct eval_row *row, struct filter *filter,
    const struct entry *entry, struct filter_context *context)
{
	struct filter_seen seen[FILTER_SEEN];
	char *names[COUNT(names_shared) + 1] = { NULL };
	enum truth got;
	size_t i;

	for (i = 0; i < COUNT(names_shared); i++)
		names[i] = names_shared[i];
	memset(seen, 0, sizeof(seen));
	filter_share_names(filter, names, 3);
	context->seen = seen;
	for (i = 0; i < 2; i++) {
		got = filter_eval(filter, entry, context);
		row_check(got == row->want, row->filter,
		    "names shared, over {%s}: want %s, got %s", row->entry,
		    truth_name(row->want), truth_name(got));
	}
	context->seen = NULL;
}

static void
check_rows(const struct eval_row *rows, size_t count, int64_t now,
    int64_t lockout)
{
	struct filter_context context = { .now_us = now, .lockout_s = lockout,
	    .type_of = type_of, .types = rows };
	char error[FILTER_ERROR_MAX];
	size_t i;

	for (i = 0; i < count; i++) {
		struct entry *entry = entry_of("cn=test", rows[i].entry);
		struct filter *filter = filter_parse(rows[i].filter,
		    strlen(rows[i].filter), error);
		enum truth got;

		if (row_check(filter != NULL, rows[i].filter, "%s", error)) {
			got = filter_eval(filter, entry, &context);
			row_check(got == rows[i].want, rows[i].filter,
			    "over {%s}: want %s, got %s", rows[i].entry,
			    truth_name(rows[i].want), truth_name(got));
			/* bound, it says the same */
			filter_bind(filter, &context);
			got = filter_eval(filter, entry, &context);
			row_check(got == rows[i].want, rows[i].filter,
			    "bound, over {%s}: want %s, got %s",
			    rows[i].entry, truth_name(rows[i].want),
			    truth_name(got));
			check_shared(&rows[i], filter, entry, &context);
		}
		filter_free(filter);
		entry_free(entry);
	}
	rows_end();
}

/* Two entries in turn, by names that all fall on one place. */
static void
test_seen(void **state)
{
	static const char *const filters[] = { "(a=1)", "(B=2)", "(c=*)",
		"(|(A=2)(b=*))" };
	static const enum truth want[2][COUNT(filters)] = {
		{ T, F, F, T }, { F, T, T, T } };
	static char text[][2] = { "x", "a", "x", "x", "x", "x", "x", "x", "x",
		"b", "x", "x", "x", "x", "x", "x", "x", "c" };
	char *names[COUNT(text) + 1] = { NULL }, error[FILTER_ERROR_MAX];
	struct filter_seen seen[FILTER_SEEN];
	struct filter_context context = { .type_of = type_of, .seen = seen };
	struct entry *entries[2] = { entry_of("cn=one", "a=1|b=1"),
		entry_of("cn=two", "a=2|b=2|c=3") };
	struct filter *filter[COUNT(filters)];
	size_t i;

	memset(seen, 0, sizeof(seen));
	for (i = 0; i < COUNT(text); i++)
		names[i] = text[i];
	for (i = 0; i < COUNT(filters); i++) {
		filter[i] = filter_parse(filters[i], strlen(filters[i]), error);
		assert_non_null(filter[i]);
		filter_share_names(filter[i], names, 0);
	}
	/* each after each, on the same entry and on the other one */
	for (i = 0; i < COUNT(filters) * COUNT(filters) * 4; i++) {
		size_t j = i % 2, which = i / 4 % COUNT(filters);
		enum truth got;

		(void)filter_eval(filter[i / 4 / COUNT(filters)],
		    entries[i / 2 % 2], &context);
		got = filter_eval(filter[which], entries[j], &context);
		row_check(got == want[j][which], filters[which],
		    "entry %zu: want %s, got %s", j,
		    truth_name(want[j][which]), truth_name(got));
	}
	for (i = 0; i < COUNT(filters); i++)
		filter_free(filter[i]);
	entry_free(entries[0]);
	entry_free(entries[1]);
	rows_end();
}

static const struct eval_row items[] = {
	/* absent: False, whatever is asked; so its negation is True */
	{ "", "(a=*)", F }, { "", "(!(a=*))", T },
	{ "", "(a=1)", F }, { "", "(!(a=1))", T },
	{ "", "(a=x*)", F }, { "", "(!(a=x*))", T },
	{ "", "(a>=1)", F }, { "", "(!(a>=1))", T },
	{ "", "(a<=1)", F }, { "", "(!(a<=1))", T },
	{ "", "(integer>=1)", F }, { "", "(time>=%{now})", F },
	{ "", "(integer:1.2.840.113556.1.4.803:=2)", F },
	/* presence */
	{ "a=1", "(a=*)", T }, { "A=1", "(a=*)", T },
	{ "a=", "(a=*)", T }, { "a=1", "(b=*)", F },
	{ "a;binary=1", "(a=*)", F }, { "a;binary=1", "(a;binary=*)", T },
	{ "time=never", "(time=*)", T },
	/* text */
	{ "a=Active", "(a=active)", T }, { "a= active ", "(a=active)", T },
	{ "a=activ", "(a=active)", F }, { "a=x|a=active", "(a=active)", T },
	{ "a=", "(a=)", U }, { "a=x", "(a=)", U }, { "", "(!(a=))", U },
	{ "a=*", "(a=\\2a)", T }, { "a=x", "(a=\\2a)", F },
	{ "a=foobar", "(a=f*b*r)", T }, { "a=foobar", "(a=f*c*r)", F },
	{ "a=x|a=foobar", "(a=*BAR)", T },
	{ "a=b", "(a>=a)", T }, { "a=b", "(a<=a)", F },
	{ "a=B", "(a>=b)", T }, { "a=B", "(a<=b)", T },
	/* exact */
	{ "exact=A", "(exact=A)", T }, { "exact=A", "(exact=a)", F },
	{ "exact=Ab", "(exact=A*)", T }, { "exact=Ab", "(exact=a*)", F },
	{ "exact=A", "(exact<=a)", T },
	/* integer */
	{ "integer=5", "(integer=5)", T }, { "integer=5", "(integer>=5)", T },
	{ "integer=5", "(integer<=4)", F }, { "integer=-5", "(integer<=-5)", T },
	{ "integer=10", "(integer>=9)", T },
	{ "integer=x", "(integer=5)", U }, { "integer=", "(integer=5)", U },
	{ "integer=05", "(integer=5)", U },
	{ "integer=99999999999999999999", "(integer>=5)", U },
	{ "integer=x|integer=5", "(integer=5)", T },
	{ "integer=5|integer=x", "(integer=5)", T },
	{ "integer=x|integer=4", "(integer=5)", U },
	{ "integer=4|integer=3", "(integer=5)", F },
	/* bitwise */
	{ "integer=514", "(integer:1.2.840.113556.1.4.803:=2)", T },
	{ "integer=512", "(integer:1.2.840.113556.1.4.803:=2)", F },
	{ "integer=2", "(integer:1.2.840.113556.1.4.803:=3)", F },
	{ "integer=3", "(integer:1.2.840.113556.1.4.803:=3)", T },
	{ "integer=2", "(integer:1.2.840.113556.1.4.804:=3)", T },
	{ "integer=4", "(integer:1.2.840.113556.1.4.804:=3)", F },
	{ "integer=4", "(integer:1.2.840.113556.1.4.804:=0)", F },
	{ "integer=4", "(integer:1.2.840.113556.1.4.803:=0)", T },
	{ "integer=-2147483646", "(integer:1.2.840.113556.1.4.803:=2147483648)", T },
	{ "integer=x", "(integer:1.2.840.113556.1.4.803:=2)", U },
	{ "integer=x|integer=2", "(integer:1.2.840.113556.1.4.803:=2)", T },
	/* boolean */
	{ "boolean=TRUE", "(boolean=TRUE)", T },
	{ "boolean=FALSE", "(boolean=TRUE)", F },
	{ "boolean=true", "(boolean=TRUE)", U },
	{ "boolean=true", "(!(boolean=TRUE))", U },
	{ "boolean=FALSE|boolean=TRUE", "(boolean=TRUE)", T },
	/* what cannot be evaluated is Undefined, present or not */
	{ "a=b", "(a~=b)", U }, { "", "(a~=b)", U },
	{ "a=b", "(a:=b)", U }, { "a=b", "(:1.2:=b)", U },
	{ "a=b", "(!(a~=b))", U },
	{ "a=2", "(a:1.2.840.113556.1.4.803:=2)", U },
	{ "integer=2", "(integer:dn:1.2.840.113556.1.4.803:=2)", U },
	{ "integer=2", "(integer:1.2.840.113556.1.4.805:=2)", U },
	{ "integer=2", "(integer:1.2.840.113556.1.4.803:=x)", U },
	{ "integer=2", "(integer=x)", U }, { "", "(integer=x)", U },
	{ "integer=2", "(integer=2*)", U },
	{ "a=x", "(a>=)", U }, { "a=x", "(a<=\\ff)", U },
	{ "a=x", "(a=\\ff*)", U }, { "a=x", "(a=*\\ff)", U },
	{ "a=x", "(a=*x*\\c3*)", U }, { "a=x", "(a=x\\80)", U },
	{ "exact=x", "(exact=)", U }, { "exact=x", "(exact=\\ff)", U },
	{ "a=\xff", "(a=x)", F }, { "a=", "(a<=x)", T },
	{ "boolean=TRUE", "(boolean>=TRUE)", U },
	{ "boolean=TRUE", "(boolean=yes)", U },
	{ "integer=1", "(integer>=%{now})", U },
	{ "a=1", "(a>=%{now})", U },
	{ "time=20260101000000Z", "(time>=%{now.days})", U },
	{ "time=20260101000000Z", "(time=soon)", U },
};

static void
test_items(void **state)
{
	check_rows(items, COUNT(items), NOW, 0);
}

static void
test_logic(void **state)
{
	/* t is True, f False, u Undefined over { a=1, integer=x } */
	static const char *const names[] = { "(integer=1)", "(a=2)", "(a=1)" };
	static const char *const letters = "UFT";
	static const enum truth and[3][3] = {
		/*       U  F  T */
		/* U */ { U, F, U },
		/* F */ { F, F, F },
		/* T */ { U, F, T },
	};
	static const enum truth or[3][3] = {
		/* U */ { U, U, T },
		/* F */ { U, F, T },
		/* T */ { T, T, T },
	};
	static const enum truth not[3] = { U, T, F };
	struct eval_row rows[3 * 3 * 2 + 3];
	static char texts[COUNT(rows)][64];
	size_t n = 0, i, j;

	assert_int_equal(letters[T], 'T');
	for (i = 0; i < 3; i++) {
		for (j = 0; j < 3; j++) {
			(void)snprintf(texts[n], sizeof(texts[n]), "(&%s%s)",
			    names[i], names[j]);
			rows[n] = (struct eval_row){ "a=1|integer=x", texts[n],
			    and[i][j] };
			n++;
			(void)snprintf(texts[n], sizeof(texts[n]), "(|%s%s)",
			    names[i], names[j]);
			rows[n] = (struct eval_row){ "a=1|integer=x", texts[n],
			    or[i][j] };
			n++;
		}
		(void)snprintf(texts[n], sizeof(texts[n]), "(!%s)", names[i]);
		rows[n] = (struct eval_row){ "a=1|integer=x", texts[n], not[i] };
		n++;
	}
	check_rows(rows, n, NOW, 0);
}

static void
test_lockout(void **state)
{
	static const struct eval_row hour[] = {
		{ "time=20260101000000Z", "(time>=%{now-lockout})", T },
		{ "time=20251231230000Z", "(time>=%{now-lockout})", T },
		{ "time=20251231230000Z", "(time<=%{now-lockout})", T },
		{ "time=20251231230000Z", "(time=%{now-lockout})", T },
		{ "time=20251231225959Z", "(time>=%{now-lockout})", F },
		{ "time=20251231225959.999999Z", "(time>=%{now-lockout})", F },
		{ "time=20270101000000Z", "(time>=%{now-lockout})", T },
		{ "time=000001010000Z", "(time>=%{now-lockout})", F },
		{ "time=never", "(time>=%{now-lockout})", U },
		{ "time=20251231225959Z|time=20260101000000Z",
		    "(time>=%{now-lockout})", T },
		{ "time=20251231225959Z|time=never", "(time>=%{now-lockout})", U },
	};
	/* never elapses: True of every time there is */
	static const struct eval_row never[] = {
		{ "time=20260101000000Z", "(time>=%{now-lockout})", T },
		{ "time=19700101000000Z", "(time>=%{now-lockout})", T },
		{ "time=000001010000Z", "(time>=%{now-lockout})", T },
		{ "time=00000101000000Z", "(time>=%{now-lockout})", T },
		{ "time=00000101000000Z", "(time<=%{now-lockout})", F },
		{ "time=00000101000000+2359", "(time>=%{now-lockout})", U },
		{ "time=99991231235959Z", "(time>=%{now-lockout})", T },
		{ "time=never", "(time>=%{now-lockout})", U },
		{ "", "(time>=%{now-lockout})", F },
	};

	check_rows(hour, COUNT(hour), NOW, 3600);
	check_rows(never, COUNT(never), NOW, 0);
	check_rows(never, COUNT(never), NOW, -1);
	check_rows(never, COUNT(never), NOW, INT64_MAX);
	check_rows(never, COUNT(never), INT64_MIN, 1);
}

static void
test_now(void **state)
{
	static const struct eval_row rows[] = {
		{ "time=20260101000000Z", "(time=%{now})", T },
		{ "time=20260101000000.000001Z", "(time<=%{now})", F },
		{ "time=20251231235959Z", "(time>=%{now})", F },
		{ "filetime=134116992000000000", "(filetime=%{now.filetime})", T },
		{ "filetime=134116991999999999", "(filetime>=%{now.filetime})", F },
		{ "filetime=0", "(filetime<=%{now.filetime})", T },
		{ "filetime=9223372036854775807", "(filetime>=%{now.filetime})", T },
		{ "filetime=x", "(filetime>=%{now.filetime})", U },
		{ "days=20454", "(days=%{now.days})", T },
		{ "days=20453", "(days>=%{now.days})", F },
		{ "days=-1", "(days<=%{now.days})", T },
		{ "days=", "(days<=%{now.days})", U },
	};
	static const struct eval_row before_1970[] = {
		{ "days=-1", "(days=%{now.days})", T },
		{ "filetime=116444735999999990", "(filetime=%{now.filetime})", T },
	};
	static const struct eval_row no_filetime[] = {
		{ "filetime=1", "(filetime<=%{now.filetime})", U },
	};

	check_rows(rows, COUNT(rows), NOW, 0);
	check_rows(before_1970, COUNT(before_1970), -1, 0);
	check_rows(no_filetime, COUNT(no_filetime), INT64_MAX, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_logic),
		cmocka_unit_test(test_lockout),
		cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests_name("filter_eval", tests, NULL, NULL);
}
