/* The false lookupd of hook_rig.h, which does what its script says. */
#include "config.h"

#include "tests/unit/hook_rig.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/protocol.h"
#include "common/unix_socket.h"

#define CLIENTS 64

struct client {
	int fd;				/* 0: free */
	struct buffer in;
	char held[64];			/* id of a question on hold */
};

static struct client clients[CLIENTS];

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		return;
}

static void __attribute__((format(printf, 2, 3)))
answer(int fd, const char *format, ...)
{
	char line[RIG_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	say(fd, line);
}

static void
drop(struct client *client)
{
	close(client->fd);
	buffer_free(&client->in);
	memset(client, 0, sizeof(*client));
}

static void
release(void)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++) {
		if (clients[i].held[0] == '\0')
			continue;
		answer(clients[i].fd, "active account=held id=%s\n",
		    clients[i].held);
		clients[i].held[0] = '\0';
	}
}

static bool
is(const char *script, const char *word)
{
	return strcmp(script, word) == 0;
}

/* What a script word makes us do that is more than a line. */
static void
misbehave(struct client *client, const char *script, const char *id)
{
	static unsigned closed;
	int fd = client->fd;

	if (is(script, "hold"))
		snprintf(client->held, sizeof(client->held), "%s", id);
	else if (is(script, "close") ||
	    (is(script, "close-once") && closed++ == 0))
		drop(client);
	else if (is(script, "close-once"))
		answer(fd, "active account=again id=%s\n", id);
	else if (is(script, "half")) {
		say(fd, "active acc");
		drop(client);
	} else if (is(script, "two"))
		answer(fd, "unknown id=%s\nactive account=x id=%s\n", id, id);
	else if (is(script, "detail"))
		answer(fd, " seen id=%s\nactive account=x id=%s\n", id, id);
	else if (is(script, "no-id"))
		say(fd, "active account=x\n");
	else if (is(script, "other-id"))
		answer(fd, "active account=x id=%.*s%c\n",
		    (int)strlen(id) - 1, id, id[strlen(id) - 1] ^ 1);
	else if (is(script, "noise"))
		say(fd, "\x16\x03\x01 active\n");
	else if (is(script, "caller")) {
		say(fd, "refused reason=caller\n");
		drop(client);
	} else if (is(script, "release")) {
		answer(fd, "active account=release id=%s\n", id);
		release();
	}
}

static void
obey(struct client *client, const char *script, const char *id)
{
	static const char *const lines[][2] = {
		{ "active", "active account=user1@example.com "
		    "identity=alias@example.com" },
		{ "elsewhere", "active account=user1@example.com "
		    "identity=alias@example.net" },
		{ "breaking", "active account=a%0D%0ALocation:%20x@example.com" },
		{ "barred", "active account=a|name|0|1@example.com" },
		{ "odd", "active account=J%C3%B6rg%20x%0D%0Ay" },
		{ "nameless", "active" },
		{ "locked", "blocked reason=locked" },
		{ "unknown", "unknown" }, { "ambiguous", "ambiguous" },
		{ "expired", "refused reason=expired" },
		{ "not-admin", "refused reason=not-admin" },
		{ "directory", "unavailable reason=directory" },
		{ "syntax", "bad-request reason=syntax byte=9" },
		{ "ok", "ok" },
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (is(script, lines[i][0])) {
			answer(client->fd, "%s id=%s\n", lines[i][1], id);
			return;
		}
	}
	misbehave(client, script, id);
}

static void
read_client(struct rig_seen *seen, struct client *client)
{
	struct protocol_message message;
	struct protocol_error error;
	size_t line, used;
	ssize_t n;

	if (buffer_reserve(&client->in, 4096) == -1)
		_exit(3);
	n = read(client->fd, client->in.data + client->in.len, 4096);
	if (n <= 0) {
		drop(client);
		return;
	}
	client->in.len += (size_t)n;
	if (protocol_next(client->in.data, client->in.len, PROTOCOL_LINE_MAX,
	    &line, &used) != PROTOCOL_OK)
		return;
	seen->questions++;
	snprintf(seen->line, sizeof(seen->line), "%.*s", (int)line,
	    client->in.data);
	if (protocol_decode(client->in.data, line, &message, &error) !=
	    PROTOCOL_OK)
		_exit(4);
	/* who asks about nobody is a monitor */
	if (protocol_get(&message, "cert") == NULL)
		answer(client->fd, "bad-request reason=missing-field "
		    "field=cert id=%s\n", protocol_text(&message, "id"));
	else
		obey(client, protocol_text(&message, "cert"),
		    protocol_text(&message, "id"));
	if (client->fd != 0)
		buffer_consume(&client->in, used);
}

static void
take_client(struct rig_seen *seen, int listening)
{
	int fd = accept(listening, NULL, NULL);
	size_t i;

	for (i = 0; i < CLIENTS && fd != -1; i++) {
		if (clients[i].fd != 0)
			continue;
		seen->connections++;
		clients[i].fd = fd;
		buffer_init(&clients[i].in, 2 * PROTOCOL_LINE_MAX);
		return;
	}
}

static void __attribute__((noreturn))
serve(struct rig_seen *seen, int listening)
{
	for (;;) {
		struct pollfd wait[CLIENTS + 1];
		struct client *of[CLIENTS + 1];
		nfds_t count = 1, i;

		wait[0].fd = listening;
		for (i = 0; i < CLIENTS; i++) {
			if (clients[i].fd == 0)
				continue;
			of[count] = &clients[i];
			wait[count++].fd = clients[i].fd;
		}
		for (i = 0; i < count; i++)
			wait[i].events = POLLIN;
		if (poll(wait, count, -1) == -1)
			_exit(5);
		for (i = 1; i < count; i++)
			if (wait[i].revents != 0)
				read_client(seen, of[i]);
		if (wait[0].revents != 0)
			take_client(seen, listening);
	}
}

void
rig_start_lookupd(struct rig *rig)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	int fd = unix_socket_listen(rig->lookupd_socket, 0600, (gid_t)-1, 64,
	    error);

	assert_true(fd != -1);
	rig->lookupd = fork();
	assert_true(rig->lookupd != -1);
	if (rig->lookupd == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(rig->seen, fd);
	}
	close(fd);
}

void
rig_stop_lookupd(struct rig *rig)
{
	if (rig->lookupd <= 0)
		return;
	kill(rig->lookupd, SIGKILL);
	waitpid(rig->lookupd, NULL, 0);
	rig->lookupd = 0;
	unlink(rig->lookupd_socket);
}
