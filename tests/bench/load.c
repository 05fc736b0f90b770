/*
 * load: closed-loop load on a Unix socket line server, and the bare server
 * it is compared with.
 *
 *   load echo SOCKET
 *	answer every line with itself; one epoll thread: the limit
 *   load run SOCKET CONNECTIONS DEPTH SECONDS FILE [close|idle=N] [PID ...]
 *	send the lines of FILE round robin, DEPTH outstanding on each of
 *	CONNECTIONS; `close` connects anew for every line; `idle=N` keeps N
 *	further connections open and silent.  Prints one line:
 *	rate=/s p50= p99= max= us; cpu= us per request of the PIDs; the first
 *	words of the replies with their counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BUFFER 65536
#define SAMPLES (1 << 22)
#define WORDS 8

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(address.sun_path, path, strlen(path));
	return address;
}

/* ---- the bare server --------------------------------------------------- */

struct peer {
	int fd;
	size_t len;
	char data[BUFFER];
};

static void
echo_ready(struct peer *peer)
{
	ssize_t n = read(peer->fd, peer->data + peer->len,
	    sizeof(peer->data) - peer->len);
	char *last;
	size_t whole;

	if (n <= 0) {
		close(peer->fd);
		free(peer);
		return;
	}
	peer->len += (size_t)n;
	last = memrchr(peer->data, '\n', peer->len);
	if (last == NULL)
		return;
	whole = (size_t)(last - peer->data) + 1;
	if (send(peer->fd, peer->data, whole, MSG_NOSIGNAL) < 0)
		return;
	memmove(peer->data, last + 1, peer->len - whole);
	peer->len -= whole;
}

static int
echo(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int loop = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN }, events[256];

	unlink(path);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 4096) != 0)
		die(path);
	epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int n = epoll_wait(loop, events, 256, -1);

		for (int i = 0; i < n; i++) {
			int fd;

			if (events[i].data.ptr != NULL) {
				echo_ready(events[i].data.ptr);
				continue;
			}
			while ((fd = accept4(listener, NULL, NULL,
			    SOCK_NONBLOCK)) >= 0) {
				struct peer *peer = malloc(sizeof(*peer));

				if (peer == NULL)
					die("malloc");
				peer->fd = fd;
				peer->len = 0;
				event.data.ptr = peer;
				epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
			}
		}
	}
}

/* ---- the load ---------------------------------------------------------- */

struct line {
	char *text;
	size_t len;
};

struct connection {
	int fd;
	unsigned outstanding;
	int64_t sent[64];		/* ring of send times */
	unsigned first;
	size_t len;
	char data[BUFFER];
};

static struct line *lines;
static size_t line_count, next_line;
static uint32_t *samples;
static size_t sample_count;
static struct { char word[16]; uint64_t count; } words[WORDS];
static struct sockaddr_un target;
static bool reconnect;

static void
read_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	if (file == NULL)
		die(path);
	while ((len = getline(&text, &size, file)) > 0) {
		lines = realloc(lines, (line_count + 1) * sizeof(*lines));
		if (lines == NULL)
			die("realloc");
		lines[line_count].text = text;
		lines[line_count++].len = (size_t)len;
		text = NULL;
		size = 0;
	}
	fclose(file);
	if (line_count == 0) {
		errno = EINVAL;
		die(path);
	}
}

static int
open_connection(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&target,
	    sizeof(target)) != 0)
		die("connect");
	return fd;
}

static void
send_lines(struct connection *c, unsigned count)
{
	static char batch[64 * BUFFER];
	size_t len = 0;
	int64_t at = now_ns();

	for (; count > 0; count--) {
		const struct line *line = &lines[next_line++ % line_count];

		memcpy(batch + len, line->text, line->len);
		len += line->len;
		c->sent[(c->first + c->outstanding++) % 64] = at;
	}
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(c->fd, batch + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0)
			die("send");
		sent += (size_t)n;
	}
}

static void
count_word(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && n < sizeof(words[0].word) - 1 && line[n] != ' ' &&
	    line[n] != '\n')
		n++;
	for (int i = 0; i < WORDS; i++) {
		if (words[i].count == 0)
			memcpy(words[i].word, line, n);
		if (strlen(words[i].word) == n &&
		    memcmp(words[i].word, line, n) == 0) {
			words[i].count++;
			return;
		}
	}
}

/* Read what is there; the number of last lines (no detail lines). */
static unsigned
receive(struct connection *c)
{
	ssize_t n = recv(c->fd, c->data + c->len, sizeof(c->data) - c->len, 0);
	char *at = c->data, *end;
	unsigned replies = 0;
	int64_t now = now_ns();

	if (n <= 0) {
		fprintf(stderr, "the server closed a connection\n");
		exit(1);
	}
	c->len += (size_t)n;
	while ((end = memchr(at, '\n', c->len - (size_t)(at - c->data)))) {
		if (*at != ' ') {
			count_word(at, (size_t)(end - at));
			if (sample_count < SAMPLES)
				samples[sample_count++] = (uint32_t)((now -
				    c->sent[c->first]) / 100);
			c->first = (c->first + 1) % 64;
			c->outstanding--;
			replies++;
		}
		at = end + 1;
	}
	c->len -= (size_t)(at - c->data);
	memmove(c->data, at, c->len);
	return replies;
}

/* CPU of a process and its children, microseconds. */
static int64_t
cpu_us(int count, char **pids)
{
	int64_t ticks = 0;

	for (int i = 0; i < count; i++) {
		char path[64], text[1024], *at;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/stat", pids[i]);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fgets(text, sizeof(text), file) != NULL &&
		    (at = strrchr(text, ')')) != NULL) {
			/* fields 14 and 15; the one behind ')' is field 3 */
			for (int f = 2; f < 14 && at != NULL; f++)
				at = strchr(at + 1, ' ');
			if (at != NULL) {
				ticks += strtoll(at, &at, 10);
				ticks += strtoll(at, NULL, 10);
			}
		}
		fclose(file);
	}
	return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
reuse(struct connection *c, int loop)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	close(c->fd);
	c->fd = open_connection();
	epoll_ctl(loop, EPOLL_CTL_ADD, c->fd, &event);
}

static void
report(uint64_t replies, int64_t ns, int64_t cpu)
{
	double seconds = (double)ns / 1e9;

	qsort(samples, sample_count, sizeof(*samples), compare);
	printf("rate=%.0f p50=%.1f p99=%.1f max=%.1f cpu=%.2f",
	    (double)replies / seconds,
	    sample_count == 0 ? 0 : samples[sample_count / 2] / 10.0,
	    sample_count == 0 ? 0 : samples[sample_count * 99 / 100] / 10.0,
	    sample_count == 0 ? 0 : samples[sample_count - 1] / 10.0,
	    replies == 0 ? 0 : (double)cpu / (double)replies);
	for (int i = 0; i < WORDS && words[i].count > 0; i++)
		printf(" %s=%llu", words[i].word,
		    (unsigned long long)words[i].count);
	putchar('\n');
}

static int
run(int argc, char **argv)
{
	int count = atoi(argv[1]), loop = epoll_create1(0), idle = 0;
	unsigned depth = (unsigned)atoi(argv[2]);
	double seconds = atof(argv[3]);
	struct epoll_event events[256];
	uint64_t replies = 0;
	int64_t start, stop, cpu;
	int pid_at = 5;

	target = address_of(argv[0]);
	read_lines(argv[4]);
	for (; pid_at < argc; pid_at++) {
		if (strcmp(argv[pid_at], "close") == 0)
			reconnect = true;
		else if (strncmp(argv[pid_at], "idle=", 5) == 0)
			idle = atoi(argv[pid_at] + 5);
		else
			break;
	}
	samples = malloc(SAMPLES * sizeof(*samples));
	if (samples == NULL || depth == 0 || depth > 64 || count <= 0)
		die("arguments");
	for (int i = 0; i < idle; i++)
		(void)open_connection();
	for (int i = 0; i < count; i++) {
		struct connection *c = calloc(1, sizeof(*c));
		struct epoll_event event = { .events = EPOLLIN,
			.data.ptr = c };

		if (c == NULL)
			die("calloc");
		c->fd = open_connection();
		epoll_ctl(loop, EPOLL_CTL_ADD, c->fd, &event);
		send_lines(c, depth);
	}
	cpu = cpu_us(argc - pid_at, argv + pid_at);
	start = now_ns();
	stop = start + (int64_t)(seconds * 1e9);
	while (now_ns() < stop) {
		int n = epoll_wait(loop, events, 256, 1000);

		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;
			unsigned got = receive(c);

			replies += got;
			if (got > 0 && reconnect)
				reuse(c, loop);
			if (got > 0)
				send_lines(c, got);
		}
	}
	report(replies, now_ns() - start,
	    cpu_us(argc - pid_at, argv + pid_at) - cpu);
	return 0;
}

int
main(int argc, char **argv)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 3 && strcmp(argv[1], "echo") == 0)
		return echo(argv[2]);
	if (argc >= 7 && strcmp(argv[1], "run") == 0)
		return run(argc - 2, argv + 2);
	fputs("usage: load echo SOCKET\n"
	    "       load run SOCKET CONNECTIONS DEPTH SECONDS FILE "
	    "[close] [idle=N] [PID ...]\n", stderr);
	return 2;
}
