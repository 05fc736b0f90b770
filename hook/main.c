/* certauth-hook(8): options, privileges, and the hook until it ends. */
#include "config.h"

#include <sys/resource.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/privileges.h"
#include "daemon/settings.h"
#include "hook/hook.h"

static const char usage[] = "usage: certauth-hook [-nTV] [-c file]\n";

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

static int
serve(struct hook_config *config)
{
	char error[HOOK_ERROR_MAX];
	struct hook *hook = NULL;
	int status = EXIT_FAILURE;

	log_open("certauth-hook", config->syslog,
	    (enum log_level)config->log_level);
	raise_descriptors();
	hook_config_ref(config);
	hook = hook_new(config, error);
	if (hook == NULL) {
		log_error("%s", error);
		goto out;
	}
	if (privileges_drop(config->user, error) == -1 ||
	    privileges_harden(error) == -1) {
		log_error("%s", error);
		goto out;
	}
	log_notice("started, %zu listeners", config->listener_count);
	if (hook_run(hook) == -1)
		log_error("the event loop failed");
	else
		status = EXIT_SUCCESS;
	log_notice("stopped");
out:
	hook_free(hook);
	hook_config_unref(config);
	return status;
}

int
main(int argc, char **argv)
{
	const char *path = HOOK_DEFAULT_FILE;
	bool test = false, dump = false;
	struct hook_config *config;
	struct problems problems;
	int option;

	while ((option = getopt(argc, argv, "c:nTV")) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'n':
			test = true;
			break;
		case 'T':
			dump = true;
			break;
		case 'V':
			puts("certauth-hook " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_FAILURE;
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return EXIT_FAILURE;
	}
	problems_init(&problems);
	config = hook_config_read(path, &problems);
	problems_print(&problems, stderr);
	problems_free(&problems);
	if (config == NULL)
		return EXIT_FAILURE;
	if (dump)
		hook_config_dump(config, stdout);
	if (test || dump) {
		hook_config_unref(config);
		return EXIT_SUCCESS;
	}
	return serve(config);
}
