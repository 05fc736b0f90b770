/*
 * The wrappers of fault.h, one for each function that can fail.
 */
#undef _FORTIFY_SOURCE
#include "config.h"

#include "tests/pam/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_modules.h>

#define FAILS(symbol, error) \
	fault_now(symbol, error, __builtin_return_address(0))

/* A function pointer out of dlsym's object pointer. */
static void
next(const char *name, void *function, size_t size)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, size);
}

#if FAULT_MALLOC
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *old);

void *
malloc(size_t size)
{
	void *memory;

	if (FAILS("malloc", ENOMEM))
		return NULL;
	memory = __libc_malloc(size);
	if (fault_from_module(__builtin_return_address(0)))
		fault_take(memory);
	return memory;
}

void *
calloc(size_t count, size_t size)
{
	void *memory;

	if (FAILS("calloc", ENOMEM))
		return NULL;
	memory = __libc_calloc(count, size);
	if (fault_from_module(__builtin_return_address(0)))
		fault_take(memory);
	return memory;
}

void *
realloc(void *old, size_t size)
{
	void *memory;

	if (FAILS("realloc", ENOMEM))
		return NULL;
	fault_give(old);
	memory = __libc_realloc(old, size);
	if (fault_from_module(__builtin_return_address(0)))
		fault_take(memory);
	return memory;
}

void
free(void *old)
{
	fault_give(old);
	__libc_free(old);
}
#endif

/* Fails with -1 and the error, or does what the next one does. */
#define WRAP(type, name, error, parameters, arguments)		\
	type name parameters;						\
	type								\
	name parameters							\
	{								\
		static type (*real) parameters;				\
									\
		if (FAILS(#name, error))				\
			return -1;					\
		if (real == NULL)					\
			next(#name, &real, sizeof(real));		\
		return real arguments;					\
	}

WRAP(int, socket, EMFILE, (int domain, int type, int protocol),
    (domain, type, protocol))
WRAP(int, connect, ECONNREFUSED, (int fd, const struct sockaddr *address,
    socklen_t len), (fd, address, len))
WRAP(int, bind, EADDRINUSE, (int fd, const struct sockaddr *address,
    socklen_t len), (fd, address, len))
WRAP(int, listen, EADDRINUSE, (int fd, int backlog), (fd, backlog))
WRAP(int, getsockopt, ENOPROTOOPT, (int fd, int level, int option,
    void *value, socklen_t *len), (fd, level, option, value, len))
WRAP(int, poll, ENOMEM, (struct pollfd *fds, nfds_t count, int ms),
    (fds, count, ms))
/* What they are called in code that was compiled to check its buffers. */
WRAP(int, __poll_chk, ENOMEM, (struct pollfd *fds, nfds_t count, int ms,
    size_t room), (fds, count, ms, room))
WRAP(ssize_t, __recv_chk, EIO, (int fd, void *data, size_t len, size_t room,
    int flags), (fd, data, len, room, flags))
WRAP(ssize_t, send, ENOBUFS, (int fd, const void *data, size_t len,
    int flags), (fd, data, len, flags))
WRAP(ssize_t, recv, EIO, (int fd, void *data, size_t len, int flags),
    (fd, data, len, flags))
WRAP(ssize_t, read, EIO, (int fd, void *data, size_t len), (fd, data, len))
WRAP(int, chmod, EPERM, (const char *path, mode_t mode), (path, mode))
WRAP(int, lchown, EPERM, (const char *path, uid_t uid, gid_t gid),
    (path, uid, gid))
WRAP(int, unlink, EPERM, (const char *path), (path))
WRAP(int, getgroups, EINVAL, (int size, gid_t *list), (size, list))
WRAP(ssize_t, getrandom, ENOSYS, (void *to, size_t len, unsigned flags),
    (to, len, flags))
WRAP(int, getresuid, EFAULT, (uid_t *real_, uid_t *effective, uid_t *saved),
    (real_, effective, saved))
WRAP(int, getresgid, EFAULT, (gid_t *real_, gid_t *effective, gid_t *saved),
    (real_, effective, saved))

int
close(int fd)
{
	static int (*real)(int);
	bool fail = FAILS("close", EIO);

	if (real == NULL)
		next("close", &real, sizeof(real));
	/* it is closed all the same, as the kernel does it */
	return real(fd) == 0 && !fail ? 0 : -1;
}

int
open(const char *path, int flags, ...)
{
	return FAILS("open", EACCES) ? -1 : openat(AT_FDCWD, path, flags,
	    0600);
}

int
stat(const char *path, struct stat *st)
{
	return FAILS("stat", EACCES) ? -1 : fstatat(AT_FDCWD, path, st, 0);
}

int
lstat(const char *path, struct stat *st)
{
	return FAILS("lstat", EACCES) ? -1 : fstatat(AT_FDCWD, path, st,
	    AT_SYMLINK_NOFOLLOW);
}

int
fstat(int fd, struct stat *st)
{
	return FAILS("fstat", EIO) ? -1 : fstatat(fd, "", st, AT_EMPTY_PATH);
}

int
clock_gettime(clockid_t clock, struct timespec *time)
{
	static int (*real)(clockid_t, struct timespec *);

	if (FAILS("clock_gettime", EINVAL))
		return -1;
	if (real == NULL)
		next("clock_gettime", &real, sizeof(real));
	return real(clock, time);
}

unsigned long
getauxval(unsigned long type)
{
	static unsigned long (*real)(unsigned long);

	if (FAILS("getauxval", ENOENT))
		return 0;
	if (real == NULL)
		next("getauxval", &real, sizeof(real));
	return real(type);
}

/* The error is the result. */
int
getpwnam_r(const char *name, struct passwd *entry, char *memory, size_t size,
    struct passwd **found)
{
	static int (*real)(const char *, struct passwd *, char *, size_t,
	    struct passwd **);

	if (FAILS("getpwnam_r", EIO)) {
		*found = NULL;
		return EIO;
	}
	if (real == NULL)
		next("getpwnam_r", &real, sizeof(real));
	return real(name, entry, memory, size, found);
}

int
pam_get_item(const pam_handle_t *pamh, int type, const void **item)
{
	static int (*real)(const pam_handle_t *, int, const void **);

	if (FAILS("pam_get_item", 0))
		return PAM_SYSTEM_ERR;
	if (real == NULL)
		next("pam_get_item", &real, sizeof(real));
	return real(pamh, type, item);
}

int
pam_set_item(pam_handle_t *pamh, int type, const void *item)
{
	static int (*real)(pam_handle_t *, int, const void *);

	if (FAILS("pam_set_item", 0))
		return PAM_BUF_ERR;
	if (real == NULL)
		next("pam_set_item", &real, sizeof(real));
	return real(pamh, type, item);
}

char *
strerror(int code)
{
	static char text[32];

	if (FAILS("strerror", EINVAL))
		return text;
	return (char *)(uintptr_t)strerrordesc_np(code);
}

int
vsnprintf(char *text, size_t size, const char *format, va_list args)
{
	static int (*real)(char *, size_t, const char *, va_list);

	if (FAILS("vsnprintf", EINVAL))
		return -1;
	if (real == NULL)
		next("vsnprintf", &real, sizeof(real));
	return real(text, size, format, args);
}

int
snprintf(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	if (FAILS("snprintf", EINVAL))
		return -1;
	va_start(args, format);
	n = vsnprintf(text, size, format, args);
	va_end(args);
	return n;
}

int __snprintf_chk(char *text, size_t size, int flag, size_t room,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
int __vsnprintf_chk(char *text, size_t size, int flag, size_t room,
    const char *format, va_list args) __attribute__((format(printf, 5, 0)));

int
__vsnprintf_chk(char *text, size_t size, int flag, size_t room,
    const char *format, va_list args)
{
	return FAILS("__vsnprintf_chk", EINVAL) ? -1 :
	    vsnprintf(text, size, format, args);
}

int
__snprintf_chk(char *text, size_t size, int flag, size_t room,
    const char *format, ...)
{
	va_list args;
	int n;

	if (FAILS("__snprintf_chk", EINVAL))
		return -1;
	va_start(args, format);
	n = vsnprintf(text, size, format, args);
	va_end(args);
	return n;
}
