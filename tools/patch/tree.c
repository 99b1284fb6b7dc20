/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/tree.h"

#include "base/fail.h"

bool tree_next(struct slice *rest, struct tree_item *item, bool *bad)
{
	const char *p = rest->p, *end = rest->p + rest->n;
	unsigned int mode = 0;

	if (!rest->n)
		return false;
	*bad = true;
	while (p < end && *p >= '0' && *p <= '7' && mode < 01000000)
		mode = mode << 3 | (unsigned int)(*p++ - '0');
	if (p == rest->p || p == end || *p++ != ' ')
		return false;

	const char *nul = memchr(p, '\0', (size_t)(end - p));

	if (!nul || nul == p || end - nul <= TREE_ID_BYTES)
		return false;
	*bad = false;
	item->mode = mode;
	item->name = (struct slice){ p, (size_t)(nul - p) };
	item->id = (const unsigned char *)nul + 1;
	*rest = (struct slice){ nul + 1 + TREE_ID_BYTES, (size_t)(end - nul) - 1 - TREE_ID_BYTES };
	return true;
}

int tree_find(struct slice tree, struct slice name, struct tree_item *item)
{
	struct slice rest = tree;
	bool bad = false;

	while (tree_next(&rest, item, &bad)) {
		if (slice_eq(item->name, name))
			return 1;
	}
	return bad ? fail("malformed tree object") : 0;
}

int tree_name_cmp(struct slice a, bool a_folder, struct slice b, bool b_folder)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c)
		return c;

	unsigned char ca = a.n > n ? (unsigned char)a.p[n] : a_folder ? '/' : 0;
	unsigned char cb = b.n > n ? (unsigned char)b.p[n] : b_folder ? '/' : 0;

	return (ca > cb) - (ca < cb);
}

void tree_write(struct text *out, const struct tree_item *item)
{
	text_addf(out, "%o ", item->mode);
	text_add_slice(out, item->name);
	text_addc(out, '\0');
	text_add(out, item->id, TREE_ID_BYTES);
}
