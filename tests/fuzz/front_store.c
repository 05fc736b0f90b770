/*
 * The writer of the store is a process of its own: LMDB is not opened twice
 * in one, and nothing fails there.
 */
#include "tests/fuzz/front_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lookupd/area.h"
#include "tests/fuzz/front_fault.h"

#define ACCOUNTS 3
#define CANARY_ID 32
#define TWIN_ID 16
/* ab and ac may log in, ad is locked, the alias is ab's. */
#define STATE_FIRST 0x5a
/* The front looks at clocks no more often; and milliseconds are rounded. */
#define SLACK_MS 12

/* The two bits of an account; with a twin, nobody can say who is meant. */
enum { GONE, LOCKED, ACTIVE, TWINS };

struct command {
	enum stored_step step;
	unsigned state;
	int64_t now_us;
};

/* What was true from one moment to the next one's. */
struct moment {
	uint64_t at;
	int64_t ms, contact_ms;
	unsigned state;
	bool there, canary;
};

static const char *const accounts[ACCOUNTS] = { "ab@example.com",
	"ac@example.com", "ad@example.com" };
static const char alias[] = "aa@example.com";

static struct {
	int fd;				/* of the other process */
	pid_t pid;
	char folder[64];
	struct moment moments[STORED_STEPS_MAX];
	size_t count;
	bool refreshed;			/* or forgotten, in this run */
} stored;

static unsigned
account_state(unsigned state, unsigned i)
{
	return state >> 2 * i & 3;
}

static bool
has_alias(unsigned state, unsigned i)
{
	return state >> 6 == i + 1;
}

/* ---- the other process ------------------------------------------------ */

static char trouble[STORE_ERROR_MAX];

static void
must(bool holds)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_front: the writer: %s\n", trouble);
	_exit(1);
}

static struct store_id
id_of(unsigned number)
{
	struct store_id id = { { (uint8_t)number } };

	return id;
}

static struct entry *
entry_for(const char *name, bool locked, bool with_alias, bool twin)
{
	char dn[64];
	struct entry *entry;

	snprintf(dn, sizeof(dn), "uid=%s%s", name, twin ? ",ou=2" : "");
	entry = entry_new(dn);
	must(entry != NULL &&
	    entry_add(entry, "uid", name, strlen(name)) == 0 &&
	    entry_add(entry, "mail", name, strlen(name)) == 0 &&
	    (!with_alias || entry_add(entry, "mailLocalAddress", alias,
	    strlen(alias)) == 0) &&
	    (!locked || entry_add(entry, "pwdAccountLockedTime",
	    "000001010000Z", 13) == 0));
	return entry;
}

/* One that is to be there, or not: to the refresh, or the change. */
static void
put(struct store_area *area, bool refresh, unsigned number,
    struct entry *entry)
{
	struct store_id id = id_of(number);

	if (entry != NULL)
		must((refresh ? store_refresh_put : store_change_put)(area,
		    &id, entry, trouble) == 0);
	else if (!refresh)
		must(store_change_delete(area, &id, trouble) == 0);
	entry_free(entry);
}

static void
put_all(struct store_area *area, bool refresh, unsigned state)
{
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		unsigned how = account_state(state, i);
		bool has = has_alias(state, i);

		put(area, refresh, i + 1, how == GONE ? NULL :
		    entry_for(accounts[i], how == LOCKED, has, false));
		put(area, refresh, i + 1 + TWIN_ID, how != TWINS ? NULL :
		    entry_for(accounts[i], false, has, true));
	}
}

static void
obey(struct store_area *area, const struct command *command)
{
	switch (command->step) {
	case STORED_CHANGE:
		must(store_change_begin(area, trouble) == 0);
		put_all(area, false, command->state);
		must(store_change_commit(area, "c", 1, command->now_us,
		    trouble) == 0);
		break;
	case STORED_CONTACT:
		must(store_contact(area, command->now_us, trouble) == 0);
		break;
	case STORED_REFRESH:
	case STORED_LET_IN:
		must(store_refresh_begin(area, trouble) == 0);
		put_all(area, true, command->state);
		put(area, true, CANARY_ID, entry_for(STORED_CANARY,
		    command->step == STORED_REFRESH, false, false));
		must(store_refresh_finish(area, "r", 1, "ldapi://none",
		    command->now_us, trouble) == 0);
		break;
	default:
		must(store_forget(area, trouble) == 0);
		break;
	}
}

static void
write_store(const struct realm *realm, int fd)
{
	struct command command;
	struct store_area *area = NULL;
	struct store *store;
	struct area is;
	bool anew;

	store = store_open(stored.folder, STORE_WRITER, &anew, trouble);
	must(store != NULL && area_of(realm, STORE_ACCOUNTS, &is) == 0);
	area = store_area_open(store, realm->name, STORE_ACCOUNTS,
	    realm->profile, is.definition);
	must(area != NULL);
	area_clear(&is);
	while (read(fd, &command, sizeof(command)) == sizeof(command)) {
		obey(area, &command);
		must(write(fd, "", 1) == 1);
	}
	_exit(0);
}

/* ---- what the store is spared here ------------------------------------ */

const char *__wrap_store_inspect(const char *path, bool thoroughly);

/* Each run opens it, and a process of its own each time takes long. */
const char *
__wrap_store_inspect(const char *path, bool thoroughly)
{
	(void)path, (void)thoroughly;
	return NULL;
}

/* ---- the truth -------------------------------------------------------- */

static bool
is_active(const struct moment *moment, const char *identity,
    const char *account)
{
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		if (strcasecmp(identity, accounts[i]) != 0 &&
		    (strcasecmp(identity, alias) != 0 ||
		    !has_alias(moment->state, i)))
			continue;
		return moment->there && moment->canary &&
		    account_state(moment->state, i) == ACTIVE &&
		    (account == NULL || strcmp(account, accounts[i]) == 0);
	}
	return false;
}

/* Did it last into the time since the question was sent? */
static bool
is_since(const struct moment *moment, const struct question *question)
{
	return question == NULL || moment + 1 == stored.moments + stored.count ||
	    moment[1].at > question->sent;
}

/* Was it too old when it was first looked at? */
static bool
is_stale(const struct moment *moment, const struct question *question)
{
	int64_t ms = question == NULL || question->sent_ms < moment->ms ?
	    moment->ms : question->sent_ms;

	return ms - moment->contact_ms > STORED_STALE_S * 1000 + SLACK_MS;
}

bool
stored_was_active(const struct question *question, const char *identity,
    const char *account)
{
	for (const struct moment *moment = stored.moments;
	    moment < stored.moments + stored.count; moment++) {
		if (is_since(moment, question) && !is_stale(moment, question) &&
		    is_active(moment, identity, account) &&
		    (question == NULL || !question->user_given ||
		    is_active(moment, question->user, account)))
			return true;
	}
	return false;
}

bool
stored_was_refused(const struct question *question)
{
	for (const struct moment *moment = stored.moments;
	    moment < stored.moments + stored.count; moment++) {
		if (is_since(moment, question) &&
		    !is_active(moment, question->names[0], NULL))
			return true;
	}
	return false;
}

/* ---- steps ------------------------------------------------------------ */

static void
tell(enum stored_step step, unsigned state)
{
	struct command command = { .step = step, .state = state };
	struct timespec now;
	ssize_t n;
	char done;

	clock_gettime(CLOCK_REALTIME, &now);
	command.now_us = now.tv_sec * 1000000 + now.tv_nsec / 1000;
	/* libFuzzer's alarm interrupts what waits */
	do {
		n = write(stored.fd, &command, sizeof(command));
	} while (n < 0 && errno == EINTR);
	model_require(n == sizeof(command), "the writer does not hear");
	do {
		n = read(stored.fd, &done, 1);
	} while (n < 0 && errno == EINTR);
	model_require(n == 1, "the writer is gone");
}

void
stored_step(enum stored_step step, unsigned state)
{
	struct moment moment = stored.moments[stored.count - 1];

	if (stored.count == STORED_STEPS_MAX)
		return;
	/* What is not there is neither changed nor heard of. */
	if (!moment.there && (step == STORED_CHANGE || step == STORED_CONTACT))
		step = STORED_REFRESH;
	tell(step, state);
	moment.at = model_now();
	moment.ms = moment.contact_ms = fault_ms();
	if (step == STORED_FORGET)
		moment.there = false;
	else if (step != STORED_CONTACT)
		moment.state = state;
	if (step == STORED_REFRESH || step == STORED_LET_IN) {
		moment.there = true;
		moment.canary = step == STORED_REFRESH;
	}
	if (step >= STORED_REFRESH)
		stored.refreshed = true;
	stored.moments[stored.count++] = moment;
}

void
stored_begin(void)
{
	/* No refresh is left of an earlier run: its time, of a clock that has
	 * gone back since, could be that of one in this run, which would not
	 * be taken for another one. */
	tell(stored.count == 0 || stored.refreshed ? STORED_REFRESH :
	    STORED_CHANGE, STATE_FIRST);
	stored.refreshed = false;
	stored.moments[0] = (struct moment){ .ms = fault_ms(),
		.contact_ms = fault_ms(), .state = STATE_FIRST, .there = true,
		.canary = true };
	stored.count = 1;
}

static void
clean(void)
{
	static const char *const names[] = { "accounts.mdb",
		"accounts.mdb-lock", "guard" };
	char path[96];

	close(stored.fd);
	(void)waitpid(stored.pid, NULL, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", stored.folder, names[i]);
		unlink(path);
	}
}

void
stored_init(const char *folder, const struct config *config)
{
	int pair[2];

	snprintf(stored.folder, sizeof(stored.folder), "%s", folder);
	model_require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair) == 0, "no socket pair");
	stored.pid = fork();
	model_require(stored.pid >= 0, "no process");
	if (stored.pid == 0) {
		close(pair[0]);
		write_store(config->realms[STORED_REALM], pair[1]);
	}
	close(pair[1]);
	stored.fd = pair[0];
	atexit(clean);
}
