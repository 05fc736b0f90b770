/*
 * One connection, opened again when the front was killed.
 */
#include "tests/tools/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *path;
static int fd = -1;
static char reply[64 * 1024];

void
model_ask_begin(const char *socket_path)
{
	path = socket_path;
}

static bool
open_it(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd >= 0)
		return true;
	if (strlen(path) >= sizeof(address.sun_path))
		model_die("the socket's path is too long");
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		model_die("socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	close(fd);
	fd = -1;
	return false;
}

/* The last line of what came, or NULL while it has not come. */
static char *
last_line(size_t len)
{
	char *at = reply, *end;

	while (at < reply + len) {
		end = memchr(at, '\n', (size_t)(reply + len - at));
		if (end == NULL)
			return NULL;
		if (*at != ' ') {
			*end = '\0';
			return at;
		}
		at = end + 1;
	}
	return NULL;
}

static char *
exchange(const char *line)
{
	size_t len = 0;
	ssize_t n;
	char *last;

	if (!open_it())
		return NULL;
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) >= 0) {
		while ((n = recv(fd, reply + len, sizeof(reply) - 1 - len,
		    0)) > 0) {
			len += (size_t)n;
			reply[len] = '\0';
			last = last_line(len);
			if (last != NULL)
				return last;
		}
	}
	close(fd);
	fd = -1;
	return NULL;
}

/* The front may be gone for a while. */
static char *
ask_line(const char *line)
{
	int64_t until = model_now_us() + MODEL_PATIENCE_MS * 1000LL;
	char *last;

	while ((last = exchange(line)) == NULL) {
		if (model_now_us() > until)
			model_die("lookupd does not answer");
		model_pause(2);
	}
	return last;
}

const char *
model_ask(bool by_address, const char *value)
{
	char line[512];

	snprintf(line, sizeof(line), "lookup service=imap evidence=none "
	    "%s=%s\n", by_address ? "email" : "account", value);
	return ask_line(line);
}

const char *
model_status(void)
{
	(void)ask_line("status\n");
	return reply;
}

void
model_csns_add(struct model_csns *csns, const char *text, size_t len)
{
	if (len != CSN_SIZE || csns->count == CSNS_MAX)
		model_die("a change number that is none");
	memcpy(csns->text[csns->count], text, len);
	csns->text[csns->count++][len] = '\0';
}

/* Is there, among these bytes, a number of the same server, not older? */
static bool
has_csn(const char *at, const char *end, const char *csn)
{
	for (; end - at >= CSN_SIZE; at++) {
		if (at[14] == '.' && at[21] == 'Z' && at[22] == '#' &&
		    memcmp(at + 29, csn + 29, 5) == 0 &&
		    memcmp(at, csn, CSN_SIZE) >= 0)
			return true;
	}
	return false;
}

bool
model_contains(const char *area, const struct model_csns *csns)
{
	const char *status = model_status();
	const char *begin, *end;
	char what[64];
	size_t i;

	snprintf(what, sizeof(what), " store main %s: ", area);
	begin = strstr(status, what);
	if (begin == NULL || (end = strchr(begin, '\n')) == NULL ||
	    strncmp(begin + strlen(what), "believed", 8) != 0)
		return false;
	for (i = 0; i < csns->count; i++) {
		if (!has_csn(begin, end, csns->text[i]))
			return false;
	}
	return csns->count > 0;
}
