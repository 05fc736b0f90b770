#include "lookupd/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/safe_open.h"
#include "lookupd/trust.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Into a file that nobody can change any more; its descriptor or -1. */
static int
put_down(const struct buffer *bytes)
{
	size_t done = 0;
	int fd = memfd_create("configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	while (done < bytes->len) {
		ssize_t n = write(fd, bytes->data + done, bytes->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done == bytes->len && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What the front will load besides: here it is only read. */
static void
add_authorities(struct bundle *bundle, const struct config *config,
    struct problems *problems)
{
	char error[SAFE_OPEN_ERROR_MAX];
	struct buffer pem;

	for (size_t i = 0; i < config->realm_count; i++) {
		const struct realm *realm = config->realms[i];

		if (realm->client_ca == NULL)
			continue;
		buffer_init(&pem, TRUST_CA_FILE_MAX);
		if (bundle_read_file(bundle, realm->client_ca,
		    TRUST_CA_FILE_MAX, &pem, error) != 0)
			problems_add(problems, config->path, realm->line,
			    "realm %s: client_ca: %s", realm->name, error);
		buffer_free(&pem);
	}
}

int
handover_make(const char *path, struct config **ret_config,
    struct problems *problems)
{
	size_t before = problems->count;
	struct bundle *bundle = bundle_new();
	struct config *config = NULL;
	struct buffer bytes;
	int fd = -1;

	buffer_init(&bytes, BUNDLE_MAX);
	if (bundle == NULL) {
		problems_add(problems, path, 0, "out of memory");
		return -1;
	}
	config = config_read_from(bundle, path, problems);
	if (config != NULL)
		add_authorities(bundle, config, problems);
	if (config == NULL || problems->count > before)
		goto out;
	if (bundle_encode(bundle, &bytes) == 0)
		fd = put_down(&bytes);
	if (fd < 0)
		problems_add(problems, path, 0, "cannot be handed over: %s",
		    bytes.failed ? "out of memory" : strerror(errno));
out:
	if (fd < 0)
		config_unref(config);
	else
		*ret_config = config;
	bundle_free(bundle);
	buffer_free(&bytes);
	return fd;
}

/* pread: the offset is shared with whoever else holds this file. */
static int
pick_up(int fd, struct buffer *into)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > BUNDLE_MAX ||
	    buffer_reserve(into, (size_t)st.st_size) != 0)
		return -1;
	while (into->len < (size_t)st.st_size) {
		ssize_t n = pread(fd, into->data + into->len,
		    (size_t)st.st_size - into->len, (off_t)into->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		into->len += (size_t)n;
	}
	return 0;
}

struct bundle *
handover_take(int fd, struct problems *problems)
{
	struct bundle *bundle = NULL;
	struct buffer bytes;

	buffer_init(&bytes, BUNDLE_MAX);
	if (pick_up(fd, &bytes) == 0)
		bundle = bundle_decode(bytes.data, bytes.len);
	if (bundle == NULL)
		problems_add(problems, NULL, 0, "the configuration handed "
		    "over cannot be read");
	buffer_free(&bytes);
	return bundle;
}
