"""The table in a file and back: `python3 scripts/backup.py make FILE`.

make FILE       writes every item; the store should rest meanwhile, or some are newer than others
check FILE      reads a backup to its end and prints its checksums
restore FILE    into an empty table; --go-on after it was stopped half-way
checksum        of the table: equal to that of a backup if and only if it holds the same

Reads the environment that .env.example describes. In the cloud the table can be restored to any second of the
last 35 days (docs/runbook.md); a file is for longer, for elsewhere, and for one's own machine.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    """Prints checksums, one line for each tenant and one for all items."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("make", "check", "restore"):
        commands.add_parser(name).add_argument("file", type=Path)
    commands.choices["restore"].add_argument("--go-on", action="store_true")
    commands.add_parser("checksum")
    arguments = parser.parse_args()
    environment.enter(environment.RUNTIME, node=False)
    from adapters.dynamodb.outcome import StoreProblem
    from scripts.local.backup import BadBackup

    try:
        with environment.explained():
            _run(arguments)
    except BadBackup as problem:
        environment.stop(str(problem))
    except StoreProblem as problem:
        environment.stop(f"DynamoDB did not answer, or not any more: {problem}. Run the same again.")


def _run(arguments: argparse.Namespace) -> None:
    from adapters.dynamodb.client import open_patient_client
    from adapters.dynamodb.table import Table
    from scripts.local import backup

    if arguments.command == "check":
        sums = backup.check(arguments.file)
    else:
        settings = environment.settings()
        client = open_patient_client(settings.region, settings.dynamodb_url)
        table = Table(client, settings.table)
        if arguments.command == "make":
            sums = backup.make(table, arguments.file, environment.say)
        else:
            if arguments.command == "restore":
                backup.restore(table, client, arguments.file, environment.say, go_on=arguments.go_on)
            sums = backup.Sums.of(table.scan(strong=True))
    for line in sums.lines():
        print(line)


if __name__ == "__main__":
    main()
