"""`python -m tamis ARGS` is the command `tamis ARGS`, which the wheel brings along."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig


def find() -> str:
    """The command beside this Python. Raises `FileNotFoundError` where it is not."""
    name = "tamis" + (sysconfig.get_config_var("EXE") or "")
    schemes = [sysconfig.get_path("scripts")]
    user = sysconfig.get_preferred_scheme("user") if hasattr(sysconfig, "get_preferred_scheme") else f"{os.name}_user"
    if user in sysconfig.get_scheme_names():
        schemes.append(sysconfig.get_path("scripts", scheme=user))
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    schemes.append(os.path.join(here, "bin"))  # pip install --target
    for folder in schemes:
        place = os.path.join(folder, name)
        if os.path.isfile(place):
            return place
    raise FileNotFoundError(f"{name} is in none of {', '.join(schemes)}; this is the package without the command")


def main() -> int:
    """Runs the command in place of this process where the system can do that."""
    try:
        command = find()
    except FileNotFoundError as error:
        print(f"tamis: {error}", file=sys.stderr)
        return 3
    if os.name != "nt":
        os.execv(command, [command, *sys.argv[1:]])
    return subprocess.run([command, *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
