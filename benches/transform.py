"""A step of one's own: what tamis adds to the time of a trivial script in Python.

usage: python3 benches/transform.py TAMIS [ROWS=1000000]
  REPS=3 JOBS=1 TEXT=40 (words of a text) ROOT=/tmp/tamis-transform

Rows: script (the helper over the same lines from a file, its answers into a file: as many scripts at once as JOBS, each with
its share of the lines), step (`tamis build transform.count` once all before it is built), no-op, one row (one text edited). In
turns; the least of the repetitions counts. The goal: a step takes at most 1.3 times as long as the script. CPU is of all
processes, those of the script too.
"""
import json, os, resource, shutil, subprocess, sys, time

here = os.path.dirname(os.path.realpath(__file__))
tamis = os.path.realpath(shutil.which(sys.argv[1]) or sys.argv[1])
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
reps, jobs, words = (int(os.environ.get(k, d)) for k, d in [("REPS", 3), ("JOBS", 1), ("TEXT", 40)])
root = os.environ.get("ROOT", "/tmp/tamis-transform")
shutil.rmtree(root, ignore_errors=True)
os.makedirs(root + "/project/raw")
os.makedirs(root + "/project/steps")
os.chdir(root + "/project")
os.environ["XDG_STATE_HOME"] = root + "/state"
shutil.copy(here + "/../templates/steps/tamis_step.py", "steps/tamis_step.py")
VOCABULARY = ["river", "stone", "green", "paper", "window", "music", "오늘", "빵을", "산책", "겨울"]


def text(i):
    return " ".join(VOCABULARY[(i * 7 + k * k) % len(VOCABULARY)] for k in range(words)) + f" {i}"


def write(edited=None):
    with open("raw/data.jsonl", "w") as f:
        for i in range(rows):
            own = "another text" if i == edited else text(i)
            f.write(json.dumps({"id": f"s{i:08}", "text": own}, ensure_ascii=False) + "\n")


write()
with open("steps/count.py", "w") as f:
    f.write('from tamis_step import run\n\n\ndef count(row):\n    return {"n": len(row["text"])}\n\n\nrun(count)\n')
with open("dataset.toml", "w") as f:
    f.write("""[dataset]
name = "bench"
version = "0.1.0"
license = "CC0-1.0"
[collect.raw]
direct = { files = ["raw/data.jsonl"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "CC0-1.0"
[transform.count]
run = ["python3", "steps/count.py"]
files = ["steps/tamis_step.py"]
reads = ["text"]
writes = { n = "int" }
""")
shares = []
with open("raw/data.jsonl") as f:
    lines = f.readlines()
for job in range(jobs):
    shares.append(f"{root}/share-{job}.jsonl")
    with open(shares[-1], "w") as f:
        f.writelines(lines[job * rows // jobs : (job + 1) * rows // jobs])
del lines


def timed(work):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def script():
    def one(share):
        with open(share) as lines, open(share + ".out", "w") as out:
            return subprocess.Popen(["python3", "steps/count.py"], stdin=lines, stdout=out)

    assert all(process.wait() == 0 for process in [one(share) for share in shares])


def build(step, want=None):
    command = [tamis, "build", "--json", "--jobs", str(jobs), step]
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    done = json.loads(out.splitlines()[-1])
    asked = done["steps"]["transform.count"]["rows"]
    assert want is None or want(asked), asked


def cold():
    shutil.rmtree(".tamis", ignore_errors=True)
    build("collect")


subprocess.run([tamis, "trust", "--yes"], check=True, stdout=subprocess.DEVNULL)
best = {}
for _ in range(reps):
    cold()
    for name, work in [
        ("script", script),
        ("step", lambda: build("transform.count", lambda asked: asked == rows)),
        ("no-op", lambda: build("transform.count", lambda asked: asked == 0)),
    ]:
        best[name] = min(best.get(name, (1e9, 1e9)), timed(work))
write(edited=rows // 2)
build("collect")
best["one row"] = timed(lambda: build("transform.count", lambda asked: 0 < asked < 100_000))
for name, (wall, cpu) in best.items():
    print(f"{name:8} {wall:8.2f} s  cpu {cpu:8.2f} s")
ratio, cpu = best["step"][0] / best["script"][0], best["step"][1] / best["script"][1]
print(f"a step takes {ratio:.2f} times the script's time, {cpu:.2f} times its CPU ({rows} rows, {jobs} at once)")
