/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell: words as sh reads them back.
 */
#ifndef SERIES_BASE_SHELL_H
#define SERIES_BASE_SHELL_H

#include "base/text.h"

/* Quoted where it must be, so that it is one word and nothing in it means anything. */
void shell_quote(struct text *text, const char *word);

#endif
