/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/mark.h"

static const struct mark_info table[MARK_COUNT] = {
	[MARK_NONE] = { "-", "unknown", "not ported yet" },
	[MARK_PRESENT] = { "U", "already there",
			   "the target has the change: by its upstream id in history, or in its text" },
	[MARK_EXACT] = { "=", "exact",
			 "the hunk's text is found once, moved by whole lines at most" },
	[MARK_RECORDED] = { "H", "recorded backport",
			    "backports/ has what a person decided for this pre-image" },
	[MARK_CONTEXT] = { "~", "context changed",
			   "the changed lines fit at one place only, the context around them differs" },
	[MARK_THREEWAY] = { "3", "three-way",
			    "merged against the pre-image that the patch was made for" },
	[MARK_MOVED] = { "M", "moved", "the file or the function stands elsewhere in the target" },
	[MARK_WORDS] = { "W", "words", "merged by words inside lines, and the result checked" },
	[MARK_SEMANTIC] = { "S", "semantic patch",
			    "a Coccinelle rule made the change, and matched all that it must" },
	[MARK_SKIPPED] = { "n/a", "not applicable",
			   "the series says that this target does not need it" },
	[MARK_CONFLICT] = { "X", "conflict", "no method is sure: a person has to decide" },
};

const struct mark_info *mark_info(enum mark mark)
{
	return &table[(unsigned int)mark < MARK_COUNT ? mark : MARK_NONE];
}

enum mark mark_worse(enum mark a, enum mark b)
{
	return a > b ? a : b;
}
