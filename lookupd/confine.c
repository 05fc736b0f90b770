#include "lookupd/confine.h"

#include <string.h>

#include "daemon/log.h"

int
confine(enum sandbox_role role, const struct config *config, char *state)
{
	struct sandbox sandbox;
	char error[SANDBOX_ERROR_MAX];

	sandbox_init(&sandbox, role);
	sandbox.syslog = config->syslog;
	sandbox_allow_folder(&sandbox, config->store, SANDBOX_STORE);
	if (sandbox_enter(&sandbox, state, error) != 0) {
		log_error("no sandbox: %s", error);
		return -1;
	}
	if (strstr(state, "no-") != NULL)
		log_warning("sandbox: %s; this kernel lacks the rest", state);
	else
		log_info("sandbox: %s", state);
	return 0;
}
