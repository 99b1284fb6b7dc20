/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mail date: the date of a mail's header.
 */
#ifndef SERIES_PATCH_MAIL_DATE_H
#define SERIES_PATCH_MAIL_DATE_H

#include <stdint.h>

#include "base/text.h"

/*
 * "Tue, 17 Feb 2026 16:54:38 -0800", the day's name and the seconds optional; false, with nothing changed, for anything else and for
 * NULL. `offset`: minutes east of UTC.
 */
bool mail_date_parse(const char *value, int64_t *date, int *offset);
/* "Date: Tue, 17 Feb 2026 16:54:38 -0800" and a newline. */
void mail_date_write(struct text *out, int64_t date, int offset);

#endif
