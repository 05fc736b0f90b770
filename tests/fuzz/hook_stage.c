#include "tests/fuzz/hook_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"

#define END_ROUNDS 3000
#define ZIMBRA "https://mail.example.com"

static char folder[] = "/tmp/ca.XXXXXX";
static struct hook_config *config;

void
stage_require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_hook: %s\n", what);
	abort();
}

const char *
stage_path(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* ---- once ------------------------------------------------------------- */

static void
clean(void)
{
	hook_config_unref(config);
	unlink(stage_path("conf"));
	unlink(stage_path("key"));
	unlink(stage_path("lookupd"));
	for (int i = 0; i < PLACES; i++)
		unlink(stage_path(place_names[i]));
	rmdir(folder);
}

static void
write_config(FILE *file)
{
	static const char *const rest[PLACES] = {
		"mode = \"required\"; evidence = \"nginx-escaped\";"
		" admin_path = \"/admin\";",
		"mode = \"optional\"; evidence = \"nginx-escaped\";",
		"mode = \"required\"; evidence = \"rfc9440\";",
		"mode = \"required\"; evidence = \"xfcc\";"
		" verify_header = \"\"; trust_proxy_verified = true;",
		"mode = \"required\"; evidence = \"traefik\";"
		" verify_header = \"\"; trust_proxy_verified = true;",
		"mode = \"required\"; evidence = \"nginx-escaped\";"
		" admin_path = \"/admin\"; personality = \"zimbra\";"
		" zimbra_url = \"" ZIMBRA "\"; zimbra_admin_url = \"" ZIMBRA "\";",
	};

	fprintf(file, "lookupd_socket = \"%s\"; user = \"%lu\";\n",
	    stage_path("lookupd"), (unsigned long)geteuid());
	fprintf(file, "connections = 4; deadline = 60000;\n"
	    "log_level = \"error\";\nlisteners = (\n");
	for (int i = 0; i < PLACES; i++) {
		fprintf(file, "%s{ socket = \"%s\"; service = \"proxy\"; %s\n",
		    i > 0 ? ", " : "", stage_path(place_names[i]), rest[i]);
		if (i == PLACE_ZIMBRA)
			fprintf(file, " preauth_keys = [ \"example.com:%s\" ];",
			    stage_path("key"));
		fprintf(file, "}\n");
	}
	fprintf(file, ");\n");
}

static FILE *
create(const char *name)
{
	FILE *file = fopen(stage_path(name), "we");

	stage_require(file != NULL && fchmod(fileno(file), 0600) == 0,
	    "cannot write");
	return file;
}

void
stage_init(void)
{
	struct problems problems;
	FILE *file;

	log_open("fuzz", false, LEVEL_ERROR);
	stage_require(mkdtemp(folder) != NULL, "no folder");
	atexit(clean);
	file = create("key");
	fprintf(file, "6b7ead4bd425836e8cf0079cd6c1a05acc127acd07c8ee4b"
	    "61023e19250e929c\n");
	stage_require(fclose(file) == 0, "cannot write the key");
	file = create("conf");
	write_config(file);
	stage_require(fclose(file) == 0, "cannot write the configuration");
	problems_init(&problems);
	config = hook_config_read(stage_path("conf"), &problems);
	if (config != NULL)
		(void)hook_load(config, &problems);
	problems_print(&problems, stderr);
	stage_require(config != NULL && problems.count == 0,
	    "the configuration is bad");
	problems_free(&problems);
	lookupd_init();
}

/* ---- a run ------------------------------------------------------------ */

void
stage_begin(struct stage *stage)
{
	char error[HOOK_ERROR_MAX];

	for (size_t i = 0; i < PROXIES; i++) {
		stage->proxies[i].fd = -1;
		stage->proxies[i].count = 0;
		buffer_init(&stage->proxies[i].in, HEARD_MAX);
	}
	stage->request_count = 0;
	stage->stopped = false;
	lookupd_begin(stage);
	stage->hook = hook_new(hook_config_ref(config), error);
	stage_require(stage->hook != NULL, error);
}

void
stage_turn(struct stage *stage)
{
	for (int i = 0; i < 3; i++) {
		event_base_loop(stage->hook->base, EVLOOP_NONBLOCK);
		lookupd_hear(stage);
		for (size_t k = 0; k < PROXIES; k++)
			proxy_listen(stage, &stage->proxies[k]);
	}
}

static bool
is_owed(const struct stage *stage)
{
	if (stage->hook->pending > 0)
		return true;
	for (size_t k = 0; k < PROXIES; k++)
		if (stage->proxies[k].fd != -1 && !stage->proxies[k].wild &&
		    stage->proxies[k].count > 0)
			return true;
	return false;
}

void
stage_end(struct stage *stage)
{
	for (size_t k = 0; k < PROXIES; k++)
		stage->proxies[k].deaf = false;
	for (int i = 0; i < END_ROUNDS && (i < 2 || is_owed(stage)); i++) {
		stage_turn(stage);
		if (stage->stopped && i > 10)
			break;
		/* the hook waits, for those who may take long */
		if (i > 10 && stage->asked_count == 0)
			usleep(1000);
		while (stage->asked_count > 0)
			lookupd_answer(stage, 0, HOW_ACTIVE);
	}
	stage_require(stage->stopped || !is_owed(stage),
	    "a request unanswered");
	for (size_t k = 0; k < PROXIES; k++)
		proxy_close(&stage->proxies[k]);
	stage_turn(stage);
	hook_free(stage->hook);
	lookupd_end(stage);
}
