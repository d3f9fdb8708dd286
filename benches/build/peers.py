#!/usr/bin/env python3
"""tamis beside CocoIndex and DataChain: one folder of small files, one function in Python over each record, eleven operations.

    python3 benches/build/peers.py TAMIS --cocoindex PYTHON --datachain PYTHON [--files 2000] [--reps 5]

PYTHON is the interpreter of an environment that has benches/build/requirements-peers.txt. Standard library only. Of each
operation it measures CPU (user and system of the whole process tree), counts how often the function was called, and holds
what the tool gives out against what this script computes by itself. A table in Markdown goes to stdout. Exit 1 if tamis is
wrong anywhere, or its no-op takes more than a thirtieth of the CPU of a peer.
"""
import argparse, glob, json, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent / "peers"
LEAST, MORE = 5, 12  # the parameter: fewer words than this, and the record is dropped
RATIO = 30
WORDS = "a river runs over stones below the old bridge and nobody counts them".split()


def record(n, turn=0):
    return {"id": f"r{n:06d}", "text": " ".join(WORDS[(n + k + turn) % len(WORDS)] for k in range(n * 7 % 20 + 1)) + f" {n} {turn}"}


class Space:
    """A copy of the data with the files of one tool, and what must come out of it."""

    def __init__(self, tool, root, files):
        self.tool, self.dir = tool, root / tool
        shutil.copytree(HERE / tool.split("-")[0], self.dir)
        (self.dir / "raw").mkdir()
        self.rows = {}
        for n in range(files):
            self.put(n, record(n))
        self.least, self.times = LEAST, 1
        self.log = root / f"{tool}.log"
        (self.dir / "params.json").write_text(json.dumps({"least": LEAST}))
        self.env = dict(os.environ, PEERS_LOG=str(self.log), XDG_STATE_HOME=str(root / "state"), COCOINDEX_DB=str(self.dir / "db"),
                        COCOINDEX_DISABLE_USAGE_TRACKING="1", DATACHAIN_NO_ANALYTICS="1", DATACHAIN_ROOT_DIR=str(self.dir / "dc"),
                        DELTA="0" if tool.endswith("-full") else "1", PYTHONDONTWRITEBYTECODE="1")

    def put(self, n, row):
        (self.dir / f"raw/{n:06d}.jsonl").write_text(json.dumps(row) + "\n")
        self.rows[row["id"]] = row

    def expected(self):
        counts = {i: len(r["text"].split()) * self.times for i, r in self.rows.items()}
        return {i: n for i, n in counts.items() if n >= self.least}

    def given(self):
        out = {}
        for path in glob.glob(str(self.dir / ("out/public/jsonl/*.jsonl" if self.tool == "tamis" else "out/*.json*"))):
            for line in open(path):
                if line.strip():
                    row = json.loads(line)
                    out[row["id"]] = row["words"]
        return out

    def run(self, command):
        self.log.write_text("")
        start = time.perf_counter()
        with open(self.dir / "said.txt", "wb") as said:
            p = subprocess.Popen(command, cwd=self.dir, env=self.env, stdout=said, stderr=subprocess.STDOUT)
            _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        given, wanted = self.given(), self.expected()
        bad = len(set(given.items()) ^ set(wanted.items()))
        if p.returncode:
            print(f"{self.tool}: exit {p.returncode}\n{open(self.dir / 'said.txt').read()[-2000:]}", file=sys.stderr)
        return {"cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - start, "calls": len(self.log.read_text().split()),
                "wrong": bad, "exit": p.returncode}

    def edit(self, path, old, new):
        file = self.dir / path
        text = file.read_text()
        assert text.count(old) == 1, (file, old)
        file.write_text(text.replace(old, new))

    def function(self):
        return "steps/tag.py" if self.tool == "tamis" else "pipeline.py"


def touch(s):
    os.utime(s.dir / "raw/000003.jsonl")


def edit(s):
    s.put(4, record(4, turn=1))


def add(s):
    n = len(s.rows)
    s.put(n, record(n))


def delete(s):
    (s.dir / "raw/000006.jsonl").unlink()
    del s.rows["r000006"]


def parameter(s):
    (s.dir / "params.json").write_text(json.dumps({"least": MORE}))
    s.least = MORE
    if s.tool == "tamis":
        s.edit("dataset.toml", f'"{LEAST}"]', f'"{MORE}"]')


def remark(s):
    s.edit(s.function(), "    # counts words\n", "    # counts the words of a text\n")


def definition(s):
    with open(s.dir / ("dataset.toml" if s.tool == "tamis" else "pipeline.py"), "a") as f:
        f.write("\n# a remark that changes nothing\n")


def function(s):
    s.edit(s.function(), "len(text.split())", "len(text.split()) * 2")
    s.times = 2


def lost(s):
    outputs = sorted(glob.glob(str(s.dir / ("out/public/jsonl/*.jsonl" if s.tool == "tamis" else "out/*.json*"))))
    os.remove(outputs[0])


OPERATIONS = [("cold", None), ("no-op", None), ("touch: a file's time", touch), ("one text edited", edit), ("a file added", add),
              ("a file deleted", delete), ("parameter changed", parameter), ("comment in the function", remark),
              ("comment in the definition", definition), ("function changed", function), ("an output lost", lost), ("no-op at the end", None)]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("tamis")
    p.add_argument("--cocoindex")
    p.add_argument("--datachain")
    p.add_argument("--files", type=int, default=2000)
    p.add_argument("--reps", type=int, default=5)
    p.add_argument("--root", default=None)
    a = p.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(dir=a.root))
    tamis = os.path.realpath(a.tamis)
    commands = {"tamis": [tamis, "build"]}
    if a.cocoindex:
        commands["cocoindex"] = [a.cocoindex, "pipeline.py"]
    if a.datachain:
        commands["datachain"] = commands["datachain-full"] = [a.datachain, "pipeline.py"]
    spaces = {tool: Space(tool, root, a.files) for tool in commands}
    helper = subprocess.run([tamis, "new", "--step", "python"], capture_output=True, check=True).stdout
    (spaces["tamis"].dir / "steps/tamis_step.py").write_bytes(helper)
    got = {}
    for name, change in OPERATIONS:
        if name == "no-op":
            time.sleep(2.1)  # files that changed just now are read once more, as their times cannot show another change
            for tool, s in spaces.items():
                s.run(commands[tool])
        for tool, s in spaces.items():
            if change:
                change(s)
            if tool == "tamis":  # a person looks at a changed program once before it runs; that is no part of a build
                subprocess.run([tamis, "trust", "--yes"], cwd=s.dir, env=s.env, stdout=subprocess.DEVNULL, check=True)
        runs = {tool: [] for tool in spaces}
        for _ in range(a.reps if name.startswith("no-op") else 1):
            for tool, s in spaces.items():  # in turns, so that a busy neighbour hits all alike
                runs[tool].append(s.run(commands[tool]))
        for tool, all_runs in runs.items():
            got[name, tool] = all_runs
            best = min(r["cpu"] for r in all_runs)
            print(f"{name:28} {tool:15} cpu {best:8.3f}  calls {all_runs[-1]['calls']:6}  wrong {all_runs[-1]['wrong']}", file=sys.stderr)
    shutil.rmtree(root)
    sys.exit(table(got, list(spaces), a.files))


def table(got, tools, files):
    print(f"| {files} files; CPU in s (calls of the function) | " + " | ".join(tools) + " |")
    print("|---" * (len(tools) + 1) + "|")
    wrong = dict.fromkeys(tools, 0)
    for name, _ in OPERATIONS:
        cells = []
        for tool in tools:
            runs = got[name, tool]
            r = runs[-1]
            bad = r["exit"] != 0 or r["wrong"] > 0
            wrong[tool] += bad
            say = f" **wrong rows: {r['wrong']}**" if r["wrong"] else (" **fails**" if r["exit"] else "")
            cells.append(f"{min(x['cpu'] for x in runs):.3f} ({r['calls']}){say}")
        print(f"| {name} | " + " | ".join(cells) + " |")
    print("| operations with a wrong result | " + " | ".join(str(wrong[t]) for t in tools) + " |")
    noop = {t: min(x["cpu"] for x in got["no-op", t]) for t in tools}
    ratios = {t: noop[t] / noop["tamis"] for t in tools}
    print("| CPU of a no-op, in those of tamis | " + " | ".join(f"{ratios[t]:.0f}" for t in tools) + " |")
    slow = [t for t in tools if t != "tamis" and ratios[t] < RATIO]
    if slow:
        print(f"tamis takes more than 1/{RATIO} of the CPU of {', '.join(slow)}", file=sys.stderr)
    return 1 if wrong["tamis"] or slow else 0


if __name__ == "__main__":
    main()
