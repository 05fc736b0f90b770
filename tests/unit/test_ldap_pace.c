/*
 * The pace: it ticks while it goes, and
 * not before or afterwards.
 */
#include "lookupd/ldap_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/deadline.h"

struct scene {
	struct event_base *base;
	struct ldap_pace *pace;
	unsigned ticks, last;		/* last: it stops itself then */
};

static void
tick(void *context)
{
	struct scene *scene = context;

	if (++scene->ticks == scene->last)
		ldap_pace_stop(scene->pace);
}

/* Turns of the loop for so long, or until so many ticks. */
static void
run(struct scene *scene, int64_t ms, unsigned ticks)
{
	int64_t end = deadline_now() + ms;

	while (deadline_now() < end && scene->ticks < ticks)
		event_base_loop(scene->base, EVLOOP_NONBLOCK);
}

static void
test_pace(void **state)
{
	struct scene scene = { .ticks = 0 };

	(void)state;
	scene.base = loop_new();
	assert_non_null(scene.base);
	scene.pace = ldap_pace_new(scene.base, tick, &scene);
	assert_non_null(scene.pace);
	run(&scene, 5, 1);
	assert_int_equal(scene.ticks, 0);	/* it was not started */
	for (unsigned i = 0; i < 2; i++) {
		scene.ticks = 0;
		scene.last = 20;
		assert_int_equal(ldap_pace_start(scene.pace), 0);
		run(&scene, 10000, 20);
		assert_int_equal(scene.ticks, 20);
		run(&scene, 5, 21);
		assert_int_equal(scene.ticks, 20);	/* it has stopped */
	}
	/* while it goes, the loop has something to wait for */
	scene.last = 0;
	scene.ticks = 0;
	assert_int_equal(ldap_pace_start(scene.pace), 0);
	assert_int_equal(event_base_loop(scene.base, EVLOOP_ONCE), 0);
	assert_int_equal(scene.ticks, 1);
	ldap_pace_free(scene.pace);
	ldap_pace_free(NULL);
	event_base_free(scene.base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pace) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
