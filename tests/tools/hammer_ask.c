/*
 * Asking fast and in order on many connections, with the time each answer
 * took; and holding many connections without asking.
 */
#include "tests/tools/hammer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define SHOWN 5			/* wrong answers printed */

struct asker {
	int fd;
	struct bytes in, out;
	int64_t *sent;		/* when, of the last depth requests */
	int64_t next_us;	/* not before, when paced */
	long asked, answered;
};

struct crowd {
	const char *path;
	const struct hammer_options *options;
	struct asker *askers;
	int epoll;
	bool stopping;
	long number, right, allowed, wrong, lost, closed;
	int64_t worst_us, sum_us;
};

static void
set_non_blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void
watch(struct crowd *crowd, struct asker *asker, int operation)
{
	struct epoll_event event = { .events = EPOLLIN |
		(asker->out.len > 0 ? EPOLLOUT : 0U), .data.ptr = asker };

	epoll_ctl(crowd->epoll, operation, asker->fd, &event);
}

static void
open_asker(struct crowd *crowd, struct asker *asker)
{
	asker->fd = hammer_connect(crowd->path);
	set_non_blocking(asker->fd);
	asker->in.len = asker->out.len = 0;
	asker->asked = asker->answered = 0;
	watch(crowd, asker, EPOLL_CTL_ADD);
}

static void
lose(struct crowd *crowd, struct asker *asker)
{
	crowd->lost += asker->asked - asker->answered;
	crowd->closed++;
	close(asker->fd);
	asker->fd = -1;
	if (crowd->options->allowed != NULL && !crowd->stopping)
		open_asker(crowd, asker);
}

static void
put_question(struct crowd *crowd, struct asker *asker)
{
	const char *line = crowd->options->texts[0];
	const char *mark = strstr(line, "%d");
	char number[32];
	int n;

	if (mark == NULL) {
		bytes_put(&asker->out, line, strlen(line));
	} else {
		bytes_put(&asker->out, line, (size_t)(mark - line));
		n = snprintf(number, sizeof(number), "%ld", crowd->number++);
		bytes_put(&asker->out, number, (size_t)n);
		bytes_put(&asker->out, mark + 2, strlen(mark + 2));
	}
	n = snprintf(number, sizeof(number), " id=q%ld\n", asker->asked);
	bytes_put(&asker->out, number, (size_t)n);
	asker->sent[asker->asked++ % crowd->options->depth] = hammer_now_us();
}

/* Is it time for one more? */
static bool
may_ask(const struct crowd *crowd, const struct asker *asker)
{
	const struct hammer_options *options = crowd->options;

	return asker->fd >= 0 && !crowd->stopping &&
	    asker->asked - asker->answered < options->depth &&
	    (options->requests == 0 || asker->asked < options->requests) &&
	    (options->pace_ms == 0 || hammer_now_us() >= asker->next_us);
}

static void
write_out(struct crowd *crowd, struct asker *asker)
{
	size_t before = asker->out.len;
	ssize_t n;

	while (may_ask(crowd, asker)) {
		put_question(crowd, asker);
		asker->next_us = hammer_now_us() +
		    crowd->options->pace_ms * 1000LL;
	}
	if (asker->fd < 0 || asker->out.len == 0)
		return;
	n = send(asker->fd, asker->out.data, asker->out.len, MSG_NOSIGNAL);
	if (n > 0)
		bytes_consume(&asker->out, (size_t)n);
	if ((asker->out.len > 0) != (before > 0))
		watch(crowd, asker, EPOLL_CTL_MOD);
}

static void
take_answer(struct crowd *crowd, struct asker *asker, const char *line)
{
	const struct hammer_options *options = crowd->options;
	int64_t took = hammer_now_us() -
	    asker->sent[asker->answered % options->depth];
	char id[32];
	const char *end;

	snprintf(id, sizeof(id), " id=q%ld", asker->answered);
	end = strlen(line) < strlen(id) ? "" : line + strlen(line) - strlen(id);
	asker->answered++;
	if (took > crowd->worst_us)
		crowd->worst_us = took;
	crowd->sum_us += took;
	if (strcmp(end, id) == 0 && hammer_begins(line, options->texts[1])) {
		if (crowd->right++ == 0 && options->pace_ms > 0)
			puts("begun");
	} else if (strcmp(end, id) == 0 && options->allowed != NULL &&
	    hammer_begins(line, options->allowed)) {
		crowd->allowed++;
	} else if (crowd->wrong++ < SHOWN) {
		fprintf(stderr, "wrong, expected %s%s: %s\n",
		    options->texts[1], id, line);
	}
}

static void
read_in(struct crowd *crowd, struct asker *asker)
{
	char chunk[65536], *line, *end;
	ssize_t n = recv(asker->fd, chunk, sizeof(chunk), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lose(crowd, asker);
		return;
	}
	bytes_put(&asker->in, chunk, (size_t)n);
	line = asker->in.data;
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		/* "busy" and the like come unasked, before the close */
		if (line[0] != ' ' && asker->answered < asker->asked)
			take_answer(crowd, asker, line);
		line = end + 1;
	}
	bytes_consume(&asker->in, (size_t)(line - asker->in.data));
}

static bool
all_done(const struct crowd *crowd)
{
	const struct hammer_options *options = crowd->options;

	for (int i = 0; i < options->connections; i++) {
		const struct asker *asker = &crowd->askers[i];

		if (asker->fd < 0)
			continue;
		if (asker->answered < asker->asked || (!crowd->stopping &&
		    (options->requests == 0 ||
		    asker->asked < options->requests)))
			return false;
	}
	return true;
}

static void
run(struct crowd *crowd)
{
	const struct hammer_options *options = crowd->options;
	int64_t end_us = options->ms < 0 ? INT64_MAX :
	    hammer_now_us() + options->ms * 1000LL;
	int64_t give_up_us = INT64_MAX;
	struct epoll_event events[EVENTS];

	while (!all_done(crowd) && hammer_now_us() < give_up_us) {
		int n;

		if (!crowd->stopping &&
		    (hammer_stop || hammer_now_us() >= end_us)) {
			crowd->stopping = true;
			give_up_us = hammer_now_us() +
			    HAMMER_PATIENCE_MS * 1000LL;
		}
		for (int i = 0; i < options->connections; i++)
			write_out(crowd, &crowd->askers[i]);
		n = epoll_wait(crowd->epoll, events, EVENTS,
		    options->pace_ms > 0 ? 1 : 50);
		for (int i = 0; i < n; i++)
			read_in(crowd, events[i].data.ptr);
	}
}

int
hammer_ask(const char *path, const struct hammer_options *options)
{
	size_t count = (size_t)options->connections;
	struct crowd crowd = { .path = path, .options = options,
		.askers = calloc(count, sizeof(struct asker)),
		.epoll = epoll_create1(EPOLL_CLOEXEC) };
	long answers;

	if (crowd.askers == NULL || crowd.epoll < 0)
		return 2;
	/* Names that no earlier run asked with. */
	crowd.number = (long)(hammer_now_us() % 1000000000) * 1000;
	for (size_t i = 0; i < count; i++) {
		crowd.askers[i].sent = calloc((size_t)options->depth,
		    sizeof(int64_t));
		if (crowd.askers[i].sent == NULL)
			return 2;
		open_asker(&crowd, &crowd.askers[i]);
	}
	run(&crowd);
	for (size_t i = 0; i < count; i++) {
		struct asker *asker = &crowd.askers[i];

		if (asker->fd >= 0) {
			crowd.lost += asker->asked - asker->answered;
			close(asker->fd);
		}
		free(asker->sent);
		free(asker->in.data);
		free(asker->out.data);
	}
	free(crowd.askers);
	close(crowd.epoll);
	answers = crowd.right + crowd.allowed + crowd.wrong;
	printf("right=%ld allowed=%ld wrong=%ld lost=%ld closed=%ld "
	    "worst=%lld mean_us=%lld\n", crowd.right, crowd.allowed,
	    crowd.wrong, crowd.lost, crowd.closed,
	    (long long)(crowd.worst_us + 999) / 1000,
	    answers == 0 ? 0 : (long long)(crowd.sum_us / answers));
	return crowd.wrong == 0 && crowd.right > 0 &&
	    (options->allowed != NULL || crowd.lost == 0) ? 0 : 1;
}

/* ---- holding ---------------------------------------------------------- */

/* Wait for the answer's last line. */
static bool
expect(int fd, const char *expected)
{
	struct bytes in = { NULL, 0, 0 };
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char chunk[4096];
	ssize_t n;
	bool right;

	bytes_put(&in, "", 0);
	while (strchr(in.data, '\n') == NULL &&
	    poll(&ready, 1, HAMMER_PATIENCE_MS) == 1 &&
	    (n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		bytes_put(&in, chunk, (size_t)n);
	in.data[strcspn(in.data, "\n")] = '\0';
	right = hammer_begins(in.data, expected);
	free(in.data);
	return right;
}

int
hammer_hold(const char *path, const struct hammer_options *options)
{
	struct bytes first = { NULL, 0, 0 }, rest = { NULL, 0, 0 };
	int *fds = calloc((size_t)options->connections, sizeof(int));
	long answered = 0;

	if (fds == NULL)
		return 2;
	bytes_put_escaped(&first, options->texts[0], strlen(options->texts[0]));
	if (options->texts[1] != NULL)
		bytes_put_escaped(&rest, options->texts[1],
		    strlen(options->texts[1]));
	for (int i = 0; i < options->connections; i++) {
		fds[i] = hammer_connect(path);
		(void)!send(fds[i], first.data, first.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	printf("held=%d\n", options->connections);
	while (!hammer_stop && options->ms != 0) {
		poll(NULL, 0, options->ms > 0 ? options->ms : 1000);
		if (options->ms > 0)
			break;
	}
	for (int i = 0; i < options->connections && rest.len > 0; i++)
		(void)!send(fds[i], rest.data, rest.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	for (int i = 0; i < options->connections; i++) {
		if (options->texts[2] != NULL &&
		    expect(fds[i], options->texts[2]))
			answered++;
		close(fds[i]);
	}
	printf("answered=%ld\n", answered);
	free(first.data);
	free(rest.data);
	free(fds);
	return options->texts[2] == NULL ||
	    answered == options->connections ? 0 : 1;
}
