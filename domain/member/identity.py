"""What a person can be recognised by."""

import re
from enum import StrEnum

from msgspec import Struct

_PLATFORM_ID = re.compile(r"[!-~]{1,128}")
"""Becomes part of a key; platforms give letters, digits, `-` and `_`, and far fewer of them."""


class IdentityKind(StrEnum):
    """Short, because the value is part of a key."""

    WECHAT_OPENID = "wx"
    WECHAT_UNIONID = "wxu"
    ALIPAY_OPENID = "ali"
    ALIPAY_USER = "aliuser"
    ALIPAY_UNION = "aliu"
    PHONE = "phone"
    CARD = "card"


class Identity(Struct, frozen=True, order=True):
    """One mark of a person. Ids that hold in one app only carry the app's id in their value.

    Platform ids stand plain, so that a login needs no key; a phone stands as its blind index.
    """

    kind: IdentityKind
    value: str

    def text(self) -> str:
        return f"{self.kind.value}:{self.value}"


def parse_identity(text: str) -> Identity:
    """The reverse of `text`."""
    kind, _, value = text.partition(":")
    return Identity(IdentityKind(kind), value)


class PlatformIdentity(Struct, frozen=True):
    """Who a platform says is there: the id in one app, and ids that the same person has elsewhere too."""

    primary: Identity
    shared: tuple[Identity, ...] = ()

    def all(self) -> tuple[Identity, ...]:
        return (self.primary, *self.shared)


def wechat_identity(app_id: str, openid: str, unionid: str | None) -> PlatformIdentity:
    """From code2session (docs/platforms.md); the unionid may come later or never. Raises ValueError."""
    shared = (_identity(IdentityKind.WECHAT_UNIONID, unionid),) if unionid else ()
    return PlatformIdentity(_identity(IdentityKind.WECHAT_OPENID, openid, app_id), shared)


def alipay_identity(
    app_id: str, open_id: str | None, user_id: str | None, union_id: str | None
) -> PlatformIdentity:
    """From oauth.token (docs/platforms.md): apps give open_id, user_id or both. Raises ValueError."""
    user = _identity(IdentityKind.ALIPAY_USER, user_id) if user_id else None
    union = _identity(IdentityKind.ALIPAY_UNION, union_id) if union_id else None
    known = [identity for identity in (user, union) if identity]
    if open_id:
        return PlatformIdentity(_identity(IdentityKind.ALIPAY_OPENID, open_id, app_id), tuple(known))
    if not known:
        raise ValueError("Alipay gave neither open_id nor user_id.")
    return PlatformIdentity(known[0], tuple(known[1:]))


def _identity(kind: IdentityKind, platform_id: str, app_id: str = "") -> Identity:
    """Raises ValueError for what is no id of any platform."""
    if not _PLATFORM_ID.fullmatch(platform_id):
        raise ValueError(f"What came as {kind.name} is no id.")
    return Identity(kind, f"{app_id}:{platform_id}" if app_id else platform_id)
