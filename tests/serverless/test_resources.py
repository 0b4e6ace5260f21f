"""Any resource: what shows late, what never shows, and how a difference is told."""

import pytest

from scripts.cloud import resource
from scripts.cloud.deployment import CannotDeploy


class Late(resource.Resource):
    """Shows some looks after it was made."""

    kind, name = "thing", "late"

    def __init__(self, looks: int) -> None:
        self.looks, self.is_made, self.is_changed = looks, False, False

    def found(self) -> resource.Facts | None:
        if not self.is_made:
            return None
        self.looks -= 1
        return {"closed": self.is_changed} if self.looks < 0 else None

    def wanted(self) -> resource.Facts:
        return {"closed": True}

    def make(self) -> None:
        self.is_made = True

    def change(self, found: resource.Facts) -> None:
        self.is_changed = True


def test_what_shows_late_is_finished_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a role would be left without rights, and a bucket open."""
    monkeypatch.setattr(resource, "PAUSE_SECONDS", 0)
    late = Late(looks=3)

    assert len(list(resource.apply([late]))) == 1
    assert late.is_changed


def test_what_never_shows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(resource, "SHOWS_AFTER_SECONDS", 0)

    with pytest.raises(CannotDeploy, match="thing late was made and does not show"):
        list(resource.apply([Late(looks=1000)]))


def test_what_changes_in_a_role_is_told_by_name() -> None:
    before = {"policies": [{"Sid": "Data", "Action": ["a:Get", "a:Put"]}, {"Sid": "Old", "Action": ["b:Do"]}]}
    after = {"policies": [{"Sid": "Data", "Action": ["a:Get", "a:Scan"]}]}

    lines = list(resource.Difference(Late(0), before, after).lines())

    assert lines == [
        "~ thing late",
        "    policies.Data.Action: -a:Put, +a:Scan",
        "    policies.Old: {'Sid': 'Old', 'Action': ['b:Do']} → none",
    ]


@pytest.mark.parametrize(
    "before,after,line",
    [
        (["Sid@example.com"], ["ops@example.com"], "emails: -Sid@example.com, +ops@example.com"),
        ([], ["a"], "emails: +a"),
        (["a", "b"], ["b", "a"], "emails: ['a', 'b'] → ['b', 'a']"),
    ],
)
def test_a_list_tells_what_goes_and_what_comes(before: list[str], after: list[str], line: str) -> None:
    told = resource.Difference(Late(0), {"emails": before}, {"emails": after})

    assert list(told.lines())[1:] == [f"    {line}"]
