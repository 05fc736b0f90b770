/*
 * Every allocation and every call to the kernel that the module makes fails in
 * turn, the first, the second and so on, until a login has none left to
 * fail: no run but that last one may admit anybody.
 *
 * The functions below stand before libc's for the module, too.  They fail
 * only in a thread that is armed, so that the fake server is spared.
 */
#undef _FORTIFY_SOURCE
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

/* A sanitizer brings its own malloc: there only the kernel fails. */
#if defined(__SANITIZE_ADDRESS__)
#define FAULTY_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAULTY_MALLOC 0
#endif
#endif
#ifndef FAULTY_MALLOC
#define FAULTY_MALLOC 1
#endif

static __thread bool armed;
static __thread int calls, nth;

/* Is it the module that called? libc, libpam and the test are spared: they
 * have their own ways of coping, or crash (glibc's NSS does). */
static bool
from_module(void *caller)
{
	Dl_info info;
	const char *name;

	if (dladdr(caller, &info) == 0 || info.dli_fname == NULL)
		return false;
	name = strrchr(info.dli_fname, '/');
	return name != NULL && strcmp(name, "/pam_certauth.so") == 0;
}

static bool
fails(int error, void *caller)
{
	if (!armed || !from_module(caller) || ++calls != nth)
		return false;
	errno = error;
	return true;
}

#define FAILS(error) fails(error, __builtin_return_address(0))

/* A function pointer out of dlsym's object pointer. */
static void
next(const char *name, void *function, size_t size)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, size);
}

#if FAULTY_MALLOC
static const char *watched;	/* an answer that must be wiped before free */
static bool was_freed, was_wiped;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *old);

void *
malloc(size_t size)
{
	return FAILS(ENOMEM) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return FAILS(ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return FAILS(ENOMEM) ? NULL : __libc_realloc(old, size);
}

void
free(void *old)
{
	if (old != NULL && old == watched) {
		was_freed = true;
		was_wiped = memchr(old, 's', 6) == NULL;
		watched = NULL;
	}
	__libc_free(old);
}

static int
answer_secret(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	*responses = calloc(1, sizeof(**responses));
	if (*responses == NULL)
		return PAM_BUF_ERR;
	(*responses)->resp = strdup("secret");
	watched = (*responses)->resp;
	return PAM_SUCCESS;
}

static void
test_password_is_wiped(void **state)
{
	const struct stack_call call = { .conversation = answer_secret };
	struct stack stack;

	stack_open(&stack);
	stack_write(&stack, "evidence=user trust=application");
	assert_int_equal(stack_do(&stack, STACK_AUTHENTICATE, &call),
	    PAM_AUTH_ERR);
	stack_close(&stack);
	assert_true(was_freed);
	assert_true(was_wiped);
}
#endif

int
socket(int domain, int type, int protocol)
{
	int (*real)(int, int, int);

	if (FAILS(EMFILE))
		return -1;
	next("socket", &real, sizeof(real));
	return real(domain, type, protocol);
}

int
connect(int fd, const struct sockaddr *address, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t);

	if (FAILS(ECONNREFUSED))
		return -1;
	next("connect", &real, sizeof(real));
	return real(fd, address, len);
}

int
getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	int (*real)(int, int, int, void *, socklen_t *);

	if (FAILS(ENOPROTOOPT))
		return -1;
	next("getsockopt", &real, sizeof(real));
	return real(fd, level, option, value, len);
}

int
poll(struct pollfd *fds, nfds_t count, int ms)
{
	int (*real)(struct pollfd *, nfds_t, int);

	if (FAILS(ENOMEM))
		return -1;
	next("poll", &real, sizeof(real));
	return real(fds, count, ms);
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int);

	if (FAILS(ENOBUFS))
		return -1;
	next("send", &real, sizeof(real));
	return real(fd, data, len, flags);
}

ssize_t
recv(int fd, void *data, size_t len, int flags)
{
	ssize_t (*real)(int, void *, size_t, int);

	if (FAILS(EIO))
		return -1;
	next("recv", &real, sizeof(real));
	return real(fd, data, len, flags);
}

int
stat(const char *path, struct stat *st)
{
	return FAILS(EACCES) ? -1 : fstatat(AT_FDCWD, path, st, 0);
}

/* The number of runs it took until none had anything left to fail. */
static int
fail_in_turn(const struct stack *stack, enum stack_entry entry)
{
	static const struct stack_call call = { 0 };
	pam_handle_t *pamh = stack_handle(stack, &call);
	int run, code = PAM_SYSTEM_ERR;

	for (run = 1; run < 1000; run++) {
		char name[32];

		snprintf(name, sizeof(name), "call %d", run);
		nth = run;
		calls = 0;
		armed = true;
		code = stack_enter(pamh, entry, 0);
		armed = false;
		if (calls < run)
			break;
		row_check(code != PAM_SUCCESS && code != PAM_IGNORE &&
		    code != PAM_USER_UNKNOWN, name, "got %d", code);
	}
	row_check(code == PAM_SUCCESS, "in the end", "got %d", code);
	pam_end(pamh, code);
	return run;
}

static void
test_faults(void **state)
{
	static const char *const options[] = {
		"evidence=user trust=application",
		"evidence=user trust=application server_user=root",
		"evidence=user trust=application service=s need=admin",
	};
	struct stack stack;

	stack_open(&stack);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int runs;

		if (geteuid() != 0 && strstr(options[i], "root") != NULL)
			continue;
		stack_write(&stack, options[i]);
		runs = fail_in_turn(&stack, STACK_ACCOUNT);
		row_check(runs > 6, options[i], "only %d calls failed", runs);
		runs = fail_in_turn(&stack, STACK_AUTHENTICATE);
		row_check(runs > 6, options[i], "only %d calls failed", runs);
	}
	stack_close(&stack);
	rows_end();
}

/* Refusals stay refusals, too. */
static void
test_faults_of_a_refusal(void **state)
{
	static const struct stack_call call = { 0 };
	struct stack stack;
	pam_handle_t *pamh;

	stack_open(&stack);
	stack_write(&stack, "evidence=user trust=application debug");
	fake_set(stack.server, (struct fake_script){
	    .answer = "blocked reason=closed\n" });
	pamh = stack_handle(&stack, &call);
	for (nth = 1; nth < 100; nth++) {
		int code;

		calls = 0;
		armed = true;
		code = stack_enter(pamh, STACK_AUTHENTICATE, 0);
		armed = false;
		assert_true(code == PAM_AUTH_ERR || code == PAM_SYSTEM_ERR ||
		    code == PAM_AUTHINFO_UNAVAIL);
		if (calls < nth)
			break;
	}
	pam_end(pamh, 0);
	stack_close(&stack);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_faults_of_a_refusal),
#if FAULTY_MALLOC
		cmocka_unit_test(test_password_is_wiped),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
