"""Every route, every kind of caller: what is not allowed by name is refused."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Blueprint

from domain.actor import Anyone, MemberSelf, Operator, Till
from domain.api_key.apply import KeyWish
from handlers.app import create_app
from handlers.operation import Operation, operation
from tests.handlers.problems import complaints
from tests.handlers.scene import (
    BUILDERS,
    Credentials,
    Sample,
    Scene,
    bearer,
    nobody,
    operation_of,
    operations,
    raw_body,
    signed,
    waiting_merge,
)
from tests.shop import OTHER_STORE, STORE, Answer, Shop

PUBLIC = {
    "health_auth.health",
    "health_till.health",
    "auth.wechat",
    "auth.alipay",
    "auth.phone",
    "auth.sms_codes",
}
READ, WRITE = "members.read", "orders.write"
MISSING, ENDED = (401, "credential-missing"), (401, "session-ended")
REFUSED, WRONG = (401, "signature-refused"), (403, "wrong-actor")
OK = (0, "")
"""The operation's own status."""
NOT_FOUND = {
    "till_members": (404, "member-not-found"),
    "till_orders.record": (404, "member-not-found"),
    "till_orders.refund": (404, "order-not-found"),
    "staff_members": (404, "member-not-found"),
    "staff_points": (404, "member-not-found"),
    "staff_merges": (404, "merge-not-found"),
}
"""What somebody of another tenant is told of our things, and our people of theirs."""


def bare(token: str) -> Credentials:
    return lambda *_: {"Authorization": token}


def logged_out(shop: Shop) -> Credentials:
    phone = shop.fan()
    assert phone.post("/v1/auth/logout").status_code == 204
    return bearer(phone.token)


def key(shop: Shop, key_id: str, scopes: set[str], stores: set[str] | None) -> Credentials:
    wish = KeyWish(key_id, key_id, frozenset(scopes), frozenset(stores) if stores is not None else None)
    secret = shop.services.apply_key(shop.tenant_id, wish).secret
    if secret is not None:
        shop.secrets[key_id] = secret
    return signed(shop.system(key_id))


def revoked(shop: Shop) -> Credentials:
    credentials = key(shop, "revoked", {"admin", READ, WRITE}, None)
    shop.services.revoke_key(shop.tenant_id, "revoked")
    return credentials


def wrong_secret(shop: Shop) -> Credentials:
    system = shop.office
    return signed(replace(system, signer=replace(system.signer, secret="not-the-secret")))


CALLERS: Mapping[str, Callable[[Scene], Credentials]] = {
    "nobody": lambda _: nobody,
    "garbage": lambda _: bearer("garbage"),
    "garbage of our tenant": lambda scene: bearer(f"{scene.shop.tenant_id}.{'x' * 43}"),
    "a token without bearer": lambda scene: bare(scene.shop.fan().token),
    "somebody": lambda scene: bearer(scene.shop.member().token),
    "somebody logged out": lambda scene: logged_out(scene.shop),
    "somebody elsewhere": lambda scene: bearer(scene.rival.member().token),
    "a token under another tenant": lambda scene: bearer(
        f"{scene.rival.tenant_id}.{scene.shop.fan().token.partition('.')[2]}"
    ),
    "till": lambda scene: signed(scene.shop.till),
    "office": lambda scene: signed(scene.shop.office),
    "till elsewhere": lambda scene: signed(scene.rival.till),
    "office elsewhere": lambda scene: signed(scene.rival.office),
    "a key under another tenant": lambda scene: signed(
        replace(
            scene.shop.office,
            signer=replace(scene.shop.office.signer, key=f"{scene.rival.tenant_id}.office"),
        )
    ),
    "an unknown key": lambda scene: signed(
        replace(scene.shop.till, signer=replace(scene.shop.till.signer, key=f"{scene.shop.tenant_id}.no"))
    ),
    "the wrong secret": lambda scene: wrong_secret(scene.shop),
    "a revoked key": lambda scene: revoked(scene.shop),
    "till of another store": lambda scene: key(scene.shop, "west", {READ, WRITE}, {OTHER_STORE}),
    "till of no store": lambda scene: key(scene.shop, "nowhere", {READ, WRITE}, set()),
    "till without scopes": lambda scene: key(scene.shop, "idle", set(), {STORE, OTHER_STORE}),
    "office without scopes": lambda scene: key(scene.shop, "bare", {"admin"}, None),
}
STRANGERS = {
    "nobody": MISSING,
    "garbage": MISSING,
    "garbage of our tenant": MISSING,
    "a token without bearer": MISSING,
    "somebody": MISSING,
    "somebody logged out": MISSING,
    "somebody elsewhere": MISSING,
    "a token under another tenant": MISSING,
    "a key under another tenant": REFUSED,
    "an unknown key": REFUSED,
    "the wrong secret": REFUSED,
    "a revoked key": REFUSED,
}
"""What signed routes say to them."""


def expected(endpoint: str, actor: object, caller: str) -> tuple[int, str]:
    if actor is Anyone:
        return OK
    if actor is MemberSelf:
        tokens = {"garbage", "garbage of our tenant", "somebody logged out", "a token under another tenant"}
        return (
            OK
            if caller.startswith("somebody") and caller not in tokens
            else (ENDED if caller in tokens else MISSING)
        )
    if caller in STRANGERS:
        return STRANGERS[caller]
    if actor is Operator:
        return as_operator(endpoint, caller)
    return as_till(endpoint, caller)


def as_operator(endpoint: str, caller: str) -> tuple[int, str]:
    if caller.startswith("till"):
        return WRONG
    if caller == "office elsewhere":
        return OK if endpoint == "staff_merges.waiting" else not_found(endpoint)
    if caller == "office without scopes" and endpoint == "staff_members.read":
        return 403, "scope-missing"
    return OK


def as_till(endpoint: str, caller: str) -> tuple[int, str]:
    if "elsewhere" in caller:
        return not_found(endpoint)
    if "without scopes" in caller:
        return 403, "scope-missing"
    is_bound = caller in {"till of another store", "till of no store"}
    return (403, "store-not-allowed") if is_bound and endpoint.startswith("till_orders") else OK


def not_found(endpoint: str) -> tuple[int, str]:
    return next(found for name, found in NOT_FOUND.items() if endpoint.startswith(name))


GAPS = {("staff_members.read", "office without scopes")}
"""Each with a test of its own below."""


@pytest.mark.parametrize("endpoint", BUILDERS)
def test_each_caller_gets_exactly_what_the_route_allows(scene: Scene, endpoint: str) -> None:
    facts = operation_of(scene.door(endpoint).app, endpoint)
    found = {caller: expected(endpoint, facts.actor, caller) for caller in CALLERS}
    refused = [caller for caller in CALLERS if found[caller] != OK and (endpoint, caller) not in GAPS]
    wrong = list(refusals(scene, endpoint, {caller: found[caller] for caller in refused}))

    for caller in [caller for caller in CALLERS if found[caller] == OK]:
        if facts.actor is Anyone and caller not in {"nobody", "garbage", "office elsewhere"}:
            continue
        answer = sent(scene, endpoint, BUILDERS[endpoint](scene.shop), CALLERS[caller](scene))
        if answer.status_code != facts.status:
            wrong.append(f"{caller}: {answer.text}")

    assert not wrong, "\n".join(wrong)
    assert refused or facts.actor is Anyone


def refusals(scene: Scene, endpoint: str, found: dict[str, tuple[int, str]]) -> Iterator[str]:
    """One request with all the credentials that must not do; whatever is said otherwise."""
    sample = BUILDERS[endpoint](scene.shop)
    facts = operation_of(scene.door(endpoint).app, endpoint)
    credentials = {caller: CALLERS[caller](scene) for caller in found}
    before = scene.items()
    for caller, (status, code) in found.items():
        answer = sent(scene, endpoint, sample, credentials[caller])
        yield from (f"{caller}: {complaint}" for complaint in complaints(answer, facts, status))
        if answer.json.get("code") != code:
            yield f"{caller}: {answer.json.get('code')} instead of {code}"
    if scene.items() != before:
        yield "something was written"


def sent(scene: Scene, endpoint: str, sample: Sample, credentials: Credentials) -> Answer:
    return replace(sample, credentials=credentials).send(scene.door(endpoint), raw_body(sample))


@pytest.mark.parametrize(
    "endpoint",
    [each for each in BUILDERS if each.startswith(tuple(NOT_FOUND)) and each != "staff_merges.waiting"],
)
def test_ids_of_another_tenant_are_unknown_here(scene: Scene, endpoint: str) -> None:
    sample = BUILDERS[endpoint](scene.rival)
    system = scene.shop.till if endpoint.startswith("till") else scene.shop.office
    before = scene.items()

    answer = sent(scene, endpoint, sample, signed(system))

    assert (answer.status_code, answer.json.get("code")) == not_found(endpoint)
    assert scene.items() == before


def test_waiting_merges_of_another_tenant_are_not_listed(scene: Scene) -> None:
    ours, theirs = waiting_merge(scene.shop), waiting_merge(scene.rival)

    listed = [merge["merge_id"] for merge in scene.rival.office.get("/v1/staff/merges").json["items"]]

    assert theirs in listed
    assert ours not in listed


def test_an_operator_without_the_scope_gets_a_declared_refusal(scene: Scene) -> None:
    found = {"office without scopes": (403, "scope-missing")}

    assert list(refusals(scene, "staff_members.read", found)) == []


def test_the_missing_scope_is_named_as_files_write_it(scene: Scene) -> None:
    sample = BUILDERS["till_orders.record"](scene.shop)

    answer = sent(scene, "till_orders.record", sample, CALLERS["till without scopes"](scene))

    assert answer.json["detail"] == "The operation needs the scope 'orders.write'."


def test_only_these_operations_are_open_to_anyone(scene: Scene) -> None:
    found = {
        endpoint
        for endpoint, facts in operations(scene.shop.people, scene.shop.staff)
        if facts.actor is Anyone
    }

    assert found == PUBLIC


def test_each_address_has_callers_of_its_own_kind(scene: Scene) -> None:
    kinds = {"/v1/me": MemberSelf, "/v1/till": Till, "/v1/staff": Operator}
    for door in (scene.shop.people, scene.shop.staff):
        for rule in door.app.url_map.iter_rules():
            if rule.endpoint in PUBLIC or rule.endpoint == "auth.logout":
                continue
            kind = next(kind for prefix, kind in kinds.items() if rule.rule.startswith(prefix))
            assert operation_of(door.app, rule.endpoint).actor is kind, rule.rule


def test_no_operation_of_people_takes_an_id_of_somebody(scene: Scene) -> None:
    for endpoint, facts in operations(scene.shop.people):
        schemas = [schema() for schema in (facts.takes, facts.query, facts.path) if schema]
        ids = {name for schema in schemas for name in schema.fields if name.endswith("_id")}
        assert facts.path is None, endpoint
        assert ids <= {"channel_id"}, endpoint


def test_a_view_without_operation_stops_the_start() -> None:
    bp = Blueprint("careless", __name__, url_prefix="/v1/careless")
    bp.get("")(lambda: "hello")

    with pytest.raises(TypeError, match="careless"):
        create_app(SimpleNamespace(), [bp])


def test_an_operation_without_actor_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="actor"):
        operation(Operation("Nobody said who may call this"))  # type: ignore[call-arg]  # that is the point
