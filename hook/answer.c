/* From a verdict to status and header fields: see the header. */
#include "hook/answer.h"

#include <string.h>

#include "common/outcome.h"

/* The words a proxy may see: for 401 what is wrong with the certificate, for
 * 403 and 503 nothing about the account or the directory. */
static const char *
public_word(int status, const char *reason)
{
	static const char *const certificate[] = { REASON_UNTRUSTED,
		REASON_EXPIRED, REASON_NOT_YET_VALID, REASON_REVOKED,
		REASON_WRONG_PURPOSE, REASON_BAD_CERT, REASON_NO_CERT,
		REASON_NO_ADDRESS, REASON_BAD_IDENTITY, REASON_TOO_MANY };
	size_t i;

	if (status == 403) {
		if (strcmp(reason, REASON_NOT_ADMIN) == 0)
			return REASON_NOT_ADMIN;
		if (strcmp(reason, REASON_OFF) == 0)
			return REASON_OFF;
		if (strcmp(reason, REASON_LIMIT) == 0)
			return REASON_BUSY;
		return "denied";
	}
	if (status != 401)
		return "unavailable";
	for (i = 0; i < sizeof(certificate) / sizeof(certificate[0]); i++)
		if (strcmp(reason, certificate[i]) == 0)
			return certificate[i];
	return REASON_BAD_CERT;
}

/*
 * May the person be sent to the login page?  Who brought no certificate, or
 * one that leads to no account that may log in, may; whose certificate is
 * bad may not, and neither may anybody while we cannot ask.
 */
static bool
may_login(enum answer_mode mode, int status, const char *reason)
{
	if (mode != MODE_OPTIONAL)
		return false;
	return status == 403 ? strcmp(reason, REASON_OFF) != 0 :
	    status == 401 && strcmp(reason, REASON_NO_CERT) == 0;
}

static const char *
phrase_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	default:
		return "Service Unavailable";
	}
}

void
answer_verdict(struct answer *answer, enum answer_mode mode,
    enum verdict verdict, const char *reason)
{
	struct outcome outcome;
	size_t len;

	if (verdict == VERDICT_ACTIVE || verdict == VERDICT_NONE) {
		verdict = VERDICT_UNAVAILABLE;
		reason = REASON_INTERNAL;
	}
	if (reason == NULL)
		reason = "";
	outcome = outcome_of(verdict, reason);
	/* the three refusals there are; 200 is for answer_reply alone */
	answer->status = outcome.http == 401 || outcome.http == 403 ?
	    outcome.http : 503;
	answer->phrase = phrase_of(answer->status);
	answer->verdict = verdict;
	answer->account[0] = '\0';
	len = strnlen(reason, REASON_MAX);
	memcpy(answer->reason, reason, len);
	answer->reason[len] = '\0';
	answer->word = public_word(answer->status, answer->reason);
	answer->login = may_login(mode, answer->status, answer->reason);
}

void
answer_healthy(struct answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->status = 200;
	answer->phrase = phrase_of(200);
}

/* Printable ASCII as it is, other bytes, '%' and the space as %XX. */
static void
put_account(char *out, const char *account, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)account[i];

		if (c > 0x20 && c < 0x7F && c != '%') {
			*out++ = (char)c;
		} else {
			*out++ = '%';
			*out++ = digits[c >> 4];
			*out++ = digits[c & 15];
		}
	}
	*out = '\0';
}

void
answer_reply(struct answer *answer, enum answer_mode mode,
    const struct protocol_message *reply)
{
	const struct protocol_field *account = protocol_get(reply, "account");
	const char *reason = protocol_text(reply, "reason");
	enum verdict verdict = reply->detail ? VERDICT_NONE :
	    verdict_parse(reply->word, strlen(reply->word));

	if (verdict != VERDICT_ACTIVE) {
		if (reason != NULL && !reason_word_ok(reason))
			reason = NULL;
		answer_verdict(answer, mode, verdict, reason);
		return;
	}
	/* the refusal first, and 200 only where nothing is left to ask */
	answer_verdict(answer, mode, VERDICT_UNAVAILABLE, REASON_INTERNAL);
	if (account == NULL || account->len == 0 ||
	    account->len > ANSWER_ACCOUNT_MAX ||
	    outcome_of(VERDICT_ACTIVE, NULL).http != 200)
		return;
	put_account(answer->account, account->value, account->len);
	answer->status = 200;
	answer->phrase = phrase_of(200);
	answer->word = NULL;
	answer->login = false;
	answer->verdict = VERDICT_ACTIVE;
	answer->reason[0] = '\0';
}
