/*
 * Clients of a front who wait, or are waited for: with a request under way,
 * with answers unread, with a line too long, while the front stops.  Each row is
 * played edge-triggered and not.
 */
#include <config.h>

#include "tests/unit/clients_stage.h"

/* Who does not read is not read from, and gone on with when he does. */
static void
deaf(void)
{
	int fd = pair(&us), small = 4096;
	size_t most = 0;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small,
	    sizeof(small)), 0);
	accepted(fd);
	for (int i = 0; i < 4; i++) {
		say_lines(MANY / 8);
		for (int k = 0; k < 20; k++) {
			turn();
			if (front.clients->lines != NULL &&
			    front.clients->lines->out.len > most)
				most = front.clients->lines->out.len;
		}
	}
	row_check(most >= CLIENT_UNSENT_MAX && most < CLIENT_UNSENT_MAX + 256,
	    row, "%zu bytes unsent", most);
	leave();
	expect(true);
}

static void
say_under_way(void)
{
	come();
	say("status id=0\n", 12);
	said++;
	turn();
	turn();
	row_check(front.clients->request != NULL, row, "no request");
	say_lines(1);
	turn();
	turn();
	/* Nobody is told again and again. */
	row_check((front.reading & EV_ET) != 0 ||
	    (front.clients->interest & EV_READ) == 0, row, "woken for it");
}

static void
more_under_way(void)
{
	say_under_way();
	answer();
	expect(false);
	say_lines(1);
	expect(false);
}

static void
end_under_way(void)
{
	say_under_way();
	leave();
	turn();
	turn();
	answer();
	expect(true);
}

/* The lines behind it have been read with it. */
static void
read_under_way(void)
{
	come();
	say("status id=0\nx id=1\nstatus id=2\nx id=3\n", 38);
	said = 4;
	leave();
	turn();
	answer();
	for (int i = 0; i < 5; i++)
		turn();
	answer();
	expect(true);
}

static void
die_under_way(void)
{
	come();
	say("status id=0\n", 12);
	turn();
	say_lines(1);
	close(us);
	us = -1;
	said = 0;
	turn();
	answer();
	expect(true);
}

/* The error that such an end is makes no edge of the end. */
static void
die_unheard(void)
{
	come();
	say_lines(1);
	turn();
	turn();
	say("\n", 1);
	close(us);
	us = -1;
	said = 0;
	expect(true);
}

static void
die_unheard_in_line(void)
{
	come();
	say_lines(1);
	turn();
	turn();
	say("x id", 4);
	close(us);
	us = -1;
	said = 0;
	expect(true);
}

static void
too_long(void)
{
	come();
	say_long(PROTOCOL_LINE_MAX + 10, false);
	for (int i = 0; i < 50; i++)
		turn();
	hear();
	row_check(strstr(buffer_text(&heard), "too-long") != NULL, row,
	    "answer %s", buffer_text(&heard));
	buffer_clear(&heard);
	say_long(50000, false);
	for (int i = 0; i < 50; i++)
		turn();
	row_check(front.client_count == 1, row, "gone");
	row_check(front.clients->discarded > PROTOCOL_LINE_MAX + 50000, row,
	    "thrown away: %zu", front.clients->discarded);
	say_long(50000, false);
	leave();
	expect(true);
}

static void
too_long_for_ever(void)
{
	static char text[50000];

	memset(text, 'a', sizeof(text));
	come();
	for (int i = 0; i < 200 && front.client_count == 1; i++) {
		(void)!send(us, text, sizeof(text), MSG_NOSIGNAL);
		for (int k = 0; k < 10; k++)
			turn();
	}
	hear();
	buffer_clear(&heard);
	expect(true);
}

/* What has arrived counts as asked, reported or not. */
static void
stop(void)
{
	come();
	expect(false);
	say_lines(1);
	front_stop(&front);
	expect(true);
}

static void
stop_under_way(void)
{
	say_under_way();
	front_stop(&front);
	answer();
	said = 1;
	expect(true);
}

static void
test_waiting(void **state)
{
	static const struct play rows[] = {
		{ "deaf", deaf },
		{ "more while under way", more_under_way },
		{ "the end while under way", end_under_way },
		{ "lines behind one under way", read_under_way },
		{ "dead while under way", die_under_way },
		{ "dead with answers unread", die_unheard },
		{ "dead in a line with answers unread", die_unheard_in_line },
		{ "too long", too_long },
		{ "too long for ever", too_long_for_ever },
		{ "stopping", stop },
		{ "stopping while under way", stop_under_way },
	};

	play_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
