/* certauth-hook(8): options, privileges, and the hook until it ends. */
#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/privileges.h"
#include "daemon/sandbox.h"
#include "daemon/settings.h"
#include "hook/hook.h"

static int
usage(void)
{
	fputs("usage: certauth-hook [-dnTV] [-c file]\n", stderr);
	return EX_USAGE;
}

/* As many descriptors as we may have: proxies keep connections open. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_info("the limit of descriptors stays as it is");
}

/* Where a listener's socket and its secrets are. */
static void
allow_listener(struct sandbox *sandbox, const struct listener_config *listener)
{
	if (listener->socket != NULL)
		sandbox_allow_folder_of(sandbox, listener->socket,
		    SANDBOX_SOCKETS);
	if (listener->secret_file != NULL)
		sandbox_allow_folder_of(sandbox, listener->secret_file,
		    SANDBOX_READ);
	for (size_t i = 0; i < listener->keys.count; i++)
		sandbox_allow_folder_of(sandbox, listener->keys.items[i].path,
		    SANDBOX_READ);
}

/*
 * For good, and for the configuration we start with: a reload may read files
 * that are beside this one and the secrets, and make sockets where there is
 * one already.
 */
static int
close_sandbox(const struct hook_config *config)
{
	char state[SANDBOX_STATE_MAX], error[SANDBOX_ERROR_MAX];
	struct sandbox sandbox;

	sandbox_init(&sandbox, SANDBOX_HOOK);
	sandbox_allow_folder_of(&sandbox, config->path, SANDBOX_READ);
	for (size_t i = 0; i < config->listener_count; i++)
		allow_listener(&sandbox, config->listeners[i]);
	if (sandbox_enter(&sandbox, state, error) == -1) {
		log_error("no sandbox: %s", error);
		return -1;
	}
	if (strstr(state, "no-") != NULL)
		log_warning("sandbox: %s; this kernel lacks the rest", state);
	else
		log_info("sandbox: %s", state);
	return 0;
}

/* Listeners first: as root they can be given to any group. */
static int
serve(struct hook_config *config, bool debug)
{
	char error[HOOK_ERROR_MAX];
	struct problems problems;
	struct hook *hook = NULL;
	int status = EX_UNAVAILABLE;

	problems_init(&problems);
	log_open("certauth-hook", config->syslog,
	    debug ? LEVEL_DEBUG : (enum log_level)config->log_level);
	raise_descriptors();
	hook = hook_new(hook_config_ref(config), error);
	if (hook == NULL) {
		log_error("%s", error);
		goto out;
	}
	if (privileges_drop(config->user, error) == -1) {
		log_error("%s", error);
		status = EX_NOPERM;
		goto out;
	}
	if (hook_load(config, &problems) == -1) {
		hook_complain(&problems);
		status = EX_CONFIG;
		goto out;
	}
	if (privileges_harden(error) == -1) {
		log_error("%s", error);
		status = EX_OSERR;
		goto out;
	}
	if (close_sandbox(config) == -1) {
		status = EX_OSERR;
		goto out;
	}
	log_notice("started, %zu listener%s", config->listener_count,
	    config->listener_count == 1 ? "" : "s");
	/* its secrets go with the reload that replaces it */
	hook_config_unref(config);
	config = NULL;
	status = hook_run(hook) == 0 ? EX_OK : EX_SOFTWARE;
	log_notice("stopped");
out:
	problems_free(&problems);
	hook_free(hook);
	hook_config_unref(config);
	return status;
}

static void
print_problems(const char *path, const struct problems *problems)
{
	problems_print(problems, stderr);
	if (problems->count > 0)
		fprintf(stderr, "%s: %zu problem%s\n", path, problems->count,
		    problems->count == 1 ? "" : "s");
}

static struct hook_config *
read_config(const char *path)
{
	struct problems problems;
	struct hook_config *config;

	problems_init(&problems);
	config = hook_config_read(path, &problems);
	print_problems(path, &problems);
	problems_free(&problems);
	return config;
}

/* -n and -T: the rest of what a start looks at, as the user who would. */
static int
test(struct hook_config *config, bool dump)
{
	char error[PRIVILEGES_ERROR_MAX];
	struct problems problems;
	bool good;

	problems_init(&problems);
	if (privileges_drop(config->user, error) == -1)
		problems_add(&problems, config->path, 0, "%s", error);
	else
		hook_load(config, &problems);
	good = problems.count == 0;
	print_problems(config->path, &problems);
	if (good && dump)
		hook_config_dump(config, stdout);
	else if (good)
		fprintf(stderr, "%s: good\n", config->path);
	problems_free(&problems);
	hook_config_unref(config);
	return good ? EX_OK : EX_CONFIG;
}

int
main(int argc, char **argv)
{
	const char *file = HOOK_DEFAULT_FILE;
	char *path;
	bool debug = false, only_test = false, dump = false;
	struct hook_config *config;
	int option;

	while ((option = getopt(argc, argv, "c:dnTV")) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'd':
			debug = true;
			break;
		case 'n':
			only_test = true;
			break;
		case 'T':
			dump = true;
			break;
		case 'V':
			puts("certauth-hook " PACKAGE_VERSION);
			return EX_OK;
		default:
			return usage();
		}
	}
	if (optind != argc)
		return usage();
	umask(077);
	path = settings_path(file);
	if (path == NULL) {
		perror("certauth-hook");
		return EX_OSERR;
	}
	config = read_config(path);
	free(path);
	if (config == NULL)
		return EX_CONFIG;
	return only_test || dump ? test(config, dump) : serve(config, debug);
}
