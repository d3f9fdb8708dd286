"""What the cells of a release are: spans, boxes, masks, pictures, as objects with their units.

All places in a text count Unicode scalar values, as Python's own strings do: `text[span.start:span.end]`. All places on a
picture are pixels from 0 at the upper left corner, x to the right and y down, and ends are exclusive.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Tuple

from ._errors import ReleaseError, needs
from ._types import Type


@dataclass(frozen=True)
class Span:
    """A part of a text: `start` and `end` count characters (Unicode scalar values) from 0, `end` is exclusive."""

    label: str
    start: int
    end: int

    def of(self, text: str) -> str:
        """The part of the text that the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True)
class Box:
    """An upright box on a picture, in pixels from 0; `x2` and `y2` are exclusive."""

    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    flags: Tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """In pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y2 - self.y1

    @property
    def xyxy(self) -> Tuple[float, float, float, float]:
        """(x1, y1, x2, y2) in pixels, as torchvision has it."""
        return self.x1, self.y1, self.x2, self.y2

    @property
    def xywh(self) -> Tuple[float, float, float, float]:
        """(x, y, width, height) in pixels, as COCO has it."""
        return self.x1, self.y1, self.width, self.height


@dataclass(frozen=True)
class Quad:
    """A rotated box: four corners (x, y) in pixels, in the order of its outline."""

    label: str
    corners: Tuple[Tuple[float, float], ...]
    flags: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Polygon:
    """An area of one or several parts; the first ring of a part is its outline, further ones are holes. Points are (x, y)
    in pixels."""

    label: str
    parts: Tuple[Tuple[Tuple[Tuple[float, float], ...], ...], ...]
    flags: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Mask:
    """The pixels of an object as lengths of runs, which go down the columns of the picture one after another: first of
    pixels outside, then inside, and so on (COCO's uncompressed run lengths)."""

    label: str
    width: int
    height: int
    runs: Tuple[int, ...]
    flags: Tuple[str, ...] = ()

    @property
    def area(self) -> int:
        """How many pixels belong to the object."""
        return sum(self.runs[1::2])

    def to_numpy(self) -> Any:
        """An array of bool of the shape (height, width). Needs numpy; raises `ReleaseError` if the runs are not those of a
        picture of this size."""
        numpy = needs("numpy", "Mask.to_numpy()")
        if self.width * self.height > 1 << 28 or sum(self.runs) != self.width * self.height:
            raise ReleaseError("the runs of a mask do not add up to the pixels of its picture")
        inside = numpy.arange(len(self.runs)) % 2 == 1
        return numpy.repeat(inside, self.runs).reshape(self.width, self.height).T


@dataclass(frozen=True)
class Keypoint:
    """A point in pixels; `seen` is 0 (not labelled), 1 (hidden) or 2 (visible), as in COCO."""

    x: float
    y: float
    seen: int


@dataclass(frozen=True)
class Keypoints:
    """The points of an object, in the declared order, and the upright box around it, in pixels."""

    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    points: Tuple[Keypoint, ...]
    flags: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Message:
    """A message of a conversation: who speaks (`system`, `user`, `assistant`, ...) and what is said."""

    role: str
    content: str


@dataclass(frozen=True)
class Segment:
    """A part of a recording: `start` and `end` in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Transcript:
    """What is said in a recording, and where, if that was written down."""

    text: str
    segments: Optional[Tuple[Segment, ...]] = None


@dataclass(frozen=True)
class Picture:
    """A picture of a release: the BLAKE3 of its bytes (64 hex digits; `None` where the rows are read from Parquet or Arrow), its
    format (`jpeg`, `png`, ...), how many bytes it has, and the path of its file in the release where there is one."""

    digest: Optional[str]
    format: str
    size: int
    path: Optional[str] = None
    _read: Optional[Callable[[], bytes]] = field(default=None, repr=False, compare=False)

    @property
    def readable(self) -> bool:
        """Whether the release holds the bytes: JSON Lines alone hold digests of pictures."""
        return self._read is not None

    def read(self) -> bytes:
        """The bytes of the file. Raises `ReleaseError` where the release does not hold them."""
        if self._read is None:
            raise ReleaseError(
                f"the release holds no bytes of this picture ({self.digest}): "
                "release it in `image_folder` or `parquet`, or open the release with format='parquet'"
            )
        return self._read()

    def to_pil(self) -> Any:
        """A `PIL.Image.Image`, not yet decoded. Needs Pillow. Colours and orientation are those of the file."""
        image = needs("PIL.Image", "Picture.to_pil()")
        return image.open(io.BytesIO(self.read()))


def _points(items: Any) -> Tuple[Tuple[float, float], ...]:
    return tuple((p["x"], p["y"]) for p in items)


def _rings(part: Any) -> Any:
    return tuple(_points(ring) for ring in part)


def _keypoint(p: Dict[str, Any]) -> Keypoint:
    return Keypoint(p["x"], p["y"], p["seen"])


def _segments(items: Any) -> Any:
    return None if items is None else tuple(Segment(**s) for s in items)


# By the names of a struct's fields: what its values become.
_NOUNS: Dict[Tuple[str, ...], Callable[[Dict[str, Any]], Any]] = {
    ("class", "start", "end"): lambda v: Span(v["class"], v["start"], v["end"]),
    ("class", "x1", "y1", "x2", "y2", "flags"): lambda v: Box(
        v["class"], v["x1"], v["y1"], v["x2"], v["y2"], tuple(v["flags"] or ())
    ),
    ("class", "corners", "flags"): lambda v: Quad(v["class"], _points(v["corners"]), tuple(v["flags"] or ())),
    ("class", "parts", "flags"): lambda v: Polygon(
        v["class"], tuple(_rings(part) for part in v["parts"]), tuple(v["flags"] or ())
    ),
    ("class", "width", "height", "runs", "flags"): lambda v: Mask(
        v["class"], v["width"], v["height"], tuple(v["runs"]), tuple(v["flags"] or ())
    ),
    ("class", "x1", "y1", "x2", "y2", "points", "flags"): lambda v: Keypoints(
        v["class"], v["x1"], v["y1"], v["x2"], v["y2"], tuple(map(_keypoint, v["points"])), tuple(v["flags"] or ())
    ),
    ("role", "content"): lambda v: Message(v["role"], v["content"]),
    ("start", "end", "text"): lambda v: Segment(v["start"], v["end"], v["text"]),
    ("text", "segments"): lambda v: Transcript(v["text"], _segments(v["segments"])),
}


def maker(ty: Type) -> Optional[Callable[[Any], Any]]:
    """What makes objects of a column's values; `None` where they stay as they are."""
    if ty.kind == "date":
        import datetime

        return lambda v: None if v is None else datetime.date.fromisoformat(v)
    if ty.kind == "list":
        inner = maker(ty.of[0])
        return None if inner is None else lambda v: None if v is None else [inner(item) for item in v]
    if ty.kind == "struct":
        noun = _NOUNS.get(ty.names)
        if noun is not None:
            return lambda v: None if v is None else noun(v)
        inners = {n: m for n, m in ((n, maker(t)) for n, t in zip(ty.names, ty.of)) if m is not None}
        if inners:
            return lambda v: None if v is None else {k: inners[k](x) if k in inners else x for k, x in v.items()}
    return None


def classes_of(value: Any) -> List[str]:
    """The classes that a cell names: of its objects, or of a text."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [c for item in value for c in classes_of(item)]
    label = getattr(value, "label", None)
    return [label] if isinstance(label, str) else []
