/*
 * The lookupd of fuzz_hook, which answers when the script says so, and not
 * always as lookupd does.
 */
#include "tests/fuzz/hook_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listening;

void
account_of(unsigned number, char *ret)
{
	snprintf(ret, ACCOUNT_SIZE, "a%08x@example.com", number);
}

void
lookupd_init(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    stage_path("lookupd"));
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	stage_require(listening != -1 && bind(listening,
	    (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(listening, 256) == 0, "lookupd cannot listen");
}

void
lookupd_begin(struct stage *stage)
{
	for (size_t i = 0; i < LINKS_MAX; i++) {
		stage->links[i].fd = -1;
		buffer_init(&stage->links[i].in, HEARD_MAX);
	}
	stage->asked_count = 0;
}

static void
forget(struct stage *stage, size_t i)
{
	stage->asked_count--;
	memmove(stage->asked + i, stage->asked + i + 1,
	    (stage->asked_count - i) * sizeof(stage->asked[0]));
}

static void
hang_up(struct stage *stage, size_t link)
{
	close(stage->links[link].fd);
	stage->links[link].fd = -1;
	buffer_free(&stage->links[link].in);
	for (size_t i = stage->asked_count; i-- > 0; )
		if (stage->asked[i].link == link)
			forget(stage, i);
}

/* Behind name in the line: a number, or -1. */
static long
number_behind(const char *line, const char *name, int base)
{
	const char *at = strstr(line, name);

	return at == NULL ? -1 : strtol(at + strlen(name), NULL, base);
}

static void
take_question(struct stage *stage, size_t link, const char *line)
{
	long id = number_behind(line, " id=", 10);
	long number = number_behind(line, "MIIB", 16);
	struct request *request;

	stage_require(strncmp(line, "lookup ", 7) == 0 && id >= 0 &&
	    strstr(line, " evidence=verified service=proxy") != NULL &&
	    strstr(line, " cert=") != NULL, "no question of the hook's");
	if (number < 0 || number >= (long)stage->request_count)
		number = REQUESTS_MAX;	/* of a wild one */
	if (number < REQUESTS_MAX) {
		request = &stage->requests[number];
		stage_require(request->good, "it asks in spite of it");
		request->asked = true;
		if (strstr(line, " need=admin ") == NULL)
			request->asked_plainly = true;
	}
	stage_require(stage->asked_count < QUESTIONS_MAX, "too many questions");
	stage->asked[stage->asked_count++] = (struct asked){ link,
		(unsigned)id, (unsigned)number };
}

/* Each whole line is a question. */
static void
take_lines(struct stage *stage, size_t link)
{
	struct buffer *in = &stage->links[link].in;
	char line[64 * 1024];
	const char *end;
	size_t len;

	while (in->len > 0 && (end = memchr(in->data, '\n', in->len)) != NULL) {
		len = (size_t)(end - in->data);
		stage_require(len < sizeof(line), "a long question");
		memcpy(line, in->data, len);
		line[len] = '\0';
		buffer_consume(in, len + 1);
		take_question(stage, link, line);
	}
}

static void
hear_link(struct stage *stage, size_t link)
{
	struct buffer *in = &stage->links[link].in;
	ssize_t n;

	while ((n = buffer_reserve(in, 65536) != 0 ? -1 :
	    recv(stage->links[link].fd, in->data + in->len, 65536,
	    MSG_DONTWAIT)) > 0) {
		in->len += (size_t)n;
		take_lines(stage, link);
	}
	if (n == 0)
		hang_up(stage, link);
}

void
lookupd_hear(struct stage *stage)
{
	size_t i;
	int fd;

	for (i = 0; i < LINKS_MAX; i++)
		if (stage->links[i].fd != -1)
			hear_link(stage, i);
	for (i = 0; i < LINKS_MAX; i++) {
		if (stage->links[i].fd != -1)
			continue;
		fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC |
		    SOCK_NONBLOCK);
		if (fd == -1)
			return;
		stage->links[i].fd = fd;
		hear_link(stage, i);
	}
}

/* What it says of this one. */
static void
put_answer(char *text, size_t size, const struct asked *asked,
    enum answer_how how, const char *account)
{
	switch (how) {
	case HOW_BLOCKED:
		snprintf(text, size, "blocked reason=locked id=%u\n",
		    asked->id);
		return;
	case HOW_REFUSED:
		snprintf(text, size, "refused reason=expired id=%u\n",
		    asked->id);
		return;
	case HOW_UNAVAILABLE:
		snprintf(text, size, "unavailable reason=directory\n");
		return;
	case HOW_OTHER_ID:
		snprintf(text, size, "active account=%s identity=%s id=%u\n",
		    account, account, asked->id + 1);
		return;
	case HOW_NO_ID:
		snprintf(text, size, "active account=%s identity=%s\n",
		    account, account);
		return;
	case HOW_NO_ACCOUNT:
		snprintf(text, size, "active identity=%s id=%u\n", account,
		    asked->id);
		return;
	case HOW_NOISE:
		snprintf(text, size, "active  account=%s id=%u\n", account,
		    asked->id);
		return;
	case HOW_DETAIL:
		snprintf(text, size, " active account=%s id=%u\n", account,
		    asked->id);
		return;
	default:
		snprintf(text, size, "active account=%s identity=%s id=%u\n",
		    account, account, asked->id);
	}
}

void
lookupd_answer(struct stage *stage, size_t i, enum answer_how how)
{
	char text[512], account[ACCOUNT_SIZE] = WILD_ACCOUNT;
	struct asked asked;
	size_t len, link;

	if (stage->asked_count == 0)
		return;
	link = stage->asked[i % stage->asked_count].link;
	for (i = 0; stage->asked[i].link != link; i++)
		;
	asked = stage->asked[i];
	if (how == HOW_CLOSE) {
		hang_up(stage, link);
		return;
	}
	if (asked.number < REQUESTS_MAX)
		account_of(asked.number, account);
	put_answer(text, sizeof(text), &asked, how, account);
	len = strlen(text);
	if (how == HOW_HALF)
		len = len / 2;
	if (how == HOW_MORE) {
		memcpy(text + len, "active account=x@example.com\n", 30);
		len += 29;
	}
	if ((how == HOW_ACTIVE || how == HOW_MORE) &&
	    asked.number < REQUESTS_MAX)
		stage->requests[asked.number].active = true;
	(void)send(stage->links[link].fd, text, len, MSG_NOSIGNAL |
	    MSG_DONTWAIT);
	if (how == HOW_HALF)
		hang_up(stage, link);
	else
		forget(stage, i);
}

void
lookupd_end(struct stage *stage)
{
	int fd;

	for (size_t i = 0; i < LINKS_MAX; i++)
		if (stage->links[i].fd != -1)
			hang_up(stage, i);
	while ((fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) != -1)
		close(fd);
}
