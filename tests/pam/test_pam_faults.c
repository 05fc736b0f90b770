/*
 * Every function of libc and libpam that the module uses fails: each call in
 * turn until a login has none left to fail, each function by itself, and one
 * call in n by chance.  No run in which one failed may admit anybody or be
 * passed over, and none may leave memory or a descriptor behind.
 *
 * Which functions those are the built module says itself: one that has no
 * wrapper in fault.c fails the test.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_modules.h>

#include "tests/pam/fault.h"
#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define TURNS_MAX 2000
#define CHANCES 60		/* runs for each n */
#define TRUSTED "evidence=user trust=application "
#define FULL "active account=u1@example.com identity=u@example.com\n"

/* Answers a password with nothing, a prompt with a name. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	bool name = messages[0]->msg_style == PAM_PROMPT_ECHO_ON;

	*responses = calloc((size_t)count, sizeof(**responses));
	if (*responses == NULL)
		return PAM_BUF_ERR;
	(*responses)[0].resp = strdup(name ? "u@example.com" : "");
	fault_own(*responses);
	fault_own((*responses)[0].resp);
	return PAM_SUCCESS;
}

static const struct scenario {
	const char *name, *options, *user, *answer;
	enum stack_entry entry;
	int code;		/* without a fault */
	bool root;		/* needs to be run as root */
} scenarios[] = {
	{ "user, auth", TRUSTED, "u@example.com", FULL, STACK_AUTHENTICATE,
	    PAM_SUCCESS, false },
	{ "user, account", TRUSTED, "u@example.com", FULL, STACK_ACCOUNT,
	    PAM_SUCCESS, false },
	{ "all options", TRUSTED "service=s realm=r need=admin timeout=9",
	    "u@example.com", FULL, STACK_AUTHENTICATE, PAM_SUCCESS, false },
	{ "server_user", TRUSTED "server_user=root", "u@example.com", FULL,
	    STACK_AUTHENTICATE, PAM_SUCCESS, true },
	{ "prompt, auth", "evidence=prompt prompt=who trust=application",
	    "u@example.com", FULL, STACK_AUTHENTICATE, PAM_SUCCESS, false },
	{ "prompt, account, set_user", "evidence=prompt prompt=who "
	    "set_user=account", "u@example.com", FULL, STACK_ACCOUNT,
	    PAM_SUCCESS, false },
	{ "login, minimum_uid", TRUSTED "set_user=login minimum_uid=1",
	    "u@example.com", FULL, STACK_ACCOUNT, PAM_SUCCESS, false },
	{ "below minimum_uid", "evidence=status minimum_uid=1", "root", FULL,
	    STACK_ACCOUNT, PAM_IGNORE, false },
	{ "ignore_unknown_user", "evidence=status ignore_unknown_user", "u",
	    "unknown\n", STACK_ACCOUNT, PAM_IGNORE, false },
	{ "blocked, auth", TRUSTED, "u@example.com",
	    "blocked reason=closed\n", STACK_AUTHENTICATE, PAM_AUTH_ERR,
	    false },
	{ "blocked, account, debug", TRUSTED "debug", "u@example.com",
	    "blocked reason=closed\n", STACK_ACCOUNT, PAM_PERM_DENIED,
	    false },
	{ "unknown, set_user", TRUSTED "set_user=login quiet",
	    "u@example.com", "unknown\n", STACK_ACCOUNT, PAM_PERM_DENIED,
	    false },
	{ "a wrong option", TRUSTED "moon", "u@example.com", FULL,
	    STACK_ACCOUNT, PAM_SYSTEM_ERR, false },
};
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* One login with that plan; what it came to is checked. */
static struct fault_result
run(const struct stack *stack, const struct scenario *scenario,
    const struct fault_plan *plan)
{
	const struct stack_call call = { .user = scenario->user,
		.conversation = converse };
	pam_handle_t *pamh = stack_handle(stack, &call);
	struct fault_result result;
	const void *user = NULL;
	char name[96];
	bool admitted;
	int code;

	snprintf(name, sizeof(name), "%s, %s %u, 1 in %u, seed %u",
	    scenario->name, plan->symbol != NULL ? plan->symbol : "call",
	    plan->nth, plan->one_in, plan->seed);
	fault_arm(plan);
	code = stack_enter(pamh, scenario->entry, PAM_SILENT);
	result = fault_disarm();
	admitted = code == PAM_SUCCESS || code == PAM_IGNORE ||
	    code == PAM_USER_UNKNOWN || code == PAM_NEW_AUTHTOK_REQD;
	if (result.refusing > 0)
		row_check(!admitted, name, "got %d", code);
	else
		row_check(code == scenario->code || (result.harmless > 0 &&
		    !admitted), name, "got %d", code);
	row_check(result.leaked == 0, name, "%zu pieces of memory left",
	    result.leaked);
	pam_get_item(pamh, PAM_USER, &user);
	row_check(admitted || (user != NULL && strcmp(user,
	    scenario->user) == 0), name, "PAM_USER is %s", (const char *)user);
	pam_end(pamh, code);
	return result;
}

static void
begin(const struct stack *stack, const struct scenario *scenario)
{
	stack_write(stack, scenario->options);
	fake_set(stack->server, (struct fake_script){
	    .answer = scenario->answer });
	stack_log_clear();
}

static bool
usable(const struct scenario *scenario)
{
	return !scenario->root || geteuid() == 0;
}

/* Each call of every function, one after the other. */
static void
test_in_turn(void **state)
{
	struct stack stack;
	unsigned before = stack_descriptors();

	stack_open(&stack);
	for (size_t i = 0; i < SCENARIOS; i++) {
		struct fault_plan plan = { .nth = 0 };
		struct fault_result result = { .calls = 0 };

		if (!usable(&scenarios[i]))
			continue;
		begin(&stack, &scenarios[i]);
		do {
			plan.nth++;
			result = run(&stack, &scenarios[i], &plan);
		} while (result.calls >= plan.nth && plan.nth < TURNS_MAX);
		row_check((plan.nth > 3 || scenarios[i].code ==
		    PAM_SYSTEM_ERR) && plan.nth < TURNS_MAX,
		    scenarios[i].name, "%u calls", plan.nth);
	}
	stack_close(&stack);
	row_check(stack_descriptors() == before, "descriptors", "%u, then %u",
	    before, stack_descriptors());
	rows_end();
}

/* One function broken for good. */
static void
check_symbol(const struct stack *stack, const char *symbol)
{
	enum fault_kind kind = fault_kind(symbol);

	row_check(kind != FAULT_NONE, symbol, "is used by the module and has "
	    "no wrapper in fault.c");
	if (kind != FAULT_REFUSES && kind != FAULT_HARMLESS)
		return;
	for (size_t i = 0; i < SCENARIOS; i++) {
		const struct fault_plan plan = { .symbol = symbol,
			.one_in = 1 };

		if (!usable(&scenarios[i]))
			continue;
		begin(stack, &scenarios[i]);
		run(stack, &scenarios[i], &plan);
	}
}

static void
test_every_symbol(void **state)
{
	char command[1200], line[256];
	struct stack stack;
	unsigned count = 0;
	FILE *list;

	snprintf(command, sizeof(command), "nm -D --undefined-only '%s'",
	    stack_module());
	list = popen(command, "re");
	assert_non_null(list);
	stack_open(&stack);
	while (fgets(line, sizeof(line), list) != NULL) {
		char *symbol = strrchr(line, ' ');

		if (symbol == NULL)
			continue;
		symbol++;
		symbol[strcspn(symbol, "@\n")] = '\0';
		check_symbol(&stack, symbol);
		count++;
	}
	stack_close(&stack);
	if (pclose(list) != 0 && count == 0)
		skip();
	row_check(count > 30, "nm", "only %u symbols", count);
	rows_end();
}

static void
test_by_chance(void **state)
{
	static const unsigned odds[] = { 2, 5, 15, 50, 200 };
	struct stack stack;
	unsigned before = stack_descriptors(), failures = 0, none = 0;

	stack_open(&stack);
	for (size_t i = 0; i < SCENARIOS; i++) {
		if (!usable(&scenarios[i]))
			continue;
		begin(&stack, &scenarios[i]);
		for (size_t j = 0; j < sizeof(odds) / sizeof(odds[0]); j++)
			for (unsigned k = 1; k <= CHANCES; k++) {
				const struct fault_plan plan = {
					.one_in = odds[j], .seed = k };
				struct fault_result result = run(&stack,
				    &scenarios[i], &plan);

				failures += result.refusing;
				none += result.refusing == 0;
			}
	}
	stack_close(&stack);
	row_check(stack_descriptors() == before, "descriptors", "%u, then %u",
	    before, stack_descriptors());
	row_check(failures > 1000 && none > 10, "chance", "%u failures, %u "
	    "runs without", failures, none);
	rows_end();
}

#if FAULT_MALLOC
static int
answer_secret(int count, const struct pam_message **messages,
    struct pam_response **responses, void *context)
{
	*responses = calloc(1, sizeof(**responses));
	if (*responses == NULL)
		return PAM_BUF_ERR;
	(*responses)->resp = strdup("secret");
	fault_watch((*responses)->resp);
	return PAM_SUCCESS;
}

static void
test_password_is_wiped(void **state)
{
	static const char *const lines[] = { TRUSTED,
		"evidence=prompt prompt=who trust=application" };
	const struct stack_call call = { .conversation = answer_secret };
	struct stack stack;

	stack_open(&stack);
	fake_set(stack.server, (struct fake_script){
	    .answer = "unknown\n" });
	for (size_t i = 0; i < 2; i++) {
		stack_write(&stack, lines[i]);
		assert_int_equal(stack_do(&stack, STACK_AUTHENTICATE, &call),
		    PAM_AUTH_ERR);
		assert_true(fault_was_wiped());
	}
	stack_close(&stack);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_turn),
		cmocka_unit_test(test_every_symbol),
		cmocka_unit_test(test_by_chance),
#if FAULT_MALLOC
		cmocka_unit_test(test_password_is_wiped),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
