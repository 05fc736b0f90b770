#include "tests/fuzz/front_fault.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/event.h>

/* Monotonic time at the begin of a run: not 0, which could pass for unset. */
#define BEGIN_MS 1000000

static struct {
	bool on, happened;
	unsigned every_memory, every_call, memory, calls;
	int64_t us;			/* since the begin of the run */
	unsigned between;		/* so many calls more */
	void (*what)(void *context);
	void *context;
} fault;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __real_recv(int fd, void *data, size_t len, int flags);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __real_getsockopt(int fd, int level, int name, void *value,
    socklen_t *len);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_getsockopt(int fd, int level, int name, void *value,
    socklen_t *len);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
void __wrap_log_error(const char *format, ...);
void __wrap_log_warning(const char *format, ...);

/* ---- memory ----------------------------------------------------------- */

static bool
no_memory(void)
{
	if (!fault.on || fault.every_memory == 0 ||
	    ++fault.memory % fault.every_memory != 0)
		return false;
	fault.happened = true;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return no_memory() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return no_memory() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return no_memory() ? NULL : __real_realloc(old, size);
}

char *
__wrap_strdup(const char *text)
{
	return no_memory() ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t len)
{
	return no_memory() ? NULL : __real_strndup(text, len);
}

/* ---- system calls ----------------------------------------------------- */

/* 0: it works; -1 with errno; 1: it does little. */
static int
bad_call(void)
{
	static const int errors[] = { EINTR, EAGAIN, 0, ECONNRESET };
	unsigned n;

	if (!fault.on || fault.every_call == 0 ||
	    ++fault.calls % fault.every_call != 0)
		return 0;
	n = fault.calls / fault.every_call % 4;
	errno = errors[n];
	if (errno == ECONNRESET)
		fault.happened = true;
	return errno == 0 ? 1 : -1;
}

/* What the others do in the middle of a turn; it works. */
static void
happen(void)
{
	if (!fault.on || fault.between == 0 || --fault.between > 0)
		return;
	fault.on = false;
	fault.what(fault.context);
	fault.on = true;
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
	int bad = bad_call();

	happen();
	return bad < 0 ? -1 : __real_send(fd, data, bad > 0 && len > 1 ? 1 :
	    len, flags);
}

ssize_t
__wrap_recv(int fd, void *data, size_t len, int flags)
{
	int bad = bad_call();

	happen();
	return bad < 0 ? -1 : __real_recv(fd, data, bad > 0 && len > 1 ? 1 :
	    len, flags);
}

/* The control descriptor: the parent is not told, or not heard. */
ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return bad_call() < 0 ? -1 : __real_sendmsg(fd, message, flags);
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	return bad_call() < 0 ? -1 : __real_recvmsg(fd, message, flags);
}

/* One that could be tried again, or one that means: no descriptors left. */
static int
no_more(void)
{
	int bad = bad_call();

	if (bad == 0)
		return 0;
	fault.happened = true;
	errno = bad > 0 ? EMFILE : errno == EAGAIN ? ECONNABORTED : errno;
	return -1;
}

int
__wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return no_more() < 0 ? -1 : __real_accept4(fd, address, len, flags);
}

/* Who is it? Nobody knows. */
int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return no_more() < 0 ? -1 :
	    __real_getsockopt(fd, level, name, value, len);
}

ssize_t
__wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
	if (no_more() < 0)
		return -1;
	/* hashes are the same in each process */
	memset(bytes, 1, len);
	return (ssize_t)len;
}

/* ---- the clock -------------------------------------------------------- */

/* A microsecond passes at each look, so that no turn is endless. */
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int64_t us = ++fault.us + (clock == CLOCK_REALTIME ?
	    FAULT_BEGIN_S * 1000000 : (int64_t)BEGIN_MS * 1000);

	now->tv_sec = us / 1000000;
	now->tv_nsec = us % 1000000 * 1000;
	return 0;
}

/* ---- the log is not read ---------------------------------------------- */

void
__wrap_log_error(const char *format, ...)
{
	(void)format;
}

void
__wrap_log_warning(const char *format, ...)
{
	(void)format;
}

/* ---- for the script --------------------------------------------------- */

void
fault_init(void)
{
	event_set_mem_functions(__wrap_malloc, __wrap_realloc, free);
}

void
fault_begin(void)
{
	fault.on = fault.happened = false;
	fault.every_memory = fault.every_call = 0;
	fault.memory = fault.calls = fault.between = 0;
	fault.us = 0;
}

void
fault_every_memory(unsigned n)
{
	fault.every_memory = n;
}

void
fault_every_call(unsigned n)
{
	fault.every_call = n;
}

void
fault_on(void)
{
	fault.on = true;
}

void
fault_off(void)
{
	fault.on = false;
}

void
fault_between(unsigned n, void (*what)(void *context), void *context)
{
	fault.between = n;
	fault.what = what;
	fault.context = context;
}

bool
fault_happened(void)
{
	return fault.happened;
}

void
fault_pass_ms(int64_t ms)
{
	fault.us += ms * 1000;
}

int64_t
fault_ms(void)
{
	return fault.us / 1000;
}
