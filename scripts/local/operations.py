"""What each operation costs the store, measured on the real adapters and compared with its limit."""

import logging
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from adapters.dynamodb.meter import metered
from domain.actor import MemberSelf, Operator, Till
from domain.entitlement.model import EntitlementRef
from domain.entitlement.use import settled_from
from domain.joining.log_in_by_phone import PhoneLogin
from domain.joining.model import proved_from
from domain.joining.prove_phone import PhoneRequest, PlatformProof
from domain.member.find import Reference, ReferenceKind
from domain.money import Money, Points
from domain.order.model import Bill, Line, OrderId, Payment, PaymentMethod
from domain.points.adjust import AdjustmentWish, adjustment_from
from domain.points.claw_back import RefundRequest
from domain.points.model import EntryRef
from domain.programme import rule as written
from domain.programme.publish import Publication, published_from
from domain.programme.rule import Rule
from domain.reward.exchange import Exchanged, ExchangeWish, exchanged_from
from domain.reward.finish import finished_from
from domain.session.model import Login
from domain.sms_code.model import Purpose
from domain.tenant.model import ChannelKind
from domain.unit_of_work import RequestKey
from scripts.local.costs import Limit, Row
from scripts.local.coupon_operations import Coupons
from scripts.local.processes import Children
from scripts.local.world import CONSENT, World

WECHAT = frozenset({ChannelKind.MINI_PROGRAM})
ALIPAY = frozenset({ChannelKind.ALIPAY_APP})
STORE = "nanjing-road"
SCOPES = frozenset({"admin", "members.read", "orders.write", "rewards.write", "coupons.write"})
COFFEE = {"points_each": 10, "goods": {"categories": ["coffee"]}}


def _rule(rule_id: str, kind: str, settings: dict[str, Any], **more: Any) -> Rule:
    return written.load({"rule_id": rule_id, "name": rule_id, "kind": kind, "settings": settings, **more})


EVERY_RULE = (
    _rule("latte", "item_bonus", COFFEE, limits={"per_day": 500}),
    _rule("chest", "item_bonus", COFFEE, limits={"budget": 1_000_000}),
    _rule("third", "nth_order", {"nth": 3, "points_each": 20}),
    _rule("full", "step_bonus", {"steps": [{"from_fen": 8000, "points": 9}]}, limits={"per_member": 900}),
    _rule("bands", "spend_band", {"bands": [{"from_fen": 8000, "permille": 1500}]}),
    _rule("birthday", "multiplier", {"permille": 2000}, when={"birthday": "month"}),
    _rule("members", "multiplier", {"permille": 1200}, when={"is_members_only": True}),
    _rule("more", "multiplier", {"permille": 1100, "stack": "multiply", "covers": "all"}),
)
GIFTS = (
    _rule("gift", "joining", {"points_each": 50}),
    _rule("friends", "referral", {"inviter_points": 20, "invitee_points": 10}),
)


def measure() -> list[Row]:
    """Starts a world of its own. Raises DidNotStart."""
    logging.getLogger("tongka").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="tongka-") as folder, Children() as children:
        world = World(children, Path(folder), counts_at_once=False)
        world.start()
        return Bench(world).run()


class Bench:
    """Walks through the operations in an order that a shop would see."""

    def __init__(self, world: World) -> None:
        self.world, self.services = world, world.services
        self.rows: list[Row] = []
        self.till = Till("demo", "till-1", frozenset({"members.read", "orders.write"}), frozenset({STORE}))
        self.office = Operator("demo", "office", SCOPES)

    def run(self) -> list[Row]:
        self.people()
        self.identification()
        self.orders()
        self.account()
        self.rewards()
        Coupons(self).run()
        self.codes()
        self.rules()
        self.welcoming()
        self.merging()
        self.jobs()
        return self.rows

    def row(self, name: str, limit: Limit, action: Callable[[], Any]) -> Any:
        with metered() as usage:
            answer = action()
        self.rows.append(Row(name, usage, limit))
        return answer

    def people(self) -> None:
        body = {"name": "林小满", "phone": "13912345678"}
        self.person = self.world.sandbox.control("/control/people", body)["person_id"]
        self._log_in(
            "wechat", self.person
        )  # Fills the caches of tenant and channel, as a warm process has them.
        other = {"name": "周伯言", "phone": "13800138000"}
        self.second = self.world.sandbox.control("/control/people", other)["person_id"]
        first = "Log in for the first time (a fan is met)"
        login = self.row(first, Limit(3, 1, 12), lambda: self._log_in("wechat", self.second))
        self.row("Log in, known", Limit(3, 2, 1), lambda: self._log_in("wechat", self.second))
        self.actor = self.row(
            "Authenticate a session",
            Limit(1, 0.5, 0),
            lambda: self.services.authenticate_session(login.token),
        )
        self._read_programme()
        joins = self._proof(self.actor, "wechat", self.second, "bench-join-0001")
        self.row(
            "Prove a phone: join", Limit(3, 2.5, 12), lambda: self.services.prove_phone(self.actor, joins)
        )
        self.row(
            "Prove a phone: the same request again",
            Limit(None, None, 0),
            lambda: self.services.prove_phone(self.actor, joins),
        )
        self.row("Read one's record", Limit(1, 1, 0), lambda: self.services.read_myself(self.actor))
        self.row("Show the member code", Limit(1, 1, 0), lambda: self.services.show_code(self.actor))

    def identification(self) -> None:
        signer = self.world.till()
        key = self.row(
            "Authenticate an API key (with the tenant's settings)",
            Limit(1, 1, 0),
            lambda: self.services.runner.use("demo", lambda stores, _: stores.api_keys.find("till-1")),
        )
        assert key is not None and signer.key == "demo.till-1"  # noqa: PT018, S101  # a guard of the bench itself
        ends_at = self.services.clock() + timedelta(minutes=15)
        self.row(
            "Store a nonce",
            Limit(1, 0, 1),
            lambda: self.services.runner.use(
                "demo", lambda stores, _: stores.nonces.use("till-1", "n", "x", ends_at)
            ),
        )
        phone = Reference(ReferenceKind.PHONE, "13800138000")
        self.row("Identify by phone", Limit(2, 2, 0), lambda: self.services.find_member(self.till, phone))

    def orders(self) -> None:
        member = Reference(ReferenceKind.MEMBER_ID, self.actor.member_id)
        self.services.earn_from_order(self.till, self.bill("B-0"), member)
        bill = self.bill("B-1")
        earn = self.services.earn_from_order
        first = self.bill("T-1", lines=3)
        self.row(
            "Earn, and reach a tier (two for the change)",
            Limit(2, 1, 8),
            lambda: earn(self.till, first, member),
        )
        self.row("Earn from an order", Limit(2, 1, 6), lambda: earn(self.till, bill, member))
        self.row("Earn: the same order again", Limit(2, 1, 6), lambda: earn(self.till, bill, member))
        self._benefit(member)
        many = self.bill("B-2", lines=40)
        self.row("Earn from an order of 40 lines", Limit(2, 1, None), lambda: earn(self.till, many, member))
        refund = self.refund("B-1", "R-1")
        self.row("Refund an order", Limit(3, 2, 8), lambda: self.services.refund_order(self.till, refund))
        self.row(
            "Refund: the same refund again",
            Limit(3, 2, 8),
            lambda: self.services.refund_order(self.till, refund),
        )
        self.row(
            "Read the balance",
            Limit(1, 1, 0),
            lambda: self.services.read_balance(self.actor, self.actor.member_id),
        )
        for number in range(25):
            earn(self.till, self.bill(f"C-{number}"), member)
        page = lambda: self.services.list_entries(self.actor, self.actor.member_id, 20, None)  # noqa: E731
        self.row("A page of 20 entries", Limit(1, 2, 0), page)

    def _benefit(self, member: Reference) -> None:
        large, services = self.bill("L-1", lines=4), self.services
        earn = partial(services.earn_from_order, self.till, large, member)
        granted = self.row("Earn, with a benefit (two for it)", Limit(2, 1, 8), earn).award.granted
        ref = EntitlementRef.parse(granted[0].entitlement_id)
        key = RequestKey("bench", "bench-use-000001", "f" * 64, settled_from)
        use = partial(services.use_entitlement, self.office, ref, STORE, key)
        self.row("Use an entitlement", Limit(3, 2, 4), use)
        page = partial(services.list_entitlements, self.actor, self.actor.member_id, 20, None)
        self.row("A page of entitlements", Limit(2, 2.5, 0), page)

    def account(self) -> None:
        key = RequestKey(self.office.caller, "bench-adjust-001", "f" * 64, adjustment_from)
        wish = AdjustmentWish(self.actor.member_id, Points(50), "bench", key)
        adjust = self.services.adjust_points
        self.row("Adjust points by hand", Limit(2, 1, 8), lambda: adjust(self.office, wish))
        read_tier = self.services.read_tier
        self.row("The first page", Limit(1, 3, 0), lambda: self.services.read_home(self.actor))
        self.row("Read one's tier", Limit(1, 1, 0), lambda: read_tier(self.actor, self.actor.member_id))

    def rewards(self) -> None:
        services, actor, owner = self.services, self.actor, self.actor.member_id
        self._exchange("music", "Exchange points for a code", Limit(4, 4, 14))
        coffee = self._exchange("coffee", "Exchange points for goods", Limit(3, 2.5, 12))
        page = partial(services.list_exchanges, actor, owner, 20, None)
        self.row("A page of exchanges", Limit(2, 2.5, 0), page)
        self.row("What points are good for", Limit(2, 3, 0), lambda: services.list_choices(actor, 20, None))
        key = RequestKey("bench", "bench-refund-0001", "f" * 64, finished_from)
        back = partial(services.refund_exchange, self.office, EntryRef(owner, coffee.entry_sequence), key)
        self.row("Take an exchange back", Limit(4, 4, 12), back)

    def _exchange(self, reward: str, title: str, most: Limit) -> Exchanged:
        points = self.services.read_reward(self.office, reward).reward.offer.points
        key = RequestKey("bench", f"bench-exchange-{reward}", "f" * 64, exchanged_from)
        wish = ExchangeWish(self.actor.member_id, reward, points, key)
        done: Exchanged = self.row(title, most, lambda: self.services.exchange_reward(self.actor, wish))
        return done

    def rules(self) -> None:
        """Everything at once: goods, steps, caps, the birthday, three multipliers, and a budget."""
        member, earn = Reference(ReferenceKind.MEMBER_ID, self.actor.member_id), self.services.earn_from_order
        drafts = self._drafts(EVERY_RULE)
        spare = _rule("spare", "item_bonus", COFFEE)
        self.row("Save a draft", Limit(3, 2, 1), lambda: self.services.save_draft(self.office, spare))
        key = RequestKey(self.office.caller, "bench-publish-01", "f" * 64, published_from)
        self.row(
            "Publish eight rules",
            Limit(4, None, None),
            lambda: self.services.publish_rules(self.office, Publication(drafts, (), key)),
        )
        earn(self.till, self.bill("E-0"), member)
        dry = self.bill("E-1")
        self.row(
            "Earn with all rules on, dry", Limit(2, 1, 8), lambda: earn(self.till, dry, member, dry_run=True)
        )
        order = self.row(
            "Earn with all rules on (two for the budget)",
            Limit(2, 1, 8),
            lambda: earn(self.till, self.bill("E-1"), member),
        )
        explain = self.services.explain_entry
        ref = EntryRef(order.member_id, order.award.entry_sequence)
        self.row("Explain an entry", Limit(3, 3, 0), lambda: explain(self.actor, ref.member_id, ref))

    def welcoming(self) -> None:
        """Two gifts for the newcomer, one for the inviter."""
        key = RequestKey(self.office.caller, "bench-publish-02", "f" * 64, published_from)
        self.services.publish_rules(self.office, Publication(self._drafts(GIFTS), (), key))
        self._read_programme()
        body = {"name": "许知夏", "phone": "13600136000"}
        friend = self.world.sandbox.control("/control/people", body)["person_id"]
        login = self._log_in("wechat", friend)
        actor = self.services.authenticate_session(login.token)
        proof = replace(
            self._proof(actor, "wechat", friend, "bench-join-0002"), invited_by=self.actor.member_id
        )
        self.row(
            "Prove a phone: join, invited, with gifts for both",
            Limit(5, 4.5, 22),
            lambda: self.services.prove_phone(actor, proof),
        )

    def _drafts(self, rules: Sequence[Rule]) -> dict[str, int]:
        return {
            rule.rule_id: self.services.save_draft(self.office, rule).record.draft_number for rule in rules
        }

    def _read_programme(self) -> None:
        """As a warm process has it."""
        self.services.runner.use("demo", lambda stores, _: stores.programmes.current())

    def merging(self) -> None:
        login = self._log_in("alipay", self.second)
        fan = self.services.authenticate_session(login.token)
        member = Reference(ReferenceKind.MEMBER_ID, fan.member_id)
        self.services.earn_from_order(self.till, self.bill("D-1"), member)
        proof = self._proof(fan, "alipay", self.second, "bench-merge-0001")
        moved = 3
        proved, _, _ = self.row(
            "Merge by a proven phone, sessions included",
            Limit(None, 6 + moved + 3, 24 + 2 * moved),
            lambda: self.services.prove_phone(fan, proof),
        )
        self.row(
            "Undo a merge, sessions included",
            Limit(None, None, 24 + 2 * moved),
            lambda: self.services.undo_merge(self.office, proved.merge_id),
        )

    def codes(self) -> None:
        def send() -> Any:
            return self.services.send_code(
                "demo", "+8613700001234", Purpose.LOGIN, address="192.0.2.1", identity=None
            )

        self.row("Send a code", Limit(None, None, 10), send)
        path = "/control/sms/messages?phone=13700001234"
        code = self.world.sandbox.control(path)["items"][-1]["params"]["code"]
        request = PhoneLogin("demo.web", "+8613700001234", code, CONSENT["version"], "")
        self.row(
            "Join by phone and code (check, register, session)",
            Limit(None, None, 14),
            lambda: self.services.log_in_by_phone(request),
        )

    def jobs(self) -> None:
        self.world.sandbox.control("/clock", {"advance_months": 13})
        quiet = self.services.expire_points
        due = list(quiet.due.before(self.services.clock().date()))
        account = next(each for each in due if each.member_id == self.actor.member_id)
        self.row(
            "Expire one account (without the search), and turn points into coupons (two for that)",
            Limit(2, 1, 6),
            lambda: quiet._expire(account),  # noqa: SLF001  # the step that is repeated
        )

    def bill(self, number: str, lines: int = 1) -> Bill:
        return Bill(
            order_id=OrderId(STORE, number),
            store_id=STORE,
            paid_at=self.services.clock().replace(microsecond=0),
            lines=tuple(Line(f"latte-{place}", "coffee", 1, Money(8800)) for place in range(lines)),
            payments=(Payment(PaymentMethod.WECHAT_PAY, Money(8800 * lines)),),
            total=Money(8800 * lines),
            fingerprint="f" * 64,
        )

    def refund(self, number: str, refund_number: str) -> RefundRequest:
        return RefundRequest(
            order_id=OrderId(STORE, number),
            store_id=STORE,
            number=refund_number,
            payments=(Payment(PaymentMethod.WECHAT_PAY, Money(4400)),),
            total=Money(4400),
            refunded_at=self.services.clock().replace(microsecond=0),
            fingerprint="f" * 64,
        )

    def _log_in(self, platform: str, person: str) -> Login:
        logins = self.world.logins
        if platform == "wechat":
            kinds, app, path, name = WECHAT, logins.wechat_app_id, "wechat/login-codes", "code"
        else:
            kinds, app, path, name = ALIPAY, logins.alipay_app_id, "alipay/auth-codes", "auth_code"
        code = self.world.sandbox.control(f"/control/{path}", {"app_id": app, "person_id": person})[name]
        channel = "demo.wx" if platform == "wechat" else "demo.alipay"
        login, _ = self.services.log_in(kinds, channel, code, "bench")
        return login

    def _proof(self, actor: MemberSelf, platform: str, person: str, key: str) -> PhoneRequest:
        kinds, name = (WECHAT, "code") if platform == "wechat" else (ALIPAY, "response")
        proof = PlatformProof(kinds, self.world.phone_proof(platform, person)[name])
        return PhoneRequest(proof, CONSENT["version"], RequestKey(actor.caller, key, "f" * 64, proved_from))
