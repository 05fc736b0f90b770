/*
 * What is wrong with a PAM service.
 */
#include "config.h"

#include "client/pam_lint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/pam_lint_walk.h"
#include "client/services.h"
#include "common/text.h"

/* Modules that ask for a password, or take one that was asked for. */
static const char *const password_modules[] = { "pam_unix", "pam_unix2",
	"pam_unix_auth", "pam_ldap", "pam_ldapd", "pam_sss", "pam_krb5",
	"pam_winbind", "pam_pwdfile", "pam_userdb", "pam_mysql",
	"pam_pgsql", "pam_radius_auth", "pam_radius", "pam_tacplus",
	"pam_extrausers", "pam_systemd_home", "pam_kanidm", "pam_authd",
	"pam_himmelblau", "pam_google_authenticator", "pam_oath", "pam_opie",
	"pam_otpw", "pam_tcb", "pam_http", "pam_exec", "pam_python",
	"pam_script", "pam_lwidentity", "pam_aad", "pam_yubico", "pam_duo",
	"pam_ccreds", "pam_heimdal", "pam_shishi", "pam_mount", "pam_encfs",
	"pam_barada", "pam_poldi", "pam_ufpidentity", "pam_freerdp2",
	"pam_x2go", "pam_krb5_migrate_heimdal", "pam_krb5_migrate_mit",
	"pam_imap", "pam_sqlite", "pam_smbpass", "pam_vas3",
	"pam_centrifydc", "pam_lsass", "pam_oauth2" };

struct lint {
	const struct lint_stack *stack;
	const char *service;
	FILE *out;
	unsigned warnings;
	enum lint_type type;	/* of the chain looked at */
	const struct lint_entry *ours;	/* its first line of ours */
};

static void __attribute__((format(printf, 3, 4)))
warn(struct lint *lint, const struct lint_entry *entry, const char *format,
    ...)
{
	struct buffer text, shown;
	va_list args;

	buffer_init(&text, 4096);
	buffer_init(&shown, 4 * 4096 + 8);
	buffer_printf(&text, "%s:%u: %s: ", entry->file, entry->number,
	    lint_type_name(lint->type));
	va_start(args, format);
	buffer_vprintf(&text, format, args);
	va_end(args);
	text_escape(&shown, text.data, text.len, 4096);
	fprintf(lint->out, "%s\n", buffer_text(&shown));
	buffer_free(&text);
	buffer_free(&shown);
	lint->warnings++;
}

static bool
takes_passwords(const struct lint_entry *entry)
{
	for (size_t i = 0; i < sizeof(password_modules) /
	    sizeof(password_modules[0]); i++)
		if (lint_is_module(entry, password_modules[i]))
			return true;
	return false;
}

static const char *
base_name(const struct lint_entry *entry)
{
	const char *slash = strrchr(entry->line.module, '/');

	return slash != NULL ? slash + 1 : entry->line.module;
}

/* The value of an option of the line: "" for a word alone; NULL when it is
 * not there. */
static const char *
option(const struct lint_entry *entry, const char *name)
{
	size_t len = strlen(name);

	for (const char *arg = lint_next_arg(&entry->line, NULL); arg != NULL;
	    arg = lint_next_arg(&entry->line, arg)) {
		if (strncmp(arg, name, len) != 0)
			continue;
		if (arg[len] == '=')
			return arg + len + 1;
		if (arg[len] == '\0')
			return "";
	}
	return NULL;
}

/* A line of ours that became part of the one before. */
static bool
swallows_us(const struct lint_entry *entry)
{
	const char *arg = NULL;

	while ((arg = lint_next_arg(&entry->line, arg)) != NULL)
		if (strstr(arg, "pam_certauth.so") != NULL)
			return true;
	return false;
}

/* Also where it is in a line that libpam does not understand. */
static bool
names_us(const struct lint_entry *entry)
{
	const char *base = base_name(entry);

	return strcmp(base, "pam_certauth.so") == 0 ||
	    strcmp(base, "pam_certauth") == 0 || swallows_us(entry);
}

static const struct lint_entry *
first_ours(const struct lint_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		if (lint_is_ours(chain->entries[i]))
			return chain->entries[i];
	return NULL;
}

/* ---- the ways through ---------------------------------------------------- */

static void
warn_not_asked(struct lint *lint, const struct lint_entry *entry,
    enum lint_cause cause)
{
	static const char *const causes[] = { "its success",
		"a password that has expired (new_authtok_reqd)",
		"its failure" };

	warn(lint, entry, "%s%s: after %s pam_certauth in %s:%u is not asked",
	    base_name(entry), takes_passwords(entry) &&
	    cause == LINT_YES ? ", a password alone" : "", causes[cause],
	    lint->ours->file, lint->ours->number);
}

static void
take_way(void *context, enum lint_loss loss, const struct lint_entry *entry,
    enum lint_cause cause)
{
	struct lint *lint = context;
	const char *control = entry->line.control;
	static const char *const lost[LINT_LOSSES] = {
		[LINT_REFUSAL] = "a refusal",
		[LINT_OUTAGE] = "authinfo_unavail, a directory that is down,",
		[LINT_FAULT] = "a fault (system_err, module_unknown)",
	};

	if (loss == LINT_NOT_ASKED)
		warn_not_asked(lint, entry, cause);
	else if (lost[loss] != NULL && lint_is_ours(entry))
		warn(lint, entry, "control %s: %s does not count, and the "
		    "rest of the stack lets people in", control, lost[loss]);
	else if (lost[loss] != NULL && cause == LINT_NEW_PASSWORD &&
	    entry->line.actions[LINT_NEW_AUTHTOK_REQD] != LINT_DO_RESET) {
		/* one line for all three */
		if (loss == LINT_REFUSAL)
			warn(lint, entry, "control %s: new_authtok_reqd, a "
			    "password that has expired, comes out of the "
			    "stack and hides what pam_certauth in %s:%u says",
			    control, lint->ours->file, lint->ours->number);
	} else if (lost[loss] != NULL)
		warn(lint, entry, "control %s: %s of pam_certauth in %s:%u "
		    "is forgotten here", control, lost[loss],
		    lint->ours->file, lint->ours->number);
}

/* ---- lines of ours ------------------------------------------------------- */

static bool
claims_certificate(const char *evidence)
{
	return evidence != NULL && (strcmp(evidence, "user") == 0 ||
	    strcmp(evidence, "prompt") == 0);
}

/* A certificate claimed where a password is what people have.  In the account
 * phase it is said once, of the line in auth if there is one. */
static void
check_passwords(struct lint *lint, const struct lint_entry *entry,
    bool trusts)
{
	const struct lint_chain *chain = &lint->stack->chains[LINT_AUTH];
	const struct lint_entry *taker = NULL;

	for (size_t i = 0; i < chain->count && taker == NULL; i++)
		if (takes_passwords(chain->entries[i]))
			taker = chain->entries[i];
	if (taker == NULL)
		return;
	if (trusts)
		warn(lint, entry, "trust=application in a service that takes "
		    "passwords (%s in %s:%u)", base_name(taker), taker->file,
		    taker->number);
	else if (lint->type == LINT_ACCOUNT && first_ours(chain) == NULL)
		warn(lint, entry, "evidence=%s claims a certificate in a "
		    "service that takes passwords (%s in %s:%u); "
		    "evidence=status is for that", option(entry, "evidence"),
		    base_name(taker), taker->file, taker->number);
}

static void
check_options(struct lint *lint, const struct lint_entry *entry)
{
	const char *evidence = option(entry, "evidence");
	const char *trust = option(entry, "trust");
	bool claims = claims_certificate(evidence);

	if (evidence == NULL || (!claims && strcmp(evidence, "status") != 0))
		warn(lint, entry, "without evidence=user, prompt or status "
		    "the line always refuses");
	if (claims && services_are_typed(lint->service))
		warn(lint, entry, "evidence=%s is always refused in the "
		    "service %s, in which a name is typed", evidence,
		    lint->service);
	if (claims)
		check_passwords(lint, entry, trust != NULL);
	if (lint->type != LINT_AUTH)
		return;
	if (option(entry, "password") != NULL &&
	    strcmp(lint->service, "pluto") != 0)
		warn(lint, entry, "password=ignore lets anybody in as "
		    "anybody where a password can be typed; only Libreswan "
		    "(pluto) needs it");
	if (evidence != NULL && strcmp(evidence, "status") == 0)
		warn(lint, entry, "evidence=status is for the account phase; "
		    "the line always refuses");
	if (claims && trust == NULL)
		warn(lint, entry, "evidence=%s without trust=application "
		    "always refuses", evidence);
}

static void
check_control(struct lint *lint, const struct lint_entry *entry, bool last)
{
	const int *actions = entry->line.actions;

	if (actions[LINT_USER_UNKNOWN] >= LINT_DO_IGNORE)
		warn(lint, entry, "control %s: user_unknown does not count; "
		    "the option ignore_unknown_user is for that",
		    entry->line.control);
	if (lint->type == LINT_ACCOUNT && !last &&
	    actions[LINT_SUCCESS] == LINT_DO_DONE)
		warn(lint, entry, "control %s: its success skips the checks "
		    "behind it", entry->line.control);
}

/* ---- a chain, a service -------------------------------------------------- */

static void
check_deciding(struct lint *lint, const struct lint_chain *chain)
{
	bool asked = false;

	for (size_t i = 0; i < chain->count; i++) {
		const struct lint_entry *entry = chain->entries[i];
		const char *readenv = option(entry, "user_readenv");

		if (lint_is_ours(entry)) {
			asked = true;
			check_options(lint, entry);
			check_control(lint, entry, i + 1 == chain->count);
		} else if (!asked && lint_is_module(entry, "pam_env") &&
		    readenv != NULL && strcmp(readenv, "0") != 0) {
			warn(lint, entry, "pam_env reads a file of the user "
			    "before pam_certauth");
		}
	}
	if (lint_walk(chain, lint->type, take_way, lint) != 0)
		warn(lint, lint->ours, "there are too many ways through this "
		    "stack to look at them all");
}

static void
check_other_phase(struct lint *lint, const struct lint_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		if (lint_is_ours(chain->entries[i]))
			warn(lint, chain->entries[i], "pam_certauth decides "
			    "nothing in this phase: %s", lint->type ==
			    LINT_PASSWORD ? "it refuses every change" :
			    "it always succeeds");
}

static void
check_broken(struct lint *lint, const struct lint_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct lint_entry *entry = chain->entries[i];
		const char *why = entry->broken != NULL ? entry->broken :
		    entry->line.wrong;

		if (why != NULL)
			warn(lint, entry, "%s (%s): libpam always fails here",
			    why, *entry->line.module != '\0' ?
			    entry->line.module : "nothing");
		if (swallows_us(entry))
			warn(lint, entry, "pam_certauth is but an argument of "
			    "%s: does a line before it end in a backslash?",
			    base_name(entry));
	}
}

unsigned
lint_warn(const struct lint_stack *stack, const char *service, FILE *out)
{
	struct lint lint = { .stack = stack, .service = service, .out = out };
	const struct lint_entry *auth = first_ours(&stack->chains[LINT_AUTH]);
	bool any = false;

	for (size_t i = 0; i < stack->count; i++)
		any |= names_us(stack->entries[i]);
	for (int i = 0; any && i < LINT_TYPES; i++) {
		const struct lint_chain *chain = &stack->chains[i];

		lint.type = (enum lint_type)i;
		lint.ours = first_ours(chain);
		check_broken(&lint, chain);
		if (lint.ours == NULL)
			continue;
		if (i == LINT_AUTH || i == LINT_ACCOUNT)
			check_deciding(&lint, chain);
		else
			check_other_phase(&lint, chain);
	}
	lint.type = LINT_AUTH;
	if (auth != NULL && first_ours(&stack->chains[LINT_ACCOUNT]) == NULL)
		warn(&lint, auth, "the account phase has no line of "
		    "pam_certauth: programs that authenticate otherwise "
		    "(keys, cookies) never ask it");
	return lint.warnings;
}
