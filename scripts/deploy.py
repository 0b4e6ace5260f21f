"""Deploys to AWS what a deployment file describes: `python3 scripts/deploy.py plan FILE`.

plan       what applying would do; changes nothing
apply      builds the packages and brings everything to what is wanted; can be repeated
rollback   all functions back to the release before, code and configuration together
status     the release in use, the address, dead letters, and what other commands need to know
replay     dead letters of jobs once more; --recounted takes those of the table's changes away
undeploy   takes everything down but the data; --delete-data NAME takes the table and the key, too

`--stage NAME` (repeatable) plans and applies that function of zappa_settings.json alone, and what all share.
`--take-host` lets the domain lead here, though it leads to another API now.
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
    from scripts.cloud.build import Package
    from scripts.cloud.installation import Installation

COMMANDS = ("plan", "apply", "rollback", "status", "replay", "undeploy")


def main() -> None:
    """Reads the arguments and does it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--stage", action="append", default=[], metavar="NAME")
    parser.add_argument("--delete-data", metavar="NAME", help="the table's name, to show that it is meant")
    parser.add_argument("--take-host", action="store_true")
    parser.add_argument("--recounted", action="store_true")
    arguments = parser.parse_args()
    if arguments.stage and arguments.command not in {"plan", "apply"}:
        parser.error("--stage goes with plan and apply; everything else is about all functions together")
    environment.enter(environment.DEPLOYMENT, node=False)
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    from scripts.cloud.build import CannotBuild
    from scripts.cloud.deployment import CannotDeploy

    try:
        _run(arguments)
    except (CannotBuild, CannotDeploy) as problem:
        environment.stop(str(problem))
    except (Boto3Error, BotoCoreError, ClientError) as problem:
        environment.stop(f"AWS refused: {problem}\n  What was done stays; mend it and run the same again.")


def _run(arguments: argparse.Namespace) -> None:
    from scripts.cloud import work

    installation = _installation(arguments)
    if arguments.command == "undeploy":
        work.undeploy(installation, arguments.delete_data)
    elif arguments.command == "replay":
        work.replay(installation, recounted=arguments.recounted)
    else:
        getattr(work, arguments.command)(installation)


def _installation(arguments: argparse.Namespace) -> "Installation":
    from scripts.cloud import build, deployment
    from scripts.cloud.account import Account
    from scripts.cloud.installation import Installation

    def packages() -> "list[Package]":
        with redirect_stdout(sys.stderr):
            return build.ensure()

    told = deployment.read(arguments.file)
    account = Account(told.region)
    return Installation(account, told, packages, arguments.stage, may_take_host=arguments.take_host)


if __name__ == "__main__":
    main()
