"""Clocks, ids, and the keys of the table: no tenant can write down another's."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dynamodb.keys import Key, Keys, due_shard, saga_shard, shard_of, tenant_and_thing
from adapters.system.clock import SandboxClock, SystemClock, to_ms
from adapters.system.ids import SystemIds
from sandbox.server import RunningSandbox
from tests.domain.builders import NOON, steady

ids = st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True)
parts = st.text(max_size=20)
EVERY: dict[str, Callable[[Keys, str, str, str], Key]] = {
    "tenant": lambda keys, *_: keys.tenant(),
    "sweep": lambda keys, one, *_: keys.sweep(one),
    "store": lambda keys, one, *_: keys.store(one),
    "channel": lambda keys, one, *_: keys.channel(one),
    "api_key": lambda keys, one, *_: keys.api_key(one),
    "nonce": lambda keys, one, two, _: keys.nonce(one, two),
    "counter": lambda keys, one, *_: keys.counter(one),
    "member": lambda keys, one, *_: keys.member(one),
    "account": lambda keys, one, *_: keys.account(one),
    "entry": lambda keys, one, *_: keys.entry(one, 7),
    "tier_change": lambda keys, one, *_: keys.tier_change(one, 7),
    "sentinel": lambda keys, one, two, _: keys.sentinel(one, two),
    "idempotency": lambda keys, one, two, _: keys.idempotency(one, two),
    "order": lambda keys, one, two, _: keys.order(one, two),
    "order_lines": lambda keys, one, two, _: keys.order_lines(one, two),
    "refund": lambda keys, *three: keys.refund(*three),
    "session": lambda keys, one, *_: keys.session(one),
    "challenge": lambda keys, one, *_: keys.challenge(one),
    "phone_proof": lambda keys, one, *_: keys.phone_proof(one),
    "welcome": lambda keys, one, *_: keys.welcome(one),
    "merge": lambda keys, one, *_: keys.merge(one),
    "programme": lambda keys, *_: keys.programme(7),
    "rule": lambda keys, one, *_: keys.rule(one),
    "comment": lambda keys, one, two, _: keys.comment(one, two),
    "reward": lambda keys, one, *_: keys.reward(one),
    "free_code": lambda keys, one, two, _: keys.free_code(one, two),
    "code_mark": lambda keys, one, *_: keys.code_mark(one),
    "exchange": lambda keys, one, *_: keys.exchange(one, 7),
    "entitlement": lambda keys, one, *_: keys.entitlement(one, 7, 2),
    "hold": lambda keys, one, two, _: keys.hold(one, two),
    "template": lambda keys, one, *_: keys.template(one),
    "edition": lambda keys, one, *_: keys.edition(one, 7),
    "claim_code": lambda keys, one, *_: keys.claim_code(one),
    "coupon": lambda keys, one, *_: keys.coupon(one),
    "gift": lambda keys, one, *_: keys.gift(one),
    "counted_coupon": lambda keys, one, *_: keys.counted_coupon(1, one),
    "count": lambda keys, *_: keys.count(),
    "sum_of_template": lambda keys, one, *_: keys.sum_of_template(1, one),
    "sum_of_store": lambda keys, one, two, _: keys.sum_of_store(1, one, two),
    "sum_of_day": lambda keys, one, two, _: keys.sum_of_day(1, one, date(2026, 1, 1), two),
    "image": lambda keys, one, *_: keys.image(one),
    "check_in": lambda keys, one, *_: keys.check_in(one, date(2026, 3, 1)),
}
INDEX_ONLY = {
    *("owner", "session_of_owner", "waiting_merges", "by_time", "due", "saga"),
    *("coupon_of_owner", "coupon_due", "hold_due"),
}


def test_no_kind_of_key_was_forgotten_here() -> None:
    methods = {name for name in vars(Keys) if not name.startswith("_") and callable(getattr(Keys, name))}

    assert methods == set(EVERY) | INDEX_ONLY


@given(
    ids, ids, st.sampled_from(sorted(EVERY)), st.sampled_from(sorted(EVERY)), st.tuples(parts, parts, parts)
)
@steady
def test_no_tenant_can_write_down_anothers_key(
    one: str, other: str, kind: str, other_kind: str, texts: tuple[str, str, str]
) -> None:
    mine = EVERY[kind](Keys(one, 4), *texts)
    theirs = EVERY[other_kind](Keys(other, 4), *texts)

    assert mine[0].startswith(f"T#{one}#")
    assert tenant_and_thing(f"{mine[0]}#x")[0] == one
    if one != other:
        assert mine[0] != theirs[0]


@given(st.sampled_from(sorted(EVERY)), st.sampled_from(sorted(EVERY)))
@steady
def test_two_kinds_of_things_never_share_a_place(kind: str, other_kind: str) -> None:
    keys = Keys("t", 4)

    same = EVERY[kind](keys, "a", "b", "c") == EVERY[other_kind](keys, "a", "b", "c")

    assert same == (kind == other_kind)


def test_queue_keys_sort_by_what_is_due_first_and_name_their_tenant_by_the_partition_key() -> None:
    keys = Keys("t", 16)
    early, late = (keys.due(day, "m_1") for day in (date(2026, 2, 28), date(2026, 3, 1)))

    assert (early[0], early[1]) == (due_shard(shard_of("m_1", 16)), "20260228#m_1")
    assert early < late
    assert keys.saga(NOON, "g_1")[0] == saga_shard(shard_of("g_1", 16))
    assert keys.by_time(NOON, "g") < keys.by_time(NOON + timedelta(milliseconds=1), "a")
    assert keys.entry("m_1", 9) < keys.entry("m_1", 10) < keys.entry("m_1", 1_000_000_000)
    assert keys.session_of_owner(NOON, "z") < keys.session_of_owner(NOON + timedelta(milliseconds=1), "a")
    assert tenant_and_thing("T#t#O#store#N-1") == ("t", "store#N-1")


@given(st.text(), st.integers(1, 512))
@steady
def test_a_thing_has_one_shard_within_the_range(thing_id: str, shards: int) -> None:
    assert shard_of(thing_id, shards) == shard_of(thing_id, shards)
    assert 0 <= shard_of(thing_id, shards) < shards


def test_things_are_spread_over_all_shards() -> None:
    counts = [0] * 16
    for _ in range(3200):
        counts[shard_of(SystemIds().new("m_"), 16)] += 1

    assert min(counts) > 100


def test_the_systems_clock_tells_utc_in_whole_milliseconds() -> None:
    now = SystemClock()()

    assert now.utcoffset() == timedelta(0)
    assert now.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)
    odd = datetime(2026, 1, 1, microsecond=123_999, tzinfo=UTC)
    assert to_ms(odd) == odd.replace(microsecond=123_000)


def test_the_sandboxs_clock_can_be_turned(sandboxed: RunningSandbox) -> None:
    clock = SandboxClock(f"{sandboxed.page_url}/clock")
    sandboxed.world.clock.advance_seconds(86_400)

    now = clock()

    assert abs(now - sandboxed.world.clock.now()) < timedelta(seconds=5)
    assert now - SystemClock()() > timedelta(hours=23)
    assert (now.utcoffset(), now.microsecond % 1000) == (timedelta(0), 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/clock",
        "http://127.0.0.1.example.com/clock",
        "http://localhost@example.com/clock",
        "http://10.0.0.1/clock",
        "http:///clock",
        "clock",
        "",
    ],
)
def test_a_clock_of_another_machine_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        SandboxClock(url)


def test_ids_have_a_prefix_and_a_hundred_random_bits() -> None:
    made = {SystemIds().new("m_") for _ in range(2000)}

    assert len(made) == 2000
    assert all(re.fullmatch(r"m_[a-z2-7]{20}", each) for each in made)
    assert {each[-1] for each in made} == set("abcdefghijklmnopqrstuvwxyz234567")


def test_secrets_are_long_and_digits_keep_their_zeros() -> None:
    secrets = {SystemIds().secret() for _ in range(500)}
    digits = [SystemIds().digits(6) for _ in range(500)]

    assert len(secrets) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", each) for each in secrets)
    assert all(re.fullmatch(r"\d{6}", each) for each in digits)
    assert any(each.startswith("0") for each in digits)
    assert len({each[0] for each in digits}) == 10
