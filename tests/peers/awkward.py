#!/usr/bin/env python3
"""Builds projects that are awkward to release, and reads what comes out with the tools their users have.

    python tests/peers/awkward.py target/debug/tamis

Two projects, one of texts and one of images: columns of nothing but nulls, floats that are whole, days, lists that are
empty in one split, splits called `train` and `train-small`, a split of one row and one of none, ids with `#`, `/`, spaces
and Hangul, ids that are longer than a file name may be, images of the same stem and of names that differ in case alone.
Each is built, read, changed, built and read again with the same cache; the folders are all called `public`, as users'
are. Needs what `read_releases.py` needs; exits with 1 if any check failed.
"""

import json
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from read_releases import Report, keep_datasets_offline, read_release

TEXTS = """
tamis = "0.1"
[dataset]
name = "awkward"
version = "0.1.0"
languages = ["ko", "no"]
license = "CC-BY-4.0"
description = "Texts: \\"quoted\\", with # and --- and | in them."
[collect.a]
direct = { files = ["raw/*.jsonl"], format = "jsonl" }
fields = { text = "text", none = "none", whole = "whole", day = "day", flag = "flag", count = "count" }
id = "id"
license = "CC-BY-4.0"
attribution = "Nobody | in particular"
[schema]
text = { text = {} }
none = { int = {} }
whole = { float = {} }
day = { date = {} }
flag = { bool = {} }
count = { int = {} }
[label.ner]
task = "ner"
classes = ["PER", "LOC: a \\"place\\""]
from.own = { files = ["spans.jsonl"] }
unlabelled = "negative"
[split]
ratios = { train = 0.6, train-small = 0.3, test = 0.1, nothing = 0 }
[release.public]
formats = ["parquet", "arrow", "jsonl", "conll"]
columns = ["id", "text", "none", "whole", "day", "flag", "count", "label.ner", "split"]
[release.lines]
formats = ["jsonl"]
columns = ["id", "text", "none", "whole", "day", "flag", "count", "label.ner", "split"]
"""

IMAGES = """
tamis = "0.1"
[dataset]
name = "awkward-images"
version = "0.1.0"
license = "CC0-1.0"
[collect.a]
license = "CC0-1.0"
%s
[release.public]
formats = [%s]
columns = [%s]
"""

BOXES = """
direct = { images = ["raw/**/*.png"], files = ["raw/**/*.xml"], format = "voc" }
[preprocess]
[label.d]
task = "object_detection"
classes = ["cat", "dog"]
from.own = { column = "objects" }
unlabelled = "negative"
"""

FOLDERS = 'direct = { images = ["raw/**/*.png"], format = "image_folder" }\nid = "path"\nfields = { class = "class" }\n'

SPLIT = "[split]\nratios = { train = 0.7, train-small = 0.3, nothing = 0 }"


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tamis = Path(arguments[0]).resolve()
    report = Report()
    with tempfile.TemporaryDirectory() as top:
        top = Path(top)
        keep_datasets_offline(str(top / "cache"))
        for change in ("", "changed "):
            texts(report, tamis, top / "texts", change)
            for name, source, formats, columns in [
                ("both", BOXES + SPLIT, '"parquet", "coco", "jsonl"', '"id", "image", "label.d", "split"'),
                ("folder", FOLDERS + SPLIT, '"image_folder"', '"id", "class"'),
                ("coco", BOXES, '"coco", "jsonl"', '"id", "label.d"'),
            ]:
                images(report, tamis, top / name, IMAGES % (source, formats, columns), change)
    print(f"{report.done} checks, {report.failed} failed")
    return 1 if report.failed else 0


def build(tamis, project):
    subprocess.run([tamis, "-C", project, "build", "--quiet"], check=True)
    return project / "out" / "public"


def texts(report, tamis, project, change):
    (project / "raw").mkdir(parents=True, exist_ok=True)
    (project / "dataset.toml").write_text(TEXTS, encoding="utf-8")
    ids = [f"x{n}" for n in range(30)] + ["a#1", "a/b", "with space", "가나다", "long" * 100, "con"]
    rows = [
        {"id": i, "text": f"{change}text {n}", "none": None, "whole": float(n), "day": "2026-01-31", "flag": n % 2 == 0, "count": n}
        for n, i in enumerate(ids)
    ]
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    (project / "raw" / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    spans = [{"class": "PER", "start": 0, "end": 1}]
    (project / "spans.jsonl").write_text(json.dumps({"item": "x1", "annotator": "me", "label": spans}) + "\n")
    build(tamis, project)
    for out in (project / "out" / "public", project / "out" / "lines"):
        with report.guard(f"{out}"):
            check_texts(report, out, rows)


def check_texts(report, out, rows):
    from datasets import load_dataset

    read_release(report, out)
    loaded = load_dataset(str(out))
    every = {row["id"]: row for split in loaded.values() for row in split}
    report.equal(f"{out} ids, datasets", len(every), len(rows))
    report.equal(f"{out} texts are those of this build", {r["text"] for r in every.values()}, {r["text"] for r in rows})
    report.equal(f"{out} whole floats", {type(r["whole"]) for r in every.values()}, {float})
    report.equal(f"{out} days", {str(r["day"])[:10] for r in every.values()}, {"2026-01-31"})


def images(report, tamis, project, manifest, change):
    from datasets import load_dataset

    (project / "raw").mkdir(parents=True, exist_ok=True)
    (project / "dataset.toml").write_text(manifest, encoding="utf-8")
    names = ["a/x.png", "b/X.png", "c d/#1.png", "가/나.png", "가" * 40 + "/" + "다" * 70 + ".png", "con.png", "train.png"]
    names += [] if "objects" in manifest else ["b/x.png"]  # boxes meet images by their stem, so it is unique there
    for n, name in enumerate(names):
        path = project / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(20 + n, 10, n if change else 99 - n))
        box = f"<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>{5 + n}</xmax><ymax>6</ymax></bndbox>"
        flags = "<difficult>1</difficult>" if n == 1 else ""
        objects = f"<object><name>cat</name>{flags}{box}</object>" if n < 6 else ""
        path.with_suffix(".xml").write_text(f"<annotation>{objects}</annotation>")
    out = build(tamis, project)
    with report.guard(f"{out}"):
        read_release(report, out)
        loaded = load_dataset(str(out))
        every = [row for split in loaded.values() for row in split]
        report.equal(f"{out} rows, datasets", len(every), len(names))
        if "image" in every[0]:
            shown = {row["image"].convert("RGB").getpixel((0, 0))[0] for row in every}
            want = {n if change else 99 - n for n in range(len(names))}
            report.equal(f"{out} images are those of this build", shown, want)


def png(width, height, grey):
    """A picture of one grey."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes([grey]) * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
