/*
 * Configurations: everything wrong is said, with file and line; what comes
 * out of a good one; what is printed reads back.
 */
#include <config.h>

#include "lookupd/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/rows.h"

static char folder[] = "/tmp/ca-config.XXXXXX";
static char path[64], profiles[4096];

#define REALM_HEAD "{ name = \"main\"; profile = \"openldap\"; "
#define REALM_TAIL "servers = [ \"ldapi://%2Frun%2Fl\" ]; base = \"dc=x\"; }"
#define REALM REALM_HEAD REALM_TAIL

static struct config *
read_text(const char *text, struct problems *problems)
{
	FILE *file = fopen(path, "w");
	struct config *config;

	assert_non_null(file);
	fprintf(file, "profiles = \"%s\";\nuser = \"root\";\n%s\n", profiles,
	    text);
	fclose(file);
	problems_init(problems);
	config = config_read(path, problems);
	return config;
}

static const struct row {
	const char *name, *text;
	const char *problem;		/* part of it; NULL: none */
	unsigned line;			/* of the file, 0: any */
} rows[] = {
	{ "good", "realms = (" REALM ");", NULL, 0 },
	{ "no realm", "realms = ();", "must be a realm", 0 },
	{ "realms missing", "services = ();", "realms", 0 },
	{ "unknown setting", "sokcet = \"/x\";\nrealms = (" REALM ");",
	    "did you mean 'socket'", 3 },
	{ "syntax", "realms = (" REALM "\n;", "", 4 },
	{ "two realms of one name", "realms = (" REALM ",\n" REALM ");",
	    "two realms", 4 },
	{ "unknown profile", "realms = ( { name = \"a\"; profile = \"none\"; "
	    REALM_TAIL ");", "none.conf", 0 },
	{ "empty base", "realms = (" REALM_HEAD "servers = [ \"ldapi:///\" ]; "
	    "base = \"\"; });", "whole_tree", 3 },
	{ "empty base, meant", "realms = (" REALM_HEAD "base = \"\"; "
	    "servers = [ \"ldapi:///\" ]; whole_tree = true; });", NULL, 0 },
	{ "base missing", "realms = (" REALM_HEAD
	    "servers = [ \"ldapi:///\" ]; });", "base", 3 },
	{ "ldaps without CA", "realms = (" REALM_HEAD "base = \"dc=x\"; "
	    "bind = \"anonymous\"; servers = [ \"ldaps://h\" ]; });", "tls_ca",
	    3 },
	{ "plain ldap to another machine", "realms = (" REALM_HEAD
	    "base = \"dc=x\"; bind = \"anonymous\"; tls = \"none\"; "
	    "servers = [ \"ldap://h\" ]; });", "127.0.0.1", 3 },
	{ "plain ldap to loopback", "realms = (" REALM_HEAD
	    "base = \"dc=x\"; bind = \"anonymous\"; tls = \"none\"; "
	    "servers = [ \"ldap://127.0.0.1:3389\" ]; });", NULL, 0 },
	{ "not a URI", "realms = (" REALM_HEAD "base = \"dc=x\"; "
	    "servers = [ \"ldap.example.com\" ]; });", "ldap.example.com", 3 },
	{ "simple without secret", "realms = (" REALM_HEAD
	    "bind = \"simple\"; " REALM_TAIL ");", "secret_file", 3 },
	{ "secret without simple", "realms = (" REALM_HEAD
	    "bind_dn = \"cn=x\"; " REALM_TAIL ");", "simple", 3 },
	{ "mirror", "store = \"/s\";\nrealms = (" REALM_HEAD
	    "mode = \"mirror\"; stale = \"live\"; max_stale = 5; "
	    REALM_TAIL ");", NULL, 0 },
	{ "mirror without store", "realms = (" REALM_HEAD
	    "mode = \"mirror\"; " REALM_TAIL ");", "needs the setting store",
	    3 },
	{ "file", "store = \"/s\";\nrealms = (" REALM_HEAD
	    "mode = \"file\"; ldif = \"/f\"; });", NULL, 0 },
	{ "file with a base", "store = \"/s\";\nrealms = (" REALM_HEAD
	    "mode = \"file\"; ldif = \"/f\"; base = \"dc=x\"; });", NULL,
	    0 },
	{ "file without its name", "store = \"/s\";\nrealms = (" REALM_HEAD
	    "mode = \"file\"; });", "needs ldif", 4 },
	{ "file with servers", "store = \"/s\";\nrealms = (" REALM_HEAD
	    "mode = \"file\"; ldif = \"/f\"; " REALM_TAIL ");", "no use",
	    4 },
	{ "file that would ask live", "store = \"/s\";\nrealms = ("
	    REALM_HEAD "mode = \"file\"; ldif = \"/f\"; "
	    "stale = \"live\"; });", "stale is for", 4 },
	{ "a file nobody reads", "realms = (" REALM_HEAD "ldif = \"/f\"; "
	    REALM_TAIL ");", "ldif is for", 3 },
	{ "unknown mode", "realms = (" REALM_HEAD "mode = \"push\"; "
	    REALM_TAIL ");", "mode", 3 },
	{ "servers missing", "realms = (" REALM_HEAD "base = \"dc=x\"; });",
	    "servers is missing", 3 },
	{ "bad canary", "realms = (" REALM_HEAD "canary = [ \"a b@c\" ]; "
	    REALM_TAIL ");", "canary", 3 },
	{ "bad domain", "realms = (" REALM_HEAD "domains = [ \"a..b\" ]; "
	    REALM_TAIL ");", "domain name", 3 },
	{ "identity without keys", "realms = (" REALM_HEAD
	    "identities = [ \"upn\" ]; " REALM_TAIL ");", "no keys for", 3 },
	{ "unknown realm in service", "realms = (" REALM ");\n"
	    "services = ( { name = \"s\"; evidence = [ \"none\" ]; "
	    "realms = [ \"other\" ]; } );", "no realm \"other\"", 4 },
	{ "unknown caller", "realms = (" REALM ");\n"
	    "services = ( { name = \"s\"; evidence = [ \"none\" ]; "
	    "callers = [ \"no-such-user\" ]; realms = [ \"main\" ]; } );",
	    "no user \"no-such-user\"", 4 },
	{ "unknown group", "realms = (" REALM ");\n"
	    "services = ( { name = \"s\"; evidence = [ \"none\" ]; "
	    "callers = [ \"@no-such-group\" ]; realms = [ \"main\" ]; } );",
	    "no group \"no-such-group\"", 4 },
	{ "verified without CA", "realms = (" REALM ");\n"
	    "services = ( { name = \"s\"; evidence = [ \"verified\" ]; "
	    "realms = [ \"main\" ]; } );", "client_ca", 4 },
	{ "evidence missing", "realms = (" REALM ");\n"
	    "services = ( { name = \"s\"; realms = [ \"main\" ]; } );",
	    "evidence", 4 },
	{ "require is no filter", "realms = (" REALM ");\n"
	    "services = ( { name = \"s\"; evidence = [ \"none\" ]; "
	    "realms = [ \"main\" ]; require = \"(a=b\"; } );", "require", 4 },
	{ "require cannot be evaluated", "realms = (" REALM ");\n"
	    "services = ( { name = \"s\"; evidence = [ \"none\" ]; "
	    "realms = [ \"main\" ]; require = \"(a~=b)\"; } );", "require", 4 },
};

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct problems problems;
		struct config *config = read_text(row->text, &problems);
		char place[128];
		bool said = false;

		snprintf(place, sizeof(place), "%s:%u:", path, row->line);
		for (size_t j = 0; row->problem != NULL &&
		    j < problems.count; j++) {
			if (strstr(problems.items[j], row->problem) != NULL &&
			    (row->line == 0 || strncmp(problems.items[j],
			    place, strlen(place)) == 0))
				said = true;
		}
		row_check((config != NULL) == (row->problem == NULL), row->name,
		    "want %s, got %s", row->problem == NULL ? "good" : "bad",
		    config != NULL ? "good" : problems.items[0]);
		row_check(said == (row->problem != NULL), row->name,
		    "want \"%s\" at line %u, got \"%s\"", row->problem ?
		    row->problem : "", row->line,
		    problems.count > 0 ? problems.items[0] : "");
		config_unref(config);
		problems_free(&problems);
	}
	rows_end();
}

/* Several errors in one file are all reported. */
static void
test_all_at_once(void **state)
{
	struct problems problems;
	struct config *config = read_text("deadline = 5;\nnonsense = 1;\n"
	    "realms = (" REALM_HEAD "bind = \"simple\"; canary = [ \"@\" ]; "
	    REALM_TAIL ");\nservices = ( { name = \"s s\"; evidence = "
	    "[ \"none\" ]; realms = [ \"x\" ]; } );", &problems);

	assert_null(config);
	assert_true(problems.count >= 6);
	problems_free(&problems);
}

static void
test_result(void **state)
{
	struct problems problems;
	struct config *config = read_text("realms = (" REALM_HEAD
	    "lockout = 60; domains = [ \"Example.COM\" ]; "
	    "local_part = \"exact\"; " REALM_TAIL ");\n"
	    "services = ( { name = \"Imap\"; callers = [ \"root\", \"4711\" ]; "
	    "evidence = [ \"asserted\", \"none\" ]; realms = [ \"main\" ]; "
	    "require = \"(employeeType=staff)\"; need = \"admin\"; } );",
	    &problems);
	struct service *imap, *builtin;
	char **attribute;

	assert_non_null(config);
	assert_string_equal(config->realms[0]->domains[0], "example.com");
	assert_int_equal(config->realms[0]->lockout_s, 60);
	assert_true(config->realms[0]->exact);
	imap = config_service(config, "imap");
	assert_non_null(imap);
	assert_int_equal(imap->caller_count, 2);
	assert_int_equal(imap->callers[1].uid, 4711);
	assert_true(imap->need_admin);
	assert_int_equal(imap->evidence, EVIDENCE_BIT(EVIDENCE_ASSERTED) |
	    EVIDENCE_BIT(EVIDENCE_NONE));
	/* what `require` names is asked for */
	attribute = config->realms[0]->profile->account_attributes;
	while (*attribute != NULL && strcmp(*attribute, "employeeType") != 0)
		attribute++;
	assert_non_null(*attribute);
	/* `default` is there for root, and for nobody else */
	builtin = config_service(config, "default");
	assert_non_null(builtin);
	assert_int_equal(builtin->caller_count, 0);
	config_unref(config);
	problems_free(&problems);
}

/* One `require' in realms whose profiles do not agree about a type: evaluated
 * under each realm's own, whichever was read last. */
static void
test_require_types(void **state)
{
#define TWO(first, second) \
	"realms = ( { name = \"a\"; profile = \"" first "\"; " REALM_TAIL ",\n" \
	"{ name = \"b\"; profile = \"" second "\"; " REALM_TAIL " );\n" \
	"services = ( { name = \"s\"; callers = [ \"root\" ]; " \
	"evidence = [ \"none\" ]; realms = [ \"a\", \"b\" ]; " \
	"require = \"(!(shadowExpire=20000))\"; } );"
	static const char *const texts[] = { TWO("activedirectory", "posix"),
		TWO("posix", "activedirectory") };

	for (size_t i = 0; i < 2; i++) {
		struct problems problems;
		struct entry *entry = entry_new("cn=a");
		struct config *config = read_text(texts[i], &problems);

		assert_non_null(config);
		assert_non_null(entry);
		assert_int_equal(entry_add(entry, "shadowExpire", "never", 5),
		    0);
		for (size_t j = 0; j < 2; j++) {
			const struct realm *realm = config->realms[j];
			struct filter_context context = {
				.type_of = profile_type_of,
				.types = realm->profile };
			/* no number of days, but another text */
			enum truth want = strcmp(realm->profile_name,
			    "posix") == 0 ? TRUTH_UNDEFINED : TRUTH_TRUE;
			enum truth got = filter_eval(config_service(config,
			    "s")->require, entry, &context);

			row_check(got == want, realm->profile_name,
			    "realm %s: want %s, got %s", realm->name,
			    truth_name(want), truth_name(got));
		}
		entry_free(entry);
		config_unref(config);
		problems_free(&problems);
	}
	rows_end();
}

/* -T prints what reads back as the same. */
static void
test_dump(void **state)
{
	struct problems problems;
	struct config *config = read_text("realms = (" REALM_HEAD
	    "canary = [ \"a@b.c\", \"x\" ]; " REALM_TAIL ");\n"
	    "services = ( { name = \"s\"; callers = [ \"0\", \"@0\" ]; "
	    "evidence = [ \"none\" ]; realms = [ \"main\" ]; "
	    "require = \"(&(a=\\\\2a)(b=c*d))\"; } );", &problems);
	char dumped[64];
	FILE *file;
	struct config *again;

	assert_non_null(config);
	snprintf(dumped, sizeof(dumped), "%s/dump", folder);
	file = fopen(dumped, "w");
	assert_non_null(file);
	config_dump(config, file);
	fclose(file);
	again = config_read(dumped, &problems);
	for (size_t i = 0; i < problems.count; i++)
		fprintf(stderr, "%s\n", problems.items[i]);
	assert_non_null(again);
	assert_int_equal(again->service_count, 2);
	assert_string_equal(again->realms[0]->canary[1], "x");
	assert_int_equal(again->deadline_ms, config->deadline_ms);
	assert_true(config_service(again, "s")->callers[1].group);
	config_unref(again);
	config_unref(config);
	problems_free(&problems);
	unlink(dumped);
}

/* Other contents, other hash: the directory process notices. */
static void
test_hash(void **state)
{
	struct problems problems;
	struct config *a = read_text("realms = (" REALM ");", &problems);
	struct config *b = read_text("realms = (" REALM ");", &problems);
	struct config *c = read_text("realms = ( " REALM ");", &problems);

	assert_int_equal(a->hash, b->hash);
	assert_int_not_equal(a->hash, c->hash);
	config_unref(a);
	config_unref(b);
	config_unref(c);
	problems_free(&problems);
}

static int
set_up(void **state)
{
	const char *top = getenv("top_srcdir");

	umask(077);
	snprintf(profiles, sizeof(profiles), "%s/etc/profiles",
	    top == NULL ? "." : top);
	if (profiles[0] != '/') {
		char *absolute = realpath(profiles, NULL);

		if (absolute == NULL)
			return -1;
		snprintf(profiles, sizeof(profiles), "%s", absolute);
		free(absolute);
	}
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/conf", folder);
	return 0;
}

static int
tear_down(void **state)
{
	unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_require_types),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
