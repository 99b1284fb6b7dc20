/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Series keys: what may stand in series.conf; docs/series.conf.md is checked against it.
 */
#ifndef SERIES_PATCH_SERIES_KEYS_H
#define SERIES_PATCH_SERIES_KEYS_H

#include "base/conf.h"

extern const struct conf_key series_keys[];
extern const size_t nseries_keys;

#endif
