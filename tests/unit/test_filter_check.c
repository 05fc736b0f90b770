/*
 * Which filters can be evaluated here, and what is wrong with the others.
 */
#include "lookupd/filter.h"

#include "tests/unit/filter_types.h"
#include "tests/unit/pure.h"

static const struct {
	const char *filter;
	const char *attribute;	/* NULL: can be evaluated */
	const char *why;
} evaluable[] = {
	{ "(a=b)", NULL, NULL },
	{ "(&(a=b)(!(a=x*))(|(a>=b)(a<=b)(a=*)))", NULL, NULL },
	{ "(exact=x*y)", NULL, NULL },
	{ "(integer=1)", NULL, NULL },
	{ "(integer:1.2.840.113556.1.4.803:=2)", NULL, NULL },
	{ "(integer:1.2.840.113556.1.4.804:=2)", NULL, NULL },
	{ "(time>=%{now})", NULL, NULL },
	{ "(time<=%{now-lockout})", NULL, NULL },
	{ "(time=000001010000Z)", NULL, NULL },
	{ "(filetime>=%{now.filetime})", NULL, NULL },
	{ "(filetime=0)", NULL, NULL },
	{ "(days<=%{now.days})", NULL, NULL },
	{ "(days=-1)", NULL, NULL },
	{ "(boolean=TRUE)", NULL, NULL },
	{ "(boolean=*)", NULL, NULL },
	{ "(a~=b)", "a", "approximate" },
	{ "(&(a=b)(|(a=b)(c~=b)))", "c", "approximate" },
	{ "(!(a:=b))", "a", "matching rule" },
	{ "(a:caseExactMatch:=b)", "a", "matching rule" },
	{ "(integer:dn:1.2.840.113556.1.4.803:=2)", "integer", "matching rule" },
	{ "(a:1.2.840.113556.1.4.803:=2)", "a", "type integer" },
	{ "(filetime:1.2.840.113556.1.4.803:=2)", "filetime", "type integer" },
	{ "(integer:1.2.840.113556.1.4.803:=x)", "integer", "not of" },
	{ "(boolean>=TRUE)", "boolean", "no order" },
	{ "(boolean<=TRUE)", "boolean", "no order" },
	{ "(boolean=true)", "boolean", "not of" },
	{ "(boolean=T*)", "boolean", "substring" },
	{ "(integer=1*)", "integer", "substring" },
	{ "(integer=one)", "integer", "not of" },
	{ "(a=)", "a", "not of" },
	{ "(exact>=)", "exact", "not of" },
	{ "(a=\\ff)", "a", "not of" },
	{ "(a=x*\\ff)", "a", "not of" },
	{ "(a=\\ff*x)", "a", "not of" },
	{ "(exact=*x*\\ff*)", "exact", "not of" },
	{ "(integer>=)", "integer", "not of" },
	{ "(time=2026)", "time", "not of" },
	{ "(time>=1767225600)", "time", "not of" },
	{ "(days=2026-01-01)", "days", "not of" },
	{ "(filetime=0.5)", "filetime", "not of" },
	{ "(a>=%{now})", "a", "variable" },
	{ "(exact>=%{now})", "exact", "variable" },
	{ "(integer>=%{now})", "integer", "variable" },
	{ "(filetime>=%{now})", "filetime", "variable" },
	{ "(days>=%{now-lockout})", "days", "variable" },
	{ "(time>=%{now.days})", "time", "variable" },
	{ "(time>=%{now.filetime})", "time", "variable" },
	{ "(integer>=%{now.days})", "integer", "variable" },
	{ "(boolean=%{now})", "boolean", "variable" },
};

static void
test_evaluable(void **state)
{
	struct filter_context context = { .type_of = type_of };
	char error[FILTER_ERROR_MAX];
	size_t i;

	for (i = 0; i < COUNT(evaluable); i++) {
		struct filter *filter = filter_parse(evaluable[i].filter,
		    strlen(evaluable[i].filter), error);
		const char *attribute = NULL, *why;

		if (!row_check(filter != NULL, evaluable[i].filter, "%s", error))
			continue;
		why = filter_evaluable(filter, &context, &attribute);
		if (evaluable[i].why == NULL)
			row_check(why == NULL, evaluable[i].filter, "%s", why);
		else
			row_check(why != NULL && attribute != NULL &&
			    strstr(why, evaluable[i].why) != NULL &&
			    strcmp(attribute, evaluable[i].attribute) == 0,
			    evaluable[i].filter, "want %s: …%s…, got %s: %s",
			    evaluable[i].attribute, evaluable[i].why,
			    attribute == NULL ? "none" : attribute,
			    why == NULL ? "can be evaluated" : why);
		filter_free(filter);
	}
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evaluable),
	};

	return cmocka_run_group_tests_name("filter_check", tests, NULL, NULL);
}
