"""Mutates the Parquet files of a release, writes new sums, and asks `tamis verify` and pyarrow.

    python3 benches/mutate_releases.py RELEASE [ROUNDS [SEED]]

`tamis` must be on the PATH, `pyarrow` and `blake3` installed. Fails if `verify` passes a file of which pyarrow cannot read the rows, or
ends otherwise than with 0, 1 or 3. What both can read is no damage that sums written anew could show. Random changes of
all other files, and changes that sums do show, are tried by `tests/mutations.rs` (`TAMIS_RELEASES=200`).
"""
import hashlib
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import blake3
import pyarrow.parquet

release = pathlib.Path(sys.argv[1])
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 200
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)


def mutated(data):
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data))
        kind = random.randrange(5)
        if kind == 0:
            data[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            data[at] = random.choice([0, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            data[at : at + random.randint(1, 64)] = b""
        elif kind == 3:
            data[at : at + 8] = bytes(8)
        else:
            data[at:at] = data[max(0, at - 16) : at]
    return bytes(data)


def reads(path):
    try:
        table = pyarrow.parquet.read_table(path)
        table.validate(full=True)
        return table.num_rows
    except Exception:
        return None


def new_sums(folder):
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    files = [f for f in files if f not in ("B3SUMS", "SHA256SUMS")]
    for name, sum_of in [("B3SUMS", blake3.blake3), ("SHA256SUMS", hashlib.sha256)]:
        lines = [f"{sum_of((folder / f).read_bytes()).hexdigest()}  {f}\n" for f in files]
        (folder / name).write_text("".join(lines))


passed = refused = same = 0
wrong = []
with tempfile.TemporaryDirectory() as top:
    for n in range(rounds):
        copy = pathlib.Path(top) / "copy"
        shutil.copytree(release, copy)
        table = random.choice(sorted(copy.glob("parquet/*.parquet")))
        rows = reads(table)
        table.write_bytes(mutated(table.read_bytes()))
        new_sums(copy)
        try:
            done = subprocess.run(["tamis", "verify", copy], capture_output=True, text=True, timeout=60)
            code = done.returncode
        except subprocess.TimeoutExpired:
            code = "no end"
        if code == 0 and reads(table) != rows:
            wrong.append(f"{n}: passes, and pyarrow reads {reads(table)} rows of {rows}")
        elif code == 0:
            passed += 1
        elif code in (1, 3):
            refused += 1
        else:
            wrong.append(f"{n}: {code} {done.stderr[-300:]}")
        shutil.rmtree(copy)
print(f"{rounds} mutated: {refused} refused, {passed} read by both")
sys.exit("\n".join(wrong) if wrong else 0)
