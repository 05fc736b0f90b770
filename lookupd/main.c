/*
 * lookupd(8): read the configuration, bind the socket, lose privileges, and
 * become the parent.
 */
#include <config.h>

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/unix_socket.h"
#include "daemon/log.h"
#include "daemon/privileges.h"
#include "daemon/readiness.h"
#include "lookupd/certificate.h"
#include "lookupd/config.h"
#include "lookupd/parent.h"
#include "lookupd/trust.h"

#define BACKLOG 4096
#define SOCKET_MODE 0660

static int
usage(void)
{
	fputs("usage: lookupd [-dnTV] [-c file]\n", stderr);
	return EX_USAGE;
}

/* -n and -T: everything that a start would look at, without starting. */
static int
test(const char *path, bool dump)
{
	struct problems problems;
	struct config *config;
	struct trust *trust = NULL;

	problems_init(&problems);
	config = config_read(path, &problems);
	if (config != NULL && certificate_init() == 0)
		trust = trust_load(config_ref(config), &problems);
	problems_print(&problems, stderr);
	if (trust != NULL && dump)
		config_dump(config, stdout);
	else if (trust != NULL)
		fprintf(stderr, "%s: good\n", path);
	else
		fprintf(stderr, "%s: %zu problem%s\n", path, problems.count,
		    problems.count == 1 ? "" : "s");
	trust_unref(trust);
	config_unref(config);
	problems_free(&problems);
	return trust != NULL ? 0 : EX_CONFIG;
}

/* The configured group of the socket, else that of the user we become. */
static int
socket_group(const struct config *config, gid_t *ret)
{
	const struct passwd *user;

	if (config->socket_group != NULL) {
		if (privileges_gid(config->socket_group, ret) == 0)
			return 0;
		log_error("there is no group \"%s\"", config->socket_group);
		return -1;
	}
	user = geteuid() == 0 ? getpwnam(config->user) : NULL;
	if (user != NULL)
		*ret = user->pw_gid;
	return 0;
}

/* fd if it is a listening Unix socket; accept(2) on it must not block. */
static int
activated_socket(int fd)
{
	int domain = 0, listening = 0;
	socklen_t len = sizeof(domain);

	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 ||
	    domain != AF_UNIX || !listening ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
		log_error("socket activation: expected one listening Unix "
		    "stream socket");
		return -1;
	}
	return fd;
}

/*
 * The socket systemd hands over, or our own; -1 with the reason logged.  Its
 * file stays root's when root starts us: clients check the owner.
 */
static int
open_socket(const struct config *config)
{
	char error[UNIX_SOCKET_ERROR_MAX];
	gid_t group = (gid_t)-1;
	int fd, n = readiness_listen_fds();

	if (n != 0)
		return n == 1 ? activated_socket(3) : activated_socket(-1);
	if (socket_group(config, &group) != 0)
		return -1;
	fd = unix_socket_listen(config->socket, SOCKET_MODE, group, BACKLOG,
	    error);
	if (fd < 0)
		log_error("%s", error);
	return fd;
}

/* As many descriptors as we may have: each client is one. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_info("the limit of descriptors stays as it is");
}

static int
run(const char *path, bool debug)
{
	struct problems problems;
	struct config *config;
	char error[PRIVILEGES_ERROR_MAX];
	int fd, status;

	problems_init(&problems);
	config = config_read(path, &problems);
	problems_print(&problems, stderr);
	problems_free(&problems);
	if (config == NULL)
		return EX_CONFIG;
	log_open("lookupd", config->syslog,
	    debug ? LEVEL_DEBUG : (enum log_level)config->log_level);
	raise_descriptors();
	fd = open_socket(config);
	if (fd < 0) {
		config_unref(config);
		return EX_UNAVAILABLE;
	}
	if (geteuid() == 0 && privileges_drop(config->user, error) != 0) {
		log_error("%s", error);
		close(fd);
		config_unref(config);
		return EX_NOPERM;
	}
	if (privileges_harden(error) != 0) {
		log_error("%s", error);
		close(fd);
		config_unref(config);
		return EX_OSERR;
	}
	status = parent_run(config, fd);
	close(fd);
	return status;
}

int
main(int argc, char **argv)
{
	const char *file = CONFIG_DEFAULT_FILE;
	char *path;
	int status;
	bool debug = false, only_test = false, dump = false;
	int option;

	while ((option = getopt(argc, argv, "c:dnTV")) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'd':
			debug = true;
			break;
		case 'n':
			only_test = true;
			break;
		case 'T':
			dump = true;
			break;
		case 'V':
			puts("lookupd " PACKAGE_VERSION);
			return 0;
		default:
			return usage();
		}
	}
	if (optind != argc)
		return usage();
	umask(077);
	path = settings_path(file);
	if (path == NULL) {
		perror("lookupd");
		return EX_OSERR;
	}
	status = only_test || dump ? test(path, dump) : run(path, debug);
	free(path);
	return status;
}
