#!/bin/sh
# What the truth folder records of serving against `weigh memory`.
if [ -z "${WEIGH_TRUTH_DIR:-}" ] || [ ! -d "$WEIGH_TRUTH_DIR/truth" ]; then
  if [ "${CI:-}" = true ]; then
    echo "1..1"
    echo "not ok 1 - the truth folder is there (WEIGH_TRUTH_DIR is '${WEIGH_TRUTH_DIR:-}')"
    exit 1
  fi
  echo "1..0 # SKIP WEIGH_TRUTH_DIR is not set or has no folder truth"
  exit 0
fi
exec tests/truth/serving.py --tap
