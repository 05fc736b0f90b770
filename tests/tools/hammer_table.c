/*
 * Exact bytes and exact answers; and a certificate spoilt at every offset.
 */
#include "tests/tools/hammer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROW_MS 2600		/* lookupd's deadline and a little */
#define COLUMNS 4
#define DER_MAX 16384

/* A question that needs nobody and tells that the connection still serves. */
#define PROBE "lookup id=after\n"
#define PROBED "bad-request reason=missing-field field=email id=after\n"

/*
 * Send all of out while reading, until the answer is as long as wanted or
 * the other side closes.  True when it closed.
 */
static bool
converse(int fd, struct bytes *out, struct bytes *in, const char *until,
    bool half_close, int64_t end_us)
{
	char chunk[65536];
	size_t tail = strlen(until);

	bytes_put(in, "", 0);
	if (out->len == 0 && half_close)
		shutdown(fd, SHUT_WR);
	for (;;) {
		struct pollfd ready = { .fd = fd, .events = (short)(POLLIN |
			(out->len > 0 ? POLLOUT : 0)) };
		int64_t left = (end_us - hammer_now_us()) / 1000;
		ssize_t n;

		if (tail > 0 && in->len >= tail && strcmp(in->data + in->len -
		    tail, until) == 0)
			return false;
		if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
			return false;
		if ((ready.revents & (POLLIN | POLLHUP)) != 0) {
			n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
			if (n == 0 || (n < 0 && errno != EAGAIN))
				return true;
			if (n > 0)
				bytes_put(in, chunk, (size_t)n);
		}
		if ((ready.revents & POLLOUT) != 0 && out->len > 0) {
			n = send(fd, out->data, out->len,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n > 0)
				bytes_consume(out, (size_t)n);
			else if (n < 0 && errno != EAGAIN)
				out->len = 0;	/* what was said is read */
			if (out->len == 0 && half_close)
				shutdown(fd, SHUT_WR);
		}
	}
}

static bool
run_row(const char *path, char *const columns[COLUMNS])
{
	struct bytes out = { NULL, 0, 0 }, in = { NULL, 0, 0 };
	struct bytes wanted = { NULL, 0, 0 };
	bool open = strcmp(columns[1], "open") == 0, closed, right;
	int64_t start = hammer_now_us(), took;
	int fd = hammer_connect(path);

	bytes_put_escaped(&out, columns[2], strlen(columns[2]));
	bytes_put_escaped(&wanted, columns[3], strlen(columns[3]));
	if (open) {
		bytes_put(&out, PROBE, strlen(PROBE));
		bytes_put(&wanted, PROBED, strlen(PROBED));
	}
	closed = converse(fd, &out, &in, open ? PROBED : "",
	    strcmp(columns[1], "eof") == 0, start + ROW_MS * 1000LL);
	took = (hammer_now_us() - start) / 1000;
	right = closed == !open && in.len == wanted.len &&
	    memcmp(in.data, wanted.data, in.len) == 0;
	printf("%s - %s (%lld ms)\n", right ? "ok" : "not ok", columns[0],
	    (long long)took);
	if (!right)
		printf("# expected, then %s:\n%s# got, %s:\n%.2000s\n",
		    open ? "open" : "closed", wanted.data,
		    closed ? "closed" : "open", in.data);
	close(fd);
	free(out.data);
	free(in.data);
	free(wanted.data);
	return right;
}

/* Split at tabs; false for comments and empty lines. */
static bool
split(char *line, char *columns[COLUMNS])
{
	int n = 0;

	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '#' || line[0] == '\0')
		return false;
	while (n < COLUMNS && line != NULL) {
		columns[n++] = line;
		line = strchr(line, '\t');
		if (line != NULL)
			*line++ = '\0';
	}
	while (n < COLUMNS)
		columns[n++] = (char *)"";
	return true;
}

int
hammer_table(const char *path, const char *file)
{
	FILE *stream = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
	char *line = NULL, *columns[COLUMNS];
	size_t room = 0;
	int failed = 0, rows = 0;

	if (stream == NULL) {
		perror(file);
		return 2;
	}
	while (getline(&line, &room, stream) > 0) {
		if (!split(line, columns))
			continue;
		rows++;
		if (!run_row(path, columns))
			failed++;
	}
	free(line);
	fclose(stream);
	return failed == 0 && rows > 0 ? 0 : 1;
}

/* ---- certificates ----------------------------------------------------- */

struct tally {
	long asked, active, refused, other;
};

static void
put_base64(struct bytes *out, const unsigned char *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char four[4];

	for (size_t i = 0; i < len; i += 3) {
		unsigned long three = (unsigned long)data[i] << 16 |
		    (unsigned long)(i + 1 < len ? data[i + 1] : 0) << 8 |
		    (i + 2 < len ? data[i + 2] : 0);

		for (int j = 0; j < 4; j++)
			four[j] = digits[three >> (18 - 6 * j) & 63];
		if (i + 1 >= len)
			four[2] = '=';
		if (i + 2 >= len)
			four[3] = '=';
		bytes_put(out, four, 4);
	}
}

/* One question; its answer is counted. */
static void
try(int fd, struct bytes *out, struct tally *tally)
{
	struct bytes in = { NULL, 0, 0 };

	bytes_put(out, "\n", 1);
	converse(fd, out, &in, "\n", false,
	    hammer_now_us() + ROW_MS * 1000LL);
	tally->asked++;
	if (hammer_begins(in.data, "active"))
		tally->active++;
	else if (hammer_begins(in.data, "refused"))
		tally->refused++;
	else if (tally->other++ < 5)
		fprintf(stderr, "neither: %s\n", in.data);
	out->len = 0;
	free(in.data);
}

int
hammer_spoil(const char *path, const char *file, const char *line)
{
	unsigned char der[DER_MAX];
	FILE *stream = fopen(file, "rb");
	size_t len = stream == NULL ? 0 : fread(der, 1, sizeof(der), stream);
	struct bytes out = { NULL, 0, 0 }, whole = { NULL, 0, 0 };
	struct tally intact = { 0, 0, 0, 0 }, spoilt = intact;
	int fd = hammer_connect(path);

	if (len == 0 || fclose(stream) != 0) {
		perror(file);
		return 2;
	}
	put_base64(&whole, der, len);
	bytes_put(&out, line, strlen(line));
	bytes_put(&out, whole.data, whole.len);
	try(fd, &out, &intact);
	for (size_t i = 0; i < len; i++) {
		bytes_put(&out, line, strlen(line));
		put_base64(&out, der, i);
		try(fd, &out, &spoilt);
		bytes_put(&out, line, strlen(line));
		der[i] ^= (unsigned char)(1U << (i % 8));
		put_base64(&out, der, len);
		der[i] ^= (unsigned char)(1U << (i % 8));
		try(fd, &out, &spoilt);
	}
	for (size_t i = 0; i < whole.len; i++) {
		bytes_put(&out, line, strlen(line));
		bytes_put(&out, whole.data, i);
		try(fd, &out, &spoilt);
	}
	close(fd);
	free(out.data);
	free(whole.data);
	printf("intact=%ld asked=%ld active=%ld refused=%ld other=%ld\n",
	    intact.active, spoilt.asked, spoilt.active, spoilt.refused,
	    spoilt.other);
	return intact.active == 1 && spoilt.refused == spoilt.asked ? 0 : 1;
}
