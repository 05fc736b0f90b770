/*
 * The module inside programs that have many descriptors, threads, children,
 * other libraries, and an environment somebody else chose.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define TRUSTED "evidence=user trust=application timeout=20"

static const struct stack_call plain = { 0 };

/* select(2) would write past its set here. */
static void
test_many_descriptors(void **state)
{
	enum { MANY = 1100 };
	struct rlimit limit, wider;
	struct stack stack;
	int fds[MANY], opened = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	wider = limit;
	if (wider.rlim_max < MANY + 100)
		skip();
	wider.rlim_cur = MANY + 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &wider), 0);
	stack_open(&stack);
	stack_write(&stack, TRUSTED);
	while (opened < MANY && (fds[opened] = open("/dev/null",
	    O_RDONLY | O_CLOEXEC)) >= 0)
		opened++;
	assert_int_equal(opened, MANY);
	assert_int_equal(stack_do(&stack, STACK_AUTHENTICATE, &plain),
	    PAM_SUCCESS);
	while (opened > 0)
		close(fds[--opened]);
	stack_close(&stack);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* All are close-on-exec while it asks, and none is left; signals are as they
 * were. */
static void
test_leaves_nothing(void **state)
{
	struct sigaction before[NSIG], after;
	struct stack stack;
	unsigned descriptors;
	pam_handle_t *pamh;

	descriptors = stack_descriptors();
	stack_open(&stack);
	stack_write(&stack, TRUSTED);
	pamh = stack_handle(&stack, &plain);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, NULL, &before[i]);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
		    PAM_SUCCESS);
		assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0),
		    PAM_SUCCESS);
	}
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &after) == 0)
			assert_ptr_equal(after.sa_handler,
			    before[i].sa_handler);
	assert_int_equal(alarm(0), 0);
	assert_true(fake_saw_all_cloexec(stack.server));
	assert_int_equal(pam_end(pamh, 0), PAM_SUCCESS);
	stack_close(&stack);
	assert_int_equal(stack_descriptors(), descriptors);
}

enum { THREADS = 8, ROUNDS = 25 };

static void *
log_in_often(void *context)
{
	const struct stack *stack = context;
	size_t bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct pam_conv conversation = { .conv =
		    stack_answer_empty };
		pam_handle_t *pamh = NULL;

		if (pam_start_confdir(STACK_SERVICE, "u@example.com",
		    &conversation, stack->folder, &pamh) != PAM_SUCCESS ||
		    pam_authenticate(pamh, 0) != PAM_SUCCESS ||
		    pam_acct_mgmt(pamh, 0) != PAM_SUCCESS)
			bad++;
		if (pamh != NULL)
			pam_end(pamh, 0);
	}
	return (void *)bad;
}

/* The same with a name from a prompt, which becomes PAM_USER. */
static int
answer_name(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	*responses = calloc(1, sizeof(**responses));
	if (*responses == NULL)
		return PAM_BUF_ERR;
	(*responses)->resp = strdup("u@example.com");
	return PAM_SUCCESS;
}

static void *
prompt_often(void *context)
{
	const struct stack *stack = context;
	struct pam_conv conversation = { .conv = answer_name };
	const void *user;
	size_t bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		pam_handle_t *pamh = NULL;

		user = NULL;
		if (pam_start_confdir(STACK_SERVICE, NULL, &conversation,
		    stack->folder, &pamh) != PAM_SUCCESS ||
		    pam_authenticate(pamh, 0) != PAM_SUCCESS ||
		    pam_acct_mgmt(pamh, 0) != PAM_SUCCESS ||
		    pam_get_item(pamh, PAM_USER, &user) != PAM_SUCCESS ||
		    user == NULL || strcmp(user, "user1@example.com") != 0)
			bad++;
		if (pamh != NULL)
			pam_end(pamh, 0);
	}
	return (void *)bad;
}

static void
run_threads(const char *options, void *(*run)(void *))
{
	pthread_t threads[THREADS];
	struct stack stack;
	size_t all_bad = 0;

	stack_open(&stack);
	stack_write(&stack, options);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run,
		    &stack), 0);
	for (int i = 0; i < THREADS; i++) {
		void *bad = NULL;

		pthread_join(threads[i], &bad);
		all_bad += (size_t)bad;
	}
	assert_int_equal(all_bad, 0);
	assert_int_equal(fake_count(stack.server), 2 * THREADS * ROUNDS);
	stack_close(&stack);
}

static void
test_threads(void **state)
{
	run_threads("evidence=user trust=application timeout=20",
	    log_in_often);
	run_threads("evidence=prompt prompt=who trust=application "
	    "set_user=account minimum_uid=1000 timeout=20", prompt_often);
}

/* One handle, used on both sides of a fork. */
static void
test_fork(void **state)
{
	struct stack stack;
	pam_handle_t *pamh;
	int status = -1;
	pid_t pid;

	stack_open(&stack);
	stack_write(&stack, TRUSTED);
	pamh = stack_handle(&stack, &plain);
	assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
	    PAM_SUCCESS);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(stack_enter(pamh, STACK_ACCOUNT, 0) == PAM_SUCCESS ?
		    0 : 1);
	assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0), PAM_SUCCESS);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	assert_int_equal(status, 0);
	assert_int_equal(fake_count(stack.server), 3);
	assert_int_equal(pam_end(pamh, 0), PAM_SUCCESS);
	stack_close(&stack);
}

/* What somebody who starts a setuid program can set changes nothing. */
static void
test_environment(void **state)
{
	static const char *const names[] = { "LDAPRC", "LDAPCONF",
		"LDAPNOINIT", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"OPENSSL_CONF", "KRB5_CONFIG", "CERTAUTH_SOCKET",
		"CERTAUTH_DEBUG", "PAM_CERTAUTH_SOCKET", "RUNSTATEDIR",
		"HOME", "XDG_RUNTIME_DIR", "TMPDIR", "SSH_AUTH_INFO_0",
		"SSL_CLIENT_CERT", "NOTIFY_SOCKET" };
	const size_t count = sizeof(names) / sizeof(names[0]);
	char want[4096], got[4096], text[128];
	struct stack stack;
	pam_handle_t *pamh;

	stack_open(&stack);
	stack_write(&stack, TRUSTED);
	stack_do(&stack, STACK_ACCOUNT, &plain);
	fake_request(stack.server, want, sizeof(want));
	pamh = stack_handle(&stack, &plain);
	for (size_t i = 0; i < count; i++) {
		setenv(names[i], "/tmp/ca-elsewhere", 1);
		snprintf(text, sizeof(text), "%s=evidence=verified",
		    names[i]);
		assert_int_equal(pam_putenv(pamh, text), PAM_SUCCESS);
	}
	assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0), PAM_SUCCESS);
	fake_request(stack.server, got, sizeof(got));
	assert_string_equal(got, want);
	fake_set(stack.server, (struct fake_script){
	    .answer = "unknown\n" });
	assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
	    PAM_AUTH_ERR);
	for (size_t i = 0; i < count; i++)
		unsetenv(names[i]);
	assert_int_equal(pam_end(pamh, 0), PAM_SUCCESS);
	stack_close(&stack);
}

/* Libraries of the host program that have the names of ours, or whose other
 * version somebody else brought along. */
static void
test_other_libraries(void **state)
{
	static const char *const real[] = { "libssl.so.3", "libcrypto.so.3",
		"libssl.so.1.1", "libevent-2.1.so.7", "libldap-2.5.so.0" };
	char path[1100];
	struct stack stack;
	void *other;

	snprintf(path, sizeof(path), "%.*s/tests/pam/.libs/"
	    "other_libraries.so", (int)(strstr(stack_module(),
	    "/pam_certauth/") - stack_module()), stack_module());
	other = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (other == NULL)
		fail_msg("%s", dlerror());
	assert_non_null(dlsym(RTLD_DEFAULT, "client_ask"));
	stack_open(&stack);
	stack_write(&stack, TRUSTED " set_user=account minimum_uid=1000");
	for (size_t i = 0; i <= sizeof(real) / sizeof(real[0]); i++) {
		pam_handle_t *pamh = stack_handle(&stack, &plain);

		assert_int_equal(stack_enter(pamh, STACK_AUTHENTICATE, 0),
		    PAM_SUCCESS);
		assert_int_equal(stack_enter(pamh, STACK_ACCOUNT, 0),
		    PAM_SUCCESS);
		assert_int_equal(pam_end(pamh, 0), PAM_SUCCESS);
		/* those of this machine, beside the other ones */
		if (i < sizeof(real) / sizeof(real[0]))
			dlopen(real[i], RTLD_NOW | RTLD_GLOBAL);
	}
	stack_close(&stack);
	dlclose(other);
}

/* Every symbol is there at once, and nothing of common/ looks out. */
static void
test_load(void **state)
{
	static const char *const outside[] = { "pam_sm_authenticate",
		"pam_sm_setcred", "pam_sm_acct_mgmt", "pam_sm_open_session",
		"pam_sm_close_session", "pam_sm_chauthtok" };
	static const char *const inside[] = { "module_decide",
		"options_parse", "client_ask", "protocol_decode",
		"outcome_of", "buffer_put", "text_escape" };
	void *handle = dlopen(stack_module(), RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL)
		fail_msg("%s", dlerror());
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		row_check(dlsym(handle, outside[i]) != NULL, outside[i],
		    "is not exported");
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		row_check(dlsym(handle, inside[i]) == NULL, inside[i],
		    "is exported");
	dlclose(handle);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_leaves_nothing),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_other_libraries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
