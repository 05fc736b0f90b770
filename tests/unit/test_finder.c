/*
 * The finder against a directory process played by the test: half a reply
 * is none, and what could not be answered in time is given up.
 */
#include <config.h>

#include "lookupd/finder.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/deadline.h"
#include "tests/unit/rows.h"

struct answer {
	unsigned count;
	size_t accounts;
	enum verdict failure;
	const char *reason;
};

struct play {
	struct event_base *base;
	struct finder *finder;
	int directory;			/* the other end, or -1 */
};

static void
on_answer(void *context, struct findings *findings, const char *steps)
{
	struct answer *answer = context;

	(void)steps;
	answer->count++;
	answer->accounts = findings->account_count;
	answer->failure = findings->failure;
	answer->reason = findings->reason;
	findings_free(findings);
}

static void
turn(struct play *play)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(play->base, EVLOOP_NONBLOCK);
}

static void
connect_both(struct play *play)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	if (play->directory != -1)
		close(play->directory);
	play->directory = pair[1];
	finder_connect(play->finder, pair[0]);
	turn(play);
}

static struct ask *
ask(struct play *play, int64_t deadline, struct answer *answer)
{
	struct find_request request = { .realm = "main" };
	const char *reason;
	struct identities set = { .count = 0 };

	assert_null(identities_add(&set, IDENTITY_REQUEST_EMAIL, "a@b.c", 5,
	    &reason));
	request.identity = set.items[0];
	return finder_ask(play->finder, &request, deadline, on_answer,
	    answer);
}

static void
say(struct play *play, const char *lines)
{
	assert_int_equal(send(play->directory, lines, strlen(lines),
	    MSG_NOSIGNAL), strlen(lines));
	turn(play);
}

/* Bytes of questions that have come. */
static size_t
heard(struct play *play)
{
	char text[4096];
	ssize_t n = recv(play->directory, text, sizeof(text), MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static struct play
begin(void)
{
	struct play play = { .base = loop_new(), .directory = -1 };

	assert_non_null(play.base);
	play.finder = finder_new(play.base);
	assert_non_null(play.finder);
	return play;
}

static void
end(struct play *play)
{
	finder_free(play->finder);
	if (play->directory != -1)
		close(play->directory);
	event_base_free(play->base);
}

/* Two accounts are ambiguous; one of them lost must not be active. */
static void
test_half_reply(void **state)
{
	static const struct {
		const char *name, *reply;
	} rows[] = {
		{ "a value without data",
		  " entry kind=account dn=a\n value name=mail\n"
		  " entry kind=account dn=b\n value name=mail data=x\n"
		  "ok id=1\n" },
		{ "a third account",
		  " entry kind=account dn=a\n entry kind=account dn=b\n"
		  " entry kind=account dn=c\n"
		  " entry kind=account dn=d\nok id=1\n" },
		{ "an unknown detail",
		  " entry kind=account dn=a\n entri dn=b\nok id=1\n" },
		{ "a last line that is none",
		  " entry kind=account dn=a\nok id=1 else=x\nok id=1\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct play play = begin();
		struct answer answer = { .count = 0 };

		connect_both(&play);
		assert_non_null(ask(&play, deadline_in(10000), &answer));
		turn(&play);
		assert_true(heard(&play) > 0);
		say(&play, rows[i].reply);
		if (answer.count != 0 || finder_connected(play.finder))
			fail_msg("%s: %u answers, %zu accounts, %s",
			    rows[i].name, answer.count, answer.accounts,
			    finder_connected(play.finder) ?
			    "still connected" : "closed");
		/* asked again, and a good reply counts */
		connect_both(&play);
		assert_true(heard(&play) > 0);
		say(&play, " entry kind=account dn=a\n"
		    " entry kind=account dn=b\nok id=1\n");
		if (answer.count != 1 || answer.accounts != 2)
			fail_msg("%s: then %u answers, %zu accounts",
			    rows[i].name, answer.count, answer.accounts);
		end(&play);
	}
}

static void
test_late(void **state)
{
	struct play play = begin();
	struct answer late = { .count = 0 }, early = { .count = 0 };

	(void)state;
	assert_non_null(ask(&play, deadline_now(), &late));
	connect_both(&play);
	assert_int_equal(late.count, 1);
	assert_int_equal(late.failure, VERDICT_UNAVAILABLE);
	assert_string_equal(late.reason, REASON_DEADLINE);
	assert_int_equal(heard(&play), 0);
	assert_non_null(ask(&play, deadline_in(10000), &early));
	connect_both(&play);
	assert_int_equal(early.count, 0);
	assert_true(heard(&play) > 0);
	end(&play);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_reply),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
