"""Tries `tamis new --from` on folders as they lie about: six that datasets, pandas and spaCy write here, and any others that are
named. Of each: does the manifest come, does it build, is it released; all without an edit, but for a licence where no file
of the folder states one (`T0435` asks for it).

    pip install datasets pandas spacy pillow
    python tests/peers/folders.py target/debug/tamis WORK [FOLDER ...]

WORK is made anew. Prints a table, and exits 1 where a folder neither builds nor says at a line, or of a file, what is missing.
The texts are made up, and under CC0-1.0."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

SENTENCES = [
    (["Mina", "Torv", "moved", "to", "Lund", "."], [1, 2, 0, 0, 3, 0]),
    (["It", "rained", "."], [0, 0, 0]),
    (["Arlo", "Quist", "works", "in", "New", "Haven", "."], [1, 2, 0, 0, 3, 4, 0]),
    (["Nobody", "came", "."], [0, 0, 0]),
]
REVIEWS = [
    ("a good kettle", 1), ("it broke", 0), ("very quiet", 1), ("too short", 0), ("I like it", 1), ("never again", 0),
    ("boils fast", 1), ("leaks a little", 0),
]


def classes(folder):
    """datasets: Parquet by split, with classes by number; nobody knows those of the test split."""
    import datasets as ds

    features = ds.Features({"text": ds.Value("string"), "label": ds.ClassLabel(names=["neg", "pos", "mixed"])})
    rows = [{"text": t, "label": l} for t, l in REVIEWS]
    (folder / "data").mkdir()
    for split, own in [("train", rows[:4]), ("validation", rows[4:6]), ("test", [{**r, "label": -1} for r in rows[6:]])]:
        ds.Dataset.from_list(own, features=features).to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")


def tags(folder):
    """datasets: tokens with tags by number, as a data set on a disk and as Parquet."""
    import datasets as ds

    features = ds.Features({
        "id": ds.Value("string"),
        "tokens": ds.Sequence(ds.Value("string")),
        "pos_tags": ds.Sequence(ds.ClassLabel(names=["X", "NOUN", "VERB"])),
        "ner_tags": ds.Sequence(ds.ClassLabel(names=["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])),
    })
    rows = [{"id": str(n), "tokens": t, "pos_tags": [0] * len(t), "ner_tags": g} for n, (t, g) in enumerate(SENTENCES)]
    (folder / "data").mkdir()
    for split, own in [("train", rows[:2]), ("test", rows[2:])]:
        ds.Dataset.from_list(own, features=features).to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")


def pictures(folder):
    """datasets: pictures within Parquet, with a class and a caption."""
    import datasets as ds
    from PIL import Image

    def picture(n):
        out = io.BytesIO()
        Image.new("RGB", (8, 8), (30 * n, 0, 0)).save(out, format="PNG")
        return {"bytes": out.getvalue(), "path": f"{n}.png"}

    features = ds.Features({"image": ds.Image(), "label": ds.ClassLabel(names=["dark", "red"]), "caption": ds.Value("string")})
    rows = [{"image": picture(n), "label": n // 4, "caption": f"square {n}"} for n in range(8)]
    ds.Dataset.from_list(rows, features=features).to_parquet(folder / "train-00000-of-00001.parquet")


def frames(folder):
    """pandas: a CSV with days as they are written in Germany, gaps, and classes with a space before them; Parquet beside it."""
    import pandas as pd

    days = ["03.01.2026", "14.01.2026", "28.02.2026", "01.03.2026", "17.03.2026", "30.04.2026", "02.05.2026", "09.05.2026"]
    frame = pd.DataFrame({
        "day": days, "text": [t for t, _ in REVIEWS], "count": [3, None, 5, 1, None, 2, 7, 8],
        "verdict": [" good" if l else "bad" for _, l in REVIEWS],
    })
    frame.loc[[4, 6], "verdict"] = "good"
    frame.to_csv(folder / "reviews.csv", index=False)
    (folder / "prices").mkdir()
    pd.DataFrame({"item_id": range(8), "price": [x / 4 for x in range(8)]}).to_parquet(folder / "prices" / "prices.parquet")


def spacy_files(folder):
    """spaCy: JSON Lines with spans, and the same sentences as `.conll`, a token and its tag a line."""
    import pandas as pd
    import spacy
    from spacy.tokens import Doc
    from spacy.training import iob_utils

    nlp, names = spacy.blank("en"), ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    lines, conll = [], []
    for n, (words, numbers) in enumerate(SENTENCES):
        doc = Doc(nlp.vocab, words=words)
        doc.ents = iob_utils.biluo_tags_to_spans(doc, iob_utils.iob_to_biluo([names[i] for i in numbers]))
        conll.append("\n".join(f"{t.text}\t{t.ent_iob_ + '-' + t.ent_type_ if t.ent_type_ else 'O'}" for t in doc))
        spans = [{"start": e.start_char, "end": e.end_char, "label": e.label_} for e in doc.ents]
        lines.append({"id": n, "text": doc.text, "spans": spans})
    pd.DataFrame(lines).to_json(folder / "train.jsonl", orient="records", lines=True)
    (folder / "dev.conll").write_text("\n\n".join(conll[:2]) + "\n")


def hub(folder):
    """The layout of a hub: front matter with licence, languages and classes; a file of JSON Lines for each split."""
    import datasets as ds

    for split, own in [("train", REVIEWS[:6]), ("test", REVIEWS[6:])]:
        ds.Dataset.from_list([{"text": t, "label": l} for t, l in own]).to_json(folder / f"{split}.jsonl")
    (folder / "README.md").write_text("""---
license: cc0-1.0
language:
- en
configs:
- config_name: default
  data_files:
  - split: train
    path: train.jsonl
  - split: test
    path: test.jsonl
dataset_info:
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': neg
          '1': pos
---
# Made reviews
""")


MADE = [classes, tags, pictures, frames, spacy_files, hub]


def run(tamis, *args):
    done = subprocess.run([tamis, *map(str, args)], capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def tried(tamis, folder):
    """What came of a folder, in four words; and what was told."""
    code, said = run(tamis, "new", "--from", folder)
    if code != 0:
        return [f"exit {code}", "", "", ""], said
    manifest = folder / "dataset.toml"
    text = manifest.read_text()
    labels = len(re.findall(r"^\[label\.[^.\]]+\]", text, re.M))
    asked = text.count("\n# - ")
    what = f"{len(re.findall(r'^.collect.[^.]*]$', text, re.M))} sources, {labels} labels, {asked} asked"
    code, built = run(tamis, "-C", folder, "build")
    said += built
    build = "builds" if code == 0 else f"exit {code}"
    manifest.write_text(text.replace('"NOASSERTION"', '"CC0-1.0"'))
    licence = "given" if "NOASSERTION" in text else "found"
    released = []
    for name in re.findall(r"^\[release\.([^.\]]+)\]", text, re.M):
        code, out = run(tamis, "-C", folder, "release", name)
        said += out
        released.append(name if code == 0 else f"{name}: exit {code}")
    return [what, build, licence, ", ".join(released)], said


def main(tamis, work, *folders):
    work = Path(work)
    shutil.rmtree(work, ignore_errors=True)
    rows, bad = [], 0
    for make in MADE:
        folder = work / f"made-{make.__name__.replace('_', '-')}"
        folder.mkdir(parents=True)
        make(folder)
        rows.append(folder)
    for given in map(Path, folders):
        folder = work / "-".join(given.parts[-2:])
        shutil.copytree(given, folder)
        subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
        rows.append(folder)
    print("| folder | new | build | licence | released |\n|---|---|---|---|---|")
    for folder in rows:
        words, said = tried(tamis, folder)
        (work / f"{folder.name}.txt").write_text(said)
        bad += any("exit" in word for word in words[1:]) or words[0] in ("exit 1", "exit 3", "exit 4")
        print(f"| {folder.name} | {' | '.join(words)} |", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
