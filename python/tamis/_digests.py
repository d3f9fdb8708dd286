"""The canonical digest of a column and the content root of a release, after `spec/store.md` and `spec/release.md`.

An implementation of its own, beside the one in Rust: `Release.verify()` compares what the files hold with `release.json`.
Needs the package blake3.
"""

from __future__ import annotations

import math
import struct
from collections import deque
from typing import Any, Deque, Iterable, List, Sequence, Tuple

from ._types import Type

_MASK = (1 << 64) - 1
#: A piece of more bytes than this is cut again with an eighth of the window.
PIECE_MAX = 16 << 20
#: Rows on either side that decide where a piece of a release ends; fewer where images are released.
WINDOW, WINDOW_IMAGES = 4096, 64

_NUMBERS = {"i8": "b", "i16": "h", "i32": "i", "i64": "q", "u8": "B", "u16": "H", "u32": "I", "u64": "Q"}
_NAN = {"f64": b"\0\0\0\0\0\0\xf8\x7f", "f32": b"\0\0\xc0\x7f"}


def column_digest(blake3: Any, ty: Type, values: Sequence[Any]) -> bytes:
    """`D(column)`: 32 bytes. Values are `None`, bool, int, float, str, bytes, 32 bytes of a blob, list, or dict of a struct.
    Raises `ValueError` for a value that is not of the type."""
    out = bytearray(ty.text().encode() + b"\0")
    _encode(ty, values, out)
    return blake3.blake3(bytes(out), derive_key_context="tamis column 1").digest()


def _bits(flags: Iterable[bool]) -> bytes:
    all_flags = list(flags)
    out = bytearray((len(all_flags) + 7) // 8)
    for i, flag in enumerate(all_flags):
        if flag:
            out[i // 8] |= 1 << (i % 8)
    return bytes(out)


def _encode(ty: Type, values: Sequence[Any], out: bytearray) -> None:
    out += struct.pack("<Q", len(values))
    valid = [v is not None for v in values]
    out += b"\0" if all(valid) else b"\1" + _bits(valid)
    kind = ty.kind
    if kind == "bool":
        out += _bits(bool(_typed(v, bool)) if v is not None else False for v in values)
    elif kind in _NUMBERS:
        code = "<" + _NUMBERS[kind]
        for v in values:
            out += _packed(code, 0 if v is None else _typed(v, int))
    elif kind in _NAN:
        code = "<d" if kind == "f64" else "<f"
        for v in values:
            number = 0.0 if v is None else float(_typed(v, (int, float)))
            out += _NAN[kind] if math.isnan(number) else struct.pack(code, number)
    elif kind in ("utf8", "binary"):
        texts = [b"" if v is None else _bytes(v, kind) for v in values]
        out += b"".join(struct.pack("<I", len(t)) for t in texts)
        out += b"".join(texts)
    elif kind == "list":
        lists = [_typed(v, list) for v in values if v is not None]
        out += b"".join(struct.pack("<I", 0 if v is None else len(v)) for v in values)
        _encode(ty.of[0], [item for items in lists for item in items], out)
    elif kind == "struct":
        rows = [_typed(v, dict) for v in values if v is not None]
        for row in rows:
            if set(row) != set(ty.names):
                raise ValueError("other fields")
        for name, inner in zip(ty.names, ty.of):
            _encode(inner, [row[name] for row in rows], out)
    elif kind == "blob":
        for v in values:
            blob = b"\0" * 32 if v is None else v
            if not isinstance(blob, bytes) or len(blob) != 32:
                raise ValueError("no digest")
            out += blob
    else:
        raise ValueError(f"no release holds {kind}")


def _typed(value: Any, kind: Any) -> Any:
    strange = isinstance(value, bool) and kind is not bool
    if strange or not isinstance(value, kind):
        raise ValueError("another type")
    return value


def _packed(code: str, value: int) -> bytes:
    try:
        return struct.pack(code, value)
    except struct.error as error:
        raise ValueError("beyond its type") from error


def _bytes(value: Any, kind: str) -> bytes:
    return _typed(value, str).encode("utf-8") if kind == "utf8" else _typed(value, bytes)


def weight(ty: Type, values: Sequence[Any]) -> int:
    """Bytes by which pieces are cut: texts and lists by what they hold and 4, a digest 32, any other value 8."""
    kind = ty.kind
    if kind in ("utf8", "binary"):
        return sum(4 if v is None else 4 + len(_bytes(v, kind)) for v in values)
    if kind == "blob":
        return 32 * len(values)
    if kind == "list":
        return 4 * len(values) + weight(ty.of[0], [item for v in values if v is not None for item in v])
    if kind == "struct":
        return sum(weight(t, [None if v is None else v.get(name) for v in values]) for name, t in zip(ty.names, ty.of))
    return 8 * len(values)


def _mix(x: int) -> int:
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def _turned(x: int) -> int:
    return ((x << 23) | (x >> 41)) & _MASK


def cut_hash(data: bytes) -> int:
    """The hash that places cuts, over 64 bits."""
    state, whole = 0, len(data) // 8 * 8
    for (word,) in struct.iter_unpack("<Q", data[:whole]):
        state = _mix(_turned(state) ^ (word * 0x9E3779B97F4A7C15 & _MASK))
    last = int.from_bytes(data[whole:], "little")
    return _mix(_mix(_turned(state) ^ last) ^ (len(data) * 0x9E3779B97F4A7C15 & _MASK))


def cut(hashes: Sequence[int], weights: Sequence[int], window: int) -> List[int]:
    """Where pieces end, as exclusive indices."""
    ends: List[int] = []
    start = 0
    for end in _minima(hashes, window):
        if sum(weights[start:end]) > PIECE_MAX and window > 1:
            again = cut(hashes[start:end], weights[start:end], max(window // 8, 1))
            ends += [start + e for e in again]
        else:
            ends.append(end)
        start = end
    return ends


def _minima(hashes: Sequence[int], w: int) -> List[int]:
    """A piece begins where the hash is the least of `i-w ..= i+w`, the first of equals; one of more than `16 w` rows is cut
    every `8 w`."""
    ends: List[int] = []
    window: Deque[Tuple[int, int]] = deque()
    start = 0
    n = len(hashes)
    for k in range(n + w):
        if k < n:
            while window and window[-1][1] > hashes[k]:
                window.pop()
            window.append((k, hashes[k]))
        i = k - w
        if i < 0:
            continue
        while window and window[0][0] + w < i:
            window.popleft()
        while i - start > 16 * w:
            start += 8 * w
            ends.append(start)
        if i > start and window and window[0][0] == i:
            start = i
            ends.append(i)
    while n - start > 16 * w:
        start += 8 * w
        ends.append(start)
    if n > start:
        ends.append(n)
    return ends


class SplitDigests:
    """The digest of each column of a split, piece by piece."""

    def __init__(self, blake3: Any, types: Sequence[Type]):
        self._blake3 = blake3
        self._types = types
        self._hashers = [blake3.blake3(derive_key_context="tamis split 1") for _ in types]
        self._any = False

    def piece(self, columns: Sequence[Sequence[Any]]) -> None:
        """Adds a piece: of each column its values."""
        if not columns or not len(columns[0]):
            return
        self._any = True
        for hasher, ty, values in zip(self._hashers, self._types, columns):
            hasher.update(column_digest(self._blake3, ty, values))

    def finish(self) -> List[str]:
        """64 hex digits for each column; none if there were no rows."""
        return [h.hexdigest() for h in self._hashers] if self._any else []


def content_lines(lines: Iterable[Tuple[str, str, str]]) -> bytes:
    """The lines (split, column, digest) whose BLAKE3 is the content root."""
    return "".join(f"{split} {column} {digest}\n" for split, column, digest in lines).encode()
