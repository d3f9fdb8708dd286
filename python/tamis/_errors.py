"""What goes wrong with a release."""

from __future__ import annotations


class ReleaseError(Exception):
    """A folder that is no release, or that is not as a release is: the message names the file and the line."""


class HostileRelease(ReleaseError):
    """A release that leads out of its folder: a path that escapes, a link, a pipe or a device in place of a file."""


class Missing(ReleaseError, ImportError):
    """A package that is not installed and that the wanted format or conversion needs; the message names it."""


def needs(name: str, why: str):
    """Imports a module, or says what asks for it and how it is installed."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.split(".")[0]
        raise Missing(f"{why} needs the package {package}: pip install {package} ({error})") from error
