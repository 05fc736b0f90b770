/*
 * Every function that the module takes from elsewhere, with a wrapper that
 * can fail in its place.  The wrappers stand before libc's and libpam's for
 * the module (the test is linked with -export-dynamic); they fail only in a
 * thread that is armed, and only when it is the module that calls: libc,
 * libpam and the test have their own ways of coping.
 */
#ifndef CERTAUTH_TESTS_FAULT_H
#define CERTAUTH_TESTS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/* A sanitizer brings its own malloc: there only the rest fails. */
#if defined(__SANITIZE_ADDRESS__)
#define FAULT_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAULT_MALLOC 0
#endif
#endif
#ifndef FAULT_MALLOC
#define FAULT_MALLOC 1
#endif

enum fault_kind {
	FAULT_NONE = 0,	/* no such symbol here */
	FAULT_REFUSES,	/* after its failure nobody may be admitted */
	FAULT_HARMLESS,	/* the answer is the same: close(2) behind it, text
			 * of a log line */
	FAULT_CANNOT	/* does not fail: memcpy, strlen */
};

/* What is known of a symbol. */
enum fault_kind fault_kind(const char *symbol);

/* Which calls are to fail while armed. */
struct fault_plan {
	const char *symbol;	/* only this one; NULL: all */
	unsigned nth;		/* the nth, from 1; 0: none */
	unsigned one_in;	/* one in so many, by chance; 0: none */
	unsigned seed;
};

/* What happened. */
struct fault_result {
	unsigned calls;		/* of what the plan names */
	unsigned refusing, harmless;	/* failures */
	size_t leaked;		/* pieces of memory not freed */
};

void fault_arm(const struct fault_plan *plan);
struct fault_result fault_disarm(void);

/* Memory handed to the module, which has to free it: counted as its own. */
void fault_own(void *memory);

/* For the wrappers: is this call to fail (errno is then set)?  Did the module
 * make it?  Memory the module got, and memory given back. */
bool fault_now(const char *symbol, int error, void *caller);
bool fault_from_module(void *caller);
void fault_take(void *memory);
void fault_give(const void *memory);

/* The answer to watch: was it wiped when it was freed? */
void fault_watch(const char *text);
bool fault_was_wiped(void);

#endif
