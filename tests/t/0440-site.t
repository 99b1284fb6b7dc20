#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the site says how things stand, is replaced as a whole, and is quick to make'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
DB=$HOME/.local/state/series/results.db
CI=$HOME/.local/state/series/ci

conf() {
	for v in v7.2 v6.18 v6.6; do
		printf '[target "%s"]\n\tsource = tarball none/linux-%s.tar\n' "$v" "${v#v}"
	done >>ws/ci/targets.conf
	cat >ws/ci/ci.conf <<-END
	[watch "stable"]
		kind = release
	[watch "stable-rc"]
		kind = candidate
		url = $PWD/none
		branch = linux-%.y
	[watch "queue"]
		kind = queue
		url = $PWD/none
		branch = queue/%
	[publish]
		dir = $PWD/site
		title = Backports of <demo>
		url = https://ci.example.org/
	END
}

publish() {
	series -C ws ci publish
}

check() {
	python3 "$TOP/tests/fake/site-check" "${1:-site}"
}

# What is on a page, without its tags.
plain() {
	sed 's/<[^>]*>//g' "$1"
}

printf '[publish]\n\ttitle = x\n' >ws/ci/ci.conf
test_expect_success 'without a place nothing is published: what to set is said' '
	test_expect_code 2 publish 2>err && grep "ci.conf.*publish.*dir" err
'

test_expect_success 'before the first run there is a site that says so' '
	conf && publish && check && plain site/index.html | grep "nothing was done yet" && json ".latest == null" site/status.json &&
	json .state site/status.json | grep green && ! test -e site/latest
'

test_expect_success 'a folder with something of a person in it is left alone' '
	mkdir mine && echo thesis >mine/thesis && sed "s,dir = .*,dir = $PWD/mine," ws/ci/ci.conf >conf.mine && cp ws/ci/ci.conf conf.site && cp conf.mine ws/ci/ci.conf &&
	test_expect_code 2 publish 2>err && cat err && grep "not ours" err && grep thesis mine/thesis && test "$(ls | grep -c "^mine")" = 1 && cp conf.site ws/ci/ci.conf
'

test_expect_success 'months of runs, with names that nobody would like' '
	rm -rf "$HOME/.local/state/series" && publish && python3 "$TOP/tests/fake/journal" "$DB" "$CI" 40 --odd --kept 25 --evidence 60 && publish >out && cat out &&
	grep "40 runs, the latest is run 40; red" out && check && series -C ws ci publish --json >out.json && json ".latest == 40 and .state == \"red\"" out.json
'

test_expect_success 'what is not well stands first, with its reason, and since when' '
	plain site/index.html >index && sed -n "/What is not well/,/^demo/p" index >eyes && cat eyes && grep "6.1.y-rc.*regression.*first bad patch 2/2.*since .*run 38" eyes &&
	grep "5.10.y-queue.*conflict.*will not apply on the next 5.10.y, because" eyes && grep "6.6.y .*infrastructure.*last known: ok, fixed, v6.6.132, run 38" eyes &&
	test "$(grep -c "since" eyes)" = 4 && grep "6.1.y-rc.*sync_regs_test: regression" eyes && grep "since .*<a href=\"runs/38/index.html\">run 38" site/index.html
'

test_expect_success 'each line has its kernel, marks and proofs' '
	sed -n "/id=\"on-demo-6-1-y-rc\"/,/<\/li>/p" site/index.html | sed "s/<[^>]*>/ /g" >card && cat card && grep "regression" card && grep "v6.1.201-rc1+" card &&
	grep "= ~" card && grep "apply .*build .*verify .*tcg" card && grep "href=\"targets/6.1.y.html#on-demo-6-1-y-rc\"" site/index.html
'

test_expect_success 'known failures are not forgotten: what, until when, whose, where' '
	sed -n "/<section id=\"known\">/,/<\/section>/p" site/index.html >known && cat known && plain known | grep "nested_exceptions_test: changed failure (until 2026-12-31, A U Thor), on 6.18.y, 6.18.y-rc"
'

test_expect_success 'a source that does not answer is said, and is red after a day' '
	python3 -c "import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1]); db.execute(\"INSERT OR REPLACE INTO reaches VALUES(?,?,?,?)\",
		(sys.argv[2], time.time(), time.time() - int(sys.argv[3]) * 3600, \"no route <b>\")); db.commit()" "$DB" stable 3 &&
	publish && plain site/index.html >index && grep "A source does not answer.*no route" index && json ".stale != null and (.stale_red | not)" site/status.json &&
	python3 -c "import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1]); db.execute(\"UPDATE reaches SET reached=reached - 30 * 3600\"); db.commit()" "$DB" &&
	publish && check && plain site/index.html >index && grep "of old data.*no route" index && json .stale_red site/status.json && grep "stale.*its source has not answered since" index
'

test_expect_success 'a branch has its history; a run whose pages were pruned has no link' '
	plain site/targets/6.12.y.html >branch && grep "run 12" branch && grep "runs/40/index.html" site/targets/6.12.y.html &&
	! grep "runs/12/" site/targets/6.12.y.html && grep ">run 12<" site/runs/index.html && ! grep "href=\"12/" site/runs/index.html && test "$(ls site/runs | grep -c "^[0-9]")" = 25
'

test_expect_success 'flaky tests are ranked, those that became slow are marked' '
	plain site/tests.html >tests && grep "smm_test" tests | head -n 1 | grep -E "[0-9]+ of [0-9]+" && grep "slower than 0" tests && ! grep "payload_test/" tests &&
	grep "<svg class=\"spark\".*role=\"img\"" site/tests.html
'

test_expect_success 'the feed tells what changed, newest first, with whole addresses' '
	grep "<title>5.10.y-queue: conflict, v5.10" site/feed.xml && grep "https://ci.example.org/targets/5.10.y.html" site/feed.xml &&
	grep -m 1 "<entry>" -A 1 site/feed.xml | grep -e 6.6.y -e 5.10.y && xmllint --noout site/feed.xml
'

test_expect_success 'status.json has everything that docs/json.md says, and nothing else' '
	jq -r "[.. | objects | keys[]] | unique[]" site/status.json >keys && test -s keys && while read -r key; do
		grep -q -e "\`$key\`" -e "[.]$key\`" "$TOP/docs/json.md" || { echo "no $key" && return 1; }
	done <keys && json .version site/status.json | grep 1 && json ".lines[] | select(.line == \"6.1.y-rc\") | .since_ci_run" site/status.json | grep 38
'

test_expect_success 'nothing that a stranger named becomes markup' '
	! grep -r -e "<script>" -e "<b>" --include=*.html --include=feed.xml site && plain site/index.html | grep "script"
'

test_expect_success 'what XML cannot hold is shown as what it is' '
	python3 -c "import sqlite3, sys; db = sqlite3.connect(sys.argv[1])
db.execute(\"UPDATE rulings SET why = why || char(1, 27, 65534, 65535, 8232) WHERE round > 30\"); db.commit()" "$DB" && publish && check && xmllint --noout site/feed.xml &&
	grep "<U+FFFE>\|&lt;U+FFFE&gt;" site/feed.xml && jq . site/status.json >/dev/null
'

test_expect_success 'a run that is going on is no latest one, and moves nothing' '
	cp site/index.html before.html && python3 -c "import sqlite3, sys; db = sqlite3.connect(sys.argv[1])
db.execute(\"INSERT INTO rounds(id, tick, started, ended, stale, published, told, why) VALUES(41, 1, 1795324000, 0, 0, 0, 0, 0)\")
db.execute(\"INSERT INTO rulings(round, at, kind, series, line, target, cell, base, patched, recipe, word, red, unknown, why, bad, waived, marks, run, cell_id, wall, cpu) SELECT 41, at, kind, series, line, target, cell, base, patched, recipe, 2, 1, 0, why, bad, waived, marks, run, cell_id, wall, cpu FROM rulings WHERE round=40\")
db.commit()" "$DB" && publish && check && json ".latest == 40 and .open == 41" site/status.json && plain site/index.html | grep "Run 41 is going on" &&
	grep -o "<h1>.*</h1>" before.html >h1.before && grep -o "<h1>.*</h1>" site/index.html >h1.now && test_cmp h1.before h1.now
'

test_expect_success 'files that do not change are one file, not two' '
	test "$(stat -c %i "$CI/pages/40/report/demo/index.html")" = "$(stat -c %i site/runs/40/report/demo/index.html)" &&
	test "$(find "$CI/pages" -name "*.txt" | wc -l)" = "$(find site/evidence -name "*.txt" | wc -l)"
'

far=$(mktemp -d /dev/shm/series-t.XXXXXX 2>/dev/null) && test "$(stat -c %d "$far")" != "$(stat -c %d .)" && test_set_prereq OTHER_FILE_SYSTEM || rm -rf "$far"

test_expect_success OTHER_FILE_SYSTEM 'on another file system there are copies, made once' '
	cp ws/ci/ci.conf conf.site && test_when_finished "cp conf.site ws/ci/ci.conf; rm -rf \"$far\"" && sed "s,dir = .*,dir = $far/site," conf.site >ws/ci/ci.conf &&
	publish && check "$far/site" && ls -i "$far/site/evidence"/*/*.txt "$far"/site/runs/*/round.json >first && publish && check "$far/site" &&
	ls -i "$far/site/evidence"/*/*.txt "$far"/site/runs/*/round.json >second && test_cmp first second && test "$(ls "$far")" = site
'

test_expect_success 'killed at any moment, what is published is whole, and nothing is left beside it' '
	cat >kills.py <<-\END &&
	import os, random, signal, subprocess, sys, time
	dice = random.Random(3)
	for i in range(20):
	    child = subprocess.Popen(["series", "-C", "ws", "ci", "publish"], stdout=subprocess.DEVNULL)
	    time.sleep(dice.random() * 0.12)
	    child.send_signal(signal.SIGKILL)
	    child.wait()
	    if i % 5 == 0 or not os.path.exists("site/status.json"):
	        subprocess.run(["python3", sys.argv[1], "site"], check=True)
	    elif subprocess.run("test -e site/status.json -a -e site/latest/index.html -a -e site/feed.xml", shell=True).returncode:
	        sys.exit("not whole after %d" % i)
	END
	python3 kills.py "$TOP/tests/fake/site-check" && publish && check && ls -d site* >left && echo site >want && test_cmp want left
'

test_expect_success '200 runs, 40000 verdicts and 5000 files of evidence: within five seconds of one processor' '
	rm -rf "$HOME/.local/state/series" && publish && python3 "$TOP/tests/fake/journal" "$DB" "$CI" 200 --wide 140 --kept 200 --evidence 5000 && publish &&
	python3 -c "
import resource, subprocess, sys
subprocess.run([\"series\", \"-C\", \"ws\", \"ci\", \"publish\"], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(\"%.2f s user, %.2f s system\" % (used.ru_utime, used.ru_stime))
sys.exit(used.ru_utime + used.ru_stime > 5)" && test "$(find site/evidence -name "*.txt" | wc -l)" = 5000 && test "$(ls site/runs | grep -c "^[0-9]")" = 200 && check
'

test_done
