"""Texts from a release as they may be shown: what a terminal would obey is an escape."""

from __future__ import annotations

_MARKS = {0x61C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def acts(char: str) -> bool:
    """Whether a character moves a cursor, changes colours, breaks a line or turns the direction of a text around."""
    code = ord(char)
    return code < 0x20 or 0x7F <= code < 0xA0 or code in _MARKS or 0xD800 <= code < 0xE000


def shown(text: object, most: int = 200) -> str:
    """A text within a line: acting characters as escapes, and cut after `most` characters.

    >>> shown("a\\x1b[31m")
    'a\\\\x1b[31m'
    """
    whole = str(text)
    cut = whole if len(whole) <= most else whole[:most] + "..."
    return "".join(c.encode("unicode_escape").decode("ascii") if acts(c) else c for c in cut)
