"""Makes the folders of tests/new that other programs write: `python tests/new/make.py` in an environment of
requirements.txt beside this file. The texts are made up, for the tests of tamis, and under CC0-1.0."""

import gzip
import shutil
import struct
import sys
import zlib
from pathlib import Path

import datasets
import pandas as pd
import spacy
from spacy.tokens import DocBin
from spacy.training import biluo_tags_to_spans, offsets_to_biluo_tags

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "peers"))

import folders  # noqa: E402

TEXTS = [
    ("a good kettle", 1), ("it broke", 0), ("very quiet", 1), ("too short", 0), ("I like it", 1), ("never again", 0),
]


def fresh(name):
    folder = HERE / name / "in"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def hub():
    """The layout of the Hub: Parquet by split, and a README with front matter."""
    folder = fresh("hub")
    features = datasets.Features({
        "text": datasets.Value("string"),
        "label": datasets.ClassLabel(names=["neg", "pos"]),
        "tokens": datasets.Sequence(datasets.Value("string")),
    })
    rows = [{"text": t, "label": l, "tokens": t.split()} for t, l in TEXTS]
    (folder / "data").mkdir()
    for split, own in [("train", rows[:4]), ("test", rows[4:])]:
        made = datasets.Dataset.from_list(own, features=features)
        made.to_parquet(str(folder / "data" / f"{split}-00000-of-00001.parquet"))
    card = datasets.Dataset.from_list(rows, features=features).info._to_yaml_dict()
    assert card["features"][1]["dtype"]["class_label"]["names"] == {"0": "neg", "1": "pos"}
    (folder / "README.md").write_text("""---
license: cc0-1.0
language:
- en
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
  - name: tokens
    sequence: string
  splits:
  - name: train
  - name: test
---
# Made reviews
""")


def saved_json():
    """JSON Lines and CSV as `datasets` writes them, a file for each split."""
    folder = fresh("datasets_files")
    for split, own in [("train", TEXTS[:4]), ("validation", TEXTS[4:])]:
        made = datasets.Dataset.from_list([{"id": f"{split}-{i}", "text": t, "label": l} for i, (t, l) in enumerate(own)])
        made.to_json(str(folder / f"{split}.jsonl"))


def frames():
    """Tables of pandas: CSV with its index, TSV with gaps, Parquet with an index of its own."""
    frame = pd.DataFrame({
        "text": [t for t, _ in TEXTS],
        "count": [3, None, 5, 1, None, 2],
        "share": [0.5, 0.25, None, 0.125, 1.0, 0.75],
        "fresh": [True, False, True, True, False, True],
        "day": pd.to_datetime(["2026-01-01"] * 6),
    })
    frame.to_csv(fresh("pandas_csv") / "frame.csv")
    frame.to_csv(fresh("pandas_tsv") / "frame.tsv", sep="\t", index=False, na_rep="NA")
    frame.rename_axis("row_id").to_parquet(fresh("pandas_parquet") / "frame.parquet")
    frame.drop(columns="day").to_json(fresh("pandas_json") / "frame.json", orient="records")
    frame.drop(columns="day").to_csv(fresh("pandas_semicolons") / "frame.csv", sep=";", decimal=",", index=False)


def tables_of_arrow():
    """A table of pandas with values by number as Feather, which is a compressed file of Arrow IPC; and a data set of `datasets`
    as it lies on a disk: a stream, of conversations."""
    frame = pd.DataFrame({"id": [1, 2, 3], "text": [t for t, _ in TEXTS[:3]], "kind": pd.Categorical(["pos", "neg", "pos"])})
    frame.to_feather(fresh("pandas_feather") / "frame.feather")
    talks = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}], "topic": t}
             for q, a, t in [("Is it quiet?", "Very.", "sound"), ("Is it large?", "No.", "size"), ("몇 개예요?", "세 개예요.", "count")]]
    folder = fresh("datasets_saved")
    datasets.Dataset.from_list(talks).save_to_disk(str(folder / "talks"))


def days():
    """Days as pyarrow writes them, in Parquet and in Feather."""
    import datetime

    import pyarrow
    import pyarrow.feather
    import pyarrow.parquet

    days = pyarrow.array([datetime.date(2026, 1, 31), None], pyarrow.date32())
    table = pyarrow.table({"id": ["a", "b"], "text": ["one two", "three"], "d": days})
    pyarrow.parquet.write_table(table, fresh("parquet_days") / "days.parquet")
    pyarrow.feather.write_feather(table, fresh("arrow_days") / "days.feather", compression="uncompressed")


def spacy_files():
    """Sentences with entities: IOB as `spacy convert` reads it, JSON Lines of spans, and a DocBin, which nothing here reads."""
    nlp = spacy.blank("en")
    folder = fresh("spacy")
    lines, conll, docs = [], [], DocBin()
    for n, (text, spans) in enumerate([
        ("Mina Torv moved to Lund .", [(0, 9, "PER"), (19, 23, "LOC")]),
        ("It rained .", []),
        ("Arlo Quist works for Fjordbank .", [(0, 10, "PER"), (21, 30, "ORG")]),
    ]):
        doc = nlp(text)
        tags = offsets_to_biluo_tags(doc, spans)
        doc.ents = biluo_tags_to_spans(doc, tags)
        docs.add(doc)
        conll.append("\n".join(f"{t.text}\t{t.ent_iob_ + '-' + t.ent_type_ if t.ent_type_ else 'O'}" for t in doc))
        lines.append({"id": n, "text": text, "spans": [{"start": s, "end": e, "label": l} for s, e, l in spans]})
    (folder / "train.iob").write_text("\n\n".join(conll) + "\n")
    docs.to_disk(folder / "train.spacy")
    other = fresh("spacy_spans")
    pd.DataFrame(lines).to_json(other / "train.jsonl", orient="records", lines=True)


def archive():
    """A WET file of two pages, each record a member of its own as archives of the web pack them (WARC 1.0)."""
    def record(kind, body, **fields):
        body = body.encode()
        named = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in fields.items())
        return f"WARC/1.0\r\nWARC-Type: {kind}\r\n{named}Content-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n"

    parts = [record("warcinfo", "format: WARC File Format 1.0\r\n")]
    for n, text in enumerate(["The first page says little.", "둘째 쪽은 한국어로 쓰여 있다."]):
        parts.append(record("conversion", text, WARC_Record_ID=f"<urn:uuid:{n}>",
                            WARC_Target_URI=f"https://example.org/{n}", Content_Type="text/plain"))
    packed = b"".join(gzip.compress(part, mtime=0) for part in parts)
    (fresh("warc") / "pages.warc.wet.gz").write_bytes(packed)


def shards():
    """Archives of samples by the library webdataset: a picture, a text, a class and an object each."""
    import webdataset as wds

    folder = fresh("webdataset")
    for part, own in [("train", TEXTS[:4]), ("test", TEXTS[4:])]:
        with wds.TarWriter(str(folder / f"{part}-000000.tar"), mtime=0, user="x", group="x") as out:
            for n, (text, label) in enumerate(own):
                out.write({
                    "__key__": f"{part}{n:06d}",
                    "png": picture(8 + n, 6),
                    "cls": label,
                    "txt": text,
                    "json": {"source": "made", "score": n / 4},
                })


def shards_of_parts():
    """Samples with a picture and a mask each, whose names have two dots, and a file about the archive."""
    import webdataset as wds

    with wds.TarWriter(str(fresh("webdataset_parts") / "a-000000.tar"), mtime=0, user="x", group="x", encoder=False) as out:
        for n, (text, _) in enumerate(TEXTS):
            parts = {"input.png": picture(8 + n, 6), "mask.png": picture(8 + n, 6), "txt": text.encode()}
            out.write({"__key__": f"k.v1/{n:06d}", **parts})


def pictures_in_columns():
    """Tables whose pictures are plain bytes, beside bytes that are none, and lists of pictures."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = [f"r{n}" for n in range(len(TEXTS))]
    texts = [text for text, _ in TEXTS]
    pictures = [picture(8 + n, 6) for n in range(len(TEXTS))]
    bare = {"id": ids, "img": pictures, "code": [b"\xff\xfe\x00"] * len(ids), "text": texts}
    pq.write_table(pa.table(bare), fresh("bytes_pictures") / "rows.parquet")
    lists = [[{"bytes": one, "path": "a.png"}, {"bytes": one, "path": "b.png"}] for one in pictures]
    pq.write_table(pa.table({"id": ids, "images": lists, "text": texts}), fresh("list_of_pictures") / "rows.parquet")


def picture(width, height):
    """The bytes of a grey picture in PNG."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


if __name__ == "__main__":
    archive()
    shards()
    shards_of_parts()
    pictures_in_columns()
    hub()
    saved_json()
    frames()
    tables_of_arrow()
    days()
    spacy_files()
    for make in [folders.classes, folders.tags, folders.pictures, folders.frames]:
        make(fresh(f"made_{make.__name__}"))
