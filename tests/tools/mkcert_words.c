/*
 * Subject and extensions of test certificates, from words key=value.
 */
#include "tests/tools/mkcert_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

/* A decoded value; BMP doubles the bytes. */
struct bytes {
	unsigned char *data;
	int len;
};

static const char *const known[] = {
	"cn", "o", "uid", "email", "san-email", "san-dns", "upn", "smtputf8",
	"multirdn", "empty-subject", "dup-san", "bad-san", "days", "ca-days",
	"notafter", "notbefore", "eku", "ku", "key", "md", "serial", "pathlen",
	"no-ca", "ext", "critical-ext", "pad", "no-aki", "version"
};

static const struct { const char *suffix; int type; } string_types[] = {
	{ "-utf8", V_ASN1_UTF8STRING }, { "-printable", V_ASN1_PRINTABLESTRING },
	{ "-bmp", V_ASN1_BMPSTRING }, { "-t61", V_ASN1_T61STRING },
	{ "-ia5", V_ASN1_IA5STRING }
};

/* Is this the word key= or key-TYPE=?  The value, and the type or 0. */
static const char *
match(const char *word, const char *key, int *ret_type)
{
	size_t i, len = strlen(key), suffix;

	if (strncmp(word, key, len) != 0)
		return NULL;
	*ret_type = 0;
	if (word[len] == '=')
		return word + len + 1;
	for (i = 0; i < sizeof(string_types) / sizeof(string_types[0]); i++) {
		suffix = strlen(string_types[i].suffix);
		if (strncmp(word + len, string_types[i].suffix, suffix) == 0 &&
		    word[len + suffix] == '=') {
			*ret_type = string_types[i].type;
			return word + len + suffix + 1;
		}
	}
	return NULL;
}

const char *
words_check(const char *const *words)
{
	size_t i;
	int type;

	for (; *words != NULL; words++) {
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (match(*words, known[i], &type) != NULL)
				break;
		if (i == sizeof(known) / sizeof(known[0]))
			return *words;
	}
	return NULL;
}

const char *
words_get(const char *const *words, const char *key)
{
	const char *value;
	int type;

	for (; *words != NULL; words++)
		if ((value = match(*words, key, &type)) != NULL && type == 0)
			return value;
	return NULL;
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	return c != '\0' && (at = strchr(digits, c)) != NULL ?
	    (int)(at - digits) : -1;
}

/* Undo %XX; for BMPString each byte becomes two. */
static int
decode(const char *value, int type, struct bytes *ret)
{
	size_t room = 2 * strlen(value) + 1;
	unsigned char byte;

	if ((ret->data = malloc(room)) == NULL)
		return -1;
	ret->len = 0;
	for (; *value != '\0'; value++) {
		byte = (unsigned char)*value;
		if (byte == '%' && hex_digit(value[1]) >= 0 &&
		    hex_digit(value[2]) >= 0) {
			byte = (unsigned char)(hex_digit(value[1]) * 16 +
			    hex_digit(value[2]));
			value += 2;
		}
		if (type == V_ASN1_BMPSTRING)
			ret->data[ret->len++] = 0;
		ret->data[ret->len++] = byte;
	}
	return 0;
}

int
words_subject(X509 *cert, const char *const *words)
{
	static const struct { const char *key; int nid, type; } names[] = {
		{ "o", NID_organizationName, V_ASN1_UTF8STRING },
		{ "cn", NID_commonName, V_ASN1_UTF8STRING },
		{ "uid", NID_userId, V_ASN1_UTF8STRING },
		{ "email", NID_pkcs9_emailAddress, V_ASN1_IA5STRING }
	};
	X509_NAME *name = X509_NAME_new();
	bool join = words_get(words, "multirdn") != NULL;
	const char *value;
	struct bytes bytes;
	int type, set = 0, ok = name != NULL;
	size_t i;

	if (words_get(words, "empty-subject") == NULL) {
		for (; ok && *words != NULL; words++) {
			for (i = 0; i < 4; i++)
				if ((value = match(*words, names[i].key,
				    &type)) != NULL)
					break;
			if (i == 4)
				continue;
			ok = decode(value, type, &bytes) == 0;
			ok = ok && X509_NAME_add_entry_by_NID(name,
			    names[i].nid, type == 0 ? names[i].type : type,
			    bytes.data, bytes.len, -1, set);
			free(bytes.data);
			set = join && i > 0 ? -1 : 0;
		}
	}
	ok = ok && X509_set_subject_name(cert, name);
	X509_NAME_free(name);
	return ok ? 0 : -1;
}

static GENERAL_NAME *
plain_name(int kind, const struct bytes *bytes)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	if (name == NULL || text == NULL ||
	    !ASN1_STRING_set(text, bytes->data, bytes->len)) {
		GENERAL_NAME_free(name);
		ASN1_IA5STRING_free(text);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, kind, text);
	return name;
}

static GENERAL_NAME *
other_name(const char *oid, int type, const struct bytes *bytes)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *text = ASN1_STRING_type_new(type);
	ASN1_TYPE *value = ASN1_TYPE_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);

	if (name == NULL || text == NULL || value == NULL || object == NULL ||
	    !ASN1_STRING_set(text, bytes->data, bytes->len)) {
		ASN1_STRING_free(text);
		goto fail;
	}
	ASN1_TYPE_set(value, type, text);
	if (GENERAL_NAME_set0_othername(name, object, value))
		return name;
fail:
	GENERAL_NAME_free(name);
	ASN1_TYPE_free(value);
	ASN1_OBJECT_free(object);
	return NULL;
}

static int
add_san(X509 *cert, const char *const *words)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	GENERAL_NAME *one;
	struct bytes bytes;
	const char *value, *oid = NULL;
	int type, kind, ok = all != NULL;
	bool twice = words_get(words, "dup-san") != NULL;

	for (; ok && *words != NULL; words++) {
		kind = GEN_OTHERNAME;
		if ((value = match(*words, "san-email", &type)) != NULL)
			kind = GEN_EMAIL;
		else if ((value = match(*words, "san-dns", &type)) != NULL)
			kind = GEN_DNS;
		else if ((value = match(*words, "upn", &type)) != NULL)
			oid = "1.3.6.1.4.1.311.20.2.3";
		else if ((value = match(*words, "smtputf8", &type)) != NULL)
			oid = "1.3.6.1.5.5.7.8.9";
		else
			continue;
		if (type == 0)
			type = V_ASN1_UTF8STRING;
		if ((ok = decode(value, type, &bytes) == 0) == 0)
			break;
		one = kind == GEN_OTHERNAME ? other_name(oid, type, &bytes) :
		    plain_name(kind, &bytes);
		free(bytes.data);
		ok = one != NULL && sk_GENERAL_NAME_push(all, one) > 0;
	}
	if (ok && sk_GENERAL_NAME_num(all) > 0)
		ok = X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0,
		    X509V3_ADD_APPEND) == 1 && (!twice ||
		    X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0,
		    X509V3_ADD_APPEND) == 1);
	GENERAL_NAMES_free(all);
	return ok ? 0 : -1;
}

/* An extension with contents as they are. */
static int
add_raw(X509 *cert, const char *oid, bool critical, const void *data, int len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;
	int ok = 0;

	if (object != NULL && octets != NULL &&
	    ASN1_OCTET_STRING_set(octets, data, len) &&
	    (ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical,
	    octets)) != NULL)
		ok = X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(octets);
	ASN1_OBJECT_free(object);
	return ok ? 0 : -1;
}

static int
add_raw_words(X509 *cert, const char *const *words)
{
	static const char broken[] = { 0x30, 0x07, (char)0x81, 0x40, 'a', '@',
	    'b', '.', 'c' };
	const char *value, *colon;
	struct bytes bytes;
	char oid[128];
	bool critical;
	int type, ok = 1;

	if (words_get(words, "bad-san") != NULL)
		ok = add_raw(cert, "2.5.29.17", false, broken,
		    (int)sizeof(broken)) == 0;
	for (; ok && *words != NULL; words++) {
		critical = false;
		if ((value = match(*words, "critical-ext", &type)) != NULL)
			critical = true;
		else if ((value = match(*words, "ext", &type)) == NULL)
			continue;
		colon = strchr(value, ':');
		if (colon == NULL || (size_t)(colon - value) >= sizeof(oid))
			return -1;
		memcpy(oid, value, (size_t)(colon - value));
		oid[colon - value] = '\0';
		ok = decode(colon + 1, 0, &bytes) == 0;
		ok = ok && add_raw(cert, oid, critical, bytes.data,
		    bytes.len) == 0;
		free(bytes.data);
	}
	return ok ? 0 : -1;
}

static int
add_ext(X509V3_CTX *ctx, X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	int ok = ext != NULL && X509_add_ext(cert, ext, -1);

	X509_EXTENSION_free(ext);
	return ok ? 0 : -1;
}

static int
add_pad(X509 *cert, const char *bytes)
{
	size_t len = (size_t)strtoul(bytes, NULL, 10);
	char *text;
	int ok;

	if (len > 1024 * 1024 || (text = malloc(len + 1)) == NULL)
		return -1;
	memset(text, 'x', len);
	ok = add_raw(cert, "2.16.840.1.113730.1.13", false, text, (int)len);
	free(text);
	return ok;
}

int
words_extensions(X509 *cert, X509 *issuer, const char *const *words, bool ca)
{
	const char *ku = words_get(words, "ku"), *eku = words_get(words, "eku");
	const char *pathlen = words_get(words, "pathlen");
	const char *pad = words_get(words, "pad");
	char basic[64] = "critical,CA:FALSE";
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	if (ca && words_get(words, "no-ca") == NULL)
		snprintf(basic, sizeof(basic), "critical,CA:TRUE%s%s",
		    pathlen == NULL ? "" : ",pathlen:",
		    pathlen == NULL ? "" : pathlen);
	if (ku == NULL)
		ku = ca ? "critical,keyCertSign,cRLSign" : "digitalSignature";
	if (eku == NULL)
		eku = ca ? "none" : "clientAuth";
	else if (strcmp(eku, "any") == 0)
		eku = "anyExtendedKeyUsage";
	if (add_ext(&ctx, cert, NID_basic_constraints, basic) != 0 ||
	    add_ext(&ctx, cert, NID_subject_key_identifier, "hash") != 0)
		return -1;
	if (words_get(words, "no-aki") == NULL && issuer != cert &&
	    add_ext(&ctx, cert, NID_authority_key_identifier, "keyid") != 0)
		return -1;
	if (strcmp(ku, "none") != 0 &&
	    add_ext(&ctx, cert, NID_key_usage, ku) != 0)
		return -1;
	if (strcmp(eku, "none") != 0 &&
	    add_ext(&ctx, cert, NID_ext_key_usage, eku) != 0)
		return -1;
	if (pad != NULL && add_pad(cert, pad) != 0)
		return -1;
	return add_san(cert, words) != 0 || add_raw_words(cert, words) != 0 ?
	    -1 : 0;
}
