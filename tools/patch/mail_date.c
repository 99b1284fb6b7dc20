/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "patch/mail_date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool parse_zone(const char *p, int *minutes)
{
	int sign = *p == '-' ? -1 : 1;
	unsigned int hours, rest;

	*minutes = 0;
	if ((*p == '+' || *p == '-') && sscanf(p + 1, "%2u%2u", &hours, &rest) == 2 && hours < 24 &&
	    rest < 60)
		*minutes = sign * (int)(hours * 60 + rest);
	return true;
}

bool mail_date_parse(const char *value, int64_t *date, int *offset)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *comma = value ? strchr(value, ',') : NULL;
	struct tm tm = { 0 };
	char month[4] = "";
	const char *found;
	int at = 0, more = 0;

	if (!value ||
	    sscanf(comma ? comma + 1 : value, " %d %3s %d %d:%d%n", &tm.tm_mday, month, &tm.tm_year,
		   &tm.tm_hour, &tm.tm_min, &at) < 5 ||
	    !at)
		return false;
	value = (comma ? comma + 1 : value) + at;
	if (sscanf(value, ":%d%n", &tm.tm_sec, &more) == 1)
		value += more;
	found = strlen(month) == 3 ? strcasestr(months, month) : NULL;
	if (!found || (found - months) % 3 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60 || tm.tm_year > 9999)
		return false;
	tm.tm_mon = (int)(found - months) / 3;
	tm.tm_year += tm.tm_year < 50 ? 100 : tm.tm_year < 1000 ? 0 : -1900;
	parse_zone(value + strspn(value, " \t"), offset);
	*date = timegm(&tm) - (int64_t)*offset * 60;
	return true;
}

void mail_date_write(struct text *out, int64_t date, int offset)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t local = (time_t)(date + (int64_t)offset * 60);
	struct tm tm = { 0 };

	gmtime_r(&local, &tm);
	text_addf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d %c%02d%02d\n", days + 3 * tm.tm_wday,
		  tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		  tm.tm_sec, offset < 0 ? '-' : '+', abs(offset) / 60, abs(offset) % 60);
}
