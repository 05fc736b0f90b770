/* Refusals, counted and forgotten. */
#include "config.h"

#include "hook/limits.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/rows.h"

#define PER_ADDRESS 5
#define PER_CERTIFICATE 3

static struct limits *limits;

static int
make(void **state)
{
	limits = limits_new();
	return limits == NULL ? -1 : 0;
}

static int
unmake(void **state)
{
	limits_free(limits);
	return 0;
}

static struct limits_asker
asker(const char *address, const char *certificate)
{
	struct limits_asker ret;

	limits_hash(limits, address, certificate, strlen(certificate), &ret);
	return ret;
}

static void
refuse(const char *address, const char *certificate, int times, int64_t now)
{
	struct limits_asker who = asker(address, certificate);

	while (times-- > 0)
		limits_refused(limits, &who, now);
}

static bool
busy(const char *address, const char *certificate, int64_t now)
{
	struct limits_asker who = asker(address, certificate);

	return limits_busy(limits, &who, PER_ADDRESS, PER_CERTIFICATE, now);
}

static void
test_certificate(void **state)
{
	refuse("192.0.2.1", "c1", PER_CERTIFICATE - 1, 1000);
	assert_false(busy("192.0.2.1", "c1", 1000));
	refuse("192.0.2.2", "c1", 1, 2000);
	assert_true(busy("192.0.2.1", "c1", 2000));
	assert_true(busy("192.0.2.3", "c1", 2000));
	assert_false(busy("192.0.2.1", "c2", 2000));
	/* the window begins with the first refusal */
	assert_true(busy("192.0.2.1", "c1", 1000 + LIMITS_WINDOW_MS - 1));
	assert_false(busy("192.0.2.1", "c1", 1000 + LIMITS_WINDOW_MS));
	refuse("192.0.2.1", "c1", 1, 1000 + LIMITS_WINDOW_MS);
	assert_false(busy("192.0.2.1", "c1", 1000 + LIMITS_WINDOW_MS));
}

static void
test_address(void **state)
{
	int i;

	for (i = 0; i < PER_ADDRESS; i++) {
		char name[16];

		assert_false(busy("192.0.2.1", "new", 1000));
		snprintf(name, sizeof(name), "c%d", i);
		refuse("192.0.2.1", name, 1, 1000);
	}
	assert_true(busy("192.0.2.1", "new", 1000));
	assert_true(busy("192.0.2.1", "", 1000));
	assert_false(busy("192.0.2.2", "new", 1000));
	assert_false(busy("", "new", 1000));
	assert_false(busy("192.0.2.1", "new", 1000 + LIMITS_WINDOW_MS));
}

/* Whose certificate was let in is not stopped by his neighbours; but his own
 * refusals count again. */
static void
test_admitted(void **state)
{
	struct limits_asker good = asker("192.0.2.1", "good");
	int64_t later = 1000 + LIMITS_ADMITTED_MS;

	limits_admitted(limits, &good, 1000);
	refuse("192.0.2.1", "bad", PER_ADDRESS, 2000);
	assert_true(busy("192.0.2.1", "other", 2000));
	assert_false(busy("192.0.2.1", "good", 2000));
	refuse("192.0.2.1", "bad", PER_ADDRESS, later - 1);
	assert_false(busy("192.0.2.1", "good", later - 1));
	assert_true(busy("192.0.2.1", "good", later));
	limits_admitted(limits, &good, later);
	assert_false(busy("192.0.2.1", "good", later));
	refuse("", "good", PER_CERTIFICATE, later);
	assert_true(busy("", "good", later));
	limits_admitted(limits, &good, later);
	assert_false(busy("", "good", later));
}

static void
test_off(void **state)
{
	struct limits_asker who = asker("192.0.2.1", "c");

	refuse("192.0.2.1", "c", 1000, 1000);
	assert_false(limits_busy(limits, &who, 0, 0, 1000));
	assert_true(limits_busy(limits, &who, 1, 0, 1000));
	assert_true(limits_busy(limits, &who, 0, 1, 1000));
	assert_false(limits_busy(limits, &who, 0, 1001, 1000));
}

static void
test_hash(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "2001:db8::1", "2001:db8::2", true },
		{ "2001:db8::1", "2001:DB8:0:0:ffff::2", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		/* the same machine, by another of its connections */
		{ "[2001:db8::1]:80", "[2001:db8::1]:81", true },
		{ "[2001:db8::1]:80", "2001:db8::1", true },
		{ "[2001:db8::1]", "2001:db8::1", true },
		{ "[2001:db8::1]:80", "[2001:db8:0:1::1]:80", false },
		{ "192.0.2.1:80", "192.0.2.1:81", true },
		{ "192.0.2.1:80", "192.0.2.1", true },
		{ "192.0.2.1:80", "192.0.2.2:80", false },
		{ "[192.0.2.1]:80", "192.0.2.1", false },
		{ "unix:80", "unix:81", false },
		{ "[unix]:80", "[unix]:81", false },
		{ "[2001:db8::1", "2001:db8::1", false },
		{ "[2001:db8::1]x", "2001:db8::1", false },
		{ "192.0.2.1:", "192.0.2.1", false },
		{ ":80", ":81", false },
		/* NAT64: whom IPv4 brings, behind one prefix */
		{ "64:ff9b::192.0.2.1", "64:ff9b::192.0.2.2", false },
		{ "64:ff9b::192.0.2.1", "192.0.2.1", true },
		{ "64:ff9b::1:0:0", "64:ff9b::2:0:0", true },
		{ "unix:", "unix:", true },
	};
	struct limits_asker a, b;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = asker(rows[i].a, "");
		b = asker(rows[i].b, "");
		row_check((a.address == b.address) == rows[i].same,
		    rows[i].a, "and %s: want %d", rows[i].b, rows[i].same);
		row_check(a.address != 0 && a.certificate == 0, rows[i].a,
		    "no address, or a certificate");
	}
	/* an address is not a certificate of the same bytes */
	a = asker("x", "x");
	b = asker("", "x\0");
	row_check(a.address != a.certificate, "kinds", "are the same");
	row_check(b.address == 0 && b.certificate == a.certificate, "x",
	    "differs from itself");
	rows_end();
}

/* Certificates are told apart by any of their bytes, and their length: what no
 * proxy has verified may end as somebody else's does. */
static void
test_hash_certificate(void **state)
{
	struct limits_asker first, other;
	char certificate[1200], name[32];
	size_t len, i;

	memset(certificate, 'A', sizeof(certificate));
	for (len = 0; len < sizeof(certificate); len += 100) {
		limits_hash(limits, "", certificate, len, &first);
		row_check((first.certificate == 0) == (len == 0), "none",
		    "%zu bytes", len);
		for (i = 0; i < len; i++) {
			snprintf(name, sizeof(name), "%zu from %zu", i, len);
			certificate[len - 1 - i] = 'B';
			limits_hash(limits, "", certificate, len, &other);
			certificate[len - 1 - i] = 'A';
			row_check(first.certificate != other.certificate,
			    name, "the same");
		}
		limits_hash(limits, "", certificate, len + 1, &other);
		row_check(first.certificate != other.certificate, "longer",
		    "%zu bytes are the same", len);
	}
	rows_end();
}

/* The table is bounded: strangers beyond its size push each other out, and
 * somebody who is at his limit stays there. */
static void
test_full(void **state)
{
	unsigned known = 0, i;
	char name[16];

	refuse("192.0.2.1", "flood", 1000, 1000);
	for (i = 0; i < 8 * LIMITS_SETS * LIMITS_WAYS; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		refuse("", name, 1, 1001);
	}
	assert_true(busy("192.0.2.1", "flood", 1002));
	assert_true(busy("192.0.2.1", "other", 1002));
	for (i = 0; i < 8 * LIMITS_SETS * LIMITS_WAYS; i++) {
		struct limits_asker who;

		snprintf(name, sizeof(name), "s%u", i);
		who = asker("", name);
		known += limits_busy(limits, &who, 1, 1, 1002);
	}
	assert_in_range(known, 1, LIMITS_SETS * LIMITS_WAYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_certificate, make, unmake),
		cmocka_unit_test_setup_teardown(test_address, make, unmake),
		cmocka_unit_test_setup_teardown(test_admitted, make, unmake),
		cmocka_unit_test_setup_teardown(test_off, make, unmake),
		cmocka_unit_test_setup_teardown(test_hash, make, unmake),
		cmocka_unit_test_setup_teardown(test_hash_certificate, make,
		    unmake),
		cmocka_unit_test_setup_teardown(test_full, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
