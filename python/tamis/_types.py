"""Types of columns as release.json writes them: `utf8`, `list<T>`, `struct<LEN:NAME T,...>`, and `image` and `date`.

LEN is the length of NAME in bytes of UTF-8. `spec/store.md` of tamis has the whole list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple

from ._errors import ReleaseError
from ._shown import shown

_SIMPLE = "bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 utf8 binary date32 time_us blob null".split()
_DEPTH = 32


@dataclass(frozen=True)
class Type:
    """A type: its kind, the types within it (of a list one, of a struct one a field) and the names of a struct's fields."""

    kind: str
    of: Tuple["Type", ...] = ()
    names: Tuple[str, ...] = ()
    digits: Tuple[int, int] = (0, 0)

    def text(self) -> str:
        """The canonical text, which stands in digests."""
        if self.kind == "list":
            return f"list<{self.of[0].text()}>"
        if self.kind == "struct":
            fields = (f"{len(n.encode())}:{n} {t.text()}" for n, t in zip(self.names, self.of))
            return f"struct<{','.join(fields)}>"
        if self.kind == "decimal":
            return "decimal<{},{}>".format(*self.digits)
        return self.kind


def record(**fields: str) -> Type:
    """A struct of simple fields."""
    return Type("struct", tuple(parse(t) for t in fields.values()), tuple(fields))


def parse(text: str) -> Type:
    """The type that a text says. Raises `ReleaseError` for a text that says none."""
    if text == "image":
        return Type("image")
    if text == "date":
        return Type("date")
    try:
        found, rest = _parse(text.encode(), 0)
    except (ValueError, IndexError):
        found, rest = None, b""
    if found is None or rest:
        raise ReleaseError(f"release.json: `{shown(text)}` is no type of a column")
    return found


def _parse(text: bytes, depth: int) -> Tuple[Type, bytes]:
    if depth > _DEPTH:
        raise ValueError("too deep")
    if text.startswith(b"list<"):
        inner, rest = _parse(text[5:], depth + 1)
        return Type("list", (inner,)), _after(rest, b">")
    if text.startswith(b"struct<"):
        return _fields(text[7:], depth)
    if text.startswith(b"decimal<"):
        inside, rest = text[8:].split(b">", 1)
        precision, scale = inside.split(b",")
        return Type("decimal", digits=(int(precision), int(scale))), rest
    for name in _SIMPLE:
        if text.startswith(name.encode()):
            return Type(name), text[len(name) :]
    raise ValueError("no type")


def _fields(rest: bytes, depth: int) -> Tuple[Type, bytes]:
    names: List[str] = []
    types: List[Type] = []
    while not rest.startswith(b">"):
        if names:
            rest = _after(rest, b",")
        length, rest = rest.split(b":", 1)
        end = int(length)
        if not length.isdigit() or end > len(rest):
            raise ValueError("no length")
        names.append(rest[:end].decode())
        inner, rest = _parse(_after(rest[end:], b" "), depth + 1)
        types.append(inner)
    return Type("struct", tuple(types), tuple(names)), rest[1:]


def _after(text: bytes, start: bytes) -> bytes:
    if not text.startswith(start):
        raise ValueError("something else")
    return text[len(start) :]


#: What the content root is taken of where a column holds images: the digest of the bytes, their format and their number.
IMAGE = record(blob="blob", format="utf8", bytes="i64")
UTF8 = Type("utf8")


def stored(ty: Type) -> Type:
    """The type that the content root is taken of: a day is text there, an image the digest of its bytes."""
    return {"image": IMAGE, "date": UTF8}.get(ty.kind, ty)
