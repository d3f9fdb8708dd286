"""Whether the files of a release are what its own lists say: what `tamis verify` does, without tamis."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence, Tuple

from . import _digests, _formats
from ._errors import ReleaseError
from ._shown import shown
from ._types import Type, stored

if TYPE_CHECKING:
    from ._release import Release

_SUMS = ("B3SUMS", "SHA256SUMS")
_BLOCK = 1 << 20


@dataclass
class Verified:
    """What was found."""

    #: Each difference in a line: which file, what was seen. Empty if there is none.
    wrong: List[str] = field(default_factory=list)
    #: What was compared, and what was not and why: a line each. Nothing is passed over without a word.
    done: List[str] = field(default_factory=list)
    left: List[str] = field(default_factory=list)
    #: How many files and samples there are.
    files: int = 0
    samples: int = 0
    #: The BLAKE3 of `B3SUMS`, 64 hex digits; `None` without the package blake3.
    files_root: Optional[str] = None

    @property
    def ok(self) -> bool:
        """Whether no difference was found in what was compared."""
        return not self.wrong

    def demand(self) -> "Verified":
        """Itself; raises `ReleaseError` with all differences if there are any."""
        if self.wrong:
            raise ReleaseError("the release is not as it was released:\n  " + "\n  ".join(self.wrong))
        return self

    def __str__(self) -> str:
        lines = self.wrong or [f"ok: {self.files} files, {self.samples} samples"]
        return "\n".join(lines + [f"compared: {d}" for d in self.done] + [f"not compared: {d}" for d in self.left])


def verify(release: "Release", values: bool) -> Verified:
    """See `Release.verify`."""
    check = _Check(release)
    check.sums()
    check.content()
    check.formats()
    check.samples()
    if values:
        check.values()
    else:
        check.found.left.append("values of columns (they were not asked for)")
    return check.found


class _Check:
    def __init__(self, release: "Release"):
        self.release = release
        self.found = Verified(samples=release.samples)
        self.files, odd = release._folder.files()
        self.found.wrong += odd
        self.found.files = len(self.files)
        #: BLAKE3 of each file, where it can be known.
        self.blake3 = _blake3()
        self.digests: Dict[str, str] = {}

    def wrong(self, say: str) -> None:
        self.found.wrong.append(shown(say, 400))

    # ---- sums ----------------------------------------------------------------------------------------------------

    def sums(self) -> None:
        """Both lists are, byte by byte, those that the files give."""
        lines: Dict[str, List[str]] = {name: [] for name in _SUMS}
        for path in (p for p in self.files if p not in _SUMS):
            b3, sha = self._hashes(path)
            lines["SHA256SUMS"].append(f"{sha}  {path}\n")
            if b3 is not None:
                self.digests[path] = b3
                lines["B3SUMS"].append(f"{b3}  {path}\n")
        if "B3SUMS" in self.files:
            # the second list names the first
            sha = self._hashes("B3SUMS")[1]
            lines["SHA256SUMS"].append(f"{sha}  B3SUMS\n")
            lines["SHA256SUMS"].sort(key=lambda line: line[66:].encode("utf-8", "surrogateescape"))
        for name in _SUMS:
            if name == "B3SUMS" and self.blake3 is None:
                self.found.left.append("B3SUMS, the content root and values: pip install blake3")
                continue
            self._compare(name, "".join(lines[name]).encode("utf-8", "surrogateescape"))
            self.found.done.append(name)

    def _hashes(self, path: str) -> Tuple[Optional[str], str]:
        sha = hashlib.sha256()
        b3 = None if self.blake3 is None else self.blake3.blake3()
        with self.release._folder.open(path) as file:
            for block in iter(lambda: file.read(_BLOCK), b""):
                sha.update(block)
                if b3 is not None:
                    b3.update(block)
        return (None if b3 is None else b3.hexdigest()), sha.hexdigest()

    def _compare(self, name: str, made: bytes) -> None:
        if name not in self.files:
            self.wrong(f"missing: {name}")
            return
        told = self.release._folder.read(name)
        if name == "B3SUMS" and self.blake3 is not None:
            self.found.files_root = self.blake3.blake3(told).hexdigest()
        if told == made:
            return
        before = len(self.found.wrong)
        listed, there = _sums_of(told), _sums_of(made)
        for path, digest in there.items():
            if path not in listed:
                self.wrong(f"extra: {path} (not in {name})")
            elif listed[path] != digest:
                self.wrong(f"different: {path} ({name})")
        for path in listed:
            if path not in there:
                self.wrong(f"missing: {path} (in {name})")
        if len(self.found.wrong) == before:
            self.wrong(f"{name} is not the list that the files give: a line stands elsewhere, twice, or ends otherwise")

    # ---- release.json --------------------------------------------------------------------------------------------

    def content(self) -> None:
        """The content root is the digest of the content lines, and these are of the release's splits and columns."""
        release = self.release
        told = [(split, column) for split, column, _ in release.content]
        known = all(split in release.splits and column in release.types for split, column in told)
        if len(set(told)) != len(told) or not known:
            self.wrong("release.json: its digests are not one for each split and column")
        if self.blake3 is not None:
            root = self.blake3.blake3(_digests.content_lines(release.content)).hexdigest()
            if root != release.content_root:
                say = f"content root: release.json says {release.content_root[:8]}, its lines give {root[:8]}"
                self.wrong(say)
            self.found.done.append("the content root and its lines")

    def formats(self) -> None:
        """No file is of a format or a split that release.json does not name."""
        for format, pattern in _formats.FILES.items():
            own = re.compile(pattern)
            for path in self.files:
                match = own.fullmatch(path)
                if match is None:
                    continue
                if format not in self.release.formats:
                    if format != "image_folder" or "yolo" not in self.release.formats:
                        self.wrong(f"{path} is {format}, which release.json does not name")
                elif match["split"] not in self.release.splits:
                    self.wrong(f"{path}: release.json has no split `{match['split']}`")

    # ---- rows ----------------------------------------------------------------------------------------------------

    def samples(self) -> None:
        """Each format holds as many rows of each split as release.json says; no id stands twice, and formats hold the same."""
        first: Optional[Tuple[str, Dict[str, str]]] = None
        for format in self._read_formats():
            seen: Dict[str, str] = {}
            whole = True
            for split in self.release.splits:
                whole &= self._count(format, split, seen)
            if not whole:
                continue
            self.found.done.append(f"rows of {format}")
            if not seen:
                continue
            if first is not None and first[1] != seen:
                self.wrong(f"{first[0]} and {format} hold other samples")
            first = first or (format, seen)
        if first is None and self.release.samples:
            self.found.left.append("whether splits are disjoint (no format that was read holds ids)")

    def _count(self, format: str, split: str, seen: Dict[str, str]) -> bool:
        n = 0
        try:
            for row in self.release._reader(format, split):
                n += 1
                id = row.get("id") if "id" in self.release.types else None
                if id is None:
                    continue
                key = str(id)
                if key in seen:
                    other = f"twice in `{split}`" if seen[key] == split else f"in `{seen[key]}` and in `{split}`"
                    self.wrong(f"{key} is {other}")
                seen[key] = split
        except ReleaseError as error:
            self.wrong(str(error))
            return False
        want = len(self.release[split])
        if n != want:
            self.wrong(f"{format} has {n} samples of `{split}`, release.json says {want}")
        return n == want

    def _read_formats(self) -> Iterator[str]:
        """The formats whose rows can be read here; of the others it is told once that they were not."""
        for format in self.release.formats:
            if format not in _formats.FILES:
                self._left(f"rows of {format} (`tamis verify` reads them)")
            elif format in _formats.PLAIN or _has("pyarrow"):
                yield format
            else:
                self._left(f"rows of {format}: pip install pyarrow")

    def _left(self, say: str) -> None:
        if say not in self.found.left:
            self.found.left.append(say)

    def values(self) -> None:
        """The values of each column give the digests that the content root is taken of."""
        if self.blake3 is None:
            return
        pieces_by_id = "id" in self.release.types and self.release.ids == "source"
        for format in self._read_formats():
            if format in _formats.PLAIN and not pieces_by_id:
                self._left(f"values of {format} (the collected ids are not released)")
                continue
            try:
                for split in self.release.splits:
                    self._values(format, split)
            except ReleaseError as error:
                if shown(str(error), 400) not in self.found.wrong:
                    self.wrong(str(error))
                continue
            self.found.done.append(f"values of {format}")

    def _values(self, format: str, split: str) -> None:
        types = [stored(self.release.types[c]) for c in self.release.columns]
        made = _digests.SplitDigests(self.blake3, types)
        place = f"{format}, split `{split}`"
        try:
            for piece in self._pieces(format, split, types):
                made.piece(piece)
        except (ValueError, TypeError, KeyError, UnicodeError, RecursionError) as error:
            raise ReleaseError(f"{place}: a value is not of its column's type ({shown(error)})") from error
        told = {c: digest for s, c, digest in self.release.content if s == split}
        for column, digest in zip(self.release.columns, made.finish()):
            if told.get(column) != digest:
                self.wrong(f"{format}: `{column}` of `{split}` holds other values than release.json says")

    def _pieces(self, format: str, split: str, types: Sequence[Type]) -> Iterator[List[List[Any]]]:
        """The values of each piece of a split, column by column."""
        release = self.release
        source = release._reader(format, split)
        if format not in _formats.PLAIN:
            for table in source.pieces():
                columns = [table.column(c).to_pylist() for c in release.columns]
                yield [self._of_typed(c, values) for c, values in zip(release.columns, columns)]
            return
        rows: List[List[Any]] = [[] for _ in types]
        for row in source:
            strange = set(row) - set(release.columns) - ({"file_name"} if format == "image_folder" else set())
            if strange:
                raise ReleaseError(f"{format}, split `{split}`: a row has {shown(sorted(strange)[0])}, which is no column")
            for held, column, ty in zip(rows, release.columns, types):
                held.append(self._of_line(split, row, column, ty))
        at = release.columns.index("id")
        hashes = [_digests.cut_hash((v or "").encode()) for v in rows[at]]
        weights = [sum(_digests.weight(t, [v]) for t, v in zip(types, own)) for own in zip(*rows)]
        images = any(t.kind == "image" for t in release.types.values())
        start = 0
        for end in _digests.cut(hashes, weights, _digests.WINDOW_IMAGES if images else _digests.WINDOW):
            yield [held[start:end] for held in rows]
            start = end

    def _of_line(self, split: str, row: Dict[str, Any], column: str, ty: Type) -> Any:
        if self.release.types[column].kind != "image" or column in row:
            return _formats.typed(ty, row[column])
        if row.get("file_name") is None:
            return None
        path = f"images/{split}/{row['file_name']}"
        if path not in self.digests:
            raise ReleaseError(f"images/{split}/metadata.jsonl names {shown(row['file_name'])}, which is not there")
        return self._image(self.digests[path], path, self.release._folder.place(path).stat().st_size)

    def _of_typed(self, column: str, values: List[Any]) -> List[Any]:
        """Values of Parquet or Arrow as the content root has them."""
        ty = self.release.types[column]
        if ty.kind == "image":
            assert self.blake3 is not None
            return [
                None
                if v is None or v["bytes"] is None or v["path"] is None
                else self._image(self.blake3.blake3(v["bytes"]).hexdigest(), v["path"], len(v["bytes"]))
                for v in values
            ]
        if ty.kind == "date":
            return [None if v is None else v.isoformat() for v in values]
        return values

    @staticmethod
    def _image(digest: str, name: str, size: int) -> Dict[str, Any]:
        end = name.rsplit(".", 1)[1] if "." in name else ""
        return {"blob": bytes.fromhex(digest), "format": "jpeg" if end == "jpg" else end, "bytes": size}


def _sums_of(text: bytes) -> Dict[str, str]:
    pairs = (line.partition("  ") for line in text.decode("utf-8", "surrogateescape").split("\n") if line)
    return {path: digest for digest, _, path in pairs}


def _blake3() -> Any:
    try:
        import blake3

        return blake3
    except ImportError:
        return None


def _has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
