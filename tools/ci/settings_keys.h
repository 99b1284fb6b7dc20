/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings keys: what may stand in ci/ci.conf; docs/ci.md is checked against it.
 */
#ifndef SERIES_CI_SETTINGS_KEYS_H
#define SERIES_CI_SETTINGS_KEYS_H

#include "base/conf.h"

extern const struct conf_key settings_keys[];
extern const size_t nsettings_keys;

#endif
