"""`reset`: forget everything that `run` has kept, so that the next start is a first one."""

import shutil

from scripts.devenv.console import Console
from scripts.devenv.errors import Failed
from scripts.devenv.layout import Layout
from scripts.devenv.postgres import recorded_state_folder
from scripts.devenv.session import clear_up, living

DATA = ("postgres", "redis", "captures", "evidence", "demo-logins.json", "secret-key", "prepared")


def reset(layout: Layout, console: Console) -> int:
    """Remove the demo's data and logins. Packages and ports stay. Raises Failed while a run goes on."""
    if living(layout, "run") is not None:
        raise Failed("The service runs: stop it with Ctrl-C first.")
    clear_up(layout)
    beside = recorded_state_folder(layout)
    folders = [layout.local, beside] if beside else [layout.local]
    for path in [folder / name for folder in folders for name in DATA]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    console.say("The demo's data is gone; `make run` starts afresh.")
    return 0
