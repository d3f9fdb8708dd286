#!/usr/bin/env python3
"""Agreement and aggregation of many votes: tamis beside `krippendorff` and crowd-kit, in one run.

usage: python3 benches/labels.py TAMIS [VOTES=1000000]
  needs numpy, pandas, krippendorff, crowd-kit;   REPS=3 ROOT=/tmp/tamis-labels ROUNDS=100

The votes are those of `made_votes.py`. The peers time their call alone, with the votes in memory as they take them (arrays that are counted first for `krippendorff`, a frame for crowd-kit). tamis is a
whole program: it is built once with majority, so that the votes are read and joined; then one key is changed, and the build
that runs only the step in question is timed, less a build that has nothing to do. So its figure holds its store, too.
Intervals are left out (`resamples = 0`), since `krippendorff` was not asked for any. Dawid-Skene stops when it has
converged, by the rule of each, or after 100 rounds. In turns; the least of the repetitions counts. Wall time; memory is that
of the whole build.
"""
import json
import os
import resource
import shutil
import subprocess
import sys
import time

from made_votes import Votes, dawid_skene

if len(sys.argv) < 2:
    sys.exit(__doc__)
tamis = os.path.realpath(shutil.which(sys.argv[1]) or sys.argv[1])
votes = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
reps, root = int(os.environ.get("REPS", 3)), os.environ.get("ROOT", "/tmp/tamis-labels")
rounds = int(os.environ.get("ROUNDS", 100))

MANIFEST = """tamis = "0.1"
[dataset]
name = "labels"
version = "0.1.0"
license = "CC0-1.0"
[collect.a]
open = {{ files = ["raw.jsonl"], format = "jsonl" }}
fields = {{ text = "text" }}
id = "id"
license = "CC0-1.0"
[schema]
text = {{ text = {{}} }}
[label.t]
task = "classification"
classes = ["c0", "c1", "c2", "c3", "c4"]
from.crowd = {{ files = ["votes.csv"] }}
aggregate = {{ method = "{method}" }}
{agreement}
[release.public]
formats = ["jsonl"]
columns = ["id", "label.t"]
"""
AGREEMENT = '[label.t.agreement]\nmetric = "krippendorff_alpha"\nresamples = 0\n'


def manifest(method, agreement):
    with open("dataset.toml", "w") as f:
        f.write(MANIFEST.format(method=method, agreement=agreement))


def build():
    began = time.perf_counter()
    done = subprocess.run([tamis, "build"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - began


def changed(method, agreement):
    """Seconds that the step costs which the change asks for."""
    manifest("majority", "")
    build()
    idle = build()
    manifest(method, agreement)
    # a step that ran once is fresh for ever: its results are removed, the votes stay in the store of the first build
    shutil.rmtree(".tamis")
    shutil.copytree(root + "/kept", ".tamis", symlinks=True)
    return max(build() - idle, 1e-6)


def timed(call):
    began = time.perf_counter()
    value = call()
    return time.perf_counter() - began, value


def main():
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root + "/project")
    os.chdir(root + "/project")
    made = Votes(votes)
    with open("raw.jsonl", "w") as f:
        f.writelines(f'{{"id":"i{i:07}","text":"item {i}"}}\n' for i in range(made.items))
    with open("votes.csv", "w") as f:
        f.write("item,annotator,label\n")
        f.writelines(f"i{i:07},w{w:03},c{c}\n" for i, w, c in zip(made.item, made.who, made.label))
    manifest("majority", "")
    cold = build()
    build()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    shutil.copytree(".tamis", root + "/kept", symlinks=True)
    frame = made.frame()
    best = {}
    for _ in range(reps):
        seconds, alpha = timed(made.alpha)
        runs = {
            "alpha, krippendorff": seconds,
            "alpha, tamis": changed("majority", AGREEMENT),
            "dawid_skene, crowd-kit": timed(lambda: dawid_skene(frame, n_iter=rounds))[0],
            "dawid_skene, tamis": changed("dawid_skene", ""),
        }
        best = {name: min(seconds, best.get(name, seconds)) for name, seconds in runs.items()}
    print(f"{len(made):,} votes; first build {cold:.2f} s, at most {memory:.0f} MB; alpha {alpha:.6f}")
    for name, seconds in best.items():
        print(f"{name:24} {seconds:9.3f} s  {len(made) / seconds:14,.0f} votes a second")
    for what, peer in (("alpha", "krippendorff"), ("dawid_skene", "crowd-kit")):
        print(f"{what}: {best[f'{what}, {peer}'] / best[f'{what}, tamis']:.1f} times as fast as {peer}")
    print(json.dumps(best))


main()
