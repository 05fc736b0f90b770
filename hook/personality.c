/* From an answer to a reply: see the header. */
#include "hook/personality.h"

#include <stdint.h>
#include <string.h>

#include "daemon/log.h"
#include "hook/page.h"
#include "hook/preauth.h"

/* What a reply is made of. */
struct making {
	struct reply *reply;
	const struct listener_config *options;
	const struct answer *answer;
	const struct protocol_message *message;
	const struct timespec *now;
};

static void
add(struct reply *reply, const char *name, const char *value)
{
	if (reply->count == REPLY_FIELDS_MAX)
		return;
	reply->fields[reply->count].name = name;
	reply->fields[reply->count++].value = value;
}

static void
begin(const struct making *making, const struct answer *answer)
{
	struct reply *reply = making->reply;

	reply->status = answer->status;
	reply->phrase = answer->phrase;
	reply->count = 0;
	add(reply, "Cache-Control", "no-store");
	if (answer->word != NULL)
		add(reply, ANSWER_REASON_HEADER, answer->word);
	if (answer->login)
		add(reply, ANSWER_FALLBACK_HEADER, "login");
}

/* Without memory for it the page is empty; the status says the same. */
static void
make_page(const struct making *making, const struct answer *answer)
{
	struct reply *reply = making->reply;
	struct page page = { .answer = answer, .reply = making->message,
		.login_url = making->options->login_url,
		.contact = making->options->contact,
		.now = making->now->tv_sec };

	begin(making, answer);
	add(reply, "Content-Type", PAGE_TYPE);
	add(reply, "Content-Security-Policy", PAGE_POLICY);
	add(reply, "X-Content-Type-Options", "nosniff");
	add(reply, "Referrer-Policy", "no-referrer");
	page_write(&reply->body, &page);
	if (reply->body.failed)
		buffer_clear(&reply->body);
}

static void
make_redirect(const struct making *making, const char *where)
{
	struct reply *reply = making->reply;

	begin(making, making->answer);
	reply->status = 302;
	reply->phrase = "Found";
	add(reply, "Location", where);
	add(reply, "Referrer-Policy", "no-referrer");
}

/* To Zimbra, if there is a key for the account's domain. */
static bool
make_preauth(const struct making *making, bool admin)
{
	const struct listener_config *options = making->options;
	const struct protocol_field *account = making->message == NULL ? NULL :
	    protocol_get(making->message, "account");
	const struct buffer *key = account == NULL ? NULL : domain_keys_find(
	    &options->keys, account->value, account->len);
	int64_t now = (int64_t)making->now->tv_sec * 1000 +
	    making->now->tv_nsec / 1000000;

	if (key == NULL || preauth_put(&making->reply->location,
	    admin ? options->zimbra_admin_url : options->zimbra_url, key,
	    account->value, account->len, admin, now) == -1)
		return false;
	make_redirect(making, buffer_text(&making->reply->location));
	return true;
}

static void
make_zimbra(const struct making *making, bool admin)
{
	struct answer unavailable;

	if (making->answer->status != 200) {
		if (making->answer->login &&
		    *making->options->login_url != '\0')
			make_redirect(making, making->options->login_url);
		else
			make_page(making, making->answer);
		return;
	}
	if (make_preauth(making, admin))
		return;
	log_warning("%s: no pre-authentication key for the domain of account "
	    "%s, or its name cannot be signed", making->options->place,
	    making->answer->account);
	answer_verdict(&unavailable, (enum answer_mode)making->options->mode,
	    VERDICT_UNAVAILABLE, REASON_INTERNAL);
	make_page(making, &unavailable);
}

void
personality_reply(struct reply *reply, const struct listener_config *options,
    bool admin, const struct answer *answer,
    const struct protocol_message *message, const struct timespec *now)
{
	struct making making = { reply, options, answer, message, now };

	memset(reply, 0, sizeof(*reply));
	buffer_init(&reply->body, REPLY_BODY_MAX);
	buffer_init(&reply->location, PREAUTH_URL_MAX);
	switch ((enum personality)options->personality) {
	case PERSONALITY_PAGE:
		make_page(&making, answer);
		return;
	case PERSONALITY_ZIMBRA:
		make_zimbra(&making, admin);
		return;
	case PERSONALITY_HEALTH:
		begin(&making, answer);
		return;
	case PERSONALITY_HTTP:
		break;
	}
	begin(&making, answer);
	if (answer->status == 200)
		add(reply, options->account_header, answer->account);
}

/* A link to Zimbra is as good as a password. */
void
reply_free(struct reply *reply)
{
	buffer_free(&reply->body);
	buffer_wipe(&reply->location);
}
