/*
 * Closed-loop load on a web server at 127.0.0.1, by people with certificates.
 *
 *   web PORT CONNECTIONS SECONDS [OPTION ...] PERSON=STATUS ... [PID ...]
 *	each connection is one person's, in turn; PERSON.crt and PERSON.key
 *	are his, STATUS is what he must get.  Options: `close` connects anew,
 *	with a full handshake, for every request; `plain` is without TLS;
 *	`path=/PATH`; `log=FILE` tells of every other answer: milliseconds
 *	since 1970, person, status or `lost`.  Ends earlier on SIGTERM.
 *	Reports as bench.h says, with the CPU of the PIDs.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tests/bench/bench.h"

#define BUFFER 65536
#define EVENTS 256
#define PEOPLE 16

struct person {
	const char *name;
	char status[4];
	SSL_CTX *tls;
};

struct connection {
	const struct person *person;
	int fd;
	SSL *tls;			/* NULL: plain */
	bool asked;
	int64_t since;
	size_t len;
	char data[BUFFER];
};

static struct person people[PEOPLE];
static size_t person_count;
static struct sockaddr_in target;
static bool reconnect, plain;
static char request[512];
static FILE *others;
static volatile sig_atomic_t ended;

static void
on_end(int signal)
{
	(void)signal;
	ended = 1;
}

static void
set_request(const char *path)
{
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n"
	    "Host: localhost\r\nUser-Agent: web\r\n%s\r\n", path,
	    reconnect ? "Connection: close\r\n" : "");
}

/* NAME=STATUS. */
static void
add_person(const char *text)
{
	struct person *person = &people[person_count++];
	const char *end = strrchr(text, '=');
	char *name, path[4096];

	if (person_count == PEOPLE || end == NULL || strlen(end) != 4)
		bench_die(text);
	name = strdup(text);
	if (name == NULL)
		bench_die(text);
	name[end - text] = '\0';
	memcpy(person->status, end + 1, 4);
	person->name = name;
	if (plain)
		return;
	person->tls = SSL_CTX_new(TLS_client_method());
	if (person->tls == NULL)
		bench_die("SSL_CTX_new");
	SSL_CTX_set_session_cache_mode(person->tls, SSL_SESS_CACHE_OFF);
	snprintf(path, sizeof(path), "%s.crt", name);
	if (SSL_CTX_use_certificate_file(person->tls, path,
	    SSL_FILETYPE_PEM) != 1)
		bench_die(path);
	snprintf(path, sizeof(path), "%s.key", name);
	if (SSL_CTX_use_PrivateKey_file(person->tls, path,
	    SSL_FILETYPE_PEM) != 1)
		bench_die(path);
}

static void
ask(struct connection *c)
{
	int len = (int)strlen(request);
	/* so little always fits the socket */
	int sent = c->tls != NULL ? SSL_write(c->tls, request, len) :
	    (int)send(c->fd, request, (size_t)len, MSG_NOSIGNAL);

	if (sent != len)
		bench_die("request");
	c->asked = true;
	c->len = 0;
}

static void
open_connection(struct connection *c, int loop)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	int one = 1;

	c->since = bench_now_ns();
	c->asked = false;
	c->len = 0;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd == -1 || connect(c->fd, (struct sockaddr *)&target,
	    sizeof(target)) == -1 ||
	    fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1)
		bench_die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(loop, EPOLL_CTL_ADD, c->fd, &event);
	if (plain) {
		ask(c);
		return;
	}
	c->tls = SSL_new(c->person->tls);
	if (c->tls == NULL || SSL_set_fd(c->tls, c->fd) != 1)
		bench_die("SSL_new");
	SSL_set_connect_state(c->tls);
	(void)SSL_do_handshake(c->tls);
}

static void
open_again(struct connection *c, int loop)
{
	SSL_free(c->tls);
	c->tls = NULL;
	close(c->fd);
	open_connection(c, loop);
}

static void
count_answer(struct connection *c, const char *word)
{
	int64_t now = bench_now_ns();
	struct timespec t;

	bench_answer(word, 4, c->since, now);
	c->since = now;
	if (others == NULL || strncmp(word, c->person->status, 3) == 0)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	fprintf(others, "%lld %s %.4s\n", (long long)t.tv_sec * 1000 +
	    t.tv_nsec / 1000000, c->person->name, word);
	fflush(others);
}

/* A field of the head, behind its colon; NULL: none. */
static const char *
field(const char *head, const char *name)
{
	const char *line = strstr(head, "\r\n");

	for (; line != NULL; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, strlen(name)) == 0)
			return line + 2 + strlen(name) +
			    strspn(line + 2 + strlen(name), ": ");
	return NULL;
}

/* Is the answer whole?  at_end: nothing else is to come. */
static bool
is_whole(struct connection *c, bool at_end, bool *ret_close)
{
	char *end, *length;

	c->data[c->len] = '\0';
	end = strstr(c->data, "\r\n\r\n");
	if (end == NULL)
		return false;
	end[2] = '\0';
	length = (char *)(uintptr_t)field(c->data, "Content-Length");
	*ret_close = field(c->data, "Connection") != NULL &&
	    strncmp(field(c->data, "Connection"), "close", 5) == 0;
	end[2] = '\r';
	if (length == NULL)
		return at_end;
	return c->len - (size_t)(end + 4 - c->data) >=
	    strtoul(length, NULL, 10);
}

/* More bytes: how many, 0 at the end, -1 not now. */
static int
receive(struct connection *c)
{
	size_t room = BUFFER - 1 - c->len;
	int n;

	if (c->tls == NULL) {
		n = (int)recv(c->fd, c->data + c->len, room, 0);
		return n == -1 && errno != EAGAIN ? 0 : n;
	}
	n = SSL_read(c->tls, c->data + c->len, (int)room);
	if (n > 0)
		return n;
	return SSL_get_error(c->tls, n) == SSL_ERROR_WANT_READ ? -1 : 0;
}

static void
go_on(struct connection *c, int loop)
{
	char word[5] = "lost";
	bool last = false;
	int n;

	if (!c->asked) {
		n = SSL_do_handshake(c->tls);
		if (n == 1)
			ask(c);
		else if (SSL_get_error(c->tls, n) != SSL_ERROR_WANT_READ) {
			count_answer(c, word);
			open_again(c, loop);
		}
		return;
	}
	while ((n = receive(c)) > 0)
		c->len += (size_t)n;
	if (!is_whole(c, n == 0, &last) && n != 0)
		return;
	if (c->len > 12 && is_whole(c, n == 0, &last))
		snprintf(word, sizeof(word), "%.3s", c->data + 9);
	count_answer(c, word);
	if (n == 0 || last || reconnect)
		open_again(c, loop);
	else
		ask(c);
}

static void
run(int count, double seconds, int pids, char **pid)
{
	struct epoll_event events[EVENTS];
	int loop = epoll_create1(0);
	int64_t start, stop, cpu;
	struct connection *all = calloc((size_t)count, sizeof(*all));

	if (all == NULL)
		bench_die("calloc");
	for (int i = 0; i < count; i++) {
		all[i].person = &people[(size_t)i % person_count];
		open_connection(&all[i], loop);
	}
	cpu = bench_cpu_us(pids, pid);
	start = bench_now_ns();
	stop = start + (int64_t)(seconds * 1e9);
	while (!ended && bench_now_ns() < stop) {
		int n = epoll_wait(loop, events, EVENTS, 1000);

		for (int i = 0; i < n; i++)
			go_on(events[i].data.ptr, loop);
	}
	bench_report(start, bench_now_ns(), bench_cpu_us(pids, pid) - cpu);
	for (int i = 0; i < count; i++)
		SSL_free(all[i].tls);
	free(all);
}

int
main(int argc, char **argv)
{
	const char *path = "/";
	int at = 4;

	if (argc < 5) {
		fputs("usage: web PORT CONNECTIONS SECONDS [close] [plain] "
		    "[path=/PATH] [log=FILE] PERSON=STATUS ... [PID ...]\n",
		    stderr);
		return 2;
	}
	bench_files();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_end);
	target.sin_family = AF_INET;
	target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	target.sin_port = htons((uint16_t)bench_number(argv[1], 1, 65535));
	for (; at < argc; at++) {
		if (strcmp(argv[at], "close") == 0)
			reconnect = true;
		else if (strcmp(argv[at], "plain") == 0)
			plain = true;
		else if (strncmp(argv[at], "path=", 5) == 0)
			path = argv[at] + 5;
		else if (strncmp(argv[at], "log=", 4) == 0)
			others = fopen(argv[at] + 4, "ae");
		else if (strchr(argv[at], '=') != NULL)
			add_person(argv[at]);
		else
			break;
	}
	set_request(path);
	if (person_count == 0)
		bench_die("no person");
	run(bench_number(argv[2], 1, 100000), strtod(argv[3], NULL),
	    argc - at, argv + at);
	return 0;
}
