/*
 * Looking, reading, taking into use.
 */
#include "lookupd/file_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/deadline.h"
#include "common/safe_open.h"
#include "common/text.h"
#include "daemon/log.h"
#include "lookupd/area.h"
#include "lookupd/file_sieve.h"
#include "lookupd/ldif.h"

#define KINDS 2
#define MARK_MAX 128

/* Which file: compared as bytes, kept as the cookie. */
struct mark {
	char text[MARK_MAX];
	size_t len;
};

enum stage { STAGE_LOOKING, STAGE_READING, STAGE_WRITING };

struct file_feed {
	const struct realm *realm;
	struct store *store;
	void (*damaged)(void *context);
	void *context;
	struct event *timer;
	struct area is[KINDS];
	struct store_area *areas[KINDS];	/* domains may be NULL */
	struct file_sieve *sieve;
	enum stage stage;
	int fd;
	bool ldif_open;
	struct ldif ldif;
	struct mark seen;		/* a second ago */
	struct mark reading;
	struct mark refused;		/* is wrong: not again, until it changes */
	int64_t started_us;
	unsigned long long entries;	/* taken from the file so far */
	unsigned long long put[KINDS];
	bool store_failed;
};

static bool
same_mark(const struct mark *a, const struct mark *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static void
mark_of(const struct stat *status, struct mark *ret)
{
	ret->len = (size_t)snprintf(ret->text, sizeof(ret->text),
	    "inode=%llx size=%lld time=%lld.%09ld changed=%lld.%09ld",
	    (unsigned long long)status->st_ino, (long long)status->st_size,
	    (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
	    (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

static int64_t
wall_us(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the end of reading, one way or the other ------------------------- */

static void
stop(struct file_feed *feed, int64_t ms)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (feed->areas[i] != NULL)
			store_refresh_abandon(feed->areas[i]);
	}
	if (feed->ldif_open)
		ldif_free(&feed->ldif);
	feed->ldif_open = false;
	if (feed->fd >= 0)
		close(feed->fd);
	feed->fd = -1;
	feed->stage = STAGE_LOOKING;
	loop_arm(feed->timer, ms);
}

/* The file is at fault: what was there stays. */
static void
refuse(struct file_feed *feed, unsigned long line, const char *why)
{
	struct store_state state;
	char error[STORE_ERROR_MAX], place[32] = "";

	if (line > 0)
		snprintf(place, sizeof(place), ":%lu", line);
	log_error("%s%s: %s; realm %s %s", feed->realm->ldif, place, why,
	    feed->realm->name, store_state(feed->areas[0], &state, error) ==
	    0 && state.usable ? "keeps what was read before" :
	    "is unavailable");
	feed->refused = feed->reading;
	stop(feed, FILE_FEED_LOOK_MS);
}

static void
store_failed(struct file_feed *feed, const char *error)
{
	log_error("realm %s: %s", feed->realm->name, error);
	stop(feed, FILE_FEED_AGAIN_MS);
	if (store_damaged(feed->store))
		feed->damaged(feed->context);
}

/* ---- reading ---------------------------------------------------------- */

/* An entry of the file, to each area it belongs to. */
static int
take(void *context, struct entry *entry)
{
	struct file_feed *feed = context;
	struct store_id id;
	int rc = 0;

	feed->entries++;
	file_sieve_id(entry, &id);
	for (size_t i = 0; i < KINDS && rc == 0; i++) {
		struct entry *narrow;
		char error[STORE_ERROR_MAX];

		if (feed->areas[i] == NULL)
			continue;
		rc = file_sieve(feed->sieve, (enum store_kind)i, entry,
		    &narrow);
		if (rc != 0)
			snprintf(error, sizeof(error), "out of memory");
		else if (narrow != NULL)
			rc = store_refresh_put(feed->areas[i], &id, narrow,
			    error);
		feed->put[i] += rc == 0 && narrow != NULL;
		if (rc != 0) {
			feed->store_failed = true;
			snprintf(feed->ldif.error, sizeof(feed->ldif.error),
			    "%.150s", error);
		}
		entry_free(rc == 0 ? narrow : NULL);
	}
	entry_free(entry);
	return rc;
}

static void
read_failed(struct file_feed *feed)
{
	char why[LDIF_ERROR_MAX];
	unsigned long line = feed->ldif.start;

	memcpy(why, feed->ldif.error, sizeof(why));
	if (feed->store_failed)
		store_failed(feed, why);
	else
		refuse(feed, line, why);
}

static void
read_piece(struct file_feed *feed)
{
	char piece[FILE_FEED_PIECE];
	ssize_t len = read(feed->fd, piece, sizeof(piece));

	if (len < 0 && errno == EINTR) {
		loop_arm(feed->timer, 0);
	} else if (len < 0) {
		refuse(feed, 0, strerror(errno));
	} else if (len > 0) {
		if (ldif_feed(&feed->ldif, piece, (size_t)len) == 0)
			loop_arm(feed->timer, 0);
		else
			read_failed(feed);
	} else if (ldif_finish(&feed->ldif) != 0) {
		read_failed(feed);
	} else {
		feed->stage = STAGE_WRITING;
		loop_arm(feed->timer, 0);
	}
}

/* ---- taking into use -------------------------------------------------- */

/* Is it still the file that was read? */
static bool
unchanged(struct file_feed *feed)
{
	struct stat status;
	struct mark now;

	if (fstat(feed->fd, &status) != 0)
		return false;
	mark_of(&status, &now);
	/* renamed or removed since, its ctime is another one */
	return same_mark(&now, &feed->reading) || status.st_nlink == 0;
}

static int
finish(struct file_feed *feed, char *error)
{
	int64_t now = wall_us();

	/* domains first: an account without its domain is refused at worst */
	for (size_t i = KINDS; i-- > 0;) {
		if (feed->areas[i] != NULL && store_refresh_finish(
		    feed->areas[i], feed->reading.text, feed->reading.len,
		    feed->realm->ldif, now, error) != 0)
			return -1;
	}
	return 0;
}

static void
write_share(struct file_feed *feed)
{
	char error[STORE_ERROR_MAX];
	bool done = true;

	for (size_t i = 0; i < KINDS && done; i++) {
		if (feed->areas[i] != NULL && store_refresh_step(
		    feed->areas[i], &done, error) != 0) {
			store_failed(feed, error);
			return;
		}
		if (done && feed->areas[i] != NULL &&
		    store_refresh_replaced(feed->areas[i]) > 0) {
			refuse(feed, 0, "a dn twice");
			return;
		}
	}
	if (!done) {
		loop_arm(feed->timer, 0);
		return;
	}
	if (feed->put[STORE_ACCOUNTS] == 0) {
		refuse(feed, 0, "no entry in it is an account");
		return;
	}
	if (!unchanged(feed)) {
		log_info("%s changed while it was read; reading it again",
		    feed->realm->ldif);
		stop(feed, FILE_FEED_LOOK_MS);
		return;
	}
	if (finish(feed, error) != 0) {
		store_failed(feed, error);
		return;
	}
	log_notice("realm %s: %s taken into use: %llu entries, %llu accounts, "
	    "%llu domains, %lld ms", feed->realm->name, feed->realm->ldif,
	    feed->entries, feed->put[STORE_ACCOUNTS],
	    feed->put[STORE_DOMAINS],
	    (long long)(deadline_now_us() - feed->started_us) / 1000);
	stop(feed, FILE_FEED_LOOK_MS);
}

/* ---- looking ---------------------------------------------------------- */

/* Does the store have this file already? */
static bool
is_stored(struct file_feed *feed, const struct mark *mark)
{
	struct store_state state;
	char error[STORE_ERROR_MAX];

	for (size_t i = 0; i < KINDS; i++) {
		if (feed->areas[i] == NULL)
			continue;
		if (store_state(feed->areas[i], &state, error) != 0 ||
		    !state.usable || state.cookie_len != mark->len ||
		    memcmp(state.cookie, mark->text, mark->len) != 0)
			return false;
	}
	return true;
}

static int
begin(struct file_feed *feed, char *error)
{
	feed->entries = 0;
	feed->store_failed = false;
	for (size_t i = 0; i < KINDS; i++) {
		feed->put[i] = 0;
		if (feed->areas[i] != NULL &&
		    store_refresh_begin(feed->areas[i], error) != 0)
			return -1;
	}
	ldif_init(&feed->ldif, file_sieve_wanted(feed->sieve), take, feed);
	feed->ldif_open = true;
	feed->started_us = deadline_now_us();
	feed->stage = STAGE_READING;
	return 0;
}

static void
open_file(struct file_feed *feed)
{
	char error[STORE_ERROR_MAX];
	struct stat status;

	feed->reading = feed->seen;
	feed->fd = safe_open(feed->realm->ldif, SAFE_OPEN_PUBLIC,
	    FILE_FEED_MAX > SSIZE_MAX ? SSIZE_MAX : (size_t)FILE_FEED_MAX,
	    error);
	if (feed->fd < 0) {
		refuse(feed, 0, error + (strncmp(error, feed->realm->ldif,
		    strlen(feed->realm->ldif)) == 0 ?
		    strlen(feed->realm->ldif) + 2 : 0));
		return;
	}
	if (fstat(feed->fd, &status) == 0)
		mark_of(&status, &feed->reading);
	if (begin(feed, error) != 0)
		store_failed(feed, error);
	else
		loop_arm(feed->timer, 0);
}

/* At the start one that was last written to a while ago is taken at once. */
static bool
is_old(const struct stat *status)
{
	int64_t written = (int64_t)status->st_mtim.tv_sec * 1000000 +
	    status->st_mtim.tv_nsec / 1000;

	return wall_us() - written >= FILE_FEED_LOOK_MS * 1000;
}

/* A file that is being written is left alone until it rests for a second. */
static void
look(struct file_feed *feed)
{
	struct stat status;
	struct mark now = { .len = 0 };
	bool rests;

	if (stat(feed->realm->ldif, &status) == 0) {
		mark_of(&status, &now);
		rests = feed->seen.len == 0 && is_old(&status);
	} else {
		now.len = (size_t)snprintf(now.text, sizeof(now.text),
		    "%.100s", strerror(errno));
		rests = feed->seen.len == 0;
	}
	rests = rests || same_mark(&now, &feed->seen);
	feed->seen = now;
	if (rests && !same_mark(&now, &feed->refused) && !is_stored(feed, &now))
		open_file(feed);
	else
		loop_arm(feed->timer, FILE_FEED_LOOK_MS);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct file_feed *feed = context;

	(void)fd, (void)what;
	switch (feed->stage) {
	case STAGE_LOOKING:
		look(feed);
		break;
	case STAGE_READING:
		read_piece(feed);
		break;
	case STAGE_WRITING:
		write_share(feed);
		break;
	}
}

/* ---- setting up ------------------------------------------------------- */

static int
open_areas(struct file_feed *feed)
{
	for (size_t i = 0; i < KINDS; i++) {
		enum store_kind kind = (enum store_kind)i;

		if (!area_wanted(feed->realm, kind))
			continue;
		if (area_of(feed->realm, kind, &feed->is[i]) != 0)
			return -1;
		feed->areas[i] = store_area_open(feed->store,
		    feed->realm->name, kind, feed->realm->profile,
		    feed->is[i].definition);
		if (feed->areas[i] == NULL)
			return -1;
	}
	return 0;
}

struct file_feed *
file_feed_new(struct event_base *base, const struct realm *realm,
    struct store *store, void (*damaged)(void *context), void *context)
{
	struct file_feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	feed->realm = realm;
	feed->store = store;
	feed->damaged = damaged;
	feed->context = context;
	feed->fd = -1;
	feed->sieve = file_sieve_new(realm);
	feed->timer = event_new(base, -1, 0, on_timer, feed);
	if (feed->sieve == NULL || feed->timer == NULL ||
	    open_areas(feed) != 0 || loop_arm(feed->timer, 0) != 0) {
		file_feed_free(feed);
		return NULL;
	}
	return feed;
}

void
file_feed_free(struct file_feed *feed)
{
	if (feed == NULL)
		return;
	if (feed->timer != NULL) {
		stop(feed, FILE_FEED_LOOK_MS);
		event_free(feed->timer);
	}
	for (size_t i = 0; i < KINDS; i++) {
		store_area_close(feed->areas[i]);
		area_clear(&feed->is[i]);
	}
	file_sieve_free(feed->sieve);
	free(feed);
}

void
file_feed_describe(const struct file_feed *feed,
    void (*line)(void *context, const char *text), void *context)
{
	char text[512];
	const char *doing = same_mark(&feed->seen, &feed->refused) ?
	    ", as it is now it is not taken (see the log)" : "";

	if (feed->stage == STAGE_LOOKING)
		snprintf(text, sizeof(text), "realm %s: file %.300s%s",
		    feed->realm->name, feed->realm->ldif, doing);
	else
		snprintf(text, sizeof(text), "realm %s: reading %.300s, %llu "
		    "entries so far", feed->realm->name, feed->realm->ldif,
		    feed->entries);
	line(context, text);
}
