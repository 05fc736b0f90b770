/*
 * What a decision tells of its identities: for the audit line, for explain.
 */
#ifndef LOOKUPD_DECISION_TOLD_H
#define LOOKUPD_DECISION_TOLD_H

#include "lookupd/decision.h"

/* The DNs of them all to ret->others, as many as there is room for. */
void decision_name_others(const struct decision_input *in,
    struct decision *ret);

/* The step of one identity. */
void decision_say_identity(const struct decision_input *in, size_t index,
    struct trace *trace);

#endif
