/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trailer: "Key: value" lines at the end of a message.
 */
#ifndef SERIES_PATCH_TRAILER_H
#define SERIES_PATCH_TRAILER_H

#include "patch/mail.h"

/*
 * Where the block of trailers begins in a body (a message without its subject); its end where there
 * is none.
 */
size_t trailer_block(struct slice body);
/* Bytes of the key that the line begins with; 0 where it is no trailer. */
size_t trailer_key(struct slice line);

#endif
