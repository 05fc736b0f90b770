/*
 * Clients of a front, over real sockets: whatever is said is answered, in
 * order, and the end is noticed, in whichever pieces both come and whatever
 * the client waits for.  Each row is played edge-triggered and not.
 */
#include <config.h>

#include "lookupd/front.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/rows.h"

/* More turns of the loop than any row needs. */
#define TURNS 3000
/* Pipelined; what they are and what is answered fills sockets. */
#define MANY 10000

ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);

static struct config config;
static struct front front;
static char row[128];
static int us;				/* the client's end */
static int directory, parent, nobody;	/* the other processes' ends */
static struct buffer heard;
static size_t recvs;			/* of the front */
static unsigned said;			/* lines, each with its number */

ssize_t
__wrap_recv(int fd, void *data, size_t len, int flags)
{
	recvs++;
	return __real_recv(fd, data, len, flags);
}

/* ---- the stage -------------------------------------------------------- */

static int
pair(int *ret_other)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, ends), 0);
	*ret_other = ends[1];
	return ends[0];
}

static void
begin(short reading)
{
	config.references = 2;		/* one is ours, for good */
	config.deadline_ms = 600000;
	front = (struct front){ .trust = calloc(1, sizeof(*front.trust)) };
	assert_non_null(front.trust);
	front.trust->references = 1;
	front.trust->config = &config;
	front.listen_fd = pair(&nobody);
	front.control = pair(&parent);
	assert_int_equal(front_set_up(&front), 0);
	if (reading != 0)
		front.reading = reading;
	finder_connect(front.finder, pair(&directory));
	buffer_init(&heard, 8 * 1024 * 1024);
	said = 0;
	us = -1;
}

static void
end(void)
{
	front_tear_down(&front);
	if (us != -1)
		close(us);
	close(front.listen_fd);
	close(front.control);
	close(nobody);
	close(parent);
	close(directory);
	buffer_free(&heard);
}

/* A client; what he said before is read at once. */
static void
accepted(int fd)
{
	struct unix_peer peer = { .uid = geteuid(), .gid = getegid() };

	assert_int_equal(client_new(&front, fd, &peer,
	    callers_charge(&front.callers, peer.uid)), 0);
}

static void
come(void)
{
	accepted(pair(&us));
}

static void
say(const char *text, size_t len)
{
	row_check(send(us, text, len, MSG_NOSIGNAL) == (ssize_t)len, row,
	    "cannot say %zu bytes", len);
}

/* So many lines, each to be answered at once, in one piece. */
static void
say_lines(size_t count)
{
	struct buffer text;

	buffer_init(&text, 1024 * 1024);
	for (size_t i = 0; i < count; i++)
		buffer_printf(&text, "x id=%u\n", said++);
	say(text.data, text.len);
	buffer_free(&text);
}

/* One line of that many bytes, or the beginning of it. */
static void
say_long(size_t len, bool whole)
{
	char *text = malloc(len);

	assert_non_null(text);
	memset(text, 'a', len);
	if (whole) {
		int n = snprintf(text, len, "x id=%u b=", said++);

		text[n] = 'a';
		text[len - 1] = '\n';
	}
	say(text, len);
	free(text);
}

static void
hear(void)
{
	ssize_t n;

	while (us != -1 && buffer_reserve(&heard, 65536) == 0 &&
	    (n = __real_recv(us, heard.data + heard.len, 65536,
	    MSG_DONTWAIT)) > 0)
		heard.len += (size_t)n;
}

static void
turn(void)
{
	event_base_loop(front.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* The directory process answers what it was asked. */
static void
answer(void)
{
	char text[1024];
	ssize_t n = __real_recv(directory, text, sizeof(text) - 1,
	    MSG_DONTWAIT);
	const char *id;

	text[n < 0 ? 0 : n] = '\0';
	id = strstr(text, "id=");
	if (!row_check(id != NULL, row, "the directory is not asked"))
		return;
	n = snprintf(text, sizeof(text), " server text=up\nok id=%llu\n",
	    strtoull(id + 3, NULL, 10));
	assert_int_equal(send(directory, text, (size_t)n, MSG_NOSIGNAL), n);
}

/* How many answers there are, each in its place. */
static unsigned
answers(void)
{
	const char *line = buffer_text(&heard), *next, *id;
	unsigned n = 0;

	for (; (next = strchr(line, '\n')) != NULL; line = next + 1) {
		if (line[0] == ' ')
			continue;
		id = strstr(line, " id=");
		row_check(id != NULL && id < next &&
		    strtoul(id + 4, NULL, 10) == n, row,
		    "answer %u is %.*s", n, (int)(next - line), line);
		n++;
	}
	return n;
}

/* Let it go on until all is as it shall be, or cannot become so. */
static void
expect(bool gone)
{
	size_t before;

	for (int i = 0; i < TURNS; i++) {
		turn();
		hear();
		if (i % 16 == 15 && answers() == said &&
		    (front.client_count == 0) == gone)
			break;
	}
	row_check(answers() == said, row, "%u answers, want %u", answers(),
	    said);
	row_check((front.client_count == 0) == gone, row, "the client is %s",
	    gone ? "still there" : "gone");
	before = recvs;
	for (int i = 0; i < 5; i++)
		turn();
	row_check(recvs == before, row, "%zu recvs for nothing",
	    recvs - before);
	/* idle: no memory */
	row_check(gone || front.clients == NULL ||
	    front.clients->lines == NULL, row, "holds memory");
}

static void
leave(void)
{
	assert_int_equal(shutdown(us, SHUT_WR), 0);
}

/* ---- rows ------------------------------------------------------------- */

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
	static const struct {
		const char *name;
		void (*play)(void);
	} rows[] = {
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
		{ "descriptors passed", descriptors },
		{ "system calls", calls },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int level = 0; level < 2; level++) {
			snprintf(row, sizeof(row), "%s%s", rows[i].name,
			    level ? ", level-triggered" : "");
			begin(level ? EV_READ : 0);
			rows[i].play();
			end();
		}
	}
	rows_end();
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
