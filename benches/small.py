#!/usr/bin/env python3
"""What a build that has nothing to do costs a small project, beside ninja: CPU of the whole process tree, in turns.

usage: small.py TAMIS NINJA [EXAMPLE]   REPS=200; EXAMPLE is a project's folder, else examples/ner
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

if len(sys.argv) < 3:
    sys.exit(__doc__)
tamis, ninja = (os.path.realpath(shutil.which(p) or p) for p in sys.argv[1:3])
here = os.path.dirname(os.path.realpath(__file__))
example = sys.argv[3] if len(sys.argv) > 3 else os.path.join(here, "..", "examples", "ner")
reps = int(os.environ.get("REPS", "200"))
SETTLE = 2.5  # seconds after which a file's times can no longer hide a change


def cpu(command, folder):
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime


def edges(folder, n):
    """A chain of so many copies."""
    os.makedirs(folder)
    with open(f"{folder}/in", "w") as f:
        f.write("x")
    with open(f"{folder}/build.ninja", "w") as f:
        f.write("rule copy\n  command = cp $in $out\n")
        f.writelines(f"build out{i}: copy {f'out{i - 1}' if i else 'in'}\n" for i in range(n))


def sources(folder, n):
    """So many sources of one record, and a release of all."""
    os.makedirs(f"{folder}/raw")
    with open(f"{folder}/dataset.toml", "w") as f:
        f.write('tamis = "0.1"\n[dataset]\nname = "many"\nversion = "0.1.0"\nlicense = "CC0-1.0"\n')
        for i in range(n):
            f.write(f'[collect.s{i}]\ndirect = {{ files = ["raw/{i}.jsonl"], format = "jsonl" }}\n'
                    'fields = { text = "text" }\nid = "id"\nlicense = "CC0-1.0"\n')
            with open(f"{folder}/raw/{i}.jsonl", "w") as raw:
                raw.write(f'{{"id":"r{i}","text":"text number {i}"}}\n')
        f.write("[schema]\ntext = { text = {} }\n[split]\nratios = { train = 0.8, test = 0.2 }\nseed = 1\n"
                '[release.public]\nformats = ["jsonl"]\ncolumns = ["id", "text", "split"]\n')


work = tempfile.mkdtemp(prefix="tamis-small-")
try:
    shutil.copytree(example, f"{work}/example", ignore=shutil.ignore_patterns(".tamis", "out"))
    sources(f"{work}/sources", 200)
    edges(f"{work}/edges20", 20)
    edges(f"{work}/edges200", 200)
    rows = {
        "ninja, 20 edges": ([ninja], f"{work}/edges20"),
        "the example": ([tamis, "build"], f"{work}/example"),
        "ninja, 200 edges": ([ninja], f"{work}/edges200"),
        "200 sources": ([tamis, "build"], f"{work}/sources"),
        "tamis --version": ([tamis, "--version"], work),
    }
    cold = {name: cpu(*row) for name, row in rows.items()}
    time.sleep(SETTLE)
    for _ in range(2):  # what was too young to be trusted is read once more, and then the build is remembered
        for row in rows.values():
            cpu(*row)
    got = {name: [] for name in rows}
    for _ in range(reps // 20):
        for name, row in rows.items():
            got[name] += [cpu(*row) for _ in range(20)]
finally:
    shutil.rmtree(work, ignore_errors=True)
for name, times in got.items():
    print(f"{name:18} no-op {min(times) * 1e3:6.2f} ms, median {statistics.median(times) * 1e3:6.2f}   "
          f"first {cold[name] * 1e3:8.1f} ms")
for one, other in ("the example", "ninja, 20 edges"), ("200 sources", "ninja, 200 edges"):
    print(f"{one} / {other}: no-op {min(got[one]) / min(got[other]):.2f} (medians "
          f"{statistics.median(got[one]) / statistics.median(got[other]):.2f}), first {cold[one] / cold[other]:.2f}")
