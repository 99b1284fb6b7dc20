#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='series ci notices a newer version of the series, says so once, and update takes it in'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
printf '[lore]\n\twatch = yes\n\tarchive = %s/archive\n' "$PWD" >>ws/ci/ci.conf && mkdir archive
git config -f ws/series/demo/series.conf patch.0001-demo-count-and-clamp-what-is-added.patch.version 1

mails() {
	grep -l -r "$1" mails 2>/dev/null | wc -l
}
events() {
	series -C ws ci log --json | jq '[.events[]? | select(.kind == "revision")] | length'
}
# Version $1 of the first patch, alone.
post() {
	sed -e "1s/.*/From mboxrd@z Thu Jan  1 00:00:00 1970/" -e "s/^Subject: \[PATCH 1\/2\]/Subject: [PATCH v$1]/" -e "s/^Date: .*/Date: Fri, 1$1 Nov 2023 23:13:20 +0100\nMessage-ID: <v$1@example.org>/" \
		-e "s/^A sum/In version $1 a sum/" ws/series/demo/0001-*.patch
}

test_expect_success 'where the archive has nothing newer, nothing is said' '
	{ test_might_fail series -C ws ci; } >out 2>err; cat out err; test $(mails "on the lists") = 0 && series -C ws ci doctor >doctor; cat doctor
'

post 2 >archive/v2.eml
test_expect_success 'a newer version is found at the next look, an hour later, and is one mail' '
	{ test_might_fail series -C ws ci; } >out 2>err; test $(mails "v2 of demo is on the lists") = 0 &&
	sqlite=$HOME/.local/state/series/results.db && python3 -c "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
note, = db.execute(\"SELECT value FROM notes WHERE name = ?\", (\"revision demo\",)).fetchone()
at, rest = note.split(\"\n\", 1)
db.execute(\"UPDATE notes SET value = ? WHERE name = ?\", (str(int(at) - 3600) + \"\n\" + rest, \"revision demo\"))
db.commit()" "$sqlite" && { test_might_fail series -C ws ci; } >out 2>err; cat out err; grep -r "on the lists" mails; test $(mails "v2 of demo is on the lists") = 1 &&
	{ test_might_fail series -C ws ci; } >out 2>err; test $(mails "v2 of demo is on the lists") = 1
'

test_expect_success 'what the mail says to do takes it in, and the next tick finds nothing newer' '
	cat $(grep -l -r "v2 of demo" mails) >mail && sed -n "s/^ *\(series .*update.*\)/\1/p" mail >commands && cat commands && test $(wc -l <commands) = 2 &&
	test_expect_code 1 sh -c "$(sed -n 1p commands)" && sh -c "$(sed -n 2p commands)" && grep "In version 2" ws/series/demo/0001-*.patch &&
	{ test_might_fail series -C ws ci; } >out 2>err; test $(mails "on the lists") = 1 && series -C ws update -n >out && grep "up to date" out
'

test_expect_success 'an archive that is gone is a source that does not answer' '
	mv archive away && python3 -c "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
note, = db.execute(\"SELECT value FROM notes WHERE name = ?\", (\"revision demo\",)).fetchone()
at, rest = note.split(\"\n\", 1)
db.execute(\"UPDATE notes SET value = ? WHERE name = ?\", (str(int(at) - 3600) + \"\n\" + rest, \"revision demo\"))
db.commit()" "$sqlite" && { test_might_fail series -C ws ci; } >out 2>err; cat out err; python3 -c "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute(\"SELECT * FROM reaches WHERE source = ?\", (\"lore\",)).fetchall())" "$sqlite" >reach && cat reach && grep "there is no" reach
'
test_done
