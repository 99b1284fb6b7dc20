/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/pack_index.h"

#include <nettle/sha1.h>
#include <stdlib.h>

static void add32(struct text *out, uint32_t v)
{
	char bytes[4] = { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v };

	text_add(out, bytes, sizeof(bytes));
}

static int entry_cmp(const void *pa, const void *pb)
{
	const struct pack_entry *const *a = pa, *const *b = pb;

	return memcmp((*a)->id.id, (*b)->id.id, GIT_OID_RAWSZ);
}

void pack_index_write(const struct pack_entries *entries, const unsigned char *sum,
		      struct text *index)
{
	const struct pack_entry **sorted = malloc((entries->n + 1) * sizeof(*sorted));
	struct text large __free_text = TEXT_INIT;
	unsigned char own[GIT_OID_RAWSZ];
	struct sha1_ctx sha;
	uint32_t n = (uint32_t)entries->n, seen = 0;

	if (!sorted)
		abort();
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = &entries->items[i];
	qsort(sorted, n, sizeof(*sorted), entry_cmp);

	text_add(index, "\377tOc\0\0\0\2", 8);
	for (unsigned int first = 0; first < 256; first++) {
		while (seen < n && sorted[seen]->id.id[0] <= first)
			seen++;
		add32(index, seen);
	}
	for (uint32_t i = 0; i < n; i++)
		text_add(index, sorted[i]->id.id, GIT_OID_RAWSZ);
	for (uint32_t i = 0; i < n; i++)
		add32(index, sorted[i]->crc);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t offset = sorted[i]->offset;

		if (offset < 0x80000000u) {
			add32(index, (uint32_t)offset);
			continue;
		}
		add32(index, 0x80000000u | (uint32_t)(large.len / 8));
		add32(&large, (uint32_t)(offset >> 32));
		add32(&large, (uint32_t)offset);
	}
	text_add_slice(index, text_slice(&large));
	text_add(index, sum, GIT_OID_RAWSZ);
	sha1_init(&sha);
	sha1_update(&sha, index->len, (const uint8_t *)index->p);
	sha1_digest(&sha, sizeof(own), own);
	text_add(index, own, sizeof(own));
	free(sorted);
}

static bool delta_number(struct slice *delta, size_t *number)
{
	*number = 0;
	for (unsigned int shift = 0; delta->n && shift < 63; shift += 7) {
		unsigned char c = (unsigned char)*delta->p;

		*number |= (size_t)(c & 0x7f) << shift;
		*delta = slice_skip(*delta, 1);
		if (!(c & 0x80))
			return true;
	}
	return false;
}

/* The bytes of a number whose present bytes the low bits of `which` tell. */
static bool delta_bytes(struct slice *delta, unsigned int which, unsigned int max, size_t *number)
{
	*number = 0;
	for (unsigned int i = 0; i < max; i++) {
		if (!(which >> i & 1))
			continue;
		if (!delta->n)
			return false;
		*number |= (size_t)(unsigned char)*delta->p << i * 8;
		*delta = slice_skip(*delta, 1);
	}
	return true;
}

int delta_apply(struct slice base, struct slice delta, char *to, size_t size)
{
	size_t base_size, result, done = 0;

	if (!delta_number(&delta, &base_size) || !delta_number(&delta, &result) ||
	    base_size != base.n || result != size)
		return -1;
	while (delta.n) {
		unsigned char op = (unsigned char)*delta.p;
		size_t from = 0, n = op;

		delta = slice_skip(delta, 1);
		if (op & 0x80) {
			if (!delta_bytes(&delta, op & 0xf, 4, &from) ||
			    !delta_bytes(&delta, op >> 4 & 7, 3, &n))
				return -1;
			n = n ? n : 0x10000;
			if (from > base.n || n > base.n - from || n > size - done)
				return -1;
			memcpy(to + done, base.p + from, n);
		} else {
			if (!op || n > delta.n || n > size - done)
				return -1;
			memcpy(to + done, delta.p, n);
			delta = slice_skip(delta, n);
		}
		done += n;
	}
	return done == size ? 0 : -1;
}
