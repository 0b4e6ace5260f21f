"""The table of operations has a row for each use case, or a reason why there is none."""

import pytest

from scripts.local import costs, operations
from scripts.local.costs import Row
from scripts.local.measuring import USE_CASES

COMMAND = "somebody runs it by hand, when a tenant is set up or changed"
EXEMPT = {
    "apply_tenant": COMMAND,
    "apply_programme": COMMAND,
    "apply_store": COMMAND,
    "apply_channel": COMMAND,
    "apply_key": COMMAND,
    "rotate_key": COMMAND,
    "revoke_key": COMMAND,
    "reconcile": "reads one thirtieth of everything each night, by purpose",
    "recount_statistics": "a command that reads the whole table, by purpose",
}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return operations.measure()


def test_every_use_case_of_the_product_is_measured_or_has_a_reason_not_to_be(rows: list[Row]) -> None:
    measured = {name for row in rows for name in row.ran}

    assert len(USE_CASES) > 80
    assert USE_CASES - measured == EXEMPT.keys()


def test_every_operation_has_a_name_of_its_own_and_holds_its_limit(rows: list[Row]) -> None:
    names = [row.name for row in rows]

    assert len(names) == len(set(names))
    assert [row.name for row in rows if not row.holds] == []
    assert costs.above_design(rows) + costs.dearer_again(rows) == []
