"""The formats that hold all columns of a release, and how their rows are read: plain values, one dict a row.

JSON Lines and image folders need nothing but Python; Parquet and Arrow need pyarrow. The other formats of a release (CoNLL,
COCO, YOLO, ...) hold some columns only and are read by the tools that they were made for.
"""

from __future__ import annotations

import json
import re
from array import array
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ._errors import ReleaseError, needs
from ._folder import Folder
from ._shown import shown
from ._types import Type

#: No line of a file is longer, in bytes.
LINE_MAX = 1 << 30
#: How many rows are read at a time.
BATCH = 1024

#: The formats that hold all columns, in the order in which one is chosen, with what the files of a split are called.
FILES = {
    "jsonl": r"jsonl/(?P<split>.+)-[0-9]{5,}\.jsonl",
    "image_folder": r"images/(?P<split>[^/]+)/metadata\.jsonl",
    "parquet": r"parquet/(?P<split>.+)-[0-9]{5,}\.parquet",
    "arrow": r"arrow/(?P<split>.+)-[0-9]{5,}\.arrow",
}
#: Those of them that read without another package.
PLAIN = ("jsonl", "image_folder")

Row = Dict[str, Any]


def files_of(format: str, split: str, files: Sequence[str]) -> List[str]:
    """The files of a split in a format, in the order of their rows."""
    pattern = re.compile(FILES[format])
    found = ((m, path) for path in files for m in [pattern.fullmatch(path)] if m and m["split"] == split)
    return sorted((path for _, path in found), key=lambda path: (len(path), path))


def no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _pairs(pairs: List[Tuple[str, Any]]) -> Row:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def parsed(line: bytes, place: str) -> Row:
    """A line of JSON Lines as a dict. Raises `ReleaseError` with its place."""
    try:
        row = json.loads(line, parse_constant=no_number, object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{place}: does not read as JSON ({shown(error)})") from error
    if not isinstance(row, dict):
        raise ReleaseError(f"{place}: is no JSON object")
    return row


class Lines:
    """Files of JSON Lines: rows in order, and any row by its number."""

    def __init__(self, folder: Folder, paths: Sequence[str]):
        self._folder = folder
        self.paths = list(paths)
        self._starts: Optional[List["array[int]"]] = None

    def __iter__(self) -> Iterator[Row]:
        for path in self.paths:
            with self._folder.open(path) as file:
                n = 0
                while True:
                    line = file.readline(LINE_MAX)
                    if not line:
                        break
                    n += 1
                    if len(line) == LINE_MAX:
                        raise ReleaseError(f"{shown(path)}:{n}: the line is longer than {LINE_MAX} bytes")
                    yield parsed(line, f"{shown(path)}:{n}")

    def row(self, number: int) -> Row:
        """The row of a number, from 0."""
        for path, starts in zip(self.paths, self._index()):
            if number < len(starts):
                with self._folder.open(path) as file:
                    file.seek(starts[number])
                    return parsed(file.readline(LINE_MAX), f"{shown(path)}:{number + 1}")
            number -= len(starts)
        raise IndexError("no such row")

    def _index(self) -> List["array[int]"]:
        """Where each line begins, in bytes: 8 bytes a row, made when the first row is asked for by its number."""
        if self._starts is None:
            self._starts = [self._starts_of(path) for path in self.paths]
        return self._starts

    def _starts_of(self, path: str) -> "array[int]":
        starts = array("q")
        at = 0
        with self._folder.open(path) as file:
            for line in file:
                starts.append(at)
                at += len(line)
        return starts


class Tables:
    """Files of Parquet or Arrow: batches in order, and any row by its number. Needs pyarrow."""

    def __init__(self, folder: Folder, paths: Sequence[str], format: str):
        self._folder = folder
        self.paths = list(paths)
        self._format = format
        self._arrow = needs("pyarrow", f"reading {format} of a release")
        needs("pyarrow.parquet" if format == "parquet" else "pyarrow.ipc", f"reading {format}")
        self._held: Optional[Tuple[int, List[Row]]] = None

    def pieces(self) -> Iterator[Any]:
        """Each row group of Parquet and each record batch of Arrow as a `pyarrow.Table`: a piece of the content root."""
        for path in self.paths:
            with self._opened(path) as (_, parts):
                for _, read in parts:
                    with self._told(path):
                        piece = read()
                    yield piece

    @contextmanager
    def _opened(self, path: str) -> Iterator[Tuple[Any, List[Tuple[int, Callable[[], Any]]]]]:
        """A file's schema, and (rows, what reads them) of each part."""
        pa = self._arrow
        with self._folder.open(path) as file:
            with self._told(path):
                if self._format == "parquet":
                    table = pa.parquet.ParquetFile(file)
                    groups = [table.metadata.row_group(i).num_rows for i in range(table.metadata.num_row_groups)]
                    parts = [(rows, _reader(table.read_row_group, i)) for i, rows in enumerate(groups)]
                    schema = table.schema_arrow
                else:
                    ipc = pa.ipc.open_file(file)
                    batches = [ipc.get_batch(i) for i in range(ipc.num_record_batches)]
                    parts = [(b.num_rows, _reader(pa.Table.from_batches, [b])) for b in batches]
                    schema = ipc.schema
            yield schema, parts

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        try:
            yield
        except (self._arrow.ArrowException, OSError) as error:
            raise ReleaseError(f"{shown(path)} does not read: {shown(error)}") from error

    def table(self) -> Any:
        """All rows as one `pyarrow.Table`; `None` where there is no file."""
        tables = list(self.pieces())
        for path in self.paths[:1] if not tables else ():
            with self._opened(path) as (schema, _):
                return schema.empty_table()
        return self._arrow.concat_tables(tables) if tables else None

    def __iter__(self) -> Iterator[Row]:
        for piece in self.pieces():
            for batch in piece.to_batches(max_chunksize=BATCH):
                yield from batch.to_pylist()

    def row(self, number: int) -> Row:
        """The row of a number, from 0. The part that holds it stays in memory."""
        if self._held is not None and self._held[0] <= number < self._held[0] + len(self._held[1]):
            return self._held[1][number - self._held[0]]
        first = 0
        for path in self.paths:
            with self._opened(path) as (_, parts):
                for rows, read in parts:
                    if number < first + rows:
                        with self._told(path):
                            self._held = (first, read().to_pylist())
                        return self._held[1][number - first]
                    first += rows
        raise IndexError("no such row")


def _reader(read: Callable[[Any], Any], what: Any) -> Callable[[], Any]:
    return lambda: read(what)


def arrow_type(pa: Any, ty: Type) -> Any:
    """The Arrow type of a column as a release in Parquet has it."""
    simple = {
        "bool": "bool_", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64", "u8": "uint8", "u16": "uint16",
        "u32": "uint32", "u64": "uint64", "f32": "float32", "f64": "float64", "utf8": "string", "binary": "binary",
        "date": "date32", "date32": "date32", "null": "null",
    }  # fmt: skip
    if ty.kind in simple:
        return getattr(pa, simple[ty.kind])()
    if ty.kind == "blob":
        return pa.binary(32)
    if ty.kind == "image":
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    if ty.kind == "list":
        return pa.list_(arrow_type(pa, ty.of[0]))
    if ty.kind == "struct":
        return pa.struct([(n, arrow_type(pa, t)) for n, t in zip(ty.names, ty.of)])
    if ty.kind == "time_us":
        return pa.timestamp("us")
    return pa.decimal128(*ty.digits)


_INTS = frozenset("i8 i16 i32 i64 u8 u16 u32 u64".split())


def plain(ty: Type, value: Any) -> Any:
    """A value as JSON Lines of a release have it; images stay structs of `bytes` and `path` where they are such. Raises
    `ValueError` for a value that is not of the type."""
    kind = ty.kind
    if value is None:
        return None
    if kind == "utf8":
        return value if isinstance(value, str) else _strange()
    if kind == "list":
        of = ty.of[0]
        return [plain(of, item) for item in value] if isinstance(value, list) else _strange()
    if kind == "struct":
        if not isinstance(value, dict) or value.keys() != set(ty.names):
            return _strange()
        return {n: plain(t, value[n]) for n, t in zip(ty.names, ty.of)}
    if kind in _INTS:
        return value if isinstance(value, int) and value is not True and value is not False else _strange()
    if kind in ("f32", "f64"):
        return value if isinstance(value, float) else _strange()
    if kind == "bool":
        return value if isinstance(value, bool) else _strange()
    if kind == "date":
        return value if isinstance(value, str) else value.isoformat() if hasattr(value, "isoformat") else _strange()
    if kind in ("blob", "binary"):
        return value.hex() if isinstance(value, bytes) else value if isinstance(value, str) else _strange()
    if kind == "image":
        return value if isinstance(value, dict) and _IMAGE.get(len(value), frozenset()) == value.keys() else _strange()
    return value


_IMAGE = {2: frozenset(("bytes", "path")), 3: frozenset(("blob", "format", "bytes"))}


def typed(ty: Type, value: Any) -> Any:
    """A value of JSON Lines as the content root is taken of it: hex digits are bytes. Raises `ValueError` for a value of
    another form."""
    if value is None:
        return None
    if ty.kind in ("blob", "binary"):
        return bytes.fromhex(value) if isinstance(value, str) else _strange()
    if ty.kind == "list":
        return [typed(ty.of[0], item) for item in value] if isinstance(value, list) else _strange()
    if ty.kind == "struct":
        if not isinstance(value, dict) or set(value) != set(ty.names):
            return _strange()
        return {n: typed(t, value[n]) for n, t in zip(ty.names, ty.of)}
    return value


def _strange() -> Any:
    raise ValueError("another type")
