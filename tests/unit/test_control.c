/*
 * The control descriptor: bytes, descriptors, the end.
 */
#include <config.h>

#include "lookupd/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/rows.h"

static void
test_control(void **state)
{
	int pair[2], pipes[2], fd;
	char what, byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair), 0);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(control_receive(pair[1], &what, &fd), -1);
	assert_int_equal(control_send(pair[0], 'K', -1), 0);
	assert_int_equal(control_send(pair[0], 'F', pipes[1]), 0);
	assert_int_equal(control_receive(pair[1], &what, &fd), 1);
	assert_int_equal(what, 'K');
	assert_int_equal(fd, -1);
	assert_int_equal(control_receive(pair[1], &what, &fd), 1);
	assert_int_equal(what, 'F');
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(fd);
	close(pair[0]);
	assert_int_equal(control_receive(pair[1], &what, &fd), 0);
	assert_int_equal(control_send(pair[1], 'K', -1), -1);
	close(pair[1]);
	close(pipes[0]);
	close(pipes[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_control) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
