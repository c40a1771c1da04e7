#!/bin/sh
# The server against its own description: schemathesis (pip install schemathesis, in an environment of yours) makes requests from
# /api/v1/openapi.json, right ones and wrong ones, and looks whether the replies are those described.
#
# Whether a model exists or a number makes sense no schema can say: that all it allows be answered is not asked.
#
#   SCHEMATHESIS=venv/bin/schemathesis tests/oracle/schemathesis.sh [OPTION...]     such as --max-examples 100 --seed 7
set -eu
cd "$(dirname "$0")/../.."
tool=${SCHEMATHESIS:-schemathesis}
port=${PORT:-7868}
WEIGH_REGISTRY='' "${WEIGH:-build/weigh}" serve --listen "127.0.0.1:$port" --log errors &
server=$!
trap 'kill $server' EXIT
until curl -sf "http://127.0.0.1:$port/healthz" >/dev/null; do sleep 0.1; done
"$tool" --config-file tests/oracle/schemathesis.toml run "http://127.0.0.1:$port/api/v1/openapi.json" --phases "${PHASES:-examples,fuzzing,stateful}" --continue-on-failure \
  --exclude-checks positive_data_acceptance --request-timeout 60 "$@"
