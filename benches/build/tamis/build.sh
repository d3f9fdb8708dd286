# Builds, then logs each of the four stages that ran: the last event counts the kernels of every step.
tamis build --json > "$BENCH_LOG.events"
code=$?
sed -n '${
/"collect[^"]*":{"kernels":[1-9]/i\
ingest
/"schema[^"]*":{"kernels":[1-9]/i\
clean
/"split[^"]*":{"kernels":[1-9]/i\
split
/"release[^"]*":{"kernels":[1-9]/i\
release
}' "$BENCH_LOG.events" >> "$BENCH_LOG"
exit $code
