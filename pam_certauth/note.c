/* See note.h. */
#include "config.h"

#include "pam_certauth/note.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

struct note_name
note_name(const char *name)
{
	struct note_name shown = { "" };
	struct buffer out;

	buffer_init(&out, sizeof(shown.text) - 1);
	text_escape(&out, name, strlen(name), NOTE_NAME_MAX);
	if (!out.failed)
		memcpy(shown.text, buffer_text(&out), out.len + 1);
	buffer_free(&out);
	return shown;
}

bool
note_is_printable(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] >= 0x7f)
			return false;
	return true;
}

void
note_refusal(pam_handle_t *pamh, const struct options *options,
    const char *format, ...)
{
	char line[4 * NOTE_NAME_MAX + 256];
	va_list args;

	if (options->quiet)
		return;
	va_start(args, format);
	if (vsnprintf(line, sizeof(line), format, args) < 0)
		line[0] = '\0';
	va_end(args);
	pam_syslog(pamh, LOG_NOTICE, "%s", line);
}
