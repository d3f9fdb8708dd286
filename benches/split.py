#!/usr/bin/env python3
"""Grouped and stratified splits against scikit-learn's random split and iterative-stratification, in one run on one machine.

usage: split.py TAMIS N [single|multi|boxes|growth ...]      needs numpy, scikit-learn, iterative-stratification

20 Zipf classes, groups of about 5 samples, ratios 80/10/10. `single`: a class a sample. `multi`: three classes a sample on average.
`boxes`: objects of several classes, each counted as often as it stands there. `growth`: ten growths of 10 % with
`keep = "last_release"`. Deviation: of a class in a split, the share of the class that fell there minus the ratio, in percentage points.

Of tamis the time of a build is told in which nothing but the seed of `[split]` is another: it plans, splits, judges the gates and
writes its record. CPU is user and system time of the process; wall time is beside it."""
import json, os, resource, shutil, subprocess, sys, tempfile, time, warnings
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[v] = "1"
warnings.simplefilter("ignore")
import numpy as np
from sklearn.model_selection import train_test_split

T, K, NAMES = np.array([.8, .1, .1]), 20, ["train", "valid", "test"]


def make(n, seed=7):
    r = np.random.default_rng(seed)
    g = np.repeat(np.arange(n), r.geometric(0.2, size=n))[:n]
    p = 1 / np.arange(1, K + 1) ** 1.5
    p /= p.sum()
    home = r.choice(K, size=g.max() + 1, p=p)
    y = np.where(r.random(n) < .7, home[g], r.choice(K, size=n, p=p))
    one = np.zeros((n, K), np.int64)
    one[np.arange(n), y] = 1
    many = one | (r.random((n, K)) < np.minimum(.6, 2.0 * p))
    boxes = many * r.integers(1, 4, size=(n, K))
    return g, {"single": one, "multi": many, "boxes": boxes}


def score(s, counts, g):
    total = np.maximum(counts.sum(0), 1)
    dev = max(np.abs(counts[s == k].sum(0) / total - T[k]).max() for k in range(3)) * 100
    size = max(abs((s == k).mean() - T[k]) for k in range(3)) * 100
    order = np.argsort(g, kind="stable")
    gs, ss = g[order], s[order]
    leaked = len(set(gs[1:][(gs[1:] == gs[:-1]) & (ss[1:] != ss[:-1])]))
    return dev, size, leaked


def rows(path, g, counts, n):
    """Lists of texts count once a sample, lists of objects as often as they stand there."""
    objects = counts.max() > 1
    with open(path, "w") as f:
        for i in range(n):
            tags = [f"c{k}" for k in np.flatnonzero(counts[i]) for _ in range(counts[i, k])]
            tags = [{"class": t} for t in tags] if objects else tags
            f.write(json.dumps({"id": f"s{i:08d}", "tags": tags, "g": f"g{g[i]}"}) + "\n")


def manifest(seed, version="0.1.0", more="", release=False):
    return f"""tamis = "0.1"
[dataset]
name = "bench"
version = "{version}"
license = "MIT"
[collect.a]
direct = {{ files = ["a.jsonl"], format = "jsonl" }}
id = "id"
license = "MIT"
[split]
ratios = {{ train = 0.8, valid = 0.1, test = 0.1 }}
method = "balanced"
stratify = "tags"
group = "g"
seed = {seed}
{more}
""" + ('[release.public]\nformats = ["jsonl"]\ncolumns = ["id", "split"]\ndocuments = []\n' if release else "")


def run(tamis, folder, *args):
    before, t = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([tamis, *args], cwd=folder, capture_output=True, text=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - t
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def assigned(folder, n):
    s = np.full(n, -1, np.int8)
    for k, name in enumerate(NAMES):
        base = f"{folder}/out/public/jsonl"
        for path in sorted(os.listdir(base)):
            if path.startswith(f"{name}-"):
                for line in open(f"{base}/{path}"):
                    s[int(json.loads(line)["id"][1:])] = k
    return s


def put(folder, text):
    open(f"{folder}/dataset.toml", "w").write(text)


def random_split(n, columns, seed=0):
    """80/20, then the 20 cut in halves, with the columns of the rest taken, as users do."""
    _, rest = (np.asarray(x) for x in train_test_split(np.arange(n), test_size=.2, random_state=seed))
    own = [c[rest] for c in columns]
    a, b = (np.asarray(x) for x in train_test_split(np.arange(len(rest)), test_size=.5, random_state=seed))
    s = np.zeros(n, np.int8)
    s[rest[a]], s[rest[b]] = 1, 2
    return s, own


def timed(f):
    t, c = time.perf_counter(), time.process_time()
    f()
    return time.perf_counter() - t, time.process_time() - c


def kind(tamis, n, what, g, counts):
    folder = tempfile.mkdtemp()
    rows(f"{folder}/a.jsonl", g, counts, n)
    put(folder, manifest(0))
    run(tamis, folder, "build")
    walls, cpus, base = [], [], []
    for seed in (1, 2, 3):
        base.append(timed(lambda: random_split(n, (g, counts), seed)))
        put(folder, manifest(seed))
        wall, cpu = run(tamis, folder, "build")
        walls.append(wall)
        cpus.append(cpu)
    put(folder, manifest(3, release=True))
    run(tamis, folder, "build")
    dev, size, leaked = score(assigned(folder, n), counts, g)
    wall, cpu = sorted(walls)[1], sorted(cpus)[1]
    r_wall, r_cpu = sorted(b[0] for b in base)[1], sorted(b[1] for b in base)[1]
    line = dict(n=n, kind=what, wall_s=round(wall, 3), cpu_s=round(cpu, 3), random_wall_s=round(r_wall, 3), random_cpu_s=round(r_cpu, 3),
                x_wall=round(wall / r_wall, 2), x_cpu=round(cpu / r_cpu, 2), worst_class_pp=round(dev, 4), size_pp=round(size, 4), groups_leaked=leaked)
    if what == "multi":
        from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit
        split = lambda i, share: next(MultilabelStratifiedShuffleSplit(1, test_size=share, random_state=0).split(i, counts[i]))

        def both():
            _, rest = split(np.arange(n), .2)
            _, half = split(rest, .5)
            s = np.zeros(n, np.int8)
            s[rest], s[rest[half]] = 1, 2
            line["iterstrat_worst_class_pp"], _, line["iterstrat_groups_leaked"] = score(s, counts, g)
        line["iterstrat_wall_s"] = round(timed(both)[0], 2)
    print(json.dumps(line), flush=True)
    shutil.rmtree(folder)


def growth(tamis, n, g, counts):
    folder, before, moved, worst = tempfile.mkdtemp(), None, 0, 0.0
    sizes = [int(n / 1.1 ** k) for k in range(10, -1, -1)]
    for step, own in enumerate(sizes):
        rows(f"{folder}/a.jsonl", g, counts, own)
        put(folder, manifest(0, f"0.{step + 1}.0", 'keep = "last_release"', True))
        run(tamis, folder, "release", "public")
        s = assigned(folder, own)
        if before is not None:
            moved += int((s[:len(before)] != before).sum())
        dev, size, leaked = score(s, counts[:own], g[:own])
        worst, before = max(worst, dev), s
    print(json.dumps(dict(n=n, kind="growth", rounds=len(sizes) - 1, old_rows_moved=moved, worst_round_pp=round(worst, 4), final_worst_class_pp=round(dev, 4),
                          final_size_pp=round(size, 4), groups_leaked=leaked)), flush=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    tamis, n = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    g, all_counts = make(n)
    for what in sys.argv[3:] or ["single", "multi", "boxes", "growth"]:
        growth(tamis, n, g, all_counts["single"]) if what == "growth" else kind(tamis, n, what, g, all_counts[what])
