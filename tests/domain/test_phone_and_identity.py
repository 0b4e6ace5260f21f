"""Phone numbers in one form, how they are shown, and the marks by which people are recognised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import FieldProblem, InvalidInput
from domain.member.identity import (
    Identity,
    IdentityKind,
    alipay_identity,
    parse_identity,
    wechat_identity,
)
from domain.member.phone import is_phone, mask, normalise
from tests.domain.builders import steady

mainland = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(mainland, st.sampled_from(["{}", " {} ", "+86{}", "86-{}", "0086{}", "+86 {}", "+86-{}"]))
@steady
def test_a_mainland_number_is_the_same_however_its_country_is_written(number: str, form: str) -> None:
    assert normalise(form.format(number)) == f"+86{number}"


@given(mainland)
@steady
def test_a_mainland_number_is_the_same_with_blanks_and_hyphens_inside(number: str) -> None:
    grouped = f"{number[:3]} {number[3:7]} {number[7:]}"

    assert normalise(grouped) == f"+86{number}"
    assert normalise(grouped.replace(" ", "-")) == f"+86{number}"


@pytest.mark.parametrize("typed", ["138-00138000", "1380-0138000"])
def test_a_mainland_number_with_one_hyphen_stays_a_mainland_number(typed: str) -> None:
    assert normalise(typed) == "+8613800138000"


@pytest.mark.parametrize(
    "typed, number",
    [
        ("1-1234432112", "+11234432112"),
        ("852-91234567", "+85291234567"),
        ("+1 202 555 0123", "+12025550123"),
        ("0033612345678", "+33612345678"),
    ],
)
def test_numbers_of_other_countries_keep_their_calling_code(typed: str, number: str) -> None:
    assert normalise(typed) == number
    assert is_phone(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1380013800",
        "138001380000",
        "12800138000",
        "+86 1380013800",
        "+8602112345678",
        "+0123456789",
        "+12345",
        "+1234567890123456",
        "１３８００１３８０００",
        "1380013800x",
        "1" * 25,
        "+86+8613800138000",
        "138001380\n00",
        "8-613800138000",
        "861-3800138000",
    ],
)
def test_what_is_no_phone_number_is_refused_by_field(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        normalise(typed, "number")

    assert [(each.field, each.code) for each in refused.value.fields] == [("number", "invalid-format")]
    assert not is_phone(typed)


@given(st.text(max_size=30))
@steady
def test_any_text_is_a_number_in_one_form_or_is_refused(typed: str) -> None:
    if is_phone(typed):
        number = normalise(typed)
        assert number.startswith("+")
        assert number[1:].isdigit()
        assert normalise(number) == number


def test_a_mask_shows_the_ends_only() -> None:
    assert mask("+8613800138000") == "138****8000"
    assert mask("+12025550123") == "+12****0123"
    assert mask("+4712345") == "+4****45"
    assert mask("+471234567") == "+47****4567"
    assert mask("+47123456") == "+4****56"


def test_a_long_text_is_no_number_and_a_refusal_names_the_field() -> None:
    assert normalise("+8613800138000".ljust(24, "-")) == "+8613800138000"
    for odd in ("+8613800138000".ljust(25, "-"), "１３８００１３８０００"):
        with pytest.raises(InvalidInput) as refused:
            normalise(odd)
        assert refused.value.fields == (FieldProblem("phone", "invalid-format"),)


@given(mainland)
@steady
def test_a_mask_never_shows_the_four_digits_in_the_middle(number: str) -> None:
    shown = mask(f"+86{number}")

    assert shown == f"{number[:3]}****{number[7:]}"
    assert len(shown) == 11


@given(st.sampled_from(IdentityKind), st.text(min_size=1, max_size=40))
@steady
def test_an_identity_comes_back_from_its_text(kind: IdentityKind, value: str) -> None:
    identity = Identity(kind, value)

    assert parse_identity(identity.text()) == identity


def test_an_openid_holds_in_one_app_only_and_a_unionid_everywhere() -> None:
    who = wechat_identity("wx1", "openid", "union")

    assert who.primary == Identity(IdentityKind.WECHAT_OPENID, "wx1:openid")
    assert who.all() == (who.primary, Identity(IdentityKind.WECHAT_UNIONID, "union"))
    assert wechat_identity("wx2", "openid", None).all() == (
        Identity(IdentityKind.WECHAT_OPENID, "wx2:openid"),
    )


@pytest.mark.parametrize(
    "given_ids, known",
    [
        (("o", "u", "n"), ["ali:2021:o", "aliuser:u", "aliu:n"]),
        (("o", None, None), ["ali:2021:o"]),
        ((None, "u", None), ["aliuser:u"]),
        ((None, "u", "n"), ["aliuser:u", "aliu:n"]),
        ((None, None, "n"), ["aliu:n"]),
    ],
)
def test_alipay_people_are_known_by_whatever_it_tells(
    given_ids: tuple[str | None, str | None, str | None], known: list[str]
) -> None:
    who = alipay_identity("2021", *given_ids)

    assert [identity.text() for identity in who.all()] == known


def test_alipay_telling_nothing_is_nobody() -> None:
    with pytest.raises(ValueError, match=r"^Alipay gave neither open_id nor user_id\.$"):
        alipay_identity("2021", None, None, None)


@pytest.mark.parametrize("odd", ["a b", "x" * 129, "é", "a\nb"])
def test_what_is_no_id_names_no_person(odd: str) -> None:
    with pytest.raises(ValueError, match=r"^What came as WECHAT_OPENID is no id\.$"):
        wechat_identity("wx1", odd, None)
    with pytest.raises(ValueError, match=r"^What came as ALIPAY_UNION is no id\.$"):
        alipay_identity("2021", "o", None, odd)
