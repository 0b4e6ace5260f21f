"""What becoming a member gives: to whoever joins, and to whoever brought them (C-26, C-30)."""

from datetime import datetime

from msgspec import Struct

from domain.joining.model import Welcome
from domain.joining.ports import Repositories
from domain.member.model import Member, MemberNotFound, Phone
from domain.money import NO_POINTS, Points
from domain.points.book import Book
from domain.points.give import Occasion, Who, offer
from domain.points.model import Account, Cause
from domain.programme.event import Event, Invited, Joined, WasInvited
from domain.programme.model import Programme
from domain.unit_of_work import Change, Counted, Created, MovedMeanwhile, held

GIFTS: tuple[type[Event], ...] = (Joined, Invited, WasInvited)


class Newcomer(Struct, frozen=True):
    """Somebody as they are when they have joined."""

    member: Member
    phone: Phone
    invited_by: str | None
    """A member id, as it stands in the link that they followed."""
    is_new: bool = False
    """Whether nobody has seen them before: their account is opened with this."""


class Gifts(Struct, frozen=True):
    """What a newcomer got, and what has to change for it."""

    points: Points
    changes: tuple[Change, ...]


def welcome(repositories: Repositories, newcomer: Newcomer, now: datetime, caller: str) -> Gifts:
    """A number is welcomed once, whoever joins by it; own invitations and unknown inviters give nothing.

    Raises AccountFrozen for the newcomer; an inviter whose account is frozen gets nothing.
    """
    member_id = newcomer.member.member_id
    programme = repositories.programmes.current()
    is_offered = any(programme.giving(kind) for kind in GIFTS)
    bare: tuple[Change, ...] = (Created(Account(member_id)),) if newcomer.is_new else ()
    if not is_offered or repositories.welcomes.find(newcomer.phone.index) is not None:
        return Gifts(NO_POINTS, bare)
    inviter = _inviter(repositories, programme, newcomer)
    party = _Party(repositories, programme, newcomer.phone.index)
    points, mine = NO_POINTS, bare
    if inviter is not None or programme.giving(Joined):
        account = Account(member_id) if newcomer.is_new else _account(repositories, member_id)
        book = Book(account, now, caller, programme)
        points = party.give(book, newcomer.member, Joined, Cause("joined"))
        if inviter is not None:
            cause = Cause("was_invited", other_member_id=inviter.way[-1].member_id)
            points = points + party.give(book, newcomer.member, WasInvited, cause)
        if points:
            mine = book.creation() if newcomer.is_new else book.changes()
    theirs = _thank(party, inviter, member_id, now, caller) if inviter is not None else ()
    written = Welcome(newcomer.phone.index, member_id, points, now)
    return Gifts(points, (*mine, *theirs, *party.spent.values(), Created(written)))


def _account(repositories: Repositories, member_id: str) -> Account:
    account = repositories.accounts.exact(member_id)
    if account is None or account.redirect_to is not None:
        raise MovedMeanwhile  # The member was read at another time.
    return account


def _thank(party: "_Party", inviter: Who, newcomer_id: str, now: datetime, caller: str) -> tuple[Change, ...]:
    account = inviter.way[-1]
    if account.is_frozen:
        return ()
    book = Book(account, now, caller, party.programme)
    given = party.give(book, inviter.member, Invited, Cause("invited", other_member_id=newcomer_id))
    return (*book.changes(), *held(inviter.way)) if given else ()


class _Party:
    """Gives gift after gift; what they spend of one budget is counted together."""

    def __init__(self, repositories: Repositories, programme: Programme, name: str) -> None:
        self._repositories, self.programme, self._name = repositories, programme, name
        self.spent: dict[str, Counted] = {}

    def give(self, book: Book, member: Member | None, kind: type[Event], cause: Cause) -> Points:
        """Nothing is booked where no rule gives anything."""
        occasion = Occasion(kind, lambda person: kind(book.at, person), book.at, cause, self._name)
        gone = {counter: each.by for counter, each in self.spent.items()}
        offered = offer(self._repositories, self.programme, book, member, occasion, gone)
        if not offered.priced.points:
            return NO_POINTS
        entry, spent = offered.take(book)
        for each in spent:
            before = gone.get(each.counter, 0)
            self.spent[each.counter] = each.more(before)
        return entry.points


def _inviter(repositories: Repositories, programme: Programme, newcomer: Newcomer) -> Who | None:
    """The member to whom the invitation leads now; nobody invites themselves."""
    if newcomer.invited_by is None or not programme.giving(Invited):
        return None
    try:
        way, member = _host(repositories, newcomer.invited_by)
    except MemberNotFound:
        return None
    is_other = member.member_id != newcomer.member.member_id  # Read a moment later, the newcomer has joined.
    # A fan may be the newcomer, who opened the app before joining on the web.
    return Who(way, member) if is_other and member.is_member else None


def _host(repositories: Repositories, member_id: str) -> tuple[tuple[Account, ...], Member]:
    """As read with the rest, perhaps a moment old; whoever is no member by that is looked at once more.

    Nothing is written about somebody who gets nothing, so no condition would notice. Raises MemberNotFound.
    """
    try:
        way, member = repositories.accounts.person(member_id)
        if member.is_member:
            return way, member
    except MemberNotFound:
        pass
    return repositories.accounts.way(member_id), repositories.members.get(member_id)
