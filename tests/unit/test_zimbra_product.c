/*
 * The profile zimbra: the whole product of statuses, kinds of administrators,
 * lockout times and durations against an oracle that knows the effective
 * status alone.
 */
#include "tests/unit/zimbra_account.h"

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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_two_domains),
	};

	return cmocka_run_group_tests_name("zimbra_product", tests,
	    read_profile, free_profile);
}
