/*
 * activate: start a program with a listening Unix socket as descriptor 3, the
 * way systemd's socket activation does.
 *
 *	activate SOCKET PROGRAM [ARGUMENT...]
 *
 * Never installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char pid[24];
	int fd;

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: activate SOCKET PROGRAM ...\n");
		return 2;
	}
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address,
	    sizeof(address)) != 0 || listen(fd, 16) != 0) {
		perror(argv[1]);
		return 1;
	}
	if (fd != 3 && (dup2(fd, 3) != 3 || close(fd) != 0)) {
		perror("dup2");
		return 1;
	}
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (setenv("LISTEN_PID", pid, 1) != 0 ||
	    setenv("LISTEN_FDS", "1", 1) != 0)
		return 1;
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
