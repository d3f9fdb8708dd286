#!/usr/bin/env python3
"""Computes with pandas how two releases differ, and compares it with `tamis diff --json`.

    python tests/peers/diff_releases.py TAMIS OLD NEW [OLD NEW ...]

TAMIS is the program, OLD and NEW are folders of releases of one data set whose ids are those of the sources. Parquet is
read where both have it, else JSON Lines. Exits with 1 if anything is another, with 2 without arguments.
"""

import collections
import json
import subprocess
import sys
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


def main(arguments):
    if len(arguments) < 3 or len(arguments) % 2 == 0:
        print(__doc__)
        return 2
    program, failed = arguments[0], 0
    for old, new in zip(arguments[1::2], arguments[2::2]):
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
