"""The package on the releases in `releases/`, without the command: `python -m unittest discover -s python/tests`.

What needs pyarrow, pandas, datasets, blake3 or Pillow is skipped without them, and says so.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import tamis  # noqa: E402
from tamis import _digests, _types  # noqa: E402
from tamis._formats import LINE_MAX  # noqa: E402
from tamis._shown import shown  # noqa: E402

RELEASES = HERE / "releases"
FORMATS = {
    "spans": ["jsonl", "parquet", "arrow"],
    "boxes": ["jsonl", "image_folder", "parquet", "arrow"],
    "table": ["jsonl", "parquet", "arrow"],
}


def has(*names: str) -> bool:
    return all(importlib.util.find_spec(name) for name in names)


def needs(*names: str):
    return unittest.skipUnless(has(*names), f"needs {', '.join(names)}")


class Copies(unittest.TestCase):
    """Tests that change a copy of a release."""

    def setUp(self) -> None:
        self._below = tempfile.TemporaryDirectory()
        self.addCleanup(self._below.cleanup)

    def copy(self, name: str) -> Path:
        to = Path(self._below.name) / name
        shutil.copytree(RELEASES / name, to)
        return to

    def edit(self, folder: Path, **changes) -> None:
        """Changes fields of release.json."""
        page = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        page.update(changes)
        (folder / "release.json").write_text(json.dumps(page), encoding="utf-8")


class Reading(unittest.TestCase):
    def test_what_a_release_says_of_itself(self) -> None:
        r = tamis.open(RELEASES / "spans")
        self.assertEqual(
            (r.dataset, r.name, r.version, r.license, r.ids), ("project-spans", "public", "0.1.0", "CC0-1.0", "source")
        )
        self.assertEqual(list(r), ["test", "train"])
        self.assertEqual((len(r), r.samples, len(r["train"])), (2, 6, 4))
        self.assertEqual(r.columns, ("id", "text", "label_entities", "split"))
        self.assertEqual((r.labels, r.format), (("label_entities",), "jsonl"))
        self.assertEqual(r.classes("label_entities"), ("LOC", "ORG", "PER"))
        self.assertRegex(r.content_root, "^[0-9a-f]{64}$")

    def test_spans_cover_their_text(self) -> None:
        row = tamis.open(str(RELEASES / "spans"))["train"][0]
        self.assertEqual(row["label_entities"], [tamis.Span("PER", 0, 3), tamis.Span("LOC", 8, 10)])
        self.assertEqual([s.of(row["text"]) for s in row["label_entities"]], ["나미나", "강릉"])

    def test_boxes_and_pictures(self) -> None:
        row = tamis.open(RELEASES / "boxes", format="image_folder")["test"][0]
        (box,) = row["label_shapes"]
        self.assertEqual((box.label, box.xyxy, box.xywh), ("red", (4.0, 4.0, 20.0, 20.0), (4.0, 4.0, 16.0, 16.0)))
        picture = row["image"]
        self.assertEqual((picture.format, picture.path, picture.size), ("png", "images/test/p1.png", len(picture.read())))
        self.assertEqual(picture.read()[:4], b"\x89PNG")

    def test_values_are_of_their_types(self) -> None:
        rows = list(tamis.open(RELEASES / "table")["train"])
        self.assertEqual(rows[0]["opened"], datetime.date(1974, 8, 15))
        self.assertEqual([r["depth_m"] for r in rows], [12.5, 0.1, None])
        quay = tamis.open(RELEASES / "table")["test"][1]
        self.assertEqual([quay[c] for c in ("opened", "platforms", "lift", "name")], [None, None, None, "Quay, North"])

    def test_a_split_is_a_sequence(self) -> None:
        train = tamis.open(RELEASES / "spans")["train"]
        rows = list(train)
        self.assertEqual([train[i] for i in range(4)], rows)
        self.assertEqual((train[-1], train[1:3]), (rows[3], rows[1:3]))
        self.assertEqual(train["id"], [r["id"] for r in rows])
        for wrong, error in ((4, IndexError), (-5, IndexError), ("nothing", KeyError)):
            with self.subTest(wrong), self.assertRaises(error):
                train[wrong]
        with self.assertRaisesRegex(KeyError, "test, train"):
            tamis.open(RELEASES / "spans")["valid"]

    @needs("pyarrow")
    def test_every_format_gives_the_same_rows(self) -> None:
        for name, formats in FORMATS.items():
            first = None
            for format in formats:
                release = tamis.open(RELEASES / name, format=format)
                rows = {s: [dict(r) for r in split] for s, split in release.items()}
                for split, own in rows.items():
                    self.assertEqual(own, [release[split][i] for i in range(len(own))])
                    for row in own:
                        if "image" in row:
                            row["image"] = row["image"].read()
                first = first or rows
                self.assertEqual(rows, first, (name, format))

    def test_a_missing_package_is_named(self) -> None:
        with mock.patch.dict(sys.modules, {"pyarrow": None}):
            with self.assertRaisesRegex(tamis.Missing, r"pip install pyarrow.*format='jsonl'"):
                tamis.open(RELEASES / "spans", format="parquet")["train"][0]
            with self.assertRaisesRegex(ImportError, "to_arrow"):
                tamis.open(RELEASES / "spans")["train"].to_arrow()


class Conversions(unittest.TestCase):
    @needs("pyarrow")
    def test_arrow_is_the_same_from_texts_and_from_tables(self) -> None:
        for name in FORMATS:
            release = tamis.open(RELEASES / name)
            for split in release.values():
                typed = split.to_arrow()
                with mock.patch.object(release, "formats", ("jsonl",)):
                    self.assertEqual(typed.to_pylist(), split.to_arrow().to_pylist())
                    self.assertEqual(typed.schema, split.to_arrow().schema)

    @needs("pandas")
    def test_pandas_keeps_missing_values_apart(self) -> None:
        frame = tamis.open(RELEASES / "table")["test"].to_pandas()
        kinds = {c: str(t) for c, t in frame.dtypes.items()}
        self.assertEqual([kinds[c] for c in ("platforms", "lift", "depth_m")], ["Int64", "boolean", "float64"])
        self.assertTrue(kinds["opened"].startswith("datetime64"))
        self.assertEqual(frame["platforms"].isna().tolist(), [False, True])

    @needs("datasets")
    def test_datasets_have_their_features(self) -> None:
        made = tamis.open(RELEASES / "boxes").to_datasets()
        self.assertEqual({k: v.num_rows for k, v in made.items()}, {"test": 2, "train": 2})
        self.assertEqual(type(made["test"].features["image"]).__name__, "Image")
        if has("PIL"):
            self.assertEqual(made["test"][0]["image"].size, (64, 48))

    @needs("torch")
    def test_torch_has_boxes_as_tensors(self) -> None:
        import torch

        item = tamis.open(RELEASES / "boxes")["test"].to_torch()[0]
        self.assertEqual(tuple(item["label_shapes"]["boxes"].shape), (1, 4))
        self.assertEqual(item["label_shapes"]["labels"].dtype, torch.int64)

    def test_torch_is_given_tensors_of_boxes_and_numbers(self) -> None:
        """With a stand-in for torch, which notes what it is asked to make."""

        class Tensor:
            def __init__(self, values, dtype):
                self.values, self.dtype, self.shape = values, dtype, None

            def reshape(self, *shape):
                self.shape = shape
                return self

        data = types.ModuleType("torch.utils.data")
        data.Dataset = object
        torch = types.ModuleType("torch")
        torch.tensor = Tensor
        for name in ("int64", "float32", "bool"):
            setattr(torch, name, name)
        modules = {"torch": torch, "torch.utils": types.ModuleType("torch.utils"), "torch.utils.data": data}
        with mock.patch.dict(sys.modules, modules):
            train = tamis.open(RELEASES / "boxes")["train"].to_torch()
            row = train[1]
            kept = tamis.open(RELEASES / "boxes")["train"].to_torch(lambda row: row["id"])
            table = tamis.open(RELEASES / "table")["test"].to_torch()[1]
        self.assertEqual((len(train), kept[1], row["split"]), (2, "p4", "train"))
        boxes = row["label_shapes"]["boxes"]
        self.assertEqual((boxes.values[0], boxes.dtype, boxes.shape), ((30.0, 6.0, 50.0, 26.0), "float32", (-1, 4)))
        self.assertEqual(row["label_shapes"]["labels"].values, [1, 0])
        self.assertEqual((row["width"].values, row["width"].dtype), (64, "int64"))
        self.assertEqual((table["platforms"], table["depth_m"].values), (None, 3.0))

    @needs("PIL")
    def test_pictures_decode(self) -> None:
        self.assertEqual(tamis.open(RELEASES / "boxes")["test"][0]["image"].to_pil().size, (64, 48))

    @needs("numpy")
    def test_masks_go_down_the_columns(self) -> None:
        mask = tamis.Mask("a", 2, 3, (1, 2, 3))
        self.assertEqual(mask.to_numpy().tolist(), [[False, False], [True, False], [True, False]])
        self.assertEqual(mask.area, 2)
        with self.assertRaises(tamis.ReleaseError):
            tamis.Mask("a", 2, 3, (1,)).to_numpy()


class Verifying(Copies):
    def test_what_is_as_it_was_released(self) -> None:
        for name in FORMATS:
            found = tamis.open(RELEASES / name).verify().demand()
            self.assertIn("SHA256SUMS", found.done)
            self.assertGreater(found.files, 5)

    def test_without_blake3_it_says_what_was_not_compared(self) -> None:
        with mock.patch.dict(sys.modules, {"blake3": None}):
            found = tamis.open(RELEASES / "spans").verify().demand()
            self.assertTrue(any("pip install blake3" in left for left in found.left), found.left)
            self.assertNotIn("B3SUMS", found.done)
            self.assertIsNone(found.files_root)

    @needs("blake3")
    def test_with_blake3_values_are_compared(self) -> None:
        for name, formats in FORMATS.items():
            found = tamis.open(RELEASES / name).verify()
            there = [f for f in formats if f in ("jsonl", "image_folder") or has("pyarrow")]
            self.assertLessEqual({f"values of {f}" for f in there}, set(found.done), name)
            self.assertRegex(found.files_root or "", "^[0-9a-f]{64}$")

    def told(self, folder: Path, words: str) -> None:
        found = tamis.open(folder).verify()
        self.assertTrue(any(words in line for line in found.wrong), (words, found.wrong))
        with self.assertRaisesRegex(tamis.ReleaseError, "not as it was released"):
            found.demand()

    def test_each_fault_is_told(self) -> None:
        def append(path: str, text: bytes):
            def change(folder: Path) -> None:
                with (folder / path).open("ab") as file:
                    file.write(text)

            return change

        line = b'{"id": "s9", "text": "x", "label_entities": [], "split": "test"}\n'
        again = b'{"id": "s1", "text": "x", "label_entities": [], "split": "test"}\n'
        faults = [
            (lambda f: (f / "ATTRIBUTION.md").unlink(), "missing: ATTRIBUTION.md"),
            (lambda f: (f / "more.txt").write_text("x"), "extra: more.txt"),
            (append("README.md", b"x"), "different: README.md"),
            (append("SHA256SUMS", b"\n"), "SHA256SUMS is not the list"),
            (lambda f: (f / "SHA256SUMS").unlink(), "missing: SHA256SUMS"),
            (append("jsonl/test-00000.jsonl", line), "has 3 samples of `test`, release.json says 2"),
            (append("jsonl/test-00000.jsonl", again), "s1 is in `test` and in `train`"),
            (append("jsonl/test-00000.jsonl", b"{\n"), "test-00000.jsonl:3: does not read as JSON"),
            (append("jsonl/test-00000.jsonl", b'{"id": NaN}\n'), "no number of JSON"),
            (append("jsonl/test-00000.jsonl", b'{"id": 1, "id": 2}\n'), "a key stands twice"),
            (append("jsonl/test-00000.jsonl", b"[" * 100_000 + b"\n"), "does not read as JSON"),
            (lambda f: shutil.copy(f / "jsonl/test-00000.jsonl", f / "jsonl/other-00000.jsonl"), "no split `other`"),
            (lambda f: self.edit(f, formats=["parquet"]), "is jsonl, which release.json does not name"),
        ]
        for n, (change, words) in enumerate(faults):
            with self.subTest(words):
                folder = self.copy("spans").rename(Path(self._below.name) / str(n))
                change(folder)
                self.told(folder, words)

    @needs("blake3")
    def test_a_changed_value_is_told_though_the_sums_are_written_anew(self) -> None:
        folder = self.copy("spans")
        file = folder / "jsonl/train-00000.jsonl"
        file.write_bytes(file.read_bytes().replace(b'"start":0', b'"start":1', 1))
        self.sum_up(folder)
        self.told(folder, "`label_entities` of `train` holds other values")
        self.assertEqual(tamis.open(folder).verify(values=False).wrong, [])

    @needs("blake3")
    def test_another_content_root_is_told(self) -> None:
        folder = self.copy("table")
        self.edit(folder, content_root="0" * 64)
        self.sum_up(folder)
        self.told(folder, "content root: release.json says 00000000")

    def sum_up(self, folder: Path) -> None:
        import hashlib

        import blake3

        files = [p for p in sorted(folder.rglob("*"), key=lambda p: str(p.relative_to(folder)).encode()) if p.is_file()]
        files = [p for p in files if p.name not in ("B3SUMS", "SHA256SUMS")]
        for name, hash in (("B3SUMS", blake3.blake3), ("SHA256SUMS", hashlib.sha256)):
            lines = [f"{hash(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n" for p in files]
            (folder / name).write_text("".join(lines), encoding="utf-8")
            files = sorted([*files, folder / "B3SUMS"], key=lambda p: str(p.relative_to(folder)).encode())


class Hostile(Copies):
    """Releases that lead out of their folders, or that are made to be dear."""

    def setUp(self) -> None:
        super().setUp()
        self.secret = Path(self._below.name) / "secret"
        self.secret.write_text('{"id": "secret"}\n')

    def refused(self, folder: Path, kind=tamis.HostileRelease) -> None:
        with self.assertRaises(kind):
            for split in tamis.open(folder).values():
                for row in split:
                    if row.get("image"):
                        row["image"].read()

    @unittest.skipIf(os.name == "nt", "links need a right of their own there")
    def test_links_are_not_followed(self) -> None:
        for path in ("jsonl/test-00000.jsonl", "release.json", "jsonl"):
            with self.subTest(path):
                folder = self.copy("spans").rename(Path(self._below.name) / path.replace("/", "-"))
                own = folder / path
                kept = own.rename(Path(self._below.name) / f"kept-{own.name}")
                own.symlink_to(kept)
                self.refused(folder, tamis.ReleaseError)
                if path != "release.json":
                    self.assertTrue(any("is a link" in w for w in tamis.open(folder).verify().wrong))

    @unittest.skipIf(os.name == "nt", "there are no pipes in folders")
    def test_a_pipe_is_not_waited_for(self) -> None:
        folder = self.copy("spans")
        (folder / "jsonl/test-00000.jsonl").unlink()
        os.mkfifo(folder / "jsonl/test-00000.jsonl")
        self.refused(folder, tamis.ReleaseError)
        self.assertTrue(any("pipe" in w for w in tamis.open(folder).verify().wrong))

    def test_paths_of_pictures_do_not_escape(self) -> None:
        for name in ("../../../secret", "/etc/passwd", str(self.secret), "..", "a\\..\\b", "", "p1.png/../p1.png", "a\0b"):
            with self.subTest(name):
                folder = self.copy("boxes").rename(Path(self._below.name) / f"case{abs(hash(name))}")
                file = folder / "images/test/metadata.jsonl"
                rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
                rows[0]["file_name"] = name
                file.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
                self.edit(folder, formats=["image_folder"])
                self.refused(folder)

    def test_names_of_splits_do_not_escape(self) -> None:
        for name in ("../test", "a/b", "..", "a\\b", ""):
            folder = self.copy("table").rename(Path(self._below.name) / f"case{abs(hash(name))}")
            self.edit(folder, splits={name: {"rows": 1}})
            with self.subTest(name):
                self.refused(folder)

    def test_sums_do_not_lead_to_other_files(self) -> None:
        folder = self.copy("boxes")
        lines = (folder / "B3SUMS").read_text(encoding="utf-8").replace("images/test/p1.png", "images/../../secret")
        (folder / "B3SUMS").write_text(lines, encoding="utf-8")
        self.refused(folder)

    def test_a_strange_release_json_is_told(self) -> None:
        deep = "list<" * 10_000 + "utf8" + ">" * 10_000
        types = {"id": "utf8", "text": deep, "label_entities": "utf8", "split": "utf8"}
        for change in (
            {"format": 2},
            {"columns": "id"},
            {"columns": ["id", 3]},
            {"types": {}},
            {"types": types},
            {"types": {**types, "text": "struct<9:a utf8>"}},
            {"types": {**types, "text": "utf8x"}},
            {"splits": {"test": {"rows": -1}}},
            {"splits": {"test": {"rows": True}}},
            {"splits": []},
            {"content": [{"split": "test"}]},
            {"content_root": "x"},
            {"license": ["x"]},
            {"formats": ["coco"]},
        ):
            folder = self.copy("spans").rename(Path(self._below.name) / f"case{abs(hash(str(change)))}")
            self.edit(folder, **change)
            with self.subTest(str(change)[:60]), self.assertRaises(tamis.ReleaseError):
                tamis.open(folder)

    def test_rows_of_other_types_are_told(self) -> None:
        for text in ('{"id": "s"}', '{"id":"s","text":"t","label_entities":3,"split":"test"}', "[]", "3"):
            folder = self.copy("spans").rename(Path(self._below.name) / f"case{abs(hash(text))}")
            (folder / "jsonl/test-00000.jsonl").write_text(text + "\n")
            with self.subTest(text):
                self.refused(folder, tamis.ReleaseError)
                self.assertFalse(tamis.open(folder).verify().ok)

    def test_no_release_is_said_so(self) -> None:
        for folder in (HERE, HERE / "nothing", RELEASES / "spans" / "release.json"):
            with self.assertRaises(tamis.ReleaseError):
                tamis.open(folder)
        self.assertGreater(LINE_MAX, 1 << 20)

    def test_nothing_that_acts_is_shown(self) -> None:
        self.assertEqual(shown("a\x1b[31m\u202e\n가"), "a\\x1b[31m\\u202e\\n가")
        self.assertEqual(len(shown("x" * 1000)), 203)


class Digests(unittest.TestCase):
    """The vectors of spec/store.md, which an implementation of another kind made."""

    SPANS = "list<struct<9:annotator utf8,5:items list<struct<5:class utf8,5:start u32,3:end u32>>>>"

    @needs("blake3")
    def test_columns(self) -> None:
        import blake3

        def item(name, start, end):
            return {"class": name, "start": start, "end": end}

        votes = [
            None,
            [],
            [{"annotator": "a17", "items": []}],
            [{"annotator": "a07", "items": [item("PS", 0, 2)]}, {"annotator": "a17", "items": None}],
        ]
        vectors = [
            ("utf8", ["a", None, "", "김😊"], "f67fb9039fbb4d67c4258dfdf12ee7a61d238ee8df9a25f59f3676f233571886"),
            ("f64", [1.5, None, float("nan"), -0.0], "b4c39c5d38e762f24607a7f315f4f086e84c71cc2a0a9e263e6d721eba28b351"),
            ("utf8", [], "dad06889db599f56d7bc60ed849ca38d6877f21379f1cd1eb6780149dfdf451d"),
            (self.SPANS, votes, "98bcd14d616e295b5cf779fe5ed566dbec573bf5bf004dfeb58413ed5c7479fd"),
        ]
        for ty, values, digest in vectors:
            self.assertEqual(_digests.column_digest(blake3, _types.parse(ty), values).hex(), digest)
        for ty, value in (("i8", 128), ("u32", -1), ("bool", 1), ("i64", True), ("utf8", 3), ("list<utf8>", "x"), ("i64", 1.0)):
            with self.subTest(ty), self.assertRaises(ValueError):
                _digests.column_digest(blake3, _types.parse(ty), [value])

    def test_types_are_written_as_they_are_read(self) -> None:
        for text in (self.SPANS, "decimal<10,2>", "struct<>", "struct<3:가 list<blob>>", "list<list<f64>>"):
            self.assertEqual(_types.parse(text).text(), text)

    def test_cuts_follow_their_definition(self) -> None:
        import random

        draw = random.Random(3)
        for n, w, most in ((0, 2, 9), (1, 2, 9), (40, 2, 1 << 64), (200, 3, 4), (300, 2, 1), (17, 8, 5)):
            h = [draw.randrange(most) for _ in range(n)]
            least = [i for i in range(1, n) if min(range(max(i - w, 0), min(i + w + 1, n)), key=lambda k: (h[k], k)) == i]
            ends, start = [], 0
            for end in [*least, n]:
                while end - start > 16 * w:
                    start += 8 * w
                    ends.append(start)
                if end > start:
                    ends.append(end)
                    start = end
            self.assertEqual(_digests.cut(h, [1] * n, w), ends, (n, w, most))


class Command(unittest.TestCase):
    def test_without_the_command_it_is_said(self) -> None:
        if shutil.which("tamis", path=str(Path(sys.executable).parent)):
            self.skipTest("the command is installed beside this Python")
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        run = subprocess.run([sys.executable, "-m", "tamis"], capture_output=True, text=True, env=environment, check=False)
        self.assertEqual(run.returncode, 3)
        self.assertIn("without the command", run.stderr)


if __name__ == "__main__":
    unittest.main()
