/* Reading a request and sending a reply: see the header. */
#include "hook/exchange.h"

#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/util.h>

#include "common/secret.h"
#include "common/text.h"
#include "hook/listener.h"
#include "hook/path.h"
#include "hook/peer.h"
#include "hook/stream.h"

/* The fields of a reply: the longest are an account's name, and a link that
 * has it. */
#define HEAD_MAX (32 * 1024)

/* Reading a request. */

/* Most differ in the first letter, whatever its case. */
static bool
same_name(const char *a, const char *b)
{
	return ((*a ^ *b) & ~0x20) == 0 &&
	    text_same_nocase(a, strlen(a), b, strlen(b));
}

/* An address goes into log lines: printable, without space, or not at all. */
static void
take_client(struct exchange *exchange, const char *value)
{
	size_t len = strlen(value), i;

	for (i = 0; i < len; i++)
		if (value[i] <= 0x20 || value[i] >= 0x7F)
			return;
	if (len < sizeof(exchange->client))
		memcpy(exchange->client, value, len + 1);
}

/*
 * Does it have the listener's secret, once?  What it has is wiped: it is of
 * no further use.
 */
static bool
check_secret(struct exchange *exchange)
{
	const struct listener_config *options = exchange->options;
	struct evkeyval *header;
	size_t count = 0;
	bool same = true;

	if (options->secret_file == NULL)
		return true;
	TAILQ_FOREACH(header, evhttp_request_get_input_headers(
	    exchange->request), next) {
		if (!same_name(header->key, options->secret_header))
			continue;
		count++;
		same = secret_same(options->secret.data, options->secret.len,
		    header->value, strlen(header->value)) && same;
		explicit_bzero(header->value, strlen(header->value));
	}
	return count == 1 && same;
}

/* Do some read another name in it, Content-Length, say?  RFC 9112 has such a
 * request refused. */
static bool
is_odd_name(const char *name)
{
	size_t len = strlen(name);

	return len == 0 || (unsigned char)name[len - 1] <= 0x20;
}

/* The next token of a list, which is then behind it; its length, 0 at the
 * end. */
static size_t
next_token(const char **list, const char **ret_token)
{
	size_t len;

	*list += strspn(*list, ", \t");
	*ret_token = *list;
	len = strcspn(*list, ", \t");
	*list += len;
	return len;
}

/* It may come more than once.  evhttp takes the first for what it begins with. */
static void
take_connection(struct exchange *exchange, const char *list, bool first)
{
	const char *token;
	size_t len;

	if (first)
		exchange->asks_more = text_same_nocase(list,
		    strcspn(list, ", \t"), "keep-alive", 10);
	while ((len = next_token(&list, &token)) > 0)
		if (text_same_nocase(token, len, "close", 5))
			exchange->asks_close = true;
}

static void
take_headers(struct exchange *exchange, struct evidence *evidence)
{
	struct evkeyvalq *headers =
	    evhttp_request_get_input_headers(exchange->request);
	const char *client_header = exchange->options->client_header;
	size_t clients = 0, connections = 0;
	struct evkeyval *header;

	TAILQ_FOREACH(header, headers, next) {
		evidence_take(evidence, header->key, header->value);
		if (same_name(header->key, "Connection"))
			take_connection(exchange, header->value,
			    connections++ == 0);
		if (same_name(header->key, client_header)) {
			clients++;
			take_client(exchange, header->value);
		}
		if (is_odd_name(header->key) ||
		    same_name(header->key, "Transfer-Encoding") ||
		    (same_name(header->key, "Content-Length") &&
		    strcmp(header->value, "0") != 0))
			exchange->has_body = true;
	}
	if (clients > 1)
		exchange->client[0] = '\0';
}

/* The path as the proxy spelled it; evhttp would take //admin for a host. */
static bool
is_admin_path(const struct exchange *exchange)
{
	const char *admin = exchange->options->admin_path;
	const char *uri = evhttp_request_get_uri(exchange->request);

	return admin != NULL &&
	    (uri == NULL || path_target_is_below(uri, admin));
}

void
exchange_read(struct exchange *exchange, int fd)
{
	struct evidence evidence;

	/* who is at the other end of a TCP connection, only the secret says */
	exchange->peer_ok = exchange->options->socket == NULL ||
	    peer_may(exchange->options, fd, &exchange->peer);
	exchange->secret_ok = exchange->peer_ok && check_secret(exchange);
	if (!exchange->secret_ok) {
		exchange->closing = true;
		return;
	}
	evidence_init(&evidence, &exchange->options->rules);
	take_headers(exchange, &evidence);
	if (exchange->has_body) {
		exchange->closing = true;
		return;
	}
	exchange->need_admin = exchange->options->need_admin ||
	    is_admin_path(exchange);
	exchange->finding = evidence_find(&evidence, &exchange->cert,
	    &exchange->cert_len, &exchange->why);
	if (exchange->finding == EVIDENCE_BAD_CERT)
		exchange->failure = evidence_failure(&evidence);
}

/* Replying. */

/* Before HTTP/1.1; and then a connection ends unless both say otherwise. */
static bool
is_old(const struct evhttp_request *request)
{
	return request->major < 1 ||
	    (request->major == 1 && request->minor < 1);
}

/* evhttp ends a connection on which it takes us for a proxy. */
static bool
is_for_proxy(const struct evhttp_request *request)
{
	return (request->flags & EVHTTP_PROXY_REQUEST) != 0;
}

/* Now, as HTTP writes it; evhttp would write it out for each reply. */
static const char *
date_now(void)
{
	static char date[32];
	static time_t written;
	time_t now = time(NULL);
	struct tm tm;

	if (date[0] != '\0' && now == written)
		return date;
	if (gmtime_r(&now, &tm) == NULL ||
	    evutil_date_rfc1123(date, sizeof(date), &tm) < 0)
		date[0] = '\0';
	written = now;
	return date;
}

/* In the version of the request. */
static void
put_status(struct buffer *text, const struct evhttp_request *request,
    const struct reply *reply)
{
	char line[] = "HTTP/1.1 000 ";

	line[7] = is_old(request) ? '0' : '1';
	line[9] = (char)('0' + reply->status / 100 % 10);
	line[10] = (char)('0' + reply->status / 10 % 10);
	line[11] = (char)('0' + reply->status % 10);
	buffer_put(text, line, sizeof(line) - 1);
	buffer_puts(text, reply->phrase);
	buffer_put(text, "\r\n", 2);
}

static void
put_field(struct buffer *text, const char *name, const char *value)
{
	size_t len = strlen(value);

	/* no value has one, or somebody could add fields */
	if (memchr(value, '\r', len) != NULL ||
	    memchr(value, '\n', len) != NULL)
		text->failed = true;
	buffer_puts(text, name);
	buffer_put(text, ": ", 2);
	buffer_put(text, value, len);
	buffer_put(text, "\r\n", 2);
}

/* evhttp would print field by field, and the body in answer to HEAD, too. */
static void
put_reply(struct buffer *text, const struct exchange *exchange,
    const struct reply *reply)
{
	const char *date = date_now();
	char length[24] = "0";
	size_t i;

	put_status(text, exchange->request, reply);
	/* said, although empty: else nginx closes the connection */
	if (reply->body.len > 0)
		snprintf(length, sizeof(length), "%zu", reply->body.len);
	put_field(text, "Content-Length", length);
	if (*date != '\0')
		put_field(text, "Date", date);
	for (i = 0; i < reply->count; i++)
		put_field(text, reply->fields[i].name, reply->fields[i].value);
	if (exchange->closing)
		put_field(text, "Connection", "close");
	else if (is_old(exchange->request) && exchange->asks_more)
		put_field(text, "Connection", "keep-alive");
	buffer_put(text, "\r\n", 2);
	if (evhttp_request_get_command(exchange->request) != EVHTTP_REQ_HEAD)
		buffer_put(text, reply->body.data, reply->body.len);
}

/* What becomes of the connection when all has left. */

/* What evhttp would add of its own to a request with a body is not said: such
 * a connection is not kept. */
static void
on_kept(struct bufferevent *stream, void *request)
{
	bufferevent_incref(stream);
	evhttp_send_reply_end(request);
	stream_returned(stream);
	bufferevent_decref(stream);
}

/* After CONNECT, evhttp would keep it. */
static void
on_last(struct bufferevent *stream, void *request)
{
	evhttp_connection_free(evhttp_request_get_connection(request));
}

static void
on_lost(struct bufferevent *stream, short what, void *request)
{
	on_last(stream, request);
}

void
exchange_reply(struct exchange *exchange, const struct reply *reply)
{
	struct evhttp_request *request = exchange->request;
	struct evhttp_connection *connection =
	    evhttp_request_get_connection(request);
	struct buffer text;
	bool last;

	if (!listener_accepts(exchange->listener) || exchange->asks_close ||
	    is_for_proxy(request))
		exchange->closing = true;
	last = exchange->closing ||
	    (is_old(request) && !exchange->asks_more);
	buffer_init(&text, HEAD_MAX + REPLY_BODY_MAX);
	put_reply(&text, exchange, reply);
	if (connection == NULL)
		evhttp_send_reply_end(request);
	else if (text.failed)
		evhttp_connection_free(connection);
	else
		stream_send(evhttp_connection_get_bufferevent(connection),
		    &text, last ? on_last : on_kept, on_lost,
		    request);
	/* a link to Zimbra is as good as a password */
	buffer_wipe(&text);
	listener_answered(exchange->listener);
	hook_config_unref(exchange->config);
	free(exchange);
}
