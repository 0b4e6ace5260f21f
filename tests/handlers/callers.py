"""Every kind of caller, where it is at home, and what it is told before anybody looks at what it asks for."""

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import Anyone, MemberSelf, Operator
from domain.api_key.apply import KeyWish
from handlers.operation import Operation
from tests.handlers.scene import Credentials, Query, Scene, bearer, nobody, signed
from tests.handlers.signing import sign
from tests.shop import OTHER_STORE, STORE, Phone, Shop

READ, WRITE, REWARDS, COUPONS = "members.read", "orders.write", "rewards.write", "coupons.write"
OF_TILLS = {READ, WRITE, REWARDS, COUPONS}
Told = tuple[int, str]
OK: Told = (0, "")
"""The operation's own status."""
MISSING, ENDED, OTHER_APP = (
    (401, "credential-missing"),
    (401, "session-ended"),
    (401, "session-of-another-app"),
)
REFUSED, WRONG, LATE = (401, "signature-refused"), (403, "wrong-actor"), (401, "timestamp-out-of-window")


class Caller(Struct, frozen=True):
    """Who asks. Somebody without credentials is at home with us, too, and wants to pass for our member."""

    credentials: Credentials
    home: Shop
    away: Shop
    person: Phone
    scene: Scene


def bare(token: str) -> Credentials:
    return lambda *_: {"Authorization": token}


def in_channel(token: str, channel: str) -> Credentials:
    return lambda *_: {"Authorization": f"Bearer {token}", "Tongka-Channel": channel}


def logged_out(phone: Phone) -> Credentials:
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


def changed(shop: Shop, key_id: str, **signer: str) -> Credentials:
    """A system whose key or secret is not what it should be."""
    system = shop.system(key_id)
    return signed(
        replace(
            system,
            signer=replace(
                system.signer,
                key=signer.get("key", system.signer.key),
                secret=signer.get("secret", system.signer.secret),
            ),
        )
    )


def old(shop: Shop) -> Credentials:
    """Signed an hour ago."""
    signer = shop.office.signer

    def headers(method: str, path: str, query: Query, body: bytes, key: str) -> dict[str, str]:
        stamp = str(int(signer.now()) - 3600)
        return sign(signer.key, signer.secret, method, path, query, body, stamp, "n-old", key)

    return headers


def of_another_request(shop: Shop) -> Credentials:
    credentials = signed(shop.office)
    return lambda method, path, query, body, key: credentials(method, f"{path}/x", query, body, key)


MakeCredentials = Callable[[Shop, Shop, Phone], Credentials]
"""From the home, the other tenant, and the person that the caller is or wants to be."""

STRANGERS: Mapping[str, tuple[MakeCredentials, Told, Told]] = {
    "nobody": (lambda *_: nobody, MISSING, MISSING),
    "garbage": (lambda *_: bearer("garbage"), ENDED, MISSING),
    "garbage of our tenant": (lambda us, *_: bearer(f"{us.tenant_id}.{'x' * 43}"), ENDED, MISSING),
    "a token without bearer": (lambda us, them, who: bare(who.token), MISSING, MISSING),
    "somebody logged out": (lambda us, *_: logged_out(us.fan()), ENDED, MISSING),
    "a token in another app": (
        lambda us, them, who: in_channel(who.token, us.channel("alipay")),
        OTHER_APP,
        MISSING,
    ),
    "a token in another tenant's app": (
        lambda us, them, who: in_channel(who.token, them.channel("wx")),
        OTHER_APP,
        MISSING,
    ),
    "a token under another tenant": (
        lambda us, them, who: bearer(f"{them.tenant_id}.{who.token.partition('.')[2]}"),
        ENDED,
        MISSING,
    ),
    "a key under another tenant": (
        lambda us, them, _: changed(us, "office", key=f"{them.tenant_id}.office"),
        MISSING,
        REFUSED,
    ),
    "an unknown key": (lambda us, *_: changed(us, "till", key=f"{us.tenant_id}.no"), MISSING, REFUSED),
    "the wrong secret": (lambda us, *_: changed(us, "office", secret="not-the-secret"), MISSING, REFUSED),
    "a revoked key": (lambda us, *_: revoked(us), MISSING, REFUSED),
    "the signature of another request": (lambda us, *_: of_another_request(us), MISSING, REFUSED),
    "an old signature": (lambda us, *_: old(us), MISSING, LATE),
}
"""Credentials that are good for nothing: what routes of people, and what signed routes say to them."""

PEOPLE: Mapping[str, MakeCredentials] = {
    "somebody": lambda us, them, who: bearer(who.token),
    "somebody elsewhere": lambda us, them, who: bearer(who.token),
    "a fan": lambda us, them, who: bearer(who.token),
}
SYSTEMS: Mapping[str, MakeCredentials] = {
    "till": lambda us, *_: signed(us.till),
    "office": lambda us, *_: signed(us.office),
    "till elsewhere": lambda us, *_: signed(us.till),
    "office elsewhere": lambda us, *_: signed(us.office),
    "till of another store": lambda us, *_: key(us, "west", OF_TILLS, {OTHER_STORE}),
    "till of no store": lambda us, *_: key(us, "nowhere", OF_TILLS, set()),
    "till without scopes": lambda us, *_: key(us, "idle", set(), {STORE, OTHER_STORE}),
    "office without scopes": lambda us, *_: key(us, "bare", {"admin"}, None),
}
CALLERS: Mapping[str, MakeCredentials] = {
    **{name: make for name, (make, *_) in STRANGERS.items()},
    **PEOPLE,
    **SYSTEMS,
}


def caller(scene: Scene, name: str) -> Caller:
    """Those elsewhere are at home at the other tenant: all is the same for them, the other way round.

    People are new each time; the others are changed by nothing that they ask for, and made once.
    """
    if name in scene.kept:
        kept: Caller = scene.kept[name]
        return kept
    home, away = (scene.rival, scene.shop) if name.endswith("elsewhere") else (scene.shop, scene.rival)
    person = home.fan() if name == "a fan" else home.member()
    made = Caller(CALLERS[name](home, away, person), home, away, person, scene)
    if name not in PEOPLE:
        scene.kept[name] = made
    return made


def told(endpoint: str, facts: Operation, name: str) -> Told:
    """What the caller is told whatever it asks for; OK if that depends on what it asks for."""
    if facts.actor is Anyone:
        return OK
    is_for_people = issubclass(facts.actor, MemberSelf)
    if name in STRANGERS:
        _, to_people, to_systems = STRANGERS[name]
        return to_people if is_for_people else to_systems
    if is_for_people:
        return _told_person(endpoint, name)
    if name in PEOPLE:
        return MISSING
    return _told_operator(endpoint, name) if facts.actor is Operator else _told_till(endpoint, name)


def _told_person(endpoint: str, name: str) -> Told:
    if name not in PEOPLE:
        return MISSING
    return OK


def _told_operator(endpoint: str, name: str) -> Told:
    if name.startswith("till"):
        return WRONG
    reads_members = endpoint in {
        "staff_members.read",
        "staff_exchanges.exchanges",
        "staff_entitlements.entitlements",
        "staff_coupons.coupons",
    }
    lacks_scope = name == "office without scopes" and reads_members
    return (403, "scope-missing") if lacks_scope else OK


def _told_till(endpoint: str, name: str) -> Told:
    if "without scopes" in name:
        return 403, "scope-missing"
    is_bound = name in {"till of another store", "till of no store"}
    is_for_store = endpoint.startswith(("till_orders", "checkout")) or endpoint in {
        "till_exchanges.exchange",
        "till_exchanges.fulfil",
        "till_entitlements.use",
        "till_coupons.redeem",
        "till_coupons.release",
    }
    return (403, "store-not-allowed") if is_bound and is_for_store else OK
