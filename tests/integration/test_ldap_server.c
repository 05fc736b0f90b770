/*
 * Which server is asked next after failures, and how often a failure is
 * told: nobody is connected to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lookupd/ldap_error.h"
#include "lookupd/ldap_server.h"

static void
test_servers(void **state)
{
	char one[] = "ldap://1", two[] = "ldap://2";
	char *uris[] = { one, two, NULL };
	struct realm realm;
	struct ldap_servers servers;
	struct ldap_server *first = &servers.items[0];
	int64_t now = 50 * 1000000LL, wait = 0, last = 0;
	int i;

	(void)state;
	memset(&realm, 0, sizeof(realm));
	realm.servers = uris;
	ldap_servers_init(&servers, &realm);
	assert_int_equal(servers.count, 2);
	assert_ptr_equal(ldap_servers_pick(&servers, now, false, false,
	    &wait), first);
	first->tried_us = now;
	assert_true(ldap_server_failed(first, now, "why"));
	assert_false(ldap_server_failed(first, now, "why"));	/* quiet */
	assert_ptr_equal(ldap_servers_pick(&servers, now, true, false, &wait),
	    first + 1);
	assert_false(ldap_servers_failed_since(&servers, now - 1));
	ldap_server_failed(first + 1, now, "why");
	assert_true(ldap_servers_failed_since(&servers, now - 1));
	assert_false(ldap_servers_failed_since(&servers, now));
	/* longer and longer, never more than the most */
	for (i = 0; i < 10; i++) {
		ldap_server_failed(first, now, "why");
		assert_true(first->bad_until_us - now >= last * 7 / 8);
		last = first->bad_until_us - now;
	}
	assert_true(last <= LDAP_SERVER_BACKOFF_MAX_US);
	assert_true(last >= LDAP_SERVER_BACKOFF_MAX_US * 7 / 8);
	/* but no longer than a second while somebody waits */
	(first + 1)->stuck = 1;
	assert_null(ldap_servers_pick(&servers, now, true, false, &wait));
	assert_int_equal(wait, LDAP_SERVER_URGENT_US);
	assert_ptr_equal(ldap_servers_pick(&servers, now + wait, true, false,
	    &wait), first);
	first->pending = 1;
	assert_null(ldap_servers_pick(&servers, now + 60 * 1000000LL, true,
	    true, &wait));
	assert_true(ldap_server_good(first));
	assert_false(ldap_server_good(first));
}

static void
test_meter(void **state)
{
	struct ldap_error_meter meter;
	unsigned long more = 99;
	int i;

	(void)state;
	memset(&meter, 0, sizeof(meter));
	assert_true(ldap_error_due(&meter, 32, 1000, &more));
	assert_int_equal(more, 0);
	assert_true(ldap_error_due(&meter, 10, 1000, &more));
	for (i = 0; i < 5; i++)
		assert_false(ldap_error_due(&meter, 32, 2000, &more));
	assert_true(ldap_error_due(&meter, 32, 1000 + LDAP_ERROR_QUIET_MS,
	    &more));
	assert_int_equal(more, 5);
	for (i = 100; i < 200; i++)	/* more codes than places */
		(void)ldap_error_due(&meter, i, 3000, &more);
	assert_false(ldap_error_due(&meter, 10, 3000, &more));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_meter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
