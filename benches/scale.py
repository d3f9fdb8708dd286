#!/usr/bin/env python3
"""How far does one build scale (spec/scale.md)?

    python3 benches/scale.py measure TAMIS [FILES ROWS]   # builds made rows with workers, prints costs as JSON
    python3 benches/scale.py simulate [COSTS.json]        # from these costs: 1 to 1,000 workers

`measure` samples /proc, so it needs Linux. The simulation hands partitions out in order, lets the client take what comes
back one after another on so many threads, and runs what cannot be split (gathers, the last page) alone.
"""
import heapq
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
MANIFEST = """tamis = "0.1"
[dataset]
name = "scale"
version = "0.1.0"
license = "CC0-1.0"
[collect.raw]
direct = { files = ["raw/*.jsonl"], format = "jsonl" }
fields = { text = "text", ok = "ok" }
id = "id"
license = "CC0-1.0"
[schema]
text = { text = { chars_min = 40 } }
ok = { int = { min = 1 } }
[preprocess]
unicode = "NFC"
whitespace = "collapse"
[privacy.detect]
types = ["email", "phone"]
action = "mask"
[clean]
exact_duplicates = "drop"
near_duplicates = { threshold = 0.8, action = "drop" }
[split]
ratios = { train = 0.8, test = 0.2 }
seed = 1
[release.public]
formats = ["jsonl"]
columns = ["id", "text", "split"]
"""
# Seconds of CPU unless said otherwise, measured as spec/scale.md says.
COSTS = {
    "rows_per_partition": 2611,
    "worker_per_partition": 0.0140,
    "client_per_partition": 0.0097,
    "alone_per_partition": 0.0078,
}


def make(folder, files, rows):
    draw = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(5000)]
    os.makedirs(f"{folder}/raw")
    n = 0
    for f in range(files):
        with open(f"{folder}/raw/{f:05}.jsonl", "w") as out:
            for _ in range(rows):
                out.write(json.dumps({"id": f"r{n:09}", "text": " ".join(draw.choices(words, k=30)), "ok": n % 7}) + "\n")
                n += 1
    with open(f"{folder}/dataset.toml", "w") as out:
        out.write(MANIFEST)


def used(path):
    """User and system seconds of a process or thread; 0 once it is gone."""
    try:
        with open(path) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / TICK
    except OSError:
        return 0.0


def build(tamis, folder, workers):
    """Builds from nothing: CPU of the client, of its first thread, and of the workers; and the events."""
    shutil.rmtree(f"{folder}/.tamis", ignore_errors=True)
    shutil.rmtree(f"{folder}/out", ignore_errors=True)
    command = [tamis, "-C", folder, "build", "--json"] + (["--workers", str(workers)] if workers else ["--jobs", "1"])
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        client = first = 0.0
        while process.poll() is None:
            client = max(client, used(f"/proc/{process.pid}/stat"))
            first = max(first, used(f"/proc/{process.pid}/task/{process.pid}/stat"))
            time.sleep(0.005)
        out.seek(0)
        events = [json.loads(line) for line in out]
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return client, first, events


def size(folder):
    return sum(os.path.getsize(os.path.join(at, f)) for at, _, names in os.walk(folder) for f in names)


def measure(tamis, files, rows):
    folder = tempfile.mkdtemp(prefix="tamis-scale-")
    try:
        make(folder, files, rows)
        local, _, _ = build(tamis, folder, 0)
        before = os.times()
        client, first, events = build(tamis, folder, 2)
        after = os.times()
        everyone = after.children_user + after.children_system - before.children_user - before.children_system
        kernels = {f"{e['step']} {e['part']}": e["calls"] for e in events if e["event"] == "kernel"}
        parts = kernels["collect map"]
        print(json.dumps({
            "rows": files * rows, "partitions": parts, "jobs": sum(kernels.values()), "local": local, "everyone": everyone,
            "rows_per_partition": files * rows / parts,
            "worker_per_partition": (everyone - client) / parts,
            "client_per_partition": (client - first) / parts,
            "alone_per_partition": first / parts,
            "index_bytes_per_partition": os.path.getsize(f"{folder}/.tamis/index") / parts,
            "stored_bytes_per_row": size(f"{folder}/.tamis/packs") / (files * rows),
        }, indent=1))
    finally:
        shutil.rmtree(folder)


def simulate(costs, workers, partitions, threads, merged=1.0):
    """Wall seconds of a cold build and the client's busy share. `merged`: what is left of work that cannot be split."""
    draw = random.Random(workers)
    free, client = [0.0] * min(workers, partitions), [0.0] * threads
    heapq.heapify(free)
    heapq.heapify(client)
    for _ in range(partitions):
        slow = 10 if draw.random() < 0.001 else 1  # one task in a thousand is ten times as long
        done = heapq.heappop(free) + costs["worker_per_partition"] * draw.uniform(0.7, 1.3) * slow
        taken = max(done, heapq.heappop(client)) + costs["client_per_partition"]
        heapq.heappush(client, taken)
        heapq.heappush(free, taken)  # a worker waits until its answer is taken
    alone = costs["alone_per_partition"] * partitions * merged
    wall = max(max(free), max(client)) + alone
    return wall, (costs["client_per_partition"] * partitions / threads + alone) / wall


def table(costs):
    partitions, threads = 20_000, 8
    alone = {k: v for k, v in costs.items()} | {"client_per_partition": 0.0, "alone_per_partition": 0.0}
    one, _ = simulate(alone, 1, partitions, threads)
    print(f"{partitions} partitions, {threads} threads of the client; speed against one worker without a client")
    print(f"{'workers':>8} {'as it is':>9} {'client':>7} {'objects apart':>14} {'merged too':>11}")
    for workers in (1, 2, 4, 16, 64, 256, 1000):
        wall, share = simulate(costs, workers, partitions, threads)
        # answers of digests alone: what is left of taking one is its look-up, its check and its record
        apart = dict(costs, client_per_partition=costs["client_per_partition"] * 0.1)
        objects, _ = simulate(apart, workers, partitions, threads)
        merged, _ = simulate(apart, workers, partitions, threads, merged=1 / min(workers, 64))
        print(f"{workers:8} {one / wall:9.1f} {share:7.0%} {one / objects:14.1f} {one / merged:11.1f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["measure", tamis]:
            measure(os.path.abspath(tamis), 100, 4000)
        case ["measure", tamis, files, rows]:
            measure(os.path.abspath(tamis), int(files), int(rows))
        case ["simulate"]:
            table(COSTS)
        case ["simulate", path]:
            with open(path) as costs:
                table(json.load(costs))
        case _:
            sys.exit(__doc__)
