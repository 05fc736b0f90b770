/*
 * Records of the store: sealed as they come, so that the reader behind the
 * checksum is reached; what it takes must be written back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lookupd/store_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It says that it is named by the list when it is, each name once. */
static void
check_list(const struct entry *entry, char *const *list)
{
	bool all = true;

	for (size_t i = 0; i < entry->count; i++) {
		const char *name = entry->attributes[i].name;

		all = all && (name == list[0] || name == list[1] ||
		    name == list[2]);
		for (size_t j = 0; j < i; j++)
			if (entry_is_named(&entry->attributes[j], name))
				abort();
	}
	if (entry->list != (all ? list : NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char mail[] = "mail", alias[] = "alias", status[] = "status";
	static char *attributes[] = { mail, alias, status, NULL };
	static const struct store_names names = { {
		{ mail, 4 }, { alias, 5 }, { status, 6 } }, 3, attributes };
	uint8_t *record = malloc(size + STORE_CHECKSUM_SIZE);
	size_t len = size + STORE_CHECKSUM_SIZE;
	struct entry *entry, *again;
	struct buffer out;
	const char *why;

	if (record == NULL)
		return 0;
	entry = store_record_get(data, size, 1, &names, &why);
	entry_free(entry);
	memcpy(record + STORE_CHECKSUM_SIZE, data, size);
	store_record_seal(record, len, 1);
	entry = store_record_get(record, len, 1, &names, &why);
	if (entry != NULL) {
		check_list(entry, attributes);
		buffer_init(&out, STORE_RECORD_MAX);
		store_record_put(&out, 1, entry, &names);
		if (out.failed)
			abort();
		again = store_record_get(out.data, out.len, 1, &names,
		    &why);
		if (again == NULL || !entry_same(entry, again))
			abort();
		entry_free(again);
		buffer_free(&out);
	}
	entry_free(entry);
	free(record);
	return 0;
}
