#!/bin/sh
# tests/fresh/run needs root, a network and an hour; here: that it is sound, and that what it runs is what README.md says.
. tests/lib/tap.sh
commands=$(tests/fresh/run --commands)
is "the commands are those of README.md, then those of CONTRIBUTING.md for the page" "$commands" \
  "scripts/first-run
scripts/test
scripts/bootstrap page
cd web && npm run build
tests/page/built.t
tests/page/page.t"
for file in scripts/first-run scripts/test scripts/bootstrap tests/page/built.t tests/page/page.t; do
  ok "$file can be run" test -x "$file"
done
has "README.md says how to do without the page" "$(sed -n 's/^    scripts\/first-run //p' README.md)" "--no-serve"
has "the help names the settings" "$(tests/fresh/run --help)" "FRESH_SITE"
said=$(tests/fresh/run nowhere 2>&1) && status=0 || status=$?
is "an unknown machine is refused" "$status: $said" "1: tests/fresh/run: unknown machine 'nowhere'; there are root user stranger offline page"

said=$(tests/fresh/interrupted.py "$WEIGH" serve --log none --listen 127.0.0.1:0) && status=0 || status=$?
is "the server is interrupted with status 0" "$status" 0
has "once the page was fetched" "$said" "[the page and 2 files"
has "and the API has answered" "$said" "8,190,735,360"
no "a command that never says an address fails" tests/fresh/interrupted.py true

for command in 'scripts/first-run' 'scripts/first-run --no-serve' 'scripts/test' 'tests/page/page.t'; do
  ok "the transcript has $command" grep -qxF -e "\$ $command" tests/fresh/transcript.md
done
is "and ends well" "$(tail -n 1 tests/fresh/transcript.md)" "All as the documents say."
done_testing
