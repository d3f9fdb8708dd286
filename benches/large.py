"""One large JSON Lines file, read, normalised, freed of duplicates, split and released: CPU, wall time and memory.

usage: python3 benches/large.py TAMIS GEN DATA [BYTES=1000000000] [PEER ...]
  GEN   the built generator of the corpus folder;   DATA   the corpora that it takes its words from
  PEER  a command line that does the same, with {src} and {out} in it; run in turns with tamis
  REPS=3 JOBS=2 MEMORY= ROOT=/tmp/tamis-large

Rows: cold (nothing known, the source in the page cache), one thread (the same with --jobs 1, in turns with it), no-op,
one line (one letter of a text in the middle; and one more line on top), floor (the file read once with BLAKE3 by
b3sum, if it is there), and the peers. The least of the repetitions counts; compare ratios.
"""
import json, os, resource, shlex, shutil, subprocess, sys, time

tamis, gen, data = (os.path.realpath(shutil.which(a) or a) for a in sys.argv[1:4])
size = int(sys.argv[4]) if len(sys.argv) > 4 else 1_000_000_000
peers = sys.argv[5:]
reps, jobs = int(os.environ.get("REPS", 3)), os.environ.get("JOBS", "2")
memory = ["--memory", os.environ["MEMORY"]] if os.environ.get("MEMORY") else []
root = os.environ.get("ROOT", "/tmp/tamis-large")
shutil.rmtree(root, ignore_errors=True)
os.makedirs(root + "/raw")
os.chdir(root)
subprocess.run([gen, data, "raw/data.jsonl", str(size), "1"], check=True)
with open("dataset.toml", "w") as f:
    f.write("""tamis = "0.1"

[dataset]
name = "corpus"
version = "0.1.0"
license = "CC0-1.0"

[collect.raw]
direct = { files = ["raw/data.jsonl"], format = "jsonl" }
fields = { text = "text", label = "label", origin = "source", lang = "lang", ts = "ts", score = "score" }
id = "id"
license = "CC0-1.0"

[schema]
text = { text = {} }
label = { text = {} }
origin = { text = {} }
lang = { text = {} }
ts = { int = {} }
score = { float = {} }

[preprocess]
unicode = "NFC"
whitespace = "collapse"
fields = ["text"]

[clean]
exact_duplicates = { action = "drop", on = ["text"] }

[split]
ratios = { train = 0.8, valid = 0.1, test = 0.1 }
seed = 7

[release.public]
formats = ["parquet"]
columns = ["id", "text", "label", "origin", "lang", "ts", "score", "split"]
""")
SETTLE = 2.2  # a file younger than two seconds is read again, since its times cannot show another change
got, last = {}, {}


def run(name, *command):
    """CPU seconds, wall seconds and peak MB of a command and all that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = child.communicate()
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if child.returncode != 0:
        sys.exit(f"{command}: {err}")
    peak = peak_of(err)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    got.setdefault(name, []).append((cpu, wall, peak))
    return out


def peak_of(err):
    lines = [l for l in err.splitlines() if l.startswith("peak ")]
    return int(lines[-1].split()[1]) / 1024 if lines else 0


def measured(name, *command):
    return run(name, sys.executable, "-c",
               "import os,sys,resource,subprocess as s\nr=s.run(sys.argv[1:]).returncode\n"
               "print('peak',resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,file=sys.stderr)\nsys.exit(r)", *command)


def build(name, threads=jobs):
    events = measured(name, tamis, "build", "--json", "--jobs", threads, *memory).splitlines()
    last[name] = json.loads(events[-1])


def cold(name, threads):
    for path in ".tamis", "out":
        shutil.rmtree(path, ignore_errors=True)
    if os.path.exists("dataset.lock"):
        os.remove("dataset.lock")
    build(name, threads)


def edit(at, top=False):
    if top:
        with open("raw/data.jsonl", "rb") as f:
            rest = f.read()
        with open("raw/data.jsonl", "wb") as f:
            f.write(b'{"id":"top-%d","text":"one more line","label":"x","source":"y","lang":"en","ts":1,"score":0.5}\n' % at + rest)
    else:
        with open("raw/data.jsonl", "r+b") as f:
            f.seek(at)
            f.readline()
            start = f.tell()
            inside = start + f.readline().index(b'"text":"') + 8
            f.seek(inside)
            letter = f.read(1)
            f.seek(inside)
            f.write(b"Q" if letter != b"Q" else b"Z")
    time.sleep(SETTLE)


subprocess.run(["cat", "raw/data.jsonl"], stdout=subprocess.DEVNULL)
time.sleep(SETTLE)
for _ in range(reps):
    cold("cold", jobs)
    cold("one thread", "1")
    for peer in peers:
        shutil.rmtree("peer", ignore_errors=True)
        words = [w.format(src="raw/data.jsonl", out="peer") for w in shlex.split(peer)]
        measured(" ".join(os.path.basename(w) for w in words[:4] if "/" in w or w.isalpha()) or peer, *words)
cold("cold", jobs)
time.sleep(SETTLE)
build("no-op")
for k in range(reps):
    build("no-op")
    if any(last["no-op"]["kernels"].values()):
        sys.exit("a no-op ran kernels")
    edit(size // (k + 3))
    build("one line")
    edit(k, top=True)
    build("line on top")
    if shutil.which("b3sum"):
        run("floor", "b3sum", "raw/data.jsonl")
best = {name: tuple(min(r[i] for r in runs) for i in (0, 1)) + (max(r[2] for r in runs),) for name, runs in got.items()}
print(f"{size / 1e9:.1f} GB, {jobs} threads, best of {reps}; bytes written / bytes in "
      f"{last['cold']['bytes_written'] / size:.2f}, with the release {(last['cold']['bytes_written'] + sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk('out') for f in fs)) / size:.2f}")
for name, (cpu, wall, peak) in best.items():
    print(f"{name:44} cpu {cpu:8.2f} s  wall {wall:8.2f} s  peak {peak:7.0f} MB   "
          f"cpu / cold {cpu / best['cold'][0]:6.3f}  wall / cold {wall / best['cold'][1]:6.3f}")
print(f"one thread / cold in wall time: {best['one thread'][1] / best['cold'][1]:.2f}")
shutil.rmtree(root, ignore_errors=True)
