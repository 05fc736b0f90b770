/*
 * The data file: opened, inspected, replaced.
 */
#include "lookupd/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/secret.h"
#include "common/text.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define META_KEY "environment"
#define META_MAGIC "certauth store\n"	/* 16 bytes with its NUL */
#define META_SIZE (16 + 4 + 4 + 8 + STORE_BOOT_SIZE + 1 + 8)
/* Written in native order: tells machines apart that number differently. */
#define META_ORDER 0x01020304U
/* A damaged tree may be a ring: who inspects it ends after this long. */
#define INSPECT_CPU_S 60

int
store_file_path(struct store *store, const char *folder, char *error)
{
	struct stat status;
	size_t len = strlen(folder) + sizeof("/" STORE_DATA_FILE "-lock");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int rc = -1;

	if (fd < 0 || fstat(fd, &status) != 0) {
		snprintf(error, STORE_ERROR_MAX, "%.300s: %s", folder,
		    strerror(errno));
		goto out;
	}
	if (status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
		snprintf(error, STORE_ERROR_MAX, "%.300s: must belong to uid "
		    "%lu and be writable by nobody else", folder,
		    (unsigned long)geteuid());
		goto out;
	}
	store->folder = strdup(folder);
	store->path = malloc(len);
	if (store->folder == NULL || store->path == NULL) {
		snprintf(error, STORE_ERROR_MAX, "out of memory");
		goto out;
	}
	snprintf(store->path, len, "%s/%s", folder, STORE_DATA_FILE);
	store->guard = openat(fd, STORE_GUARD_FILE,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->guard < 0)
		snprintf(error, STORE_ERROR_MAX, "%.300s/%s: %s", folder,
		    STORE_GUARD_FILE, strerror(errno));
	else
		rc = 0;
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

void
store_boot_id(uint8_t *ret)
{
	char text[64];
	size_t digits = 0;
	int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	memset(ret, 0, STORE_BOOT_SIZE);
	for (ssize_t i = 0; i < len && digits < 2 * STORE_BOOT_SIZE; i++) {
		int value = text_hex_value(text[i]);

		if (value < 0)
			continue;
		ret[digits / 2] = (uint8_t)(ret[digits / 2] << 4 | value);
		digits++;
	}
	if (digits < 2 * STORE_BOOT_SIZE)
		memset(ret, 0, STORE_BOOT_SIZE);
}

bool
store_boot_same(const uint8_t *then, const uint8_t *now)
{
	static const uint8_t unknown[STORE_BOOT_SIZE];

	return memcmp(now, unknown, STORE_BOOT_SIZE) != 0 &&
	    memcmp(then, now, STORE_BOOT_SIZE) == 0;
}

/* ---- the environment and its record ----------------------------------- */

MDB_env *
store_env_open(const char *path, enum store_role role, int *ret_rc)
{
	unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD |
	    (role == STORE_WRITER ? MDB_NOSYNC : MDB_RDONLY);
	unsigned long long size = sizeof(size_t) > 4 ? STORE_MAP_SIZE :
	    1ULL << 30;
	MDB_env *env = NULL;

	for (; size >= STORE_MAP_LEAST; size /= 2) {
		*ret_rc = mdb_env_create(&env);
		if (*ret_rc != 0)
			return NULL;
		mdb_env_set_maxdbs(env, STORE_TABLES_MAX);
		mdb_env_set_mapsize(env, (size_t)size);
		*ret_rc = mdb_env_open(env, path, flags, 0600);
		if (*ret_rc == 0)
			return env;
		mdb_env_close(env);
		if (*ret_rc != ENOMEM)
			break;
	}
	return NULL;
}

int
store_meta_put(MDB_txn *txn, MDB_dbi table, const struct store_meta *meta)
{
	uint8_t bytes[META_SIZE];
	uint32_t order = META_ORDER;
	MDB_val key = { strlen(META_KEY), (void *)META_KEY };
	MDB_val value = { sizeof(bytes), bytes };

	memcpy(bytes, META_MAGIC, 16);
	store_put_u32(bytes + 16, STORE_VERSION);
	memcpy(bytes + 20, &order, 4);
	store_put_u64(bytes + 24, meta->seed);
	memcpy(bytes + 32, meta->boot, STORE_BOOT_SIZE);
	bytes[32 + STORE_BOOT_SIZE] = meta->orderly;
	store_put_u64(bytes + META_SIZE - 8, store_checksum(META_KEY,
	    strlen(META_KEY), bytes, META_SIZE - 8));
	return mdb_put(txn, table, &key, &value, 0);
}

/* 0; -1 when it is damaged or not there, 1 when it is of another version. */
int
store_meta_get(MDB_txn *txn, MDB_dbi table, struct store_meta *ret)
{
	MDB_val key = { strlen(META_KEY), (void *)META_KEY }, value;
	const uint8_t *bytes;
	uint32_t order = META_ORDER;

	if (mdb_get(txn, table, &key, &value) != 0 || value.mv_size < 24)
		return -1;
	bytes = value.mv_data;
	if (memcmp(bytes, META_MAGIC, 16) != 0)
		return -1;
	if (store_get_u32(bytes + 16) != STORE_VERSION ||
	    memcmp(bytes + 20, &order, 4) != 0)
		return 1;
	if (value.mv_size != META_SIZE || store_get_u64(bytes + META_SIZE - 8) !=
	    store_checksum(META_KEY, strlen(META_KEY), bytes, META_SIZE - 8))
		return -1;
	ret->seed = store_get_u64(bytes + 24);
	memcpy(ret->boot, bytes + 32, STORE_BOOT_SIZE);
	ret->orderly = bytes[32 + STORE_BOOT_SIZE] == 1;
	return 0;
}

/* ---- inspecting ------------------------------------------------------- */

/* What the inspecting process says by its exit status. */
static const char *const findings[] = {
	NULL,
	"it is no data file of a store",
	"it is shorter than it says",
	"it is of another version",
	"it was not closed before the machine stopped",
	"it is damaged",
};
enum { FOREIGN = 1, SHORT, VERSION, BOOT, DAMAGED };

static int
look(const char *path, bool thoroughly)
{
	struct store_meta meta;
	struct stat status;
	uint8_t boot[STORE_BOOT_SIZE];
	MDB_envinfo info;
	MDB_stat stat;
	MDB_txn *txn;
	MDB_dbi table;
	int rc, fd;
	MDB_env *env = store_env_open(path, STORE_READER, &rc);

	if (env == NULL)
		return FOREIGN;
	if (mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &stat) != 0 ||
	    mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &status) != 0 ||
	    (size_t)status.st_size / stat.ms_psize <= info.me_last_pgno)
		return SHORT;
	if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0 ||
	    mdb_dbi_open(txn, "store", 0, &table) != 0)
		return FOREIGN;
	rc = store_meta_get(txn, table, &meta);
	mdb_txn_commit(txn);
	if (rc != 0)
		return rc < 0 ? FOREIGN : VERSION;
	store_boot_id(boot);
	if (!meta.orderly && !store_boot_same(meta.boot, boot))
		return BOOT;
	rc = store_check(env, thoroughly) != NULL ? DAMAGED : 0;
	mdb_env_close(env);
	return rc;
}

const char *
store_inspect(const char *path, bool thoroughly)
{
	struct rlimit cpu = { INSPECT_CPU_S, INSPECT_CPU_S }, core = { 0, 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		for (int number = 1; number < NSIG; number++)
			(void)signal(number, SIG_DFL);
		(void)setrlimit(RLIMIT_CPU, &cpu);
		(void)setrlimit(RLIMIT_CORE, &core);
		_exit(look(path, thoroughly));
	}
	if (pid < 0)
		return "it cannot be inspected: no process";
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return "it cannot be inspected: its process is lost";
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) >=
	    (int)(sizeof(findings) / sizeof(findings[0])))
		return findings[DAMAGED];
	return findings[WEXITSTATUS(status)];
}

/* ---- replacing -------------------------------------------------------- */

static int
write_first(MDB_env *env)
{
	struct store_meta meta = { .orderly = false };
	MDB_txn *txn;
	MDB_dbi table;
	int rc;

	store_boot_id(meta.boot);
	if (secret_random(&meta.seed, sizeof(meta.seed)) != 0)
		return errno;
	rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc != 0)
		return rc;
	rc = mdb_dbi_open(txn, "store", MDB_CREATE, &table);
	if (rc == 0)
		rc = store_meta_put(txn, table, &meta);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

int
store_file_create(const char *path, char *error)
{
	char lock[4096];
	MDB_env *env;
	int rc;

	if (snprintf(lock, sizeof(lock), "%s-lock", path) >= (int)sizeof(lock)) {
		snprintf(error, STORE_ERROR_MAX, "the path is too long");
		return -1;
	}
	(void)unlink(lock);
	(void)unlink(path);
	env = store_env_open(path, STORE_WRITER, &rc);
	if (env != NULL) {
		rc = write_first(env);
		if (rc == 0)
			rc = mdb_env_sync(env, 1);
		mdb_env_close(env);
	}
	if (rc == 0)
		return 0;
	snprintf(error, STORE_ERROR_MAX, "%.300s: %s", path, mdb_strerror(rc));
	return -1;
}
