"""What `scripts/deploy.py` does with an installation, told line by line."""

import time
from collections.abc import Iterable

from scripts.cloud import imitation, release, resource
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.installation import Installation
from scripts.cloud.resource import Difference
from scripts.environment import say

REPLAY_PAUSE_SECONDS = 5.0
REPLAY_PATIENCE = 6
"""So many looks without any letter done, and those that are left fail again."""


def plan(installation: Installation) -> None:
    """Changes nothing."""
    _tell_where(installation)
    steps = resource.plan(installation.resources(), installation.strays())
    for step in steps:
        _tell(step)
    print(f"{len(steps)} to do." if steps else "Everything is as wanted.")
    _tell_limits(installation)


def apply(installation: Installation) -> None:
    """What is still different afterwards is told: the cloud did not keep it."""
    _tell_where(installation)
    done = _count(resource.apply(installation.resources(), installation.strays()))
    print(f"{done} done." if done else "Everything was as wanted.")
    left = resource.plan(installation.resources())
    if left:
        print("Not kept by the cloud:")
    for step in left:
        _tell(step)
    _tell_limits(installation)
    _tell_address(installation)


def rollback(installation: Installation) -> None:
    """Functions only: the table, roles and routes stay as they are."""
    current = installation.release.current()
    if current is None:
        raise CannotDeploy("Nothing was deployed yet.")
    say(f"From {release.described(current)}")
    say(f"to {release.described(installation.release.go_back())}")
    print("Done. `apply` goes forward again.")


def status(installation: Installation) -> None:
    """The release, the address, the letters, and what is not as wanted."""
    current = installation.release.current()
    if current is None:
        raise CannotDeploy("Nothing was deployed yet; `apply` does it.")
    say(release.described(current))
    say(f"{installation.letters.waiting()} dead letters")
    _tell_address(installation)
    for step in resource.plan(installation.resources(), installation.strays()):
        _tell(step)


def replay(installation: Installation) -> None:
    """Turns the mapping on until no letter is left, or those left fail again; then off."""
    before = installation.letters.waiting()
    if not before:
        print("There are no dead letters.")
        return
    say(f"{before} dead letters")
    installation.letter_mapping.turn(on=True)
    try:
        left = _watch_letters(installation, before)
    finally:
        installation.letter_mapping.turn(on=False)
    print(f"{before - left} done again, {left} left." + (" docs/runbook.md says what to do." if left else ""))


def _watch_letters(installation: Installation, before: int) -> int:
    left, looks = before, 0
    while left and looks < REPLAY_PATIENCE:
        time.sleep(REPLAY_PAUSE_SECONDS)
        now = installation.letters.waiting()
        looks = 0 if now < left else looks + 1
        left = now
        say(f"{left} left")
    return left


def undeploy(installation: Installation, delete_data: str | None) -> None:
    """Data goes only if its table is named."""
    _tell_where(installation)
    table = installation.table.name
    if delete_data is not None and delete_data != table:
        raise CannotDeploy(f"The table is called {table}; to delete all data, say --delete-data {table}.")
    everything = [*installation.resources(), *installation.strays()]
    done = _count(resource.remove(everything, with_data=delete_data is not None))
    print(f"{done} taken down.")
    if delete_data is None:
        print(f"The table {table} and its key stay; --delete-data {table} deletes them, too.")
    else:
        print("The master key can be brought back for 30 days, for backups of the table: `apply` does that.")


def _tell_where(installation: Installation) -> None:
    account = installation.account
    where = "an imitation on this machine" if account.is_imitated else f"account {account.number}"
    say(f"{installation.deployment.name} in {account.region}, {where}")


def _count(steps: Iterable[Difference]) -> int:
    done = 0
    for step in steps:
        _tell(step)
        done += 1
    return done


def _tell(step: Difference) -> None:
    for line in step.lines():
        print(line, flush=True)


def _tell_limits(installation: Installation) -> None:
    if installation.account.is_imitated:
        print("Not run here, because the imitation cannot:")
        for line in imitation.LIMITS:
            print(f"    {line}")


def _tell_address(installation: Installation) -> None:
    say(f"address: {installation.api.address()}")
    if installation.host and (target := installation.host.points_to()):
        say(f"the name server must point {installation.host.name} to {target}")
    table, key = installation.table.name, installation.key.name
    say(f"for scripts/tenant.py: TONGKA_TABLE={table} TONGKA_MASTER_KEY=kms:{key}")
