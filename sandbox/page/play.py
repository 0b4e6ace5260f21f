"""People play the product: log in through an app, share a phone, look at the card."""

import secrets
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from sandbox.page.client import TOO_OLD_A_LOGIN, ProductRefused, call
from sandbox.page.product import Product
from sandbox.refusals import NotThere
from sandbox.state import Shelf, State
from sandbox.wechat import codes

if TYPE_CHECKING:
    from sandbox.world import World

ENTRIES_SHOWN = 20
OUTCOMES = {
    "joined": "已入会",
    "merged": "已合并到原有会员",
    "unchanged": "手机号没有变化",
    "waiting": "已提交，等待处理",
}


class Visit(Struct, frozen=True):
    """What one person's phone remembers of one channel of the product."""

    person_id: str
    channel_id: str
    token: str = ""
    member: dict[str, Any] = field(default_factory=dict)
    points: dict[str, Any] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    code: dict[str, Any] = field(default_factory=dict)
    seen_at: str = ""


class Toast(Struct, frozen=True):
    """The last thing that the phone told its owner."""

    text: str
    code: str
    is_refusal: bool


class Visits:
    """Every phone's memory."""

    def __init__(self, state: State) -> None:
        self._visits = Shelf(state, "visits", Visit)
        self._toasts = Shelf(state, "toasts", Toast)

    def get(self, person_id: str, channel_id: str) -> Visit:
        """What the phone knows; an empty visit if it was never there."""
        return self._visits.get(f"{person_id} {channel_id}") or Visit(person_id, channel_id)

    def keep(self, visit: Visit) -> None:
        """Remember."""
        self._visits.put(f"{visit.person_id} {visit.channel_id}", visit)

    def toast(self, person_id: str) -> Toast | None:
        """What the phone shows at its top."""
        return self._toasts.get(person_id)

    def show(self, person_id: str, toast: Toast) -> None:
        """Put it there."""
        self._toasts.put(person_id, toast)


class Player:
    """Does what a person does with a phone. It never locks the world: the product calls back into it."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def log_in(self, person_id: str, channel_id: str) -> None:
        """Open the app: it logs in at once."""
        product, channel = self._channel(channel_id)
        device = f"sandbox-{person_id}"
        if channel["platform"] == "wechat":
            code = self._world.wechat.mint_code(codes.LOGIN, channel["app_id"], person_id)
            path, proof = "/v1/auth/wechat", {"code": code}
        else:
            code = self._world.alipay.mint_code(channel["app_id"], person_id, "auth_base")
            path, proof = "/v1/auth/alipay", {"auth_code": code}
        answer = self._call(
            person_id,
            channel_id,
            product,
            "POST",
            path,
            body={"channel_id": channel_id, **proof, "device": device},
            is_login=True,
        )
        if answer is not None:
            token, member = str(answer.get("token") or ""), as_object(answer.get("member"))
            self._world.visits.keep(Visit(person_id, channel_id, token, member, seen_at=self._now()))
            self._say(person_id, f"已通过{channel['name']}登录")

    def share_phone(self, person_id: str, channel_id: str) -> None:
        """Press the button that hands over the number, and agree to the terms."""
        product, channel = self._channel(channel_id)
        proof: dict[str, object]
        if channel["platform"] == "wechat":
            proof = {"code": self._world.wechat.mint_code(codes.PHONE, channel["app_id"], person_id)}
        else:
            proof = {"response": self._world.alipay.phone_response(channel["app_id"], person_id)}
        answer = self._call(
            person_id,
            channel_id,
            product,
            "POST",
            "/v1/me/phone",
            body={**proof, "consent": {"version": product.consent_version, "accepted": True}},
            headers={"Idempotency-Key": secrets.token_hex(16)},
        )
        if answer is not None:
            visit = self._world.visits.get(person_id, channel_id)
            # After a merge the old login belongs to nobody; the product hands out a new one.
            token = str(answer.get("token") or visit.token)
            member = as_object(answer.get("member")) or visit.member
            self._world.visits.keep(replace(visit, token=token, member=member, seen_at=self._now()))
            outcome = str(answer.get("outcome") or "")
            self._say(person_id, OUTCOMES.get(outcome, "手机号已提交"), outcome)

    def look_at_card(self, person_id: str, channel_id: str) -> None:
        """Pull the card down to refresh it."""
        product, _channel = self._channel(channel_id)
        visit = self._world.visits.get(person_id, channel_id)
        member = self._call(person_id, channel_id, product, "GET", "/v1/me")
        if member is None:
            return
        visit = replace(visit, member=as_object(member.get("member")) or member, seen_at=self._now())
        self._world.visits.keep(visit)
        points = self._call(person_id, channel_id, product, "GET", "/v1/me/points")
        if points is None:
            return
        path = f"/v1/me/points/entries?limit={ENTRIES_SHOWN}"
        listed = self._call(person_id, channel_id, product, "GET", path)
        if listed is None:
            return
        items = listed.get("items")
        entries = [as_object(item) for item in items[:ENTRIES_SHOWN]] if isinstance(items, list) else []
        self._world.visits.keep(replace(visit, points=points, entries=entries))
        self._say(person_id, "已刷新")

    def show_code(self, person_id: str, channel_id: str) -> None:
        """Hold up the member's code for the till."""
        product, _channel = self._channel(channel_id)
        answer = self._call(person_id, channel_id, product, "GET", "/v1/me/code")
        if answer is not None:
            visit = self._world.visits.get(person_id, channel_id)
            self._world.visits.keep(replace(visit, code=answer, seen_at=self._now()))
            self._say(person_id, "会员码已更新")

    def _channel(self, channel_id: str) -> tuple[Product, dict[str, str]]:
        product = self._world.product.require()
        return product, product.channel(channel_id)

    def _call(
        self,
        person_id: str,
        channel_id: str,
        product: Product,
        method: str,
        path: str,
        *,
        body: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        is_login: bool = False,
    ) -> dict[str, Any] | None:
        """The answer, or nothing after the phone has shown what went wrong."""
        visit = self._world.visits.get(person_id, channel_id)
        if not is_login and not visit.token:
            raise NotThere("the person has not logged in here")
        try:
            token = "" if is_login else visit.token
            return call(product.member_api, method, path, token=token, body=body, headers=headers)
        except ProductRefused as refused:
            if refused.status == TOO_OLD_A_LOGIN and not is_login:
                self._world.visits.keep(replace(visit, token=""))
            self._world.visits.show(person_id, Toast(refused.message, refused.code, is_refusal=True))
            return None

    def _say(self, person_id: str, text: str, code: str = "") -> None:
        self._world.visits.show(person_id, Toast(text, code, is_refusal=False))

    def _now(self) -> str:
        return self._world.clock.now().isoformat()


def as_object(value: Any) -> dict[str, Any]:
    """An object, or an empty one where the product sent something else."""
    return value if isinstance(value, dict) else {}
