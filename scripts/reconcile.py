"""Folds every ledger again and follows every reference: `python3 scripts/reconcile.py [--segments N]`.

Reads the environment that .env.example describes; needed after each restore of the table. Exits 1 if
anything does not fit, with a line for each finding.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    """Works through the table part by part, so that progress can be seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--segments", type=int, default=8, help="in how many parts to work (default 8)")
    arguments = parser.parse_args()
    environment.enter(environment.RUNTIME, node=False)
    services = environment.services()
    findings, seen = 0, 0
    with environment.explained():
        for segment in range(arguments.segments):
            report = services.reconcile(segment, arguments.segments)
            seen += sum(report.seen.values())
            findings += len(report.findings)
            for finding in report.findings:
                print(f"✗ {finding.member_id}: {finding.what}")
            print(
                f"· part {segment + 1}/{arguments.segments}: {seen} things looked at, {findings} findings",
                flush=True,
            )
    raise SystemExit(1 if findings else 0)


if __name__ == "__main__":
    main()
