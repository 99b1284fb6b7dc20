#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Print the header that says which version this is: SERIES_VERSION from the tag vN.M[.P] before it, SERIES_BUILD
# from the commit and from the sources themselves, so that two programs with the same
# build id were built from the same text, in a clone or out of a tarball.
set -eu
cd "$(dirname "$0")/.."

version=0.1
commit=
# Only this folder's own repository counts, not one that happens to lie around it.
if [ -e .git ] && commit=$(git rev-parse --short=12 HEAD 2>/dev/null); then
	tag=$(git describe --tags --match 'v[0-9]*' --abbrev=0 2>/dev/null || true)
	version=${tag#v}
	version=${version:-0.1}
fi
sources=$(find tools Makefile -name '*.[ch]' -o -name Makefile | LC_ALL=C sort | xargs cat | sha1sum | cut -c1-12)

cat <<END
/* Made by ci/version.sh. */
#define SERIES_VERSION "$version"
#define SERIES_BUILD "${commit:+commit $commit, }build $sources"
END
