#!/usr/bin/env python3
"""Makes the releases that the tests read, with the command, or says how the ones that are here differ from what it makes.

python tests/make_releases.py TAMIS            writes tests/releases/ anew
python tests/make_releases.py TAMIS --check    exits with 1 if they are not what TAMIS makes
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
RELEASES = HERE / "releases"
#: Releases out of templates: (template, language, formats besides those of the template).
TEMPLATES = {"spans": ("ner", "ko", '"arrow"'), "boxes": ("detection", "en", '"jsonl", "arrow"')}


def made(tamis: str, below: Path) -> None:
    """Builds every project, and puts its release into a folder of its name."""
    for name, (template, language, formats) in TEMPLATES.items():
        project = below / f"project-{name}"
        run(tamis, "--lang", language, "new", str(project), "--template", template, "--quiet")
        manifest = project / "dataset.toml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("formats = [", f"formats = [{formats}, ", 1), encoding="utf-8")
        built(tamis, project, below / name)
    project = below / "project-table"
    shutil.copytree(HERE / "project", project)
    built(tamis, project, below / "table")


def built(tamis: str, project: Path, to: Path) -> None:
    run(tamis, "-C", str(project), "build", "--quiet")
    shutil.copytree(project / "out" / "public", to)
    shutil.rmtree(project)


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def differences(made: Path) -> list[str]:
    """Releases of another content than those that are here; documents and encodings may differ."""
    names = sorted(p.name for p in {*made.iterdir(), *RELEASES.iterdir()})
    page = "release.json"
    same = {n: [(folder / n / page).is_file() for folder in (made, RELEASES)] for n in names}
    there = [n for n in names if all(same[n]) and (made / n / page).read_bytes() == (RELEASES / n / page).read_bytes()]
    return [f"{name}: another release.json, or none" for name in sorted(set(names) - set(there))]


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    tamis = str(Path(arguments[0]).resolve())
    with tempfile.TemporaryDirectory() as below:
        made(tamis, Path(below))
        if "--check" in arguments:
            found = differences(Path(below))
            print("\n".join(found) or "the releases are what the command makes")
            return 1 if found else 0
        shutil.rmtree(RELEASES, ignore_errors=True)
        shutil.copytree(below, RELEASES)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
