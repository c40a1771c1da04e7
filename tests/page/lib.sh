# What a test of the page needs; without it the test is skipped, save where CI=true. Source it: . tests/page/lib.sh
need_page() { # COMMAND...
  lacking=
  for tool in node npm "$@"; do command -v "$tool" >/dev/null 2>&1 || lacking="$lacking $tool"; done
  [ -d web/node_modules ] || lacking="$lacking web/node_modules"
  [ -n "$lacking" ] || return 0
  if [ "${CI:-}" = true ]; then
    echo "not ok 1 - the page's tests lack:$lacking"
    echo "1..1"
  else
    echo "1..0 # SKIP scripts/bootstrap page installs:$lacking"
  fi
  exit 0
}
