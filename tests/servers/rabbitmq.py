"""A RabbitMQ of a test's own, where Debian's rabbitmq-server is installed: its own folder, ports and cookie."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS = 90.0


@contextmanager
def running_rabbitmq() -> Iterator[str]:
    """Its amqp:// address, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="fc-rabbit-", dir="/tmp") as folder:
        port, directory_port = _free_port(), _free_port()
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": folder,
            "LC_ALL": "C.UTF-8",
            "RABBITMQ_NODENAME": f"fc{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(_free_port()),
            "RABBITMQ_MNESIA_BASE": folder,
            "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "ERL_EPMD_PORT": str(directory_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        Path(folder, "plugins").write_text("[].\n", encoding="utf-8")
        # Erlang's port directory would be left behind as a daemon if the node started it itself.
        processes = [_start(["epmd"], environment), _start([str(PROGRAM)], environment)]
        try:
            _wait(port, processes[1], Path(folder))
            yield f"amqp://guest:guest@127.0.0.1:{port}//"
        finally:
            for process in reversed(processes):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _start(argv: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as client:
            client.settimeout(1)
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    logs = [path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log")]
    raise AssertionError(f"RabbitMQ did not start: {logs}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
