/*
 * The rows of test_certificate: words of mkcert, and what is expected.
 */
#ifndef TESTS_CERTIFICATE_ROWS_H
#define TESTS_CERTIFICATE_ROWS_H

#include <stdbool.h>

#include "common/verdict.h"
#include "lookupd/identity.h"

/* Who signs; and the CA file it is read with. */
enum issuer { CA, NAMESAKE, INTERMEDIATE, SERVER_CA, TOO_DEEP, OLD_CA,
	WEAK_CA, RSA_CA, OLD_INTER, YOUNG_CA,
	ISSUERS, SELF };
enum file { FILE_CA, FILE_BOTH, FILE_INTER, FILE_SERVER, FILE_DEEP, FILE_OLD,
	FILE_WEAK, FILE_RSA, FILE_OLD_INTER, FILE_YOUNG, FILES };

struct row {
	const char *name;
	enum issuer by;
	enum file file;
	unsigned sources;
	const char *words[24];
	const char *reason;		/* NULL: it qualifies */
	const char *expected;		/* its identities */
	const char *said;		/* a part of the trace, or NULL */
	bool ca;			/* made as a CA */
};

#define MAIL IDENTITY_DEFAULT_SET
#define SAN IDENTITY_BIT(IDENTITY_SAN_EMAIL)
#define SUBJECT IDENTITY_BIT(IDENTITY_SUBJECT_EMAIL)
#define UPN IDENTITY_BIT(IDENTITY_UPN)
#define CN IDENTITY_BIT(IDENTITY_CN)
#define UID IDENTITY_BIT(IDENTITY_UID)
#define ALL (MAIL | UPN | CN | UID)
/* A row of the CA and its own file, e-mail sources. */
#define GOOD(name, expected, ...) \
	{ name, CA, FILE_CA, MAIL, { __VA_ARGS__ }, NULL, expected, NULL, false }
#define BAD(name, reason, said, ...) \
	{ name, CA, FILE_CA, MAIL, { __VA_ARGS__ }, reason, "", said, false }
#define FROM(name, sources, reason, expected, ...) \
	{ name, CA, FILE_CA, sources, { __VA_ARGS__ }, reason, expected, NULL, \
	    false }
#define CHAIN(name, by, file, reason, expected, ...) \
	{ name, by, file, MAIL, { __VA_ARGS__ }, reason, expected, NULL, false }

#define A "email=a@b.c"
#define A_IS "subject-email=a@b.c"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SANS_1_TO_16 "san-email=u1@b.c", "san-email=u2@b.c", \
	"san-email=u3@b.c", "san-email=u4@b.c", "san-email=u5@b.c", \
	"san-email=u6@b.c", "san-email=u7@b.c", "san-email=u8@b.c", \
	"san-email=u9@b.c", "san-email=u10@b.c", "san-email=u11@b.c", \
	"san-email=u12@b.c", "san-email=u13@b.c", "san-email=u14@b.c", \
	"san-email=u15@b.c", "san-email=u16@b.c"
#define SANS_ARE "san-email=u1@b.c san-email=u2@b.c san-email=u3@b.c " \
	"san-email=u4@b.c san-email=u5@b.c san-email=u6@b.c " \
	"san-email=u7@b.c san-email=u8@b.c san-email=u9@b.c " \
	"san-email=u10@b.c san-email=u11@b.c san-email=u12@b.c " \
	"san-email=u13@b.c san-email=u14@b.c san-email=u15@b.c " \
	"san-email=u16@b.c"

static const struct row rows[] = {
	/* where names are found */
	GOOD("SAN only", "san-email=user1@example.com", "cn=User One",
	    "san-email=user1@example.com"),
	GOOD("empty subject", "san-email=a@b.c", "empty-subject=1",
	    "san-email=a@b.c"),
	GOOD("subject IA5String", A_IS, "cn=User One", A),
	GOOD("subject UTF8String", A_IS, "cn=User One", "email-utf8=a@b.c"),
	GOOD("multi-valued RDN", A_IS, "cn=User One", A, "multirdn=1"),
	GOOD("multi-valued RDN of three", "subject-email=a@b.c subject-email="
	    "d@e.f", "cn=User", A, "email=d@e.f", "multirdn=1"),
	GOOD("two e-mails", "subject-email=a@b.c subject-email=d@e.f", A,
	    "email=d@e.f"),
	GOOD("SAN of one, subject of another", "san-email=d@e.f " A_IS,
	    "san-email=d@e.f", A),
	GOOD("SAN and subject the same", "san-email=a@b.c", A,
	    "san-email=a@b.c"),
	GOOD("two SANs and others between", "san-email=a@b.c san-email=d@e.f",
	    "san-dns=b.c", "san-email=a@b.c", "upn=x@y.z", "san-email=d@e.f"),
	GOOD("domain folded", "subject-email=User@example.com",
	    "email=User@EXAMPLE.Com"),
	GOOD("e-mail inside O is no e-mail", A_IS,
	    "o=/emailAddress=someone@else.example", A),
	GOOD("sixteen", SANS_ARE, SANS_1_TO_16),
	GOOD("sixteen and one of them again", SANS_ARE, SANS_1_TO_16,
	    "email=u7@b.c"),
	/* sources */
	FROM("only SAN asked", SAN, NULL, "san-email=d@e.f",
	    "san-email=d@e.f", A),
	FROM("only subject asked", SUBJECT, NULL, A_IS, "san-email=d@e.f", A),
	FROM("only subject asked, a bad SAN name", SUBJECT, NULL, A_IS,
	    "san-email=bad", A),
	FROM("UPN", UPN, NULL, "upn=123@mydomain", "upn=123@MYDOMAIN"),
	FROM("UPN as IA5String", UPN, NULL, "upn=1@y.z", "upn-ia5=1@y.z"),
	FROM("UPN as BMPString", UPN, REASON_BAD_IDENTITY, "",
	    "upn-bmp=1@y.z"),
	FROM("UPN twice", UPN, NULL, "upn=1@y.z upn=2@y.z", "upn=1@y.z",
	    "upn=2@y.z"),
	FROM("UPN with NUL", UPN, REASON_BAD_IDENTITY, "", "upn=1@y.z%00"),
	FROM("UPN not asked", MAIL, REASON_NO_ADDRESS, "", "upn=1@y.z"),
	FROM("CN and UID", CN | UID, NULL, "cn=User One uid=u1",
	    "cn=User One", "uid=u1"),
	FROM("CN as PrintableString", CN, NULL, "cn=User",
	    "cn-printable=User"),
	FROM("CN as BMPString", CN, REASON_BAD_IDENTITY, "", "cn-bmp=User"),
	FROM("CN with umlaut", CN, REASON_BAD_IDENTITY, "",
	    "cn=M%C3%BCller"),
	FROM("CN with umlaut, not asked", MAIL, NULL, A_IS,
	    "cn=M%C3%BCller", A),
	FROM("all sources", ALL, NULL, "san-email=d@e.f upn=1@y.z cn=User "
	    "uid=u1 " A_IS, "cn=User", "uid=u1", A, "san-email=d@e.f",
	    "upn=1@y.z"),
	FROM("no sources", 0, REASON_NO_ADDRESS, "", A),
	/* none, too many */
	BAD("no address", REASON_NO_ADDRESS, NULL, "cn=User One"),
	BAD("address only in O", REASON_NO_ADDRESS, NULL, "o=a@b.c"),
	BAD("address only in CN", REASON_NO_ADDRESS, NULL, "cn=a@b.c"),
	BAD("address as DNS name", REASON_NO_ADDRESS, NULL, "san-dns=a@b.c"),
	BAD("seventeen SANs", REASON_TOO_MANY, "u17@b.c", SANS_1_TO_16,
	    "san-email=u17@b.c"),
	BAD("sixteen SANs and a subject", REASON_TOO_MANY, "u17@b.c",
	    SANS_1_TO_16, "email=u17@b.c"),
	/* names that are none */
	BAD("NUL in SAN", REASON_BAD_IDENTITY, "a@b.c\\x00.evil.example",
	    "san-email=a@b.c%00.evil.example"),
	BAD("NUL in subject", REASON_BAD_IDENTITY, "a@b.c\\x00", A "%00"),
	BAD("good SAN, NUL in subject", REASON_BAD_IDENTITY,
	    "subject-email \"a@b.c\\x00", "san-email=a@b.c", A "%00x"),
	BAD("bad SAN, good subject", REASON_BAD_IDENTITY, "san-email \"bad\"",
	    "san-email=bad", A),
	BAD("line end", REASON_BAD_IDENTITY, "a@b.c\\x0a",
	    "san-email=a@b.c%0A"),
	BAD("escape", REASON_BAD_IDENTITY, "\\x1b[2J", "email=%1b[2Ja@b.c"),
	BAD("quoted local part", REASON_BAD_IDENTITY, NULL,
	    "san-email=\"a\"@b.c"),
	BAD("space", REASON_BAD_IDENTITY, NULL, "email=a b@b.c"),
	BAD("space behind", REASON_BAD_IDENTITY, NULL, A " "),
	BAD("no @", REASON_BAD_IDENTITY, NULL, "email=a.b.c"),
	BAD("two @", REASON_BAD_IDENTITY, NULL, "email=a@b.c@d.e"),
	BAD("trailing dot", REASON_BAD_IDENTITY, NULL, "email=a@b.c."),
	BAD("address literal", REASON_BAD_IDENTITY, NULL,
	    "email=a@[127.0.0.1]"),
	BAD("65 octets before the @", REASON_BAD_IDENTITY, NULL,
	    "email=" A64 "a@b.c"),
	BAD("255 octets", REASON_BAD_IDENTITY, NULL, "email=" A64 "@" A63 "."
	    A63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aa"),
	BAD("empty SAN name", REASON_BAD_IDENTITY, NULL, "san-email="),
	BAD("empty subject e-mail", REASON_BAD_IDENTITY, NULL, "email="),
	BAD("UTF-8 address", REASON_BAD_IDENTITY, "\\xc3\\xa9",
	    "email-utf8=us%C3%A9r@b.c"),
	BAD("BMPString", REASON_BAD_IDENTITY, NULL, "email-bmp=a@b.c"),
	BAD("PrintableString", REASON_BAD_IDENTITY, NULL,
	    "email-printable=a@b.c"),
	BAD("T61String", REASON_BAD_IDENTITY, NULL, "email-t61=a@b.c"),
	BAD("good e-mail and BMPString", REASON_BAD_IDENTITY, NULL, A,
	    "email-bmp=a@b.c"),
	BAD("SmtpUTF8Mailbox", REASON_BAD_IDENTITY, "SmtpUTF8Mailbox",
	    "san-email=a@b.c", "smtputf8=us%C3%A9r@b.c"),
	FROM("SmtpUTF8Mailbox not asked", SUBJECT, NULL, A_IS, A,
	    "smtputf8=us%C3%A9r@b.c"),
	/* extensions */
	BAD("SAN twice", REASON_BAD_CERT, "twice", "san-email=a@b.c",
	    "dup-san=1"),
	BAD("unreadable SAN, good subject", REASON_BAD_CERT, NULL, A,
	    "bad-san=1"),
	BAD("SAN without names", REASON_BAD_CERT, NULL, A,
	    "ext=2.5.29.17:%30%00"),
	BAD("SAN with a byte behind", REASON_BAD_CERT, NULL, A,
	    "ext=2.5.29.17:%30%07%81%05d@e.f%00"),
	BAD("SAN with a long length", REASON_BAD_CERT, NULL, A,
	    "ext=2.5.29.17:%30%81%07%81%05d@e.f"),
	BAD("SAN that is none", REASON_BAD_CERT, NULL, A,
	    "ext=2.5.29.17:%05%00"),
	BAD("SAN of no bytes", REASON_BAD_CERT, NULL, A, "ext=2.5.29.17:"),
	BAD("EKU twice", REASON_BAD_CERT, "twice", A,
	    "ext=2.5.29.37:%30%0a%06%08%2b%06%01%05%05%07%03%02"),
	BAD("unreadable EKU", REASON_BAD_CERT, NULL, A, "eku=none",
	    "ext=2.5.29.37:%30%40%00"),
	BAD("EKU that is none", REASON_BAD_CERT, NULL, A, "eku=none",
	    "ext=2.5.29.37:%05%00"),
	BAD("KU that is none", REASON_BAD_CERT, NULL, A, "ku=none",
	    "ext=2.5.29.15:%05%00"),
	BAD("own extension twice", REASON_BAD_CERT, "twice", A,
	    "ext=1.2.3.4:x", "ext=1.2.3.4:y"),
	GOOD("own extension once", A_IS, A, "ext=1.2.3.4:x"),
	BAD("own critical extension", REASON_UNTRUSTED, NULL, A,
	    "critical-ext=1.2.3.4:x"),
	GOOD("large", A_IS, A, "pad=12000"),
	BAD("too large", REASON_BAD_CERT, NULL, A, "pad=17000"),
	GOOD("negative serial", A_IS, A, "serial=-1234"),
	BAD("serial of 33 octets", REASON_BAD_CERT, NULL, A, "serial=01" A64),
	GOOD("serial of 32 octets", A_IS, A, "serial=" A64),
	GOOD("version 1", A_IS, A, "version=1"),
	/* dates */
	BAD("expired", REASON_EXPIRED, NULL, A, "notafter=-1"),
	BAD("not yet valid", REASON_NOT_YET_VALID, NULL, A, "notbefore=+2"),
	GOOD("after 2050", A_IS, A, "days=20000"),
	/* purpose */
	BAD("serverAuth only", REASON_WRONG_PURPOSE, NULL, A,
	    "eku=serverAuth"),
	BAD("anyExtendedKeyUsage only", REASON_WRONG_PURPOSE, NULL, A,
	    "eku=any"),
	GOOD("both EKUs", A_IS, A, "eku=serverAuth,clientAuth"),
	GOOD("no EKU", A_IS, A, "eku=none"),
	GOOD("no EKU, no KU", A_IS, A, "eku=none", "ku=none"),
	BAD("keyEncipherment only", REASON_WRONG_PURPOSE, NULL, A,
	    "ku=keyEncipherment"),
	BAD("keyAgreement only", REASON_WRONG_PURPOSE, NULL, A,
	    "ku=keyAgreement"),
	BAD("expired and wrong purpose", REASON_WRONG_PURPOSE, NULL, A,
	    "eku=serverAuth", "notafter=-1"),
	{ "a CA with an address", CA, FILE_CA, MAIL, { "cn=x", A },
	    REASON_WRONG_PURPOSE, "", NULL, true },
	{ "a CA with client usages", CA, FILE_CA, MAIL, { "cn=x", A,
	    "ku=digitalSignature,keyCertSign", "eku=clientAuth" },
	    REASON_WRONG_PURPOSE, "", NULL, true },
	/* strength */
	BAD("SHA-1", REASON_UNTRUSTED, "too weak", A, "md=sha1"),
	BAD("RSA-1024", REASON_UNTRUSTED, "too weak", A, "key=rsa1024"),
	GOOD("RSA-2048", A_IS, A, "key=rsa2048"),
	GOOD("Ed25519", A_IS, A, "key=ed25519"),
	CHAIN("RSA-2048 CA", RSA_CA, FILE_RSA, NULL, A_IS, A),
	CHAIN("SHA-1 and RSA", RSA_CA, FILE_RSA, REASON_UNTRUSTED, "", A,
	    "md=sha1"),
	CHAIN("MD5", RSA_CA, FILE_RSA, REASON_UNTRUSTED, "", A, "md=md5"),
	CHAIN("RSA-1024 CA", WEAK_CA, FILE_WEAK, REASON_UNTRUSTED, "", A),
	/* chains */
	CHAIN("self-signed", SELF, FILE_CA, REASON_UNTRUSTED, "", A),
	CHAIN("foreign CA of the same name", NAMESAKE, FILE_CA,
	    REASON_UNTRUSTED, "", A),
	CHAIN("the same, no key identifier", NAMESAKE, FILE_CA,
	    REASON_UNTRUSTED, "", A, "no-aki=1"),
	CHAIN("foreign and expired", NAMESAKE, FILE_CA, REASON_UNTRUSTED, "",
	    A, "no-aki=1", "notafter=-1"),
	CHAIN("foreign and wrong purpose", NAMESAKE, FILE_CA,
	    REASON_UNTRUSTED, "", A, "no-aki=1", "eku=serverAuth"),
	CHAIN("foreign, our CA expired", NAMESAKE, FILE_OLD,
	    REASON_UNTRUSTED, "", A, "no-aki=1"),
	CHAIN("our CA expired", OLD_CA, FILE_OLD, REASON_EXPIRED, "", A),
	CHAIN("our CA not yet valid", YOUNG_CA, FILE_YOUNG,
	    REASON_NOT_YET_VALID, "", A),
	CHAIN("intermediate and root", INTERMEDIATE, FILE_BOTH, NULL, A_IS, A),
	CHAIN("intermediate alone", INTERMEDIATE, FILE_INTER, NULL, A_IS, A),
	CHAIN("intermediate not there", INTERMEDIATE, FILE_CA,
	    REASON_UNTRUSTED, "", A),
	CHAIN("root's own, only the intermediate", CA, FILE_INTER,
	    REASON_UNTRUSTED, "", A),
	CHAIN("intermediate for servers", SERVER_CA, FILE_SERVER,
	    REASON_WRONG_PURPOSE, "", A),
	CHAIN("an anchor by itself", TOO_DEEP, FILE_DEEP, NULL, A_IS, A),
	CHAIN("expired intermediate", OLD_INTER, FILE_OLD_INTER,
	    REASON_EXPIRED, "", A),
};

#endif
