#!/bin/sh
# The page in a browser: every view in both languages, files, links, keys, figures. web/tests has the tests.
. tests/page/lib.sh
need_page chromium
exec node --test-reporter=./web/tests/tap.mjs web/tests/page.mjs
