"""Which versions of the functions belong together, and going back to the ones before.

A parameter holds the release in use. Its history has those before; going back writes the earlier one anew.
"""

import subprocess
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from scripts.cloud.account import Account, unless_absent
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.lambdas import Live
from scripts.cloud.resource import Facts, Resource
from scripts.environment import ROOT

KEPT = 3
"""Releases, the one in use and those to which one may go back, whose versions are never forgotten."""


class Release(Struct, frozen=True):
    """Numbered in the order in which they were first deployed."""

    number: int
    functions: dict[str, str]
    """Stages, and their versions."""
    commit: str
    at: str
    before: int | None = None
    """The release that was in use when this one was made: where going back leads."""


class ReleaseRecord(Resource):
    """Written last: what it tells is in use."""

    kind = "release"

    def __init__(self, account: Account, name: str, lives: Sequence[Live], stages: Collection[str]) -> None:
        """`lives`: those that are looked at now; `stages`: all that there are."""
        self._account, self._ssm, self._lives = account, account.client("ssm"), lives
        self._stages = stages
        self.name = f"/{name}/release"

    def current(self) -> Release | None:
        found = unless_absent(lambda: self._ssm.get_parameter(Name=self.name), "ParameterNotFound")
        return msgspec.json.decode(found["Parameter"]["Value"], type=Release) if found else None

    def found(self) -> Facts | None:
        current = self.current()
        return {"functions": current.functions} if current else None

    def wanted(self) -> Facts:
        """What the aliases say; those of functions that are not looked at now stay."""
        current = self.current()
        kept = {
            stage: number
            for stage, number in (current.functions if current else {}).items()
            if stage in self._stages
        }
        seen = {live.stage: live.version() for live in self._lives}
        return {"functions": kept | {stage: number for stage, number in seen.items() if number}}

    def make(self) -> None:
        current = self.current()
        latest = max((each.number for each in self._history()), default=0)
        before = current.number if current else None
        self._write(Release(latest + 1, self.wanted()["functions"], _commit(), _now(), before))
        self._forget()

    def change(self, found: Facts) -> None:
        if found != self.wanted():
            self.make()

    def remove(self) -> None:
        self._ssm.delete_parameter(Name=self.name)

    def previous(self) -> Release:
        """Where going back leads; from a newer one that was cut short, to the last whole one.

        Raises CannotDeploy.
        """
        current = self.current()
        if current is not None and self.wanted()["functions"] != current.functions:
            return current
        before = self._by_number().get(current.before or 0) if current else None
        if before is None:
            raise CannotDeploy("There is no release before this one.")
        return before

    def go_back(self) -> Release:
        """Moves all aliases; can be repeated until it has come through. Raises CannotDeploy."""
        wanted = self.previous()
        moved = {live: wanted.functions[live.stage] for live in self._lives if live.stage in wanted.functions}
        if gone := [f"{live.stage} {number}" for live, number in moved.items() if not live.has(number)]:
            raise CannotDeploy(
                f"Release {wanted.number} is forgotten: there is no {', '.join(gone)} any more."
            )
        for live, number in moved.items():
            live.move(number)
        self._write(wanted)
        return wanted

    def _write(self, release: Release) -> None:
        value = msgspec.json.encode(release).decode()
        self._ssm.put_parameter(Name=self.name, Value=value, Type="String", Overwrite=True)

    def _history(self) -> list[Release]:
        found = unless_absent(
            lambda: self._account.pages("ssm", "get_parameter_history", "Parameters", Name=self.name),
            "ParameterNotFound",
        )
        return [msgspec.json.decode(each["Value"], type=Release) for each in found or ()]

    def _by_number(self) -> dict[int, Release]:
        return {each.number: each for each in self._history()}

    def _forget(self) -> None:
        known, kept = self._by_number(), list[Release]()
        latest = self.current()
        while latest is not None and len(kept) < KEPT:
            kept.append(latest)
            latest = known.get(latest.before or 0)
        for live in self._lives:
            live.forget({each.functions[live.stage] for each in kept if live.stage in each.functions})


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def described(release: Release) -> str:
    """One line."""
    versions = ", ".join(f"{stage} {number}" for stage, number in sorted(release.functions.items()))
    return f"release {release.number} of {release.at}, commit {release.commit}: {versions}"
