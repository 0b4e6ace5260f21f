"""What the page shows, cut down to texts: phones, inbox, requests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from sandbox.clock import CHINA
from sandbox.page.play import Visit
from sandbox.people import Person
from sandbox.received import Received
from sandbox.world import World

MESSAGES_SHOWN = 30
REQUESTS_SHOWN = 15
PLATFORM_NAMES = {"wechat": ("微信", "WeChat"), "alipay": ("支付宝", "Alipay"), "sms": ("短信", "SMS")}
STATES = {
    "active": "会员",
    "member": "会员",
    "fan": "粉丝",
    "frozen": "已冻结",
    "closed": "已注销",
    "merged": "已合并",
}
KINDS = {
    "earn": "获得",
    "redeem": "使用",
    "refund_redeem": "退还",
    "claw_back": "退款扣回",
    "expire": "过期",
    "adjust": "调整",
    "convert": "转换",
    "merge_in": "合并转入",
    "merge_out": "合并转出",
}


def page(world: World) -> dict[str, Any]:
    """Everything the template needs."""
    product = world.product.get()
    channels = product.channels if product else []
    messages = world.sms.messages()
    return {
        "now": world.clock.now(),
        "offset": describe_offset(world.clock.offset_seconds),
        "product": product,
        "phones": [phone(world, person, channels) for person in world.people.all()],
        "messages": [with_instant(asdict(item), "sent_at") for item in reversed(messages[-MESSAGES_SHOWN:])],
        "inboxes": {
            name: [request_line(item) for item in reversed(world.requests.all(name)[-REQUESTS_SHOWN:])]
            for name in PLATFORM_NAMES
        },
        "platform_names": PLATFORM_NAMES,
        "faults": world.faults.all(),
    }


def phone(world: World, person: Person, channels: list[dict[str, str]]) -> dict[str, Any]:
    """One person's phone with an app for each channel."""
    messages = world.sms.messages(person.phone)
    return {
        "person": person,
        "toast": world.visits.toast(person.person_id),
        "message": messages[-1] if messages else None,
        "apps": [
            app(world.visits.get(person.person_id, channel["channel_id"]), channel) for channel in channels
        ],
    }


def app(visit: Visit, channel: Mapping[str, str]) -> dict[str, Any]:
    """One app on a phone: the card as it was last seen."""
    member = visit.member
    state = text(member, "state")
    return {
        "channel": channel,
        "platform": PLATFORM_NAMES[channel["platform"]],
        "is_logged_in": bool(visit.token),
        "is_seen": bool(member),
        "state": STATES.get(state, state),
        "nickname": text(member, "nickname"),
        "card_number": text(member, "card_number"),
        "phone": text(member, "phone"),
        "balance": text(visit.points, "balance"),
        "code": text(visit.code, "code"),
        "code_seconds": text(visit.code, "expires_in"),
        "entries": [entry(item) for item in visit.entries],
        "seen_at": instant(visit.seen_at),
    }


def entry(item: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the points' ledger."""
    kind = text(item, "kind")
    points = text(item, "points")
    return {
        "kind": KINDS.get(kind, kind),
        "points": points,
        "is_loss": points.startswith("-"),
        "balance": text(item, "balance"),
        "reason": text(item, "reason"),
        "at": instant(text(item, "at")),
    }


def request_line(received: Received) -> dict[str, Any]:
    """One request with its parameters in one text."""
    parameters = "  ".join(f"{name}={value}" for name, value in received.parameters.items())
    is_fine = received.answer in {"0", "OK", "10000", "encrypted"}
    return with_instant(asdict(received), "at") | {"parameters": parameters, "is_fine": is_fine}


def describe_offset(seconds: float) -> str:
    """How far the clock has been moved, for people."""
    minutes = round(abs(seconds) / 60)
    if not minutes:
        return "与本机一致"
    days, rest = divmod(minutes, 24 * 60)
    parts = (
        f"{days} 天" if days else "",
        f"{rest // 60} 小时" if rest // 60 else "",
        f"{rest % 60} 分" if rest % 60 else "",
    )
    return ("快 " if seconds > 0 else "慢 ") + " ".join(filter(None, parts))


def text(fields: Mapping[str, Any], name: str) -> str:
    """A field as text; what is missing is empty."""
    value = fields.get(name)
    return "" if value is None else str(value)


def instant(written: str) -> str:
    """An instant in China's time, short; anything else as it was written."""
    try:
        return datetime.fromisoformat(written).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return written


def with_instant(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """The fields with one instant made short."""
    return fields | {name: instant(fields[name])}
