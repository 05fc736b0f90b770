/*
 * What a request claims: in whose name, with which evidence, and which
 * identities that gives.
 */
#include "lookupd/request.h"

#include <string.h>
#include <time.h>

#include "common/text.h"
#include "daemon/log.h"
#include "lookupd/callers.h"
#include "lookupd/front.h"

/* client= is an address of a machine. */
#define CLIENT_FIELD_MAX 64

int64_t
request_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- who is asking, and may they ask this ----------------------------- */

/* The number of the service named, or of the default one; none: SIZE_MAX. */
static size_t
service_of(const struct config *config, const struct protocol_field *named)
{
	static const struct protocol_field fallback = {
		.value = CONFIG_DEFAULT_SERVICE,
		.len = sizeof(CONFIG_DEFAULT_SERVICE) - 1 };
	const struct protocol_field *field = named == NULL ? &fallback : named;

	for (size_t i = 0; i < config->service_count; i++) {
		const char *name = config->services[i]->name;

		if (text_same_nocase(name, strlen(name), field->value,
		    field->len))
			return i;
	}
	return SIZE_MAX;
}

const char *
request_check_asker(struct request *request, const char **ret_field)
{
	const struct fields *fields = &request->fields;
	const struct client *client = request->client;
	const struct trust *trust = request->trust;
	const char *evidence = field_text(fields, FIELD_EVIDENCE);
	const char *realm = field_text(fields, FIELD_REALM);
	size_t index;

	request->evidence = evidence == NULL ? EVIDENCE_NONE :
	    evidence_parse(evidence);
	if (request->evidence < 0 ||
	    (evidence == NULL && fields->at[FIELD_EVIDENCE] != NULL)) {
		*ret_field = "evidence";
		return NULL;
	}
	index = service_of(trust->config, fields->at[FIELD_SERVICE]);
	if (index == SIZE_MAX)
		return REASON_CALLER;
	request->service = trust->config->services[index];
	if (!caller_may(request->service, &client->peer, client->fd))
		return REASON_CALLER;
	request->realm = realm == NULL ? request->service->realms[0] : NULL;
	if (realm == NULL && fields->at[FIELD_REALM] != NULL)
		return REASON_CALLER;
	for (size_t i = 0; realm != NULL && i < request->service->realm_count;
	    i++) {
		if (strcmp(request->service->realms[i]->name, realm) == 0)
			request->realm = request->service->realms[i];
	}
	if (request->realm == NULL)
		return REASON_CALLER;
	request->place = trust_place(trust, index, request->realm);
	if ((request->service->evidence &
	    EVIDENCE_BIT(request->evidence)) == 0)
		return REASON_EVIDENCE;
	return NULL;
}

const char *
request_check_fields(struct request *request)
{
	const struct fields *fields = &request->fields;
	const struct protocol_field *need = fields->at[FIELD_NEED];
	const struct protocol_field *user = fields->at[FIELD_USER];
	const struct protocol_field *client = fields->at[FIELD_CLIENT];

	if (need != NULL && strcmp(need->value, "admin") != 0)
		return "need";
	if (need != NULL && need->len != strlen("admin"))
		return "need";
	if (user != NULL && (user->len == 0 ||
	    field_text(fields, FIELD_USER) == NULL))
		return "user";
	if (client != NULL && (client->len > CLIENT_FIELD_MAX ||
	    field_text(fields, FIELD_CLIENT) == NULL))
		return "client";
	request->need_admin = need != NULL ||
	    (request->service != NULL && request->service->need_admin);
	request->user = user == NULL ? NULL : user->value;
	return NULL;
}

/* ---- identities ------------------------------------------------------- */

/* Read one that is not known. NULL or the reason for `refused`. */
static const char *
read_new_certificate(struct request *request,
    const struct protocol_field *field, uint64_t scope, int64_t now)
{
	uint8_t der[CERTIFICATE_DER_MAX];
	struct held *held;
	const char *reason, *why;
	char text[256] = "";
	size_t len = 0;

	request->front->counters.certificate_misses++;
	why = certificate_decode_text(field->value, field->len, der, &len);
	if (why != NULL) {
		trace_say(request->trace, "certificate", "%s", why);
		log_info("certificate of caller %lu: %s",
		    (unsigned long)request->client->peer.uid, why);
		return REASON_BAD_CERT;
	}
	held = held_new();
	if (held == NULL)
		return REASON_INTERNAL;
	request->certificate = held;
	reason = certificate_read(der, len,
	    request->trust->ca[request->realm->index],
	    request->realm->identities, now, &held->certificate, text,
	    request->trace);
	if (reason != NULL) {
		trace_say(request->trace, "certificate", "%s", text);
		log_info("certificate of caller %lu: %s",
		    (unsigned long)request->client->peer.uid, text);
	}
	certificate_cache_put(request->front->certificates, field->value,
	    field->len, scope, held, reason);
	return reason;
}

/* The certificate, known or read now. NULL or the reason for `refused`. */
static const char *
read_certificate(struct request *request, const struct protocol_field *field)
{
	struct front *front = request->front;
	uint64_t scope = trust_scope(request->trust, request->realm);
	int64_t now = request_clock_us() / 1000000;
	const char *reason = NULL;
	struct held *known;

	if (request->trust->ca[request->realm->index] == NULL)
		return REASON_EVIDENCE;
	known = request->trace != NULL ? NULL :
	    certificate_cache_get(front->certificates, field->value,
	    field->len, scope, now, &reason);
	if (known == NULL)
		return read_new_certificate(request, field, scope, now);
	front->counters.certificate_hits++;
	request->certificate = held_ref(known);
	return reason;
}

const char *
request_read_identities(struct request *request, const char **ret_bad,
    const char **ret_field)
{
	static const enum field kinds[] = { FIELD_CERT, FIELD_EMAIL,
		FIELD_ACCOUNT };
	const struct protocol_field *field = NULL;
	const char *reason = NULL, *why;
	enum field which = FIELDS;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct protocol_field *found =
		    request->fields.at[kinds[i]];

		if (found == NULL)
			continue;
		if (field != NULL) {
			*ret_bad = REASON_REPEATED_FIELD;
			*ret_field = found->name;
			return NULL;
		}
		field = found;
		which = kinds[i];
	}
	if (field == NULL) {
		*ret_bad = REASON_MISSING_FIELD;
		*ret_field = "email";
		return NULL;
	}
	if ((which == FIELD_CERT) != (request->evidence == EVIDENCE_VERIFIED))
		return REASON_EVIDENCE;
	if (which == FIELD_CERT) {
		reason = read_certificate(request, field);
		if (reason == NULL)
			request->identities =
			    &request->certificate->certificate.identities;
		return reason;
	}
	request->names.count = 0;
	request->identities = &request->names;
	why = identities_add(&request->names, which == FIELD_EMAIL ?
	    IDENTITY_REQUEST_EMAIL : IDENTITY_REQUEST_ACCOUNT, field->value,
	    field->len, &reason);
	if (why != NULL) {
		trace_say(request->trace, "identity", "%s: %s", field->name,
		    why);
		return reason;
	}
	return NULL;
}
