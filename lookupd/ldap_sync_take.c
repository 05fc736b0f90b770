/*
 * Messages: whose they are, and what they say.
 */
#include "lookupd/ldap_sync_parts.h"

#include <string.h>

#include "lookupd/ldap_entry.h"
#include "lookupd/ldap_sync_codec.h"

/* The control of that OID among these, or NULL. */
static const LDAPControl *
find_control(LDAPControl **controls, const char *oid)
{
	size_t i;

	for (i = 0; controls != NULL && controls[i] != NULL; i++) {
		if (strcmp(controls[i]->ldctl_oid, oid) == 0)
			return controls[i];
	}
	return NULL;
}

/* An entry, or a reference, with its state. */
static void
take_state(struct ldap_sync *sync, LDAPMessage *message, bool reference)
{
	LDAPControl **controls = NULL;
	const LDAPControl *control;
	struct sync_entry state = { .state = SYNC_PRESENT };
	struct entry *entry = NULL;
	const char *defect = NULL;

	if ((reference ? ldap_parse_reference(sync->ld, message, NULL,
	    &controls, 0) : ldap_get_entry_controls(sync->ld, message,
	    &controls)) != LDAP_SUCCESS)
		defect = "the controls of an entry cannot be decoded";
	control = find_control(controls, LDAP_SYNC_STATE_OID);
	if (defect == NULL && control == NULL)
		defect = "the server tells entries without a Sync State "
		    "control: it does not do RFC 4533";
	if (defect == NULL)
		defect = ldap_sync_decode_state(&control->ldctl_value,
		    &state);
	if (defect == NULL && reference && !sync->ignore_references)
		defect = "the server refers to another one";
	if (defect == NULL && !reference &&
	    (state.state == SYNC_ADD || state.state == SYNC_MODIFY))
		defect = ldap_entry_read(sync->ld, message, sync->attributes,
		    &entry);
	if (defect != NULL)
		ldap_sync_lose(sync, defect);
	else if (!reference)
		sync->events.entry(sync->context, &state, entry);
	ldap_controls_free(controls);
}

static void
take_info(struct ldap_sync *sync, LDAPMessage *message)
{
	struct sync_info info;
	struct berval *value = NULL;
	const char *defect = NULL;
	char *oid = NULL;

	if (ldap_parse_intermediate(sync->ld, message, &oid, &value, NULL,
	    0) != LDAP_SUCCESS)
		defect = "an intermediate message cannot be decoded";
	else if (oid != NULL && value != NULL &&
	    strcmp(oid, LDAP_SYNC_INFO_OID) == 0) {
		defect = ldap_sync_decode_info(value, &info);
		if (defect == NULL && info.done)
			sync->many = false;
		if (defect == NULL)
			sync->events.info(sync->context, &info);
	}
	if (defect != NULL)
		ldap_sync_lose(sync, defect);
	ldap_memfree(oid);
	ber_bvfree(value);
}

static void
take_result(struct ldap_sync *sync, LDAPMessage *message)
{
	LDAPControl **controls = NULL;
	const LDAPControl *control;
	struct sync_done done;
	const char *defect = NULL;
	char *text = NULL;
	int code = LDAP_OTHER;

	sync->sync_id = 0;
	if (ldap_parse_result(sync->ld, message, &code, NULL, &text, NULL,
	    &controls, 0) != LDAP_SUCCESS)
		defect = "a result cannot be decoded";
	control = find_control(controls, LDAP_SYNC_DONE_OID);
	if (defect == NULL && control != NULL)
		defect = ldap_sync_decode_done(&control->ldctl_value, &done);
	if (defect != NULL)
		ldap_sync_lose(sync, defect);
	else
		sync->events.result(sync->context, code,
		    control != NULL ? &done : NULL, text != NULL ? text : "");
	ldap_memfree(text);
	ldap_controls_free(controls);
}

static void
take_answer(struct ldap_sync *sync, LDAPMessage *message)
{
	struct entry *entry = NULL;
	int code = LDAP_OTHER;

	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		entry_free(sync->answer);
		sync->answer = NULL;
		/* one that cannot be read is one that is not there */
		if (ldap_entry_read(sync->ld, message, sync->asked, &entry) ==
		    NULL)
			sync->answer = entry;
		break;
	case LDAP_RES_SEARCH_RESULT:
		(void)ldap_parse_result(sync->ld, message, &code, NULL, NULL,
		    NULL, NULL, 0);
		entry = sync->answer;
		sync->answer = NULL;
		sync->read_id = 0;
		sync->events.answer(sync->context, code, entry);
		break;
	default:
		break;
	}
}

static void
take_counted(struct ldap_sync *sync, LDAPMessage *message)
{
	int code = LDAP_OTHER;

	if (ldap_msgtype(message) == LDAP_RES_SEARCH_ENTRY)
		sync->counted++;
	if (ldap_msgtype(message) != LDAP_RES_SEARCH_RESULT)
		return;
	(void)ldap_parse_result(sync->ld, message, &code, NULL, NULL, NULL,
	    NULL, 0);
	sync->count_id = 0;
	sync->events.counted(sync->context, code, sync->counted);
}

void
ldap_sync_take(struct ldap_sync *sync, LDAPMessage *message)
{
	int id = ldap_msgid(message);

	if (id == 0) {
		ldap_sync_lose(sync, "the server says it ends the session");
	} else if (id == sync->read_id) {
		take_answer(sync, message);
	} else if (id == sync->count_id) {
		take_counted(sync, message);
	} else if (id == sync->sync_id) {
		switch (ldap_msgtype(message)) {
		case LDAP_RES_SEARCH_ENTRY:
			take_state(sync, message, false);
			break;
		case LDAP_RES_SEARCH_REFERENCE:
			take_state(sync, message, true);
			break;
		case LDAP_RES_INTERMEDIATE:
			take_info(sync, message);
			break;
		case LDAP_RES_SEARCH_RESULT:
			take_result(sync, message);
			break;
		default:
			break;
		}
	}
}
