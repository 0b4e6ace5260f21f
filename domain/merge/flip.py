"""The flip: two people become one in a single set of changes. Values in, changes out."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.member.identity import Identity, IdentityKind
from domain.member.model import IDENTITIES_MAX, Alias, Member, Phone, Sentinel
from domain.merge.model import Merge, MergeCause, MergeState, Moved, WaitReason
from domain.points.book import Book
from domain.points.model import LOTS_MAX, Account, Cause, EntryKind, Posting
from domain.points.standing import Months, Standing, TierReason, better, ranked
from domain.points.standing import together as months_together
from domain.points.streak import longer
from domain.points.usage import together
from domain.programme.model import Programme
from domain.unit_of_work import Change, Changed, Created, Removed

IDENTITIES_APPROVED_MAX = 60
"""Staff may join more identities than a merge by itself, but a transaction has an end."""

UNDOING_MAX = 80
"""Identities and halves of older ids that one undoing can give back, beside all else in its transaction."""

PROFILE_FIELDS = ("nickname", "name", "gender", "birthday", "city")


class Person(Struct, frozen=True):
    """A member with the points account; both are written together in a merge."""

    member: Member
    account: Account


class Occasion(Struct, frozen=True):
    """Why and when two people are merged, and the phone that was just proven, if one was."""

    merge_id: str
    cause: MergeCause
    at: datetime
    caller: str
    programme: Programme
    """Tiers are compared as they are by its ladder, reviews that are due included."""
    proven: Phone | None = None


class Flip(Struct, frozen=True):
    """The outcome of a merge, not yet written."""

    merge: Merge
    target: Member
    account: Account
    changes: tuple[Change, ...]


def who_survives(one: Person, other: Person) -> tuple[Person, Person]:
    """Source and target: a member outlives a fan, the older outlives the younger (D-15)."""
    target, source = sorted((one, other), key=lambda person: person.member.seniority)
    return source, target


def must_wait(source: Person, target: Person, cause: MergeCause) -> WaitReason | None:
    """Why staff must decide first (D-16); None if the two may be merged at once."""
    names = [person.member.profile.name for person in (source, target)]
    if names[0] and names[1] and names[0].open() != names[1].open():
        return WaitReason.NAMES_DIFFER
    phones = [person.member.phone for person in (source, target)]
    if cause is not MergeCause.PHONE and phones[0] and phones[1] and phones[0].index != phones[1].index:
        return WaitReason.PHONES_DIFFER
    if source.account.is_frozen or target.account.is_frozen:
        return WaitReason.ACCOUNT_FROZEN
    if _too_many_lots(source, target):
        return WaitReason.TOO_MANY_LOTS
    if _too_many_identities(source, target, IDENTITIES_MAX):
        return WaitReason.TOO_MANY_IDENTITIES
    return None


def is_too_large(source: Person, target: Person) -> bool:
    """Whether nobody, staff included, can merge the two for now."""
    return _too_many_identities(source, target, IDENTITIES_APPROVED_MAX) or _too_many_lots(source, target)


def _too_many_identities(source: Person, target: Person, most: int) -> bool:
    """For one person, or for undoing, which also writes both halves of each older id."""
    coming = len(source.member.identities + _card_of(source.member))
    to_undo = coming + 2 * len(source.member.aliases)
    return len(target.member.identities) + coming > most or to_undo > UNDOING_MAX


def _too_many_lots(source: Person, target: Person) -> bool:
    return len(set(source.account.lots) | set(target.account.lots)) > LOTS_MAX


def flip(source: Person, target: Person, occasion: Occasion) -> Flip:
    """Points, lots, identities and empty profile fields go to the target; the source redirects."""
    moved, books = _move_points(source, target, occasion)
    member, moved, phone_changes = _move_member(source.member, target.member, occasion, moved)
    gone = source.member.next(redirect_to=target.member.member_id)
    merge = Merge(
        merge_id=occasion.merge_id,
        source_id=source.member.member_id,
        target_id=target.member.member_id,
        cause=occasion.cause,
        state=MergeState.DONE,
        at=occasion.at,
        caller=occasion.caller,
        proven_phone=occasion.proven.index if occasion.proven else None,
        phone_mask=member.phone.mask if member.phone else None,
        moved=moved,
        is_settled=False,
    )
    repointed = tuple(
        Changed(Sentinel(identity, gone.member_id), Sentinel(identity, member.member_id))
        for identity in moved.identities
    )
    changes: tuple[Change, ...] = (
        *books[0].changes(),
        *books[1].changes(),
        Changed(source.member, gone),
        Changed(target.member, member),
        *repointed,
        *phone_changes,
    )
    return Flip(merge, member, books[1].account, changes)


def _card_of(member: Member) -> tuple[Identity, ...]:
    """The source's card keeps its number, and from now on finds the target."""
    return (Identity(IdentityKind.CARD, member.card_number),) if member.card_number else ()


def _move_points(source: Person, target: Person, occasion: Occasion) -> tuple[Moved, tuple[Book, Book]]:
    leaving = Book(source.account, occasion.at, occasion.caller, occasion.programme)
    arriving = Book(target.account, occasion.at, occasion.caller, occasion.programme)
    lots, debt, tally = leaving.account.lots, leaving.account.debt, leaving.account.tally
    out = leaving.post(
        [Posting(lot, -points) for lot, points in lots.items()],
        -debt,
        Cause("merge", merge_id=occasion.merge_id, other_member_id=target.account.member_id),
        EntryKind.MERGE_OUT,
        -tally,
    )
    entry = arriving.post(
        [Posting(lot, points) for lot, points in lots.items()],
        debt,
        Cause("merge", merge_id=occasion.merge_id, other_member_id=source.account.member_id),
        EntryKind.MERGE_IN,
        tally,
    )
    leaving.redirect(target.account.member_id)
    used = leaving.account.used
    leaving.use({})
    arriving.use(together(arriving.account.used, used))
    before = arriving.account.streak
    arriving.check_in(longer(before, leaving.account.streak))
    standing, standing_before, months = _move_tiers(leaving, arriving, occasion.programme)
    moved = Moved(
        used=used,
        streak_before=before,
        months=months,
        standing=standing,
        standing_before=standing_before,
        source_sequence=out.sequence,
        target_sequence=entry.sequence,
    )
    return moved, (leaving, arriving)


def _move_tiers(
    leaving: Book, arriving: Book, programme: Programme
) -> tuple[Standing | None, Standing | None, Months]:
    """Tiers of source and target as they were, and what the source had counted by month."""
    ladder, months = programme.terms.ladder, leaving.account.months
    standing = ranked(leaving.account.standing, ladder)
    before = ranked(arriving.account.standing, ladder)
    leaving.stand(None, {}, TierReason.MERGE)
    both = months_together(arriving.account.months, months)
    arriving.stand(better(before, standing), both, TierReason.MERGE)
    arriving.step()
    return standing, before, months


def _move_member(
    source: Member, target: Member, occasion: Occasion, moved: Moved
) -> tuple[Member, Moved, tuple[Change, ...]]:
    phone = occasion.proven or target.phone or source.phone
    phone_changes = _phone_changes(source, target, phone)
    filled = tuple(
        name
        for name in PROFILE_FIELDS
        if getattr(target.profile, name) is None and getattr(source.profile, name) is not None
    )
    profile = replace(target.profile, **{name: getattr(source.profile, name) for name in filled})
    alias = Alias(source.member_id, occasion.merge_id, occasion.at)
    identities = source.identities + _card_of(source)
    member = target.next(
        phone=phone,
        profile=profile,
        identities=target.identities + identities,
        aliases=(*target.aliases, *source.aliases, alias),
    )
    took = phone.index if phone and (target.phone is None or target.phone.index != phone.index) else None
    moved = replace(
        moved,
        identities=identities,
        phone_before=target.phone if took else None,
        took_phone=took,
        filled=filled,
    )
    return member, moved, phone_changes


def _phone_changes(source: Member, target: Member, phone: Phone | None) -> tuple[Change, ...]:
    """Afterwards exactly the phone that the target keeps finds the target."""
    if phone is None:
        return ()
    changes: list[Change] = []
    kept = Sentinel(phone.identity, target.member_id)
    if source.phone and source.phone.index == phone.index:
        changes.append(Changed(replace(kept, member_id=source.member_id), kept))
    elif target.phone is None or target.phone.index != phone.index:
        changes.append(Created(kept))
    given_up = (
        Removed(Sentinel(member.phone.identity, member.member_id))
        for member in (source, target)
        if member.phone and member.phone.index != phone.index
    )
    return (*changes, *given_up)
