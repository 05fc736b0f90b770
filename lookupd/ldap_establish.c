/*
 * Establishing: dial, take the socket into libldap, TLS, bind, and one small
 * search that a server which accepts and never answers does not survive.
 */
#include "lookupd/ldap_establish.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ldap.h>
#include <openldap.h>

#include "common/buffer.h"
#include "common/deadline.h"
#include "common/safe_open.h"
#include "lookupd/ldap_dial.h"

#define TLS_FILE_MAX (1024 * 1024)
/* Time that must be left for finding out why TLS failed. */
#define DIAGNOSE_MS 200

/* One attempt: the target and what has been reached. */
struct attempt {
	const struct ldap_target *target;
	const LDAPURLDesc *url;
	int64_t deadline;
	int (*publish)(void *context, int fd);
	void *context;
	char *error;
	LDAP *ld;
	int fd;			/* -1; owned by ld once there is one */
	bool verified;		/* ldapi, or TLS with the checks passed */
};

static void fail(struct attempt *attempt, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
fail(struct attempt *attempt, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(attempt->error, LDAP_ESTABLISH_ERROR_MAX, format, args);
	va_end(args);
}

int
ldap_establish_init(void)
{
	LDAP *ld = NULL;
	int zero = 0, status = -1;

	if (setenv("LDAPNOINIT", "1", 1) != 0)
		return -1;
	if (ldap_initialize(&ld, "ldap://127.0.0.1") != LDAP_SUCCESS)
		return -1;
	/* a context of its own makes libldap set up its TLS library */
	if (ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &zero) == LDAP_SUCCESS)
		status = 0;
	ldap_unbind_ext(ld, NULL, NULL);
	return status;
}

static void
hang_up(struct attempt *attempt)
{
	if (attempt->fd == -1)
		return;
	attempt->publish(attempt->context, -1);
	if (attempt->ld != NULL)
		ldap_unbind_ext(attempt->ld, NULL, NULL);
	else
		close(attempt->fd);
	attempt->ld = NULL;
	attempt->fd = -1;
}

/* libldap's own words about what just failed. */
static void
explain(struct attempt *attempt, int code, const char *doing)
{
	char *detail = NULL;

	if (deadline_left(attempt->deadline) == 0) {
		fail(attempt, "%s: no answer in time", doing);
		return;
	}
	ldap_get_option(attempt->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail);
	fail(attempt, "%s: %s (%d)%s%s", doing, ldap_err2string(code), code,
	    detail != NULL && *detail != '\0' ? ": " : "",
	    detail != NULL ? detail : "");
	ldap_memfree(detail);
}

/* A connected socket inside a libldap handle. */
static int
dial(struct attempt *attempt)
{
	static const int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER;
	bool local = strcmp(attempt->url->lud_scheme, "ldapi") == 0;
	int status;

	attempt->fd = local ?
	    ldap_dial_path(attempt->url->lud_host, attempt->deadline,
	    attempt->error, LDAP_ESTABLISH_ERROR_MAX) :
	    ldap_dial_host(attempt->url->lud_host, attempt->url->lud_port,
	    attempt->deadline, attempt->error, LDAP_ESTABLISH_ERROR_MAX);
	if (attempt->fd == -1)
		return -1;
	if (attempt->publish(attempt->context, attempt->fd) != 0) {
		fail(attempt, "given up");
		return -1;
	}
	status = ldap_init_fd(attempt->fd,
	    local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, attempt->target->uri,
	    &attempt->ld);
	if (status != LDAP_SUCCESS) {
		attempt->ld = NULL;
		fail(attempt, "ldap_init_fd: %s", ldap_err2string(status));
		return -1;
	}
	if (ldap_set_option(attempt->ld, LDAP_OPT_PROTOCOL_VERSION,
	    &version) != LDAP_SUCCESS ||
	    ldap_set_option(attempt->ld, LDAP_OPT_DEREF, &never) !=
	    LDAP_SUCCESS ||
	    ldap_set_option(attempt->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) !=
	    LDAP_SUCCESS ||
	    ldap_set_option(attempt->ld, LDAP_OPT_RESTART, LDAP_OPT_ON) !=
	    LDAP_SUCCESS) {
		fail(attempt, "libldap refuses an option");
		return -1;
	}
	attempt->verified = local;
	return 0;
}

/* Can this file be used, and would it be safe to? */
static int
file_ok(struct attempt *attempt, const char *path, enum safe_open_kind kind)
{
	char why[SAFE_OPEN_ERROR_MAX];
	int fd = safe_open(path, kind, TLS_FILE_MAX, why);

	if (fd == -1) {
		fail(attempt, "%s", why);
		return -1;
	}
	close(fd);
	return 0;
}

static int
set_tls(struct attempt *attempt, int require)
{
	const struct ldap_target *target = attempt->target;
	LDAP *ld = attempt->ld;
	int zero = 0, least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;

	/* GnuTLS takes no minimum; new_enough looks at the outcome */
	(void)ldap_set_option(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least);
	if (ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &require) ==
	    LDAP_SUCCESS &&
	    ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, target->tls_ca) ==
	    LDAP_SUCCESS &&
	    (require == LDAP_OPT_X_TLS_NEVER || target->tls_cert == NULL ||
	    (ldap_set_option(ld, LDAP_OPT_X_TLS_CERTFILE, target->tls_cert) ==
	    LDAP_SUCCESS &&
	    ldap_set_option(ld, LDAP_OPT_X_TLS_KEYFILE, target->tls_key) ==
	    LDAP_SUCCESS)) &&
	    ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &zero) == LDAP_SUCCESS)
		return 0;
	fail(attempt, "libldap cannot use CA file %s%s%s", target->tls_ca,
	    target->tls_cert != NULL ? " or certificate " : "",
	    target->tls_cert != NULL ? target->tls_cert : "");
	return -1;
}

static int
shake_hands(struct attempt *attempt)
{
	if (strcmp(attempt->url->lud_scheme, "ldaps") == 0)
		return ldap_install_tls(attempt->ld);
	return ldap_start_tls_s(attempt->ld, NULL, NULL);
}

/*
 * Libldap on GnuTLS says nothing about a failed handshake.  Shake hands once
 * more without verification, send nothing, and hang up: if that works it was
 * the certificate.
 */
static void
diagnose(struct attempt *attempt, int code)
{
	char first[LDAP_ESTABLISH_ERROR_MAX / 3];
	const struct ldap_target *target = attempt->target;
	const char *host = attempt->url->lud_host;
	bool works;

	explain(attempt, code, "TLS");
	if (deadline_left(attempt->deadline) < DIAGNOSE_MS)
		return;
	snprintf(first, sizeof(first), "%s", attempt->error);
	hang_up(attempt);
	works = dial(attempt) == 0 &&
	    set_tls(attempt, LDAP_OPT_X_TLS_NEVER) == 0 &&
	    shake_hands(attempt) == LDAP_SUCCESS;
	hang_up(attempt);
	if (works)
		fail(attempt, "the server's certificate is not accepted: "
		    "check that a CA in %s issued it, that it names '%s'%s "
		    "and that it is neither expired nor not yet valid (%s)",
		    target->tls_ca, host, strcmp(host, "localhost") == 0 ?
		    " (of which libldap makes this machine's own name)" : "",
		    first);
	else
		fail(attempt, "no TLS with %s port %d, whatever its "
		    "certificate: check that the server has one and does TLS "
		    "there, 1.2 or later%s (%s)", host,
		    attempt->url->lud_port, target->tls_cert != NULL ?
		    ", and whether it accepts ours" : "", first);
}

/* Was it TLS 1.2 or later?  (Asking GnuTLS for that beforehand, with a
 * cipher suite, leaks 8 KiB a connection inside libldap.) */
static int
new_enough(struct attempt *attempt)
{
	char *version = NULL;
	int status = 0;

#ifdef LDAP_OPT_X_TLS_VERSION
	if (ldap_get_option(attempt->ld, LDAP_OPT_X_TLS_VERSION, &version) !=
	    LDAP_OPT_SUCCESS)
		version = NULL;
#endif
	if (version != NULL && (strstr(version, "SSL") != NULL ||
	    strstr(version, "1.0") != NULL || strstr(version, "1.1") != NULL ||
	    strcmp(version, "TLSv1") == 0)) {
		fail(attempt, "the server's %s is too old, TLS 1.2 is needed",
		    version);
		status = -1;
	}
	ldap_memfree(version);
	return status;
}

/* TLS as the URI and the realm want it; 0 with ->verified set right. */
static int
secure(struct attempt *attempt)
{
	const struct ldap_target *target = attempt->target;
	int status;

	if (attempt->verified)		/* ldapi */
		return 0;
	if (strcmp(attempt->url->lud_scheme, "ldap") == 0 &&
	    target->tls == TLS_NONE) {
		if (ldap_dial_loopback(attempt->fd))
			return 0;
		fail(attempt, "tls = \"none\" is for loopback addresses "
		    "alone, and %s is not one", attempt->url->lud_host);
		return -1;
	}
	if (target->tls_ca == NULL) {
		fail(attempt, "TLS needs the CA file of the server's "
		    "certificate (tls_ca); the system's is not used");
		return -1;
	}
	if (file_ok(attempt, target->tls_ca, SAFE_OPEN_PUBLIC) != 0 ||
	    (target->tls_cert != NULL && (file_ok(attempt, target->tls_cert,
	    SAFE_OPEN_PUBLIC) != 0 || target->tls_key == NULL ||
	    file_ok(attempt, target->tls_key, SAFE_OPEN_SECRET) != 0)) ||
	    set_tls(attempt, LDAP_OPT_X_TLS_DEMAND) != 0)
		return -1;
	status = shake_hands(attempt);
	if (status != LDAP_SUCCESS || !ldap_tls_inplace(attempt->ld)) {
		diagnose(attempt, status);
		return -1;
	}
	if (new_enough(attempt) != 0)
		return -1;
	attempt->verified = true;
	return 0;
}

/* The password into secret: its first line's end removed, never empty. */
static int
read_password(struct attempt *attempt, struct buffer *secret)
{
	char why[SAFE_OPEN_ERROR_MAX];
	const char *path = attempt->target->secret_file;

	if (path == NULL || attempt->target->bind_dn == NULL) {
		fail(attempt, "a simple bind needs a DN and a password file");
		return -1;
	}
	if (safe_read_file(path, SAFE_OPEN_SECRET, LDAP_ESTABLISH_SECRET_MAX,
	    secret, why) != 0) {
		fail(attempt, "%s", why);
		return -1;
	}
	if (secret->len > 0 && secret->data[secret->len - 1] == '\n')
		secret->len--;
	if (secret->len == 0 || memchr(secret->data, '\0', secret->len)) {
		fail(attempt, "%s: %s", path, secret->len == 0 ?
		    "the password is empty" : "the password has a NUL in it");
		return -1;
	}
	return 0;
}

static int
authenticate(struct attempt *attempt)
{
	const struct ldap_target *target = attempt->target;
	char nothing[] = "";	/* present but empty, for EXTERNAL */
	struct berval password = { 0, nothing };
	struct buffer secret;
	char doing[256] = "bind (EXTERNAL)";
	int status = LDAP_OTHER;

	if (target->bind == BIND_ANONYMOUS)
		return 0;
	if (!attempt->verified) {
		fail(attempt, "no credentials over a connection without TLS, "
		    "not even on loopback: use ldapi, ldaps or StartTLS");
		return -1;
	}
	if (target->bind == BIND_EXTERNAL) {
		status = ldap_sasl_bind_s(attempt->ld, NULL, "EXTERNAL",
		    &password, NULL, NULL, NULL);
	} else {
		buffer_init(&secret, LDAP_ESTABLISH_SECRET_MAX);
		if (read_password(attempt, &secret) != 0) {
			buffer_wipe(&secret);
			return -1;
		}
		password.bv_len = secret.len;
		password.bv_val = secret.data;
		snprintf(doing, sizeof(doing), "bind as %s", target->bind_dn);
		status = ldap_sasl_bind_s(attempt->ld, target->bind_dn,
		    LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
		buffer_wipe(&secret);
	}
	if (status == LDAP_SUCCESS)
		return 0;
	explain(attempt, status, doing);
	return -1;
}

/* Does it answer at all?  What it says does not matter. */
static int
probe(struct attempt *attempt)
{
	char none[] = LDAP_NO_ATTRS;
	char *attributes[] = { none, NULL };
	LDAPMessage *message = NULL;
	int status = ldap_search_ext_s(attempt->ld, "", LDAP_SCOPE_BASE, NULL,
	    attributes, 0, NULL, NULL, NULL, 1, &message);

	ldap_msgfree(message);
	if (status >= 0)		/* below: libldap's own errors */
		return 0;
	explain(attempt, status, "first search");
	return -1;
}

struct ldap *
ldap_establish(const struct ldap_target *target, int64_t deadline,
    int (*publish)(void *context, int fd), void *context,
    const char **ret_security, char *error)
{
	LDAPURLDesc *url = NULL;
	struct attempt attempt = { .target = target, .deadline = deadline,
		.publish = publish, .context = context, .error = error,
		.fd = -1 };
	struct ldap *ld = NULL;

	error[0] = '\0';
	if (ldap_url_parse(target->uri, &url) != LDAP_URL_SUCCESS ||
	    url == NULL) {
		fail(&attempt, "not an LDAP URI: %s", target->uri);
		return NULL;
	}
	attempt.url = url;
	if (dial(&attempt) == 0 && secure(&attempt) == 0 &&
	    authenticate(&attempt) == 0 && probe(&attempt) == 0) {
		*ret_security = !attempt.verified ?
		    "INSECURE (loopback, no TLS)" :
		    strcmp(url->lud_scheme, "ldapi") == 0 ?
		    "SECURE (ldapi)" : "SECURE (TLS verified)";
		ld = attempt.ld;
	} else {
		hang_up(&attempt);
	}
	ldap_free_urldesc(url);
	return ld;
}
