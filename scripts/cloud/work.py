"""What `scripts/deploy.py` does with an installation, told line by line."""

from collections.abc import Iterable

from scripts.cloud import imitation, release, resource
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.installation import JOBS, Installation
from scripts.cloud.lambdas import Function
from scripts.cloud.resource import Difference
from scripts.cloud.sources import Letter
from scripts.environment import say


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
    """The release, the address, the letters, the stream; `plan` tells what is not as wanted."""
    current = installation.release.current()
    if current is None:
        raise CannotDeploy("Nothing was deployed yet; `apply` does it.")
    say(release.described(current))
    say(f"{installation.letters.waiting()} dead letters")
    say(f"stream of the table: {installation.stream.says()}")
    _tell_address(installation)


def replay(installation: Installation, *, recounted: bool) -> None:
    """Hands each event to the jobs once more; what fails again stays.

    `recounted`: changes of the table are taken away; whoever says it has counted the figures anew.
    """
    letters, jobs = installation.letters, installation.functions[JOBS]
    kept: list[Letter] = []
    done = 0
    try:
        for letter in letters.read():
            kept.append(letter)
            failed = None if letter.is_of_stream and recounted else _again(jobs, letter)
            say(f"{letter.says}: {failed or 'done'}")
            if failed is None:
                letters.done(kept.pop())
                done += 1
    finally:
        for letter in kept:
            letters.put_back(letter)
    print(f"{done} done, {len(kept)} left." + (" docs/runbook.md says what to do." if kept else ""))


def _again(jobs: Function, letter: Letter) -> str | None:
    """What it failed at."""
    if letter.is_of_stream:
        return "cannot be run again; run scripts/recount.py, then this with --recounted"
    return jobs.invoke(letter.event) if letter.event is not None else "look at it in the queue"


def undeploy(installation: Installation, delete_data: str | None) -> None:
    """Data goes only if its table is named."""
    _tell_where(installation)
    table = installation.table.name
    if delete_data is not None and delete_data != table:
        raise CannotDeploy(f"The table is called {table}; to delete all data, say --delete-data {table}.")
    everything = [*installation.resources(), *installation.strays()]
    done = _count(resource.remove(everything, with_data=delete_data is not None))
    print(f"{done} taken down." if done else "There was nothing to take down.")
    if delete_data is None and installation.table.found() is None:
        return
    if delete_data is None:
        print(f"The table {table} and its key stay; --delete-data {table} deletes them, too.")
    else:
        print("The master key can be brought back for 30 days, for backups of the table: `apply` does that.")


def _tell_where(installation: Installation) -> None:
    account = installation.account
    where = "an imitation on this machine" if installation.is_imitated else f"account {account.number}"
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
    if installation.is_imitated:
        print("Not run here, because the imitation cannot:")
        for line in imitation.LIMITS:
            print(f"    {line}")


def _tell_address(installation: Installation) -> None:
    say(f"address: {installation.api.address()}")
    if installation.host and (target := installation.host.points_to()):
        say(f"the name server must point {installation.host.name} to {target}")
    for email in installation.topic.unconfirmed():
        say(f"{email} gets no alarms until it has confirmed the mail that AWS sent")
    table, key, region = installation.table.name, installation.key.name, installation.account.region
    say(f"for other commands: AWS_REGION={region} TONGKA_TABLE={table} TONGKA_MASTER_KEY=kms:{key}")
