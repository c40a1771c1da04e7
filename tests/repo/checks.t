#!/bin/sh
# The shape of the tree, its data and its generated documents are as make check wants them.
echo "1..3"
number=0
for check in check-layers check-data "docs --check"; do
  number=$((number + 1))
  # shellcheck disable=SC2086 # the option is a word of its own
  if said=$(scripts/$check 2>&1); then echo "ok $number - scripts/$check"
  else echo "not ok $number - scripts/$check"; echo "$said" | sed 's/^/# /'; fi
done
