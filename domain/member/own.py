"""The person behind a login, as long as the identity that logged in is still theirs."""

from domain.actor import MemberSelf
from domain.errors import NotAuthenticated
from domain.member.identity import IdentityKind, parse_identity
from domain.member.model import Member


class IdentityMoved(NotAuthenticated):
    code = "identity-moved"
    title = "What you logged in with belongs to another record now; log in again."
    message = "登录信息已变更，请重新登录"


def own(member: Member, actor: MemberSelf) -> Member:
    """After a merge was undone, a login must not act for the other half. Raises IdentityMoved.

    A login by phone is ended by whatever takes the number away, except the very change that it made itself.
    """
    identity = parse_identity(actor.identity)
    if identity.kind is not IdentityKind.PHONE and identity not in member.identities:
        raise IdentityMoved
    return member
