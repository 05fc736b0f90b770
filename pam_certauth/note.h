/*
 * What goes to the log of the facility authpriv, and the names in it.
 *
 * Faults of the installation are always logged; a refusal unless the line
 * says `quiet`, because lookupd's audit has it, too.
 */
#ifndef PAM_CERTAUTH_NOTE_H
#define PAM_CERTAUTH_NOTE_H

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include "common/verdict.h"
#include "pam_certauth/options.h"

#define NOTE_NAME_MAX 254	/* an address; names are no longer either */

/* A name as it may be logged: escaped; "" without memory for that. */
struct note_name {
	char text[4 * NOTE_NAME_MAX + 8];
};
struct note_name note_name(const char *name);

/* 1 to max bytes of printable ASCII. */
bool note_is_printable(const char *text, size_t max);

void note_refusal(pam_handle_t *pamh, const struct options *options,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
