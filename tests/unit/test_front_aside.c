/*
 * Lookups in the store that are set aside (request.h): in which order several
 * clients are read and answered in one turn of the loop, and that what happens
 * to one of them between setting aside and going on makes no answer a wrong
 * one.
 */
#include <config.h>

#include "tests/unit/aside_guests.h"

/* Pipelined: more than is read at once, or answered before it is taken. */
#define MANY 1500

/* ---- several, one, many ----------------------------------------------- */

static void
three(void)
{
	guests_come(3);
	ask(0, 1);
	ask(1, LOCKED);
	ask(2, NOBODY);
	play("ABaCbc", 3);
	check_heard(false);
	check_left(3);
}

static void
six(void)
{
	guests_come(6);
	for (unsigned i = 0; i < 6; i++)
		ask(i, (i * 3 + 1) % USERS);
	play("ABaCbDcEdFef", 6);
	check_heard(false);
	/* and again, with memory used before */
	for (unsigned i = 0; i < 6; i++)
		ask(i, i == 2 ? NOBODY : 5 - i);
	play("ABaCbDcEdFef", 6);
	check_heard(false);
	check_left(6);
}

static void
alone(void)
{
	guests_come(3);
	for (unsigned i = 0; i < 4; i++) {
		ask(1, 3 + i);
		play("Bb", 0);
		check_heard(false);
	}
	check_left(3);
}

/* Who is not to wait, for a line that asks for nobody, does not. */
static void
beside_others(void)
{
	guests_come(3);
	ask(0, 1);
	ask_badly(1);
	ask(2, 2);
	play("ABbaCc", 2);
	check_heard(false);
	check_left(3);
}

/* The last of them may be set aside, and no other: they stay in order. */
static void
pipelined(void)
{
	guests_come(3);
	ask(0, 1);
	ask_many(&guests[1], 2, 4);
	ask(2, NOBODY);
	play("ABaCbc", 3);
	check_heard(false);
	check_left(3);
}

/* What he has more than one turn is long does not keep the others. */
static void
endless(void)
{
	guests_come(3);
	ask_many(&guests[0], 0, MANY);
	ask(1, 1);
	ask(2, LOCKED);
	warm_up();
	step_us = CLIENT_TURN_US / 10;
	turn();
	for (size_t i = 0; i < 3; i++)
		hear(&guests[i]);
	row_check(guests[0].heard.len > 0 && guests[0].heard.len <
	    guests[0].want.len / MANY * 20, row, "one turn: %zu bytes",
	    guests[0].heard.len);
	row_check(guests[1].heard.len == guests[1].want.len &&
	    guests[2].heard.len == guests[2].want.len, row, "others wait");
	for (int i = 0; i < 3000 &&
	    guests[0].heard.len < guests[0].want.len; i++) {
		turn();
		hear(&guests[0]);
	}
	check_heard(false);
	check_left(3);
}

/* ---- ends ------------------------------------------------------------- */

static void
leave(size_t at)
{
	assert_int_equal(shutdown(guests[at].us, SHUT_WR), 0);
}

static void
vanish(size_t at)
{
	close(guests[at].us);
	guests[at].us = -1;
}

static void
half_closed(void)
{
	guests_come(3);
	for (unsigned i = 0; i < 3; i++) {
		ask(i, i + 3);
		leave(i);
	}
	warm_up();
	turn();
	row_check(strncmp(order, "ABaCb", 5) == 0 && asides == 3, row,
	    "order: %s", order);
	check_left(0);
	check_heard(true);
}

static void
first_leaves(void)
{
	leave(0);
}

static void
half_closed_between(void)
{
	guests_come(2);
	ask(0, 1);
	ask(1, 2);
	guests[1].on_recv = first_leaves;
	play("ABab", 2);
	check_left(1);
	row_check(hear(&guests[0]), row, "A: no end");
	leave(1);
	check_left(0);
	check_heard(true);
}

static void
first_vanishes(void)
{
	vanish(0);
}

static void
closed(void)
{
	guests_come(3);
	ask(0, 1);
	ask(1, 2);
	ask(2, LOCKED);
	vanish(0);
	play("ABaCbc", 3);
	check_left(2);
	check_heard(false);
}

static void
closed_between(void)
{
	guests_come(3);
	ask(0, 1);
	ask(1, 2);
	ask(2, LOCKED);
	guests[1].on_recv = first_vanishes;
	play("ABaCbc", 3);
	check_left(2);
	check_heard(false);
}

/* The last one too, whom nobody comes behind. */
static void
last_closed(void)
{
	guests_come(2);
	ask(0, 1);
	ask(1, 2);
	vanish(1);
	play("ABab", 2);
	check_left(1);
	check_heard(false);
}

static void
drop_first(void)
{
	client_drop(guests[0].client);
	buffer_clear(&guests[0].want);
}

static void
dropped(void)
{
	guests_come(3);
	ask(0, 1);
	ask(1, LOCKED);
	ask(2, 2);
	guests[1].on_recv = drop_first;
	play("ABCbc", 3);
	row_check(hear(&guests[0]), row, "A is still there");
	vanish(0);
	check_left(2);
	check_heard(false);
}

/* While the next one is answered, who is not set aside himself. */
static void
dropped_later(void)
{
	guests_come(3);
	ask(0, 1);
	ask_many(&guests[1], LOCKED, 1);
	ask_badly(1);
	ask(2, 2);
	guests[1].on_send = drop_first;
	play("ABbCc", 2);
	row_check(hear(&guests[0]), row, "A is still there");
	vanish(0);
	check_left(2);
	check_heard(false);
}

static void
on_stop(evutil_socket_t fd, short what, void *context)
{
	char byte;

	(void)!__real_recv(fd, &byte, 1, MSG_DONTWAIT);
	front_stop(&front);
}

static void
stopping(void)
{
	int other, heard_fd = pair(SOCK_STREAM, &other);
	struct event *event = event_new(front.base, heard_fd, EV_READ, on_stop,
	    NULL);

	assert_int_equal(event_add(event, NULL), 0);
	guests_come(4);
	ask(0, 1);
	assert_int_equal(__real_send(other, "", 1, MSG_NOSIGNAL), 1);
	ask_many(&guests[1], LOCKED, 3);
	ask(2, 2);
	warm_up();
	turn();
	row_check(order[0] == 'A' && order[1] != 'a' && asides > 0, row,
	    "order: %s", order);
	check_left(0);
	check_heard(true);
	event_free(event);
	close(heard_fd);
	close(other);
}

/* ---- all -------------------------------------------------------------- */

static void
test_aside(void **state)
{
	static const struct aside_row rows[] = {
		{ "three", three },
		{ "six, twice", six },
		{ "one alone", alone },
		{ "beside others", beside_others },
		{ "pipelined", pipelined },
		{ "endless", endless },
		{ "half-closed", half_closed },
		{ "half-closed between", half_closed_between },
		{ "closed", closed },
		{ "closed between", closed_between },
		{ "the last one closed", last_closed },
		{ "dropped", dropped },
		{ "dropped later", dropped_later },
		{ "stopping", stopping },
	};

	play_rows(rows, COUNT(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
