/*
 * A folder with a store in it, a profile of three attributes, and entries to
 * put there.
 */
#ifndef CERTAUTH_TESTS_STORE_STAGE_H
#define CERTAUTH_TESTS_STORE_STAGE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/rows.h"

#include "lookupd/store.h"
#include "lookupd/store_record.h"

#define STAGE_DEFINITION 77

struct stage {
	char folder[32];
	char file[64];
	struct profile profile;
	struct store *store;
	struct store_area *area;
	bool anew;
	char error[STORE_ERROR_MAX];
};

static char stage_mail[] = "mail", stage_alias[] = "alias",
    stage_status[] = "status";
static char *stage_attributes[] = { stage_mail, stage_alias, stage_status,
	NULL };
static const struct store_names stage_names = { {
	{ stage_mail, 4 }, { stage_alias, 5 }, { stage_status, 6 } }, 3,
	stage_attributes };
static const struct filter_key stage_keys[] = { { "mail", NULL },
	{ "alias", NULL } };

static inline void
stage_set(struct stage *stage)
{
	memset(stage, 0, sizeof(*stage));
	strcpy(stage->folder, "/tmp/ca.XXXXXX");
	assert_non_null(mkdtemp(stage->folder));
	snprintf(stage->file, sizeof(stage->file), "%s/accounts.mdb",
	    stage->folder);
	stage->profile.account_attributes = stage_attributes;
	memcpy(stage->profile.keys[KEY_ADDRESS].items, stage_keys,
	    sizeof(stage_keys));
	stage->profile.keys[KEY_ADDRESS].count = 2;
}

static inline bool
stage_open(struct stage *stage, enum store_role role)
{
	stage->store = store_open(stage->folder, role, &stage->anew,
	    stage->error);
	if (stage->store == NULL)
		return false;
	stage->area = store_area_open(stage->store, "r", STORE_ACCOUNTS,
	    &stage->profile, STAGE_DEFINITION);
	return stage->area != NULL;
}

static inline void
stage_close(struct stage *stage)
{
	store_close(stage->store);
	stage->store = NULL;
	stage->area = NULL;
}

static inline void
stage_strike(struct stage *stage)
{
	static const char *const names[] = { "accounts.mdb",
		"accounts.mdb-lock", "guard" };
	char path[96];

	stage_close(stage);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", stage->folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(stage->folder);
}

/* mail, alias and status may be NULL. */
static inline struct entry *
stage_entry(const char *dn, const char *mail, const char *alias,
    const char *status)
{
	struct entry *entry = entry_new(dn);

	assert_non_null(entry);
	if (mail != NULL)
		assert_int_equal(entry_add(entry, "mail", mail, strlen(mail)),
		    0);
	if (alias != NULL)
		assert_int_equal(entry_add(entry, "alias", alias,
		    strlen(alias)), 0);
	if (status != NULL)
		assert_int_equal(entry_add(entry, "status", status,
		    strlen(status)), 0);
	return entry;
}

static inline struct store_id
stage_id(unsigned number)
{
	struct store_id id = { { 0 } };

	/* spread over the heaps, as UUIDs are */
	store_put_u32(id.bytes, number * 2654435761U);
	store_put_u32(id.bytes + 4, number);
	return id;
}

/* "user7@example.com" with status, alias "alias7@example.com". */
static inline struct entry *
stage_user(unsigned number, const char *status)
{
	char dn[64], mail[64], alias[64];

	snprintf(dn, sizeof(dn), "uid=user%u,dc=example", number);
	snprintf(mail, sizeof(mail), "user%u@example.com", number);
	snprintf(alias, sizeof(alias), "alias%u@example.com", number);
	return stage_entry(dn, mail, alias, status);
}

static inline bool
stage_put(struct stage *stage, unsigned number, const char *status)
{
	struct store_id id = stage_id(number);
	struct entry *entry = stage_user(number, status);
	int rc = store_refresh_put(stage->area, &id, entry, stage->error);

	entry_free(entry);
	return rc == 0;
}

/* Users 0 to count - 1. */
static inline bool
stage_fill(struct stage *stage, unsigned count, const char *status,
    const char *cookie)
{
	if (store_refresh_begin(stage->area, stage->error) != 0)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (!stage_put(stage, i, status))
			return false;
	}
	return store_refresh_finish(stage->area, cookie, strlen(cookie),
	    "ldap://one", 1000, stage->error) == 0;
}

/* One change. status NULL: delete. */
static inline bool
stage_change(struct stage *stage, unsigned number, const char *status,
    const char *cookie)
{
	struct store_id id = stage_id(number);
	struct entry *entry;
	int rc;

	if (store_change_begin(stage->area, stage->error) != 0)
		return false;
	if (status == NULL) {
		rc = store_change_delete(stage->area, &id, stage->error);
	} else {
		entry = stage_user(number, status);
		rc = store_change_put(stage->area, &id, entry, stage->error);
		entry_free(entry);
	}
	if (rc != 0) {
		store_change_abort(stage->area);
		return false;
	}
	return store_change_commit(stage->area, cookie,
	    cookie == NULL ? 0 : strlen(cookie), 2000, stage->error) == 0;
}

/*
 * What is found under a value: "" nothing, else the DNs' first part and
 * status ("user1:active user2:locked +" when there are more), or the error.
 */
static inline const char *
stage_found(struct stage *stage, const char *value)
{
	static char text[STORE_ERROR_MAX];
	struct entry *entries[2];
	size_t count, len = 0;
	bool more;

	if (store_find(stage->area, stage_keys, 2, value, strlen(value),
	    entries, &count, &more, stage->error) != 0) {
		snprintf(text, sizeof(text), "%s", stage->error);
		return text;
	}
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const struct attribute *status = entry_get(entries[i],
		    "status");

		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%.*s:%s", i > 0 ? " " : "",
		    (int)strcspn(entries[i]->dn + 4, ","), entries[i]->dn + 4,
		    status == NULL ? "-" : status->values[0].data);
		entry_free(entries[i]);
	}
	if (more)
		snprintf(text + len, sizeof(text) - len, " +");
	return text;
}

static inline void
stage_finds(struct stage *stage, const char *value, const char *expected)
{
	const char *got = stage_found(stage, value);

	row_check(strcmp(got, expected) == 0, value,
	    "expected \"%s\", got \"%s\"", expected, got);
}

/* The data file as bytes, the caller's. */
static inline char *
stage_file(const struct stage *stage, size_t *ret_len)
{
	struct stat status;
	int fd = open(stage->file, O_RDONLY | O_CLOEXEC);
	char *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	data = malloc((size_t)status.st_size);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)status.st_size),
	    status.st_size);
	close(fd);
	*ret_len = (size_t)status.st_size;
	return data;
}

#define must(call) \
	do { \
		if (!(call)) \
			fail_msg("%s: %s", #call, stage.error); \
	} while (0)

#endif
