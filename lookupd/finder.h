/*
 * The front's side of the channel to the directory process: questions out,
 * findings in, matched by id.  While the directory process is being restarted
 * questions are kept and asked again over the new channel; how long anybody
 * waits is the request's deadline, not ours.
 */
#ifndef LOOKUPD_FINDER_H
#define LOOKUPD_FINDER_H

#include <stdint.h>

#include "daemon/loop.h"
#include "lookupd/find.h"

struct finder;
struct ask;			/* one question under way */

/*
 * The answer: findings (moved, the callee frees them) and, when explained,
 * the directory's steps as detail lines, else "".  For finder_status the
 * findings are empty and steps are the state lines.
 */
typedef void finder_answer(void *context, struct findings *findings,
    const char *steps);

struct finder *finder_new(struct event_base *base);
void finder_free(struct finder *finder);	/* NULL-safe; forgets all */

/* A new channel, replacing the old one. Takes over fd.  Questions whose
 * deadline has passed are answered `unavailable`, the others asked again. */
void finder_connect(struct finder *finder, int fd);
/* Is there one?  It ends with the directory process, and with a reply that
 * cannot be read: somebody must then see to a new one. */
bool finder_connected(const struct finder *finder);

/*
 * Ask.  deadline (deadline.h) only tells the directory how long we wait.
 * NULL when it could not be asked; else answer is called once, later, unless
 * finder_forget comes first.  request->id and ->ms are filled in here.
 */
struct ask *finder_ask(struct finder *finder,
    const struct find_request *request, int64_t deadline,
    finder_answer *answer, void *context);
struct ask *finder_status(struct finder *finder, finder_answer *answer,
    void *context);
void finder_forget(struct ask *ask);		/* NULL-safe */

#endif
