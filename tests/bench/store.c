/*
 * store FOLDER [ACCOUNTS [CHANGES]]: fill a store, change it at random, look
 * up; print CPU time, private memory and bytes for each account.  The folder
 * must be empty and ours.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lookupd/hash.h"
#include "lookupd/store.h"
#include "lookupd/store_record.h"

static char names[5][8] = { "mail", "alias", "uid", "status", "isAdmin" };
static char *attributes[] = { names[0], names[1], names[2], names[3],
	names[4], NULL };
static struct profile profile = { .account_attributes = attributes };

static double
cpu(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void
make_profile(void)
{
	static struct filter_key address[2] = { { "mail", NULL },
		{ "alias", NULL } }, account[2] = { { "mail", NULL },
		{ "uid", NULL } };

	memcpy(profile.keys[KEY_ADDRESS].items, address, sizeof(address));
	profile.keys[KEY_ADDRESS].count = 2;
	memcpy(profile.keys[KEY_ACCOUNT].items, account, sizeof(account));
	profile.keys[KEY_ACCOUNT].count = 2;
}

static void __attribute__((noreturn))
die(const char *error)
{
	fprintf(stderr, "%s\n", error);
	_exit(1);
}

static void __attribute__((format(printf, 3, 0)))
put(struct entry *entry, const char *name, const char *format, va_list args)
{
	char text[128];
	int len = vsnprintf(text, sizeof(text), format, args);

	if (entry_add(entry, name, text, (size_t)len) != 0)
		die("out of memory");
}

static void __attribute__((format(printf, 3, 4)))
add(struct entry *entry, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(entry, name, format, args);
	va_end(args);
}

/* Three addresses, a uid, a status, a boolean. */
static struct entry *
account(unsigned n, unsigned version)
{
	char dn[128];
	struct entry *entry;

	snprintf(dn, sizeof(dn), "uid=user%u,ou=people,dc=example,dc=com", n);
	entry = entry_new(dn);
	if (entry == NULL)
		die("out of memory");
	add(entry, "mail", "user%u@example.com", n);
	add(entry, "alias", "first.last%u@example.com", n + version * 10000000);
	add(entry, "alias", "u%u@mail.example.com", n);
	add(entry, "uid", "user%u", n);
	add(entry, "status", "%s", version % 2 == 0 ? "active" : "locked");
	add(entry, "isAdmin", "FALSE");
	return entry;
}

static void
id_of(unsigned n, struct store_id *id)
{
	store_put_u64(id->bytes, hash_bytes(1, &n, sizeof(n)));
	store_put_u64(id->bytes + 8, hash_bytes(2, &n, sizeof(n)));
}

/* Private memory, KiB: what is mapped of the file is the kernel's. */
static long
private_kib(void)
{
	char text[4096];
	const char *at;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	at = strstr(text, "RssAnon:");
	return at == NULL ? 0 : strtol(at + 8, NULL, 10);
}

static void
say_size(const char *folder, const char *when, unsigned count)
{
	char path[4096];
	struct stat status;

	snprintf(path, sizeof(path), "%.4000s/accounts.mdb", folder);
	if (stat(path, &status) != 0)
		die(path);
	printf("%-28s %10.1f MiB, %6.1f bytes an account, private memory "
	    "%ld KiB\n", when, (double)status.st_size / 1048576,
	    (double)status.st_size / count, private_kib());
	fflush(stdout);
}

static void
fill(struct store_area *area, unsigned count)
{
	char error[STORE_ERROR_MAX];
	double start = cpu(), end;
	long most = 0, one;

	if (store_refresh_begin(area, error) != 0)
		die(error);
	for (unsigned i = 0; i < count; i++) {
		struct entry *entry = account(i, 0);
		struct store_id id;

		id_of(i, &id);
		if (store_refresh_put(area, &id, entry, error) != 0)
			die(error);
		entry_free(entry);
		if (i % 100000 == 0 && (one = private_kib()) > most)
			most = one;
	}
	end = cpu();
	printf("put %u in %.2f s (%.2f us each)", count, end - start,
	    (end - start) * 1e6 / count);
	start = cpu();
	for (bool done = false; !done;) {
		if (store_refresh_step(area, &done, error) != 0)
			die(error);
		if ((one = private_kib()) > most)
			most = one;
	}
	if (store_refresh_finish(area, "c", 1, "bench", 1, error) != 0)
		die(error);
	printf(", finished in %.2f s, private memory at most %ld KiB\n",
	    cpu() - start, most);
}

static void
change(struct store_area *area, unsigned count, unsigned changes)
{
	char error[STORE_ERROR_MAX];
	double start = cpu();
	uint64_t random = 1;

	for (unsigned i = 0; i < changes; i++) {
		struct entry *entry;
		struct store_id id;
		unsigned n;

		random = hash_bytes(random, &i, sizeof(i));
		n = (unsigned)(random % count);
		entry = account(n, (unsigned)(random >> 32) % 8);
		id_of(n, &id);
		if (store_change_begin(area, error) != 0 ||
		    store_change_put(area, &id, entry, error) != 0 ||
		    store_change_commit(area, "c", 1, 2, error) != 0)
			die(error);
		entry_free(entry);
	}
	printf("%u changes in %.2f s (%.1f us each)\n", changes,
	    cpu() - start, (cpu() - start) * 1e6 / changes);
}

static void
look_up(struct store *store, struct store_area *area, unsigned range,
    unsigned times)
{
	char error[STORE_ERROR_MAX], value[64];
	double start = cpu();
	uint64_t random = 7;
	unsigned found = 0;

	for (unsigned i = 0; i < times; i++) {
		struct entry *entries[2];
		size_t count;
		bool more;
		int len;

		random = hash_bytes(random, &i, sizeof(i));
		len = snprintf(value, sizeof(value), "u%u@mail.example.com",
		    (unsigned)(random % range));
		if ((i % 16 == 0 && store_view_begin(store, error) != 0) ||
		    store_find(area, profile.keys[KEY_ADDRESS].items, 2, value,
		    (size_t)len, entries, &count, &more, error) != 0)
			die(error);
		for (size_t j = 0; j < count; j++)
			entry_free(entries[j]);
		found += (unsigned)count;
		if (i % 16 == 15)
			store_view_end(store);
	}
	store_view_end(store);
	printf("%u lookups over %u: %.3f us each, %u found\n", times, range,
	    (cpu() - start) * 1e6 / times, found);
}

int
main(int argc, char **argv)
{
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) :
	    1000000;
	unsigned changes = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) :
	    count;
	char error[STORE_ERROR_MAX];
	struct store *store;
	struct store_area *area;
	bool anew;
	double start;

	if (argc < 2 || count == 0) {
		fputs("usage: store FOLDER [ACCOUNTS [CHANGES]]\n", stderr);
		return 2;
	}
	make_profile();
	store = store_open(argv[1], STORE_WRITER, &anew, error);
	if (store == NULL)
		die(error);
	area = store_area_open(store, "bench", STORE_ACCOUNTS, &profile, 1);
	fill(area, count);
	say_size(argv[1], "fresh", count);
	look_up(store, area, 1000, 1000000);
	look_up(store, area, count, 1000000);
	change(area, count, changes);
	say_size(argv[1], "after changes", count);
	fill(area, count);
	say_size(argv[1], "refreshed beside", count);
	store_close(store);
	start = cpu();
	store = store_open(argv[1], STORE_WRITER, &anew, error);
	if (store == NULL || anew)
		die(error);
	printf("opened, and looked at thoroughly, in %.3f s\n", cpu() - start);
	store_close(store);
	return 0;
}
