#!/bin/sh
# What tools/embed refuses, and what it writes.
. tests/lib/tap.sh
embed=$WEIGH_BUILD/tools/embed
data=$scratch/data
out=$scratch/out
mkdir -p "$data/messages" "$data/fields" "$out"
head='id\tstatus\ten\tzh\n'

refuses() { # NAME ROWS EXPECTED
  # shellcheck disable=SC2059 # the rows are formats on purpose
  printf "$head$2" >"$data/messages/a.tsv"
  said=$("$embed" "$data" 2>&1) && said="accepted: $said"
  has "$1" "$said" "$3"
}
refuses id-stands-twice 'A\tno\tx\tx\nB\tno\tx\tx\nA\tno\ty\ty\n' 'data/messages/a.tsv:2 and data/messages/a.tsv:4'
refuses empty-text 'A\tno\tx\t\n' 'A has no zh text'
refuses places-differ 'A\tno\t{0} {1}\t{0}\n' 'differ in their places'
refuses place-too-high 'A\tno\t{5}\t{5}\n' 'the last there is is {4}'
refuses unknown-status 'A\tmaybe\tx\tx\n' 'has the status "maybe"'
refuses lower-case-id 'a\tno\tx\tx\n' 'must be upper-case'
refuses missing-column 'A\tno\tx\n' '3 columns instead of 4'
refuses unknown-escape 'A\tno\t\\q\tx\n' 'backslash'
refuses no-newline-at-end 'A\tno\tx\tx' 'does not end with a newline'

printf "${head}"'# a comment\n\nA\ttext\tsay "{0}"\\n??=\t说 {0}\n' >"$data/messages/a.tsv"
printf 'x = 1\n\001\377"\\' >"$data/fields/one.txt"
printf 'no\n' >"$data/fields/README.md"
ok writes "$embed" "$data" "$out"
has message-row "$(cat "$out/messages.inc")" 'WB_MESSAGE(A, WEIGH_OK, "say \"{0}\"\n\?\?=", "\350\257\264 {0}", "a")'
has file-content "$(cat "$out/data.c")" '"x = 1\n\001\377\"\\"'
has file-path-and-length "$(cat "$out/data.c")" '{"fields/one.txt", file0, 10}'
has readme-left-out "$(cat "$out/data.c")" 'wb_data_file_count = 1'

touch -d '2001-01-01' "$out/data.c"
"$embed" "$data" "$out"
is unchanged-output-is-left-alone "$(date -r "$out/data.c" +%Y)" 2001
before=$(grep wb_data_digest "$out/data.c")
printf "${head}"'A\ttext\tx\tx\n' >"$data/messages/a.tsv"
"$embed" "$data" "$out"
no digest-covers-messages test "$before" = "$(grep wb_data_digest "$out/data.c")"
want=$({ printf 'fields/one.txt\00010\000'; cat "$data/fields/one.txt"
         printf 'messages/a.tsv\000%s\000' "$(wc -c <"$data/messages/a.tsv")"; cat "$data/messages/a.tsv"; } | sha256sum | cut -d' ' -f1)
has digest-is-as-documented "$(grep wb_data_digest "$out/data.c")" "$want"
done_testing
