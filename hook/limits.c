/* Limits on refusals: see the header. */
#include "config.h"

#include "hook/limits.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "common/secret.h"

/* Of an address or of a certificate; zeroes are an empty place. */
struct place {
	uint64_t hash;
	int64_t since;			/* the window's begin, or admission */
	uint32_t refusals;
	bool admitted;			/* since then; refusals is 0 */
};

struct limits {
	uint64_t key[2];
	struct place places[LIMITS_SETS][LIMITS_WAYS];
};

/* SipHash-1-3: as many rounds as tables need. */

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
turn(uint64_t value, unsigned by)
{
	return value << by | value >> (64 - by);
}

static void
sip_rounds(struct sip *s, int count)
{
	while (count-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = turn(s->v1, 13) ^ s->v0;
		s->v3 = turn(s->v3, 16) ^ s->v2;
		s->v0 = turn(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = turn(s->v1, 17) ^ s->v2;
		s->v3 = turn(s->v3, 21) ^ s->v0;
		s->v2 = turn(s->v2, 32);
	}
}

/* Little-endian, of up to 7 bytes. */
static uint64_t
load(const unsigned char *bytes, size_t len)
{
	uint64_t word = 0;
	size_t i;

	for (i = 0; i < len; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return word;
}

static uint64_t
siphash(const uint64_t key[2], const void *data, size_t len)
{
	const unsigned char *bytes = data;
	struct sip s = { key[0] ^ 0x736f6d6570736575u,
		key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
		key[1] ^ 0x7465646279746573u };
	uint64_t word;
	size_t left;

	for (left = len; left >= 8; left -= 8, bytes += 8) {
		memcpy(&word, bytes, 8);
		word = le64toh(word);
		s.v3 ^= word;
		sip_rounds(&s, 1);
		s.v0 ^= word;
	}
	word = load(bytes, left) | (uint64_t)len << 56;
	s.v3 ^= word;
	sip_rounds(&s, 1);
	s.v0 ^= word;
	s.v2 ^= 0xff;
	sip_rounds(&s, 3);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

struct limits *
limits_new(void)
{
	struct limits *limits = calloc(1, sizeof(*limits));

	if (limits != NULL &&
	    secret_random(limits->key, sizeof(limits->key)) != 0) {
		free(limits);
		return NULL;
	}
	return limits;
}

void
limits_free(struct limits *limits)
{
	free(limits);
}

/* The IPv4 address in one of IPv6: mapped, or behind NAT64 (RFC 6052), where
 * the first 64 bits are those of everybody; else NULL. */
static const unsigned char *
four_in(const struct in6_addr *six)
{
	static const unsigned char nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (IN6_IS_ADDR_V4MAPPED(six) ||
	    memcmp(six->s6_addr, nat64, sizeof(nat64)) == 0)
		return six->s6_addr + 12;
	return NULL;
}

/* Behind an address. */
static bool
is_port(const char *text)
{
	size_t len;

	if (*text != ':')
		return false;
	len = strspn(text + 1, "0123456789");
	return len > 0 && text[1 + len] == '\0';
}

/* AF_INET6, AF_INET, or -1: none.  "[2001:db8::1]:80" and "192.0.2.1:80" are the
 * addresses in them: each connection has another port. */
static int
read_address(const char *text, unsigned char *ret)
{
	bool bracket = *text == '[';
	const char *host = text + (bracket ? 1 : 0);
	size_t len = strcspn(host, bracket ? "]" : ":");
	const char *rest = host + len + (bracket ? 1 : 0);
	int family = bracket ? AF_INET6 : AF_INET;
	char copy[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET6, text, ret) == 1)
		return AF_INET6;
	if (len >= sizeof(copy) || (bracket && host[len] == '\0') ||
	    (*rest != '\0' && !is_port(rest)))
		return -1;
	memcpy(copy, host, len);
	copy[len] = '\0';
	return inet_pton(family, copy, ret) == 1 ? family : -1;
}

/* An address as the bytes that count; never of the length that another kind
 * has. */
static uint64_t
hash_address(const struct limits *limits, const char *address)
{
	uint64_t other[2] = { ~limits->key[0], limits->key[1] };
	struct in6_addr six;
	const unsigned char *four;

	switch (read_address(address, six.s6_addr)) {
	case AF_INET:
		return siphash(other, six.s6_addr, 4);
	case AF_INET6:
		four = four_in(&six);
		return four != NULL ? siphash(other, four, 4) :
		    siphash(other, six.s6_addr, 8);
	default:
		return siphash(other, address, strlen(address) + 1);
	}
}

void
limits_hash(const struct limits *limits, const char *address,
    const char *certificate, size_t len, struct limits_asker *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (*address != '\0')
		ret->address = hash_address(limits, address) | 1;
	if (len > 0)
		ret->certificate = siphash(limits->key, certificate, len) | 1;
}

static bool
is_over(const struct place *place, int64_t now)
{
	return now - place->since >= (place->admitted ? LIMITS_ADMITTED_MS :
	    LIMITS_WINDOW_MS);
}

static struct place *
set_of(struct limits *limits, uint64_t hash)
{
	return limits->places[(hash >> 1) % LIMITS_SETS];
}

/* The place of that hash, if it still says something. */
static struct place *
find(struct limits *limits, uint64_t hash, int64_t now)
{
	struct place *set = set_of(limits, hash);
	size_t i;

	for (i = 0; i < LIMITS_WAYS; i++)
		if (hash != 0 && set[i].hash == hash &&
		    !is_over(&set[i], now))
			return &set[i];
	return NULL;
}

/* Which of two places to give away: an empty one, then one that is over, then
 * the one with fewer refusals, then the older. */
static bool
matters_less(const struct place *a, const struct place *b, int64_t now)
{
	bool a_over = a->hash == 0 || is_over(a, now);
	bool b_over = b->hash == 0 || is_over(b, now);

	if (a_over != b_over)
		return a_over;
	if (a->refusals != b->refusals)
		return a->refusals < b->refusals;
	return a->since < b->since;
}

/* A place for that hash: its own, or one given away, which is new. */
static struct place *
take(struct limits *limits, uint64_t hash, int64_t now)
{
	struct place *set = set_of(limits, hash), *place = &set[0];
	size_t i;

	for (i = 0; i < LIMITS_WAYS; i++) {
		if (set[i].hash == hash) {
			place = &set[i];
			break;
		}
		if (matters_less(&set[i], place, now))
			place = &set[i];
	}
	if (place->hash == hash && !is_over(place, now))
		return place;
	memset(place, 0, sizeof(*place));
	place->hash = hash;
	place->since = now;
	return place;
}

bool
limits_busy(struct limits *limits, const struct limits_asker *asker,
    int64_t per_address, int64_t per_certificate, int64_t now)
{
	const struct place *address = find(limits, asker->address, now);
	const struct place *certificate = find(limits, asker->certificate,
	    now);

	if (certificate != NULL && certificate->admitted)
		return false;
	if (per_certificate > 0 && certificate != NULL &&
	    certificate->refusals >= per_certificate)
		return true;
	return per_address > 0 && address != NULL &&
	    address->refusals >= per_address;
}

static void
count(struct limits *limits, uint64_t hash, int64_t now)
{
	struct place *place;

	if (hash == 0)
		return;
	place = take(limits, hash, now);
	if (place->admitted) {
		place->admitted = false;
		place->since = now;
	}
	if (place->refusals < UINT32_MAX)
		place->refusals++;
}

void
limits_refused(struct limits *limits, const struct limits_asker *asker,
    int64_t now)
{
	count(limits, asker->address, now);
	count(limits, asker->certificate, now);
}

void
limits_admitted(struct limits *limits, const struct limits_asker *asker,
    int64_t now)
{
	struct place *place;

	if (asker->certificate == 0)
		return;
	place = take(limits, asker->certificate, now);
	place->refusals = 0;
	place->admitted = true;
	place->since = now;
}
