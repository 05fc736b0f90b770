/*
 * The proxy hook: requests in, one question to lookupd each, answers out.
 *
 * `certauth-hook` answers nginx's auth_request and whatever speaks like it.
 * It decides nothing: the proxy says that the certificate
 * was verified, the hook carries it to lookupd, and lookupd's verdict becomes
 * a status.  What it says itself is no-cert, bad-cert, evidence, caller and
 * off, and `unavailable` when lookupd cannot be asked in time.
 */
#ifndef HOOK_H
#define HOOK_H

#include "hook/hook_config.h"

#define HOOK_ERROR_MAX 320

struct hook;

/*
 * Bind the listeners (or take those of socket activation) and be ready to
 * run.  Takes the reference to config.  NULL with a sentence in error; config
 * is then released, too.
 */
struct hook *hook_new(struct hook_config *config, char *error);

/*
 * Read the secrets of the configuration, and what signs with them: as the
 * user to whom a reload will happen, before the sandbox closes.  0, or -1
 * with every error added to problems.
 */
int hook_load(struct hook_config *config, struct problems *problems);

/* Log what was found. */
void hook_complain(const struct problems *problems);

/*
 * Answer until SIGTERM or SIGINT, and then what is still owed; SIGHUP reads
 * the configuration again.  0, or -1 if the loop failed.
 */
int hook_run(struct hook *hook);

void hook_free(struct hook *hook);	/* NULL-safe */

#endif
