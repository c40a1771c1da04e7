#!/bin/sh
# The server under load, with wrk (Debian's package): hello world of the same server library, a repeated question, changing
# questions; then the estimate at half its rate over 256 connections, and memory before and after.
#
#   SECONDS_EACH=10 bench/serve.sh
set -eu
command -v wrk >/dev/null 2>&1 || { echo "serve: wrk is not here; skipped"; exit 0; }
weigh=${WEIGH:-build/weigh}
each=${SECONDS_EACH:-5}
port=${PORT:-7869}
scratch=$(mktemp -d)
"$weigh" serve --listen "127.0.0.1:$port" --log none --connections 1024 --connections-per-client 1024 &
server=$!
trap 'kill $server; rm -rf "$scratch"' EXIT
sleep 1
url=http://127.0.0.1:$port
question='/api/v1/memory?model=Qwen%2FQwen3-8B&context=8192&gpu=RTX%204090'
cat >"$scratch/changing.lua" <<'LUA'
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", string.format("/api/v1/memory?model=Qwen%%2FQwen3-8B&context=%d&sequences=%d", 1024 + n * 7919 % 131072, 1 + n % 64))
end
LUA
cat >"$scratch/paced.lua" <<'LUA'
-- each connection waits so long between answers that all together ask at RATE
local wait = math.floor(tonumber(os.getenv("CONNECTIONS")) / tonumber(os.getenv("RATE")) * 1000)
delay = function() return wait end
LUA
resident() { curl -s "$url/metrics" | sed -n 's/^weigh_resident_bytes //p'; }
rate() { sed -n 's/^Requests\/sec: *//p' "$1"; }
run() { # NAME CONNECTIONS ARGUMENT...
  name=$1 connections=$2
  shift 2
  wrk -t2 -c"$connections" -d"${each}s" --latency "$@" >"$scratch/$name"
  printf '%-22s %10s/s   p99 %s\n' "$name" "$(rate "$scratch/$name")" "$(sed -n 's/^ *99% *//p' "$scratch/$name")"
}
before=$(resident)
run hello-world 64 "$url/healthz"
run repeated-question 64 "$url$question"
run changing-questions 64 -s "$scratch/changing.lua" "$url"
half=$(awk -v r="$(rate "$scratch/repeated-question")" 'BEGIN { printf "%d", r / 2 }')
CONNECTIONS=256 RATE=$half run "half-rate-256" 256 -s "$scratch/paced.lua" "$url$question"
awk -v h="$(rate "$scratch/hello-world")" -v r="$(rate "$scratch/repeated-question")" -v c="$(rate "$scratch/changing-questions")" \
  'BEGIN { printf "of hello-world: repeated %.0f %%, changing %.0f %%\n", r / h * 100, c / h * 100 }'
echo "resident bytes: $before before, $(resident) after"
