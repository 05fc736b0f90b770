/*
 * pam-lint's walk through a stack against libpam itself: random account
 * stacks of pam_debug, which says what it is told, with a line of ours among
 * them, or two, perhaps in a substack.  Every combination of what the modules can say
 * is really run; whether that lets somebody in whom pam_certauth did not
 * admit, and how, must be what the walk found in the files.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pam_lint.h"
#include "client/pam_lint_walk.h"
#include "tests/pam/stack.h"
#include "tests/unit/rows.h"

#define STACKS 60		/* with one line of ours */
#define DOUBLE_STACKS 40	/* with two; the last word counts */
#define OTHERS_MAX 3		/* lines that are not ours */

static const char *const says[] = { "success", "new_authtok_reqd",
	"auth_err", "ignore", "user_unknown" };
#define SAYS (sizeof(says) / sizeof(says[0]))

static const struct {
	const char *answer;
	enum lint_loss loss;
} answers[] = {
	{ "active account=u\n", LINT_NO_LOSS },
	{ "unknown\n", LINT_REFUSAL },
	{ "unavailable reason=directory\n", LINT_OUTAGE },
	{ "bad-request reason=syntax\n", LINT_FAULT },
};
#define ANSWERS (sizeof(answers) / sizeof(answers[0]))

/* One line of a stack. */
struct plan_line {
	char control[160];
	bool ours;
	bool inside;		/* of the substack */
};

struct plan {
	struct plan_line lines[OTHERS_MAX + 1];
	size_t count;
};

static uint32_t number;

static size_t
pick(size_t below)
{
	number ^= number << 13;
	number ^= number >> 17;
	number ^= number << 5;
	return number % below;
}

static const char *
action(void)
{
	static const char *const all[] = { "ignore", "ok", "done", "bad",
		"die", "reset", "1", "2" };

	return all[pick(sizeof(all) / sizeof(all[0]))];
}

static void
plan_control(struct plan_line *line)
{
	static const char *const words[] = { "required", "requisite",
		"sufficient", "optional" };
	size_t word = pick(8);

	if (word < 4)
		snprintf(line->control, sizeof(line->control), "%s",
		    words[word]);
	else if (line->ours)
		snprintf(line->control, sizeof(line->control), "[success=%s "
		    "perm_denied=%s authinfo_unavail=%s default=%s]",
		    action(), action(), action(), action());
	else
		snprintf(line->control, sizeof(line->control), "[success=%s "
		    "new_authtok_reqd=%s auth_err=%s ignore=%s default=%s]",
		    action(), action(), action(), action(), action());
}

static void
make_plan(struct plan *plan, bool twice)
{
	size_t ours, more, first;

	plan->count = 2 + pick(twice ? 2 : OTHERS_MAX);
	ours = pick(plan->count);
	more = twice ? pick(plan->count) : ours;
	first = pick(2 * plan->count);
	for (size_t i = 0; i < plan->count; i++) {
		plan->lines[i].ours = i == ours || i == more;
		plan->lines[i].inside = i >= first && i < first + 2;
		plan_control(&plan->lines[i]);
	}
}

static FILE *
open_in(const struct stack *stack, const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", stack->folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	return file;
}

/* The files; codes has what each of the other lines says. */
static void
write_plan(const struct stack *stack, const struct plan *plan,
    const size_t *codes)
{
	FILE *outer = open_in(stack, STACK_SERVICE);
	FILE *inner = open_in(stack, "sub");
	bool opened = false;
	size_t other = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_line *line = &plan->lines[i];
		FILE *to = line->inside ? inner : outer;

		if (line->inside && !opened)
			/* libpam 1.5 looks for names in /etc alone */
			fprintf(outer, "account substack %s/sub\n",
			    stack->folder);
		opened |= line->inside;
		if (line->ours)
			fprintf(to, "account %s %s evidence=user "
			    "socket=%s\n", line->control, stack_module(),
			    stack->socket);
		else
			fprintf(to, "account %s pam_debug.so acct=%s\n",
			    line->control, says[codes[other++]]);
	}
	assert_int_equal(fclose(outer), 0);
	assert_int_equal(fclose(inner), 0);
}

static int
read_folder(void *context, const char *name, struct buffer *out, char *path)
{
	const struct stack *stack = context;
	char text[4096];
	FILE *file;
	size_t len;

	if (*name == '/')
		snprintf(path, LINT_PATH_MAX, "%s", name);
	else
		snprintf(path, LINT_PATH_MAX, "%s/%s", stack->folder, name);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	return buffer_put(out, text, len);
}

static void
take_way(void *context, enum lint_loss loss, const struct lint_entry *entry,
    enum lint_cause cause)
{
	unsigned *losses = context;

	*losses |= 1u << loss;
}

static unsigned
walked(struct stack *stack)
{
	const struct lint_source source = { .read = read_folder,
		.context = stack };
	struct lint_stack read;
	unsigned losses = 0;

	assert_int_equal(lint_stack_read(&source, STACK_SERVICE, &read), 0);
	assert_int_equal(lint_walk(&read.chains[LINT_ACCOUNT], LINT_ACCOUNT,
	    take_way, &losses), 0);
	lint_stack_free(&read);
	return losses;
}

/* What one combination comes to, with these answers to the first and to the
 * second line of ours that is asked: a bit, or 0. */
static unsigned
run_once(const struct stack *stack, size_t first, size_t second)
{
	static const struct stack_call call = { .user = "u" };
	unsigned before = fake_count(stack->server), asked;
	enum lint_loss loss;
	int code;

	fake_set(stack->server, (struct fake_script){
	    .answer = answers[first].answer,
	    .second = answers[second].answer });
	code = stack_do(stack, STACK_ACCOUNT, &call);
	if (code != PAM_SUCCESS && code != PAM_NEW_AUTHTOK_REQD)
		return 0;
	asked = fake_count(stack->server) - before;
	loss = asked == 0 ? LINT_NOT_ASKED :
	    answers[asked == 1 ? first : second].loss;
	return loss == LINT_NO_LOSS ? 0 : 1u << loss;
}

static unsigned
ran(const struct stack *stack, const struct plan *plan)
{
	size_t combinations = 1, others = 0, codes[OTHERS_MAX];
	unsigned losses = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (!plan->lines[i].ours) {
			combinations *= SAYS;
			others++;
		}
	for (size_t i = 0; i < combinations; i++) {
		size_t rest = i;
		bool twice = others + 1 < plan->count;

		for (size_t j = 0; j < others; j++) {
			codes[j] = rest % SAYS;
			rest /= SAYS;
		}
		write_plan(stack, plan, codes);
		for (size_t j = 0; j < ANSWERS; j++)
			for (size_t k = 0; k < (twice ? ANSWERS : 1); k++)
				losses |= run_once(stack, j, k);
	}
	return losses;
}

static void
describe(const struct plan *plan, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < plan->count; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s %s; ",
		    plan->lines[i].inside ? "> " : "", plan->lines[i].control,
		    plan->lines[i].ours ? "OURS" : "other");
}

static void
test_against_libpam(void **state)
{
	static const char *const folders[] = { "/lib/security",
		"/usr/lib/security", "/lib/x86_64-linux-gnu/security",
		"/usr/lib/x86_64-linux-gnu/security",
		"/usr/lib/aarch64-linux-gnu/security",
		"/usr/lib64/security" };
	unsigned met = 0, clean = 0;
	bool installed = false;
	struct stack stack;
	char path[128];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/pam_debug.so", folders[i]);
		installed |= access(path, R_OK) == 0;
	}
	if (!installed)
		skip();
	stack_open(&stack);
	number = 20260101;
	for (size_t i = 0; i < STACKS + DOUBLE_STACKS; i++) {
		char name[900];
		struct plan plan;
		unsigned want, got;

		make_plan(&plan, i >= STACKS);
		want = ran(&stack, &plan);
		got = walked(&stack);
		describe(&plan, name, sizeof(name));
		row_check(want == got, name, "libpam 0x%x, the walk 0x%x",
		    want, got);
		met |= want;
		clean += want == 0;
	}
	snprintf(path, sizeof(path), "%s/sub", stack.folder);
	unlink(path);
	stack_close(&stack);
	/* all kinds of loss were met, and stacks without any */
	row_check(met == (1u << LINT_NOT_ASKED | 1u << LINT_REFUSAL |
	    1u << LINT_OUTAGE | 1u << LINT_FAULT), "met", "0x%x", met);
	row_check(clean > 3, "clean", "%u", clean);
	rows_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_libpam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
