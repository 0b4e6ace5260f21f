"""`python -m sandbox`: runs the servers until it is told to stop, and prints where they listen."""

import argparse
import json
import signal
import sys
from pathlib import Path
from threading import Event

from sandbox.server import Ports, start_sandbox


def main(arguments: list[str] | None = None) -> int:
    """Start, announce, wait, stop."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="The platforms on your own machine."
    )
    parser.add_argument("--state", type=Path, help="keep everything in this file; without it, in memory")
    for name in ("wechat", "alipay", "sms", "page"):
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 takes any free port")
    given = parser.parse_args(arguments)
    stopped = Event()
    # Before the servers start, so that an early signal ends in order, too.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    ports = Ports(given.wechat_port, given.alipay_port, given.sms_port, given.page_port)
    running = start_sandbox(given.state, ports)
    sys.stdout.write(json.dumps(running.addresses()) + "\n")
    sys.stdout.flush()
    stopped.wait()
    running.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
