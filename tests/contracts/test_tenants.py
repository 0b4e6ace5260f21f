"""Tenants, stores, channels and API keys: every field, sealed secrets, and how old a reading may be."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.dynamodb.cache import CACHED_SECONDS, Cache
from adapters.dynamodb.repositories import Store as Shared
from adapters.dynamodb.tenants import settings_text, to_settings
from adapters.dynamodb.unit_of_work import DynamoRunner, Pace
from domain.actor import Operator
from domain.api_key.model import ApiKey
from domain.errors import Conflict
from domain.keyring import Fresh
from domain.member.find import Reference, ReferenceKind
from domain.tenant.apply import CardPrefixFixed, TenantWish
from domain.tenant.model import (
    Channel,
    ChannelKind,
    ChannelNotFound,
    Settings,
    SmsAccount,
    Store,
    TenantNotFound,
)
from domain.unit_of_work import Changed, Created, Plan
from tests.contracts.things import AT, Place, opened, unfilled
from tests.shop import SETTINGS, Shop

CHOSEN = Settings("42", "2026-11", 90, 77, 9)
STORE = Store("west-lake", "西湖店", "second", 4)
CREDENTIALS = {name: Fresh(f"{name} 值") for name in ("app_private_key", "alipay_public_key", "aes_key")}
KEY = ApiKey(
    "till",
    "收银",
    frozenset({"members.read", "orders.write"}),
    frozenset({"b", "a"}),
    "pos",
    100_000,
    (Fresh("first"), Fresh("second")),
    AT,
    3,
)


def channel(place: Place) -> Channel:
    return Channel(
        place.tenant_id, "ali", ChannelKind.ALIPAY_APP, "支付宝", "2021", "second", CREDENTIALS, version=6
    )


def test_every_setting_comes_back() -> None:
    assert not unfilled(CHOSEN)
    assert to_settings(settings_text(CHOSEN)) == CHOSEN
    assert to_settings(settings_text(Settings())) == Settings()


def test_every_field_of_a_tenant_comes_back_and_its_secret_is_sealed(place: Place) -> None:
    before = place.read(lambda stores: stores.tenants.get())
    sms = SmsAccount("LTAI", Fresh("sms secret"), "山茶咖啡", "SMS_1")
    after = replace(before, name="山茶", settings=CHOSEN, sms=sms, version=before.version + 1)

    place.write(Changed(before, after))

    found = place.read(lambda stores: stores.tenants.get())
    assert opened(found) == opened(after)
    assert "sms secret" not in str(list(place.services.table.scan()))
    with pytest.raises(Conflict):
        place.write(Changed(before, after))
    with pytest.raises(Conflict):
        place.write(Created(after))


def test_every_field_of_a_store_comes_back(place: Place, other_place: Place) -> None:
    place.write(Created(STORE))

    assert place.read(lambda stores: stores.stores.find("west-lake")) == STORE
    assert other_place.read(lambda stores: stores.stores.find("west-lake")) is None
    assert place.read(lambda stores: stores.stores.find("nowhere")) is None


def test_every_field_of_a_channel_comes_back_and_its_secrets_are_sealed(
    place: Place, other_place: Place
) -> None:
    wished = channel(place)
    place.write(Created(wished))

    for look in ("find", "get"):
        found = place.read(lambda stores, look=look: getattr(stores.channels, look)("ali"))
        assert opened(found) == opened(wished)
    assert "aes_key 值" not in str(list(place.services.table.scan()))
    assert other_place.read(lambda stores: stores.channels.find("ali")) is None
    with pytest.raises(ChannelNotFound):
        other_place.read(lambda stores: stores.channels.get("ali"))


def test_every_field_of_an_api_key_comes_back_and_its_secrets_are_sealed(
    place: Place, other_place: Place
) -> None:
    assert not unfilled(KEY)
    place.write(Created(KEY))

    found = place.read(lambda stores: stores.api_keys.find("till"))
    assert opened(found) == opened(KEY)
    assert set(ApiKey.__struct_fields__) >= {"store_ids", "order_source", "daily_cap_fen"}
    assert other_place.read(lambda stores: stores.api_keys.find("till")) is None
    everywhere = replace(KEY, key_id="all", store_ids=None, order_source=None, daily_cap_fen=None)
    place.write(Created(everywhere))
    assert opened(place.read(lambda stores: stores.api_keys.find("all"))) == opened(everywhere)


@pytest.mark.parametrize("name", ["store", "channel", "key"])
def test_a_stale_version_and_a_second_creation_write_nothing(place: Place, name: str) -> None:
    made: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "store": (STORE, lambda stores: stores.stores.find("west-lake")),
        "channel": (channel(place), lambda stores: stores.channels.find("ali")),
        "key": (KEY, lambda stores: stores.api_keys.find("till")),
    }
    thing, look = made[name]
    place.write(Created(thing))
    stored = place.read(look)
    newer = replace(stored, name="新", version=stored.version + 1)
    place.write(Changed(stored, newer))

    for change in (Changed(stored, replace(newer, name="旧")), Created(thing)):
        with pytest.raises(Conflict):
            place.write(change)

    assert place.read(look).name == "新"


def test_a_tenant_that_is_not_there_is_not_found(place: Place) -> None:
    nobody = Place(place.services, f"{place.tenant_id}x")

    assert nobody.read(lambda stores: stores.tenants.find()) is None
    for look in (lambda stores: stores.tenants.get(), lambda stores: stores.tenants.settings()):
        with pytest.raises(TenantNotFound):
            nobody.read(look)


def elsewhere(place: Place, now: list[float]) -> Place:
    """Another process on the same table, with a cache and a clock of its own."""
    services = place.services
    store = Shared(
        services.table, Cache(lambda: now[0]), services.keyrings, services.clock, services.store.shards
    )
    runner = DynamoRunner(store, Pace(lambda: now[0], lambda _: None, lambda: 0.0))

    class Other:
        def __init__(self) -> None:
            self.runner = runner

    return Place(Other(), place.tenant_id)  # type: ignore[arg-type]  # a place asks for the runner alone


def test_settings_of_another_process_are_at_most_a_minute_old(place: Place) -> None:
    now = [100.0]
    other = elsewhere(place, now)

    def settings() -> Settings:
        found: Settings = other.read(lambda stores: stores.tenants.settings())
        return found

    assert settings() == Settings()
    place.services.apply_tenant(TenantWish(place.tenant_id, "山茶咖啡", Settings(sms_per_day=7)))
    now[0] += CACHED_SECONDS - 0.001
    assert settings().sms_per_day == 10_000

    now[0] += 0.001

    assert (settings().sms_per_day, CACHED_SECONDS) == (7, 60.0)


def test_the_process_that_changes_settings_sees_them_at_once(place: Place) -> None:
    assert place.read(lambda stores: stores.tenants.settings()) == Settings()

    place.services.apply_tenant(TenantWish(place.tenant_id, "山茶咖啡", Settings(sms_per_day=7)))

    assert place.read(lambda stores: stores.tenants.settings()).sms_per_day == 7


def test_a_key_brings_the_tenants_settings_as_they_are_now(place: Place) -> None:
    now = [100.0]
    other = elsewhere(place, now)
    place.write(Created(KEY))
    other.read(lambda stores: stores.tenants.settings())
    place.services.apply_tenant(TenantWish(place.tenant_id, "山茶咖啡", Settings(sms_per_day=7)))

    other.read(lambda stores: stores.api_keys.find("till"))

    assert other.read(lambda stores: stores.tenants.settings()).sms_per_day == 7


def test_a_store_is_brought_to_the_wished_state_whatever_this_process_remembers(place: Place) -> None:
    from domain.tenant.apply import ApplyStore  # noqa: PLC0415  # used here alone

    now = [100.0]
    other = elsewhere(place, now)
    apply_here, apply_there = place.services.apply_store, ApplyStore(other.services.runner)
    apply_there(place.tenant_id, Store("s", "old name"))
    other.read(lambda stores: stores.stores.find("s"))
    apply_here(place.tenant_id, Store("s", "new name"))

    said = apply_there(place.tenant_id, Store("s", "old name"))

    assert said == "changed"


def test_a_card_prefix_stays_and_with_it_the_codes_of_cards_that_are_out(shop: Shop) -> None:
    phone = shop.member()
    code = phone.get("/v1/me/code").json["code"]
    wish = TenantWish(shop.tenant_id, "山茶咖啡", replace(SETTINGS, card_prefix="42"))

    with pytest.raises(CardPrefixFixed):
        shop.services.apply_tenant(wish)

    office = Operator(shop.tenant_id, "office", frozenset({"members.read"}))
    found = shop.services.find_member(office, Reference(ReferenceKind.MEMBER_CODE, code))
    assert found.member_id == phone.member_id


def test_nothing_is_written_for_a_plan_without_changes(place: Place) -> None:
    assert place.services.runner.run(place.tenant_id, lambda stores, now: Plan("fine")) == "fine"
