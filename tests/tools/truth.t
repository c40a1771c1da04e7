#!/bin/sh
# tests/truth/truth.py itself, on a made-up truth folder and a made-up command.
. tests/lib/tap.sh
t=$scratch/t
mkdir -p "$t/truth/params" "$t/truth/variations" "$t/models/org/m"
printf 'model\tmodel_type\tnote\norg/m\tm\t\norg/gone\tm\tskipped: no class\n' >"$t/truth/params.tsv"
printf 'model_type\ti\tnote\nm\t0\thead tied although the configuration (its text part) says no\n' >"$t/truth/variations.tsv"
printf '{}\n' | tee "$t/models/org/m/config.json" >"$t/truth/variations/m.0.json"
cat >"$t/truth/params/org__m.tsv" <<'L'
# total: 9
model.layers.{0-1,3}.w	2x3	float32	param
model.embed.weight	4	float32	param
model.vision_tower.{0-1}.w	4	float32	param
L
printf 'e.weight\t4\tfloat32\tparam\nlm_head.weight\t4\tfloat32\ttied:e.weight\n' >"$t/truth/variations/m.0.tsv"
cat >"$scratch/weigh" <<'L'
#!/bin/sh
[ "$1" = tensors ] || { echo '{"complete": false}'; exit 0; }
printf 'name\tshape\tdtype\telements\tbytes\tgroup\tkind\n'
case $2 in
  *m.0.json) printf '%s\t4\tF32\t4\t16\tx\tparam\n' e.weight lm_head.weight ;;
  *) cat "$ROWS" ;;
esac
L
chmod +x "$scratch/weigh"
row() { printf '%s\t%s\tF32\t1\t4\tx\tparam\n' "$1" "$2"; }
text() { for i in 0 1 3; do row model.layers.$i.w 2x3; done; row model.embed.weight 4; }
export ROWS="$scratch/rows" WEIGH_TRUTH_DIR="$t"
truth() { tests/truth/truth.py --weigh "$scratch/weigh" --todo "$scratch/todo.tsv" "$@" 2>&1; }

{ text; row model.vision_tower.0.w 4; row model.vision_tower.1.w 4; } >"$ROWS"
has equal-lists-pass "$(truth)" '2 of 2 cases'
has deviating-tie-is-left-out "$(truth --kind variations)" 'ok   variations m.0'
has tap "$(truth --tap --kind params)" 'ok 1 - params org/m'
text >"$ROWS"
has missing-rows-fail "$(truth --kind params -v)" 'missing  model.vision_tower.*.w  4 param  (2 rows'
has text-only-passes-incomplete "$(truth --kind params --text-only)" 'text part only, 2 rows of other parts left out'
text | sed s/2x3/3x2/ >"$ROWS"
has shape-differs "$(truth --kind params --text-only -v)" 'differs  model.layers.*.w  2x3 param, weigh says 3x2 param  (3 rows'
text | grep -v layers.3 >"$ROWS"
has text-row-missing-fails "$(truth --kind params --text-only)" 'FAIL params org/m (m): 1 missing'
{ text; row model.extra 1; } >"$ROWS"
has extra-row-fails "$(truth --kind params --text-only)" 'FAIL params org/m (m): 1 extra'
{ text; text; } >"$ROWS"
has row-twice-fails "$(truth --kind params)" 'is listed twice'
truth --kind params --write-todo >"$scratch/log"
has known-failure-is-todo "$(truth --tap --kind params)" 'not ok 1 - params org/m # TODO'
rm "$ROWS"
has failing-command-fails "$(truth --kind params)" 'exit status 1'
: >"$ROWS"
has no-rows-fail "$(truth --kind params --text-only)" 'FAIL'
done_testing
