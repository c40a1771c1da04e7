#!/bin/sh
# The committed page is what its sources build, and light enough.
. tests/lib/tap.sh
. tests/page/lib.sh
need_page

cd web
ok "the page's types agree" npx --no-install tsc --noEmit
ok "the page builds" npx --no-install vite build --outDir "$scratch/dist" --emptyOutDir --logLevel error
ok "web/dist is what web/src builds (npm run build in web/)" diff -r "$scratch/dist" dist

# What is loaded before anything is asked for: the page, its style and script; views, charts and KaTeX come later.
first=$(sed -n 's/.*\(src\|href\)="\(\/assets\/[^"]*\)".*/\2/p' dist/index.html)
weight=0
for file in $first; do weight=$((weight + $(gzip -9 -c "dist$file" | wc -c))); done
ok "what comes first is at most 400 kB gzip: $weight bytes" test "$weight" -le 400000 -a "$weight" -gt 0
whole=0
for file in dist/assets/*.js dist/assets/*.css; do whole=$((whole + $(gzip -9 -c "$file" | wc -c))); done
ok "scripts and styles, views and charts too, are at most 400 kB gzip: $whole bytes" test "$whole" -le 400000
no "nothing is asked of other hosts" grep -rlE "(src|href)=\"https?://|url\(https?://|@import \"https?:" dist
done_testing
