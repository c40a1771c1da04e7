#!/bin/sh
# What scripts/bootstrap does on machines where everything is missing, for root, with sudo, and without.
. tests/lib/tap.sh
bin=$scratch/bin
mkdir "$bin"
for tool in sh dirname cat env; do ln -s "$(command -v "$tool")" "$bin/$tool"; done
stub() { printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"; chmod +x "$bin/$1"; }
bootstrap() { said=$(PATH=$bin scripts/bootstrap "$@" 2>&1) && status=0 || status=$?; }

stub id 'echo 1000'
bootstrap
is "without apt-get it fails" "$status" 1
has "and names the packages" "$said" "please install what these packages of Debian hold: gcc cmake make"

stub apt-get "echo \"\${DEBIAN_FRONTEND-} apt-get \$*\" >>$scratch/apt"
bootstrap
is "an ordinary user without sudo cannot go on" "$status" 1
has "and is told what root must run" "$said" \
  "please have root run: apt-get update && apt-get install -y --no-install-recommends gcc cmake make"
no "nothing was run" test -e "$scratch/apt"

bootstrap check
has "the words add theirs: check has headers tried as C++" "$said" "g++ clang clang-format universal-ctags"

stub sudo 'unset DEBIAN_FRONTEND; exec "$@"'
bootstrap
is "with sudo all is well" "$status" 0
has "and nobody is asked anything" "$(cat "$scratch/apt")" "noninteractive apt-get install -y --no-install-recommends gcc"

stub sudo 'echo "eve is not in the sudoers file." >&2; exit 1'
bootstrap
is "with a sudo that refuses it fails" "$status" 1
has "and says what did not work, and what is missing" "$said" "'apt-get update' failed (is there a network?); missing are still: gcc"

stub id 'echo 0'
rm "$bin/sudo"
bootstrap
is "root needs no sudo" "$status" 0

bootstrap pages
is "an unknown word is refused" "$status" 1
has "and the words are said" "$said" "there are check, coverage, fuzz, analyze, page"
done_testing
