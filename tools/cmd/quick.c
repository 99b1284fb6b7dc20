/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/quick.h"

#include <malloc.h>

/*
 * libgit2 parses the machine's CA certificates, some 140, whenever it starts: 4 ms of CPU, for
 * connections that are never made here, since git itself fetches. This takes the place of the
 * function that mbed TLS has for it (the dynamic linker finds the program's first) and reads none,
 * so that a TLS connection through libgit2 would be refused. Where libgit2 is built on another
 * library nobody calls it.
 */
int mbedtls_x509_crt_parse_file(void *chain, const char *path);
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return 0;
}

void quick_start(void)
{
	/*
	 * Fresh pages are what a port of a large file spends most of its time on: what was freed is
	 * kept and used again, for the next version of the file and the next kernel.
	 */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
}
