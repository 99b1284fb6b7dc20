#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='a tick killed at any moment is finished by the next one, with the same results, and nothing published is partial'
. "${0%/*}/../lib.sh"

make_store
make_workspace
make_machine
make_ci
kernel_files v6.1.5 k6.1
kernel_files v6.12.3 k6.12
sed -i '/target "v5.10"/,/source/d' ws/ci/targets.conf
release v6.1.6 k6.1
release v6.12.10 k6.12

# rulings RUN: what came out, without what differs from one time to another.
rulings() {
	series -C ws ci log "$1" --json | jq -S "[.rulings[] | {line, target, kind, cell, verdict, bad, marks}] | sort"
}

# Each link of each page leads to something; latest is a run that is complete.
site_whole() {
	[ -e site ] || return 0
	python3 - site <<-\END
	import html.parser, os, sys
	class Links(html.parser.HTMLParser):
	    def handle_starttag(self, tag, attrs):
	        for name, value in attrs:
	            if name in ("href", "src") and value and not value.startswith(("#", "http:", "https:", "mailto:", "data:")):
	                self.found.append(value.split("#")[0].split("?")[0])
	bad = 0
	for folder, _, names in os.walk(sys.argv[1]):
	    for name in names:
	        if not name.endswith(".html"):
	            continue
	        path = os.path.join(folder, name)
	        text = open(path).read()
	        links = Links()
	        links.found = []
	        links.feed(text)
	        if "</html>" not in text:
	            print(path, "has no end")
	            bad = 1
	        for link in links.found:
	            if not os.path.exists(os.path.join(folder, link)):
	                print(path, "leads to", link, "which is not there")
	                bad = 1
	latest = os.path.join(sys.argv[1], "latest")
	if not os.path.exists(os.path.join(latest, "index.html")):
	    print("latest leads nowhere")
	    bad = 1
	sys.exit(bad)
	END
}

test_expect_success 'what a tick finds out when nobody kills it' '
	(XDG_STATE_HOME=$PWD/ref.state XDG_CACHE_HOME=$PWD/ref.cache && export XDG_STATE_HOME XDG_CACHE_HOME &&
		series -C ws ci >out && cat out && rulings 1 >want) && rm -rf site mails && jq -e "length > 4" want
'

# Moments are drawn anew each time, and said, so that one that fails can be had again.
seed=${SERIES_TEST_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
next=7
test_expect_success "killed at twenty moments (SERIES_TEST_SEED=$seed), each time the next tick goes on" '
	moments=$(perl -e "srand $seed; printf qq(%.3f\n), 0.02 + rand(rand() < 0.5 ? 1 : 6) for 1 .. 20") && killed=0 &&
	for moment in $moments; do
		# What was finished in spite of all gets something new to do.
		if [ "$(series -C ws ci log --json | jq -r ".runs[0].ended // empty")" ]; then
			release v6.1.$next k6.1 && next=$((next + 1)) || return 1
		fi
		setsid series -C ws ci >tick 2>&1 &
		pid=$!
		sleep "$moment"
		kill -9 $pid && killed=$((killed + 1))
		wait $pid
		site_whole || return 1
	done && echo "$killed were killed" && test $killed -ge 10
'

test_expect_success 'what is left is finished, once, and is what would have come out' '
	# A child of the last one that has not come to its exec yet holds the lock for a moment.
	flock -w 10 "$HOME/.local/state/series/ci/lock" true && { series -C ws ci >tick 2>&1; cat tick; series -C ws ci >out 2>&1 && test_must_be_empty out; } && site_whole &&
	series -C ws ci log --json >log.json && jq -e "[.runs[].ended | select(. == null)] == []" log.json &&
	rulings 1 >got && test_cmp want got
'

test_expect_success 'every run that came of it says of 6.1.y what the first one says' '
	jq -S "[.[] | select(.line == \"6.1.y\") | del(.target)]" want >want.6.1 &&
	for run in $(jq -r ".runs[].ci_run" log.json); do
		rulings $run | jq -S "[.[] | select(.line == \"6.1.y\") | del(.target)]" >got.6.1 && test_cmp want.6.1 got.6.1 || return 1
	done
'

test_expect_success 'no process and no temporary name of the dead ticks is left' '
	! grep -lza "^SERIES_TASK=$HOME" /proc/[0-9]*/environ 2>/dev/null &&
	test -z "$(find . -maxdepth 1 -name "site.*")" && test -z "$(find .local/state/series/ci -name "*.new*" -o -name "*.tmp*" -o -name ".*.??????")"
'

test_expect_success 'nothing was told twice' '
	find mails -type f -exec grep -h "^Message-ID:" {} + | sort >ids && sort -u ids >once && test_cmp once ids
'

test_done
