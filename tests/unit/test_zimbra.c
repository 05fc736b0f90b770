/*
 * The profile zimbra against Zimbra's own rules: a table in a file, and the
 * whole product of statuses, kinds of administrators, lockout times and
 * durations against an oracle that knows the effective status alone.
 */
#include "lookupd/decision.h"

#include "tests/unit/pure.h"

/* 2026-01-01 00:00:00 UTC */
#define NOW (INT64_C(1767225600) * 1000000)
#define HOUR 3600

static struct profile *profile;

static int
read_profile(void **state)
{
	profile = profile_shipped("zimbra");
	return 0;
}

static int
free_profile(void **state)
{
	profile_free(profile);
	return 0;
}

static void
add(struct entry *entry, const char *name, const char *value)
{
	if (value != NULL)
		assert_int_equal(entry_add(entry, name, value, strlen(value)),
		    0);
}

/* Statuses are words; "-" is absent; two with a comma are two values. */
static void
add_status(struct entry *entry, const char *name, const char *status)
{
	const char *comma = strchr(status, ',');

	if (strcmp(status, "-") == 0)
		return;
	if (comma != NULL)
		assert_int_equal(entry_add(entry, name, status,
		    (size_t)(comma - status)), 0);
	add(entry, name, comma == NULL ? status : comma + 1);
}

static struct entry *
make_account(const char *status)
{
	struct entry *entry = entry_of("uid=u,ou=people,dc=example,dc=com",
	    "zimbraMailDeliveryAddress=u@example.com|uid=u|"
	    "zimbraMailAlias=v@example.com");

	add_status(entry, "zimbraAccountStatus", status);
	return entry;
}

static struct entry *
make_domain(const char *name, const char *status)
{
	char dn[64];
	struct entry *entry;

	(void)snprintf(dn, sizeof(dn), "dc=%s", name);
	entry = entry_of(dn, "zimbraDomainType=local");
	add(entry, "zimbraDomainName", name);
	add_status(entry, "zimbraDomainStatus", status);
	return entry;
}

/* "active" or the reason; takes the entries over. */
static const char *
ask(struct entry *account, struct entry **domains, size_t count,
    int64_t lockout_s, bool need_admin)
{
	static struct decision decision;
	static struct identities identities;
	struct findings findings;
	struct decision_input input = { .profile = profile,
	    .identities = &identities, .findings = &findings, .now_us = NOW,
	    .lockout_s = lockout_s, .need_admin = need_admin };
	size_t i;

	memset(&identities, 0, sizeof(identities));
	identities.count = 1;
	findings_init(&findings);
	findings.accounts[findings.account_count++] = account;
	for (i = 0; i < count; i++)
		findings.domains[findings.domain_count++] = domains[i];
	decision_make(&input, &decision, NULL);
	findings_free(&findings);
	if (decision.verdict == VERDICT_ACTIVE)
		return "active";
	return decision.reason[0] != '\0' ? decision.reason :
	    verdict_word(decision.verdict);
}

/* The words of a line; their number. */
static size_t
split(char *line, const char **words, size_t max)
{
	size_t n = 0;
	char *rest = line, *word;

	while (n < max && (word = strtok_r(rest, " \t\n", &rest)) != NULL)
		words[n++] = word;
	return n;
}

static void
test_table(void **state)
{
	const char *top = getenv("top_srcdir"), *head[16], *words[16], *got;
	char path[4096], line[512], head_line[512] = "", name[64];
	size_t columns = 0, i, cells = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/unit/zimbra-table.txt",
	    top == NULL ? "." : top);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (columns == 0) {
			(void)strcpy(head_line, line);
			columns = split(head_line, head, 16);
			assert_int_equal(columns, 9);
			continue;
		}
		assert_int_equal(split(line, words, 16), columns);
		for (i = 1; i < columns; i++) {
			bool elapsed = strcmp(words[0], "elapsed") == 0;
			struct entry *account = make_account(elapsed ?
			    "lockout" : words[0]);
			struct entry *domain = make_domain("example.com",
			    head[i]);

			add(account, "zimbraPasswordLockoutLockedTime",
			    elapsed ? "20251231225959Z" : "20251231235900Z");
			got = ask(account, &domain, 1, HOUR, false);
			(void)snprintf(name, sizeof(name), "%s, domain %s",
			    words[0], head[i]);
			row_check(strcmp(got, words[i]) == 0, name,
			    "want %s, got %s", words[i], got);
			cells++;
		}
	}
	fclose(file);
	rows_end();
	assert_int_equal(cells, 72);
	print_message("%zu cells of the table\n", cells);
}

/*
 * The oracle.  Effective status by account status and what the domain does.
 */
enum column { DOMAIN_FINE, DOMAIN_LOCKED, DOMAIN_MAINTENANCE, DOMAIN_CLOSED };

static const struct {
	const char *account;
	const char *effective[4];
} effective_rows[] = {
	{ "active", { "active", "locked", "maintenance", "closed" } },
	{ "lockout", { "lockout", "locked", "maintenance", "closed" } },
	{ "locked", { "locked", "locked", "maintenance", "closed" } },
	{ "maintenance",
	    { "maintenance", "maintenance", "maintenance", "closed" } },
	{ "pending", { "pending", "pending", "pending", "closed" } },
	{ "closed", { "closed", "closed", "closed", "closed" } },
};

static const struct {
	const char *status;
	enum column column;
} domains[] = {
	{ "-", DOMAIN_FINE },
	{ "active", DOMAIN_FINE },
	{ "locked", DOMAIN_LOCKED },
	{ "maintenance", DOMAIN_MAINTENANCE },
	{ "suspended", DOMAIN_MAINTENANCE },
	{ "shutdown", DOMAIN_MAINTENANCE },
	{ "closed", DOMAIN_CLOSED },
	{ "frozen", DOMAIN_CLOSED },
};

static const char *const accounts[] = { "active", "lockout", "locked",
	"maintenance", "pending", "closed", "-", "frozen", "active,frozen",
	"active,locked" };

static const struct {
	const char *name;
	const char *global, *domain, *delegated;
	bool exempt, admin;
} admins[] = {
	{ "none", NULL, NULL, NULL, false, false },
	{ "all FALSE", "FALSE", "FALSE", "FALSE", false, false },
	{ "global", "TRUE", NULL, NULL, true, true },
	{ "global, not domain", "TRUE", "FALSE", NULL, true, true },
	{ "global and domain", "TRUE", "TRUE", NULL, false, true },
	{ "delegated", NULL, NULL, "TRUE", false, true },
	{ "domain", NULL, "TRUE", NULL, false, false },
	{ "global, but unreadable", "yes", NULL, NULL, false, false },
	{ "global, in lower case", "true", NULL, NULL, false, false },
	{ "global, domain unreadable", "TRUE", "perhaps", NULL, false, true },
};

static const struct {
	const char *text;		/* NULL: absent */
	long long age_ms;		/* since then; -1: cannot be known */
} times[] = {
	{ NULL, -1 },
	{ "20260101000000Z", 0 },
	{ "20251231230000Z", 3600000 },			/* at the limit */
	{ "20251231230000.000Z", 3600000 },
	{ "20251231225959.999Z", 3600001 },
	{ "20251231225959Z", 3601000 },			/* over by a second */
	{ "19700101000000Z", 1767225600000 },
	{ "yesterday", -1 },
	{ "", -1 },
};

static const int64_t durations[] = { 0, HOUR };

struct cell {
	size_t account, domain, admin, time, duration;
	bool need_admin;
};

static const char *
oracle(const struct cell *cell)
{
	const char *account = accounts[cell->account], *effective;
	enum column column = domains[cell->domain].column;
	long long age_ms = times[cell->time].age_ms;
	long long duration_ms = 1000 * durations[cell->duration];
	static char reason[64];
	size_t i;
	bool usable;

	if (strcmp(account, "-") == 0 || strchr(account, ',') != NULL)
		return "bad-entry";
	if (admins[cell->admin].exempt)
		column = DOMAIN_FINE;
	effective = "none";
	for (i = 0; i < COUNT(effective_rows); i++)
		if (strcmp(effective_rows[i].account, account) == 0)
			effective = effective_rows[i].effective[column];
	if (strcmp(effective, "none") == 0) {
		/* not Zimbra's: refused, the domain being named first */
		static const char *const words[] = { "no-rule",
		    "domain-locked", "domain-maintenance", "domain-closed" };

		return words[column];
	}
	usable = strcmp(effective, "active") == 0 ||
	    (strcmp(effective, "lockout") == 0 && duration_ms > 0 &&
	    age_ms > duration_ms);
	if (usable)
		return cell->need_admin && !admins[cell->admin].admin ?
		    "not-admin" : "active";
	/* The account's own status, or else the domain's doing. */
	(void)snprintf(reason, sizeof(reason), "%s%s",
	    strcmp(effective, account) == 0 ? "" : "domain-", effective);
	return reason;
}

static void
check_cell(const struct cell *cell, size_t *active)
{
	struct entry *account = make_account(accounts[cell->account]);
	struct entry *domain = make_domain("example.com",
	    domains[cell->domain].status);
	const char *want = oracle(cell), *got;
	char name[256];

	add(account, "zimbraIsAdminAccount", admins[cell->admin].global);
	add(account, "zimbraIsDomainAdminAccount", admins[cell->admin].domain);
	add(account, "zimbraIsDelegatedAdminAccount",
	    admins[cell->admin].delegated);
	add(account, "zimbraPasswordLockoutLockedTime",
	    times[cell->time].text);
	got = ask(account, &domain, 1, durations[cell->duration],
	    cell->need_admin);
	*active += strcmp(got, "active") == 0 ? 1 : 0;
	(void)snprintf(name, sizeof(name),
	    "account %s, domain %s, admin %s, locked %s, duration %d%s",
	    accounts[cell->account], domains[cell->domain].status,
	    admins[cell->admin].name,
	    times[cell->time].text == NULL ? "-" : times[cell->time].text,
	    (int)durations[cell->duration],
	    cell->need_admin ? ", need=admin" : "");
	row_check(strcmp(got, want) == 0, name, "want %s, got %s", want, got);
}

static void
test_product(void **state)
{
	size_t cells = 0, active = 0, rest;
	const size_t all = COUNT(accounts) * COUNT(domains) * COUNT(admins) *
	    COUNT(times) * COUNT(durations) * 2;

	for (; cells < all; cells++) {
		struct cell cell;

		rest = cells;
		cell.account = rest % COUNT(accounts);
		rest /= COUNT(accounts);
		cell.domain = rest % COUNT(domains);
		rest /= COUNT(domains);
		cell.admin = rest % COUNT(admins);
		rest /= COUNT(admins);
		cell.time = rest % COUNT(times);
		rest /= COUNT(times);
		cell.duration = rest % COUNT(durations);
		cell.need_admin = rest / COUNT(durations) == 1;
		check_cell(&cell, &active);
	}
	rows_end();
	print_message("%zu cells of the product, %zu of them active\n", cells,
	    active);
	assert_in_range(active, 1, cells / 2);
}

/* An alias domain's own status counts as much as that of the account's. */
static void
test_two_domains(void **state)
{
	size_t own, other, exempt, cells = 0;
	const char *got;
	char name[128];
	bool fine;

	for (own = 0; own < COUNT(domains); own++)
		for (other = 0; other < COUNT(domains); other++)
			for (exempt = 0; exempt < 2; exempt++) {
				struct entry *account = make_account("active");
				struct entry *both[2] = {
				    make_domain("example.com",
				        domains[own].status),
				    make_domain("alias.example",
				        domains[other].status) };

				if (exempt == 1)
					add(account, "zimbraIsAdminAccount",
					    "TRUE");
				got = ask(account, both, 2, 0, false);
				fine = exempt == 1 ||
				    (domains[own].column == DOMAIN_FINE &&
				    domains[other].column == DOMAIN_FINE);
				(void)snprintf(name, sizeof(name),
				    "own %s, other %s, exempt %zu",
				    domains[own].status,
				    domains[other].status, exempt);
				row_check((strcmp(got, "active") == 0) == fine,
				    name, "got %s", got);
				cells++;
			}
	rows_end();
	print_message("%zu pairs of domains\n", cells);
}

static void
test_odd(void **state)
{
	struct entry *domain = make_domain("example.com", "active,frozen");

	assert_string_equal(ask(make_account("active"), &domain, 1, 0, false),
	    "bad-entry");
	assert_string_equal(ask(make_account("active"), NULL, 0, 0, false),
	    "no-domain");
	/* the directory's own matching ignores case, and so do we */
	domain = make_domain("example.com", "Locked");
	assert_string_equal(ask(make_account("ACTIVE"), &domain, 1, 0, false),
	    "domain-locked");
	domain = make_domain("example.com", "active");
	assert_string_equal(ask(make_account("active "), &domain, 1, 0, false),
	    "active");
	domain = make_domain("example.com", "active");
	assert_string_equal(ask(make_account("inactive"), &domain, 1, 0,
	    false), "no-rule");
}

/* What is sent to the directory. */
static void
test_filters(void **state)
{
	static const struct {
		enum key_kind kind;
		const char *want;
	} rows[] = {
		{ KEY_ADDRESS, "(&(|(zimbraMailDeliveryAddress=u@example.com)"
		    "(zimbraMailAlias=u@example.com)"
		    "(zimbraOldMailAddress=u@example.com))"
		    "(objectClass=zimbraAccount))" },
		{ KEY_ACCOUNT, "(&(|(zimbraMailDeliveryAddress=u@example.com)"
		    "(uid=u@example.com))(objectClass=zimbraAccount))" },
		{ KEY_UPN, "(&(zimbraForeignPrincipal=cert "
		    "SUBJECTALTNAME_OTHERNAME_UPN\\3au@example.com)"
		    "(objectClass=zimbraAccount))" },
	};
	struct buffer out;
	size_t i;

	buffer_init(&out, 4096);
	for (i = 0; i < COUNT(rows); i++) {
		const struct profile_keys *keys =
		    &profile->keys[rows[i].kind];

		buffer_clear(&out);
		assert_int_equal(filter_build(&out, keys->items, keys->count,
		    "u@example.com", 13, profile->account), 0);
		row_check(strcmp(buffer_text(&out), rows[i].want) == 0,
		    key_kind_name(rows[i].kind), "got %s", buffer_text(&out));
	}
	buffer_free(&out);
	assert_int_equal(profile->keys[KEY_CN].count, 0);
	assert_int_equal(profile->keys[KEY_UID].count, 0);
	rows_end();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_two_domains),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests_name("zimbra", tests, read_profile,
	    free_profile);
}
