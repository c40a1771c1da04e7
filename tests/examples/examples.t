#!/bin/sh
# Each program of examples/ builds against the public header and the library alone, and does what it says.
. tests/lib/tap.sh
cc=${CC:-cc}
# The library may be built with sanitizers: then so are the programs.
sanitizers=
if grep -q 'WEIGH_SANITIZE:BOOL=ON' "$WEIGH_BUILD/CMakeCache.txt" 2>/dev/null; then sanitizers=-fsanitize=address,undefined; fi
if grep -q 'WEIGH_COVERAGE:BOOL=ON' "$WEIGH_BUILD/CMakeCache.txt" 2>/dev/null; then sanitizers=--coverage; fi
libraries=$(sed -n 's/^\(YAJL\|MD\|SQLITE\)_LIBRARY:FILEPATH=//p' "$WEIGH_BUILD/CMakeCache.txt" | tr '\n' ' ')

for source in examples/*.c; do
  name=$(basename "$source" .c)
  # shellcheck disable=SC2086 # lists of words
  ok "$name-builds-without-a-warning" "$cc" -std=c11 -Wall -Wextra -pedantic -Werror $sanitizers -Iinclude "$source" \
    "$WEIGH_BUILD/libweigh.a" $libraries -lpthread -ldl -lm -o "$scratch/$name"
done

is params-prints-total-and-groups "$("$scratch/params" tests/configs/tiny-llama.json)" "total 11248
active 11248
  embedding 1536
  norm 112
  attention 2304
  mlp 5760
  head 1536"
is params-takes-settings "$("$scratch/params" tests/configs/tiny-llama.json num_hidden_layers=5 | head -n 1)" "total 16688"
is params-tells-active-parameters "$("$scratch/params" tests/configs/tiny-deepseek.json | sed -n 2p)" "active 12224"
status=0; said=$("$scratch/params" nowhere.json 2>&1) || status=$?
is params-ends-with-the-status "$status" 4
has params-says-what-is-wrong "$said" nowhere.json
status=0; "$scratch/params" >/dev/null 2>&1 || status=$?
is params-needs-a-model "$status" 1
done_testing
