#!/bin/sh
# The man pages: one for the program, the library and every command, without a warning of groff, and installed.
. tests/lib/tap.sh

for command in $("$WEIGH" help | sed -n '/^Commands/,/^$/s/^  \([a-z-]*\).*/\1/p'); do
  ok "weigh $command has its page" test -s "docs/man/weigh-$command.1"
done
ok "weigh has its page" test -s docs/man/weigh.1
ok "libweigh has its page" test -s docs/man/libweigh.3
if command -v groff >/dev/null; then
  is "groff has nothing to say" "$(groff -man -Tutf8 -K utf8 -ww -z -rLL=120n docs/man/*.[13] 2>&1)" ""
  # every line of the header stands in libweigh(3)
  groff -man -Tutf8 -K utf8 -rLL=200n -P-cbou docs/man/libweigh.3 >"$scratch/libweigh.txt" 2>&1
  for function in $(sed -n 's/^[a-z].*[ *]\(weigh_[a-z_]*\)(.*/\1/p' include/weigh/*.h); do
    grep -q "$function" "$scratch/libweigh.txt" || echo "$function"
  done >"$scratch/missing"
  is "libweigh(3) has every function" "$(cat "$scratch/missing")" ""
else
  echo "ok $((tap_count += 1)) # SKIP groff is not installed"
fi
cmake --install "$WEIGH_BUILD" --prefix "$scratch/root" --component man >/dev/null
ok "they are installed" test -s "$scratch/root/share/man/man1/weigh-memory.1" -a -s "$scratch/root/share/man/man3/libweigh.3"
done_testing
