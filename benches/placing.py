#!/usr/bin/env python3
"""Grouped and stratified placing alone: tamis beside scikit-learn's random split and iterative-stratification, in one run.

usage: placing.py PLACING_PROGRAM N [single|multi|boxes|growth ...]      needs numpy, scikit-learn, iterative-stratification
  PLACING_PROGRAM: what `cargo build --release --example placing` makes

The samples of `split.py`: 20 Zipf classes, groups of about 5, 80/10/10. Both sides have the numbers of all samples in memory, in an
order in which groups are scattered, and end with the split of each sample; nothing is read or written in the time that counts. The
random split knows neither groups nor classes. iterative-stratification knows no groups and no counts: it is told which classes a sample
has. CPU seconds, the least of the repetitions.
Deviation: of a class in a split, the share of the class that fell there minus the ratio, in percentage points. `growth`: ten growths of
10 %, in which what was placed before must stay."""
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from split import K, make, random_split, score

if len(sys.argv) < 3:
    sys.exit(__doc__)
program, n = os.path.realpath(sys.argv[1]), int(sys.argv[2])
REPS = int(os.environ.get("REPS", 5))


def written(path, g, counts):
    """Each sample: its group, how many classes, then each class with its count."""
    _, g = np.unique(g, return_inverse=True)
    rows, classes = np.nonzero(counts)
    held = np.bincount(rows, minlength=len(g))
    ends = np.cumsum(2 + 2 * held)
    begins = ends - 2 - 2 * held
    out = np.empty(2 + (ends[-1] if len(ends) else 0), "<u4")
    out[:2] = len(g), K
    body = out[2:]
    body[begins], body[begins + 1] = g, held
    first = np.cumsum(held) - held
    at = begins[rows] + 2 + 2 * (np.arange(len(rows)) - first[rows])
    body[at], body[at + 1] = classes, counts[rows, classes]
    out.tofile(path)


def ours(folder, g, counts, kept=None):
    source, out = os.path.join(folder, "samples.bin"), os.path.join(folder, "splits.bin")
    written(source, g, counts)
    more = []
    if kept is not None:
        more = [os.path.join(folder, "kept.bin")]
        kept.astype(np.uint8).tofile(more[0])
    done = subprocess.run([program, source, out, "1", *more], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["seconds"], np.fromfile(out, np.uint8).astype(np.int8)


def least(call, reps):
    best = (1e9, None)
    for _ in range(reps):
        began = time.process_time()
        value = call()
        best = min(best, (time.process_time() - began, value), key=lambda x: x[0])
    return best


def iterative(counts):
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    has = (counts > 0).astype(int)
    split = lambda i, share: next(MultilabelStratifiedShuffleSplit(1, test_size=share, random_state=0).split(i, has[i]))
    _, rest = split(np.arange(len(has)), 0.2)
    _, half = split(rest, 0.5)
    s = np.zeros(len(has), np.int8)
    s[rest], s[rest[half]] = 1, 2
    return s


def told(kind, seconds, s, counts, g, **more):
    worst, size, leaked = score(s, counts, g)
    print(json.dumps(dict(n=len(g), kind=kind, seconds=round(seconds, 4), worst_class_pp=round(worst, 4), size_pp=round(size, 4),
                          groups_leaked=leaked, **more)), flush=True)


def single(folder, kind, g, counts):
    seconds, s = ours(folder, g, counts)
    columns = (g, counts.argmax(1))
    random, _ = least(lambda: random_split(len(g), columns, 1), REPS)
    more = dict(random_s=round(random, 4), times_random=round(seconds / random, 2))
    if kind != "single":
        theirs, other = least(lambda: iterative(counts), 1)
        worst, _, leaked = score(other, counts, g)
        more |= dict(iterstrat_s=round(theirs, 2), times_as_fast_as_iterstrat=round(theirs / seconds), iterstrat_worst_class_pp=round(worst, 4),
                     iterstrat_groups_leaked=leaked)
    told(kind, seconds, s, counts, g, **more)


def growth(folder, g, counts):
    before, moved, worst, most = None, 0, 0.0, 0.0
    for own in [int(len(g) / 1.1**k) for k in range(10, -1, -1)]:
        seconds, s = ours(folder, g[:own], counts[:own], before)
        if before is not None:
            moved += int((s[: len(before)] != before).sum())
        worst, most, before = max(worst, score(s, counts[:own], g[:own])[0]), max(most, seconds), s
    told("growth", most, before, counts, g, rounds=10, old_rows_moved=moved, worst_round_pp=round(worst, 4))


groups, kinds = make(n)
# what grows gets new groups, and few samples of old ones; in a table groups lie where they came, and not side by side
grown, alone = groups, kinds["single"]
order = np.random.default_rng(3).permutation(n)
groups, kinds = groups[order], {kind: counts[order] for kind, counts in kinds.items()}
with tempfile.TemporaryDirectory() as scratch:
    for what in sys.argv[3:] or ["single", "multi", "boxes", "growth"]:
        if what == "growth":
            growth(scratch, grown, alone)
        else:
            single(scratch, what, groups, kinds[what])
