#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='report says what is known, to whoever reads it, and is safe to open'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
SOURCE_DATE_EPOCH=1700000000
export SOURCE_DATE_EPOCH

# Well-formed: every element is closed, in order, and every link inside leads somewhere.
cat >check.py <<'END'
import html.parser, os, sys
VOID = {"meta", "link", "br", "hr", "img", "input", "col"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.bad = [], set(), [], []
    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            if attrs["id"] in self.ids: self.bad.append("id twice: " + attrs["id"])
            self.ids.add(attrs["id"])
        if "href" in attrs: self.links.append(attrs["href"])
        for name, value in attrs.items():
            if name.startswith("on") or name == "src": self.bad.append("attribute " + name)
        if tag in ("script", "iframe", "object", "embed", "base", "form", "img"): self.bad.append("element " + tag)
        if tag not in VOID: self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: self.bad.append("closes %s at %s" % (tag, self.getpos()))
dir = sys.argv[1]
pages = {}
for name in sorted(os.listdir(dir)):
    page = Page()
    raw = open(os.path.join(dir, name), "rb").read()
    text = raw.decode("utf-8")
    if any(ord(c) < 32 and c not in "\t\n" or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x7f" for c in text):
        page.bad.append("control characters")
    page.feed(text)
    if page.open: page.bad.append("left open: %s" % page.open)
    pages[name] = page
for name, page in pages.items():
    for link in page.links:
        file, _, anchor = link.partition("#")
        if link.startswith("file://"): continue
        if ":" in link: page.bad.append("leads outside: " + link); continue
        to = pages.get(file or name)
        if not to or anchor and anchor not in to.ids: page.bad.append("leads nowhere: " + link)
    for bad in page.bad: print(name, bad)
sys.exit(any(page.bad for page in pages.values()))
END

# One section of a page, tags taken out.
section() {
	sed -n "/<section id=\"$1\">/,/<\/section>/p" "$2" | sed 's/<[^>]*>//g'
}

test_expect_success 'before anything was built, nothing is said to be safe' '
	series -C ws report --html page v6.12.3 v6.1 >out && cat out && grep "LOOK *v6.12.3: .*not built; not verified; not tested" out &&
	! grep -q TAKE out && section objects page/index.html | grep "Not verified" && section proof page/index.html | grep "Not tested" &&
	section nottested page/index.html | grep "not built" && ! test -e "$HOME/.local/state/series/results.db"
'

test_expect_success 'it writes nothing into the store' '
	test -z "$(lib_git for-each-ref refs/series/demo)"
'

test_expect_success 'TAKE: upstream lines, built, tested, no regression, and shown to fix' '
	series -C ws test v6.12.3 v6.12.9 v6.1 >/dev/null && series -C ws report --html page v6.12.3 v6.12.9 v6.1 >out && cat out &&
	head -n 1 out | grep "demo: 3 TAKE" && grep "TAKE *v6.12.3: every changed line is as mailed; builds without a new message; not verified; no regression in 3 tests; 1 fail before and pass after" out &&
	section proof page/index.html | grep "payload_test fails without the series and passes with it, on 2 of 3: v6.12.3, v6.1.5" &&
	section eyes page/index.html | grep "Nothing needs"
'

test_expect_success 'the matrix has marks, and ticks that lead to the evidence' '
	section patches page/index.html | grep "1/2 demo: count and clamp" && grep "<a class=\"ok\" href=\"#on-v6-12-3\" title=\"test: good\">T" page/index.html &&
	section targets page/index.html | grep "v6.12.3/fake/patched.1" && grep "href=\"file:///[^ \"]*/runs/demo/v6.12.3/fake/base.1/\"" page/index.html
'

test_expect_success 'the timeline is a picture, and a table that says the same' '
	grep "<svg .*role=\"img\"" page/index.html && section timeline page/index.html | grep "v6.12.3 fake" && section timeline page/index.html | grep "tests, patched"
'

test_expect_success 'the same but for the date' '
	series -C ws report --html again v6.12.3 v6.12.9 v6.1 >/dev/null && diff -r page again &&
	SOURCE_DATE_EPOCH=1800000000 series -C ws report --html later v6.12.3 v6.12.9 v6.1 >/dev/null && ! test_cmp page/index.html later/index.html &&
	sed "s/2027-01-15 08:00 UTC/2023-11-14 22:13 UTC/" later/index.html >one && test_cmp page/index.html one
'

test_expect_success 'what verify found is there, in words, and how many checks there were' '
	test_might_fail series -C ws verify v6.12.3 >verified && cat verified && test_might_fail series -C ws report --html checked v6.12.3 >out && cat out &&
	section checks checked/index.html >part && grep "v6.12.3: 8 checks" part && grep "rules: 2 messages" part && grep "rules/class, patch 2/2: out-of-tree" part &&
	section objects checked/index.html | grep "objects: " && ! grep "not verified" out && python3 check.py checked &&
	series -C ws report --json v6.12.3 >checked.json; json ".targets[0].checks[] | select(.check == \"rules\") | .findings[0].rule" checked.json | grep rules/
'

test_expect_success 'what is not pass and pass is named, the rest is a number; a regression is DON'"'"'T, exit code 1' '
	echo "demo_twice own_test fail regs.rip is not what it was" >"$FAKE_QEMU" && test_might_fail series -C ws test --fresh v6.12.3 >/dev/null &&
	test_expect_code 1 series -C ws report --html bad v6.12.3 v6.1 >out && cat out && grep "DON.T *v6.12.3: .*1 test worse" out && grep "TAKE *v6.1.5" out &&
	section results bad/index.html >part && grep own_test part && grep "regs.rip is not what it was" part && grep regression part && ! grep smoke_test part &&
	section eyes bad/index.html | grep "v6.12.3.*own_test: regression.*first bad patch 2/2"
'

test_expect_success 'a conflict is DON'"'"'T, its reason is there, the others are told: exit code 3' '
	: >"$FAKE_QEMU" && test_expect_code 3 series -C ws report --html conflict v5.10 v6.1 >out && cat out && grep "DON.T *v5.10.7: patch 1/2 conflicts" out &&
	section eyes conflict/index.html | grep "v5.10.7 1/2" && grep "TAKE *v6.1.5" out && python3 check.py conflict
'

# A port that differs: a person's, for 5.10.
test_expect_success 'a patch that differs is LOOK, with upstream beside the port, word by word, and whole functions' '
	test_expect_code 3 series -C ws resolve v5.10 >out && kernel_files v5.10.7 five &&
	sed "s/^	return sum;/	demo_count++;\
	return demo_clamp(sum);/" five/lib/demo.c >ws/build/resolve/demo/v5.10.7/work/lib/demo.c &&
	series -C ws resolve v5.10 --continue --note "the sum has a name here" >out && cat out &&
	series -C ws report --html differs v5.10 >out && cat out && grep "LOOK *v5.10.7: 1 hunk differs" out &&
	section eyes differs/index.html | grep "the sum has a name here" && grep "id=\"deviation-1\"" differs/index.html && grep "<ins>sum</ins>" differs/index.html &&
	grep "return demo_clamp(" differs/deviation-1.html && sed "s/<[^>]*>//g" differs/deviation-1.html | grep "Whole functions, upstream.s from v6.12.3" &&
	grep "demo_add()" differs/deviation-1.html && sed "s/<[^>]*>//g" differs/deviation-1.html | grep "another patch-id"
'

test_expect_success 'every page is well-formed, alone, and without a script' '
	python3 check.py page && python3 check.py bad && python3 check.py differs && xmllint --html --noout differs/index.html 2>err;
	! grep -v -e "Tag .* invalid" -e "^<" -e "^ *^" err
'

test_expect_success 'the mail has 72 columns at most, the verdict on top, the sums last' '
	test_might_fail series -C ws report --mail v5.10 v6.12.3 v6.12.9 v6.1 >mail && cat mail &&
	awk "length > 72 { print; bad = 1 } END { exit bad }" mail && head -n 1 mail | grep "^Subject: \[series demo\] 5.10.y LOOK, 6.12.y DON.T, 6.12.y ok, 6.1.y ok" &&
	sed -n "/^\$/,\$p" mail | sed -n 2p | grep "^Verdict: 2 of 4 versions need eyes, 1 must not" && grep "1/2 *H *= *BV[!?]* *U" mail && tail -n 1 mail | grep "4 versions, 2 patches, 9 tests"
'

test_expect_success 'the cover letter is for one kernel, says what was adapted and tested, and 72 columns' '
	series -C ws report --cover v6.1 >cover && cat cover && grep "^Subject: \[PATCH 6.1.y 0/2\] count, clamp and double" cover &&
	grep "upstream d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8" cover && grep "not upstream: Not yet, nobody asked" cover && grep "payload_test fails without" cover &&
	awk "length > 72 { print; bad = 1 } END { exit bad }" cover &&
	test_expect_code 2 series -C ws report --cover v6.x 2>err && grep "not one" err && test_expect_code 2 series -C ws report v6.1 2>err && grep "which form" err
'

test_expect_success 'JSON has all of it, and a version' '
	test_might_fail series -C ws report --json v5.10 v6.12.3 v6.1 >out.json && json ".version" out.json | grep 1 &&
	json ".targets[1].advice" out.json | grep "DON.T" && json ".targets[1].cells[0].tests[] | select(.name == \"own_test\") | .class" out.json | grep regression &&
	json ".targets[0].patches[0].hunks[0].state" out.json | grep adapted && json ".looks[0].target" out.json | grep v6.12.3 &&
	jq -r "[.. | objects | keys[]] | unique[]" out.json >keys && while read -r key; do
		grep -q -e "\"$key\"" -e "[\`.]$key\`" "$TOP/docs/json.md" || { echo "no $key" && return 1; }
	done <keys
'

# What strangers write: in a subject, a title, a note, a reason, a file name.
test_expect_success 'markup, escape sequences and turned writing in a patch reach no reader' '
	evil=$(printf "demo: <script>alert(1)</script>\" onload=x \033]0;owned\007 \342\200\256desrever") &&
	sed -i "s|^Subject: \[PATCH 1/2\].*|Subject: [PATCH 1/2] $evil|" ws/series/demo/0001-*.patch &&
	sed -i "s|title = .*|title = <img src=x onerror=alert(1)>|" ws/series/demo/series.conf &&
	echo "demo_twice own_test fail <b>why</b> & $evil" >"$FAKE_QEMU" && test_might_fail series -C ws test v6.12.3 >/dev/null &&
	test_might_fail series -C ws report --html evil v5.10 v6.12.3 >out && cat out && python3 check.py evil && grep "&lt;script&gt;alert(1)&lt;/script&gt;" evil/index.html &&
	! grep -e "<script" -e "<img" evil/*.html && grep "U+202E" evil/index.html &&
	test_might_fail series -C ws report --mail v5.10 v6.12.3 >mail && awk "length > 72 { bad = 1 } END { exit bad }" mail &&
	series -C ws report --cover v6.1 >cover && cat mail cover out | LC_ALL=C tr -d "\11\12\40-\176\200-\377" >control && ! test -s control && ! grep "$(printf "\342\200\256")" mail cover out
'

test_done
