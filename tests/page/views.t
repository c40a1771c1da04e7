#!/bin/sh
# What each view of the page shows, beside the API's own answers. web/tests has the tests.
. tests/page/lib.sh
need_page chromium
exec node --test-reporter=./web/tests/tap.mjs web/tests/views.mjs
