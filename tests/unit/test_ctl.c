/*
 * certauthctl as a whole: command line in, request line out, exit code.
 */
#include "config.h"

#include "client/ctl.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/certificate_file.h"
#include "tests/unit/line_server.h"
#include "tests/unit/rows.h"

#define BLOCK "-----BEGIN CERTIFICATE-----\nMIIB+/==\n" \
	"-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n" \
	"-----END PRIVATE KEY-----\n"
#define SENT "cert=-----BEGIN%20CERTIFICATE-----%0AMIIB+/==%0A" \
	"-----END%20CERTIFICATE-----%0A"

static char folder[] = "/tmp/ca.XXXXXX";

static const struct file {
	const char *name, *contents;
	size_t len;
} files[] = {
	{ "cert.pem", BLOCK, sizeof(BLOCK) - 1 },
	{ "text.pem", "Certificate:\n  Data\n" BLOCK "\n",
	    sizeof("Certificate:\n  Data\n" BLOCK "\n") - 1 },
	{ "both.pem", BLOCK KEY, sizeof(BLOCK KEY) - 1 },
	{ "first-key.pem", KEY BLOCK, sizeof(KEY BLOCK) - 1 },
	{ "indented.pem", BLOCK " " KEY, sizeof(BLOCK " " KEY) - 1 },
	{ "key.pem", KEY, sizeof(KEY) - 1 },
	{ "endless.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n",
	    sizeof("-----BEGIN CERTIFICATE-----\nMIIB\n") - 1 },
	{ "nul.pem", BLOCK "\0", sizeof(BLOCK "\0") - 1 },
	{ "cert.der", "\x30\x82\x00\xff\xfe", 5 },
	{ "empty", "", 0 },
	{ "other", "hello\n", 6 },
};

#define FILES (sizeof(files) / sizeof(files[0]))

/* In arguments "@" stands for the folder. */
static const struct row {
	const char *name;
	const char *args[8];
	const char *reply;	/* NULL: nothing may be asked */
	int want;
	const char *seen;	/* the request, without its LF */
	const char *out;	/* NULL: not looked at */
	const char *err;	/* part of it, "" for nothing at all */
} rows[] = {
	{ "lookup, active", { "lookup", "u@example.com" },
	    "active account=u@example.com identity=u@example.com\n", 0,
	    "lookup email=u@example.com evidence=none",
	    "active account=u@example.com identity=u@example.com\n", "" },
	{ "lookup, no @", { "lookup", "user one" }, "unknown\n", 2,
	    "lookup account=user%20one evidence=none", "unknown\n", "" },
	{ "lookup, name of a file", { "lookup", "@/cert.pem" }, "unknown\n",
	    2, "lookup account=@/cert.pem evidence=none", "unknown\n", "" },
	{ "all options", { "-Snginx", "-r", "r1", "-easserted", "-uu2", "-a",
	    "lookup", "u@example.com" }, "refused reason=wrong-user\n", 4,
	    "lookup email=u@example.com evidence=asserted service=nginx "
	    "realm=r1 user=u2 need=admin", NULL, "" },
	{ "blocked", { "lookup", "u@x" }, "blocked reason=locked\n", 1,
	    "lookup email=u@x evidence=none", "blocked reason=locked\n", "" },
	{ "ambiguous", { "lookup", "u@x" }, "ambiguous\n", 3,
	    "lookup email=u@x evidence=none", "ambiguous\n", "" },
	{ "unavailable", { "lookup", "u@x" }, "unavailable reason=busy\n", 5,
	    "lookup email=u@x evidence=none", NULL, "" },
	{ "bad-request", { "lookup", "u@x" },
	    "bad-request reason=unknown-field field=email\n", 6,
	    "lookup email=u@x evidence=none", NULL, "" },
	{ "no answer", { "lookup", "u@x" }, "", 5, NULL, "",
	    "without an answer" },
	{ "malformed answer", { "lookup", "u@x" }, "actively\n", 5,
	    "lookup email=u@x evidence=none", "", "neither a verdict" },
	{ "flush", { "flush" }, "ok\n", 0, "flush", "ok\n", "" },
	{ "flush, address", { "flush", "u@x" }, "ok\n", 0, "flush email=u@x",
	    "ok\n", "" },
	{ "flush, account", { "flush", "u" }, "ok\n", 0, "flush account=u",
	    "ok\n", "" },
	{ "flush, domain", { "flush", "@x" }, "ok\n", 0, "flush domain=x",
	    "ok\n", "" },
	{ "flush, a verdict is no answer", { "flush", "u" }, "active\n", 6,
	    "flush account=u", NULL, "" },
	{ "ok is no verdict", { "lookup", "u@x" }, "ok\n", 6,
	    "lookup email=u@x evidence=none", "ok\n", "" },
	{ "line is escaped", { "lookup", "u@x" },
	    "blocked reason=locked note=%1b[31m%c3\n", 1,
	    "lookup email=u@x evidence=none",
	    "blocked reason=locked note=%1B[31m%C3\n", "" },

	{ "check", { "check", "@/cert.pem" }, "active account=u\n", 0,
	    "lookup " SENT " evidence=verified", "active account=u\n", "" },
	{ "check, text around it", { "check", "@/text.pem" }, "unknown\n", 2,
	    "lookup " SENT " evidence=verified", NULL, "" },
	{ "check, DER", { "check", "@/cert.der" }, "unknown\n", 2,
	    "lookup cert=MIIA//4= evidence=verified", NULL, "" },
	{ "check, a key behind it", { "check", "@/both.pem" }, NULL, 64, "",
	    "", "more than one PEM block" },
	{ "check, a key before it", { "check", "@/first-key.pem" }, NULL, 64,
	    "", "", "more than one PEM block" },
	{ "check, an indented key", { "check", "@/indented.pem" }, NULL, 64,
	    "", "", "more than one PEM block" },
	{ "check, a key", { "check", "@/key.pem" }, NULL, 64, "", "",
	    "not a CERTIFICATE" },
	{ "check, no end", { "check", "@/endless.pem" }, NULL, 64, "", "",
	    "no end" },
	{ "check, a NUL", { "check", "@/nul.pem" }, NULL, 64, "", "",
	    "NUL byte" },
	{ "check, empty", { "check", "@/empty" }, NULL, 64, "", "",
	    "neither PEM nor DER" },
	{ "check, other", { "check", "@/other" }, NULL, 64, "", "",
	    "neither PEM nor DER" },
	{ "check, too large", { "check", "@/large" }, NULL, 64, "", "",
	    "larger than 65536 bytes" },
	{ "check, too large to send", { "check", "@/nearly" }, NULL, 64, "",
	    "", "too large for a request" },
	{ "check, a FIFO", { "check", "@/fifo" }, NULL, 64, "", "",
	    "not a regular file" },
	{ "check, a folder", { "check", "@" }, NULL, 64, "", "",
	    "not a regular file" },
	{ "check, nothing there", { "check", "@/none" }, NULL, 64, "", "",
	    "No such file" },

	{ "explain, address", { "explain", "u@x" },
	    " step 1\n step \\x41 %zz\nblocked reason=locked\n", 1,
	    "explain email=u@x evidence=none",
	    " step 1\n step \\x41 %zz\nblocked reason=locked\n"
	    "becomes: PAM auth PAM_AUTH_ERR, account PAM_PERM_DENIED, "
	    "HTTP 403, exit 1\n", "" },
	{ "explain, file", { "explain", "@/cert.pem" }, "active account=u\n",
	    0, "explain " SENT " evidence=verified",
	    "active account=u\nbecomes: PAM auth PAM_SUCCESS, account "
	    "PAM_SUCCESS, HTTP 200, exit 0\n", "" },
	{ "explain, other evidence", { "-e", "none", "explain",
	    "@/cert.pem" }, "refused reason=evidence\n", 4,
	    "explain " SENT " evidence=none",
	    "refused reason=evidence\nbecomes: PAM auth PAM_AUTH_ERR, account "
	    "PAM_PERM_DENIED, HTTP 503, exit 4\n", "" },
	{ "explain, mistyped file", { "explain", "@/none.pem" }, NULL, 64,
	    "", "", "No such file" },
	{ "explain, details are escaped", { "explain", "u@x" },
	    " \x1b[31m\xc3\xa4\t.\runknown\nunknown\n", 2,
	    "explain email=u@x evidence=none",
	    " \\x1b[31m\\xc3\\xa4\\x09.\\x0dunknown\nunknown\n"
	    "becomes: PAM auth PAM_AUTH_ERR, account PAM_PERM_DENIED, "
	    "HTTP 403, exit 2\n", "" },

	{ "status", { "status" }, " a\nok\n", 0, "status", " a\nok\n", "" },
	{ "stats", { "stats" }, " a 1\nok\n", 0, "stats", " a 1\nok\n", "" },
	{ "flush", { "flush" }, "ok\n", 0, "flush", "ok\n", "" },
	{ "reload", { "reload" }, "bad-request reason=bad-value\n", 6,
	    "reload", "bad-request reason=bad-value\n", "" },
	{ "flush, refused", { "flush" }, "refused reason=caller\n", 4,
	    "flush", NULL, "" },
	{ "active is no ok", { "flush" }, "active\n", 6, "flush", NULL, "" },

	{ "nothing", { NULL }, NULL, 64, "", "", "usage:" },
	{ "unknown command", { "look" }, NULL, 64, "", "", "no such" },
	{ "unknown option", { "-x", "status" }, NULL, 64, "", "", "-x" },
	{ "option without value", { "-t" }, NULL, 64, "", "", "-t" },
	{ "time 0", { "-t0", "status" }, NULL, 64, "", "", "-t 0" },
	{ "time too long", { "-t3601", "status" }, NULL, 64, "", "",
	    "-t 3601" },
	{ "time with a unit", { "-t5s", "status" }, NULL, 64, "", "",
	    "-t 5s" },
	{ "no argument", { "lookup" }, NULL, 64, "", "", "usage" },
	{ "two arguments", { "lookup", "a@x", "b@x" }, NULL, 64, "", "",
	    "usage" },
	{ "argument too many", { "status", "a@x" }, NULL, 64, "", "",
	    "usage" },
	{ "empty argument", { "lookup", "" }, NULL, 64, "", "", "empty" },
	{ "option does not fit", { "-a", "status" }, NULL, 64, "", "",
	    "takes none" },
	{ "unknown user", { "-U", "no:such", "status" }, NULL, 64, "", "",
	    "no such user" },
};

/* The text with "@/" at its beginning or after '=' as the folder. */
static char *
expand(const char *text)
{
	struct buffer out;
	const char *at;
	char *result;

	buffer_init(&out, 4096);
	for (at = text; *at != '\0'; at++) {
		if (*at == '@' && (at == text || at[-1] == '=') &&
		    (at[1] == '/' || at[1] == '\0'))
			buffer_puts(&out, folder);
		else
			buffer_put(&out, at, 1);
	}
	result = strdup(buffer_text(&out));
	assert_non_null(result);
	buffer_free(&out);
	return result;
}

static int
run(const struct row *row, const char *socket, char **ret_out, char **ret_err)
{
	char *argv[16] = { strdup("certauthctl"), strdup("-s"),
		strdup(socket) };
	size_t out_len, err_len;
	FILE *out = open_memstream(ret_out, &out_len);
	FILE *err = open_memstream(ret_err, &err_len);
	int argc = 3, i, result;

	assert_non_null(out);
	assert_non_null(err);
	for (i = 0; i < 8 && row->args[i] != NULL; i++)
		argv[argc++] = expand(row->args[i]);
	result = ctl_run(argc, argv, out, err);
	for (i = 0; i < argc; i++)
		free(argv[i]);
	fclose(out);
	fclose(err);
	return result;
}

static void
check(const struct row *row)
{
	struct line_step steps[2] = { { .text = row->reply },
		{ .text = row->reply } };
	struct line_server server;
	char *out = NULL, *err = NULL, *want;
	size_t len;
	int result;

	line_server_start(&server, steps, 2);
	result = run(row, server.path, &out, &err);
	line_server_stop(&server);
	len = strlen(server.seen);
	if (len > 0)
		server.seen[len - 1] = '\0';
	row_check(result == row->want, row->name, "want exit %d, got %d (%s)",
	    row->want, result, err);
	if (row->seen != NULL) {
		want = expand(row->seen);
		row_check(strcmp(server.seen, want) == 0, row->name,
		    "want request \"%s\", got \"%s\"", want, server.seen);
		free(want);
	}
	row_check(row->out == NULL || strcmp(out, row->out) == 0, row->name,
	    "want output \"%s\", got \"%s\"", row->out, out);
	row_check(row->err[0] == '\0' ? err[0] == '\0' :
	    strstr(err, row->err) != NULL, row->name,
	    "want error \"%s\", got \"%s\"", row->err, err);
	free(out);
	free(err);
	line_server_free(&server);
}

static void
test_table(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	rows_end();
}

/* The verdict could not be told: that is not success. */
static void
test_output_full(void **state)
{
	const struct line_step step = { .text = "active account=u\n" };
	char word[] = "certauthctl", option[] = "-s", command[] = "lookup",
	    address[] = "u@x";
	struct line_server server;
	FILE *full = fopen("/dev/full", "w"), *err = tmpfile();

	if (full == NULL)
		skip();
	assert_non_null(err);
	line_server_start(&server, &step, 1);
	{
		char *argv[] = { word, option, server.path, command, address,
			NULL };

		assert_int_equal(ctl_run(5, argv, full, err), 6);
	}
	line_server_stop(&server);
	line_server_free(&server);
	fclose(full);
	fclose(err);
}

static void
test_base64(void **state)
{
	static const struct {
		const char *from, *want;
	} cases[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xff\xff\xfe\xfb", "///++w==" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer out;

		buffer_init(&out, 100);
		certificate_file_base64(&out, cases[i].from,
		    strlen(cases[i].from));
		row_check(strcmp(buffer_text(&out), cases[i].want) == 0,
		    cases[i].want, "got %s", buffer_text(&out));
		buffer_free(&out);
	}
	rows_end();
}

static void
make_file(const char *name, const char *contents, size_t len, size_t repeat)
{
	char path[80];
	size_t i;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (i = 0; i < repeat; i++)
		assert_int_equal(fwrite(contents, 1, len, file), len);
	fclose(file);
}

static int
setup(void **state)
{
	char path[80];
	size_t i;

	if (mkdtemp(folder) == NULL)
		return -1;
	for (i = 0; i < FILES; i++)
		make_file(files[i].name, files[i].contents, files[i].len, 1);
	make_file("large", "0", 1, CERTIFICATE_FILE_MAX + 1);
	make_file("nearly", "0", 1, CERTIFICATE_FILE_MAX);
	snprintf(path, sizeof(path), "%s/fifo", folder);
	return mkfifo(path, 0600);
}

static int
teardown(void **state)
{
	static const char *const more[] = { "large", "nearly", "fifo" };
	char path[80];
	size_t i;

	for (i = 0; i < FILES + 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder,
		    i < FILES ? files[i].name : more[i - FILES]);
		unlink(path);
	}
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_output_full),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
