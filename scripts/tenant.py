"""Sets up tenants from a file: `python3 scripts/tenant.py apply FILE`; can be repeated.

Also `rotate TENANT KEY` (a second secret for an API key), `revoke TENANT KEY` and `create-table`.
A secret is printed once, when it is made. docs/tenant-file.md describes the file.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    """Reads the arguments and does it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("apply").add_argument("file", type=Path)
    for name in ("rotate", "revoke"):
        command = commands.add_parser(name)
        command.add_argument("tenant")
        command.add_argument("key")
    commands.add_parser("create-table")
    arguments = parser.parse_args()
    environment.enter(environment.RUNTIME, node=False)
    _run(arguments)


def _run(arguments: argparse.Namespace) -> None:
    from domain.errors import DomainError
    from scripts.local import tenants
    from serverless.settings import SettingsError

    try:
        for line in tenants.run(arguments):
            print(line)
    except (DomainError, SettingsError, tenants.FileProblem) as problem:
        fields = getattr(problem, "fields", ())
        where = "".join(f" ({each.field}: {each.code})" for each in fields)
        environment.stop(f"{problem}{where}")


if __name__ == "__main__":
    main()
