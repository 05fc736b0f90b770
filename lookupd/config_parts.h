/*
 * Private to config*.c: reading one realm, one service.
 */
#ifndef LOOKUPD_CONFIG_PARTS_H
#define LOOKUPD_CONFIG_PARTS_H

#include "lookupd/config.h"

/* Read one realm from its group and append it to config. All errors go to
 * problems; config stays valid. */
void realm_read(struct config *config, const struct settings_node *node,
    struct problems *problems);
void realm_free(struct realm *realm);	/* NULL-safe */
void realm_dump(const struct realm *realm, FILE *stream);

/* The same for a service; the realms have been read before. */
void service_read(struct config *config, const struct settings_node *node,
    struct problems *problems);
/* The service `default` for root, unless the configuration has one. */
void service_add_default(struct config *config, struct problems *problems);
void service_free(struct service *service);	/* NULL-safe */
void service_dump(const struct service *service, FILE *stream);

/* 1 if name is 1 to CONFIG_NAME_MAX bytes of [A-Za-z0-9._-]. */
int config_name_ok(const char *name);

#endif
