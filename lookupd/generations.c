/* See generations.h. */
#include "lookupd/generations.h"

#include "common/deadline.h"

struct generation *
generations_find(const struct generations *generations, uint64_t hash)
{
	struct generation *generation = generations->current;

	if (generation->config->hash == hash)
		return generation;
	generation = generations->previous;
	if (generation != NULL && generation->config->hash == hash)
		return generation;
	generation = generations->retired;
	while (generation != NULL && generation->config->hash != hash)
		generation = generation->next;
	return generation;
}

static void
retire(struct generations *generations, struct generation *generation)
{
	if (generation == NULL)
		return;
	generation->asked = deadline_now();
	generation->next = generations->retired;
	generations->retired = generation;
}

void
generations_take(struct generations *generations,
    struct generation *generation)
{
	retire(generations, generations->previous);
	generations->previous = generations->current;
	if (generations->previous != NULL)
		generations->previous->asked = deadline_now();
	generations->current = generation;
	generations->tentative = true;
}

struct generation *
generations_take_back(struct generations *generations)
{
	struct generation *refused = generations->current;

	if (!generations->tentative || generations->previous == NULL)
		return NULL;
	generations->tentative = false;
	generations->current = generations->previous;
	generations->previous = NULL;
	retire(generations, refused);
	return refused;
}

bool
generations_sweep(struct generations *generations)
{
	struct generation **at = &generations->retired, *generation;
	int64_t now = deadline_now();

	while ((generation = *at) != NULL) {
		if (generation->questions > 0 ||
		    now - generation->asked <= GENERATIONS_LATE_MS) {
			at = &generation->next;
			continue;
		}
		*at = generation->next;
		generation_free(generation);
	}
	generation = generations->previous;
	if (generation != NULL && generation->questions == 0 &&
	    now - generation->asked > GENERATION_IDLE_MS)
		generation_close(generation);
	return generations->retired != NULL || generation != NULL;
}

void
generations_free(struct generations *generations)
{
	struct generation *generation;

	generation_free(generations->current);
	generation_free(generations->previous);
	while ((generation = generations->retired) != NULL) {
		generations->retired = generation->next;
		generation_free(generation);
	}
	generations->current = generations->previous = NULL;
}
