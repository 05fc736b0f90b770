/*
 * GeneralizedTime, RFC 4517 3.3.13:
 * YYYYMMDDHH[MM[SS]][(.|,)fraction](Z|(+|-)HH[MM]).
 */
#include "lookupd/value.h"

#include <stdbool.h>

#define US_PER_S ((int64_t)1000000)

struct reader {
	const char *at;
	size_t left;
};

/* count digits within [min, max]; false when there are none such. */
static bool
take(struct reader *reader, unsigned count, int64_t min, int64_t max,
    int64_t *ret)
{
	int64_t number = 0;
	unsigned i;

	if (reader->left < count)
		return false;
	for (i = 0; i < count; i++) {
		char digit = reader->at[i];

		if (digit < '0' || digit > '9')
			return false;
		number = 10 * number + (digit - '0');
	}
	if (number < min || number > max)
		return false;
	reader->at += count;
	reader->left -= count;
	*ret = number;
	return true;
}

static bool
digit_follows(const struct reader *reader)
{
	return reader->left > 0 && *reader->at >= '0' && *reader->at <= '9';
}

static int64_t
month_days(int64_t year, int64_t month)
{
	static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar, year >= 0. */
static int64_t
days_since_1970(int64_t year, int64_t month, int64_t day)
{
	int64_t days = year * 365, m;

	/* leap days of the years 0 to year - 1; the year 0 is one */
	if (year > 0)
		days += (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1;
	for (m = 1; m < month; m++)
		days += month_days(year, m);
	return days + day - 1 - 719528;
}

/* A fraction of the smallest unit written, in microseconds, cut not rounded. */
static bool
take_fraction(struct reader *reader, int64_t unit_us, int64_t *ret_us)
{
	int64_t numerator = 0, denominator = 1;

	*ret_us = 0;
	if (reader->left == 0 || (*reader->at != '.' && *reader->at != ','))
		return true;
	reader->at++;
	reader->left--;
	if (!digit_follows(reader))
		return false;
	/* Nine digits of an hour are 3.6e18: more would not fit. */
	while (digit_follows(reader)) {
		if (denominator < 1000000000) {
			numerator = 10 * numerator + (*reader->at - '0');
			denominator *= 10;
		}
		reader->at++;
		reader->left--;
	}
	*ret_us = numerator * unit_us / denominator;
	return true;
}

/* Z or an offset, in seconds east of UTC; it must be the last thing. */
static bool
take_zone(struct reader *reader, int64_t *ret_s)
{
	int64_t hours, minutes = 0;
	char sign;

	if (reader->left == 0)
		return false;
	sign = *reader->at;
	reader->at++;
	reader->left--;
	*ret_s = 0;
	if (sign == 'Z')
		return reader->left == 0;
	if ((sign != '+' && sign != '-') || !take(reader, 2, 0, 23, &hours))
		return false;
	if (reader->left > 0 && !take(reader, 2, 0, 59, &minutes))
		return false;
	*ret_s = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
	return reader->left == 0;
}

int
value_parse_time(const char *text, size_t len, int64_t *ret_us)
{
	struct reader reader = { text, len };
	int64_t year, month, day, hour, minute = 0, second = 0;
	int64_t unit_us = 3600 * US_PER_S, fraction_us, zone_s;

	if (!take(&reader, 4, 0, 9999, &year) ||
	    !take(&reader, 2, 1, 12, &month) ||
	    !take(&reader, 2, 1, month_days(year, month), &day) ||
	    !take(&reader, 2, 0, 23, &hour))
		return -1;
	if (digit_follows(&reader)) {
		if (!take(&reader, 2, 0, 59, &minute))
			return -1;
		unit_us = 60 * US_PER_S;
		if (digit_follows(&reader)) {
			/* 60 is a leap second */
			if (!take(&reader, 2, 0, 60, &second))
				return -1;
			unit_us = US_PER_S;
		}
	}
	if (!take_fraction(&reader, unit_us, &fraction_us) ||
	    !take_zone(&reader, &zone_s))
		return -1;
	minute += (days_since_1970(year, month, day) * 24 + hour) * 60 -
	    zone_s / 60;
	/* in UTC, too, the year has four digits */
	if (minute < days_since_1970(0, 1, 1) * 1440 ||
	    minute >= days_since_1970(10000, 1, 1) * 1440)
		return -1;
	*ret_us = (minute * 60 + second) * US_PER_S + fraction_us;
	return 0;
}
