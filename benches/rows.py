"""Rows of JSON Lines, CSV and Parquet into typed columns: CPU and memory of tamis, DuckDB and Polars.

usage: python3 benches/rows.py TAMIS [MEGABYTES=200] [FORMAT ...]
  needs duckdb, polars and pyarrow;   REPS=3 ROOT=/tmp/tamis-rows

Every contestant reads all columns with their declared types on one thread and writes them as one Parquet file (zstd), which
is how tamis keeps them, too: a release of all rows in Parquet. tamis does more in that time: it checks ids, digests each
column, keeps its store, and writes sums and a card. Rows: collect (tamis up to its columns), release, duckdb, polars. In turns;
the least of the repetitions counts. CPU is user and system time, memory the largest resident set, beside the bytes of the file.
"""
import json
import os
import random
import resource
import shutil
import subprocess
import sys

tamis = os.path.realpath(shutil.which(sys.argv[1]) or sys.argv[1])
size = int(sys.argv[2]) if len(sys.argv) > 2 else 200
formats = sys.argv[3:] or ["jsonl", "csv", "parquet"]
reps, root = int(os.environ.get("REPS", 3)), os.environ.get("ROOT", "/tmp/tamis-rows")
shutil.rmtree(root, ignore_errors=True)
os.makedirs(root + "/raw")
os.chdir(root)
WORDS = "river stone green paper window music 오늘 빵을 산책 겨울 machine learning data".split()


def rows():
    draw, total, i = random.Random(5), 0, 0
    while total < size * 1_000_000:
        row = {
            "id": f"s{i:08}",
            "text": " ".join(draw.choice(WORDS) for _ in range(20 + i % 40)),
            "label": draw.choice(["a", "b", "c"]),
            "n": draw.randrange(1_000_000_000),
            "score": round(draw.random(), 6),
            "ok": draw.random() < 0.5,
            "day": f"20{draw.randrange(10, 27):02}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}",
        }
        total += len(json.dumps(row, ensure_ascii=False).encode()) + 1
        i += 1
        yield row


def write():
    import pyarrow
    import pyarrow.parquet

    all_rows = list(rows())
    with open("raw/a.jsonl", "w", encoding="utf-8") as f:
        f.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in all_rows)
    import csv

    with open("raw/a.csv", "w", encoding="utf-8", newline="") as f:
        out = csv.DictWriter(f, list(all_rows[0]))
        out.writeheader()
        out.writerows({**row, "ok": str(row["ok"]).lower()} for row in all_rows)
    table = pyarrow.Table.from_pylist(all_rows)
    days = table["day"].cast(pyarrow.date32())
    table = table.set_column(table.schema.get_field_index("day"), "day", days)
    pyarrow.parquet.write_table(table, "raw/a.parquet", compression="zstd", row_group_size=100_000)
    return len(all_rows)


MANIFEST = """tamis = "0.1"
[dataset]
name = "rows"
version = "0.1.0"
license = "CC0-1.0"
[collect.a]
direct = {{ files = ["raw/a.{format}"], format = "{format}" }}
id = "id"
license = "CC0-1.0"
[schema]
text = {{ text = {{}} }}
label = {{ text = {{}} }}
n = {{ int = {{}} }}
score = {{ float = {{}} }}
ok = {{ bool = {{}} }}
day = {{ date = {{}} }}
[release.all]
formats = ["parquet"]
"""
DUCK = """import duckdb
c = duckdb.connect(); c.execute("set threads to 1")
types = "{{'id':'VARCHAR','text':'VARCHAR','label':'VARCHAR','n':'BIGINT','score':'DOUBLE','ok':'BOOLEAN','day':'DATE'}}"
source = {{"jsonl": f"read_json('raw/a.jsonl', format='newline_delimited', columns={{types}})", "csv": f"read_csv('raw/a.csv', header=true, columns={{types}})",
    "parquet": "'raw/a.parquet'"}}["{format}"]
c.execute(f"copy (select * from {{source}}) to 'out.parquet' (format parquet, compression zstd)")
print(c.execute("select count(*) from 'out.parquet'").fetchone()[0])
"""
POLARS = """import polars as p
types = {{"id": p.String, "text": p.String, "label": p.String, "n": p.Int64, "score": p.Float64, "ok": p.Boolean, "day": p.String if "{format}" == "jsonl" else p.Date}}
read = {{"jsonl": lambda: p.read_ndjson("raw/a.jsonl", schema=types), "csv": lambda: p.read_csv("raw/a.csv", schema=types), "parquet": lambda: p.read_parquet("raw/a.parquet")}}["{format}"]
t = read()
if "{format}" == "jsonl": t = t.with_columns(p.col("day").str.to_date())
t.write_parquet("out.parquet", compression="zstd"); print(len(t))
"""


def run(command, **env):
    """CPU seconds and the largest resident set in MB of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["/usr/bin/time", "-f", "%M", *command], env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, int(done.stderr.split()[-1]) / 1024, done.stdout


n = write()
print(f"{n} rows; " + ", ".join(f"{f} {os.path.getsize('raw/a.' + f) / 1e6:.0f} MB" for f in formats))
for form in formats:
    with open("dataset.toml", "w") as f:
        f.write(MANIFEST.format(format=form))
    best = {}
    for _ in range(reps):
        for name, command, env in [
            ("collect", [tamis, "build", "collect", "--jobs", "1"], {}),
            ("release", [tamis, "build", "--jobs", "1"], {}),
            ("duckdb", [sys.executable, "-c", DUCK.format(format=form)], {}),
            ("polars", [sys.executable, "-c", POLARS.format(format=form)], {"POLARS_MAX_THREADS": "1"}),
        ]:
            for gone in (".tamis", "out", "out.parquet", "dataset.lock"):
                shutil.rmtree(gone, ignore_errors=True) if os.path.isdir(gone) else os.path.exists(gone) and os.remove(gone)
            cpu, memory, out = run(command, **env)
            if name in ("duckdb", "polars") and int(out.split()[-1]) != n:
                sys.exit(f"{name} read {out}")
            held = best.get(name, (cpu, memory))
            best[name] = (min(cpu, held[0]), max(memory, held[1]))
    floor = min(best["duckdb"][0], best["polars"][0])
    for name, (cpu, memory) in best.items():
        print(f"{form:8} {name:8} {cpu:7.2f} s CPU  {cpu / floor:5.2f} of the faster peer  {memory:6.0f} MB")
