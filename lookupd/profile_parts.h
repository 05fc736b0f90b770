/*
 * Between the files of profile*.c.
 */
#ifndef LOOKUPD_PROFILE_PARTS_H
#define LOOKUPD_PROFILE_PARTS_H

#include "lookupd/profile.h"

/* profile.c */

/* The member of that name, or NULL. */
const struct settings_node *profile_member(const struct settings_node *group,
    const char *name);
/* The line a member of that name is in; the group's own if there is none. */
unsigned profile_line(const struct settings_node *group, const char *setting);

/* A setting's filter, parsed and able to be evaluated under the profile's
 * types.  NULL for NULL text, or with a problem added. */
struct filter *profile_filter(const struct profile *profile,
    const struct settings_node *group, const char *setting, const char *text,
    struct problems *problems);
/* A filter that is sent to the directory: anything it may understand, but no
 * variable of ours.  NULL with a problem added. */
struct filter *profile_search_filter(const struct settings_node *group,
    const char *setting, const char *text, struct problems *problems);
/* Take an attribute's name over from *from, if it is one: NULL for NULL, or
 * with a problem added. */
char *profile_take_attribute(const struct settings_node *group,
    const char *setting, char **from, struct problems *problems);

/* profile_groups.c: one group each, in *profile; problems are added. */
void profile_read_types(struct profile *profile,
    const struct settings_node *group, struct problems *problems);
void profile_read_keys(struct profile *profile,
    const struct settings_node *group, struct problems *problems);
void profile_read_domain(struct profile *profile,
    const struct settings_node *group, struct problems *problems);

/* profile_rules.c: from the file's root. */
void profile_read_lets(struct profile *profile,
    const struct settings_node *root, struct problems *problems);
void profile_read_rules(struct profile *profile,
    const struct settings_node *root, struct problems *problems);
/* All attributes to ask for, once all the rest has been read. */
void profile_collect_attributes(struct profile *profile,
    struct problems *problems);

#endif
