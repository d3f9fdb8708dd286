#!/usr/bin/env python3
"""Alpha and Dawid-Skene alone on the same votes: tamis beside `krippendorff` and crowd-kit, in one run.

usage: python3 benches/kernels.py VOTES_PROGRAM [VOTES=1000000]
  VOTES_PROGRAM: what `cargo build --release --example votes` makes
  needs numpy, pandas, krippendorff, crowd-kit;   REPS=3 ROUNDS=20

500 annotators of beta-distributed skill give five votes of five classes to each item. Both sides have the votes in memory, as
numbers, item after item, and nothing is read or written. `krippendorff` is asked in both ways that it has: with counts of each
item, which are counted first (the quick way), and with a matrix of annotators and items, which is what it takes of answers (it
is given five rows, since 500 rows of a million votes do not fit). Dawid-Skene runs the same number of rounds on both sides. The
least of the repetitions; of the peers CPU seconds, of tamis the seconds that pass on its one thread, which are never fewer.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import krippendorff
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene

if len(sys.argv) < 2:
    sys.exit(__doc__)
program, votes = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
reps, rounds = int(os.environ.get("REPS", 3)), int(os.environ.get("ROUNDS", 20))
PER, WORKERS, CLASSES = 5, 500, 5


def drawn():
    rng, items = np.random.default_rng(7), votes // PER
    gold, skill = rng.integers(0, CLASSES, items), rng.beta(6, 2, WORKERS)
    item = np.repeat(np.arange(items), PER)
    who = ((rng.integers(0, WORKERS, items)[:, None] + np.arange(PER) * 7) % WORKERS).ravel()
    right = rng.random(items * PER) < skill[who]
    return item, who, np.where(right, gold[item], rng.integers(0, CLASSES, items * PER))


def counted(items, item, label):
    counts = np.zeros((items, CLASSES), int)
    np.add.at(counts, (item, label), 1)
    return krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")


def least(call):
    best = (1e9, None)
    for _ in range(reps):
        began = time.process_time()
        value = call()
        best = min(best, (time.process_time() - began, value), key=lambda x: x[0])
    return best


def main():
    item, who, label = drawn()
    items = votes // PER
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "votes.bin")
        np.stack([item, who, label], axis=1).astype("<u4").tofile(path)
        ours = json.loads(subprocess.run([program, path, str(rounds)], check=True, stdout=subprocess.PIPE, text=True).stdout)
    matrix = label.reshape(items, PER).T.astype(float)
    frame = pd.DataFrame({"task": item, "worker": who, "label": label})
    by_counts, alpha = least(lambda: counted(items, item, label))
    by_matrix, same = least(lambda: krippendorff.alpha(matrix, level_of_measurement="nominal"))
    theirs, _ = least(lambda: DawidSkene(n_iter=rounds, tol=-1e9).fit_predict(frame))
    if max(abs(alpha - ours["alpha"]), abs(same - ours["alpha"])) > 1e-9:
        sys.exit(f"alpha differs: {alpha} {same} {ours['alpha']}")
    print(f"{votes:,} votes; alpha {alpha:.9f}; Dawid-Skene {ours['rounds']} rounds; seconds")
    for name, peer, own in (
        ("alpha, krippendorff with counts", by_counts, ours["alpha_seconds"]),
        ("alpha, krippendorff with a matrix", by_matrix, ours["alpha_seconds"]),
        ("Dawid-Skene, crowd-kit", theirs, ours["dawid_skene_seconds"]),
    ):
        print(f"{name:34} {peer:9.4f}   tamis {own:9.4f}   {peer / own:6.1f} times as fast")
    print(json.dumps(ours))


main()
