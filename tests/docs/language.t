#!/bin/sh
# The examples of docs/language.md that are whole files (```weigh) are descriptions, and the program answers by them.
. tests/lib/tap.sh

mkdir "$scratch/mine"
awk '/^```weigh$/ { on = 1; next } /^```$/ { on = 0 } on' docs/language.md >"$scratch/mine/examples.weigh"
ask() { "$WEIGH" "$@" --data "$scratch/mine"; }

ok "the examples are read" ask methods
has "its functions are shown" "$(ask method garden 2>&1)" "held"
has "it answers with the label of its source" "$(ask method garden estimate -f json 2>&1)" '"weights": 12'
has "a choice that is none is refused" "$(ask method garden estimate --input '{"precision": "int4"}' 2>&1)" "fp16"
has "a check that does not hold is a note" "$(ask method garden estimate --input '{"heads": 30}' 2>&1)" "[4080, 4110]"
has "it stands beside the exact figure" "$(ask compare-methods meta-llama/Llama-3.1-8B --method garden 2>&1)" "garden"
done_testing
