"""Everything that can be refused says so to machines, in English and in Chinese; records come back."""

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import adapters
import domain
from domain.errors import (
    Conflict,
    DomainError,
    FieldProblem,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    RuleBroken,
    TooMany,
    Unavailable,
    invalid,
)
from domain.joining.model import Outcome, Proved, proved_from
from domain.tenant.model import (
    CREDENTIALS_OF,
    Channel,
    ChannelKind,
    Settings,
    split_address,
)
from tests.domain.builders import steady

KINDS = (NotFound, Conflict, RuleBroken, NotAuthenticated, NotPermitted, TooMany, Unavailable)


def _import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


_import_all(domain)
_import_all(adapters)
REFUSALS = [each for each in _below(DomainError) if each.__module__.split(".")[0] in {"domain", "adapters"}]


def test_there_are_refusals_of_every_kind() -> None:
    assert len(REFUSALS) > 45
    assert all(any(issubclass(each, kind) for each in REFUSALS) for kind in KINDS)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_has_a_code_a_title_and_a_message_of_its_own(refusal: type[DomainError]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", refusal.code)
    assert re.fullmatch(r"[A-Z][ -~]*\.", refusal.title)
    assert re.search(r"[\u4e00-\u9fff]", refusal.message)
    assert not refusal.message.endswith("。")
    assert {"code", "title", "message"} <= refusal.__dict__.keys()
    assert issubclass(refusal, KINDS)


def test_no_two_refusals_share_a_code() -> None:
    kinds: list[type[DomainError]] = [DomainError, *REFUSALS]
    codes = Counter(refusal.code for refusal in kinds)

    assert [code for code, count in codes.items() if count > 1] == []


def test_a_refusal_carries_its_details() -> None:
    refusal = TooMany("Wait.", retry_after_seconds=3, phone="x")

    assert (str(refusal), refusal.detail, refusal.retry_after_seconds) == ("Wait.", "Wait.", 3)
    assert refusal.context == {"phone": "x"}
    assert TooMany().detail == TooMany.title
    assert invalid("a.b", "too-long").fields == (FieldProblem("a.b", "too-long"),)


@given(st.sampled_from(Outcome), st.text(), st.none() | st.text())
@steady
def test_the_answer_to_a_phone_proof_comes_back_from_its_record(
    outcome: Outcome, member_id: str, merge_id: str | None
) -> None:
    proved = Proved(outcome, member_id, merge_id)

    assert proved_from(proved.record()) == replace(proved, is_repeated=True)
    assert not proved.is_repeated


@pytest.mark.parametrize(
    "address, parts",
    [
        ("t.wx", ("t", "wx")),
        ("t.wx.more", ("t", "wx.more")),
        ("t", ("", "")),
        (".wx", ("", "")),
        ("t.", ("", "")),
        ("", ("", "")),
    ],
)
def test_an_address_is_split_at_the_first_dot_or_not_at_all(address: str, parts: tuple[str, str]) -> None:
    assert split_address(address) == parts


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"card_prefix": "8"}, "members.card_prefix"),
        ({"card_prefix": "８８"}, "members.card_prefix"),
        ({"card_prefix": "8x"}, "members.card_prefix"),
        ({"order_age_days_max": 0}, "orders.age_days_max"),
        ({"order_age_days_max": 367}, "orders.age_days_max"),
        ({"sms_per_day": -1}, "sms.per_day"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        Settings(**wrong)

    assert [each.field for each in refused.value.fields] == [field]


@pytest.mark.parametrize("kind", ChannelKind)
def test_a_channel_has_exactly_the_credentials_of_its_kind(kind: ChannelKind) -> None:
    with pytest.raises(RuleBroken, match="credentials"):
        Channel("t", "c", kind, "n", "app", credentials={"other": None})  # type: ignore[dict-item]  # never opened
    assert set(CREDENTIALS_OF) == set(ChannelKind)
