/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mime code: the encodings of mail, undone and made.
 */
#ifndef SERIES_PATCH_MIME_CODE_H
#define SERIES_PATCH_MIME_CODE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/* What is not of the alphabet is passed over. */
struct slice mime_base64(struct arena *arena, struct slice s);
/*
 * Quoted-printable; as RFC 2047's "Q" (an underscore is a space) where `word`. A "=" that means
 * nothing stays.
 */
struct slice mime_quoted(struct arena *arena, struct slice s, bool word);

#endif
