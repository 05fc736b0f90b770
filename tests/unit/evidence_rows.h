/*
 * Rows of header fields, and what they are taken for.
 */
#ifndef CERTAUTH_TESTS_EVIDENCE_ROWS_H
#define CERTAUTH_TESTS_EVIDENCE_ROWS_H

#include "hook/evidence.h"

#include <string.h>

#include "tests/unit/rows.h"

#define PEM "-----BEGIN%20CERTIFICATE-----%0AMIIDmDCC%2BgIB%2F%3D%0A" \
	"-----END%20CERTIFICATE-----%0A"
#define DER "MIIDmDCCAoCgAwIBAgIUBpVtivOmwWi3kT5aSsl6iO220Ow="

struct row {
	const char *name;
	const char *headers[9];		/* name, value, … */
	enum evidence_finding want;
	const char *cert;
};

static inline void
check_rows(const struct evidence_rules *rules, const struct row *rows,
    size_t count)
{
	static const char *const words[] = { "refused", "no-cert", "bad-cert",
		"cert" };
	size_t i, j;

	for (i = 0; i < count; i++) {
		const char *cert = NULL, *why = NULL;
		struct evidence evidence;
		enum evidence_finding got;
		size_t len = 0;

		evidence_init(&evidence, rules);
		for (j = 0; rows[i].headers[j] != NULL; j += 2)
			evidence_take(&evidence, rows[i].headers[j],
			    rows[i].headers[j + 1]);
		got = evidence_find(&evidence, &cert, &len, &why);
		row_check(got == rows[i].want, rows[i].name,
		    "want %s, got %s (%s)", words[rows[i].want], words[got],
		    why == NULL ? "" : why);
		row_check((why == NULL) == (got == EVIDENCE_CERT),
		    rows[i].name, "a finding without reason");
		if (got == EVIDENCE_CERT && rows[i].cert != NULL)
			row_check(len == strlen(rows[i].cert) &&
			    memcmp(cert, rows[i].cert, len) == 0,
			    rows[i].name, "want %s, got %.*s", rows[i].cert,
			    (int)len, cert);
	}
	rows_end();
}

#define CHECK(rules, rows) \
	check_rows(rules, rows, sizeof(rows) / sizeof(rows[0]))

#endif
