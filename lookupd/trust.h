/*
 * One configuration in use by the front: the configuration and the client
 * CAs of its realms, loaded together and swapped together.  Requests hold a
 * reference, so a reload never changes a question half-way.
 */
#ifndef LOOKUPD_TRUST_H
#define LOOKUPD_TRUST_H

#include <stdint.h>

#include "daemon/settings.h"
#include "lookupd/certificate.h"
#include "lookupd/config.h"
#include "lookupd/hash.h"

#define TRUST_CA_FILE_MAX (1024 * 1024)

struct trust {
	unsigned references;
	uint64_t generation;		/* different for each one made */
	struct config *config;
	struct certificate_ca *ca[CONFIG_REALMS_MAX];	/* NULL: none */
	/* Hashes of the names, which the audit counts by: the same for the
	 * next configuration. */
	uint64_t services[CONFIG_SERVICES_MAX], realms[CONFIG_REALMS_MAX];
};

/*
 * Load the CA files of all realms.  Takes over the reference to config, also
 * on failure.  NULL with problems added.  The second reads through a bundle.
 */
struct trust *trust_load(struct config *config, struct problems *problems);
struct trust *trust_load_from(struct bundle *bundle, struct config *config,
    struct problems *problems);
struct trust *trust_ref(struct trust *trust);
void trust_unref(struct trust *trust);		/* NULL-safe */

/* One number for the names of a service, by its index, and of a realm. */
static inline uint64_t
trust_place(const struct trust *trust, size_t service,
    const struct realm *realm)
{
	return hash_step(trust->services[service],
	    trust->realms[realm->index]);
}

/* The number under which a realm's certificates are cached. */
uint64_t trust_scope(const struct trust *trust, const struct realm *realm);

#endif
