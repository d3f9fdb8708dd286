"""A release opened: its splits, columns and rows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from . import _convert, _formats
from ._errors import HostileRelease, Missing, ReleaseError
from ._folder import Folder
from ._shown import shown
from ._types import Type, parse
from .nouns import Picture, classes_of, maker

if TYPE_CHECKING:
    import os

    from ._verify import Verified

#: What release.json says of itself in `format`.
FORMAT = 1
_NAME = re.compile(r"[^/\\\0\x01-\x1f\x7f]+")
_HEX = re.compile(r"[0-9a-f]{64}")


class Split:
    """The rows of one split, in the order of the release.

    A sequence of dicts: `len(split)`, `split[7]`, `split[2:5]` (a list), `for row in split`. `split["text"]` gives a column as
    a list. A value is what its column's type says: text, number, bool, `datetime.date`, list, dict, or an object of
    `tamis.nouns` (`Span`, `Box`, `Picture`, ...); a missing value is `None`.
    """

    def __init__(self, release: "Release", name: str, rows: int):
        self.release = release
        #: The name of the split, such as `train`.
        self.name = name
        self._rows = rows
        self._reader: Any = None

    def __len__(self) -> int:
        return self._rows

    def __repr__(self) -> str:
        return f"<Split {self.name}: {self._rows} rows, {self.release.format}>"

    @property
    def columns(self) -> Tuple[str, ...]:
        """The names of the columns, in the order of the release."""
        return self.release.columns

    @property
    def paths(self) -> List[str]:
        """The files of this split, relative to the release."""
        return _formats.files_of(self.release.format, self.name, self.release._files)

    def _source(self, format: Optional[str] = None) -> Any:
        if format is not None and format != self.release.format:
            return self.release._reader(format, self.name)
        if self._reader is None:
            self._reader = self.release._reader(self.release.format, self.name)
        return self._reader

    def records(self) -> Iterator[Dict[str, Any]]:
        """The rows as plain values: what stands in JSON Lines, without objects. A picture is a dict of `blob` (its BLAKE3),
        `format` and `bytes` (how many), or of `bytes` and `path` where the release is read from Parquet or Arrow."""
        return self._numbered(self._source())

    def _numbered(self, rows: Any) -> Iterator[Dict[str, Any]]:
        """Rows in the columns of the release; another number of them than release.json says is an error at the end."""
        n = 0
        for row in rows:
            n += 1
            yield self.release._plain_row(row, f"{self.name} row {n}")
        if n != self._rows:
            raise ReleaseError(f"split {shown(self.name)} holds {n} rows, release.json says {self._rows}")

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        make = self.release._made
        for row in self.records():
            yield make(row)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            if key not in self.release.types:
                raise KeyError(f"no column {key!r}; there are {', '.join(self.columns)}")
            return [row[key] for row in self]
        if isinstance(key, slice):
            return [self[i] for i in range(*key.indices(self._rows))]
        at = key + self._rows if key < 0 else key
        if not 0 <= at < self._rows:
            raise IndexError(f"row {key} of {self._rows}")
        try:
            row = self._source().row(at)
        except IndexError as error:
            raise ReleaseError(f"split {shown(self.name)} holds fewer rows than release.json says") from error
        return self.release._made(self.release._plain_row(row, f"{self.name} row {at + 1}"))

    def to_arrow(self) -> Any:
        """The split as a `pyarrow.Table`, as a release in Parquet has it: a day is `date32`, a picture a struct of `bytes` and
        `path`. Needs pyarrow."""
        return _convert.to_arrow(self)

    def to_pandas(self) -> Any:
        """The split as a `pandas.DataFrame`. Whole numbers and truth values have pandas' types that know missing ones
        (`Int64`, `boolean`), days are `datetime64`; lists and objects stay Python's. Needs pandas."""
        return _convert.to_pandas(self)

    def to_datasets(self) -> Any:
        """The split as a `datasets.Dataset`; pictures have the feature `Image`. Needs datasets."""
        return _convert.to_datasets(self)

    def to_torch(self, transform: Optional[Callable[[Dict[str, Any]], Any]] = None) -> Any:
        """The split as a map-style `torch.utils.data.Dataset` of dicts: numbers and truth values are tensors without
        dimensions, a list of numbers is a tensor (n,), boxes are a dict of `boxes` (n, 4) float32 in pixels (x1, y1, x2, y2) and
        `labels` (n,) int64, which count in `Release.classes(column)`; all else stays as it is. `transform` is given each
        dict. Needs torch."""
        return _convert.to_torch(self, transform)


class Release(Mapping[str, Split]):
    """A release: a mapping of the names of its splits to `Split`.

    Made by `tamis.open`. Nothing but release.json is read before rows are asked for; whether the files are as they were
    released is what `verify()` says.
    """

    def __init__(self, path: "Union[str, os.PathLike[str]]", format: Optional[str] = None):
        self._folder = Folder(path)
        page = _page(self._folder)
        #: The name of the data set, of the release, and its version.
        self.dataset: str = page.text("dataset")
        self.name: str = page.text("release")
        self.version: str = page.text("version")
        #: An SPDX expression, or `None` where none is declared.
        self.license: Optional[str] = page.get("license")
        #: All formats that the release has.
        self.formats: Tuple[str, ...] = page.names("formats")
        #: The columns, in their order.
        self.columns: Tuple[str, ...] = page.names("columns")
        #: What each column holds.
        self.types: Dict[str, Type] = page.types(self.columns)
        #: How samples are called: `source` (as collected), `sequence` or `keyed`.
        self.ids: str = page.get("ids") or "source"
        #: The identity of the data: 64 hex digits.
        self.content_root: str = page.digest("content_root")
        #: (split, column, digest), as the content root is taken of them.
        self.content: Tuple[Tuple[str, str, str], ...] = page.content()
        self._splits = {n: Split(self, n, rows) for n, rows in page.splits().items()}
        self._files, self._odd = self._folder.files()
        #: The format that rows are read from.
        self.format: str = self._chosen(format)
        self._makers = {c: m for c, m in ((c, maker(t)) for c, t in self.types.items()) if m is not None}
        self._blobs: Optional[Dict[str, str]] = None
        self._by_digest: Optional[Dict[str, str]] = None
        self._classes: Dict[str, Tuple[str, ...]] = {}

    @property
    def path(self) -> Any:
        """The folder, a `pathlib.Path`."""
        return self._folder.root

    @property
    def splits(self) -> Dict[str, Split]:
        """The splits by their names, in the order of the names."""
        return dict(self._splits)

    def __getitem__(self, name: str) -> Split:
        try:
            return self._splits[name]
        except KeyError:
            raise KeyError(f"no split {name!r}; there are {', '.join(self._splits)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._splits)

    def __len__(self) -> int:
        """How many splits; rows are `release.samples`."""
        return len(self._splits)

    @property
    def samples(self) -> int:
        """How many rows all splits have."""
        return sum(len(split) for split in self._splits.values())

    @property
    def labels(self) -> Tuple[str, ...]:
        """The columns that are labels of a task: those whose names begin with `label_`."""
        return tuple(c for c in self.columns if c.startswith("label_"))

    def __repr__(self) -> str:
        splits = ", ".join(f"{n} {len(s)}" for n, s in self._splits.items())
        return f"<Release {self.dataset} {self.name} {self.version}: {splits}; columns {', '.join(self.columns)}>"

    def classes(self, column: str) -> Tuple[str, ...]:
        """The classes that the values of a column name in any split, sorted. Reads all rows once."""
        if column not in self.types:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}")
        if column not in self._classes:
            made = self._makers.get(column, lambda v: v)
            found = {c for s in self._splits.values() for row in s.records() for c in classes_of(made(row[column]))}
            self._classes[column] = tuple(sorted(found))
        return self._classes[column]

    def to_datasets(self) -> Any:
        """All splits with rows as a `datasets.DatasetDict`. Needs datasets."""
        return _convert.to_datasets_all(self)

    def verify(self, values: bool = True) -> "Verified":
        """Compares the files with the release's own lists: `SHA256SUMS`, and where the package blake3 is there `B3SUMS`, the
        content root and, with `values`, the values of every column. Never raises because of what it finds: ask
        `Verified.ok`, or call `Verified.demand()`."""
        from ._verify import verify

        return verify(self, values)

    # ---- reading -------------------------------------------------------------------------------------------------

    def _chosen(self, wanted: Optional[str]) -> str:
        there = [f for f in _formats.FILES if f in self.formats]
        if wanted is not None:
            if wanted not in there:
                known = ", ".join(there) or "none"
                raise ReleaseError(f"the release is not to be read as {shown(wanted)}; formats with all columns: {known}")
            return wanted
        if not there:
            have = shown(", ".join(self.formats))
            raise ReleaseError(
                f"no format of this release holds all columns ({have}): "
                "add jsonl, parquet, arrow or image_folder to its `formats`"
            )
        images = any(t.kind == "image" for t in self.types.values())
        if images and "image_folder" not in there and "parquet" in there and not self._has_pictures():
            return "parquet"
        return there[0]

    def _has_pictures(self) -> bool:
        return any(path.startswith("images/") for path in self._files)

    def _reader(self, format: str, split: str) -> Any:
        paths = _formats.files_of(format, split, self._files)
        if not paths and len(self._splits[split]):
            raise ReleaseError(f"split {shown(split)} has no file of {format}")
        if format in _formats.PLAIN:
            return _formats.Lines(self._folder, paths)
        try:
            return _formats.Tables(self._folder, paths, format)
        except Missing as error:
            others = [f for f in _formats.PLAIN if f in self.formats]
            more = f", or open the release with format={others[0]!r}" if others else ""
            raise Missing(f"{error}{more}") from error

    def _plain_row(self, row: Dict[str, Any], place: str) -> Dict[str, Any]:
        """A row of a file as the columns of the release: values as JSON Lines have them, an image as where it lies."""
        out: Dict[str, Any] = {}
        for column in self.columns:
            ty = self.types[column]
            if column in row:
                try:
                    out[column] = _formats.plain(ty, row[column])
                except ValueError as error:
                    say = f"{shown(column)} holds {shown(repr(row[column]), 60)}, which is no {shown(ty.text(), 60)}"
                    raise ReleaseError(f"{shown(place)}: {say}") from error
            elif ty.kind == "image" and self.format == "image_folder":
                name = row.get("file_name")
                out[column] = None if name is None else {"file_name": name, "split": self._split_of(place)}
            else:
                raise ReleaseError(f"{shown(place)}: there is no column {shown(column)}")
        return out

    @staticmethod
    def _split_of(place: str) -> str:
        return place.rsplit(" row ", 1)[0]

    def _made(self, row: Dict[str, Any]) -> Dict[str, Any]:
        """A row with its objects."""
        try:
            return {c: self._cell(c, v) for c, v in row.items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReleaseError(f"a value is not what its column holds: {shown(error)}") from error

    def _cell(self, column: str, value: Any) -> Any:
        if self.types[column].kind == "image":
            return self._picture(value)
        make = self._makers.get(column)
        return value if make is None else make(value)

    def _picture(self, value: Any) -> Optional[Picture]:
        """A picture out of what a row says of it."""
        if value is None:
            return None
        if "file_name" in value:
            if not isinstance(value["file_name"], str):
                raise ReleaseError("a row names its picture by no text")
            path = f"images/{value['split']}/{value['file_name']}"
            size = self._folder.place(path).stat().st_size
            digest = self._sums().get(path)
            return Picture(digest, _ending(path), size, path, lambda: self._folder.read(path))
        if "path" in value:
            own, name = value["bytes"], value["path"] or ""
            return None if own is None else Picture(None, _ending(name), len(own), None, lambda: own)
        digest = value["blob"]
        found = self._paths().get(digest)
        read = None if found is None else (lambda: self._folder.read(str(found)))
        return Picture(digest, value["format"], value["bytes"], found, read)

    def _sums(self) -> Dict[str, str]:
        """The BLAKE3 of each file of a picture, by its path, as `B3SUMS` lists them."""
        if self._blobs is None:
            there = self._has_pictures() and "B3SUMS" in self._files
            lines = self._folder.read("B3SUMS").decode("utf-8", "replace").splitlines() if there else []
            pairs = (line.partition("  ") for line in lines)
            self._blobs = {path: digest for digest, _, path in pairs if path.startswith("images/")}
        return self._blobs

    def _paths(self) -> Dict[str, str]:
        """The same, the other way round."""
        if self._by_digest is None:
            self._by_digest = {digest: path for path, digest in self._sums().items()}
        return self._by_digest


def _ending(path: str) -> str:
    end = path.rsplit(".", 1)[-1].lower() if "." in path else ""
    return "jpeg" if end == "jpg" else end


def _page(folder: Folder) -> "_Page":
    try:
        folder.place("release.json")
    except HostileRelease:
        raise
    except ReleaseError:
        say = f"{shown(folder.root)} is no release: there is no release.json in it"
        raise ReleaseError(f"{say} (out/NAME, or releases/NAME-VERSION)") from None
    text = folder.read("release.json")
    try:
        page = json.loads(text, parse_constant=_formats.no_number)
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"release.json does not read: {shown(error)}") from error
    if not isinstance(page, dict):
        raise ReleaseError("release.json is no object")
    if page.get("format") != FORMAT:
        raise ReleaseError(f"release.json is of format {shown(page.get('format'))}; this package reads {FORMAT}")
    return _Page(page)


class _Page:
    """release.json as it is read: every field is of its type, or told."""

    def __init__(self, page: Dict[str, Any]):
        self._page = page

    def get(self, key: str) -> Optional[str]:
        value = self._page.get(key)
        if value is not None and not isinstance(value, str):
            raise ReleaseError(f"release.json: `{key}` is no text")
        return value

    def text(self, key: str) -> str:
        value = self.get(key)
        if value is None:
            raise ReleaseError(f"release.json: there is no `{key}`")
        return value

    def digest(self, key: str) -> str:
        value = self.text(key)
        if not _HEX.fullmatch(value):
            raise ReleaseError(f"release.json: `{key}` is not 64 hex digits")
        return value

    def names(self, key: str) -> Tuple[str, ...]:
        value = self._page.get(key)
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ReleaseError(f"release.json: `{key}` is no list of names")
        return tuple(dict.fromkeys(value))

    def types(self, columns: Sequence[str]) -> Dict[str, Type]:
        value = self._page.get("types")
        if not isinstance(value, dict) or set(value) != set(columns):
            raise ReleaseError("release.json: `types` is not one for each column")
        if not all(isinstance(v, str) for v in value.values()):
            raise ReleaseError("release.json: a type is no text")
        return {c: parse(value[c]) for c in columns}

    def splits(self) -> Dict[str, int]:
        value = self._page.get("splits")
        if not isinstance(value, dict):
            raise ReleaseError("release.json: there are no `splits`")
        out = {}
        for name, entry in value.items():
            rows = entry.get("rows") if isinstance(entry, dict) else None
            if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
                raise ReleaseError(f"release.json: split {shown(name)} does not say how many rows it has")
            if not _NAME.fullmatch(name) or name in (".", ".."):
                raise HostileRelease(f"release.json: {shown(name)} is no name of a split")
            out[name] = rows
        return dict(sorted(out.items()))

    def content(self) -> Tuple[Tuple[str, str, str], ...]:
        value = self._page.get("content")
        if not isinstance(value, list):
            raise ReleaseError("release.json: there is no `content`")
        out: List[Tuple[str, str, str]] = []
        for line in value:
            own = [line.get(k) for k in ("split", "column", "digest")] if isinstance(line, dict) else [None]
            if len(own) != 3 or not all(isinstance(v, str) for v in own):
                raise ReleaseError("release.json: a line of `content` is not a split, a column and a digest")
            out.append((str(own[0]), str(own[1]), str(own[2])))
        return tuple(out)
