#!/usr/bin/env python3
"""Alpha and Dawid-Skene alone on the same votes: tamis beside `krippendorff` and crowd-kit, in one run.

usage: python3 benches/kernels.py VOTES_PROGRAM [VOTES=1000000]
  VOTES_PROGRAM: what `cargo build --release --example votes` makes
  needs numpy, pandas, krippendorff, crowd-kit;   REPS=3 ROUNDS=20

The votes are those of `made_votes.py`. Both sides have them in memory, as numbers, item after item, and nothing is read or
written. `krippendorff` is asked in both ways that it has: with counts of each item, and with a matrix. Dawid-Skene runs the same
number of rounds on both sides. The least of the repetitions; of the peers CPU seconds, of tamis the seconds that pass on its one thread, which are never fewer.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from made_votes import Votes, dawid_skene

if len(sys.argv) < 2:
    sys.exit(__doc__)
program, votes = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
reps, rounds = int(os.environ.get("REPS", 3)), int(os.environ.get("ROUNDS", 20))


def least(call):
    best = (1e9, None)
    for _ in range(reps):
        began = time.process_time()
        value = call()
        best = min(best, (time.process_time() - began, value), key=lambda x: x[0])
    return best


def main():
    made = Votes(votes)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "votes.bin")
        np.stack([made.item, made.who, made.label], axis=1).astype("<u4").tofile(path)
        ours = json.loads(subprocess.run([program, path, str(rounds)], check=True, stdout=subprocess.PIPE, text=True).stdout)
    frame = made.frame()
    by_counts, alpha = least(made.alpha)
    by_matrix, same = least(made.alpha_of_matrix)
    theirs, _ = least(lambda: dawid_skene(frame, n_iter=rounds, tol=-1e9))
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
