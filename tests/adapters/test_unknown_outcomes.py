"""A write that took effect though its answer was lost must end as if nothing had gone wrong."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from msgspec import Struct
from msgspec.structs import replace

from domain.actor import MemberSelf, Operator
from domain.api_key.apply import KeyWish
from domain.api_key.authenticate import SignedRequest, signature_of
from domain.joining.log_in_by_phone import PhoneLogin
from domain.member.find import Reference, ReferenceKind
from domain.member.profile import ProfileChange
from domain.money import Money
from domain.order.model import Bill, Line, OrderId, Payment, PaymentMethod
from domain.points.claw_back import RefundRequest
from domain.sms_code.model import Purpose
from domain.tenant.model import Store
from serverless.wiring import Wiring
from tests.adapters.disturbed import Disturbed, answer_of, disturbed_services, goes_well, lost_answer, refused
from tests.shop import CONSENT_VERSION, STORE, Shop

LOST = lost_answer(ReadTimeoutError(endpoint_url="http://engine"))


class Scene(Struct, frozen=True):
    """A shop, and the product on a client whose answers get lost."""

    shop: Shop
    services: Wiring
    client: Disturbed

    @property
    def till(self) -> Operator:
        return Operator(self.shop.tenant_id, "office", frozenset({"admin", "orders.write"}))


@pytest.fixture
def scene(shop: Shop, client: Any) -> Scene:
    services, disturbed = disturbed_services(shop.services, client, shop.services.clock)
    return Scene(shop, services, disturbed)


def bill(scene: Scene, number: str = "N-1", fen: int = 5000) -> Bill:
    paid = (Payment(PaymentMethod.CASH, Money(fen)),)
    lines = (Line("latte", "coffee", 1, Money(fen)),)
    now = scene.shop.now().replace(microsecond=0)
    return Bill(OrderId(STORE, number), STORE, now, lines, paid, Money(fen), "order")


def by_id(member_id: str) -> Reference:
    return Reference(ReferenceKind.MEMBER_ID, member_id)


def test_an_order_is_recorded_once_and_answered_the_same(scene: Scene) -> None:
    member_id = scene.shop.fan().member_id
    scene.client.steps = [LOST]

    order = scene.services.earn_from_order(scene.till, bill(scene), by_id(member_id))
    again = scene.services.earn_from_order(scene.till, bill(scene), by_id(member_id))

    assert order == again
    assert scene.shop.account(member_id).balance.count == 50
    assert scene.shop.findings() == []


def test_a_refund_is_recorded_once_and_answered_the_same(scene: Scene) -> None:
    member_id = scene.shop.fan().member_id
    order = scene.services.earn_from_order(scene.till, bill(scene), by_id(member_id))
    paid = (Payment(PaymentMethod.CASH, Money(2000)),)
    request = RefundRequest(
        order.bill.order_id, STORE, "R-1", paid, Money(2000), order.bill.paid_at, "refund"
    )
    scene.client.steps = [LOST]

    refund, again = (scene.services.refund_order(scene.till, request) for _ in range(2))

    assert refund == again
    assert refund.points.count == -20
    assert scene.shop.account(member_id).balance.count == 30


def test_a_first_login_makes_one_person(scene: Scene) -> None:
    phone = scene.shop.phone()
    code = scene.shop.sandbox.world.wechat.mint_code("login", scene.shop.apps.wechat_id, phone.person_id)
    channel = scene.shop.channel("wx")
    scene.client.steps = [LOST, LOST]
    kinds = frozenset(scene.services.platforms)

    login, member = scene.services.log_in(kinds, channel, code, "iPhone 17")

    assert login.member_id == member.member_id
    found = scene.services.authenticate_session(login.token)
    assert found.member_id == member.member_id
    assert scene.shop.findings() == []


def test_a_profile_is_changed_once(scene: Scene) -> None:
    phone = scene.shop.member()
    actor = scene.services.authenticate_session(phone.token)
    before = scene.services.read_myself(actor)
    scene.client.steps = [LOST]

    after = scene.services.change_profile(actor, ProfileChange(nickname="小满"))

    assert (after.profile.nickname, after.version) == ("小满", before.version + 1)


def test_a_store_is_created_once(scene: Scene) -> None:
    scene.client.steps = [LOST]

    said = scene.services.apply_store(scene.shop.tenant_id, Store("third", "三店"))

    assert said in {"created", "unchanged"}
    assert scene.services.apply_store(scene.shop.tenant_id, Store("third", "三店")) == "unchanged"


def test_a_new_key_still_shows_its_secret(scene: Scene) -> None:
    scene.client.steps = [LOST]

    made = scene.services.apply_key(
        scene.shop.tenant_id, KeyWish("new", "new", frozenset({"orders.write"}), None)
    )

    assert made.said == "created"
    assert made.secret is not None


def test_a_rotated_key_keeps_its_old_secret_beside_the_new_one(scene: Scene) -> None:
    tenant_id, old = scene.shop.tenant_id, scene.shop.secrets["till"]
    scene.client.steps = [LOST]

    new = scene.services.rotate_key(tenant_id, "till")

    stored = scene.shop.services.runner.use(tenant_id, lambda stores, _: stores.api_keys.find("till"))
    assert stored is not None
    assert [secret.open() for secret in stored.secrets] == [old, new]


def test_a_signed_request_is_not_taken_for_its_own_repetition(scene: Scene) -> None:
    key = f"{scene.shop.tenant_id}.till"
    timestamp = str(int(scene.shop.now().timestamp()))
    unsigned = SignedRequest(key, timestamp, "nonce-1", "", "GET", "/v1/till/members", (), b"")
    signed = replace(unsigned, signature=signature_of(unsigned, scene.shop.secrets["till"]))
    scene.client.steps = [LOST]

    actor = scene.services.authenticate_key(signed, once=True)

    assert actor.key_id == "till"


def sent_code(scene: Scene, number: str) -> str:
    scene.services.send_login_code(scene.shop.channel("web"), f"+86{number}", network_address="203.0.113.7")
    return scene.shop.last_code(number)


def test_a_code_is_sent_although_an_answer_was_lost(scene: Scene) -> None:
    number = scene.shop.phone().number
    scene.client.steps = [LOST]

    sent = scene.services.send_code(
        scene.shop.tenant_id, f"+86{number}", Purpose.LOGIN, address="203.0.113.8", identity=None
    )

    assert sent.expires_in == 300
    assert len(scene.shop.last_code(number)) == 6


def test_a_login_by_code_ends_in_a_login(scene: Scene) -> None:
    number = scene.shop.phone().number
    code = sent_code(scene, number)
    scene.client.steps = [goes_well, LOST]

    login, member, _ = scene.services.log_in_by_phone(
        PhoneLogin(scene.shop.channel("web"), f"+86{number}", code, CONSENT_VERSION, "")
    )

    assert login.member_id == member.member_id


def test_a_list_of_entries_that_was_disturbed_at_its_first_read_lacks_nothing(scene: Scene) -> None:
    member_id = scene.shop.fan().member_id
    for number in range(3):
        scene.services.earn_from_order(scene.till, bill(scene, f"N-{number}"), by_id(member_id))
    scene.client.read_steps = [refused(answer_of("ThrottlingException"))]

    page = scene.services.list_entries(scene.till, member_id, 10, None)

    assert [entry.sequence for entry in page.items] == [3, 2, 1]


def test_a_list_of_entries_that_was_disturbed_half_way_lacks_nothing(scene: Scene) -> None:
    shop = scene.shop
    wechat = shop.member("wechat")
    shop.buy(6000, wechat.member_id)
    alipay = type(wechat)(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    shop.buy(5000, alipay.member_id)
    alipay.prove("alipay")
    shop.buy(700, wechat.member_id)
    calm = scene.services.list_entries(scene.till, wechat.member_id, 10, None)
    scene.client.read_steps = [goes_well, refused(answer_of("ThrottlingException"))]

    page = scene.services.list_entries(scene.till, wechat.member_id, 10, None)

    assert [entry.points.count for entry in page.items] == [entry.points.count for entry in calm.items]


def test_a_session_that_is_prolonged_without_answer_lives_on(scene: Scene) -> None:
    phone = scene.shop.fan()
    scene.shop.wait(minutes=45)
    scene.client.steps = [LOST]

    actor = scene.services.authenticate_session(phone.token)
    scene.shop.wait(hours=1, minutes=30)

    assert isinstance(actor, MemberSelf)
    assert scene.services.authenticate_session(phone.token) == actor
    assert scene.shop.now() - actor.opened_at > timedelta(hours=2)
