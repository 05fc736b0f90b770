/*
 * Element by element: each is cut out of what holds it, and what holds it
 * must be empty afterwards.
 */
#include "lookupd/ldap_sync_codec.h"

#include <string.h>

#include <lber.h>
#include <ldap.h>

#define MODE_REFRESH_AND_PERSIST 3

/* What is left of the contents of one element. */
struct reader {
	BerElement *ber;
	const char *defect;		/* the first; nothing is read after */
};

/* Contents instead of what was read before. */
static void
enter(struct reader *reader, const struct berval *contents)
{
	struct berval copy = *contents;

	if (reader->defect == NULL)
		ber_init2(reader->ber, &copy, LBER_USE_DER);
}

static void
open_reader(struct reader *reader, const struct berval *value)
{
	reader->ber = ber_alloc_t(LBER_USE_DER);
	reader->defect = reader->ber == NULL ? "out of memory" : NULL;
	enter(reader, value);
}

/* What is wrong, or NULL. */
static const char *
close_reader(struct reader *reader)
{
	ber_free(reader->ber, 0);
	return reader->defect;
}

static bool
more(struct reader *reader)
{
	return reader->defect == NULL && ber_remaining(reader->ber) > 0;
}

static void
fail(struct reader *reader, const char *defect)
{
	if (reader->defect == NULL)
		reader->defect = defect;
}

/* Is the next element of that tag? */
static bool
next_is(struct reader *reader, ber_tag_t tag)
{
	ber_len_t len;

	return more(reader) && ber_peek_tag(reader->ber, &len) == tag;
}

/* The contents of the next element, which must be of that tag. */
static struct berval
take(struct reader *reader, ber_tag_t tag, const char *defect)
{
	struct berval contents = { 0, NULL };

	if (reader->defect == NULL && (!more(reader) ||
	    ber_skip_element(reader->ber, &contents) != tag)) {
		fail(reader, defect);
		contents.bv_len = 0;
	}
	return contents;
}

static void
finish(struct reader *reader)
{
	if (more(reader))
		fail(reader, "bytes behind what was expected");
}

/* A BOOLEAN with a default. */
static bool
take_flag(struct reader *reader, bool absent)
{
	struct berval contents;

	if (!next_is(reader, LBER_BOOLEAN))
		return absent;
	contents = take(reader, LBER_BOOLEAN, "a flag is damaged");
	if (contents.bv_len != 1)
		fail(reader, "a flag is not one byte");
	return reader->defect == NULL && contents.bv_val[0] != 0;
}

static struct sync_bytes
cookie_of(struct reader *reader, const struct berval *contents)
{
	struct sync_bytes cookie = { contents->bv_val, contents->bv_len };

	if (cookie.len > SYNC_COOKIE_MAX)
		fail(reader, "a cookie is longer than we keep");
	return cookie;
}

/* An optional cookie. */
static struct sync_bytes
take_cookie(struct reader *reader)
{
	struct sync_bytes cookie = { NULL, 0 };
	struct berval contents;

	if (!next_is(reader, LBER_OCTETSTRING))
		return cookie;
	contents = take(reader, LBER_OCTETSTRING, "a cookie is damaged");
	if (reader->defect != NULL)
		return cookie;
	return cookie_of(reader, &contents);
}

/* The contents of a SEQUENCE that is the whole value. */
static void
open_sequence(struct reader *reader, const struct berval *value)
{
	struct berval contents;

	open_reader(reader, value);
	contents = take(reader, LBER_SEQUENCE, "not a sequence");
	finish(reader);
	enter(reader, &contents);
}

int
ldap_sync_encode(const void *cookie, size_t len, struct berval *ret)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval text = { len, (char *)cookie };
	struct berval *flat = NULL;
	int status = -1;

	if (ber == NULL || len > SYNC_COOKIE_MAX)
		goto out;
	if (len > 0)
		status = ber_printf(ber, "{eO}", MODE_REFRESH_AND_PERSIST,
		    &text);
	else
		status = ber_printf(ber, "{e}", MODE_REFRESH_AND_PERSIST);
	if (status != -1 && (status = ber_flatten(ber, &flat)) != -1) {
		*ret = *flat;
		ber_memfree(flat);
	}
out:
	ber_free(ber, 1);
	return status == -1 ? -1 : 0;
}

const char *
ldap_sync_decode_state(const struct berval *value, struct sync_entry *ret)
{
	struct reader reader;
	struct berval state, id;

	memset(ret, 0, sizeof(*ret));
	open_sequence(&reader, value);
	state = take(&reader, LBER_ENUMERATED, "no state");
	id = take(&reader, LBER_OCTETSTRING, "no entryUUID");
	ret->cookie = take_cookie(&reader);
	finish(&reader);
	if (reader.defect == NULL && (state.bv_len != 1 ||
	    (unsigned char)state.bv_val[0] > SYNC_DELETE))
		fail(&reader, "a state that is not defined");
	if (reader.defect == NULL && id.bv_len != SYNC_ID_SIZE)
		fail(&reader, "an entryUUID is not 16 bytes");
	if (close_reader(&reader) != NULL)
		return reader.defect;
	ret->state = (enum sync_state)state.bv_val[0];
	memcpy(ret->id.bytes, id.bv_val, SYNC_ID_SIZE);
	return NULL;
}

const char *
ldap_sync_decode_done(const struct berval *value, struct sync_done *ret)
{
	struct reader reader;

	memset(ret, 0, sizeof(*ret));
	open_sequence(&reader, value);
	ret->cookie = take_cookie(&reader);
	ret->deletes = take_flag(&reader, false);
	finish(&reader);
	return close_reader(&reader);
}

/* Each element of a set of ids must be one. */
static void
take_set(struct reader *reader, struct sync_info *ret)
{
	struct berval set = take(reader, LBER_SET, "no set of ids");
	const char *at = set.bv_val;
	size_t left;

	if (reader->defect != NULL)
		return;
	for (left = set.bv_len; left > 0; left -= SYNC_ELEMENT_SIZE,
	    at += SYNC_ELEMENT_SIZE) {
		if (left < SYNC_ELEMENT_SIZE || at[0] != LBER_OCTETSTRING ||
		    at[1] != SYNC_ID_SIZE) {
			fail(reader, "an entryUUID is not 16 bytes");
			return;
		}
	}
	ret->set = (const uint8_t *)set.bv_val;
	ret->count = set.bv_len / SYNC_ELEMENT_SIZE;
}

/* The form whose contents these are. */
static void
take_form(struct reader *reader, ber_tag_t tag, struct sync_info *ret)
{
	ret->cookie = take_cookie(reader);
	switch (tag) {
	case LDAP_TAG_SYNC_REFRESH_DELETE:
		ret->form = SYNC_REFRESH_DELETE;
		ret->done = take_flag(reader, true);
		break;
	case LDAP_TAG_SYNC_REFRESH_PRESENT:
		ret->form = SYNC_REFRESH_PRESENT;
		ret->done = take_flag(reader, true);
		break;
	case LDAP_TAG_SYNC_ID_SET:
		ret->form = SYNC_ID_SET;
		ret->deletes = take_flag(reader, false);
		take_set(reader, ret);
		break;
	default:
		fail(reader, "a form that is not defined");
		break;
	}
	finish(reader);
}

const char *
ldap_sync_decode_info(const struct berval *value, struct sync_info *ret)
{
	struct reader reader;
	struct berval contents;
	ber_tag_t tag = LBER_DEFAULT;
	ber_len_t len;

	memset(ret, 0, sizeof(*ret));
	open_reader(&reader, value);
	if (more(&reader))
		tag = ber_peek_tag(reader.ber, &len);
	contents = take(&reader, tag, "not one element");
	if (tag == LBER_DEFAULT || more(&reader))
		fail(&reader, "not one element");
	if (tag == LDAP_TAG_SYNC_NEW_COOKIE && reader.defect == NULL) {
		ret->form = SYNC_NEW_COOKIE;
		ret->cookie = cookie_of(&reader, &contents);
	} else if (reader.defect == NULL) {
		enter(&reader, &contents);
		take_form(&reader, tag, ret);
	}
	return close_reader(&reader);
}
