#!/usr/bin/env bash
# Serves site/ on this machine, crawls it with a tamis that has the feature `crawl`, and builds the release: `./crawl.sh [TAMIS]`.
set -euo pipefail
cd "$(dirname "$0")"
tamis="${1:-tamis}"
python3 -m http.server 8731 --bind 127.0.0.1 --directory site >/dev/null 2>&1 &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 50); do
    (exec 3<>/dev/tcp/127.0.0.1/8731) 2>/dev/null && break
    sleep 0.1
done
"$tamis" update --allow-private 127.0.0.1:8731
kill $server
trap - EXIT
"$tamis" build --offline
