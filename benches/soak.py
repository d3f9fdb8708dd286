"""Random edits, builds, kills, garbage collection and reads in two checkouts that share a store, for as long as asked.

usage: python3 benches/soak.py TAMIS [MINUTES=30] [SEED=1] [ROOT=/tmp/tamis-soak]

Ends with 0 if all went well, after these checks: the store holds no damaged object; in both checkouts what lies in
out/ has the roots that a build from nothing gives; a second collection of garbage removes nothing; what is left is no
more than twice what the two builds from nothing wrote. The same seed makes the same edits; what a kill meets differs.
"""
import json, os, random, shutil, signal, subprocess, sys, time

tamis = os.path.realpath(shutil.which(sys.argv[1]) or sys.argv[1])
minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 30
dice = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
root = os.path.abspath(sys.argv[4] if len(sys.argv) > 4 else "/tmp/tamis-soak")
WORDS = "river stone green paper music window 오늘 빵을 먹고 산책 길에서 겨울 바다".split()
TOPICS = ["art", "law", "play", "work"]
counts = {}


def count(what):
    counts[what] = counts.get(what, 0) + 1


def fail(say):
    print(f"FAILED: {say}\n{counts}")
    sys.exit(1)


def text():
    words = [dice.choice(WORDS) for _ in range(dice.randrange(4, 40))]
    if dice.random() < 0.05:
        words.append("someone@example.org")
    return dice.choice([" ", " ", "  ", "\n"]).join(words)


class Checkout:
    """The files of a project, held as plain values."""

    def __init__(self, name, samples):
        self.dir = os.path.join(root, name)
        self.rows = [{"id": f"s{i:06}", "doc": f"d{i // 4}", "text": text()} for i in range(samples)]
        self.votes = [(r["id"], f"w{a}", dice.choice(TOPICS)) for a in range(3) for r in self.rows]
        self.small = {f"{i:04}": text() for i in range(300)}
        self.next = samples
        self.settings = {"train": "0.8", "test": "0.2", "seed": 7, "keep": "first", "chars_min": 3, "unicode": "NFC"}
        os.makedirs(self.dir)
        self.write()

    def manifest(self):
        s = self.settings
        return f"""tamis = "0.1"
[dataset]
name = "soak"
version = "0.1.0"
license = "CC0-1.0"
[collect.texts]
direct = {{ files = ["raw/texts.jsonl"], format = "jsonl" }}
fields = {{ text = "text", doc = "doc" }}
id = "id"
license = "CC0-1.0"
[collect.small]
direct = {{ files = ["raw/small/*.txt"], format = "text" }}
fields = {{ text = "text" }}
id = "stem"
license = "CC0-1.0"
[schema]
text = {{ text = {{ chars_min = {s["chars_min"]} }} }}
doc = {{ text = {{}} }}
[preprocess]
unicode = "{s["unicode"]}"
whitespace = "collapse"
[privacy]
harmless = ["doc"]
[privacy.detect]
types = ["email"]
action = "mask"
[clean]
exact_duplicates = {{ action = "drop", keep = "{s["keep"]}", on = ["text"] }}
[label.topic]
task = "classification"
classes = ["art", "law", "play", "work"]
from.crowd = {{ files = ["raw/votes.csv"], format = "csv", on = "id", fields = {{ item = "item", annotator = "annotator", label = "label" }} }}
aggregate = {{ method = "majority" }}
[split]
ratios = {{ train = {s["train"]}, test = {s["test"]} }}
stratify = "label.topic"
group = "doc"
seed = {s["seed"]}
[release.public]
formats = ["parquet", "jsonl"]
columns = ["id", "text", "doc", "label.topic", "split"]
"""

    def write(self):
        put(f"{self.dir}/dataset.toml", self.manifest())
        put(f"{self.dir}/raw/texts.jsonl", "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in self.rows))
        votes = sorted(self.votes, key=lambda v: (v[1], v[0], v[2]))
        put(f"{self.dir}/raw/votes.csv", "item,annotator,label\n" + "".join(",".join(v) + "\n" for v in votes))
        for name, content in self.small.items():
            put(f"{self.dir}/raw/small/{name}.txt", content)
        for name in os.listdir(f"{self.dir}/raw/small"):
            if name[:-4] not in self.small:
                os.remove(f"{self.dir}/raw/small/{name}")

    def edit(self):
        kind, at = dice.randrange(12), dice.randrange(len(self.rows))
        if kind == 0:
            self.rows[at]["text"] = text()
        elif kind == 1:
            for r in dice.sample(self.rows, min(200, len(self.rows))):
                r["text"] = text()
        elif kind == 2:
            self.next += 1
            self.rows.insert(dice.choice([0, at]), {"id": f"s{self.next:06}", "doc": f"d{at // 4}", "text": text()})
        elif kind == 3:
            del self.rows[at]
        elif kind == 4:
            self.rows[at]["text"] = dice.choice(self.rows)["text"]
        elif kind == 5:
            self.votes[dice.randrange(len(self.votes))] = (self.rows[at]["id"], "w9", dice.choice(TOPICS))
        elif kind == 6:
            del self.votes[dice.randrange(len(self.votes))]
        elif kind == 7:
            self.small[f"{dice.randrange(400):04}"] = text()
        elif kind == 8 and len(self.small) > 100:
            del self.small[dice.choice(sorted(self.small))]
        elif kind == 9:
            self.settings.update(dice.choice([{"train": "0.8", "test": "0.2"}, {"train": "0.5", "test": "0.5"}]))
        elif kind == 10:
            self.settings.update(dice.choice([{"seed": dice.randrange(5)}, {"keep": dice.choice(["first", "last"])}]))
        else:
            self.settings.update(dice.choice([{"unicode": dice.choice(["NFC", "NFKC"])}, {"chars_min": dice.randrange(3, 30)}]))
        self.write()


def put(path, content):
    """Files that stay as they are are not touched."""
    data = content.encode()
    try:
        with open(path, "rb") as f:
            if f.read() == data:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def start(where, *args):
    return subprocess.Popen([tamis, "-C", where, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(child, what, good):
    out, err = child.communicate(timeout=600)
    if child.returncode not in good:
        fail(f"{what} ended with {child.returncode}: {err[-2000:]}")
    return out


def roots(where):
    done = json.loads(end(start(where, "build", "--json"), "build", [0]).splitlines()[-1])
    return done["content_root"], done["files_root"]


def size(path):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(path) for f in files)


shutil.rmtree(root, ignore_errors=True)
store = os.path.join(root, "store")
checkouts = [Checkout("a", 12_000), Checkout("b", 9_000)]
for c in checkouts:
    end(start(c.dir, "store", "use", store), "store use", [0])
until, told = time.monotonic() + 60 * minutes, time.monotonic()
while time.monotonic() < until:
    c = dice.choice(checkouts)
    for _ in range(dice.randrange(1, 4)):
        c.edit()
        count("edits")
    deed = dice.randrange(10)
    if deed < 3:  # a kill in the middle
        child = start(c.dir, "build", "--quiet")
        time.sleep(dice.random() * 0.6)
        child.send_signal(dice.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))
        end(child, "a killed build", [0, -9, -2, -15, 130, 143])
        count("kills")
    elif deed < 5:  # all at once
        running = [(start(x.dir, "build", "--quiet"), "build", [0]) for x in checkouts]
        running.append((start(c.dir, "gc"), "gc", [0]))
        readers = [["status"], ["show", "split"], ["why", "split"], ["graph"], ["trace", checkouts[0].rows[0]["id"]]]
        running += [(start(c.dir, *r), r[0], [0, 1, 2]) for r in dice.sample(readers, 3)]
        for child in running:
            end(*child)
        count("crowds")
    elif deed < 6:
        end(start(c.dir, "gc"), "gc", [0])
        count("gc")
    elif deed < 7:
        end(start(c.dir, "store", "verify"), "store verify", [0])
        count("verify")
    else:
        end(start(c.dir, "build", "--quiet"), "build", [0])
        count("builds")
    if time.monotonic() > told + 60:
        told = time.monotonic()
        print(f"{counts}  store {size(store) / 1e6:.0f} MB", flush=True)

fresh = []
for c in checkouts:
    now = roots(c.dir)
    clean = os.path.join(root, "clean-" + os.path.basename(c.dir))
    shutil.copytree(c.dir, clean, ignore=shutil.ignore_patterns(".tamis", "out", "dataset.lock"))
    if now != roots(clean):
        fail(f"{c.dir}: {now} is not what a build from nothing gives")
    fresh.append(size(os.path.join(clean, ".tamis", "packs")))
end(start(checkouts[0].dir, "store", "verify"), "store verify", [0])
before = size(store)
end(start(checkouts[0].dir, "gc"), "gc", [0])
once = size(store)
end(start(checkouts[1].dir, "gc"), "gc", [0])
twice = size(store)
for c in checkouts:
    done = json.loads(end(start(c.dir, "build", "--json"), "build", [0]).splitlines()[-1])
    if any(done["kernels"].values()):
        fail(f"{c.dir}: after gc kernels ran: {done['kernels']}")
print(f"{counts}\nstore {before / 1e6:.1f} MB, after gc {once / 1e6:.1f} MB, after another {twice / 1e6:.1f} MB; "
      f"two builds from nothing {sum(fresh) / 1e6:.1f} MB")
if twice > once or twice > 2 * sum(fresh):
    fail("the store grows")
print("all is well: incremental = clean in both checkouts")
