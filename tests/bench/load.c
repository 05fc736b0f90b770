/*
 * Closed-loop load on a Unix socket.
 *
 *   load SOCKET CONNECTIONS DEPTH SECONDS FILE [OPTION ...] [PID ...]
 *	send the lines of FILE round robin, DEPTH outstanding on each of
 *	CONNECTIONS.  Options: `close` connects anew for every line; `dovecot`
 *	speaks to Dovecot's auth-userdb, `nslcd` to nslcd (implies close;
 *	DEPTH 1), lines are then user names.  Reports as bench.h says, with
 *	the CPU of the PIDs.
 *   load hold SOCKET CONNECTIONS [FILE]
 *	keep silent connections open until standard input ends; says `open`.
 *	With FILE each has sent it first and got an answer, and fails if it is
 *	closed before that end.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define BUFFER 65536
#define DEPTH_MAX 64
#define EVENTS 256

struct connection {
	int fd;
	unsigned outstanding;
	int64_t sent[DEPTH_MAX];	/* ring of send times */
	unsigned first;
	bool greeted;
	size_t len;
	char data[BUFFER];
};

enum dialect { LINES, DOVECOT, NSLCD };

static enum dialect dialect;
static bool reconnect;
static struct sockaddr_un target;
static unsigned last_id;

static void
set_target(const char *path)
{
	target.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(target.sun_path)) {
		errno = ENAMETOOLONG;
		bench_die(path);
	}
	memcpy(target.sun_path, path, strlen(path));
}

static int
open_connection(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&target,
	    sizeof(target)) != 0)
		bench_die("connect");
	return fd;
}

static void
send_all(int fd, const char *data, size_t len)
{
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(fd, data + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0)
			bench_die("send");
		sent += (size_t)n;
	}
}

/* nslcd.h: version 2, action passwd by name, the name with its length. */
static size_t
nslcd_request(char *at, const char *name, size_t len)
{
	uint32_t head[3] = { htonl(2), htonl(0x00080001),
		htonl((uint32_t)len) };

	memcpy(at, head, sizeof(head));
	memcpy(at + sizeof(head), name, len);
	return sizeof(head) + len;
}

static size_t
put_request(char *at, const struct bench_line *line)
{
	switch (dialect) {
	case LINES:
		break;
	case DOVECOT:
		return (size_t)sprintf(at, "USER\t%u\t%.*s\tservice=bench\n",
		    ++last_id, (int)line->len - 1, line->text);
	case NSLCD:
		return nslcd_request(at, line->text, line->len - 1);
	}
	memcpy(at, line->text, line->len);
	return line->len;
}

static void
send_lines(struct connection *c, unsigned count)
{
	static char batch[DEPTH_MAX * BUFFER];
	size_t len = 0;
	int64_t at = bench_now_ns();

	for (; count > 0; count--) {
		len += put_request(batch + len, bench_next_line());
		c->sent[(c->first + c->outstanding++) % DEPTH_MAX] = at;
	}
	send_all(c->fd, batch, len);
}

static void
count_answer(struct connection *c, const char *word, size_t len, int64_t now)
{
	bench_answer(word, len, c->sent[c->first], now);
	c->first = (c->first + 1) % DEPTH_MAX;
	c->outstanding--;
}

/* A last line?  Not one of details, nor of what Dovecot says first. */
static bool
is_answer(const struct connection *c, const char *line)
{
	if (dialect != DOVECOT)
		return *line != ' ';
	return c->greeted && strncmp(line, "VERSION", 7) != 0 &&
	    strncmp(line, "SPID", 4) != 0;
}

/* Version, action, then 1 and an entry, or 2 and no (more) entry. */
static unsigned
nslcd_end(struct connection *c)
{
	uint32_t code = 0;

	if (c->len >= 12)
		memcpy(&code, c->data + 8, sizeof(code));
	if (code == htonl(1))
		count_answer(c, "found", 5, bench_now_ns());
	else
		count_answer(c, "none", 4, bench_now_ns());
	c->len = 0;
	return 1;
}

/* Read what is there; the number of answers. */
static unsigned
receive(struct connection *c)
{
	ssize_t n = recv(c->fd, c->data + c->len, sizeof(c->data) - c->len, 0);
	char *at = c->data, *end;
	unsigned answers = 0;
	int64_t now = bench_now_ns();

	if (n == 0 && dialect == NSLCD)
		return nslcd_end(c);
	if (n <= 0) {
		fprintf(stderr, "the server closed a connection\n");
		exit(1);
	}
	c->len += (size_t)n;
	if (dialect == NSLCD)
		return 0;
	while ((end = memchr(at, '\n', c->len - (size_t)(at - c->data)))) {
		if (is_answer(c, at)) {
			count_answer(c, at, (size_t)(end - at), now);
			answers++;
		}
		at = end + 1;
	}
	c->len -= (size_t)(at - c->data);
	memmove(c->data, at, c->len);
	return answers;
}

static void
greet(struct connection *c)
{
	char byte = 0;

	if (dialect != DOVECOT)
		return;
	send_all(c->fd, "VERSION\t1\t1\n", strlen("VERSION\t1\t1\n"));
	/* it says VERSION and SPID */
	for (int lines = 0; lines < 2; lines += byte == '\n') {
		if (recv(c->fd, &byte, 1, 0) != 1)
			bench_die("greeting");
	}
	c->greeted = true;
}

static void
set_up(struct connection *c, int loop)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	c->fd = open_connection();
	greet(c);
	epoll_ctl(loop, EPOLL_CTL_ADD, c->fd, &event);
}

static void
go_on(struct connection *c, int loop, unsigned answers)
{
	if (answers == 0)
		return;
	if (reconnect) {
		close(c->fd);
		set_up(c, loop);
	}
	send_lines(c, answers);
}

static void
run(int loop, int count, unsigned depth, double seconds, int pids, char **pid)
{
	struct epoll_event events[EVENTS];
	int64_t start, stop, cpu;
	struct connection *all = calloc((size_t)count, sizeof(*all));

	if (all == NULL)
		bench_die("calloc");
	for (int i = 0; i < count; i++) {
		set_up(&all[i], loop);
		send_lines(&all[i], depth);
	}
	cpu = bench_cpu_us(pids, pid);
	start = bench_now_ns();
	stop = start + (int64_t)(seconds * 1e9);
	while (bench_now_ns() < stop) {
		int n = epoll_wait(loop, events, EVENTS, 1000);

		for (int i = 0; i < n; i++)
			go_on(events[i].data.ptr, loop,
			    receive(events[i].data.ptr));
	}
	bench_report(start, bench_now_ns(), bench_cpu_us(pids, pid) - cpu);
	free(all);
}

/* Ask all of a file at once, and read what comes in one piece. */
static void
ask_once(int fd, const char *text, size_t len)
{
	char answer[4096];

	send_all(fd, text, len);
	if (recv(fd, answer, sizeof(answer), 0) <= 0)
		bench_die("no answer");
}

static int
hold(const char *path, int count, const char *question)
{
	static char text[BUFFER];
	FILE *file = question == NULL ? NULL : fopen(question, "re");
	size_t len = file == NULL ? 0 : fread(text, 1, sizeof(text), file);
	int fd = -1, first = -1;
	char byte;

	if (question != NULL && len == 0)
		bench_die(question);
	set_target(path);
	for (int i = 0; i < count; i++) {
		fd = open_connection();
		first = i == 0 ? fd : first;
		if (len > 0)
			ask_once(fd, text, len);
	}
	puts("open");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (; len > 0 && first <= fd; first++)
		if (recv(first, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			return 1;
	return 0;
}

static bool
option(const char *word)
{
	if (strcmp(word, "dovecot") == 0)
		dialect = DOVECOT;
	else if (strcmp(word, "nslcd") == 0)
		dialect = NSLCD;
	else if (strcmp(word, "close") != 0)
		return false;
	reconnect = reconnect || dialect != DOVECOT;
	return true;
}

int
main(int argc, char **argv)
{
	int at = 6;

	bench_files();
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], bench_number(argv[3], 1, 1000000),
		    argv[4]);
	if (argc < 6) {
		fputs("usage: load SOCKET CONNECTIONS DEPTH SECONDS FILE "
		    "[close | dovecot | nslcd] [PID ...]\n"
		    "       load hold SOCKET CONNECTIONS [FILE]\n", stderr);
		return 2;
	}
	set_target(argv[1]);
	bench_read_lines(argv[5]);
	while (at < argc && option(argv[at]))
		at++;
	run(epoll_create1(0), bench_number(argv[2], 1, 100000),
	    (unsigned)bench_number(argv[3], 1, DEPTH_MAX),
	    strtod(argv[4], NULL), argc - at, argv + at);
	return 0;
}
