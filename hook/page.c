/* The page for a person: see the header. */
#include "hook/page.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "hook/html.h"

/* A certificate that ends within so many days is worth a word. */
#define SOON_DAYS 30
#define DAY (24 * 60 * 60)

/* What is told for X-Certauth-Reason, which says as much and no more. */
static const struct advice {
	const char *word, *title, *what, *advice;
} advices[] = {
	{ REASON_NO_CERT, "No certificate was sent",
	    "Your browser has not sent a certificate to this site.",
	    "Choose your certificate when the browser asks for one. If it "
	    "does not ask, there is none in this browser that was issued for "
	    "this site and has not expired, or the browser remembers that you "
	    "chose none: close all its windows and try again." },
	{ REASON_BAD_CERT, "The certificate is not accepted",
	    "The certificate that your browser sent could not be verified.",
	    "If you have several certificates, close all windows of the "
	    "browser, try again and choose another one. Otherwise ask for a "
	    "new certificate." },
	{ REASON_UNTRUSTED, "The certificate is not for this site",
	    "The certificate that your browser sent was issued by somebody "
	    "whom this site does not trust.",
	    "Close all windows of the browser, try again and choose the "
	    "certificate that was issued to you for this site." },
	{ REASON_EXPIRED, "The certificate has expired",
	    "The time for which your certificate was valid is over.",
	    "If you have a newer certificate, close all windows of the "
	    "browser, try again and choose that one. Otherwise ask for a "
	    "new certificate." },
	{ REASON_NOT_YET_VALID, "The certificate is not valid yet",
	    "The time from which on your certificate is valid has not come.",
	    "Wait until then, or choose an older certificate." },
	{ REASON_REVOKED, "The certificate has been revoked",
	    "Whoever issued your certificate has declared it invalid.",
	    "Ask for a new certificate. If you do not know why it was "
	    "revoked, say so: it may have been stolen." },
	{ REASON_WRONG_PURPOSE, "The certificate is made for something else",
	    "Your certificate may not be used to log in.",
	    "Close all windows of the browser, try again and choose a "
	    "certificate that is made for logging in." },
	{ REASON_NO_ADDRESS, "The certificate does not say who you are",
	    "Your certificate has no name by which this site could know you, "
	    "such as an e-mail address.",
	    "Choose another certificate, or ask for one that has your e-mail "
	    "address in it." },
	{ REASON_BAD_IDENTITY, "The certificate has a name that is no name",
	    "A name in your certificate, such as an e-mail address, is "
	    "malformed.",
	    "Ask for a new certificate." },
	{ REASON_TOO_MANY, "The certificate has too many names",
	    "Your certificate has more names than this site looks at.",
	    "Ask for a certificate with your own names only." },
	{ "denied", "You cannot log in with this certificate",
	    "The certificate is good, but it does not lead to an account "
	    "that may log in here now.",
	    "If you have several certificates, close all windows of the "
	    "browser, try again and choose another one." },
	{ REASON_NOT_ADMIN, "This entry is for administrators",
	    "With this certificate you cannot log in as an administrator.",
	    "Use the entry for everybody, or another certificate." },
	{ "busy", "Too many attempts",
	    "There have been too many refused attempts with this certificate "
	    "or from your network.",
	    "Wait some minutes and try again. Nothing has been locked." },
	{ REASON_OFF, "Logging in with certificates is switched off",
	    "This site does not accept certificates at the moment.",
	    "Try again later." },
	{ "unavailable", "This cannot be checked at the moment",
	    "Something on our side does not work. Your certificate is not to "
	    "blame.",
	    "Try again in some minutes." },
};

/* The last one for a word that is none of them. */
static const struct advice *
advice_of(const char *word)
{
	size_t count = sizeof(advices) / sizeof(advices[0]), i;

	for (i = 0; i < count - 1; i++)
		if (word != NULL && strcmp(advices[i].word, word) == 0)
			break;
	return &advices[i];
}

static void
put_time(struct buffer *out, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char stamp[40], text[40];
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0 ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm) == 0)
		return;
	buffer_printf(out, "<time datetime=\"%s\">%s</time>", stamp, text);
}

static void
put_head(struct buffer *out, const char *title)
{
	buffer_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<style>" PAGE_STYLE "</style>\n<title>");
	html_puts(out, title);
	buffer_puts(out, "</title>\n</head>\n<body>\n<main>\n<h1>");
	html_puts(out, title);
	buffer_puts(out, "</h1>\n");
}

static void
put_field(struct buffer *out, const struct page *page, const char *name,
    const char *label)
{
	const struct protocol_field *field = page->reply == NULL ? NULL :
	    protocol_get(page->reply, name);

	if (field == NULL || field->len == 0)
		return;
	buffer_printf(out, "<dt>%s</dt>\n<dd>", label);
	html_put(out, field->value, field->len);
	buffer_puts(out, "</dd>\n");
}

/* Until when; true: that is soon. */
static bool
put_until(struct buffer *out, const struct page *page)
{
	const char *text = page->reply == NULL ? NULL :
	    protocol_text(page->reply, "not-after");
	long long until;

	if (text == NULL || text_to_int(text, strlen(text), 0, INT64_MAX,
	    &until) == -1)
		return false;
	buffer_puts(out, "<dt>Valid until</dt>\n<dd>");
	put_time(out, until);
	buffer_puts(out, "</dd>\n");
	return until - page->now < SOON_DAYS * (int64_t)DAY;
}

static void
put_signed_in(struct buffer *out, const struct page *page)
{
	bool soon;

	put_head(out, "You are signed in");
	buffer_puts(out, "<p>Your certificate has been accepted.</p>\n"
	    "<h2>Your account</h2>\n<dl>\n");
	put_field(out, page, "account", "Account");
	put_field(out, page, "identity", "Known by");
	buffer_puts(out, "</dl>\n<h2>Your certificate</h2>\n<dl>\n");
	put_field(out, page, "serial", "Serial number");
	put_field(out, page, "issuer", "Issued by");
	soon = put_until(out, page);
	buffer_puts(out, "</dl>\n");
	if (soon)
		buffer_puts(out, "<p>The certificate ends soon. Ask for a new "
		    "one in time.</p>\n");
}

static void
put_refusal(struct buffer *out, const struct page *page)
{
	const struct advice *advice = advice_of(page->answer->word);

	put_head(out, advice->title);
	buffer_puts(out, "<p>");
	html_puts(out, advice->what);
	buffer_puts(out, "</p>\n<h2>What you can do</h2>\n<p>");
	html_puts(out, advice->advice);
	buffer_puts(out, "</p>\n");
	if (page->answer->login && *page->login_url != '\0') {
		buffer_puts(out, "<p><a href=\"");
		html_puts(out, page->login_url);
		buffer_puts(out, "\">Log in with a password instead</a></p>\n");
	}
	buffer_puts(out, "<h2>If you need help</h2>\n<p>");
	if (*page->contact != '\0') {
		buffer_puts(out, "Turn to ");
		html_puts(out, page->contact);
	} else {
		buffer_puts(out, "Ask whoever looks after this site");
	}
	buffer_puts(out, ". Tell them this: <code>");
	html_puts(out, advice->word);
	buffer_puts(out, "</code>, ");
	put_time(out, page->now);
	buffer_puts(out, ".</p>\n");
}

void
page_write(struct buffer *out, const struct page *page)
{
	if (page->answer->status == 200 &&
	    page->answer->verdict == VERDICT_ACTIVE)
		put_signed_in(out, page);
	else
		put_refusal(out, page);
	buffer_puts(out, "</main>\n</body>\n</html>\n");
}
