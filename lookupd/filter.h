/*
 * RFC 4515 filters: parsed, evaluated three-valued, and built.
 *
 * Two uses that never meet: filters from the configuration are parsed here
 * and evaluated over an entry we hold; filters sent to the directory are
 * built by filter_build.h from a parsed configuration filter and escaped
 * values, never by pasting text.
 *
 * Parsed: and, or, not, equality, substrings, >=, <=, presence.  Approximate
 * and extensible matches are taken where a directory understands them
 * (search filters) but cannot be evaluated: filter_evaluable says so, and
 * evaluating one gives Undefined.
 * The bitwise rules 1.2.840.113556.1.4.803 and .804 of Active Directory are
 * evaluated over integer attributes.
 */
#ifndef LOOKUPD_FILTER_H
#define LOOKUPD_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "lookupd/entry.h"
#include "lookupd/trace.h"
#include "lookupd/value.h"

#define FILTER_TEXT_MAX 4096	/* of one filter in a configuration */
#define FILTER_DEPTH_MAX 16	/* parsing and evaluating recurse this far */
#define FILTER_NODES_MAX 256
#define FILTER_ERROR_MAX 160

struct filter;			/* opaque: filter_parse.c, filter_eval.c */

/*
 * Parse a whole filter; leading and trailing bytes are errors.  The filter,
 * owned by the caller; or NULL with a sentence naming the byte in error
 * (FILTER_ERROR_MAX bytes).
 */
struct filter *filter_parse(const char *text, size_t len, char *error);
void filter_free(struct filter *filter);	/* NULL-safe */

/* Print it again, canonically: same meaning, escapes normalised. */
void filter_print(const struct filter *filter, struct buffer *out);

/* Call back for every attribute named (once per occurrence). */
void filter_attributes(const struct filter *filter,
    void (*each)(void *context, const char *name), void *context);

/*
 * What an evaluation depends on.  now: microseconds since 1970; lockout:
 * seconds a timed lock lasts, 0 for "until an administrator ends it".
 * Variables in assertion values (whole value only): %{now} GeneralizedTime,
 * %{now-lockout} the same minus the lockout, or, when lockout is 0, earlier
 * than any time; %{now.filetime}, %{now.days}.
 * type_of gives an attribute's type (VALUE_TEXT when the profile is silent).
 */
struct filter_context {
	int64_t now_us;
	int64_t lockout_s;
	enum value_type (*type_of)(const void *types, const char *attribute);
	const void *types;
};

/*
 * Can every part be evaluated under these types?  NULL when it can, else a
 * static sentence (approximate match, unknown matching rule, ordering on a
 * boolean, assertion value that is not of the type, unknown variable).
 * *ret_attribute, if not NULL, is set to the attribute concerned.
 */
const char *filter_evaluable(const struct filter *filter,
    const struct filter_context *context, const char **ret_attribute);

/*
 * Remember in the filter what filter_evaluable found under these types, so
 * that evaluating it under them (the same context->types) needs not find it
 * again.  Changes no result.  Only after filter_evaluable returned NULL.
 */
void filter_bind(struct filter *filter, const struct filter_context *context);

/*
 * Name attributes as this list does (attribute_name), so that they are found
 * by address in entries that name theirs so, too.  The list must live as long
 * as the filter.  Changes no result.
 */
void filter_share_names(struct filter *filter, char *const *list);

/*
 * RFC 4511 4.5.1.7 over one entry.  An absent attribute is False for every
 * item; a stored value that is not of its type is Undefined unless another
 * value makes the item True.
 */
enum truth filter_eval(const struct filter *filter,
    const struct entry *entry, const struct filter_context *context);

#endif
