/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SERIES_CI_SITE_MARK_H
#define SERIES_CI_SITE_MARK_H

/* A file that says that a folder is a site of ours, to be replaced as a whole. */
#define SITE_MARK ".series-site"

#endif
