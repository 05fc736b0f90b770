/* See bundle_names.h.  What is no name and what -1 is was settled by
 * privileges_uid: only what it has found comes into a bundle. */
#include "config.h"

#include "daemon/bundle_names.h"

#include "daemon/privileges.h"

int
bundle_uid(struct bundle *bundle, const char *name, uid_t *ret)
{
	uint32_t number;
	uid_t uid;

	if (bundle != NULL &&
	    bundle_get_number(bundle, BUNDLE_USER, name, &number) == 0) {
		*ret = (uid_t)number;
		return 0;
	}
	if (bundle_is_final(bundle) || privileges_uid(name, &uid) != 0 ||
	    (bundle != NULL &&
	    bundle_put_number(bundle, BUNDLE_USER, name, uid) != 0))
		return -1;
	*ret = uid;
	return 0;
}

int
bundle_gid(struct bundle *bundle, const char *name, gid_t *ret)
{
	uint32_t number;
	gid_t gid;

	if (bundle != NULL &&
	    bundle_get_number(bundle, BUNDLE_GROUP, name, &number) == 0) {
		*ret = (gid_t)number;
		return 0;
	}
	if (bundle_is_final(bundle) || privileges_gid(name, &gid) != 0 ||
	    (bundle != NULL &&
	    bundle_put_number(bundle, BUNDLE_GROUP, name, gid) != 0))
		return -1;
	*ret = gid;
	return 0;
}
