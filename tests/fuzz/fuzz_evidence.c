/*
 * What strangers can reach in the hook.  The first byte chooses: header
 * fields, one a line, under eight sets of rules; lookupd's answer, and the page
 * that is made of it.  What is let through must be what the rules say, told anew
 * here in the simplest way.  Request paths: fuzz_path.c.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/protocol.h"
#include "hook/answer.h"
#include "hook/evidence.h"
#include "hook/html.h"
#include "hook/page.h"

#define LINES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define XFCC "X-Forwarded-Client-Cert"
#define TRAEFIK "X-Forwarded-Tls-Client-Cert"

/* By the first byte; 4 and 5 are something else. */
static const struct evidence_rules rules[] = {
	{ EVIDENCE_NGINX_ESCAPED, "X-SSL-Cert", "X-SSL-Verify", "SUCCESS" },
	{ EVIDENCE_NGINX_ESCAPED, "X-SSL-Cert", NULL, "SUCCESS" },
	{ EVIDENCE_RFC9440, "Client-Cert", "X-SSL-Verify", "SUCCESS" },
	{ EVIDENCE_RFC9440, "Client-Cert", NULL, "SUCCESS" },
	{ EVIDENCE_NGINX_ESCAPED, NULL, NULL, NULL },
	{ EVIDENCE_NGINX_ESCAPED, NULL, NULL, NULL },
	{ EVIDENCE_XFCC, XFCC, NULL, "SUCCESS" },
	{ EVIDENCE_TRAEFIK, TRAEFIK, NULL, "SUCCESS" },
	{ EVIDENCE_XFCC, XFCC, "X-SSL-Verify", "SUCCESS" },
	{ EVIDENCE_RFC9440, "Client-Cert", "X-SSL-Verify", "0" },
};

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Fields as evhttp gives them: "name: value", no line ends, no NUL. */
static size_t
split(char *text, char *names[LINES], char *values[LINES])
{
	size_t count = 0;
	char *line, *rest = text;

	while (count < LINES && (line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, ':');

		if (value == NULL)
			continue;
		*value++ = '\0';
		value += strspn(value, " ");
		names[count] = line;
		values[count++] = value;
	}
	return count;
}

/* Nothing but the rest of the last element follows: no comma that is not
 * quoted, and every quote has its fellow. */
static void
check_last(const char *rest)
{
	bool quoted = false;

	for (; *rest != '\0'; rest++) {
		if (quoted && *rest == '\\' && rest[1] != '\0')
			rest++;
		else if (*rest == '"')
			quoted = !quoted;
		else
			require(quoted || *rest != ',');
	}
	require(!quoted);
}

/* Each pair before the certificate is of a kind in which no stranger writes
 * freely: what is in quotes is blanked, then the pairs are parted. */
static void
check_before(const char *value, size_t len)
{
	char *text = strndup(value, len), *rest = text, *c, *pair;
	bool quoted = false, escaped = false;

	require(text != NULL);
	for (c = text; *c != '\0'; c++) {
		bool quote = *c == '"' && !escaped;

		escaped = quoted && *c == '\\' && !escaped;
		if (quote)
			quoted = !quoted;
		else if (quoted)
			*c = 'q';
	}
	require(!quoted);
	while ((pair = strsep(&rest, ",;")) != NULL) {
		pair += strspn(pair, " \t");
		require(strncasecmp(pair, "By=", 3) == 0 ||
		    strncasecmp(pair, "Hash=", 5) == 0 ||
		    strncasecmp(pair, "Cert=", 5) == 0 ||
		    strncasecmp(pair, "Chain=\"", 7) == 0 ||
		    strncasecmp(pair, "Subject=\"", 9) == 0 ||
		    (rest == NULL && *pair == '\0'));
	}
	free(text);
}

static void
check_place(const struct evidence_rules *rule, const char *value,
    const char *cert, size_t len)
{
	bool quoted;

	switch (rule->format) {
	case EVIDENCE_NGINX_ESCAPED:
		require(cert == value && len == strlen(value));
		return;
	case EVIDENCE_RFC9440:
		require(cert[-1] == ':' && cert[len] == ':' &&
		    memchr(cert, ':', len) == NULL);
		return;
	case EVIDENCE_XFCC:
		quoted = cert[-1] == '"';
		require(!quoted || cert[len] == '"');
		require(strncasecmp(cert - (quoted ? 6 : 5), "cert=", 5) ==
		    0);
		check_before(value, (size_t)(cert - value) -
		    (quoted ? 6 : 5));
		check_last(cert + len + (quoted ? 1 : 0));
		return;
	case EVIDENCE_TRAEFIK:
		require(cert == value && (cert[len] == ',' ||
		    cert[len] == '\0') && memchr(cert, ',', len) == NULL);
		return;
	}
	abort();
}

/* The value must be one field of the protocol, as it stands. */
static void
check_cert(const struct evidence_rules *rule, const char *value,
    const char *cert, size_t len)
{
	struct protocol_message message;
	struct protocol_error error;
	char *line;

	require(value != NULL && len > 0 && len <= EVIDENCE_MAX);
	require(cert >= value && cert + len <= value + strlen(value));
	check_place(rule, value, cert, len);
	line = malloc(len + 16);
	require(line != NULL);
	memcpy(line, "lookup cert=", 12);
	memcpy(line + 12, cert, len);
	require(protocol_decode(line, 12 + len, &message, &error) ==
	    PROTOCOL_OK);
	require(message.count == 1 && message.fields[0].len <= len);
	free(line);
}

static void
try_headers(const struct evidence_rules *rule, char *text)
{
	static const char *const others[] = { "X-SSL-Cert", "Client-Cert",
		"X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert",
		"SSL-Client-Cert", "Auth-SSL-Cert" };
	char *names[LINES], *values[LINES];
	size_t count = split(text, names, values), i, j, len = 0;
	const char *cert = NULL, *why = NULL, *value = NULL, *verify = NULL;
	size_t certs = 0, verifies = 0, foreign = 0;
	struct evidence evidence;
	enum evidence_finding finding;

	evidence_init(&evidence, rule);
	for (i = 0; i < count; i++) {
		evidence_take(&evidence, names[i], values[i]);
		if (strcasecmp(names[i], rule->header) == 0) {
			certs++;
			value = values[i];
			continue;
		}
		if (rule->verify_header != NULL &&
		    strcasecmp(names[i], rule->verify_header) == 0) {
			verifies++;
			verify = values[i];
		}
		for (j = 0; j < sizeof(others) / sizeof(others[0]); j++)
			foreign += strcasecmp(names[i], others[j]) == 0;
	}
	require(reason_verdict(evidence_failure(&evidence)) ==
	    VERDICT_REFUSED);
	finding = evidence_find(&evidence, &cert, &len, &why);
	require((why == NULL) == (finding == EVIDENCE_CERT));
	if (certs > 1 || verifies > 1 || foreign > 0)
		require(finding == EVIDENCE_REFUSED);
	if (finding != EVIDENCE_CERT)
		return;
	require(certs == 1);
	if (rule->verify_header != NULL)
		require(verifies == 1 &&
		    strcmp(verify, rule->verify_value) == 0);
	check_cert(rule, value, cert, len);
}

/* A name in a page is text: between tags that are ours, nothing that could
 * begin or end one. */
static void
try_html(const char *text, size_t len)
{
	struct buffer out;
	size_t i;

	buffer_init(&out, 8 * len + 1);
	html_put(&out, text, len);
	require(!out.failed);
	for (i = 0; i < out.len; i++)
		require(memchr("<>\"'", out.data[i], 4) == NULL &&
		    ((unsigned char)out.data[i] >= 0x20) &&
		    out.data[i] != 0x7F);
	buffer_free(&out);
}

/* As many tags as a page with other names has. */
static void
try_page(const struct answer *answer, const struct protocol_message *message)
{
	struct page page = { answer, message, "/login", "us", 1700000000 };
	struct buffer out;
	size_t i, tags = 0;

	for (i = 0; i < message->count; i++)
		try_html(message->fields[i].value, message->fields[i].len);
	buffer_init(&out, 1024 * 1024);
	page_write(&out, &page);
	require(!out.failed && memmem(out.data, out.len, "<script", 7) ==
	    NULL);
	for (i = 0; i < out.len; i++)
		tags += out.data[i] == '<';
	require(tags < 60);
	buffer_free(&out);
}

static void
try_answer(char *line, size_t len)
{
	struct protocol_message message;
	struct protocol_error error;
	struct answer answer;
	size_t i;

	if (protocol_decode(line, len, &message, &error) != PROTOCOL_OK)
		return;
	answer_reply(&answer, MODE_OPTIONAL, &message);
	require(answer.status == 200 || answer.status == 401 ||
	    answer.status == 403 || answer.status == 503);
	require((answer.status == 200) == (answer.account[0] != '\0'));
	require((answer.status == 200) == (answer.word == NULL));
	if (answer.status == 200)
		require(!message.detail &&
		    strcmp(message.word, "active") == 0 && !answer.login);
	try_page(&answer, &message);
	for (i = 0; answer.account[i] != '\0'; i++)
		require(answer.account[i] > 0x20 && answer.account[i] < 0x7F);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % (sizeof(rules) / sizeof(rules[0]))) {
	case 4:
	case 5:
		try_answer(text, size - 1);
		break;
	default:
		try_headers(&rules[data[0] % (sizeof(rules) /
		    sizeof(rules[0]))], text);
	}
	free(text);
	return 0;
}
