#!/usr/bin/env python3
"""Computes with pandas how two releases differ, and compares it with `tamis diff --json`.

    python tests/peers/diff_releases.py TAMIS OLD NEW [OLD NEW ...]
    python tests/peers/diff_releases.py TAMIS --examples

TAMIS is the program, OLD and NEW are folders of releases of one data set whose ids are those of the sources. Parquet is
read where both have it, else JSON Lines. With `--examples` each example is copied, released, edited and built anew. Exits with 1 if anything is another, with 2 without arguments.
"""

import collections
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas


def rows(folder, form):
    """Every sample of a release by its id: its split and its other columns as JSON."""
    out = {}
    splits = json.loads((folder / "release.json").read_text())["splits"]
    for split in splits:
        if form == "parquet":
            frames = [pandas.read_parquet(f) for f in sorted((folder / form).glob(f"{split}-[0-9]*.parquet"))]
        else:
            files = sorted((folder / form).glob(f"{split}-[0-9]*.jsonl"))
            frames = [pandas.read_json(f, lines=True, dtype=False) for f in files if f.stat().st_size]
        for frame in frames:
            for row in frame.to_dict("records"):
                assert row["id"] not in out, f"{row['id']} stands twice"
                own = {k: text(v) for k, v in row.items() if k not in ("id", "split")}
                out[row["id"]] = (split, own)
    return out


def text(value):
    """A value as text: equal values are equal texts."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=plain)


def plain(value):
    return value.hex() if isinstance(value, bytes) else value.tolist() if hasattr(value, "tolist") else str(value)


def difference(old, new):
    """The same counts as `tamis diff --json`."""
    both = old.keys() & new.keys()
    moved = collections.Counter((old[i][0], new[i][0]) for i in both if old[i][0] != new[i][0])
    changed = {i: [c for c in old[i][1].keys() & new[i][1].keys() if old[i][1][c] != new[i][1][c]] for i in both}
    changed = {i: columns for i, columns in changed.items() if columns}
    same = sum(1 for i in both if i not in changed and old[i][0] == new[i][0])
    alone = lambda a, b: collections.Counter(a[i][0] for i in a.keys() - b.keys())
    differing = sorted((old.keys() ^ new.keys()) | changed.keys() | {i for i in both if old[i][0] != new[i][0]})
    return {
        "samples": {
            "same": same,
            "added": len(new.keys() - old.keys()),
            "removed": len(old.keys() - new.keys()),
            "changed": len(changed),
            "moved": sum(moved.values()),
        },
        "added": dict(alone(new, old)),
        "removed": dict(alone(old, new)),
        "moved": sorted([a, b, n] for (a, b), n in moved.items()),
        "changed": dict(collections.Counter(c for columns in changed.values() for c in columns)),
        "differing": [
            [i, old.get(i, (None,))[0], new.get(i, (None,))[0], sorted(changed.get(i, []))] for i in differing
        ],
    }


def told(program, old, new):
    """What tamis says, in the same form."""
    run = subprocess.run([program, "diff", str(old), str(new), "--json", "--limit", "1000000000"], capture_output=True)
    if run.returncode not in (0, 1):
        sys.exit(run.stderr.decode())
    d = json.loads(run.stdout)
    out = {part: d[part] for part in ("samples", "added", "removed")}
    out["moved"] = sorted([m["from"], m["to"], m["samples"]] for m in d["moved"])
    out["changed"] = d["columns"]["changed"]
    out["differing"] = [[s["id"], s["old_split"], s["new_split"], sorted(s["columns"])] for s in d["differing"]]
    return out


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def edit_ner(folder):
    """Five sentences less, one answer changed, more held back, and another seed."""
    path = folder / "raw/klue/klue-ner-v1.1_dev.tsv"
    blocks = path.read_text().split("\n\n")
    del blocks[10:15]
    blocks[20] = blocks[20].replace("B-OG", "B-PS").replace("I-OG", "I-PS")
    path.write_text("\n\n".join(blocks))
    return [("symbol_ratio_max = 0.5", "symbol_ratio_max = 0.2"), ("seed = 42", "seed = 43")]


def edit_similarity(folder):
    """Five pairs less in each source, and more for the test."""
    for path in folder.glob("raw/*/pairs.jsonl"):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:4] + lines[9:]))
    return [("train = 0.8, test = 0.2", "train = 0.7, test = 0.3")]


def edit_detection(folder):
    """A picture less, boxes of one moved, and another seed."""
    for path in folder.glob("raw/*/BloodImage_00001.*"):
        path.unlink()
    path = folder / "raw/Annotations/BloodImage_00005.xml"
    path.write_text(re.sub("<xmin>", "<xmin>1", path.read_text()))
    return [("seed = 7", "seed = 8")]


def edited(program, name, edit, above):
    """An example as it is released, and as it is built after an edit."""
    folder = Path(above) / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".tamis", "out", "releases", "pins"))
    run = lambda *verb: subprocess.run([program, "-C", str(folder), *verb], check=True, capture_output=True)
    run("release", "public")
    manifest = folder / "dataset.toml"
    text = re.sub(r'(?m)^version = "[^"]*"', 'version = "9.0.0"', manifest.read_text(), count=1)
    for before, after in edit(folder):
        assert before in text, before
        text = text.replace(before, after)
    manifest.write_text(text)
    run("build")
    (old,) = folder.glob("releases/public-*")
    return [old, folder / "out/public"]


def main(arguments):
    examples = arguments[1:] == ["--examples"]
    if not examples and (len(arguments) < 3 or len(arguments) % 2 == 0):
        print(__doc__)
        return 2
    if not examples:
        return compared(arguments[0], arguments[1:])
    program = str(Path(arguments[0]).resolve())
    edits = {"ner": edit_ner, "similarity": edit_similarity, "detection": edit_detection}
    with tempfile.TemporaryDirectory() as above:
        return compared(program, [side for name, edit in edits.items() for side in edited(program, name, edit, above)])


def compared(program, sides):
    failed = 0
    for old, new in zip(sides[::2], sides[1::2]):
        old, new = Path(old), Path(new)
        both = all((f / "parquet").is_dir() for f in (old, new))
        form = "parquet" if both else "jsonl"
        want, got = difference(rows(old, form), rows(new, form)), told(program, old, new)
        for part in want:
            ok = want[part] == got[part]
            failed += not ok
            shown = f"{len(want[part])} samples" if part == "differing" else want[part]
            print(f"{'ok  ' if ok else 'FAIL'}  {old} {new} {part}: {shown}" + ("" if ok else f", tamis: {got[part]}"))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
