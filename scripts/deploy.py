"""Deploys to AWS what a deployment file describes: `python3 scripts/deploy.py plan FILE`.

plan       what applying would do; changes nothing
apply      builds the packages and brings everything to what is wanted; can be repeated
rollback   all functions back to the release before, code and configuration together
status     the release in use, the address, and what is not as wanted
replay     dead letters of jobs once more
undeploy   takes everything down but the data; --delete-data NAME takes the table and the key, too

`--stage NAME` (repeatable) looks at that function of zappa_settings.json alone, and at what all share.
docs/deployment.md explains the file. AWS's credentials are taken the usual way.
"""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment

if TYPE_CHECKING:
    from scripts.cloud.installation import Installation

COMMANDS = ("plan", "apply", "rollback", "status", "replay", "undeploy")


def main() -> None:
    """Reads the arguments and does it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--stage", action="append", default=[], metavar="NAME")
    parser.add_argument("--delete-data", metavar="NAME", help="the table's name, to show that it is meant")
    arguments = parser.parse_args()
    environment.enter(environment.DEPLOYMENT, node=False)
    from botocore.exceptions import BotoCoreError, ClientError

    from scripts.cloud import work
    from scripts.cloud.build import CannotBuild
    from scripts.cloud.deployment import CannotDeploy

    try:
        installation = _installation(arguments)
        if arguments.command == "undeploy":
            work.undeploy(installation, arguments.delete_data)
        else:
            getattr(work, arguments.command)(installation)
    except (CannotBuild, CannotDeploy) as problem:
        environment.stop(str(problem))
    except (BotoCoreError, ClientError) as problem:
        environment.stop(f"AWS refused: {problem}\n  What was done stays; mend it and run the same again.")


def _installation(arguments: argparse.Namespace) -> "Installation":
    from scripts.cloud import build, deployment
    from scripts.cloud.account import Account
    from scripts.cloud.installation import Installation

    told = deployment.read(arguments.file)
    with redirect_stdout(sys.stderr):
        packages = build.ensure()
    return Installation(Account(told.region), told, packages, arguments.stage)


if __name__ == "__main__":
    main()
