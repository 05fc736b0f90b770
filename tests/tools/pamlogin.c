/*
 * pamlogin: go through a PAM stack of a private folder, as an application
 * would, and say which codes came out.
 *
 *	pamlogin CONFDIR SERVICE USER [auth|account|both [ANSWER]]
 *
 * prints one line, for instance "SUCCESS/PERM_DENIED": authentication, then
 * account management; "-" for a phase that was not asked for.  Every prompt
 * is answered with ANSWER, or with nothing typed.  Unlike an application it
 * asks for the account phase even after a refusal, so that both are seen.
 * Exit status: 0 when codes were printed.  Never installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_appl.h>

#define PROMPTS_MAX 32

static const char *
code_name(int code)
{
	static const struct { int code; const char *name; } names[] = {
		{ PAM_SUCCESS, "SUCCESS" },
		{ PAM_AUTH_ERR, "AUTH_ERR" },
		{ PAM_PERM_DENIED, "PERM_DENIED" },
		{ PAM_AUTHINFO_UNAVAIL, "AUTHINFO_UNAVAIL" },
		{ PAM_SYSTEM_ERR, "SYSTEM_ERR" },
		{ PAM_SERVICE_ERR, "SERVICE_ERR" },
		{ PAM_USER_UNKNOWN, "USER_UNKNOWN" },
		{ PAM_IGNORE, "IGNORE" },
		{ PAM_ACCT_EXPIRED, "ACCT_EXPIRED" },
		{ PAM_CONV_ERR, "CONV_ERR" },
		{ PAM_MODULE_UNKNOWN, "MODULE_UNKNOWN" },
		{ PAM_ABORT, "ABORT" },
	};
	static char number[24];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	snprintf(number, sizeof(number), "%d", code);
	return number;
}

/* Answer prompts; show on standard error what we are told. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **ret_responses, void *context)
{
	struct pam_response *responses;
	const char *answer = context;
	int i;

	if (count <= 0 || count > PROMPTS_MAX)
		return PAM_CONV_ERR;
	responses = calloc((size_t)count, sizeof(*responses));
	if (responses == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < count; i++) {
		fprintf(stderr, "pam: %s\n", messages[i]->msg);
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
		    messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		responses[i].resp = strdup(answer == NULL ? "" : answer);
		if (responses[i].resp == NULL)
			goto fail;
	}
	*ret_responses = responses;
	return PAM_SUCCESS;
fail:
	for (i = 0; i < count; i++)
		free(responses[i].resp);
	free(responses);
	return PAM_BUF_ERR;
}

int
main(int argc, char **argv)
{
	struct pam_conv conversation = { converse, NULL };
	const char *phases = argc > 4 ? argv[4] : "both";
	pam_handle_t *handle = NULL;
	int code;

	if (argc < 4 || argc > 6 || (strcmp(phases, "auth") != 0 &&
	    strcmp(phases, "account") != 0 && strcmp(phases, "both") != 0)) {
		fprintf(stderr, "usage: pamlogin CONFDIR SERVICE USER "
		    "[auth|account|both [ANSWER]]\n");
		return 2;
	}
	conversation.appdata_ptr = argc > 5 ? argv[5] : NULL;
	code = pam_start_confdir(argv[2], argv[3], &conversation, argv[1],
	    &handle);
	if (code != PAM_SUCCESS) {
		fprintf(stderr, "pamlogin: %s\n", pam_strerror(handle, code));
		return 1;
	}
	fputs(strcmp(phases, "account") == 0 ? "-" :
	    code_name(code = pam_authenticate(handle, 0)), stdout);
	printf("/%s\n", strcmp(phases, "auth") == 0 ? "-" :
	    code_name(code = pam_acct_mgmt(handle, 0)));
	pam_end(handle, code);
	return 0;
}
