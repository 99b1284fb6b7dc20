#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
test_description='the pages of the site hold up in a browser: nothing to scroll sideways, nothing in its console'
. "${0%/*}/../lib.sh"

# 400 MB with what it needs: not in ci/packages, so that make check stays small.
if ! command -v chromium >/dev/null; then
	skip_all='no chromium (apt-get install chromium)'
	test_done
fi
make_store
make_workspace
make_machine
make_ci
kernel_files v6.1.5 k6.1
DB=$HOME/.local/state/series/results.db
CI=$HOME/.local/state/series/ci

# A page that shows FILES, each in frames 390 and 1280 wide, and says how wide what is in them is.
frames() {
	echo '<!DOCTYPE html><meta charset="utf-8"><body><pre id="out"></pre>'
	for frames_file; do
		for frames_width in 390 1280; do
			echo "<iframe src=\"$frames_file\" width=\"$frames_width\" height=\"900\" style=\"border:0\"></iframe>"
		done
	done
	cat <<-\END
	<script>
	onload = () => {
		let out = "";
		for (const f of document.querySelectorAll("iframe")) {
			const root = f.contentDocument.documentElement, body = f.contentDocument.body;
			const wide = Math.max(root.scrollWidth, body.scrollWidth), given = Number(f.width);
			out += `${f.getAttribute("src")} ${given} ${wide > given ? "SIDEWAYS " + wide : "fits"} ${getComputedStyle(body).backgroundColor}\n`;
		}
		document.getElementById("out").textContent = out + "all looked at\n";
	};
	</script>
	END
}

# browse FILE [WORD...]: what the page says once it is loaded, to `dom`; its console to `console`.
browse() {
	browse_file=$1
	shift
	timeout 120 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync \
		--allow-file-access-from-files --user-data-dir="$PWD/chromium" --enable-logging=stderr --v=0 --virtual-time-budget=20000 "$@" --dump-dom "file://$PWD/$browse_file" >dom 2>log &&
	{ grep CONSOLE log >console; true; } && sed -n '/id="out"/,/<\/pre>/p' dom | sed 's/<[^>]*>//g' >out && cat out console && grep -q "all looked at" out
}

test_expect_success 'a site with runs, reports and unfriendly names' '
	release v6.1.6 k6.1 && test_might_fail series -C ws ci && python3 "$TOP/tests/fake/journal" "$DB" "$CI" 40 --odd --kept 20 --evidence 20 &&
	series -C ws ci publish && frames site/index.html site/targets/6.1.y.html site/tests.html site/runs/index.html site/runs/1/index.html site/runs/1/report/demo/index.html >frames.html
'

test_expect_success 'on a telephone and on a desk nothing is wider than the screen' '
	browse frames.html && test "$(grep -c fits out)" = 12 && ! grep SIDEWAYS out && ! test -s console
'

test_expect_success 'in the dark the background is dark' '
	grep "index.html 390 fits rgb(253, 253, 252)" out && browse frames.html --blink-settings=preferredColorScheme=0 && grep "index.html 390 fits rgb(20, 22, 26)" out &&
	! grep SIDEWAYS out && ! test -s console
'

test_expect_success 'the check itself notices what is too wide, and what the console says' '
	mkdir bad && echo "<!DOCTYPE html><body><div style=\"width:700px\">x</div><script>throw 1</script>" >bad/index.html && frames bad/index.html >frames.html &&
	browse frames.html && grep "390 SIDEWAYS" out && grep "Uncaught 1" console
'

test_done
