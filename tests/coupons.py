"""Coupons for tests: templates over HTTP, and people who hold some."""

import secrets
from typing import Any

from tests.shop import STORE, Answer, Phone, Shop, System

FACE = {"title": "山茶咖啡", "coupon_title": "满50减10优惠券", "disclaimer": "每单限用一张，不找零"}
THRESHOLD = {"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000}
RATE = {"kind": "rate_discount", "pay_permille": 800}
CASH = {"kind": "cash", "off_fen": 800}
EXCHANGE = {"kind": "goods_exchange"}
DAYS = {"kind": "relative", "days_valid": 30}


def key() -> str:
    return secrets.token_hex(16)


def keyed(system: System, path: str, body: object = None, number: str = "") -> Answer:
    return system.send("POST", path, body, None, **{"Idempotency-Key": number or key()})


def form(**more: Any) -> dict[str, Any]:
    """50 and more, 10 off, for 30 days, sent is owned."""
    said = {"face": FACE, "effect": THRESHOLD, "validity": DAYS, "delivery": "push"}
    return said | more


def save(shop: Shop, template_id: str, **more: Any) -> Answer:
    return shop.office.send("PUT", f"/v1/staff/coupon-templates/{template_id}", {"form": form(**more)})


def template(shop: Shop, template_id: str, **more: Any) -> str:
    answer = save(shop, template_id, **more)
    assert answer.status_code == 200, answer.text
    return template_id


def issue(shop: Shop, template_id: str, *member_ids: str, number: str = "", dry: str = "") -> Answer:
    path = f"/v1/staff/coupon-templates/{template_id}/issues{dry}"
    return keyed(shop.office, path, {"member_ids": list(member_ids)}, number)


def coupon(shop: Shop, phone: Phone, template_id: str, **more: Any) -> str:
    """The code of one that the member holds now, of a template of its own."""
    template(shop, template_id, **more)
    return another(shop, phone, template_id)


def another(shop: Shop, phone: Phone, template_id: str) -> str:
    answer = issue(shop, template_id, phone.member_id)
    assert answer.status_code == 201, answer.text
    code: str = answer.json["handed"][0]["code"]
    assert code, answer.text
    return code


def claim(phone: Phone, template_id: str, number: str = "") -> Answer:
    path = f"/v1/me/coupon-templates/{template_id}/claims"
    return phone.post(path, **{"Idempotency-Key": number or key()})


def lines(fen: int, sku: str = "latte", category: str = "coffee", quantity: int = 1) -> list[dict[str, Any]]:
    return [{"sku": sku, "category": category, "quantity": quantity, "amount_fen": fen}]


def redeem_body(fen: int, **more: Any) -> dict[str, Any]:
    return {"order_number": f"K-{key()[:10]}", "store_id": STORE, "lines": lines(fen)} | more


def redeem(shop: Shop, code: str, fen: int, number: str = "", **more: Any) -> Answer:
    return keyed(shop.till, f"/v1/till/coupons/{code}/redemption", redeem_body(fen, **more), number)


def basket(fen: int, member_id: str, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "store_id": STORE,
        "member": {"member_id": member_id},
        "lines": lines(fen),
        "total_fen": fen,
    }
    return body | more


def quote(shop: Shop, fen: int, member_id: str, **more: Any) -> Answer:
    return shop.till.post("/v1/till/checkout/quotes", basket(fen, member_id, **more))


def quoted(shop: Shop, fen: int, member_id: str, **more: Any) -> dict[str, Any]:
    answer = quote(shop, fen, member_id, **more)
    assert answer.status_code == 200, answer.text
    return answer.json


def bill(shop: Shop, fen: int, member_id: str, paid: int, **more: Any) -> dict[str, Any]:
    """To be completed, with so much paid by money."""
    body = basket(fen, member_id) | {
        "order_number": f"C-{key()[:10]}",
        "paid_at": shop.now().isoformat(timespec="seconds"),
        "payments": [{"method": "wechat_pay", "amount_fen": paid}] if paid else [],
    }
    return body | more


def complete(shop: Shop, body: dict[str, Any], dry: str = "") -> Answer:
    return shop.till.post(f"/v1/till/checkout/orders{dry}", body)


def completed(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    answer = complete(shop, body)
    assert answer.status_code == 201, answer.text
    return answer.json


def reverse(shop: Shop, order_number: str, fen: int | None = None, **more: Any) -> Answer:
    body: dict[str, Any] = {
        "refund_number": f"V-{key()[:10]}",
        "store_id": STORE,
        "refunded_at": shop.now().isoformat(timespec="seconds"),
    }
    body |= {"amount_fen": fen} if fen is not None else {}
    return shop.till.post(f"/v1/till/checkout/orders/{order_number}/reversals", body | more)


def holdings(phone: Phone, group: str = "live") -> list[dict[str, Any]]:
    answer = phone.get(f"/v1/me/coupons?group={group}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def state(shop: Shop, code: str) -> str:
    found: str = shop.till.get(f"/v1/till/coupons/{code}").json["state"]
    return found
