/*
 * certificate_read on arbitrary DER; and the reading of names on whatever
 * OpenSSL can parse, since a fuzzer cannot sign.
 *
 * The seeds were made by mkcert, signed by the CA below (its key is gone) and
 * valid for a hundred years.
 */
#include "lookupd/certificate_edge.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1800000000)		/* January 2027 */
#define ALL_SOURCES ((1U << (IDENTITY_UID + 1)) - 1)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char ca_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBZzCCAQygAwIBAgIQWsB0CXILhRycSz48EqT5SDAKBggqhkjOPQQDAjASMRAw\n"
    "DgYDVQQDDAdGdXp6IENBMCAXDTI2MTEyMjA5MDc0M1oYDzIxMjYxMDI5MTAwNzQz\n"
    "WjASMRAwDgYDVQQDDAdGdXp6IENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "I9EISyp6uLpXrk7pFvOxRoSxWhaUwUWw23bRNksn9fNOzYAvAyDiaUMyWPVbTkv5\n"
    "Wlxwa4Io+U4zLOKe8p8atKNCMEAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQU\n"
    "40G/vp4mRMVc3KPuoDX8ptOMDY8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMC\n"
    "A0kAMEYCIQCZLZQ7bfxAt0Ey/J0rpesZsv5XnwcjXcqv34Uw/fy5CAIhANe2Uloh\n"
    "LEeRZy+3CHyxfVZ2vqtEfael3hHHMF7wDau4\n"
    "-----END CERTIFICATE-----\n";
static struct certificate_ca *ca;

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char error[CERTIFICATE_WHY_MAX];

	(void)argc;
	(void)argv;
	require(certificate_init() == 0);
	ca = certificate_ca_load("ca.pem", ca_pem, sizeof(ca_pem) - 1, error);
	require(ca != NULL);
	return 0;
}

/* Every identity is one that identities_add takes as it stands. */
static void
check_identities(const struct identities *set)
{
	struct identities again;
	const char *reason;
	size_t i;

	require(set->count <= IDENTITIES_MAX);
	memset(&again, 0, sizeof(again));
	for (i = 0; i < set->count; i++) {
		const struct identity *one = &set->items[i];

		require(strlen(one->name.text) == one->name.len);
		require(identities_add(&again, one->source, one->name.text,
		    one->name.len, &reason) == NULL);
		require(again.count == i + 1);
		require(again.items[i].source == one->source);
		require(again.items[i].name.len == one->name.len);
		require(again.items[i].name.local_len == one->name.local_len);
		require(strcmp(again.items[i].name.text, one->name.text) == 0);
	}
}

static void
check_names(const uint8_t *data, size_t size)
{
	struct identities set;
	char why[CERTIFICATE_WHY_MAX] = "";
	struct trace trace;
	X509 *cert = d2i_X509(NULL, &data, (long)size);
	const char *reason;

	if (cert == NULL)
		return;
	trace_init(&trace);
	memset(&set, 0, sizeof(set));
	reason = certificate_names(cert, ALL_SOURCES, &set, why, &trace);
	require((reason == NULL) == (set.count > 0));
	check_identities(&set);
	trace_free(&trace);
	X509_free(cert);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate got;
	char why[CERTIFICATE_WHY_MAX];
	struct trace trace;
	const char *reason;

	trace_init(&trace);
	reason = certificate_read(data, size, ca, ALL_SOURCES, NOW, &got, why,
	    &trace);
	require((reason == NULL) == (got.identities.count > 0));
	require((reason == NULL) == (why[0] == '\0'));
	require(reason == NULL || reason_verdict(reason) == VERDICT_REFUSED);
	if (reason == NULL) {
		check_identities(&got.identities);
		require(got.not_before <= NOW && NOW <= got.not_after);
		require(certificate_der_strict(data, size) == NULL);
	}
	trace_free(&trace);
	check_names(data, size);
	return 0;
}
