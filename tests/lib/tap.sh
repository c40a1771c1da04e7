# TAP for shell tests. Source it: . tests/lib/tap.sh
#
#   ok NAME COMMAND...               the command succeeds
#   no NAME COMMAND...               the command fails
#   is NAME GOT WANTED               two texts are equal
#   has NAME TEXT PART               the text contains the part
#   done_testing                     last line
# $scratch is a private folder that goes away at the end.
tap_count=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tap_point() { # STATUS NAME [DIAGNOSTIC]
  tap_count=$((tap_count + 1))
  if [ "$1" = 0 ]; then echo "ok $tap_count - $2"; return; fi
  echo "not ok $tap_count - $2"
  [ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/# /'
}
ok() {
  tap_name=$1; shift
  tap_status=0; tap_said=$("$@" 2>&1) || tap_status=$?
  tap_point "$tap_status" "$tap_name" "$* ended with $tap_status: $tap_said"
}
no() {
  tap_name=$1; shift
  tap_status=1; tap_said=$("$@" 2>&1) || tap_status=0
  tap_point "$tap_status" "$tap_name" "$* succeeded: $tap_said"
}
is() {
  tap_status=0; [ "$2" = "$3" ] || tap_status=1
  tap_point "$tap_status" "$1" "got:    $2
wanted: $3"
}
has() {
  tap_status=0
  case $2 in *"$3"*) ;; *) tap_status=1 ;; esac
  tap_point "$tap_status" "$1" "got:            $2
wanted therein: $3"
}
done_testing() { echo "1..$tap_count"; }
