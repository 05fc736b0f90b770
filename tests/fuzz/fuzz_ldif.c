/*
 * LDIF, whole and cut at a place that the first byte names: the same entries
 * and the same error either way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/hash.h"
#include "lookupd/ldif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
take(void *context, struct entry *entry)
{
	uint64_t *sum = context;

	*sum = hash_bytes(*sum, entry->dn, strlen(entry->dn));
	for (size_t i = 0; i < entry->count; i++) {
		for (size_t j = 0; j < entry->attributes[i].count; j++)
			*sum = hash_bytes(*sum + i,
			    entry->attributes[i].values[j].data,
			    entry->attributes[i].values[j].len);
	}
	entry_free(entry);
	return 0;
}

static uint64_t
read_all(const char *text, size_t len, size_t cut)
{
	static char mail[] = "mail", status[] = "status";
	static char *wanted[] = { mail, status, NULL };
	struct ldif ldif;
	uint64_t sum = 1;
	int rc;

	ldif_init(&ldif, wanted, take, &sum);
	rc = ldif_feed(&ldif, text, cut);
	if (rc == 0)
		rc = ldif_feed(&ldif, text + cut, len - cut);
	if (rc == 0)
		rc = ldif_finish(&ldif);
	if (rc != 0 && (ldif.error[0] == '\0' || ldif.start == 0))
		abort();
	sum = hash_bytes(sum, ldif.error, strlen(ldif.error)) + ldif.start;
	ldif_free(&ldif);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	size_t len = size - 1;

	if (size < 2)
		return 0;
	if (read_all(text, len, 0) !=
	    read_all(text, len, len * data[0] / 256))
		abort();
	return 0;
}
