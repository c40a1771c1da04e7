#!/bin/sh
# The examples of docs/language.md are descriptions (```weigh), and the program answers by each of them.
. tests/lib/tap.sh

mkdir "$scratch/mine"
awk '/^```weigh$/ { on = 1; next } /^```$/ { on = 0 } on' docs/language.md >"$scratch/mine/examples.weigh"
ask() { "$WEIGH" "$@" --data "$scratch/mine"; }
little() { echo "{\"model_type\": \"$1\"}" | ask params - -f json 2>&1; }

is "no other fence is open or unmarked" "$(grep '^```' docs/language.md | sort | uniq -c | sed 's/^ *//' | tr '\n' ' ')" '7 ``` 1 ```ebnf 6 ```weigh '

# ---- declarations: by hand, h 64, heads of 16, inner 256: attention 64 * (64 + 32 + 32 + 64), dense 64 * 256 * 2 + 256,
# experts 4 * (64 * 128 * 2 + 128), router 4 * 64, norms 64
layer=$((64 * 192 + 2 * 64)) dense=$((64 * 256 * 2 + 256)) sparse=$((4 * (64 * 128 * 2 + 128) + 4 * 64))
has "a family" "$(little little)" "\"total_parameters\": $((1000 * 64 + 4 * layer + dense + 3 * sparse + 64)),"
has "its other type" "$(little little-lm)" '"family": "little"'
has "by its marker" "$(echo '{"little_cfg": {}, "hidden_size": 64}' | ask params - -f json 2>&1)" '"family": "little"'
has "a nested field, an alias" "$(echo '{"model_type": "little", "n_head": 8, "ffn_config": {"ffn_hidden_size": 100}}' | ask params - -f json 2>&1)" '"key": "n_head"'
has "like another" "$(little little_wide)" '"value": 128'
bytes=$((1024 / 2 * 3072 + 3072 * 2 + 1024 * 4)) # of 1024 inputs and 3072 outputs
has "a format in the place of ours" "$(ask tensors Qwen/Qwen3-0.6B -q awq --filter '*.0.mlp.up_proj*' -f json)" "\"bytes\": $bytes,"

has "an engine" "$(ask memory Qwen/Qwen3-0.6B -e mine --slots 8 -g 'RTX 4090' -f json)" '"name": "scratch"'
has "refuses what it says" "$(ask memory Qwen/Qwen3-0.6B -e mine --slots 9 2>&1)" "the kernel has eight"
has "an adapter" "$(ask adapters own)" "bank"
has "an optimizer, a sharding" "$(ask train Qwen/Qwen3-0.6B --mode lora --adapter own --optimizer slow_adamw --sharding halves --gpus 2)" "bucket_of_gradients"

ok "methods are read" ask methods
has "a method's functions are shown" "$(ask method garden 2>&1)" "held"
has "it answers with the label of its source" "$(ask method garden estimate -f json 2>&1)" '"weights": 12'
has "a choice that is none is refused" "$(ask method garden estimate --input '{"precision": "int4"}' 2>&1)" "fp16"
has "a check that does not hold is a note" "$(ask method garden estimate --input '{"heads": 30}' 2>&1)" "[4080, 4110]"
has "it stands beside the exact figure" "$(ask compare-methods meta-llama/Llama-3.1-8B --method garden 2>&1)" "garden"
has "in training too" "$(ask train Qwen/Qwen3-0.6B --mode lora 2>&1)" "garden.tuning"
done_testing
