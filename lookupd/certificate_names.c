/*
 * The identities of a certificate, from the parsed structures: bytes with
 * their lengths, so that an embedded NUL is seen.  All names of all sources
 * asked for, or none: one that is not acceptable refuses the certificate,
 * because the name that remains might be another person's.
 */
#include "lookupd/certificate_edge.h"

#include <string.h>

#include <openssl/x509v3.h>

#include "common/text.h"

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"
#define OID_SMTP_UTF8 "1.3.6.1.5.5.7.8.9"

/* Bytes of a refused name that are shown. */
#define SHOWN_MAX 128

struct collection {
	struct identities *set;
	unsigned sources;
	const char *reason;	/* of the first refusal */
	char *why;
	struct trace *trace;
};

/* Say it in the trace; the first one is the certificate's reason. */
static void
refuse(struct collection *all, enum identity_source source, const void *bytes,
    size_t len, const char *reason, const char *wrong)
{
	struct buffer shown;

	buffer_init(&shown, 8 * SHOWN_MAX);
	if (bytes != NULL)
		text_escape(&shown, bytes, len, SHOWN_MAX);
	certificate_step(all->trace, "identity", "%s \"%s\" refused: %s",
	    identity_source_name(source), buffer_text(&shown), wrong);
	if (all->reason == NULL) {
		all->reason = reason;
		certificate_why(all->why, "%s \"%.100s\": %s",
		    identity_source_name(source), buffer_text(&shown), wrong);
	}
	buffer_free(&shown);
}

static void
found(struct collection *all, enum identity_source source,
    const ASN1_STRING *string)
{
	const unsigned char *bytes = ASN1_STRING_get0_data(string);
	int len = ASN1_STRING_length(string);
	const char *reason = REASON_BAD_IDENTITY, *wrong;
	size_t before = all->set->count;

	if (bytes == NULL || len <= 0) {
		refuse(all, source, NULL, 0, REASON_BAD_IDENTITY,
		    "it is empty");
		return;
	}
	wrong = identities_add(all->set, source, bytes, (size_t)len, &reason);
	if (wrong != NULL)
		refuse(all, source, bytes, (size_t)len, reason, wrong);
	else
		certificate_step(all->trace, "identity", "%s %.*s%s",
		    identity_source_name(source), len, (const char *)bytes,
		    before == all->set->count ? " (again)" : "");
}

/* A string whose type must be one of two or three. */
static void
found_typed(struct collection *all, enum identity_source source,
    const ASN1_STRING *string, bool printable)
{
	int type = ASN1_STRING_type(string);

	if (type == V_ASN1_IA5STRING || type == V_ASN1_UTF8STRING ||
	    (printable && type == V_ASN1_PRINTABLESTRING))
		found(all, source, string);
	else
		refuse(all, source, ASN1_STRING_get0_data(string),
		    (size_t)ASN1_STRING_length(string), REASON_BAD_IDENTITY,
		    printable ?
		    "not an IA5String, UTF8String or PrintableString" :
		    "not an IA5String or UTF8String");
}

static void
found_other(struct collection *all, const OTHERNAME *other)
{
	const ASN1_TYPE *value = other->value;
	char oid[64];

	if (OBJ_obj2txt(oid, sizeof(oid), other->type_id, 1) <= 0)
		return;
	if (strcmp(oid, OID_UPN) == 0 &&
	    (all->sources & IDENTITY_BIT(IDENTITY_UPN)) != 0) {
		if (value != NULL && (value->type == V_ASN1_UTF8STRING ||
		    value->type == V_ASN1_IA5STRING))
			found(all, IDENTITY_UPN, value->value.asn1_string);
		else
			refuse(all, IDENTITY_UPN, NULL, 0, REASON_BAD_IDENTITY,
			    "not an IA5String or UTF8String");
	}
	/* An e-mail address that cannot be looked up is not passed over. */
	if (strcmp(oid, OID_SMTP_UTF8) == 0 &&
	    (all->sources & IDENTITY_BIT(IDENTITY_SAN_EMAIL)) != 0)
		refuse(all, IDENTITY_SAN_EMAIL, NULL, 0, REASON_BAD_IDENTITY,
		    "an internationalised address (SmtpUTF8Mailbox)");
}

/* subjectAltName; 0, or -1 when it is there and cannot be read. */
static int
names_of_san(X509 *cert, struct collection *all)
{
	GENERAL_NAMES *names;
	const GENERAL_NAME *name;
	int critical = -1, i, count;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	if (names == NULL)
		return critical == -1 ? 0 : -1;
	count = sk_GENERAL_NAME_num(names);
	for (i = 0; i < count; i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_EMAIL && (all->sources &
		    IDENTITY_BIT(IDENTITY_SAN_EMAIL)) != 0)
			found(all, IDENTITY_SAN_EMAIL, name->d.rfc822Name);
		else if (name->type == GEN_OTHERNAME)
			found_other(all, name->d.otherName);
	}
	GENERAL_NAMES_free(names);
	return count > 0 ? 0 : -1;	/* RFC 5280: one or more */
}

static void
names_of_subject(X509 *cert, struct collection *all)
{
	static const struct {
		int nid;
		enum identity_source source;
		bool printable;
	} kinds[] = {
		{ NID_pkcs9_emailAddress, IDENTITY_SUBJECT_EMAIL, false },
		{ NID_commonName, IDENTITY_CN, true },
		{ NID_userId, IDENTITY_UID, true }
	};
	const X509_NAME *subject = X509_get_subject_name(cert);
	const X509_NAME_ENTRY *entry;
	int i, nid, count = X509_NAME_entry_count(subject);
	size_t kind;

	/* Entries are listed flat, whether RDNs have one value or several. */
	for (i = 0; i < count; i++) {
		entry = X509_NAME_get_entry(subject, i);
		nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
		for (kind = 0; kind < 3; kind++)
			if (nid == kinds[kind].nid && (all->sources &
			    IDENTITY_BIT(kinds[kind].source)) != 0)
				found_typed(all, kinds[kind].source,
				    X509_NAME_ENTRY_get_data(entry),
				    kinds[kind].printable);
	}
}

const char *
certificate_names(X509 *cert, unsigned sources, struct identities *ret,
    char *why, struct trace *trace)
{
	struct collection all = { ret, sources, NULL, why, trace };

	if (names_of_san(cert, &all) != 0) {
		certificate_why(why, "subjectAltName cannot be read");
		all.reason = REASON_BAD_CERT;
	} else {
		names_of_subject(cert, &all);
	}
	if (all.reason == NULL && ret->count == 0) {
		certificate_why(why, "none of the kinds of name the realm uses "
		    "is in the certificate");
		all.reason = REASON_NO_ADDRESS;
	}
	if (all.reason != NULL)
		memset(ret, 0, sizeof(*ret));
	return all.reason;
}
