/*
 * The proxies of fuzz_hook: what they ask, and what they may be told.
 */
#include "tests/fuzz/hook_stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *const place_names[PLACES] = { "required", "optional", "rfc9440",
	"xfcc", "traefik", "zimbra" };

#define PEM_BEGIN "-----BEGIN%20CERTIFICATE-----%0A"
#define PEM_END "%0A-----END%20CERTIFICATE-----%0A"

/* How each place's proxy writes a certificate: what is before and behind it. */
static const char *const evidences[PLACES][2] = {
	{ "X-SSL-Cert: " PEM_BEGIN, PEM_END },
	{ "X-SSL-Cert: " PEM_BEGIN, PEM_END },
	{ "Client-Cert: :", ":" },
	{ "X-Forwarded-Client-Cert: Hash=00;Cert=\"" PEM_BEGIN,
	    PEM_END "\"" },
	{ "X-Forwarded-Tls-Client-Cert: ", "" },
	{ "X-SSL-Cert: " PEM_BEGIN, PEM_END },
};

/* ---- asking ----------------------------------------------------------- */

void
proxy_close(struct proxy *proxy)
{
	if (proxy->fd != -1)
		close(proxy->fd);
	buffer_free(&proxy->in);
	proxy->fd = -1;
	proxy->count = 0;
}

void
proxy_open(struct proxy *proxy, enum place place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	proxy_close(proxy);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    stage_path(place_names[place]));
	proxy->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	stage_require(proxy->fd != -1, "no socket");
	buffer_init(&proxy->in, HEARD_MAX);
	proxy->place = place;
	proxy->wild = proxy->deaf = proxy->half = false;
	proxy->first = 0;
	if (connect(proxy->fd, (struct sockaddr *)&address,
	    sizeof(address)) != 0)
		proxy_close(proxy);
}

void
proxy_send(struct proxy *proxy, const void *bytes, size_t len)
{
	if (proxy->fd != -1 && send(proxy->fd, bytes, len, MSG_NOSIGNAL |
	    MSG_DONTWAIT) != (ssize_t)len)
		proxy->wild = true;
}

static void
put_evidence(struct buffer *out, enum place place, unsigned number)
{
	char certificate[16];

	snprintf(certificate, sizeof(certificate), "MIIB%08x", number);
	buffer_puts(out, evidences[place][0]);
	buffer_puts(out, certificate);
	buffer_puts(out, evidences[place][1]);
	buffer_puts(out, "\r\n");
}

/* Fields that make of a request another one. */
static void
put_odd(struct buffer *out, struct request *request, unsigned odd,
    unsigned number)
{
	switch (odd) {
	case 1:				/* twice */
		put_evidence(out, request->place, number);
		break;
	case 2:				/* as another proxy says it */
		put_evidence(out, request->place == PLACE_RFC9440 ?
		    PLACE_REQUIRED : PLACE_RFC9440, number);
		break;
	case 3:
		buffer_puts(out, "Content-Length: 3\r\n");
		break;
	case 4:
		buffer_puts(out, "Transfer-Encoding: chunked\r\n");
		break;
	case 5:
		buffer_puts(out, "X-SSL-Verify: NONE\r\n");
		if (request->place == PLACE_XFCC ||
		    request->place == PLACE_TRAEFIK)
			return;
		break;
	case 6:				/* which changes nothing */
		buffer_puts(out, "X-Certauth-Account: x@example.com\r\n"
		    "X-Real-IP: 192.0.2.1\r\nContent-Length: 0\r\n");
		return;
	default:
		return;
	}
	request->good = false;
}

static void
put_verify(struct buffer *out, struct request *request, unsigned how)
{
	if (request->place == PLACE_XFCC || request->place == PLACE_TRAEFIK)
		return;
	switch (how & 7) {
	case 1:
		buffer_puts(out, "X-SSL-Verify: FAILED:expired\r\n");
		break;
	case 2:
		buffer_puts(out, "X-SSL-Verify: NONE\r\n");
		break;
	case 3:
		request->good = false;
		return;
	default:
		buffer_puts(out, "x-ssl-verify: SUCCESS\r\n");
		return;
	}
	request->good = false;
}

/* how: 3 bits for the verification, 2 for the path, 2 for the method and
 * one for the version; odd: 3 bits for other fields, 2 for Connection. */
void
proxy_ask(struct stage *stage, struct proxy *proxy, unsigned how,
    unsigned odd, bool split)
{
	static const char *const methods[] = { "GET", "HEAD", "OPTIONS",
		"PURGE" };
	static const char *const paths[] = { "/", "/admin", "/x?/admin",
		"//h/%61dmin/x" };
	unsigned number = stage->request_count;
	struct request *request = &stage->requests[number];
	char text[256];
	struct buffer line;
	size_t part;

	if (proxy->fd == -1 || proxy->wild || proxy->half ||
	    proxy->count == OWED_MAX || number == REQUESTS_MAX)
		return;
	stage->request_count++;
	*request = (struct request){ .place = proxy->place, .good = true,
		.head = (how >> 5 & 3) == 1, .admin = (how >> 3 & 1) != 0 &&
		(proxy->place == PLACE_REQUIRED ||
		proxy->place == PLACE_ZIMBRA) };
	buffer_init(&line, 4096);
	snprintf(text, sizeof(text), "%s %s HTTP/1.%c\r\nHost: x\r\n",
	    methods[how >> 5 & 3], paths[how >> 3 & 3],
	    (how & 128) != 0 ? '0' : '1');
	buffer_puts(&line, text);
	put_verify(&line, request, how);
	put_evidence(&line, proxy->place, number);
	put_odd(&line, request, odd & 7, number);
	if ((odd & 24) == 8)
		buffer_puts(&line, "Connection: close\r\n");
	if ((odd & 24) == 16)
		buffer_puts(&line, "Connection: keep-alive\r\n");
	buffer_puts(&line, "\r\n");
	stage_require(!line.failed, "no room for a request");
	proxy->owed[(proxy->first + proxy->count++) % OWED_MAX] = number;
	part = split ? line.len / 2 : line.len;
	proxy_send(proxy, line.data, part);
	if (split) {
		stage_turn(stage);
		proxy_send(proxy, line.data + part, line.len - part);
	}
	buffer_free(&line);
	/* what comes next may be taken for its body */
	if ((odd & 7) == 3 || (odd & 7) == 4)
		proxy->wild = true;
}

/* ---- being told ------------------------------------------------------- */

/* This account was named: lookupd must have said so of it. */
static void
check_named(const struct stage *stage, const char *account)
{
	unsigned long number = strtoul(account + 1, NULL, 16);
	char own[ACCOUNT_SIZE];

	if (strncmp(account, WILD_ACCOUNT, 9) == 0)
		return;
	stage_require(number < stage->request_count, "nobody's account");
	account_of((unsigned)number, own);
	stage_require(strncmp(account, own, 9) == 0, "no account");
	stage_require(stage->requests[number].active,
	    "an account that lookupd did not call active");
}

static bool
has_field(const char *head, const char *field)
{
	return strcasestr(head, field) != NULL;
}

static void
check_reply(const struct stage *stage, unsigned number, int status,
    const char *head)
{
	const struct request *request = &stage->requests[number];
	const char *account = strstr(head, "X-Certauth-Account: ");
	const char *link = strstr(head, "?account=");
	char own[ACCOUNT_SIZE];

	account_of(number, own);
	stage_require(status == 200 || status == 302 || status == 401 ||
	    status == 403 || status == 503, "another status");
	stage_require((status == 200) == (account != NULL),
	    "an account and no 200, or the other way round");
	stage_require(account == NULL || request->place != PLACE_ZIMBRA,
	    "the account, at Zimbra's entry");
	stage_require(status != 302 || (request->place == PLACE_ZIMBRA &&
	    link != NULL), "sent on to somewhere else");
	stage_require(status == 200 || status == 302 ||
	    strstr(head, own) == NULL, "a refusal that names the account");
	if (status != 200 && status != 302)
		return;
	stage_require(request->good && request->active, "let in");
	stage_require(!request->admin || !request->asked_plainly,
	    "to the administrators' entry, as anybody");
	if (account != NULL)
		account += strlen("X-Certauth-Account: ");
	else
		account = link + strlen("?account=");
	stage_require(strncmp(account, own, 9) == 0, "as somebody else");
}

/* A reply, if a whole one is there; its length. */
static size_t
whole_reply(const struct buffer *in, bool head, char *text, size_t size)
{
	const char *end = memmem(in->data, in->len, "\r\n\r\n", 4);
	const char *length;
	size_t len, body;

	if (end == NULL)
		return 0;
	len = (size_t)(end - in->data) + 4;
	stage_require(len < size, "a long reply");
	memcpy(text, in->data, len);
	text[len] = '\0';
	length = strcasestr(text, "\r\nContent-Length: ");
	stage_require(strlen(text) == len && length != NULL,
	    "a reply that is none");
	body = head ? 0 : strtoul(length + 18, NULL, 10);
	return len + body <= in->len ? len + body : 0;
}

static void
take_reply(struct stage *stage, struct proxy *proxy)
{
	char text[8192];
	unsigned number = proxy->owed[proxy->first];
	size_t len = whole_reply(&proxy->in, stage->requests[number].head,
	    text, sizeof(text));

	if (len == 0)
		return;
	stage_require(strncmp(text, "HTTP/1.", 7) == 0, "no reply");
	check_reply(stage, number, atoi(text + 9), text);
	proxy->first = (proxy->first + 1) % OWED_MAX;
	proxy->count--;
	buffer_consume(&proxy->in, len);
	/* what is asked behind that is not answered */
	if (has_field(text, "\r\nConnection: close\r\n") ||
	    (text[7] == '0' && !has_field(text, "\r\nConnection: keep-alive")))
		proxy->wild = true;
}

/* Whose bytes we do not understand, or do not wait for: any name there. */
static void
scan(const struct stage *stage, const struct buffer *in)
{
	const char *at = in->data, *end = in->data + in->len;

	while (at < end && (at = memmem(at, (size_t)(end - at),
	    "@example.com", 12)) != NULL) {
		if (at - in->data >= 9)
			check_named(stage, at - 9);
		at++;
	}
}

void
proxy_listen(struct stage *stage, struct proxy *proxy)
{
	struct buffer *in = &proxy->in;
	size_t before;
	ssize_t n;

	if (proxy->fd == -1 || proxy->deaf)
		return;
	while ((n = buffer_reserve(in, 65536) != 0 ? -1 : recv(proxy->fd,
	    in->data + in->len, 65536, MSG_DONTWAIT)) > 0)
		in->len += (size_t)n;
	do {
		before = in->len;
		stage_require(in->len == 0 || proxy->wild || proxy->count > 0,
		    "a reply that nobody asked for");
		if (!proxy->wild && in->len > 0)
			take_reply(stage, proxy);
	} while (in->len < before);
	if (proxy->wild) {
		scan(stage, in);
		buffer_clear(in);
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	stage_require(proxy->wild || stage->stopped || (proxy->count == 0 &&
	    in->len == 0), "closed with requests unanswered");
	proxy_close(proxy);
}
