/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/shell.h"

void shell_quote(struct text *text, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_.,:=/+-";

	if (*word && !word[strspn(word, plain)]) {
		text_adds(text, word);
		return;
	}
	text_addc(text, '\'');
	for (; *word; word++)
		if (*word == '\'')
			text_adds(text, "'\\''");
		else
			text_addc(text, *word);
	text_addc(text, '\'');
}
