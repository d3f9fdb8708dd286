"""Releases of tamis in Python: rows, spans, boxes and pictures, and whether a release is as it was released.

    >>> import tamis
    >>> release = tamis.open("releases/public-0.1.0")        # or out/public
    >>> release["train"][0]["label_ner"]                      # doctest: +SKIP
    [Span(label='PS', start=0, end=3)]
    >>> release.verify().demand()                             # doctest: +SKIP

Needs no other package to read JSON Lines and image folders; Parquet and Arrow need pyarrow, and `to_pandas`, `to_arrow`,
`to_datasets` and `to_torch` the library that they are named after. The command `tamis` is not needed. A release is data
from strangers: nothing in it is run, no path in it leaves its folder, and no link in it is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Union

from ._errors import HostileRelease, Missing, ReleaseError
from ._release import Release, Split
from ._verify import Verified
from .nouns import (
    Box,
    Keypoint,
    Keypoints,
    Mask,
    Message,
    Picture,
    Polygon,
    Quad,
    Segment,
    Span,
    Transcript,
)

if TYPE_CHECKING:
    import os

__version__ = "0.1.0"


def open(path: "Union[str, os.PathLike[str]]", format: Optional[str] = None) -> Release:
    """Opens the folder of a release: `out/NAME` of a build, or `releases/NAME-VERSION`.

    `format` says which files rows are read from (`jsonl`, `image_folder`, `parquet`, `arrow`); else it is the first of these that
    the release has, and Parquet where pictures stand in it alone. The rows are the same whichever it is.
    Raises `ReleaseError` for a folder that is no release, `HostileRelease` for one that leads out of itself.
    """
    return Release(path, format)


__all__ = [
    "Box",
    "HostileRelease",
    "Keypoint",
    "Keypoints",
    "Mask",
    "Message",
    "Missing",
    "Picture",
    "Polygon",
    "Quad",
    "Release",
    "ReleaseError",
    "Segment",
    "Span",
    "Split",
    "Transcript",
    "Verified",
    "open",
]
