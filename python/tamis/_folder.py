"""The one door to the files of a release. Nothing is read that is not a file below the folder.

A release comes from strangers. A path out of a row or a list is looked up name by name: it may not be absolute, may not
contain `..`, and no part of it may be a link. What is no ordinary file (a pipe, a socket, a device) is never opened.
Releases contain no links; a download that makes links of files (the cache of `huggingface_hub`) is refused, and the
message says how to download files.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, List, Tuple

from ._errors import HostileRelease, ReleaseError
from ._shown import shown

#: No file that is read whole is longer than this, in bytes.
WHOLE_MAX = 1 << 30

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_LINK = "is a link; releases have none (huggingface_hub: download with local_dir=)"


class Folder:
    """A folder and what lies below it."""

    def __init__(self, root: "os.PathLike[str] | str"):
        self.root = Path(root)
        if not self.root.is_dir():
            raise ReleaseError(f"{shown(self.root)} is no folder")

    def place(self, path: str) -> Path:
        """Where a file of the release lies. Raises `HostileRelease` if the path leads elsewhere."""
        parts = path.split("/")
        strange = "\\" in path or "\0" in path or any(part in ("", ".", "..") for part in parts)
        if strange or (os.name == "nt" and ":" in path):
            raise HostileRelease(f"{shown(path)}: such a path leads out of a release")
        at = self.root
        for n, part in enumerate(parts):
            at = at / part
            try:
                mode = os.lstat(at).st_mode
            except (OSError, ValueError) as error:
                raise ReleaseError(f"{shown(path)} is not there ({type(error).__name__})") from error
            if stat.S_ISLNK(mode):
                raise HostileRelease(f"{shown(path)} {_LINK}")
            if not (stat.S_ISREG(mode) if n + 1 == len(parts) else stat.S_ISDIR(mode)):
                raise HostileRelease(f"{shown(path)} is no ordinary file")
        return at

    def open(self, path: str) -> BinaryIO:
        """A file of the release, for reading bytes."""
        place = self.place(path)
        try:
            descriptor = os.open(place, _FLAGS)
        except OSError as error:
            raise ReleaseError(f"{shown(path)} does not open: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise HostileRelease(f"{shown(path)} is no ordinary file")
        return os.fdopen(descriptor, "rb")

    def read(self, path: str, most: int = WHOLE_MAX) -> bytes:
        """The bytes of a file of at most `most` bytes."""
        with self.open(path) as file:
            held = file.read(most + 1)
        if len(held) > most:
            raise ReleaseError(f"{shown(path)} has more than {most} bytes")
        return held

    def files(self) -> Tuple[List[str], List[str]]:
        """All files in the order of their paths' bytes, and a line for each thing that is no file. Names that begin with a
        full stop are left out, as `tamis verify` leaves them out."""
        files: List[str] = []
        odd: List[str] = []
        waiting = [""]
        while waiting:
            below = waiting.pop()
            with os.scandir(self.root / below if below else self.root) as entries:
                for entry in entries:
                    path = f"{below}/{entry.name}" if below else entry.name
                    if entry.name.startswith("."):
                        continue
                    if entry.is_symlink():
                        odd.append(f"odd: {shown(path)} {_LINK}")
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(path)
                    else:
                        odd.append(f"odd: {shown(path)} is a pipe, a socket or a device")
        return sorted(files, key=os.fsencode), sorted(odd)
