/*
 * The codec of `find`: a request that one side writes the other reads, and
 * anything else is none.
 */
#include "tests/unit/find_line.h"

static struct find_request
make_request(enum identity_source source, const char *value)
{
	struct find_request request;

	memset(&request, 0, sizeof(request));
	request.id = UINT64_MAX;
	request.config = 0x0123456789abcdef;
	(void)strcpy(request.realm, "main");
	request.identity.source = source;
	request.identity.name.len = strlen(value);
	memcpy(request.identity.name.text, value, request.identity.name.len);
	request.ms = 2500;
	return request;
}

static void
test_request(void **state)
{
	static const struct {
		enum identity_source source;
		const char *value;
	} rows[] = {
		{ IDENTITY_SAN_EMAIL, "u@example.com" },
		{ IDENTITY_SUBJECT_EMAIL, "a.b+c=%d@example.com" },
		{ IDENTITY_UPN, "u@ad.local" },
		{ IDENTITY_CN, "Babs Jensen (staff) *" },
		{ IDENTITY_UID, "u" },
		{ IDENTITY_REQUEST_EMAIL, "u@example.com" },
		{ IDENTITY_REQUEST_ACCOUNT, "u@example.com" },
	};
	struct protocol_message message;
	struct find_request got;
	struct buffer out;
	size_t i;

	buffer_init(&out, 64 * 1024);
	for (i = 0; i < COUNT(rows); i++) {
		struct find_request want = make_request(rows[i].source,
		    rows[i].value);

		want.explain = i % 2 == 1;
		buffer_clear(&out);
		find_put_request(&out, &want);
		assert_false(out.failed);
		assert_true(next_line(&out, &message));
		memset(&got, 0, sizeof(got));
		row_check(find_get_request(&message, &got) == 0 &&
		    got.id == want.id && got.config == want.config &&
		    strcmp(got.realm, want.realm) == 0 &&
		    got.identity.source == want.identity.source &&
		    got.identity.name.len == want.identity.name.len &&
		    strcmp(got.identity.name.text, want.identity.name.text) == 0 &&
		    got.ms == want.ms && got.explain == want.explain,
		    rows[i].value, "got %s", got.identity.name.text);
	}
	buffer_free(&out);
	rows_end();
}

#define FIELDS "id=1 config=a0 realm=main source=san-email value=u@x.org ms=5"

static void
test_bad_requests(void **state)
{
	static const struct {
		const char *line;
		int want;
	} rows[] = {
		{ "find " FIELDS, 0 },
		{ "find " FIELDS " explain=yes", 0 },
		{ " find " FIELDS, -1 },
		{ "lookup " FIELDS, -1 },
		{ "find", -1 },
		{ "find " FIELDS " explain=no", -1 },
		{ "find " FIELDS " explain=", -1 },
		{ "find " FIELDS " explain=yes%00", -1 },
		{ "find " FIELDS " more=yes", -1 },
		{ "find config=a0 realm=main source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 realm=main source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm=main value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm=main source=san-email ms=5", -1 },
		{ "find id=1 config=a0 realm=main source=san-email value=u@x.org", -1 },
		{ "find id=-1 config=a0 realm=main source=san-email value=u@x.org ms=5", -1 },
		{ "find id= config=a0 realm=main source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1a config=a0 realm=main source=san-email value=u@x.org ms=5", -1 },
		{ "find id=18446744073709551615 config=a0 realm=main "
		  "source=san-email value=u@x.org ms=5", 0 },
		{ "find id=18446744073709551616 config=a0 realm=main "
		  "source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 config=A0 realm=main source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 config=x realm=main source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 config=ffffffffffffffff realm=main source=san-email "
		  "value=u@x.org ms=5", 0 },
		{ "find id=1 config=10000000000000000 realm=main source=san-email "
		  "value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm= source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm=a%00b source=san-email value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm=r234567890123456789012345678901234567890"
		  "1234567890123456789012345 source=uid value=u ms=5", -1 },
		{ "find id=1 config=a0 realm=r23456789012345678901234567890123456789"
		  "0123456789012345678901234 source=uid value=u ms=5", 0 },
		{ "find id=1 config=a0 realm=main source=none value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm=main source=mail value=u@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm=main source=san-email value= ms=5", -1 },
		{ "find id=1 config=a0 realm=main source=san-email value=u ms=5", -1 },
		{ "find id=1 config=a0 realm=main source=san-email value=u%00@x.org ms=5", -1 },
		{ "find id=1 config=a0 realm=main source=san-email value=u@x.org ms=-1", -1 },
		{ "find id=1 config=a0 realm=main source=san-email value=u@x.org ms=", -1 },
		{ "find id=1 config=a0 realm=main source=san-email value=u@x.org "
		  "ms=2147483648", -1 },
	};
	struct protocol_message message;
	struct find_request request;
	struct buffer in;
	size_t i;
	int got;

	buffer_init(&in, 64 * 1024);
	for (i = 0; i < COUNT(rows); i++) {
		put(&in, rows[i].line);
		assert_true(next_line(&in, &message));
		got = find_get_request(&message, &request);
		row_check(got == rows[i].want, rows[i].line, "got %d", got);
	}
	buffer_free(&in);
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_bad_requests),
	};

	return cmocka_run_group_tests_name("find", tests, NULL, forget_line);
}
