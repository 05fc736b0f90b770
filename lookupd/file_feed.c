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
#include "daemon/log.h"
#include "lookupd/file_areas.h"
#include "lookupd/ldif.h"

enum stage { STAGE_LOOKING, STAGE_READING, STAGE_WRITING };

struct file_feed {
	const struct realm *realm;
	struct store *store;
	void (*damaged)(void *context);
	void *context;
	struct event *timer;
	struct file_areas areas;
	enum stage stage;
	int fd;
	bool ldif_open;
	struct ldif ldif;
	struct file_mark seen;		/* a second ago */
	struct file_mark reading;
	struct file_mark refused;	/* is wrong: not again, until it changes */
	int64_t started_us;
	bool store_failed;
};

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
	file_areas_abandon(&feed->areas);
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
	char place[32] = "";

	if (line > 0)
		snprintf(place, sizeof(place), ":%lu", line);
	log_error("%s%s: %s; realm %s %s", feed->realm->ldif, place, why,
	    feed->realm->name, file_areas_usable(&feed->areas) ?
	    "keeps what was read before" : "is unavailable");
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

static int
take(void *context, struct entry *entry)
{
	struct file_feed *feed = context;
	char error[STORE_ERROR_MAX];
	int rc = file_areas_put(&feed->areas, entry, error);

	if (rc != 0) {
		feed->store_failed = true;
		snprintf(feed->ldif.error, sizeof(feed->ldif.error), "%.150s",
		    error);
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
	struct file_mark now;

	if (fstat(feed->fd, &status) != 0)
		return false;
	file_mark_of(&status, &now);
	/* renamed or removed since, its ctime is another one */
	return file_mark_same(&now, &feed->reading) || status.st_nlink == 0;
}

static void
write_share(struct file_feed *feed)
{
	char error[STORE_ERROR_MAX];
	bool done, twice;

	if (file_areas_step(&feed->areas, &done, &twice, error) != 0) {
		store_failed(feed, error);
		return;
	}
	if (twice) {
		refuse(feed, 0, "a dn twice");
		return;
	}
	if (!done) {
		loop_arm(feed->timer, 0);
		return;
	}
	if (feed->areas.put[STORE_ACCOUNTS] == 0) {
		refuse(feed, 0, "no entry in it is an account");
		return;
	}
	if (!unchanged(feed)) {
		log_info("%s changed while it was read; reading it again",
		    feed->realm->ldif);
		stop(feed, FILE_FEED_LOOK_MS);
		return;
	}
	if (file_areas_finish(&feed->areas, &feed->reading, wall_us(),
	    error) != 0) {
		store_failed(feed, error);
		return;
	}
	log_notice("realm %s: %s taken into use: %llu entries, %llu accounts, "
	    "%llu domains, %lld ms", feed->realm->name, feed->realm->ldif,
	    feed->areas.entries, feed->areas.put[STORE_ACCOUNTS],
	    feed->areas.put[STORE_DOMAINS],
	    (long long)(deadline_now_us() - feed->started_us) / 1000);
	stop(feed, FILE_FEED_LOOK_MS);
}

/* ---- looking ---------------------------------------------------------- */

static int
begin(struct file_feed *feed, char *error)
{
	feed->store_failed = false;
	if (file_areas_begin(&feed->areas, error) != 0)
		return -1;
	ldif_init(&feed->ldif, file_sieve_wanted(feed->areas.sieve), take,
	    feed);
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
		file_mark_of(&status, &feed->reading);
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
	struct file_mark now = { .len = 0 };
	bool rests;

	if (stat(feed->realm->ldif, &status) == 0) {
		file_mark_of(&status, &now);
		rests = feed->seen.len == 0 && is_old(&status);
	} else {
		file_mark_none(errno, &now);
		rests = feed->seen.len == 0;
	}
	rests = rests || file_mark_same(&now, &feed->seen);
	feed->seen = now;
	if (rests && !file_mark_same(&now, &feed->refused) &&
	    !file_areas_have(&feed->areas, &now))
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
	feed->timer = event_new(base, -1, 0, on_timer, feed);
	if (feed->timer == NULL ||
	    file_areas_open(&feed->areas, realm, store) != 0 ||
	    loop_arm(feed->timer, 0) != 0) {
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
	file_areas_close(&feed->areas);
	free(feed);
}

void
file_feed_describe(const struct file_feed *feed,
    void (*line)(void *context, const char *text), void *context)
{
	char text[512];
	const char *doing = file_mark_same(&feed->seen, &feed->refused) ?
	    ", as it is now it is not taken (see the log)" : "";

	if (feed->stage == STAGE_LOOKING)
		snprintf(text, sizeof(text), "realm %s: file %.300s%s",
		    feed->realm->name, feed->realm->ldif, doing);
	else
		snprintf(text, sizeof(text), "realm %s: reading %.300s, %llu "
		    "entries so far", feed->realm->name, feed->realm->ldif,
		    feed->areas.entries);
	line(context, text);
}
