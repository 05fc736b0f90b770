/*
 * Clients of a front, over real sockets: whatever is said is answered, in
 * order, and the end is noticed, in whichever pieces both come.
 * Each row is played edge-triggered and not.
 */
#include <config.h>

#include "tests/unit/clients_stage.h"

static void
one_by_one(void)
{
	come();
	expect(false);
	for (int i = 0; i < 5; i++) {
		say_lines(1);
		expect(false);
	}
	leave();
	expect(true);
}

static void
end_with_line(void)
{
	come();
	expect(false);
	say_lines(1);
	leave();
	expect(true);
}

/* All of it before anybody waits for it. */
static void
end_before_accept(void)
{
	int fd = pair(&us);

	say_lines(1);
	leave();
	accepted(fd);
	expect(true);
}

static void
say_before_accept(void)
{
	int fd = pair(&us);

	say_lines(1);
	accepted(fd);
	hear();
	row_check(answers() == 1, row, "not answered at once");
	expect(false);
	say_lines(1);
	leave();
	expect(true);
}

static void
on_other(evutil_socket_t fd, short what, void *context)
{
	char byte;

	(void)!__real_recv(fd, &byte, 1, MSG_DONTWAIT);
	leave();
}

/* The end comes when the kernel has reported the line, and it is not read. */
static void
end_after_edge(void)
{
	int other, heard_fd = pair(&other);
	struct event *event = event_new(front.base, heard_fd, EV_READ,
	    on_other, NULL);

	come();
	expect(false);
	assert_int_equal(event_add(event, NULL), 0);
	assert_int_equal(send(other, "", 1, MSG_NOSIGNAL), 1);
	say_lines(1);
	expect(true);
	event_free(event);
	close(heard_fd);
	close(other);
}

static void
end_of_nothing(void)
{
	come();
	expect(false);
	leave();
	expect(true);
}

static void
end_in_line(void)
{
	come();
	expect(false);
	say("x id", 4);
	leave();
	expect(true);
}

static void
end_after_blank(void)
{
	come();
	say_lines(1);
	expect(false);
	say("\n\n", 2);
	leave();
	expect(true);
}

static void
bytewise(void)
{
	come();
	for (const char *at = "x id=0\nx id=1\n"; *at != '\0'; at++) {
		say(at, 1);
		turn();
		turn();
	}
	said = 2;
	expect(false);
}

static void
long_line(void)
{
	come();
	expect(false);
	say_long(3 * LINES_READ_SIZE + 5, true);
	say_lines(1);
	expect(false);
	say_long(PROTOCOL_LINE_MAX, true);
	leave();
	expect(true);
}

/* A read that gets all it asked for, and there is no more; or the end. */
static void
exact_read(void)
{
	come();
	expect(false);
	say_long(LINES_READ_SIZE, true);
	expect(false);
	say_long(2 * LINES_READ_SIZE, true);
	leave();
	expect(true);
}

static void
many_lines(void)
{
	come();
	expect(false);
	say_lines(MANY);
	leave();
	expect(true);
}

static void
many_lines_no_end(void)
{
	come();
	expect(false);
	say_lines(MANY);
	expect(false);
	say_lines(1);
	expect(false);
}

static void
pass(const char *text, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(fd))];
	} control;
	struct iovec part = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };

	memset(&control, 0, sizeof(control));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	assert_true(sendmsg(us, &message, MSG_NOSIGNAL) > 0);
}

/* A read ends behind each: he is heard on when he says more. */
static void
descriptors(void)
{
	come();
	expect(false);
	pass("x id=0\n", us);
	pass("x id=1\n", us);
	say("x id=2\n", 7);
	turn();
	turn();
	say("x id=3\n", 7);
	turn();
	turn();
	leave();
	said = 4;
	expect(true);
}

/* What a line costs: one recv, and none when nobody says anything. */
static void
calls(void)
{
	come();
	expect(false);
	recvs = 0;
	say_lines(1);
	expect(false);
	row_check(recvs == 1, row, "%zu recvs for a line", recvs);
	say_lines(50);
	expect(false);
	row_check(recvs == 2, row, "%zu recvs for two", recvs);
}

static void
test_clients(void **state)
{
	static const struct play rows[] = {
		{ "one by one", one_by_one },
		{ "the end with the line", end_with_line },
		{ "the end before he is accepted", end_before_accept },
		{ "a line before he is accepted", say_before_accept },
		{ "the end after the edge", end_after_edge },
		{ "the end of nothing", end_of_nothing },
		{ "the end in a line", end_in_line },
		{ "the end after an empty line", end_after_blank },
		{ "a byte at a time", bytewise },
		{ "a line longer than a read", long_line },
		{ "exactly a read", exact_read },
		{ "many lines and the end", many_lines },
		{ "many lines", many_lines_no_end },
		{ "descriptors passed", descriptors },
		{ "system calls", calls },
	};

	play_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* It is what we run with, and not only what is tested. */
static void
test_edges(void **state)
{
	begin(0);
	assert_int_equal(front.reading, EV_READ | EV_ET | EV_CLOSED);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
