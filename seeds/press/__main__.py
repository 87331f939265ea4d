"""`python -m seeds.press --ports 8101,8102,8103,8104`: serves the four outlets until it is told to stop."""

import argparse
import signal
import sys
import threading
from types import FrameType

from seeds.press.site import open_site


def main() -> int:
    """Serves until SIGTERM or SIGINT. Returns 0 then, and 1 if a port is taken or the ports are no four numbers."""
    parser = argparse.ArgumentParser(prog="python -m seeds.press", description="The demo's press site, on loopback.")
    parser.add_argument("--ports", default="8101,8102,8103,8104", help="four ports, comma-separated")
    parser.add_argument("--verbose", action="store_true", help="one line per request")
    options = parser.parse_args()
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    try:
        servers = open_site([int(port) for port in options.ports.split(",")], verbose=options.verbose)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The press site cannot start on {options.ports}: {error}\n")
        return 1
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
        print(f"{server.base}/ {server.outlet.name}", flush=True)
    stop.wait()
    for server in servers:
        server.shutdown()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
