/*
 * One connection against a server made of bytes: what odd, hostile, cut and
 * slow servers may send; half-written requests; the memory of failures.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ldap.h>
#include <openldap.h>

#include <cmocka.h>

#include "common/deadline.h"
#include "lookupd/ldap_connection.h"
#include "lookupd/ldap_error.h"

struct peer {
	struct event_base *base;
	struct ldap_connection *connection;
	int fd;				/* the server's end */
	struct ldap_search search;
	int results, lost, writable;
	char why[160];
};

static void
on_result(void *context, struct ldap_connection *connection,
    struct ldap_search *search)
{
	struct peer *peer = context;

	(void)connection, (void)search;
	peer->results++;
}

static void
on_writable(void *context)
{
	((struct peer *)context)->writable++;
}

static void
on_lost(void *context, struct ldap_connection *connection, const char *why,
    bool blame)
{
	struct peer *peer = context;
	struct ldap_searches list = TAILQ_HEAD_INITIALIZER(list);

	(void)blame;
	peer->lost++;
	snprintf(peer->why, sizeof(peer->why), "%s", why);
	ldap_connection_detach(connection, &list);
	ldap_connection_free(connection);
	peer->connection = NULL;
}

static void
turn(struct peer *peer)
{
	int i;

	for (i = 0; i < 4; i++)
		event_base_loop(peer->base, EVLOOP_NONBLOCK);
}

static void
ask(struct peer *peer, struct ldap_search *search, const char *filter)
{
	static char *const attributes[] = { NULL };

	memset(search, 0, sizeof(*search));
	search->base = "dc=test";
	search->filter = filter;
	search->attributes = attributes;
	search->deadline = deadline_in(2000);
	search->code = -1;
	(void)ldap_connection_send(peer->connection, search);
}

static void
peer_open(struct peer *peer, int send_buffer)
{
	static const struct ldap_connection_events events = {
		.result = on_result, .writable = on_writable,
		.lost = on_lost };
	int pair[2];
	LDAP *ld = NULL;

	memset(peer, 0, sizeof(*peer));
	peer->base = loop_new();
	assert_non_null(peer->base);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	if (send_buffer > 0)
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &send_buffer,
		    sizeof(send_buffer));
	assert_int_equal(ldap_init_fd(pair[0], LDAP_PROTO_IPC, "ldapi:///",
	    &ld), LDAP_SUCCESS);
	ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	peer->fd = pair[1];
	peer->connection = ldap_connection_new(peer->base, ld, &events, peer);
	assert_non_null(peer->connection);
}

static void
peer_close(struct peer *peer)
{
	struct ldap_searches list = TAILQ_HEAD_INITIALIZER(list);

	if (peer->connection != NULL) {
		ldap_connection_detach(peer->connection, &list);
		ldap_connection_free(peer->connection);
	}
	while (peer->search.count > 0)
		entry_free(peer->search.entries[--peer->search.count]);
	close(peer->fd);
	event_base_free(peer->base);
}

/* What the server says, one letter a message. */
static BerElement *
encode(char what, int msgid, char *big)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	int i;

	switch (what) {
	case '1': case '2': case '3': case '4':
		ber_printf(ber, "{it{s{{s[oo]}}}}", msgid,
		    LDAP_RES_SEARCH_ENTRY, "uid=x,dc=test", "mail",
		    "a\0b", (ber_len_t)3, "c", (ber_len_t)1);
		break;
	case 'v':		/* more values than we hold */
		ber_printf(ber, "{it{s{{s[", msgid, LDAP_RES_SEARCH_ENTRY,
		    "uid=x", "mail");
		for (i = 0; i <= ENTRY_VALUES_MAX; i++)
			ber_printf(ber, "o", "x", (ber_len_t)1);
		ber_printf(ber, "]}}}}");
		break;
	case 'd':		/* a name longer than we hold */
		ber_printf(ber, "{it{s{}}}", msgid, LDAP_RES_SEARCH_ENTRY,
		    big);
		break;
	case 'r':
		ber_printf(ber, "{it{s}}", msgid, LDAP_RES_SEARCH_REFERENCE,
		    "ldap://elsewhere");
		break;
	case 'i':
		ber_printf(ber, "{it{ts}}", msgid, LDAP_RES_INTERMEDIATE,
		    LDAP_TAG_IM_RES_OID, "1.3.6.1.4.1.4203.666.99");
		break;
	case 'u':		/* a result of nothing we asked */
		ber_printf(ber, "{it{ess}}", msgid + 1000,
		    LDAP_RES_SEARCH_RESULT, 0, "", "");
		break;
	case 'n':
		ber_printf(ber, "{it{essts}}", 0, LDAP_RES_EXTENDED, 52, "",
		    "", LDAP_TAG_EXOP_RES_OID, LDAP_NOTICE_OF_DISCONNECTION);
		break;
	case 'g':
		ber_printf(ber, "ts", (ber_tag_t)'H',
		    "TTP/1.1 400 Bad Request");
		break;
	case 'S': case 'L': case 'N': case 'P':
		ber_printf(ber, "{it{ess}}", msgid, LDAP_RES_SEARCH_RESULT,
		    what == 'S' ? LDAP_SUCCESS : what == 'L' ?
		    LDAP_SIZELIMIT_EXCEEDED : what == 'N' ?
		    LDAP_NO_SUCH_OBJECT : LDAP_PARTIAL_RESULTS, "", "text");
		break;
	default:
		fail_msg("no message '%c'", what);
	}
	return ber;
}

static const struct row {
	const char *name, *says;	/* letters of encode, or '$': EOF */
	int results, lost;
	size_t kept, seen;
	int answer;			/* enum ldap_answer, of a result */
	const char *text;		/* in the defect, or in why */
} rows[] = {
	{ "nothing found", "S", 1, 0, 0, 0, ANSWER_COMPLETE, NULL },
	{ "one", "1S", 1, 0, 1, 1, ANSWER_COMPLETE, NULL },
	{ "two", "12S", 1, 0, 2, 2, ANSWER_COMPLETE, NULL },
	{ "limit ignored", "1234S", 1, 0, 2, 4, ANSWER_TRUNCATED, NULL },
	{ "limit", "12L", 1, 0, 2, 2, ANSWER_TRUNCATED, NULL },
	{ "limit, but one", "1L", 1, 0, 1, 1, ANSWER_FAILED, NULL },
	{ "no such base", "N", 1, 0, 0, 0, ANSWER_FAILED, NULL },
	{ "partial results", "P", 1, 0, 0, 0, ANSWER_FAILED, NULL },
	{ "reference", "1rS", 1, 0, 1, 1, ANSWER_COMPLETE, "refers" },
	{ "intermediate", "i1iS", 1, 0, 1, 1, ANSWER_COMPLETE, NULL },
	{ "not ours", "u1uS", 1, 0, 1, 1, ANSWER_COMPLETE, NULL },
	{ "too many values", "vS", 1, 0, 0, 1, ANSWER_COMPLETE, "larger" },
	{ "name too long", "dS", 1, 0, 0, 1, ANSWER_COMPLETE, "name" },
	{ "nothing more after a defect", "v1S", 1, 0, 0, 2, ANSWER_COMPLETE,
	    "larger" },
	{ "disconnection", "1n", 0, 1, 1, 1, 0, "" },
	{ "end", "1$", 0, 1, 1, 1, 0, "closed" },
	{ "rubbish", "g", 0, 1, 0, 0, 0, "" },
	{ "silence", "1", 0, 0, 1, 1, 0, NULL },
};

static const char *
play(const struct row *row, size_t chunk)
{
	static char big[ENTRY_DN_MAX + 100];
	struct peer peer;
	const char *bad = NULL, *said;

	memset(big, 'x', sizeof(big) - 1);
	peer_open(&peer, 0);
	ask(&peer, &peer.search, "(mail=x)");
	for (said = row->says; *said != '\0' && *said != '$'; said++) {
		BerElement *ber = encode(*said, peer.search.msgid, big);
		struct berval bytes;
		size_t i;

		assert_int_equal(ber_flatten2(ber, &bytes, 0), 0);
		for (i = 0; i < bytes.bv_len; i += chunk) {
			size_t n = bytes.bv_len - i < chunk ?
			    bytes.bv_len - i : chunk;

			/* once it is lost nobody listens any more */
			if (send(peer.fd, bytes.bv_val + i, n,
			    MSG_NOSIGNAL) == -1)
				break;
			if (n < bytes.bv_len)
				event_base_loop(peer.base, EVLOOP_NONBLOCK);
		}
		ber_free(ber, 1);
	}
	if (*said == '$')
		shutdown(peer.fd, SHUT_RDWR);
	turn(&peer);
	if (peer.results != row->results)
		bad = "results";
	else if (peer.lost != row->lost)
		bad = "lost";
	else if (peer.search.count != row->kept)
		bad = "entries kept";
	else if (peer.search.seen != row->seen)
		bad = "entries seen";
	else if (row->results > 0 && ldap_error_classify(peer.search.code,
	    peer.search.seen) != (enum ldap_answer)row->answer)
		bad = "classification";
	else if (row->lost == 0 && (row->text == NULL) !=
	    (peer.search.defect == NULL))
		bad = "defect";
	else if (row->text != NULL && strstr(row->lost > 0 ? peer.why :
	    peer.search.defect, row->text) == NULL)
		bad = "text";
	else if (peer.search.count > 0 && (peer.search.entries[0]->count != 1
	    || peer.search.entries[0]->attributes[0].count != 2 ||
	    peer.search.entries[0]->attributes[0].values[0].len != 3))
		bad = "values";
	peer_close(&peer);
	return bad;
}

static void
test_messages(void **state)
{
	static const size_t chunks[] = { 1, 7, 1024 * 1024 };
	size_t i, j;
	int failed = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (j = 0; j < sizeof(chunks) / sizeof(chunks[0]); j++) {
			const char *bad = play(&rows[i], chunks[j]);

			if (bad == NULL)
				continue;
			print_error("%s, in pieces of %zu: wrong %s\n",
			    rows[i].name, chunks[j], bad);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

/* Read what has arrived at the server; the number of bytes. */
static size_t
read_all(struct peer *peer)
{
	char bytes[65536];
	size_t total = 0;
	ssize_t got;

	while ((got = recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		total += (size_t)got;
	return total;
}

/* A server that does not read: the request is finished when it does. */
static void
test_backlog(void **state)
{
	enum { FILTER = 100000, SEARCHES = 64 };
	struct peer peer;
	struct ldap_search searches[SEARCHES];
	char *filter = malloc(FILTER + 10);
	size_t sent = 0, bytes = 0, before, rounds = 0;

	(void)state;
	snprintf(filter, FILTER, "(mail=%0*d)", FILTER - 20, 0);
	peer_open(&peer, 4096);
	while (sent < SEARCHES && !ldap_connection_full(peer.connection)) {
		ask(&peer, &searches[sent], filter);
		sent++;
	}
	assert_true(ldap_connection_full(peer.connection));
	assert_int_equal(ldap_connection_outstanding(peer.connection), sent);
	turn(&peer);
	assert_int_equal(peer.writable, 0);
	assert_true(ldap_connection_full(peer.connection));
	do {
		before = bytes;
		bytes += read_all(&peer);
		turn(&peer);
	} while ((bytes > before || ldap_connection_full(peer.connection)) &&
	    ++rounds < 100000);
	assert_int_equal(peer.writable, 1);
	assert_true(bytes > sent * (FILTER - 100));
	/* and nothing but whole requests of one size */
	assert_int_equal(bytes % sent, 0);
	/* half a request cannot be abandoned: the connection goes */
	for (before = sent; sent < SEARCHES &&
	    !ldap_connection_full(peer.connection); sent++)
		ask(&peer, &searches[sent], filter);
	ldap_connection_abandon(peer.connection, &searches[sent - 1]);
	turn(&peer);
	assert_int_equal(peer.lost, 1);
	peer_close(&peer);
	free(filter);
}

/* Results of abandoned searches are dropped, the others are not. */
static void
test_abandon(void **state)
{
	struct peer peer;
	struct ldap_search other;
	int msgids[2], i;

	(void)state;
	peer_open(&peer, 0);
	ask(&peer, &other, "(mail=y)");
	ask(&peer, &peer.search, "(mail=x)");
	msgids[0] = other.msgid;
	msgids[1] = peer.search.msgid;
	ldap_connection_abandon(peer.connection, &other);
	assert_int_equal(ldap_connection_outstanding(peer.connection), 1);
	for (i = 0; i < 2; i++) {
		BerElement *ber = encode('S', msgids[i], NULL);
		struct berval bytes;

		ber_flatten2(ber, &bytes, 0);
		assert_int_equal(write(peer.fd, bytes.bv_val, bytes.bv_len),
		    (ssize_t)bytes.bv_len);
		ber_free(ber, 1);
	}
	turn(&peer);
	assert_int_equal(peer.results, 1);
	assert_int_equal(peer.search.code, 0);
	assert_int_equal(other.code, -1);
	assert_int_equal(ldap_connection_outstanding(peer.connection), 0);
	peer_close(&peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_backlog),
		cmocka_unit_test(test_abandon),
	};

	setenv("LDAPNOINIT", "1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
