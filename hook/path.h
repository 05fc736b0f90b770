/*
 * Is a request path at or below the path of the administrators' entry?
 *
 * Pure.  A proxy that sends the person's own path (Envoy) lets the person
 * choose its spelling, and a server behind it may read %61dmin, //admin,
 * /x/../admin, /admin;x and /Admin as the same place.  So the path is reduced
 * first, and whatever could be meant counts: a spelling that no server
 * understands costs a refusal, one that we overlook would cost the admin
 * entry.  Each server of a row may decode once more, and decoders differ: some
 * take %u0061, UTF-8 of more bytes than needed, a full width form or a letter of
 * the same capital (dotless i) for a letter of ASCII.  ASP.NET cuts "(S(...))"
 * out of paths: with one in it, nobody knows what remains.  What ".." undoes is
 * not worked out, because servers do not agree on it (/x%2fy/../admin): with one
 * in the path, the place counts wherever it appears; so it does behind two
 * separators at the head, where a parser of URLs reads a host (//h/admin).
 */
#ifndef HOOK_PATH_H
#define HOOK_PATH_H

#include <stdbool.h>

/*
 * path: of a request, as received; a query behind '?' is ignored unless it has
 * ".." in it, for those who join all of it to a folder's name.  below: an
 * absolute path without any of the above, as hook_config checks it.  True also
 * when memory is short.
 */
bool path_is_below(const char *path, const char *below);

/*
 * Of a request's target as it was sent: "/path", "http://host/path" or "*".
 * True also for any other, and for one with blanks or control characters.
 */
bool path_target_is_below(const char *target, const char *below);

/* Is it absolute, of plain letters, and without a trailing '/'? */
bool path_is_plain(const char *path);

#endif
