/*
 * A front with a realm in a real store, and several clients whose lines are
 * all there before a turn of the loop; recv and send are wrapped (-Wl,--wrap),
 * to see their order and to do something in between.
 */
#ifndef CERTAUTH_TESTS_ASIDE_STAGE_H
#define CERTAUTH_TESTS_ASIDE_STAGE_H

#include "lookupd/front.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "lookupd/area.h"
#include "lookupd/request.h"
#include "tests/unit/pure.h"
#include "tests/unit/store_stage.h"

#define USERS 8
/* With others beside, so many that no bucket of the store is empty: nothing is
 * foreseen of one that is. */
#define OTHERS 5000
#define LOCKED 4			/* one of them */
#define NOBODY 9			/* none of them */
#define GUESTS 6

/* A client: A is the first one. */
struct guest {
	int fd, us;			/* the front's end and ours */
	struct client *client;
	struct buffer heard, want;
	void (*on_recv)(void), (*on_send)(void);	/* the next one */
};

ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
void __real_stock_foresee(struct stock *stock, const struct realm *realm,
    const struct identity *identity, struct store_foreseen *ret);
void __wrap_stock_foresee(struct stock *stock, const struct realm *realm,
    const struct identity *identity, struct store_foreseen *ret);
int64_t __wrap_deadline_now_us(void);
int64_t __wrap_request_clock_us(void);
int __real_loop_arm(struct event *timer, int64_t ms);
int __wrap_loop_arm(struct event *timer, int64_t ms);

static char realm_name[] = "r", base_dn[] = "dc=x",
    service_name[] = CONFIG_DEFAULT_SERVICE;
static const char profile[] =
    "account = \"(objectClass=account)\"; name = \"mail\";"
    "keys = { address = [ \"mail\" ]; };"
    "rules = ( { block = \"locked\"; account = \"(status=locked)\"; },"
    "  { admit = true; account = \"(status=active)\"; } );";

static struct stage stage;
static struct realm realm;
static struct realm *realms[] = { &realm };
static struct service service = { .name = service_name, .realms = realms,
	.realm_count = 1, .evidence = EVIDENCE_BIT(EVIDENCE_NONE) };
static struct config config;
static struct front front;
static char row[128];
static int directory, parent, nobody;
static struct guest guests[GUESTS];
static size_t come;			/* how many */
static unsigned said, asides;
static int64_t clock_us = 1000000000, step_us;
static char order[64];			/* 'A' is read, 'a' is sent to */

/* ---- what the front does ---------------------------------------------- */

static inline struct guest *
note(int fd, char first)
{
	size_t i = 0, at = strlen(order);

	while (i < come && guests[i].fd != fd)
		i++;
	if (i == come)
		return NULL;
	if (at < sizeof(order) - 1)
		order[at] = (char)(first + (int)i);
	return &guests[i];
}

static inline void
happen(void (**what)(void))
{
	void (*now)(void) = *what;

	*what = NULL;
	if (now != NULL)
		now();
}

ssize_t
__wrap_recv(int fd, void *data, size_t len, int flags)
{
	struct guest *guest = note(fd, 'A');

	if (guest != NULL)
		happen(&guest->on_recv);
	return __real_recv(fd, data, len, flags);
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
	struct guest *guest = note(fd, 'a');

	if (guest != NULL)
		happen(&guest->on_send);
	return __real_send(fd, data, len, flags);
}

void
__wrap_stock_foresee(struct stock *stock, const struct realm *of,
    const struct identity *identity, struct store_foreseen *ret)
{
	__real_stock_foresee(stock, of, identity, ret);
	asides += ret->moment != 0;
}

/* Time passes as the row wants it, and no timer but one that is due: neither
 * counts as somebody else to be heard, nor ends somebody's turn. */
int64_t
__wrap_deadline_now_us(void)
{
	return clock_us += step_us;
}

/* The store is looked at in the same view, while that is young enough. */
int64_t
__wrap_request_clock_us(void)
{
	return clock_us;
}

int
__wrap_loop_arm(struct event *timer, int64_t ms)
{
	return ms > 0 ? 0 : __real_loop_arm(timer, ms);
}

/* ---- the stage -------------------------------------------------------- */

static inline int
pair(int type, int *ret_other)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, ends), 0);
	*ret_other = ends[1];
	return ends[0];
}

static inline void
open_store(void)
{
	struct area is;

	stage.store = store_open(stage.folder, STORE_WRITER, &stage.anew,
	    stage.error);
	assert_non_null(stage.store);
	assert_int_equal(area_of(&realm, STORE_ACCOUNTS, &is), 0);
	stage.area = store_area_open(stage.store, realm_name, STORE_ACCOUNTS,
	    realm.profile, is.definition);
	area_clear(&is);
	assert_non_null(stage.area);
}

static inline struct entry *
user(unsigned number, const char *status)
{
	char text[64];

	snprintf(text, sizeof(text), "mail=user%u@x.org|status=%s", number,
	    status);
	return entry_of("uid=u", text);
}

static inline void
write_store(void)
{
	open_store();
	must(store_refresh_begin(stage.area, stage.error) == 0);
	for (unsigned i = 0; i < USERS + OTHERS; i++) {
		struct store_id id = stage_id(i);
		struct entry *entry = user(i < USERS ? i : i + 100,
		    i == LOCKED ? "locked" : "active");

		must(store_refresh_put(stage.area, &id, entry,
		    stage.error) == 0);
		entry_free(entry);
	}
	must(store_refresh_finish(stage.area, "c", 1, "f", 1000,
	    stage.error) == 0);
	stage_close(&stage);
}

/* Another process, which has the store open beside: the first user. */
static inline void
lock_first(void)
{
	struct store_id id = stage_id(0);
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		open_store();
		if (store_change_begin(stage.area, stage.error) != 0 ||
		    store_change_put(stage.area, &id, user(0, "locked"),
		    stage.error) != 0 || store_change_commit(stage.area,
		    NULL, 0, 2000, stage.error) != 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static inline void
begin(short reading)
{
	stage_set(&stage);
	realm = (struct realm){ .name = realm_name, .mode = MODE_FILE,
		.profile = profile_good(profile), .base = base_dn };
	config = (struct config){ .references = 2,	/* one is ours */
		.store = stage.folder, .deadline_ms = 600000,
		.realms = { &realm }, .realm_count = 1,
		.services = { &service }, .service_count = 1 };
	front = (struct front){ .trust = calloc(1, sizeof(*front.trust)) };
	assert_non_null(front.trust);
	front.trust->references = 1;
	front.trust->config = &config;
	front.listen_fd = pair(SOCK_STREAM, &nobody);
	front.control = pair(SOCK_SEQPACKET, &parent);
	write_store();
	assert_int_equal(front_set_up(&front), 0);
	if (reading != 0)
		front.reading = reading;
	finder_connect(front.finder, pair(SOCK_STREAM, &directory));
	come = 0;
	said = 0;
	step_us = 0;
}

static inline void
turn(void)
{
	event_base_loop(front.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static inline void
end(void)
{
	front_tear_down(&front);
	for (size_t i = 0; i < come; i++) {
		if (guests[i].us != -1)
			close(guests[i].us);
		buffer_free(&guests[i].heard);
		buffer_free(&guests[i].want);
	}
	close(front.listen_fd);
	close(front.control);
	close(nobody);
	close(parent);
	close(directory);
	profile_free(realm.profile);
	stage_strike(&stage);
}

#endif
