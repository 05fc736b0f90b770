/*
 * pam: what a line of pam_certauth costs a login.
 *
 *	pam FOLDER WITHOUT WITH ECHO LOOKUPD LOGINS
 *
 * LOGINS times in turn: a login (pam_start, authenticate, account, pam_end)
 * through the service WITHOUT of FOLDER, one through the service WITH, and a
 * connect, query and close on the echo server at ECHO; then as often one on
 * lookupd at LOOKUPD, behind a login WITHOUT.  Prints the medians in microseconds, ratio = (with - without) /
 * echo, and of which: what two bare queries to lookupd are in echoes, and
 * what the module adds to them.  A login that is refused ends it.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

#define LOGINS_MAX 100000
#define USER "user1@example.com"
#define LINE "lookup evidence=asserted service=imap email=" USER "\n"

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "pam: %s\n", what);
	exit(1);
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	*responses = count == 1 ? calloc(1, sizeof(**responses)) : NULL;
	if (*responses == NULL)
		return PAM_CONV_ERR;
	(*responses)->resp = strdup("");
	return PAM_SUCCESS;
}

static int64_t
log_in(const char *folder, const char *service)
{
	const struct pam_conv conversation = { .conv = converse };
	pam_handle_t *pamh = NULL;
	int64_t begin = now_ns();

	if (pam_start_confdir(service, USER, &conversation, folder, &pamh) !=
	    PAM_SUCCESS)
		die("pam_start");
	if (pam_authenticate(pamh, 0) != PAM_SUCCESS ||
	    pam_acct_mgmt(pamh, 0) != PAM_SUCCESS)
		die(service);
	pam_end(pamh, PAM_SUCCESS);
	return now_ns() - begin;
}

/* As any client does it that will not wait for ever: poll, then read. */
static int64_t
query(const struct sockaddr_un *address)
{
	int64_t begin = now_ns();
	char line[256];
	size_t got = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	if (fd < 0 || connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) != 0 || send(fd, LINE, strlen(LINE),
	    MSG_NOSIGNAL) != (ssize_t)strlen(LINE))
		die("query");
	while (got == 0 || line[got - 1] != '\n') {
		ssize_t n = 0;

		if (poll(&wait, 1, 8000) == 1)
			n = recv(fd, line + got, sizeof(line) - got, 0);
		if (n <= 0)
			die("query");
		got += (size_t)n;
	}
	close(fd);
	return now_ns() - begin;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static struct sockaddr_un
socket_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		die("a path is too long");
	memcpy(address.sun_path, path, strlen(path));
	return address;
}

int
main(int argc, char **argv)
{
	static double without[LOGINS_MAX], with[LOGINS_MAX],
	    bare[LOGINS_MAX], asked[LOGINS_MAX];
	struct sockaddr_un echo, lookupd;
	double one, two, unit, ask;
	size_t logins;

	if (argc != 7)
		die("usage: pam FOLDER WITHOUT WITH ECHO LOOKUPD LOGINS");
	echo = socket_at(argv[4]);
	lookupd = socket_at(argv[5]);
	logins = strtoul(argv[6], NULL, 10);
	if (logins < 1 || logins > LOGINS_MAX)
		die("LOGINS");
	for (size_t i = 0; i < logins; i++) {
		without[i] = (double)log_in(argv[1], argv[2]) / 1e3;
		with[i] = (double)log_in(argv[1], argv[3]) / 1e3;
		bare[i] = (double)query(&echo) / 1e3;
	}
	/* by itself: in the same turn it would change what echo costs */
	for (size_t i = 0; i < logins; i++) {
		log_in(argv[1], argv[2]);
		asked[i] = (double)query(&lookupd) / 1e3;
	}
	one = median(without, logins);
	two = median(with, logins);
	unit = median(bare, logins);
	ask = median(asked, logins);
	printf("without=%.1f with=%.1f echo=%.1f lookupd=%.1f us ratio=%.2f "
	    "of which lookupd=%.2f module=%.2f\n", one, two, unit, ask,
	    (two - one) / unit, 2 * ask / unit,
	    (two - one - 2 * ask) / unit);
	return 0;
}
