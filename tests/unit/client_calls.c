/* The wrapped calls: see the header. */
#include "config.h"

#include "tests/unit/client_calls.h"

#include <sys/socket.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

#include "common/deadline.h"

ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);

size_t calls_piece;
int calls_send_fails;
int64_t calls_nothing_until;
static unsigned calls_made;

static bool
interrupted(void)
{
	if (calls_piece == 0 || ++calls_made % 3 != 0)
		return false;
	errno = calls_made % 2 == 0 ? EINTR : EAGAIN;
	return true;
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
	assert_true((flags & MSG_NOSIGNAL) != 0);
	if (calls_send_fails != 0) {
		errno = calls_send_fails;
		calls_send_fails = 0;
		return -1;
	}
	if (interrupted())
		return -1;
	return __real_send(fd, data, calls_piece != 0 && len > calls_piece ? calls_piece : len,
	    flags);
}

ssize_t
__wrap_recv(int fd, void *data, size_t len, int flags)
{
	if (deadline_now() < calls_nothing_until) {
		errno = EAGAIN;
		return -1;
	}
	if (interrupted())
		return -1;
	return __real_recv(fd, data, calls_piece != 0 && len > calls_piece ? calls_piece : len,
	    flags);
}
