#!/usr/bin/env python3
"""Reads finished releases with the tools their users have, and counts.

    python tests/peers/read_releases.py out/public releases/public-0.1.0

Needs what `requirements.txt` lists; touches no network and writes only to a temporary folder.
For each folder: `SHA256SUMS` against hashlib; the folder itself with `datasets`, as its card says; Parquet and JSON Lines
and Arrow with pyarrow, pandas, polars and `datasets`; image folders with `datasets`; COCO with pycocotools; YOLO by the rules of Ultralytics' loader; CoNLL line by line. Rows must be those of `release.json`. A format that is not
there is not checked, but a release in which nothing can be checked fails. Prints a line per check; exits with 1 if any
check failed, with 2 without arguments.
"""

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import sys
import tempfile
from pathlib import Path

SUMS = ("B3SUMS", "SHA256SUMS")
# What `datasets` calls a split when it guesses from file names.
GUESSED = {"train": "train", "valid": "validation", "validation": "validation", "dev": "validation", "test": "test"}


class Report:
    """Prints each check and remembers whether one failed."""

    def __init__(self):
        self.failed = 0
        self.done = 0

    def check(self, what, ok, detail=""):
        self.done += 1
        self.failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'}  {what}" + (f": {detail}" if detail else ""))

    def equal(self, what, got, want):
        self.check(what, got == want, str(got) if got == want else f"got {got}, expected {want}")

    @contextlib.contextmanager
    def guard(self, what):
        """A reader that raises is a failed check, and the next one still runs."""
        try:
            yield
        except Exception as error:
            self.check(what, False, f"{type(error).__name__}: {error}")


def main(folders):
    if not folders:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    report = Report()
    with tempfile.TemporaryDirectory() as cache:
        keep_datasets_offline(cache)
        for folder in map(Path, folders):
            with report.guard(f"{folder} release.json"):
                read_release(report, folder)
    print(f"{report.done} checks, {report.failed} failed")
    return 1 if report.failed else 0


def keep_datasets_offline(cache):
    """Must run before `datasets` is imported."""
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HOME=cache, HF_DATASETS_CACHE=cache)
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"


def read_release(report, folder):
    release = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    rows = {split: entry["rows"] for split, entry in release["splits"].items()}
    print(f"{folder}: {release['name']} {release['version']}, {rows}")
    check_release_json(report, folder, release)
    readers = {
        "parquet": check_parquet,
        "arrow": check_arrow,
        "jsonl": check_jsonl,
        "conll": check_conll,
        "coco": check_coco,
        "images": check_images,
        "labels": check_yolo,
    }
    present = [name for name in readers if (folder / name).is_dir()]
    if "labels" in present and not list(folder.glob("images/*/metadata.jsonl")):
        present.remove("images")  # they belong to the labels
    report.check(f"{folder} has a format to read", bool(present), ", ".join(present))
    with report.guard(f"{folder} sums"):
        check_sums(report, folder)
    check_croissant(report, folder, rows)
    for name in present:
        with report.guard(f"{folder}/{name}"):
            readers[name](report, folder, rows)
    if {"parquet", "jsonl"} & set(present) or list(folder.glob("images/*/metadata.jsonl")):
        with report.guard(f"{folder} as its card says"):
            check_card(report, folder, rows, release)
    elif "labels" in present:
        with report.guard(f"{folder} as its card says"):
            check_pictures(report, folder, rows)
    if "parquet" in present and "jsonl" in present:
        with report.guard(f"{folder} parquet and jsonl agree"):
            check_same_columns_and_ids(report, folder, rows)


def check_release_json(report, folder, release):
    digests = [line["digest"] for line in release["content"]] + [release["content_root"]]
    good = all(len(d) == 64 and set(d) <= set("0123456789abcdef") for d in digests)
    report.check(f"{folder} digests are 64 hex digits", good, f"{len(digests)} digests")
    splits = {line["split"] for line in release["content"]}
    report.check(f"{folder} content names its splits only", splits <= set(release["splits"]), str(sorted(splits)))


def check_pictures(report, folder, rows):
    """`load_dataset` of a release for trainers: its pictures by split, and no class that is made of a folder's name."""
    from datasets import load_dataset

    loaded = load_dataset(str(folder))
    report.equal(f"{folder} pictures, datasets", {s: loaded[s].num_rows for s in loaded}, {loader_name(s): n for s, n in rows.items() if n})
    report.equal(f"{folder} pictures, columns", next(iter(loaded.values())).column_names, ["image"])


def check_card(report, folder, rows, release):
    """`load_dataset` of the folder alone: the splits and columns of the release, and images that decode."""
    from datasets import load_dataset

    loaded = load_dataset(str(folder))
    got = {split: loaded[split].num_rows for split in loaded}
    want = {loader_name(split): n for split, n in rows.items()}
    empty = {split: 0 for split, n in want.items() if n == 0 and split not in got}
    report.equal(f"{folder} as its card says, datasets", {**empty, **got}, want)
    columns = set(next(iter(loaded.values())).column_names)
    absent = set(release["columns"]) - columns
    report.equal(f"{folder} as its card says, columns that are absent", sorted(absent), [])
    for column in sorted({"messages", "prompt", "chosen", "rejected"} & columns):
        talks = [row[column] for split in loaded.values() for row in split]
        good = all(talk and all(set(m) == {"role", "content"} for m in talk) for talk in talks)
        report.check(f"{folder} as its card says, {column} are lists of role and content", good, f"{len(talks)} of them")
    if "image" in columns:
        sizes = [row["image"].size for split in loaded.values() for row in split]
        report.check(f"{folder} as its card says, images decode", all(w and h for w, h in sizes), f"{len(sizes)} images")


def check_croissant(report, folder, rows):
    """Every record of every split through mlcroissant, where it is installed: it warns of nothing but what a manifest may
    leave out, and finds the sums of the files as they are."""
    if importlib.util.find_spec("mlcroissant") is None:
        return
    import mlcroissant

    with contextlib.chdir(folder), report.guard(f"{folder} croissant"):
        dataset = mlcroissant.Dataset("croissant.json")
        said = [line for line in dataset.metadata.issues.report().splitlines() if line.lstrip().startswith("-")]
        optional = ("citeAs", "datePublished", "license")
        wrong = [line for line in said if not any(name in line for name in optional)]
        report.check(f"{folder} croissant is valid", not wrong, "; ".join(wrong[:3]))
        for split in rows if any(kind in os.listdir() for kind in ("parquet", "jsonl")) else ():
            got = sum(1 for _ in dataset.records(split))
            report.equal(f"{folder} croissant {split}", got, rows[split])


def check_sums(report, folder):
    """Every other file is listed, in order, with its SHA-256; B3SUMS names the same files but itself."""
    listed = read_sums(folder / "SHA256SUMS")
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    names = [name for name, _ in listed]
    wrong = [name for name, digest in listed if name in files and sha256(folder / name) != digest]
    report.equal(f"{folder} SHA256SUMS names every file", sorted(files ^ set(names)), [])
    report.check(f"{folder} SHA256SUMS is sorted", names == sorted(names, key=str.encode))
    report.check(f"{folder} SHA256SUMS agrees", not wrong, f"{len(listed)} files" if not wrong else f"differ: {wrong[:5]}")
    report.check(f"{folder} B3SUMS names the same files", [n for n, _ in read_sums(folder / "B3SUMS")] == [n for n in names if n != "B3SUMS"])


def read_sums(path):
    """(name, digest) of each line `DIGEST  NAME`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(name, digest) for digest, name in (line.split("  ", 1) for line in lines)]


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shards(folder, kind, split):
    return sorted((folder / kind).glob(f"{split}-{'[0-9]' * 5}.{kind}"))


def check_parquet(report, folder, rows):
    import pandas
    import polars
    import pyarrow.parquet as pq

    for split, want in rows.items():
        files = shards(folder, "parquet", split)
        report.check(f"{folder} parquet {split} is there", bool(files), f"{len(files)} files")
        report.equal(f"{folder} parquet {split}, pyarrow", sum(pq.read_table(f).num_rows for f in files), want)
        report.equal(f"{folder} parquet {split}, pandas", sum(len(pandas.read_parquet(f)) for f in files), want)
        report.equal(f"{folder} parquet {split}, polars", sum(len(polars.read_parquet(f)) for f in files), want)
    check_datasets(report, folder, "parquet", "parquet", rows)


def check_arrow(report, folder, rows):
    import pandas
    import polars
    import pyarrow.ipc

    for split, want in rows.items():
        files = shards(folder, "arrow", split)
        report.check(f"{folder} arrow {split} is there", bool(files), f"{len(files)} files")
        tables = (pyarrow.ipc.open_file(str(f)).read_all() for f in files)
        report.equal(f"{folder} arrow {split}, pyarrow", sum(t.num_rows for t in tables if t.validate(full=True) is None), want)
        report.equal(f"{folder} arrow {split}, pandas", sum(len(pandas.read_feather(f)) for f in files), want)
        report.equal(f"{folder} arrow {split}, polars", sum(len(polars.read_ipc(f)) for f in files), want)
    check_datasets(report, folder, "arrow", "arrow", rows)


def check_jsonl(report, folder, rows):
    import pandas

    for split, want in rows.items():
        files = shards(folder, "jsonl", split)
        report.equal(f"{folder} jsonl {split}, json", sum(len(read_jsonl(f)) for f in files), want)
        frames = (pandas.read_json(f, lines=True, dtype=False) if f.stat().st_size else [] for f in files)
        report.equal(f"{folder} jsonl {split}, pandas", sum(len(frame) for frame in frames), want)


def read_jsonl(path):
    with path.open(encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def check_datasets(report, folder, kind, builder, rows):
    """`load_dataset` over the shards. Of JSON Lines it would guess the types; there the card has them, and is tried."""
    from datasets import load_dataset

    filled = {loader_name(split): want for split, want in rows.items() if want}
    data_files = {loader_name(s): [str(f) for f in shards(folder, kind, s)] for s, want in rows.items() if want}
    loaded = load_dataset(builder, data_files=data_files)
    report.equal(f"{folder} {kind}, datasets", {split: loaded[split].num_rows for split in loaded}, filled)


def loader_name(split):
    """What `datasets` calls a split."""
    return split.replace("-", "_")


def check_same_columns_and_ids(report, folder, rows):
    """Both formats hold the same columns and, row by row, the same ids; no id stands in two splits."""
    import pyarrow.parquet as pq

    seen = []
    for split in rows:
        tables = [pq.read_table(f) for f in shards(folder, "parquet", split)]
        lines = [row for f in shards(folder, "jsonl", split) for row in read_jsonl(f)]
        columns = {name for table in tables for name in table.column_names}
        keys = {key for row in lines for key in row}
        report.equal(f"{folder} {split}: columns of jsonl are those of parquet", sorted(keys - columns), [])
        if "id" in columns:
            ids = [i for table in tables for i in table.column("id").to_pylist()]
            report.check(f"{folder} {split}: ids agree", ids == [row.get("id") for row in lines], f"{len(ids)} ids")
            seen += ids
    report.equal(f"{folder} ids in more than one row", len(seen) - len(set(seen)), 0)


def check_conll(report, folder, rows):
    for split, want in rows.items():
        text = (folder / "conll" / f"{split}.conll").read_text(encoding="utf-8")
        faults, sentences = parse_conll(text)
        report.check(f"{folder} conll {split} parses", not faults, "; ".join(faults[:3]))
        report.equal(f"{folder} conll {split}, sentences", sentences, want)


def parse_conll(text):
    """(faults, number of sentences): blocks of `TOKEN<TAB>TAG` between empty lines, comments only before the tokens.

    A token may be a space, so nothing is trimmed; lines end at LF alone. Tags are valid BIO.
    """
    faults, sentences, before = [], 0, None
    for number, line in enumerate(text.split("\n"), 1):
        if line == "":
            before = None
            continue
        if before is None and line.startswith("#") and line.split("\t")[-1][:2] not in ("O", "B-", "I-"):
            continue
        cells = line.split("\t")
        sentences += before is None
        if len(cells) != 2 or cells[0] == "":
            faults.append(f"line {number} has not a token and a tag")
        elif not follows(before or "O", cells[1]):
            faults.append(f"line {number}: {cells[1]} after {before}")
        before = cells[-1]
    return faults, sentences


def follows(before, tag):
    """Whether `tag` may stand behind `before` in BIO."""
    if tag.startswith("I-"):
        return before in (f"B-{tag[2:]}", tag)
    return tag == "O" or (tag.startswith("B-") and len(tag) > 2)


def check_coco(report, folder, rows):
    from pycocotools.coco import COCO

    boxes = 0
    for split, want in rows.items():
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(folder / "coco" / f"instances_{split}.json"))
            coco.info()
            found = [{**a, "score": 1.0} for a in coco.dataset["annotations"]]
            again = coco.loadRes(found) if found else coco
        report.equal(f"{folder} coco {split}, loadRes", len(again.anns), len(coco.anns))
        report.equal(f"{folder} coco {split}, images", len(coco.imgs), want)
        absent = [i["file_name"] for i in coco.imgs.values() if not (folder / "images" / i["file_name"]).is_file()]
        report.equal(f"{folder} coco {split}, files that are absent", absent, [])
        bad = [a["id"] for a in coco.dataset["annotations"] if not sound(a, coco)]
        report.equal(f"{folder} coco {split}, unsound annotations", bad, [])
        report.equal(f"{folder} coco {split}, ids in use twice", len(coco.dataset["annotations"]) - len(coco.anns), 0)
        boxes += len(coco.anns)
    report.check(f"{folder} coco has annotations", boxes > 0, str(boxes))


def sound(annotation, coco):
    """Its image and class exist; its box has an area and lies in the image."""
    image = coco.imgs.get(annotation["image_id"])
    if image is None or annotation["category_id"] not in coco.cats:
        return False
    x, y, width, height = annotation["bbox"]
    inside = x >= 0 and y >= 0 and x + width <= image["width"] and y + height <= image["height"]
    return inside and width > 0 and height > 0


def check_yolo(report, folder, rows):
    """What `verify_image_label` of Ultralytics refuses is refused here; the classes of `data.yaml` are those of COCO beside it."""
    import yaml

    data = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))
    names = data["names"]
    report.equal(f"{folder} yolo numbers its classes from 0", sorted(names), list(range(data["nc"])))
    for key in ("train", "val"):
        report.check(f"{folder} yolo {key}", (folder / data[key]).is_dir(), data[key])
    objects = 0
    for split, want in rows.items():
        images = [p for p in (folder / "images" / split).rglob("*") if p.is_file() and p.name != "metadata.jsonl"]
        report.equal(f"{folder} yolo {split}, images", len(images), want)
        labels = [Path(str(p).replace("/images/", "/labels/")).with_suffix(".txt") for p in images]
        report.equal(f"{folder} yolo {split}, labels that are absent", [p.name for p in labels if not p.is_file()], [])
        bad = [p.name for p in labels if not refused_by_none(p, len(names))]
        report.equal(f"{folder} yolo {split}, files that would be refused", bad, [])
        count = sum(len(p.read_text().splitlines()) for p in labels)
        objects += count
        coco = folder / "coco" / f"instances_{split}.json"
        if coco.is_file():
            report.equal(f"{folder} yolo {split}, objects as in COCO", count, len(json.loads(coco.read_text())["annotations"]))
    report.check(f"{folder} yolo has objects", objects > 0, str(objects))


def refused_by_none(path, classes):
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    long = any(len(row) > 6 for row in rows)
    for row in rows:
        places = [float(x) for x in row[1:]]
        if len(row) == 6 or long and len(row) < 7 or len(places) % 2 or not 0 <= int(row[0]) < classes:
            return False
        if not all(-0.01 <= x <= 1.01 for x in places):
            return False
    return True


def check_images(report, folder, rows):
    """`load_dataset("imagefolder")` as a user would call it: splits by folder name, columns from metadata.jsonl."""
    from datasets import load_dataset

    filled = {split: want for split, want in rows.items() if want}
    images = folder / "images"
    if all(split in GUESSED for split in filled):
        want = {GUESSED[split]: rows for split, rows in filled.items()}
        loaded = load_dataset("imagefolder", data_dir=str(images))
    else:
        want = {loader_name(split): n for split, n in filled.items()}
        loaded = load_dataset("imagefolder", data_files={loader_name(s): str(images / s / "*") for s in filled})
    report.equal(f"{folder} images, datasets", {split: loaded[split].num_rows for split in loaded}, want)
    sizes = [row["image"].size for split in loaded for row in loaded[split]]
    report.check(f"{folder} images decode", bool(sizes) and all(w and h for w, h in sizes), f"{len(sizes)} images")
    if any(images.rglob("metadata.jsonl")):
        columns = {name for split in loaded for name in loaded[split].column_names} - {"image", "label"}
        report.check(f"{folder} images bring metadata", bool(columns), ", ".join(sorted(columns)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
