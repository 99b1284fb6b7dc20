#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the rules of the house are kept, and the check that says so sees when they are not'
. "${0%/*}/../lib.sh"

spdx='/* SPDX-License-Identifier: GPL-2.0-or-later */'

# finds FILE TEXT-ON-STDIN LINE...: in a tree with nothing but that file the check finds exactly these.
finds() {
	file=$1
	shift
	rm -rf house && mkdir -p "house/$(dirname "$file")" && cat >"house/$file" &&
	printf '%s\n' "$@" | sed "s,^,$file:," >want &&
	code=0
	sh "$TOP/tests/lint/house.sh" house >found || code=$?
	test $code = 1 && test_cmp want found
}

test_expect_success 'this tree keeps them' '
	sh "$TOP/tests/lint/house.sh"
'

test_expect_success 'an include that climbs a floor, or names none' '
	finds tools/patch/a.c <<-END "3: patch/ includes upwards: \"kernel/b.h\"" "4: \"b.h\" does not name its floor"
	$spdx
	#include "base/b.h"
	#include "kernel/b.h"
	#include "b.h"
	#include "patch/b.h"
	END
'

test_expect_success 'a print or an exit below cmd/, but not in comments and strings' '
	finds tools/kernel/a.c <<-END "6: prints or exits below cmd/" "7: prints or exits below cmd/" "8: prints or exits below cmd/"
	$spdx
	/* printf("") */
	snprintf(a, 1, "printf(");
	my_exit(1);
	_exit(1);
	printf("x");
	fputs("x", stderr);
	exit(1);
	END
'

test_expect_success 'cmd/ may print' '
	mkdir -p cmd/tools/cmd && printf "%s\nprintf(x);\n" "$spdx" >cmd/tools/cmd/a.c &&
	sh "$TOP/tests/lint/house.sh" cmd
'

test_expect_success 'a file and a function that are too long' '
	{
		printf "%s\nint f(void)\n{\n" "$spdx"
		yes "	f();" | head -n 141
		printf "}\n"
		yes "int x;" | head -n 500
	} >long.c &&
	finds tools/base/long.c <long.c " 645 lines, more than 600" \
		"3: a function of 142 lines, more than 140"
'

test_expect_success 'a source without its licence' '
	finds tests/t/a.t <<-\END "1: no SPDX-License-Identifier"
	#!/bin/sh
	echo 1..0
	END
'

test_expect_success 'the host of a registry, and a path of one machine' '
	d=debian && r=root &&
	finds docs/a.md <<-END "1: names the host of a package registry" "2: names a path of one machine"
	from https://deb.$d.org/$d
	see /$r/notes
	see lists.$d.org, usr/$r/x and /${r}ed
	END
'

test_done
