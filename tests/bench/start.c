/*
 * From exec(2) to the first answer, in milliseconds: one number a start.
 *
 *   start COUNT SOCKET LINE WORD COMMAND ...
 *	start COMMAND anew COUNT times; connect to SOCKET as soon as that is
 *	possible, send LINE, and stop the clock when an answer begins with
 *	WORD; another answer is asked for again.  With SOCKET `-` the command's
 *	own standard output has the answer.
 *
 * COMMAND is sent SIGTERM and waited for before the next start.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define PATIENCE_NS (300 * 1000000000LL)
/* How often is looked whether the socket is there, and asked again; and how
 * often, once that has taken long. */
#define LOOK_NS 100000
#define LOOK_SLOWLY_NS 5000000
#define LONG_NS 200000000

static const char *path, *word;
static char line[1024];

static int
try_connect(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		bench_die(path);
	}
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One line that begins with the word? */
static bool
answered(int fd)
{
	char text[1024];
	ssize_t n = read(fd, text, sizeof(text));

	return n >= (ssize_t)strlen(word) &&
	    memcmp(text, word, strlen(word)) == 0;
}

static void
look_again(int64_t start)
{
	struct timespec look = { .tv_nsec = bench_now_ns() - start < LONG_NS ?
	    LOOK_NS : LOOK_SLOWLY_NS };

	(void)ppoll(NULL, 0, &look, NULL);
}

static void
ask(int64_t start)
{
	int fd = -1;

	while ((fd = try_connect()) < 0) {
		if (bench_now_ns() - start > PATIENCE_NS) {
			fprintf(stderr, "nobody listens\n");
			exit(1);
		}
		look_again(start);
	}
	for (;;) {
		if (bench_now_ns() - start > PATIENCE_NS ||
		    send(fd, line, strlen(line), MSG_NOSIGNAL) < 0) {
			fprintf(stderr, "no answer\n");
			exit(1);
		}
		if (answered(fd))
			break;
		look_again(start);
	}
	close(fd);
}

static void
one(char **command)
{
	bool own = strcmp(path, "-") == 0;
	int out[2], status;
	int64_t start;
	pid_t pid;

	if (pipe(out) != 0)
		bench_die("pipe");
	if (!own)
		unlink(path);
	start = bench_now_ns();
	pid = fork();
	if (pid < 0)
		bench_die("fork");
	if (pid == 0) {
		if (own)
			dup2(out[1], STDOUT_FILENO);
		execvp(command[0], command);
		bench_die(command[0]);
	}
	close(out[1]);
	if (!own) {
		ask(start);
	} else if (!answered(out[0])) {
		fprintf(stderr, "no answer\n");
		exit(1);
	}
	printf("%.2f\n", (double)(bench_now_ns() - start) / 1e6);
	close(out[0]);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
}

int
main(int argc, char **argv)
{
	if (argc < 6) {
		fputs("usage: start COUNT SOCKET LINE WORD COMMAND ...\n",
		    stderr);
		return 2;
	}
	path = argv[2];
	snprintf(line, sizeof(line), "%s\n", argv[3]);
	word = argv[4];
	for (int i = bench_number(argv[1], 1, 1000); i > 0; i--)
		one(argv + 5);
	return 0;
}
