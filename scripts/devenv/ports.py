"""Loopback ports: the web's, which the user chooses, and the press site's, which stay the same between starts."""

import json
import os
import socket
from pathlib import Path

from scripts.devenv.console import Console
from scripts.devenv.errors import Failed

HOST = "127.0.0.1"
PRESS = 4
# Below the ranges from which Linux (32768) and macOS (49152) take ports for outgoing connections.
FIRST, LAST = 18101, 18999


def web() -> int:
    """The port of PORT, 8000 if it is not set. Raises Failed when it is no port or is taken."""
    raw = os.environ.get("PORT") or "8000"
    try:
        port = int(raw)
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise Failed(f"PORT={raw} is no port number: use one from 1024 to 65535, as in PORT=8001 make run.")
    problem = _problem(port)
    if problem is not None:
        raise Failed(f"Port {port} on {HOST} cannot be used ({problem}). Choose another: PORT={port + 1} make run.")
    return port


def press(path: Path, console: Console) -> list[int]:
    """Four ports for the press site's outlets: the ones used last time while they are free."""
    known = _known(path)
    if known and all(_problem(port) is None for port in known):
        return known
    chosen: list[int] = []
    for port in range(FIRST, LAST):
        if _problem(port) is None:
            chosen.append(port)
        if len(chosen) == PRESS:
            break
    else:
        raise Failed(f"There are not {PRESS} free ports between {FIRST} and {LAST} on {HOST}.")
    if known:
        console.say(f"The press site moves: one of its ports {known} is taken by something else.")
    path.write_text(json.dumps({"press": chosen}) + "\n", encoding="utf-8")
    return chosen


def _known(path: Path) -> list[int]:
    try:
        ports = json.loads(path.read_text(encoding="utf-8"))["press"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    valid = isinstance(ports, list) and len(set(ports)) == PRESS and all(isinstance(port, int) for port in ports)
    return ports if valid else []


def _problem(port: int) -> str | None:
    """Why a server could not listen there; None when it could."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As servers do: addresses of connections that were just closed are no obstacle, a listener is.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return None
