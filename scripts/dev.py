"""The project's one command line for people: run, test, check, and what helps with them.

Needs nothing but Python 3.11+ with pip and venv. `python3 scripts/dev.py --help` lists the commands.
"""

import os
import shutil
import subprocess
import sys

NEWER = ("python3.13", "python3.12", "python3.11")

if __name__ == "__main__":
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - must also run on an old Python
    if sys.version_info < (3, 11):  # noqa: UP036 - the whole point of this line
        for path in filter(None, map(shutil.which, NEWER)):
            # Asked first: a version manager's stand-in is on the PATH for versions that are not switched on.
            if subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:
                os.execv(path, [path, os.path.abspath(__file__)] + sys.argv[1:])  # noqa: PTH100, RUF005
        sys.exit("This project needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    sys.path[0] = root  # instead of scripts/, so that our own modules cannot hide others

    from scripts.devenv.cli import main

    sys.exit(main(sys.argv[1:]))
