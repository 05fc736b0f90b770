/*
 * Values of every type, and such that are none.
 */
#include "tests/integration/evaluator.h"

#include <strings.h>

#define S(text) { text, sizeof(text) - 1 }
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct sample texts[] = {
	S("active"), S("ACTIVE"), S("Active "), S(" active"), S("locked"),
	S("a"), S("A"), S("b"), S("B"), S("ab"), S("aB"), S("aab"), S("abab"),
	S("z"), S("Z"), S("zz"), S("_"), S("["), S("{"),
	S("foobar"), S("foo bar"), S("foo  bar"), S(" Foo   Bar "),
	S("foo"), S("bar"), S("  foo bar foo"), S("a b"), S("a\tb"), S("  "),
	S("0"), S("9"), S("10"), S("-1"), S("+"), S("TRUE"),
	S("*"), S("(x)"), S("\\"), S("a*b"), S("\\2a"), S("50%"), S("%{now}"),
	S("a=b"), S(">="), S("user@example.com"), S("#,;<>\"/"),
	S("a\0b"), S("\x01\x7f"),
	/* lower case and composed: slapd compares all of Unicode */
	S("\xc3\xa4"), S("caf\xc3\xa9 noir"), S("\xe2\x82\xac 5"),
	S("\xf0\x9f\x98\x80"),
};

static const struct sample no_texts[] = {
	S(""), S("\xff"), S("\xc3"), S("a\x80" "b"), S("\xe2\x82"),
	S("foo\xc3 bar"),
};

static const struct sample integers[] = {
	S("0"), S("1"), S("-1"), S("5"), S("9"), S("10"), S("-9"), S("-10"),
	S("42"), S("99"), S("100"), S("-100"), S("512"), S("514"),
	S("2147483647"), S("2147483648"), S("-2147483648"),
	S("-2147483649"), S("4294967295"), S("4294967296"),
	S("9223372036854775806"), S("9223372036854775807"),
	S("-9223372036854775807"), S("-9223372036854775808"),
};

static const struct sample no_integers[] = {
	S(""), S("-"), S("-0"), S("00"), S("01"), S("-01"), S("+1"),
	S(" 1"), S("1 "), S("1.0"), S("0x1"), S("one"), S("1e3"), S("--1"),
	S("1\0"), S("1-"),
};

static const struct sample times[] = {
	S("000001010000Z"), S("00000101000000Z"), S("00000101000000-0100"),
	S("00000229120000Z"), S("00001231235959Z"), S("00010101000000Z"),
	S("19000228235959Z"), S("19691231235959Z"), S("19700101000000Z"),
	S("1970010100Z"), S("197001010000Z"), S("19700101010000+0100"),
	S("19691231223000-0130"), S("1970010101+01"), S("20000229000000Z"),
	S("20161231235960Z"), S("20240229235959Z"), S("20240301000000Z"),
	S("20240229235959-0000"), S("20251231235959.999999Z"),
	S("20260101000000Z"), S("20260101000000.0Z"), S("20260101000000.5Z"),
	S("20260101000000,5Z"), S("20260101000000.50Z"),
	S("20260101000000.000001Z"), S("20260101000000.5+0100"),
	S("20251231235900-0001"), S("20260101235900+2359"),
	S("20251231000100-2359"), S("20260101000001Z"), S("202601010001Z"),
	S("20260101120000Z"), S("20260101120000.123456Z"),
	S("99991231235959Z"), S("99991231235959.999999Z"),
	S("99991231235959+2359"),
};

static const struct sample no_times[] = {
	S(""), S("Z"), S("never"), S("20260101000000"), S("2026010100"),
	S("20260101Z"), S("202601010Z"), S("20260101000Z"),
	S("2026010100000Z"), S("20261301000000Z"), S("20260001000000Z"),
	S("20260132000000Z"), S("20260100000000Z"), S("20230229000000Z"),
	S("19000229000000Z"), S("20260431000000Z"), S("20260101240000Z"),
	S("20260101006000Z"), S("20260101000061Z"), S("20260101000000.Z"),
	S("20260101000000.5"), S("20260101000000z"), S("20260101000000ZZ"),
	S("20260101000000Z "), S(" 20260101000000Z"),
	S("20260101000000+2400"), S("20260101000000+0160"),
	S("20260101000000+1"), S("20260101000000+010"), S("+0260101000000Z"),
	S("-0260101000000Z"), S("260101000000Z"), S("1767225600"),
	S("20260101000000Z\0"),
	/* before the year 0000 and behind 9999, in UTC */
	S("00000101000000+0100"), S("99991231235959-0100"),
};

static const struct sample booleans[] = { S("TRUE"), S("FALSE") };

static const struct sample no_booleans[] = {
	S(""), S("true"), S("False"), S("1"), S("0"), S("yes"), S("TRUE "),
	S(" FALSE"), S("TRUEE"), S("T"),
};

const struct samples evaluator_samples[EVALUATOR_TYPES] = {
	{ VALUE_TEXT, "text", "oneText", texts, COUNT(texts), no_texts,
	    COUNT(no_texts) },
	{ VALUE_EXACT, "exact", "oneExact", texts, COUNT(texts), no_texts,
	    COUNT(no_texts) },
	{ VALUE_INTEGER, "integer", "oneInteger", integers, COUNT(integers),
	    no_integers, COUNT(no_integers) },
	{ VALUE_TIME, "time", "oneTime", times, COUNT(times), no_times,
	    COUNT(no_times) },
	{ VALUE_BOOLEAN, "boolean", "oneBoolean", booleans, COUNT(booleans),
	    no_booleans, COUNT(no_booleans) },
};

int
evaluator_place(const char *attribute)
{
	int i;

	for (i = 0; i < EVALUATOR_TYPES; i++)
		if (strcasecmp(attribute, evaluator_samples[i].many) == 0 ||
		    strcasecmp(attribute, evaluator_samples[i].one) == 0)
			return i;
	return -1;
}
