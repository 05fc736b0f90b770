/*
 * Words of the command line, and what all commands need.
 */
#include "tests/tools/hammer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

volatile sig_atomic_t hammer_stop;

static void
die(const char *what)
{
	fprintf(stderr, "hammer: %s: %s\n", what, strerror(errno));
	exit(2);
}

void
bytes_put(struct bytes *bytes, const void *data, size_t len)
{
	if (bytes->len + len + 1 > bytes->capacity) {
		bytes->capacity = 2 * (bytes->len + len) + 64;
		bytes->data = realloc(bytes->data, bytes->capacity);
		if (bytes->data == NULL)
			die("memory");
	}
	if (len > 0)
		memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
	bytes->data[bytes->len] = '\0';
}

void
bytes_consume(struct bytes *bytes, size_t len)
{
	bytes->len -= len;
	memmove(bytes->data, bytes->data + len, bytes->len + 1);
}

/* One escape of text; how long it was. */
static size_t
put_escape(struct bytes *bytes, const char *text)
{
	static const char from[] = "nrt0\\", to[] = "\n\r\t\0\\";
	const char *at;
	char byte, hex[3] = "";

	if (text[1] == 'x' && text[2] != '\0' && text[3] != '\0') {
		memcpy(hex, text + 2, 2);
		byte = (char)strtoul(hex, NULL, 16);
		bytes_put(bytes, &byte, 1);
		return 4;
	}
	at = text[1] == '\0' ? NULL : strchr(from, text[1]);
	bytes_put(bytes, at == NULL ? text : to + (at - from), 1);
	return at == NULL ? 1 : 2;
}

/* {N*TEXT}; how long it was, or 0 when it is none. */
static size_t
put_repeated(struct bytes *bytes, const char *text, size_t len)
{
	const char *end = memchr(text, '}', len);
	char *star;
	unsigned long count = strtoul(text + 1, &star, 10);

	if (end == NULL || star == text + 1 || *star != '*' || star > end)
		return 0;
	for (unsigned long i = 0; i < count; i++)
		bytes_put_escaped(bytes, star + 1, (size_t)(end - star - 1));
	return (size_t)(end - text) + 1;
}

void
bytes_put_escaped(struct bytes *bytes, const char *text, size_t len)
{
	size_t i = 0, used;

	bytes_put(bytes, "", 0);
	while (i < len) {
		used = 0;
		if (text[i] == '\\')
			used = put_escape(bytes, text + i);
		else if (text[i] == '{')
			used = put_repeated(bytes, text + i, len - i);
		if (used == 0)
			bytes_put(bytes, text + i, used = 1);
		i += used;
	}
}

int64_t
hammer_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
unix_socket(const char *path, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		errno = ENAMETOOLONG;
	else
		memcpy(address->sun_path, path, strlen(path));
	if (fd < 0 || address->sun_path[0] == '\0')
		die(path);
	return fd;
}

int
hammer_try_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(path, &address), rc;
	struct timeval forever = { .tv_sec = 10 };

	/* A full backlog makes connect wait. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &forever, sizeof(forever));
	do {
		rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
	} while (rc != 0 && errno == EINTR && !hammer_stop);
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

int
hammer_connect(const char *path)
{
	int fd = hammer_try_connect(path);

	if (fd < 0)
		die(path);
	return fd;
}

int
hammer_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(path, &address);

	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 128) != 0)
		die(path);
	return fd;
}

bool
hammer_begins(const char *line, const char *words)
{
	size_t len = strlen(words);

	return strncmp(line, words, len) == 0 &&
	    (line[len] == '\0' || line[len] == ' ');
}

static void
on_terminate(int signal)
{
	(void)signal;
	hammer_stop = 1;
}

static void
prepare(void)
{
	struct sigaction action;
	struct rlimit limit;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_terminate;
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static int
usage(void)
{
	fputs("usage: hammer table|ask|hold|spoil|relay SOCKET ...; see "
	    "tests/tools/hammer.h\n", stderr);
	return 2;
}

/* Options and texts after COMMAND SOCKET. */
static int
collect(int argc, char **argv, struct hammer_options *options)
{
	int option;

	*options = (struct hammer_options){ .connections = 1, .depth = 1,
		.ms = -1 };
	while ((option = getopt(argc, argv, "c:n:d:p:m:a:")) != -1) {
		switch (option) {
		case 'c':
			options->connections = (int)strtol(optarg, NULL, 10);
			break;
		case 'n':
			options->requests = (int)strtol(optarg, NULL, 10);
			break;
		case 'd':
			options->depth = (int)strtol(optarg, NULL, 10);
			break;
		case 'p':
			options->pace_ms = (int)strtol(optarg, NULL, 10);
			break;
		case 'm':
			options->ms = (int)strtol(optarg, NULL, 10);
			break;
		case 'a':
			options->allowed = optarg;
			break;
		default:
			return -1;
		}
	}
	for (int i = 0; i < 3 && optind < argc; i++)
		options->texts[i] = argv[optind++];
	return optind == argc && options->connections > 0 &&
	    options->depth > 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct hammer_options options;

	if (argc < 4)
		return usage();
	prepare();
	if (strcmp(argv[1], "table") == 0 && argc == 4)
		return hammer_table(argv[2], argv[3]);
	if (strcmp(argv[1], "spoil") == 0 && argc == 5)
		return hammer_spoil(argv[2], argv[3], argv[4]);
	if (strcmp(argv[1], "relay") == 0 && argc == 5)
		return hammer_relay(argv[2], argv[3], argv[4]);
	if (collect(argc - 2, argv + 2, &options) != 0 ||
	    options.texts[0] == NULL)
		return usage();
	if (strcmp(argv[1], "ask") == 0 && options.texts[1] != NULL)
		return hammer_ask(argv[2], &options);
	if (strcmp(argv[1], "hold") == 0)
		return hammer_hold(argv[2], &options);
	return usage();
}
