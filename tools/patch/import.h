/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Import: mails taken into a series' folder.
 *
 * The folder is made anew beside the old one, read back and checked, and then takes its place in
 * one step.
 */
#ifndef SERIES_PATCH_IMPORT_H
#define SERIES_PATCH_IMPORT_H

#include "patch/series.h"
#include "patch/thread.h"

struct import_ask {
	const char *workspace;
	const char *name; /* of the series; made when it is not there */
	const char *const
		*words; /* files (.eml, mbox), or message ids, which b4 gets from the archive */
	size_t nwords;
	unsigned int number; /* where the first patch goes; 0: behind the last */
	bool in_place; /* replace: the patch of that number, or without one those of the same subject */
	const char *upstream; /* 40 hex, for a single patch; NULL */
	bool no_b4;	      /* gather trailers ourselves */
};

struct imported {
	unsigned int number;
	char *file, *subject;
	bool replaced;
	struct trailers given; /* taken from replies */
};

struct import {
	char *dir;    /* series/NAME */
	bool created; /* the series was not there */
	bool by_b4;
	struct imported *items;
	size_t n, cap;
	struct trailers
		refused; /* trailers in replies whose address is not the sender's; by_b4: not known */
};

/* 0 with what was done; nothing is changed on -1. */
int import_mails(struct arena *arena, const struct import_ask *ask, struct import *import);

/* "KVM: x86: Defer delivery" gives "kvm-x86-defer-delivery"; "series" where there is no letter. */
char *import_series_name(struct arena *arena, const char *subject);
/* A patch's file name as git format-patch makes it: "0001-KVM-x86-Defer-....patch". */
char *import_file_name(struct arena *arena, unsigned int number, const char *subject);

#endif
