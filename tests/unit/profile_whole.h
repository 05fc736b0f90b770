/*
 * A profile with every setting, of which a test replaces one or some.
 */
#ifndef CERTAUTH_TESTS_PROFILE_WHOLE_H
#define CERTAUTH_TESTS_PROFILE_WHOLE_H

#include "tests/unit/pure.h"

/* Each setting in one line, in this order. */
enum part { ACCOUNT, NAME, KEYS, TYPES, REQUIRE, SINGLE, DOMAIN, LOCKOUT, LET,
	ADMIN, RULES, REFERENCES, PARTS };

static const char *const whole[PARTS] = {
	[ACCOUNT] = "account = \"(objectClass=person)\";",
	[NAME] = "name = \"mail\";",
	[KEYS] = "keys = { address = [ \"mail\", \"proxyAddresses:smtp:\" ]; "
	    "account = \"uid\"; upn = [ \"p:cert U:V:\" ]; };",
	[TYPES] = "types = { t = \"time\"; n = \"integer\"; b = \"boolean\"; "
	    "d = \"days\"; f = \"filetime\"; e = \"exact\"; x = \"text\"; };",
	[REQUIRE] = "require = [ \"status\" ];",
	[SINGLE] = "single = [ \"status\", \"dstatus\" ];",
	[DOMAIN] = "domain = { entry = \"(objectClass=domain)\"; name = \"dn\"; "
	    "id = \"did\"; alias = \"(dtype=alias)\"; target = \"dtarget\"; "
	    "required = false; };",
	[LOCKOUT] = "lockout = 3600;",
	[LET] = "let = { root = \"(b=TRUE)\"; };",
	[ADMIN] = "admin = \"(role=chief)\";",
	[RULES] = "rules = ( { block = \"locked\"; account = \"(t>=%{now-lockout})\"; "
	    "domain = \"(dstatus=locked)\"; if = \"root\"; unless = \"root\"; }, "
	    "{ admit = true; account = \"(Status=active)\"; } );",
	[REFERENCES] = "ignore_references = true; resume = false;",
};

static inline struct profile *
read_parts(const char *const *parts, struct problems *problems)
{
	char text[8192] = "";
	size_t i, len = 0;

	for (i = 0; i < PARTS; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n",
		    parts[i]);
	assert_true(len < sizeof(text));
	return profile_of(text, len, problems);
}

#endif
