/*
 * What clients of the front say and hear (aside_stage.h), and rows of them.
 */
#ifndef CERTAUTH_TESTS_ASIDE_GUESTS_H
#define CERTAUTH_TESTS_ASIDE_GUESTS_H

#include "tests/unit/aside_stage.h"

#include <dirent.h>

struct aside_row {
	const char *name;
	void (*play)(void);
};

/* So many clients, who have not said anything. */
static inline void
guests_come(size_t count)
{
	struct unix_peer peer = { .uid = geteuid(), .gid = getegid() };

	while (come < count) {
		struct guest *guest = &guests[come++];

		memset(guest, 0, sizeof(*guest));
		guest->fd = pair(SOCK_STREAM, &guest->us);
		buffer_init(&guest->heard, 1024 * 1024);
		buffer_init(&guest->want, 1024 * 1024);
		assert_int_equal(client_new(&front, guest->fd, &peer,
		    callers_charge(&front.callers, peer.uid)), 0);
		guest->client = front.clients;
	}
	turn();
}

static inline void
say(struct guest *guest, const char *text, size_t len)
{
	row_check(__real_send(guest->us, text, len, MSG_NOSIGNAL) ==
	    (ssize_t)len, row, "cannot say %zu bytes", len);
}

/* That is what he is to be answered. */
static inline void
want(struct guest *guest, const char *answer, unsigned number)
{
	buffer_puts(&guest->want, answer);
	if (strcmp(answer, "active") == 0)
		buffer_printf(&guest->want, " account=user%u@x.org"
		    " identity=user%u@x.org", number, number);
	buffer_printf(&guest->want, " id=%u\n", said++);
}

static inline void
ask_for(struct buffer *text, unsigned number)
{
	buffer_printf(text, "lookup email=user%u@x.org id=%u\n", number, said);
}

/* Lines of one client, the users from first on, all in one piece. */
static inline void
ask_many(struct guest *guest, unsigned first, size_t count)
{
	struct buffer text;

	buffer_init(&text, 1024 * 1024);
	for (size_t i = 0; i < count; i++) {
		unsigned number = first == NOBODY ? NOBODY :
		    (first + (unsigned)i) % USERS;

		ask_for(&text, number);
		want(guest, number == NOBODY ? "unknown" : number == LOCKED ?
		    "blocked reason=locked" : "active", number);
	}
	say(guest, text.data, text.len);
	buffer_free(&text);
}

/* One line of the guest with that number, with another answer. */
static inline void
ask_else(size_t at, unsigned number, const char *answer)
{
	struct buffer text;

	buffer_init(&text, 1024);
	ask_for(&text, number);
	want(&guests[at], answer, number);
	say(&guests[at], text.data, text.len);
	buffer_free(&text);
}

static inline void
ask(size_t at, unsigned number)
{
	ask_many(&guests[at], number, 1);
}

/* A line that asks for nobody is answered at once. */
static inline void
ask_badly(size_t at)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "x id=%u\n", said);

	want(&guests[at], "bad-request reason=unknown-verb", 0);
	say(&guests[at], text, (size_t)len);
}

/* What is to be searched for has been read before, and the view stands:
 * foreseen is nothing else.  Twice: at first places are forgotten when their
 * list grows. */
static inline void
warm_up(void)
{
	for (unsigned k = 0; k < 2 * (NOBODY + 1); k++) {
		struct identities identities = { .count = 0 };
		struct findings findings[IDENTITIES_MAX];
		const char *reason;
		char name[32];
		int len = snprintf(name, sizeof(name), "user%u@x.org",
		    k % (NOBODY + 1));

		assert_null(identities_add(&identities,
		    IDENTITY_REQUEST_EMAIL, name, (size_t)len, &reason));
		assert_int_equal(stock_find(front.stock, &realm, &identities,
		    findings, clock_us, NULL, &reason), STOCK_FOUND);
		findings_free(&findings[0]);
	}
	memset(order, 0, sizeof(order));
	asides = 0;
}

/* So he hears; what he was told is in *guest; true when it has ended. */
static inline bool
hear(struct guest *guest)
{
	ssize_t n = -1;

	while (guest->us != -1 && buffer_reserve(&guest->heard, 65536) == 0 &&
	    (n = __real_recv(guest->us, guest->heard.data + guest->heard.len,
	    65536, MSG_DONTWAIT)) > 0)
		guest->heard.len += (size_t)n;
	return n == 0;
}

static inline void
check_heard(bool ended)
{
	for (size_t i = 0; i < come; i++) {
		struct guest *guest = &guests[i];

		if (guest->us == -1)
			continue;
		row_check(hear(guest) == ended, row, "%c: the end: want %d",
		    'A' + (int)i, ended);
		row_check(strcmp(buffer_text(&guest->heard),
		    buffer_text(&guest->want)) == 0, row,
		    "%c: want\n%.600sgot\n%.600s", 'A' + (int)i,
		    buffer_text(&guest->want), buffer_text(&guest->heard));
	}
	row_check(front.aside == NULL && front.earlier == NULL, row,
	    "somebody is still set aside");
}

/* One turn with what was said: the order, and how many were set aside. */
static inline void
play(const char *expected, unsigned aside)
{
	warm_up();
	turn();
	row_check(strcmp(order, expected) == 0, row, "order: want %s, got %s",
	    expected, order);
	row_check(asides == aside, row, "set aside: want %u, got %u", aside,
	    asides);
}

static inline void
check_left(size_t count)
{
	turn();
	turn();
	row_check(front.client_count == count, row, "%zu clients, want %zu",
	    front.client_count, count);
}

static inline size_t
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Each edge-triggered, and not. */
static inline void
play_rows(const struct aside_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (int level = 0; level < 2; level++) {
			size_t before = count_descriptors(), after;

			snprintf(row, sizeof(row), "%s%s", rows[i].name,
			    level ? ", level-triggered" : "");
			begin(level ? EV_READ : 0);
			rows[i].play();
			end();
			after = count_descriptors();
			row_check(after == before, row, "%zu descriptors, "
			    "want %zu", after, before);
		}
	}
	rows_end();
}

#endif
