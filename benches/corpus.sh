#!/bin/sh
# How far a build is from the floor of the machine, on many small files: CPU of cold, no-op and one edit, as ratios.
# usage: sh benches/corpus.sh GEN DATA SCAN_FLOOR TAMIS
#   GEN, SCAN_FLOOR  the built binaries of the corpus folder;   DATA  the corpora that GEN takes its words from
#   FILES=20000 REPS=9 COLD=3 THREADS=2 BENCH_ROOT=/tmp/tamis-corpus
set -e
[ $# = 4 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
: "${FILES:=20000}" "${REPS:=9}" "${COLD:=3}" "${THREADS:=2}" "${BENCH_ROOT:=/tmp/tamis-corpus}"
[ $((FILES % 100)) = 0 ] || { echo "FILES must be a multiple of 100: that many lie in a folder" >&2; exit 2; }
gen=$(command -v "$1") data=$2 floor=$(command -v "$3") tamis=$(realpath "$(command -v "$4")")
mkdir -p "$BENCH_ROOT"
work=$(mktemp -d "$BENCH_ROOT/XXXXXX") # of its own, so that nothing else is removed at the end
trap 'rm -rf "$work"' EXIT

# More than enough samples (they are about 0.8 kB long); the folders behind the last one that is wanted are removed.
"$gen" "$data" "$work/raw" $((FILES * 1500)) 1 many
for folder in "$work"/raw/*; do
  number=$(basename "$folder" | sed 's/^0*\(.\)/\1/')
  [ "$number" -lt $((FILES / 100)) ] || rm -r "$folder"
done
made=$(find "$work/raw" -type f | wc -l)
[ "$made" -eq "$FILES" ] || { echo "$FILES files were wanted, GEN made $made" >&2; exit 1; }

cat > "$work/dataset.toml" <<'TOML'
tamis = "0.1"

[dataset]
name = "corpus"
version = "0.1.0"
license = "CC0-1.0"

[collect.made]
direct = { files = ["raw/*/*.json"], format = "jsonl" }
fields = { text = "text", topic = "label", origin = "source", lang = "lang" }
id = "id"
license = "CC0-1.0"

[schema]
text = { text = { chars_min = 1 }, required = true }
topic = { text = {} }
origin = { text = {} }
lang = { text = {} }

[preprocess]
unicode = "NFC"
whitespace = "collapse"

[clean]
exact_duplicates = { action = "drop", on = ["text"] }

[split]
ratios = { train = 0.8, valid = 0.1, test = 0.1 }
seed = 1

[release.public]
formats = ["parquet"]
columns = ["id", "text", "topic", "split"]
TOML

cd "$work"
python3 - "$tamis" "$floor" "$FILES" "$REPS" "$COLD" "$THREADS" <<'P'
import json, os, shutil, subprocess, sys, time

tamis, floor = sys.argv[1:3]
files, reps, colds, threads = map(int, sys.argv[3:7])
SETTLE = 3  # seconds after which a file's times can no longer hide a change


def run(*command):
    """CPU seconds (user and system of the whole process tree), wall seconds, peak MB, and the last line it wrote."""
    with open("told", "w+b") as told:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=told)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"{' '.join(command)} ended with {child.returncode}")
        told.seek(0)
        last = told.read().splitlines()[-1]
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, last


def build(fresh):
    """A build that must run kernels, or must not."""
    got = run(tamis, "build", "--json")
    kernels = sum(json.loads(got[3])["kernels"].values())
    if (kernels == 0) != fresh:
        sys.exit(f"a build that should {'run nothing' if fresh else 'run'} ran {kernels} kernels")
    return got


def cold():
    for old in ".tamis", "out":
        shutil.rmtree(old, ignore_errors=True)
    if os.path.exists("dataset.lock"):
        os.remove("dataset.lock")
    return build(False)


def edit(number):
    """One more word in one sample."""
    path = f"raw/{number // 100:04}/{number:09}.json"
    with open(path, "r+b") as f:
        old = f.read()
        new = old.replace(b'"text":"', b'"text":"sieve%d ' % number, 1)
        if new == old:
            sys.exit(f"{path} has no text to edit")
        f.seek(0)
        f.write(new)
    return build(False)


time.sleep(SETTLE)
got = {"scan-floor": [], "no-op": [], "one edit": [], "cold": [cold() for _ in range(colds)]}
time.sleep(SETTLE)
build(True)  # what the cold build wrote is read once more, since its times were too young to be trusted
for _ in range(reps):
    got["scan-floor"].append(run(floor, "raw", str(threads)))
    got["no-op"].append(build(True))
for k in range(reps):
    got["one edit"].append(edit(k * (files // reps)))
best = {name: min(r[0] for r in runs) for name, runs in got.items()}
print(f"{files} files; best of {reps}, cold of {colds}")
for name, runs in got.items():
    print(f"{name:12} cpu {best[name] * 1e3:9.1f} ms   wall {min(r[1] for r in runs) * 1e3:9.1f} ms   "
          f"peak {max(r[2] for r in runs):5.0f} MB")
for one, other in ("no-op", "scan-floor"), ("one edit", "no-op"), ("cold", "no-op"):
    print(f"{one + ' / ' + other:22} {best[one] / max(best[other], 1e-6):8.2f}")
P
