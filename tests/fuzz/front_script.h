/*
 * The script of fuzz_front: bytes of which each step takes its own.
 */
#ifndef FUZZ_FRONT_SCRIPT_H
#define FUZZ_FRONT_SCRIPT_H

#include "tests/fuzz/front_stage.h"

struct script {
	struct stage *stage;
	const uint8_t *data;
	size_t size;
	unsigned last_id;
	unsigned reloads;
};

static inline unsigned
take(struct script *script)
{
	if (script->size == 0)
		return 0;
	script->size--;
	return *script->data++;
}

/* The next bytes as they are. */
static inline const uint8_t *
take_bytes(struct script *script, size_t *len)
{
	const uint8_t *bytes = script->data;

	if (*len > script->size)
		*len = script->size;
	script->data += *len;
	script->size -= *len;
	return bytes;
}

static inline struct player *
take_player(struct script *script)
{
	return &script->stage->players[take(script) % PLAYERS];
}

/* front_lines.c */
void script_lookup(struct script *script);
void script_admin(struct script *script);

#endif
