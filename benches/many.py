"""Very many small files: what a no-op costs over the floor of the machine, and how much memory a file takes.

usage: python3 benches/many.py TAMIS SCAN_FLOOR [FILES=1000000] [ROOT=/tmp/tamis-many]
  SCAN_FLOOR  getdents64 and statx of every file and nothing else, from the corpus folder;   REPS=3
"""
import os, resource, shutil, subprocess, sys, time

tamis, floor = (os.path.realpath(shutil.which(a) or a) for a in sys.argv[1:3])
files = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
root = sys.argv[4] if len(sys.argv) > 4 else "/tmp/tamis-many"
shutil.rmtree(root, ignore_errors=True)
os.makedirs(root)
os.chdir(root)
for n in range(files):
    if n % 500 == 0:
        os.makedirs(f"raw/{n // 500:05}")
    with open(f"raw/{n // 500:05}/{n:07}.json", "w") as f:
        f.write('{"id":"s%07d","text":"sample %d of many"}\n' % (n, n))
with open("dataset.toml", "w") as f:
    f.write("""tamis = "0.1"
[dataset]
name = "many"
version = "0.1.0"
license = "CC0-1.0"
[collect.raw]
direct = { files = ["raw/*/*.json"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "CC0-1.0"
[schema]
text = { text = {} }
[split]
ratios = { train = 0.9, test = 0.1 }
[release.public]
formats = ["parquet"]
columns = ["id", "text", "split"]
""")


def run(*command):
    """CPU seconds, wall seconds and peak MB."""
    script = ("import sys,resource,subprocess as s\nr=s.run(sys.argv[1:],stdout=s.DEVNULL).returncode\n"
              "u=resource.getrusage(resource.RUSAGE_CHILDREN)\nprint(u.ru_utime+u.ru_stime,u.ru_maxrss/1024)\nsys.exit(r)")
    start = time.monotonic()
    out = subprocess.run([sys.executable, "-c", script, *command], stdout=subprocess.PIPE, text=True, check=True).stdout
    cpu, peak = map(float, out.split()[-2:])
    return cpu, time.monotonic() - start, peak


time.sleep(2.2)
cold = run(tamis, "build", "--quiet")
time.sleep(2.2)
run(tamis, "build", "--quiet")
got = {"scan-floor": [], "no-op": []}
for _ in range(int(os.environ.get("REPS", 3))):
    got["scan-floor"].append(run(floor, "raw", "1"))
    got["no-op"].append(run(tamis, "build", "--quiet"))
best = {k: min(v) for k, v in got.items()}
os.makedirs("empty")
shutil.copy("dataset.toml", "empty")
os.makedirs("empty/raw/0")
shutil.copy("raw/00000/0000000.json", "empty/raw/0")
run(tamis, "-C", "empty", "build", "--quiet")
small = run(tamis, "-C", "empty", "build", "--quiet")
print(f"{files} files   cold: cpu {cold[0]:.1f} s, peak {cold[2]:.0f} MB, {(cold[2] - small[2]) * 2**20 / files:.0f} bytes a file")
print(f"no-op: cpu {best['no-op'][0]:.2f} s, peak {best['no-op'][2]:.0f} MB, {(best['no-op'][2] - small[2]) * 2**20 / files:.0f} bytes a file")
print(f"no-op / scan-floor {best['no-op'][0] / best['scan-floor'][0]:.2f}")
shutil.rmtree(root, ignore_errors=True)
