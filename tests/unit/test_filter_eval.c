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

#define LISTS 2
#define NAMES 10

/* The same names at other addresses: those of a profile, and of the profile as
 * it was read again, with its names in another order. */
static char *lists[LISTS][NAMES + 1];

static int
make_lists(void **state)
{
	static const char *const names[NAMES] = { "A", "exact", "time",
		"INTEGER", "filetime", "days", "boolean", "b", "c", "mail" };
	static char texts[LISTS][NAMES][12];
	size_t i, j;

	for (i = 0; i < LISTS; i++)
		for (j = 0; j < NAMES; j++)
			lists[i][j] = strcpy(texts[i][j],
			    names[(j + 3 * i) % NAMES]);
	return 0;
}

/* Named by a list, it says the same over an entry that is, too, over one that
 * is named by another list, and over one that is by none. */
static void
check_shared(const struct eval_row *row, struct filter *filter,
    const struct entry *entry, const struct filter_context *context)
{
	size_t i, j;

	for (i = 0; i < LISTS; i++) {
		filter_share_names(filter, lists[i]);
		for (j = 0; j <= LISTS; j++) {
			struct entry *other = j == LISTS ? NULL :
			    entry_from_list(entry, lists[j]);
			enum truth got = filter_eval(filter,
			    other == NULL ? entry : other, context);

			row_check(got == row->want, row->filter,
			    "of list %zu, over {%s} of list %zu: want %s, "
			    "got %s", i, row->entry, j, truth_name(row->want),
			    truth_name(got));
			entry_free(other);
		}
	}
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

static enum value_type
all_boolean(const void *types, const char *attribute)
{
	return VALUE_BOOLEAN;
}

/* What is False for want of an attribute under the types it was bound under is
 * not so under types that it makes no sense under. */
static void
test_other_types(void **state)
{
	static const struct eval_row rows[] = {
		{ "c=1", "(integer=5)", U },
		{ "c=1", "(&(integer=5)(days=5))", U },
		{ "c=1", "(&(integer=5)(b=TRUE))", F },
		{ "c=1", "(&(integer=5)(!(b=TRUE)))", U },
	};
	static const char types[2];
	const struct filter_context own = { .type_of = type_of,
		.types = &types[0] };
	const struct filter_context other = { .type_of = all_boolean,
		.types = &types[1] };
	char error[FILTER_ERROR_MAX];
	size_t i, j;

	for (i = 0; i < COUNT(rows) * 2; i++) {
		const struct eval_row *row = &rows[i / 2];
		struct entry *entry = entry_of("cn=test", row->entry);
		struct filter *filter = filter_parse(row->filter,
		    strlen(row->filter), error);
		struct entry *listed;
		enum truth got;

		assert_non_null(filter);
		/* the second time, what it is bound under is of two kinds */
		for (j = 0; j <= i % 2; j++)
			filter_bind(filter, j == 0 ? &own : &other);
		filter_share_names(filter, lists[0]);
		listed = entry_from_list(entry, lists[0]);
		got = filter_eval(filter, listed, &other);
		row_check(got == row->want, row->filter, "bound %zu times: "
		    "want %s, got %s", j, truth_name(row->want),
		    truth_name(got));
		filter_free(filter);
		entry_free(listed);
		entry_free(entry);
	}
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
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_logic),
		cmocka_unit_test(test_lockout),
		cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests_name("filter_eval", tests, make_lists,
	    NULL);
}
