"""The Python environment: made once from the locks, and again only when a lock or the interpreter changes."""

import hashlib
import os
import platform
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from scripts.devenv.console import Console, tail
from scripts.devenv.errors import Failed
from scripts.devenv.layout import Layout
from scripts.devenv.session import Session

LOCK_OPTIONS = ("--universal", "--generate-hashes", "--no-emit-index-url", "--python-version", "3.11")
# Each lock with the locks that it must agree with.
LOCKS = {"base": (), "dev": ("base",), "bootstrap": ("dev",), "redis": ()}


def ensure(layout: Layout, session: Session, console: Console) -> None:
    """Make .venv hold exactly what requirements/dev.txt names. Quick when it does already. Raises Failed."""
    lock = layout.root / "requirements" / "dev.txt"
    stamp = layout.venv / ".lock-installed"
    if _is_current(layout, lock, stamp):
        return
    with layout.lock("environment"):
        if _is_current(layout, lock, stamp):
            return  # another command was faster
        with console.step("Environment: installing the locked packages (a minute or two with a slow network)"):
            if _version(layout.python) is None:
                _create(layout, session)
            stamp.unlink(missing_ok=True)
            _install(layout, session, console, lock)
            stamp.write_text(_fingerprint(lock, _version(layout.python)), encoding="utf-8")


def install_apart(layout: Layout, session: Session, name: str, *, python_version: str) -> Path:
    """Unpack requirements/NAME.txt into a folder of its own, which no Python imports from; answers the folder."""
    lock = layout.root / "requirements" / f"{name}.txt"
    folder = layout.local / "packages" / name
    stamp = folder / ".lock-installed"
    wanted = _fingerprint(lock, python_version)
    with layout.lock(f"package-{name}"):
        if _read(stamp) == wanted:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        options = ["--target", str(folder), "--python-version", python_version, "--only-binary", ":all:", "--no-deps"]
        options += ["--require-hashes", "-r", str(lock)]
        uv = [str(layout.venv / "bin" / "uv"), "pip", "install", "--python", str(layout.python), *options]
        pip = [str(layout.python), "-m", "pip", "install", "--disable-pip-version-check", *options]
        for argv in (uv, pip):
            if _quietly(session, f"package-{name}", argv) == 0:
                stamp.write_text(wanted, encoding="utf-8")
                return folder
    log = session.log(f"package-{name}")
    raise Failed(f"The package for {name} could not be installed. The end of {log}:\n{tail(log)}")


def compile_locks(layout: Layout, session: Session, console: Console) -> int:
    """Write requirements/*.txt from requirements/*.in; versions that still fit stay. 0 when all worked."""
    for name, agreeing in LOCKS.items():
        console.say(f"requirements/{name}.txt")
        argv: list[str | Path] = [layout.venv / "bin" / "uv", "pip", "compile", "-q", *LOCK_OPTIONS]
        argv += ["--custom-compile-command", "python3 scripts/dev.py lock"]
        argv += ["--no-deps"] if name == "redis" else []
        argv += [part for other in agreeing for part in ("-c", f"requirements/{other}.txt")]
        argv += [f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
        if session.show(argv, environment=session.environment()) != 0:
            return 1
    return 0


def _create(layout: Layout, session: Session) -> None:
    if layout.venv.is_symlink() or (layout.venv.exists() and not os.access(layout.venv, os.W_OK)):
        raise Failed(f"{layout.venv} cannot be written: remove it, or run this as the user who made it.")
    shutil.rmtree(layout.venv, ignore_errors=True)
    status = _quietly(session, "environment", [sys.executable, "-m", "venv", str(layout.venv)])
    if status != 0 or _version(layout.python) is None:
        log = session.log("environment")
        raise Failed(
            f"Python could not make an environment. On Debian and Ubuntu: apt install python3-venv. "
            f"The end of {log}:\n{tail(log)}"
        )


def _install(layout: Layout, session: Session, console: Console, lock: Path) -> None:
    pip = [str(layout.python), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    bootstrap = [*pip, "--no-deps", "-r", str(layout.root / "requirements" / "bootstrap.txt")]
    uv = [str(layout.venv / "bin" / "uv"), "pip", "sync", "--python", str(layout.python), "--require-hashes"]
    uv += ["--compile-bytecode", str(lock)]  # once now, instead of in each of ten processes
    if _quietly(session, "environment", bootstrap) == 0 and _quietly(session, "environment", uv) == 0:
        return
    console.say("The fast installer does not work here; trying pip, which takes longer.")
    if _quietly(session, "environment", [*pip, "-r", str(lock)]) != 0:
        log = session.log("environment")
        raise Failed(f"The packages could not be installed. Is the network there? The end of {log}:\n{tail(log)}")


def _quietly(session: Session, name: str, argv: list[str]) -> int:
    more: dict[str, str] = {}
    if not _cache_is_writable():
        more["UV_CACHE_DIR"] = str(session.layout.local / "uv-cache")
    if _has_certificates() and "UV_SYSTEM_CERTS" not in os.environ:
        more["UV_SYSTEM_CERTS"] = "1"  # as pip does; many an organisation's network needs its own authority
    try:
        return session.finish(name, argv, environment=session.environment(**more))
    except FileNotFoundError:
        return 127


def _cache_is_writable() -> bool:
    """Whether the account has a home to keep a package cache in; service accounts often have none."""
    home = Path(os.environ.get("HOME", "/nonexistent"))
    return "UV_CACHE_DIR" in os.environ or (home.is_dir() and os.access(home, os.W_OK))


def _has_certificates() -> bool:
    """Whether the system keeps certificate authorities; a slim container may have none."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    return bool(paths.cafile) or sys.platform == "darwin" or (folder is not None and any(folder.glob("*")))


def _is_current(layout: Layout, lock: Path, stamp: Path) -> bool:
    version = _version(layout.python)
    return version is not None and _read(stamp) == _fingerprint(lock, version)


def _fingerprint(lock: Path, python_version: str | None) -> str:
    digest = hashlib.sha256(lock.read_bytes())
    digest.update(f"{python_version} {platform.machine()} {sys.platform}".encode())
    return digest.hexdigest()


def _version(python: Path) -> str | None:
    """The version of an environment's interpreter; None when it does not work, as after an update of the system."""
    try:
        code = "import pip, platform; print(platform.python_version())"
        probe = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return probe.stdout.strip() if probe.returncode == 0 else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
