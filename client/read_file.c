/*
 * One file.
 */
#include "config.h"

#include "client/read_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *
read_all(int fd, struct buffer *out)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	while (buffer_reserve(out, READ_FILE_PIECE) == 0) {
		ssize_t got = read(fd, out->data + out->len, READ_FILE_PIECE);

		if (got == 0)
			return NULL;
		if (got == -1 && errno != EINTR)
			return strerror(errno);
		if (got > 0)
			out->len += (size_t)got;
	}
	return "";
}

const char *
read_file(const char *path, struct buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *why;

	if (fd == -1)
		return strerror(errno);
	why = read_all(fd, out);
	close(fd);
	return why;
}
