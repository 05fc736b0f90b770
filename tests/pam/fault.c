/* See fault.h. */
#undef _FORTIFY_SOURCE
#include "config.h"

#include "tests/pam/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define OWNED_MAX 256

static const struct {
	const char *symbol;
	enum fault_kind kind;
} table[] = {
	{ "malloc", FAULT_REFUSES }, { "calloc", FAULT_REFUSES },
	{ "realloc", FAULT_REFUSES }, { "socket", FAULT_REFUSES },
	{ "connect", FAULT_REFUSES }, { "getsockopt", FAULT_REFUSES },
	{ "poll", FAULT_REFUSES }, { "__poll_chk", FAULT_REFUSES },
	{ "send", FAULT_REFUSES }, { "recv", FAULT_REFUSES },
	{ "__recv_chk", FAULT_REFUSES }, { "stat", FAULT_REFUSES },
	{ "getpwnam_r", FAULT_REFUSES }, { "getauxval", FAULT_REFUSES },
	{ "getresuid", FAULT_REFUSES }, { "getresgid", FAULT_REFUSES },
	{ "pam_get_item", FAULT_REFUSES }, { "pam_set_item", FAULT_REFUSES },
	/* of common/, linked with the rest and not called by the module */
	{ "bind", FAULT_REFUSES }, { "chmod", FAULT_REFUSES },
	{ "fcntl", FAULT_REFUSES }, { "fcntl64", FAULT_REFUSES },
	{ "fstat", FAULT_REFUSES }, { "getgroups", FAULT_REFUSES },
	{ "getrandom", FAULT_REFUSES },
	{ "lchown", FAULT_REFUSES }, { "listen", FAULT_REFUSES },
	{ "lstat", FAULT_REFUSES }, { "open", FAULT_REFUSES },
	{ "read", FAULT_REFUSES }, { "unlink", FAULT_REFUSES },
	/* the answer is already there, or it is only words */
	{ "close", FAULT_HARMLESS }, { "clock_gettime", FAULT_HARMLESS },
	{ "snprintf", FAULT_HARMLESS }, { "vsnprintf", FAULT_HARMLESS },
	{ "__snprintf_chk", FAULT_HARMLESS },
	{ "__vsnprintf_chk", FAULT_HARMLESS },
	{ "strerror", FAULT_HARMLESS },
	/* these do not fail */
	{ "free", FAULT_CANNOT }, { "pam_syslog", FAULT_CANNOT },
	{ "geteuid", FAULT_CANNOT }, { "getegid", FAULT_CANNOT },
	{ "explicit_bzero", FAULT_CANNOT },
	{ "__explicit_bzero_chk", FAULT_CANNOT },
	{ "memchr", FAULT_CANNOT }, { "memcmp", FAULT_CANNOT },
	{ "bcmp", FAULT_CANNOT }, { "memcpy", FAULT_CANNOT },
	{ "__memcpy_chk", FAULT_CANNOT }, { "memmove", FAULT_CANNOT },
	{ "__memmove_chk", FAULT_CANNOT }, { "memset", FAULT_CANNOT },
	{ "strchr", FAULT_CANNOT }, { "strcmp", FAULT_CANNOT },
	{ "strcspn", FAULT_CANNOT }, { "strlen", FAULT_CANNOT },
	{ "strncmp", FAULT_CANNOT }, { "strnlen", FAULT_CANNOT },
	{ "strpbrk", FAULT_CANNOT }, { "strrchr", FAULT_CANNOT },
	{ "strspn", FAULT_CANNOT }, { "strstr", FAULT_CANNOT },
	{ "__errno_location", FAULT_CANNOT },
	{ "__stack_chk_fail", FAULT_CANNOT },
	{ "__cxa_finalize", FAULT_CANNOT },
	{ "__gmon_start__", FAULT_CANNOT },
};
#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

static __thread bool armed;
static __thread struct fault_plan plan;
static __thread struct fault_result result;
static __thread uint32_t chance;

/* What the module has to free. */
static __thread void *owned[OWNED_MAX];
static const char *watched;
static bool was_freed, was_wiped;

enum fault_kind
fault_kind(const char *symbol)
{
	/* the sanitizers' own, and the compiler's for code that starts */
	if (strncmp(symbol, "__asan_", 7) == 0 ||
	    strncmp(symbol, "__ubsan_", 8) == 0 ||
	    strncmp(symbol, "__sanitizer_", 12) == 0 ||
	    strncmp(symbol, "_ITM_", 5) == 0)
		return FAULT_CANNOT;
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strcmp(table[i].symbol, symbol) == 0)
			return table[i].kind;
	return FAULT_NONE;
}

bool
fault_from_module(void *caller)
{
	Dl_info info;
	const char *name;

	if (dladdr(caller, &info) == 0 || info.dli_fname == NULL)
		return false;
	name = strrchr(info.dli_fname, '/');
	return name != NULL && strcmp(name, "/pam_certauth.so") == 0;
}

/* xorshift: the same numbers everywhere */
static bool
by_chance(void)
{
	chance ^= chance << 13;
	chance ^= chance >> 17;
	chance ^= chance << 5;
	return plan.one_in > 0 && chance % plan.one_in == 0;
}

bool
fault_now(const char *symbol, int error, void *caller)
{
	if (!armed || !fault_from_module(caller) || (plan.symbol != NULL &&
	    strcmp(plan.symbol, symbol) != 0))
		return false;
	if (++result.calls != plan.nth && !by_chance())
		return false;
	if (fault_kind(symbol) == FAULT_HARMLESS)
		result.harmless++;
	else
		result.refusing++;
	errno = error;
	return true;
}

void
fault_take(void *memory)
{
	if (!armed)
		return;
	for (size_t i = 0; memory != NULL && i < OWNED_MAX; i++)
		if (owned[i] == NULL) {
			owned[i] = memory;
			return;
		}
}

void
fault_own(void *memory)
{
	/* without a free of ours nobody would notice that it is freed */
	if (FAULT_MALLOC)
		fault_take(memory);
}

void
fault_arm(const struct fault_plan *wanted)
{
	plan = *wanted;
	chance = wanted->seed * 2654435761u + 1;
	memset(&result, 0, sizeof(result));
	memset(owned, 0, sizeof(owned));
	armed = true;
}

struct fault_result
fault_disarm(void)
{
	armed = false;
	for (size_t i = 0; i < OWNED_MAX; i++)
		result.leaked += owned[i] != NULL;
	return result;
}

void
fault_watch(const char *text)
{
	was_freed = false;
	was_wiped = false;
	watched = text;
}

bool
fault_was_wiped(void)
{
	return was_freed && was_wiped;
}

void
fault_give(const void *memory)
{
	if (memory != NULL && memory == watched) {
		was_freed = true;
		was_wiped = memchr(memory, 's', 6) == NULL;
		watched = NULL;
	}
	for (size_t i = 0; armed && memory != NULL && i < OWNED_MAX; i++)
		if (owned[i] == memory)
			owned[i] = NULL;
}
