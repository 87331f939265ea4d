"""What dev.py starts is found again and ended, and nobody else's processes are touched."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.devenv import ports, processes
from scripts.devenv.console import Console
from scripts.devenv.errors import Failed
from scripts.devenv.layout import Layout
from scripts.devenv.session import Session, clear_up, living

ROOT = Path(__file__).resolve().parent.parent.parent
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="strays are found by /proc")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(root=tmp_path / "a folder with spaces")
    made.root.mkdir()
    made.prepare()
    return made


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def sleeper(session: Session) -> int:
    child = session.start(
        "sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], environment=dict(os.environ)
    )
    return child.popen.pid


def test_leaving_a_session_ends_what_it_started(layout):
    with Session(layout=layout, kind="run") as session:
        pid = sleeper(session)
        scratch = session.scratch
        assert processes.identity(pid) is not None
        assert scratch.stat().st_mode & 0o077 == 0

    assert processes.identity(pid) is None
    assert not scratch.exists()
    assert list((layout.local / "sessions").iterdir()) == []


def test_a_living_session_is_left_alone(layout):
    with Session(layout=layout, kind="run") as session:
        session.note(environment={"PORT": "1"})
        pid = sleeper(session)

        # From another process, as a second command would: locks belong to processes' open files.
        code = (
            "import sys; from pathlib import Path; from scripts.devenv.layout import Layout;"
            "from scripts.devenv.session import clear_up, living;"
            "here = Layout(root=Path(sys.argv[1])); print(clear_up(here), living(here, 'run')['environment'])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(layout.root)], cwd=ROOT, capture_output=True, text=True, check=True
        )

        assert done.stdout.strip() == "[] {'PORT': '1'}"
        assert processes.identity(pid) is not None
    assert living(layout, "run") is None


def test_what_a_killed_command_left_is_ended(layout):
    code = (
        "import os, signal, sys; from pathlib import Path; from scripts.devenv.layout import Layout;"
        "from scripts.devenv.session import Session;"
        "session = Session(layout=Layout(root=Path(sys.argv[1])), kind='run').__enter__();"
        "child = session.start('stray', [sys.executable, '-c', 'import time; time.sleep(60)'],"
        "environment=session.environment());"
        "print(child.popen.pid, session.scratch, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(layout.root)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    pid, scratch = killed.stdout.split()
    assert processes.identity(int(pid)) is not None

    ended = clear_up(layout)

    assert ended[0] == "stray"
    assert processes.identity(int(pid)) is None
    assert not Path(scratch).exists()


def test_a_number_that_belongs_to_another_process_now_is_left_alone(layout):
    with Session(layout=layout, kind="run") as other:
        pid = sleeper(other)
        record = layout.local / "sessions" / "run-0000000000000000.jsonl"
        record.write_text(f'{{"name": "web", "pid": {pid}, "identity": "another boot 1", "ending": [[15, 1.0]]}}\n')

        assert clear_up(layout) == []
        assert processes.identity(pid) is not None


@LINUX
def test_a_grandchild_in_a_session_of_its_own_is_ended_too(layout):
    with Session(layout=layout, kind="test") as session:
        code = (
            "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
            "start_new_session=True).pid, flush=True)"
        )
        session.finish("parent", [sys.executable, "-c", code], environment=session.environment())
        grandchild = int(session.log("parent").read_text())
        assert processes.identity(grandchild) is not None

    assert processes.identity(grandchild) is None


def test_the_press_site_keeps_its_ports_and_moves_when_one_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(ports, "FIRST", 20_000 + os.getpid() % 1000 * 10)  # where no other run looks
    monkeypatch.setattr(ports, "LAST", ports.FIRST + 200)
    path = tmp_path / "ports.json"
    first = ports.press(path, Console())
    assert len(set(first)) == 4

    assert ports.press(path, Console()) == first

    with socket.socket() as taken:
        taken.bind((ports.HOST, first[2]))
        taken.listen()
        assert first[2] not in ports.press(path, Console())


@pytest.mark.parametrize("value", ["web", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("PORT", value)

    with pytest.raises(Failed, match="no port number"):
        ports.web()


def test_a_taken_port_is_named_with_a_way_out(monkeypatch):
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))

        with pytest.raises(Failed, match=f"PORT={port + 1} make run"):
            ports.web()


@pytest.mark.services
def test_services_start_print_their_addresses_and_leave_nothing_after_an_interrupt(tmp_path):
    # Nor this run's own temporary folder, which the account that runs a root user's Postgres may not enter.
    ours = {"DATABASE_URL", "REDIS_URL", "TMPDIR"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    log = tmp_path / "output"
    with log.open("w") as output:
        command = subprocess.Popen(
            [sys.executable, "scripts/dev.py", "services"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        assert processes.wait_until(lambda: "until Ctrl-C" in log.read_text(), seconds=60), log.read_text()
        exported = dict(re.findall(r"(?m)^export (\w+)=(.*)$", log.read_text()))
        socket_folder = re.search(r"host=([^&']+)", exported["DATABASE_URL"])
        assert socket_folder is not None
        folder = Path(socket_folder[1])
        assert len(str(folder / ".s.PGSQL.5432")) < 100
        assert folder.stat().st_mode & 0o077 == 0
        psql = Path(shlex.split(exported["PG_BIN_DIR"])[0]) / "psql"
        asked = subprocess.run(
            [
                psql,
                shlex.split(exported["DATABASE_URL"])[0],
                "-Atc",
                "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert asked.stdout.strip() == "f"
        servers = [pid for pid in processes.everyone() if str(folder.parent) in processes.command_line(pid)]
        assert len(servers) >= 2
    finally:
        command.send_signal(signal.SIGINT)
        status = command.wait(timeout=60)

    assert status == 0
    time.sleep(0.1)
    assert [pid for pid in processes.everyone() if str(folder.parent) in processes.command_line(pid)] == []
    assert not folder.parent.exists()
