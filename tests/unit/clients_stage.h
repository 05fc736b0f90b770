/*
 * A front and one client of it, over a real socket: what he says, what he has
 * heard, and turns of the loop.
 */
#ifndef TESTS_UNIT_CLIENTS_STAGE_H
#define TESTS_UNIT_CLIENTS_STAGE_H

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

static inline int
pair(int *ret_other)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, ends), 0);
	*ret_other = ends[1];
	return ends[0];
}

static inline void
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

static inline void
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
static inline void
accepted(int fd)
{
	struct unix_peer peer = { .uid = geteuid(), .gid = getegid() };

	assert_int_equal(client_new(&front, fd, &peer,
	    callers_charge(&front.callers, peer.uid)), 0);
}

static inline void
come(void)
{
	accepted(pair(&us));
}

static inline void
say(const char *text, size_t len)
{
	row_check(send(us, text, len, MSG_NOSIGNAL) == (ssize_t)len, row,
	    "cannot say %zu bytes", len);
}

/* So many lines, each to be answered at once, in one piece. */
static inline void
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
static inline void
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

static inline void
hear(void)
{
	ssize_t n;

	while (us != -1 && buffer_reserve(&heard, 65536) == 0 &&
	    (n = __real_recv(us, heard.data + heard.len, 65536,
	    MSG_DONTWAIT)) > 0)
		heard.len += (size_t)n;
}

static inline void
turn(void)
{
	event_base_loop(front.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* The directory process answers what it was asked. */
static inline void
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
static inline unsigned
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
static inline void
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

static inline void
leave(void)
{
	assert_int_equal(shutdown(us, SHUT_WR), 0);
}

/* ---- rows ------------------------------------------------------------- */

struct play {
	const char *name;
	void (*play)(void);
};

/* Each edge-triggered and not. */
static inline void
play_rows(const struct play *plays, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (int level = 0; level < 2; level++) {
			snprintf(row, sizeof(row), "%s%s", plays[i].name,
			    level ? ", level-triggered" : "");
			begin(level ? EV_READ : 0);
			plays[i].play();
			end();
		}
	}
	rows_end();
}

#endif
