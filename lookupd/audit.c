#include "lookupd/audit.h"

#include <stdlib.h>
#include <string.h>

#include "common/deadline.h"
#include "common/protocol.h"
#include "common/secret.h"
#include "common/text.h"
#include "daemon/log.h"
#include "lookupd/hash.h"

struct slot {
	uint64_t key;			/* 0: free */
	int64_t until;
	unsigned again;
};

struct audit {
	struct counters *counters;
	uint64_t seed;
	struct slot slots[AUDIT_SLOTS];
};

struct audit *
audit_new(struct counters *counters)
{
	struct audit *audit = calloc(1, sizeof(*audit));

	if (audit == NULL)
		return NULL;
	audit->counters = counters;
	if (secret_random(&audit->seed, sizeof(audit->seed)) == 0)
		return audit;
	audit_free(audit);
	return NULL;
}

static void
more_active(const struct slot *slot)
{
	if (slot->key != 0 && slot->again > 0)
		log_notice("audit more verdict=active count=%u", slot->again);
}

void
audit_free(struct audit *audit)
{
	if (audit == NULL)
		return;
	for (size_t i = 0; i < AUDIT_SLOTS; i++)
		more_active(&audit->slots[i]);
	free(audit);
}

/* Twice, the second time from the middle of a group on: two names that are made
 * for one hash (hash.h) have it in one of both only. */
static uint64_t
hash_account(uint64_t key, const char *account, size_t len)
{
	const size_t half = sizeof(key) / 2;

	key = hash_bytes(key, account, len);
	return len <= half ? key :
	    hash_bytes(key, account + half, len - half);
}

/*
 * Is this `active` to be written?  *ret_again: how many equal ones were not
 * since the last line.
 */
static bool
active_wanted(struct audit *audit, const struct audit_event *event,
    unsigned *ret_again)
{
	const char *account = event->decision->account;
	uint64_t key = hash_step(audit->seed, event->place);
	struct slot *slot;

	key = hash_step(key, event->peer->uid);
	key = hash_step(key, (uint64_t)event->evidence);
	if (event->certificate != NULL)
		key = hash_bytes(key, event->certificate->hash,
		    CERTIFICATE_HASH);
	key = hash_account(key, account, strlen(account));
	key |= key == 0;
	slot = &audit->slots[(key ^ key >> 32) % AUDIT_SLOTS];
	if (slot->key == key && event->now < slot->until) {
		slot->again++;
		audit->counters->audit_withheld++;
		return false;
	}
	*ret_again = slot->key == key ? slot->again : 0;
	if (slot->key != key)
		more_active(slot);
	slot->key = key;
	slot->until = event->now + event->interval_s * 1000;
	slot->again = 0;
	return true;
}

static void
refusals_past(struct charge *charge)
{
	if (charge->withheld > 0)
		log_notice("audit more caller=%lu refused=%u",
		    (unsigned long)charge->uid, charge->withheld);
	charge->withheld = 0;
	charge->refusals = 0;
}

static bool
refusal_wanted(struct audit *audit, const struct audit_event *event)
{
	struct charge *charge = event->charge;

	if (charge == NULL)
		return true;
	if (charge->refusal_second != event->now / 1000) {
		refusals_past(charge);
		charge->refusal_second = event->now / 1000;
	}
	if (++charge->refusals <= AUDIT_REFUSALS_PER_SECOND)
		return true;
	charge->withheld++;
	audit->counters->audit_withheld++;
	return false;
}

void
audit_flush_refusals(struct callers *callers, int64_t now)
{
	for (struct charge *charge = callers->charges; charge != NULL;
	    charge = charge->next) {
		if (charge->refusal_second != now / 1000)
			refusals_past(charge);
	}
}

static void
put(struct buffer *line, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		protocol_put_text(line, name, value);
}

static void
put_field(struct buffer *line, const char *name,
    const struct audit_event *event, enum field field)
{
	if (event->fields != NULL)
		put(line, name, field_text(event->fields, field));
}

static void
put_certificate(struct buffer *line, const struct certificate *certificate)
{
	struct buffer hex;

	buffer_init(&hex, 2 * CERTIFICATE_HASH);
	text_hex(&hex, certificate->hash, CERTIFICATE_HASH);
	put(line, "fingerprint", buffer_text(&hex));
	buffer_free(&hex);
	put(line, "issuer", certificate->issuer);
	put(line, "serial", certificate->serial);
}

void
audit_write(struct audit *audit, const struct audit_event *event)
{
	const struct decision *decision = event->decision;
	struct buffer line;
	unsigned again = 0;

	if (decision->verdict == VERDICT_ACTIVE ?
	    !active_wanted(audit, event, &again) :
	    !refusal_wanted(audit, event))
		return;
	/* Counted all the same. */
	if (!log_wants(LEVEL_NOTICE))
		return;
	buffer_init(&line, 4 * LOG_LINE_MAX);
	protocol_begin(&line, "audit");
	put_field(&line, "id", event, FIELD_ID);
	protocol_put_number(&line, "caller", (long long)event->peer->uid);
	put_field(&line, "client", event, FIELD_CLIENT);
	if (event->service != NULL)
		put(&line, "service", event->service->name);
	if (event->realm != NULL)
		put(&line, "realm", event->realm->name);
	if (event->evidence >= 0)
		put(&line, "evidence",
		    evidence_word((enum evidence)event->evidence));
	if (event->certificate != NULL)
		put_certificate(&line, event->certificate);
	if (event->identities != NULL &&
	    decision->identity < event->identities->count)
		put(&line, "identity",
		    event->identities->items[decision->identity].name.text);
	put(&line, "account", decision->account);
	put(&line, "accounts", decision->others);
	put(&line, "verdict", verdict_word(decision->verdict));
	put(&line, "reason", decision->reason);
	protocol_put_number(&line, "us", event->start_us == 0 ? 0 :
	    deadline_now_us() - event->start_us);
	if (again > 0)
		protocol_put_number(&line, "again", again);
	log_notice("%s", line.failed ? "audit line too long" :
	    buffer_text(&line));
	buffer_free(&line);
}
