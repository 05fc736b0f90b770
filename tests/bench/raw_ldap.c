/*
 * The limit of live answers: the searches lookupd would make, by nothing but
 * asynchronous libldap; the entries are decoded to their last value and
 * thrown away.
 *
 *   raw_ldap URI BASE PROFILE CONNECTIONS DEPTH SECONDS FILE [PID ...]
 *	FILE has an address a line; DEPTH searches outstanding on each of
 *	CONNECTIONS; reports as bench.h says.
 *   raw_ldap once URI BASE PROFILE ADDRESS
 *	connect, bind, one search; says `found` when it found one entry.
 *   raw_ldap all URI BASE PROFILE
 *	connect, bind, read every account once; reports entries a second and
 *	the CPU time of each, microseconds.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldap.h>

#include "lookupd/filter.h"
#include "lookupd/filter_build.h"
#include "lookupd/profile.h"
#include "tests/bench/bench.h"

#define DEPTH_MAX 65536		/* slapd may overtake itself by far */
#define EVENTS 64
#define FILTER_MAX 4096
#define SIZE_LIMIT 2

struct connection {
	LDAP *ld;
	int64_t sent[DEPTH_MAX];	/* by message id, modulo */
	unsigned found[DEPTH_MAX];
};

static const struct profile *profile;
static const char *base;
static char **filters;			/* made before the clock starts */
static size_t filter_count, next_filter;

static char *
make_filter(const char *address, size_t len)
{
	const struct profile_keys *keys = &profile->keys[KEY_ADDRESS];
	struct buffer filter;
	char *copy;

	buffer_init(&filter, FILTER_MAX);
	if (filter_build(&filter, keys->items, keys->count, address, len,
	    profile->account) != 0 ||
	    (copy = strdup(buffer_text(&filter))) == NULL)
		bench_die("filter");
	buffer_free(&filter);
	return copy;
}

static void
make_filters(void)
{
	filter_count = bench_line_count();
	filters = calloc(filter_count, sizeof(*filters));
	if (filters == NULL)
		bench_die("calloc");
	for (size_t i = 0; i < filter_count; i++) {
		const struct bench_line *line = bench_next_line();

		filters[i] = make_filter(line->text, line->len - 1);
	}
}

static void
read_profile(const char *path)
{
	struct problems problems;

	problems_init(&problems);
	profile = profile_read(path, &problems);
	if (profile == NULL) {
		fprintf(stderr, "%s: not a profile\n", path);
		exit(1);
	}
	problems_free(&problems);
}

/* Connected and bound as lookupd binds. */
static LDAP *
establish(const char *uri)
{
	static const int version = LDAP_VERSION3;
	char nothing[] = "";
	struct berval empty = { 0, nothing };
	LDAP *ld = NULL;

	if (ldap_initialize(&ld, uri) != LDAP_SUCCESS ||
	    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) !=
	    LDAP_SUCCESS ||
	    ldap_sasl_bind_s(ld, NULL, "EXTERNAL", &empty, NULL, NULL,
	    NULL) != LDAP_SUCCESS) {
		fprintf(stderr, "%s: no connection\n", uri);
		exit(1);
	}
	return ld;
}

static void
search(struct connection *c, const char *filter, int64_t now)
{
	struct timeval limit = { .tv_sec = 3 };
	int msgid = 0;

	if (ldap_search_ext(c->ld, base, LDAP_SCOPE_SUBTREE, filter,
	    profile->account_attributes, 0, NULL, NULL, &limit, SIZE_LIMIT,
	    &msgid) != LDAP_SUCCESS) {
		fprintf(stderr, "a search cannot be sent\n");
		exit(1);
	}
	c->sent[msgid % DEPTH_MAX] = now;
	c->found[msgid % DEPTH_MAX] = 0;
}

/* Decode all of it; returns the bytes, so that nothing is optimised away. */
static size_t
decode(LDAP *ld, LDAPMessage *message)
{
	BerElement *ber = NULL;
	char *dn = ldap_get_dn(ld, message), *name;
	size_t bytes = dn == NULL ? 0 : strlen(dn);

	ldap_memfree(dn);
	for (name = ldap_first_attribute(ld, message, &ber); name != NULL;
	    name = ldap_next_attribute(ld, message, ber)) {
		struct berval **values = ldap_get_values_len(ld, message, name);

		for (int i = 0; values != NULL && values[i] != NULL; i++)
			bytes += values[i]->bv_len;
		ldap_value_free_len(values);
		ldap_memfree(name);
	}
	ber_free(ber, 0);
	return bytes;
}

/* Take what has come; the number of searches that are over. */
static unsigned
receive(struct connection *c, struct timeval *wait)
{
	struct timeval zero;
	LDAPMessage *message = NULL;
	unsigned over = 0;
	int type;

	for (;;) {
		memset(&zero, 0, sizeof(zero));
		type = ldap_result(c->ld, LDAP_RES_ANY, LDAP_MSG_ONE,
		    wait != NULL ? wait : &zero, &message);
		if (type == 0)
			return over;
		if (type < 0) {
			fprintf(stderr, "a connection is lost\n");
			exit(1);
		}
		if (type == LDAP_RES_SEARCH_ENTRY) {
			if (decode(c->ld, message) > 0)
				c->found[ldap_msgid(message) % DEPTH_MAX]++;
		} else if (type == LDAP_RES_SEARCH_RESULT) {
			int i = ldap_msgid(message) % DEPTH_MAX;
			const char *word = c->found[i] == 1 ? "found" : "none";

			bench_answer(word, strlen(word), c->sent[i],
			    bench_now_ns());
			over++;
		}
		ldap_msgfree(message);
		if (wait != NULL && over > 0)
			return over;
	}
}

static void
send_searches(struct connection *c, unsigned count)
{
	int64_t now = bench_now_ns();

	for (; count > 0; count--)
		search(c, filters[next_filter++ % filter_count], now);
}

static int
run(const char *uri, int count, unsigned depth, double seconds, int pids,
    char **pid)
{
	struct epoll_event events[EVENTS];
	int loop = epoll_create1(0), fd;
	int64_t start, stop, cpu;

	for (int i = 0; i < count; i++) {
		struct connection *c = calloc(1, sizeof(*c));
		struct epoll_event event = { .events = EPOLLIN,
			.data.ptr = c };

		if (c == NULL)
			bench_die("calloc");
		c->ld = establish(uri);
		ldap_get_option(c->ld, LDAP_OPT_DESC, &fd);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
		send_searches(c, depth);
	}
	cpu = bench_cpu_us(pids, pid);
	start = bench_now_ns();
	stop = start + (int64_t)(seconds * 1e9);
	while (bench_now_ns() < stop) {
		int n = epoll_wait(loop, events, EVENTS, 1000);

		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			send_searches(c, receive(c, NULL));
		}
	}
	bench_report(start, bench_now_ns(), bench_cpu_us(pids, pid) - cpu);
	return 0;
}

static int
once(const char *uri, const char *address)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct timeval wait = { .tv_sec = 10 };
	unsigned found;

	if (c == NULL)
		bench_die("calloc");
	c->ld = establish(uri);
	search(c, make_filter(address, strlen(address)), bench_now_ns());
	if (receive(c, &wait) == 0)
		return 1;
	found = c->found[0] + c->found[1] + c->found[2] + c->found[3];
	puts(found == 1 ? "found" : "none");
	return found != 1;
}

/* Every account, as it is read by who wants to have them all. */
static int
read_all(const char *uri)
{
	char name[] = "self", *self[] = { name };
	int64_t start = bench_now_ns(), cpu = bench_cpu_us(1, self), stop;
	LDAP *ld = establish(uri);
	LDAPMessage *message = NULL;
	struct buffer filter;
	size_t entries = 0;
	int msgid = 0, type, code = LDAP_OTHER;

	buffer_init(&filter, FILTER_MAX);
	filter_print(profile->account, &filter);
	if (filter.failed || ldap_search_ext(ld, base, LDAP_SCOPE_SUBTREE,
	    buffer_text(&filter), profile->account_attributes, 0, NULL, NULL,
	    NULL, LDAP_NO_LIMIT, &msgid) != LDAP_SUCCESS)
		return 1;
	buffer_free(&filter);
	while ((type = ldap_result(ld, msgid, LDAP_MSG_ONE, NULL, &message)) ==
	    LDAP_RES_SEARCH_ENTRY) {
		entries += decode(ld, message) > 0;
		ldap_msgfree(message);
	}
	stop = bench_now_ns();
	if (type == LDAP_RES_SEARCH_RESULT)
		(void)ldap_parse_result(ld, message, &code, NULL, NULL, NULL,
		    NULL, 1);
	if (code != LDAP_SUCCESS || entries == 0) {
		fprintf(stderr, "not all was read\n");
		return 1;
	}
	printf("rate=%.0f entries=%zu ms=%.1f cpu=%.2f\n",
	    (double)entries / ((double)(stop - start) / 1e9), entries,
	    (double)(stop - start) / 1e6,
	    (double)(bench_cpu_us(1, self) - cpu) / (double)entries);
	return 0;
}

int
main(int argc, char **argv)
{
	setenv("LDAPNOINIT", "1", 1);
	if (argc == 5 && strcmp(argv[1], "all") == 0) {
		base = argv[3];
		read_profile(argv[4]);
		return read_all(argv[2]);
	}
	if (argc == 6 && strcmp(argv[1], "once") == 0) {
		base = argv[3];
		read_profile(argv[4]);
		return once(argv[2], argv[5]);
	}
	if (argc < 8) {
		fputs("usage: raw_ldap URI BASE PROFILE CONNECTIONS DEPTH "
		    "SECONDS FILE [PID ...]\n"
		    "       raw_ldap once URI BASE PROFILE ADDRESS\n"
		    "       raw_ldap all URI BASE PROFILE\n", stderr);
		return 2;
	}
	base = argv[2];
	read_profile(argv[3]);
	bench_read_lines(argv[7]);
	make_filters();
	return run(argv[1], bench_number(argv[4], 1, EVENTS),
	    (unsigned)bench_number(argv[5], 1, DEPTH_MAX / 2),
	    strtod(argv[6], NULL), argc - 8, argv + 8);
}
