/*
 * mkcert: test CAs and client certificates for the tests and the quickstart,
 * deliberately odd ones included.  The words are described in mkcert_lib.h.
 *
 *	mkcert ca   OUT_PREFIX CN [issuer=CA_PREFIX] [key=value ...]
 *	mkcert leaf OUT_PREFIX CA_PREFIX [key=value ...]    (- : self-signed)
 *
 * Writes OUT_PREFIX.pem, OUT_PREFIX.der and OUT_PREFIX.key.
 */
#include "tests/tools/mkcert_lib.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 128

static int
usage(void)
{
	fprintf(stderr, "usage: mkcert ca OUT_PREFIX CN [issuer=CA_PREFIX] "
	    "[key=value ...]\n"
	    "       mkcert leaf OUT_PREFIX CA_PREFIX [key=value ...]\n");
	return 2;
}

/* Words for the library; issuer= is ours. */
static int
collect(int argc, char **argv, const char **words, size_t count,
    const char **ret_issuer)
{
	int i;

	for (i = 4; i < argc; i++) {
		if (strncmp(argv[i], "issuer=", 7) == 0)
			*ret_issuer = argv[i] + 7;
		else if (count + 1 < WORDS_MAX)
			words[count++] = argv[i];
		else
			return -1;
	}
	words[count] = NULL;
	return 0;
}

int
main(int argc, char **argv)
{
	struct mkcert issuer = { NULL, NULL }, made = { NULL, NULL };
	const char *words[WORDS_MAX], *from = NULL;
	char error[MKCERT_ERROR_MAX] = "", cn[512];
	size_t count = 0;
	bool ca;
	int n, status = 1;

	if (argc < 4 || (strcmp(argv[1], "ca") != 0 &&
	    strcmp(argv[1], "leaf") != 0))
		return usage();
	ca = strcmp(argv[1], "ca") == 0;
	if (ca) {
		n = snprintf(cn, sizeof(cn), "cn=%s", argv[3]);
		if (n < 0 || (size_t)n >= sizeof(cn))
			return usage();
		words[count++] = cn;
	} else if (strcmp(argv[3], "-") != 0) {
		from = argv[3];
	}
	if (collect(argc, argv, words, count, &from) != 0)
		return usage();
	if (from != NULL && mkcert_read(&issuer, from, error) != 0)
		goto out;
	if (mkcert_make(&made, from == NULL ? NULL : &issuer, ca, words,
	    error) != 0 || mkcert_write(&made, argv[2], error) != 0)
		goto out;
	status = 0;
out:
	if (status != 0)
		fprintf(stderr, "mkcert: %s\n", error);
	mkcert_free(&issuer);
	mkcert_free(&made);
	return status;
}
