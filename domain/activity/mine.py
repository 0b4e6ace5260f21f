"""Who does something: read in one call with the tenant's settings, and still the one who logged in."""

from domain.activity.ports import Repositories
from domain.actor import MemberSelf
from domain.member.model import Member
from domain.member.own import own, still
from domain.points.give import Who
from domain.points.model import Account, Tally

DONE = Tally(activities=1)
"""Something that somebody did counts for tiers by activity."""


def mine(repositories: Repositories, actor: MemberSelf) -> tuple[Who, Account, Member]:
    """The way to the account, the account, and the member. Raises IdentityMoved or MemberNotFound."""
    way, member = repositories.accounts.person(actor.member_id, with_settings=True)
    return Who(way, own(member, actor), still(member)), way[-1], member
