"""What is measured: a running product whose use cases say when they run. `operations.py` walks through it."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from adapters.dynamodb.meter import metered
from domain.actor import MemberSelf, Operator, Till
from domain.joining.model import proved_from
from domain.joining.prove_phone import PhoneRequest, PlatformProof
from domain.member.find import Reference, ReferenceKind
from domain.money import Money
from domain.order.model import Bill, Line, OrderId, Payment, PaymentMethod
from domain.session.model import Login
from domain.tenant.model import ChannelKind
from domain.unit_of_work import Record, Remembered, RequestKey
from scripts.local.costs import Limit, Row
from scripts.local.world import CONSENT, World
from serverless.coupon_wiring import CouponWiring
from serverless.settings import Settings
from serverless.wiring import Wiring

M = TypeVar("M", bound=Remembered)

WECHAT = frozenset({ChannelKind.MINI_PROGRAM})
ALIPAY = frozenset({ChannelKind.ALIPAY_APP})
STORE = "nanjing-road"
SCOPES = frozenset({"admin", "members.read", "orders.write", "rewards.write", "coupons.write"})
USE_CASES = frozenset(
    name
    for part in (Wiring, CouponWiring)
    for name, found in vars(part).items()
    if isinstance(found, cached_property)
)
"""All that an entry point may ask for, by the wiring's names."""


class Watched:
    """A use case that notes when it runs, also inside of another one."""

    def __init__(self, name: str, use_case: Any, ran: set[str]) -> None:
        self._name, self._use_case, self._ran = name, use_case, ran

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        self._ran.add(self._name)
        return self._use_case(*arguments, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._use_case, name)


class WatchedWiring(Wiring):
    """As an entry point has it, but that it knows what has run."""

    def __init__(self, settings: Settings) -> None:
        self.ran: set[str] = set()
        super().__init__(settings)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return Watched(name, found, self.ran) if name in USE_CASES else found


class Bench:
    """Measures one operation after the other, and makes the people and things that they are about."""

    def __init__(self, world: World) -> None:
        self.world, self.services = world, WatchedWiring(Settings.from_environment())
        self.rows: list[Row] = []
        self.till = Till("demo", "till-1", frozenset({"members.read", "orders.write"}), frozenset({STORE}))
        self.office = Operator("demo", "office", SCOPES)
        self._numbers = iter(range(1, 10_000))
        self.warm()

    def warm(self) -> None:
        """What a process that has answered requests before knows of the tenant."""
        self.services.runner.use("demo", lambda stores, _: stores.programmes.current())
        self.services.runner.use("demo", lambda stores, _: stores.stores.is_known(STORE))

    def row(self, name: str, limit: Limit, action: Callable[[], Any]) -> Any:
        """One line of the table; what a request is made of stays outside."""
        self.services.ran.clear()
        with metered() as usage:
            answer = action()
        self.rows.append(Row(name, usage, limit, frozenset(self.services.ran)))
        return answer

    def key(self, recall: Callable[[Record], M]) -> RequestKey[M]:
        """Of a request that was never sent before."""
        return RequestKey("bench", f"bench-key-{next(self._numbers):08}", "f" * 64, recall)

    def person(self, name: str, phone: str) -> str:
        """Somebody with a phone, at the platforms."""
        body = {"name": name, "phone": phone}
        person_id: str = self.world.sandbox.control("/control/people", body)["person_id"]
        return person_id

    def log_in(self, platform: str, person_id: str) -> Login:
        """What a request to the platform costs is not measured."""
        logins = self.world.logins
        if platform == "wechat":
            kinds, app, path, name = WECHAT, logins.wechat_app_id, "wechat/login-codes", "code"
        else:
            kinds, app, path, name = ALIPAY, logins.alipay_app_id, "alipay/auth-codes", "auth_code"
        body = {"app_id": app, "person_id": person_id}
        code = self.world.sandbox.control(f"/control/{path}", body)[name]
        channel = "demo.wx" if platform == "wechat" else "demo.alipay"
        login, _ = self.services.log_in(kinds, channel, code, "bench")
        return login

    def fan(self, platform: str, person_id: str) -> MemberSelf:
        """Logged in; a fan unless they have joined before."""
        return self.services.authenticate_session(self.log_in(platform, person_id).token)

    def proof(self, actor: MemberSelf, platform: str, person_id: str) -> PhoneRequest:
        """The phone button was pressed, and the terms were agreed to."""
        kinds, name = (WECHAT, "code") if platform == "wechat" else (ALIPAY, "response")
        proof = PlatformProof(kinds, self.world.phone_proof(platform, person_id)[name])
        key = RequestKey(actor.caller, f"bench-key-{next(self._numbers):08}", "f" * 64, proved_from)
        return PhoneRequest(proof, CONSENT["version"], key)

    def member(self, person_id: str) -> MemberSelf:
        """Somebody joins."""
        actor = self.fan("wechat", person_id)
        self.services.prove_phone(actor, self.proof(actor, "wechat", person_id))
        return actor

    def reference(self, actor: MemberSelf) -> Reference:
        return Reference(ReferenceKind.MEMBER_ID, actor.member_id)

    def bill(self, number: str, lines: int = 1) -> Bill:
        """So many cups of coffee, paid a moment ago."""
        return Bill(
            order_id=OrderId(STORE, number),
            store_id=STORE,
            paid_at=self.services.clock().replace(microsecond=0),
            lines=tuple(Line(f"latte-{place}", "coffee", 1, Money(8800)) for place in range(lines)),
            payments=(Payment(PaymentMethod.WECHAT_PAY, Money(8800 * lines)),),
            total=Money(8800 * lines),
            fingerprint="f" * 64,
        )
