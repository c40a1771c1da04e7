#!/bin/sh
# Every fuzz target over its corpus, tests/corpus/NAME and the folders in it.
. tests/lib/tap.sh
for target in "$WEIGH_BUILD"/fuzz/fuzz_*; do
  [ -f "$target" ] && [ -x "$target" ] || continue
  name=${target##*/fuzz_}
  # shellcheck disable=SC2046 # corpus folders hold no blanks in their names
  [ ! -d "tests/corpus/$name" ] || ok "$name" "$target" $(find "tests/corpus/$name" -type d)
done
if [ "$tap_count" = 0 ]; then echo "1..0 # SKIP no fuzz targets with a corpus"; else done_testing; fi
