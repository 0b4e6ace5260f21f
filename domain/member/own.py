"""The person behind a login, as long as the identity that logged in is still theirs."""

from domain.actor import MemberSelf
from domain.errors import NotAuthenticated
from domain.member.identity import parse_identity
from domain.member.model import Member


class IdentityMoved(NotAuthenticated):
    code = "identity-moved"
    title = "What you logged in with belongs to another record now; log in again."
    message = "登录信息已变更，请重新登录"


def own(member: Member, actor: MemberSelf) -> Member:
    """Whoever gave the identity up, or was parted from it, is not who logged in. Raises IdentityMoved."""
    if parse_identity(actor.identity) not in member.all_identities():
        raise IdentityMoved
    return member
