"""Use case: points for a reward, by the member or at the till, in one transaction (C-33)."""

from datetime import datetime
from zlib import crc32

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.api_key.model import Scope
from domain.clock import shop_date
from domain.coupon.code import new_code
from domain.coupon.mint import Minted, Reason, mint
from domain.coupon.model import Source
from domain.ids import Ids
from domain.keyring import Sealed
from domain.member.model import Member
from domain.member.own import answered_before, own, still
from domain.money import Points
from domain.points.adjust import not_enough
from domain.points.book import Book
from domain.points.model import Account, Cause, Entry, EntryKind
from domain.points.standing import Standing
from domain.points.usage import Usage, together
from domain.reward.model import (
    Exchange,
    ExchangeState,
    Offer,
    Reward,
    RewardChanged,
    RewardCode,
    RewardKind,
    RewardLimitReached,
    RewardNotForYou,
    RewardNotFound,
    RewardNotOffered,
    SoldOut,
    usage_name,
)
from domain.reward.ports import Repositories
from domain.stock import choose
from domain.tenant.stores import check_known
from domain.unit_of_work import (
    Change,
    Created,
    MovedMeanwhile,
    Plan,
    Record,
    Removed,
    RequestKey,
    Runner,
    held,
)


class Exchanged(Struct, frozen=True):
    """What was booked. `code`: of a virtual reward, in the first answer."""

    exchange_id: str
    reward_id: str
    points: Points
    """What the reward cost."""
    balance: Points
    entry_sequence: int
    code: Sealed | None = None
    coupon_code: str | None = None
    is_repeated: bool = False

    def record(self) -> Record:
        """Without the code, which stays where it is encrypted."""
        return {
            "exchange_id": self.exchange_id,
            "reward_id": self.reward_id,
            "points": self.points.count,
            "balance": self.balance.count,
            "entry": self.entry_sequence,
            "coupon": self.coupon_code,
        }


def exchanged_from(record: Record) -> Exchanged:
    """The reverse of `Exchanged.record`."""
    points, balance, entry = (int(str(record[name])) for name in ("points", "balance", "entry"))
    return Exchanged(
        str(record["exchange_id"]),
        str(record["reward_id"]),
        Points(points),
        Points(balance),
        entry,
        coupon_code=str(record["coupon"]) if record["coupon"] is not None else None,
        is_repeated=True,
    )


class ExchangeWish(Struct, frozen=True):
    """`points`: what the reward costs, as it was shown."""

    member_id: str
    reward_id: str
    points: Points
    key: RequestKey[Exchanged]
    store_id: str | None = None
    """The till's."""


class ExchangeReward(Struct, frozen=True):
    """Account, entry, stock and exchange move together or not at all.

    Raises RewardNotFound, RewardNotOffered, RewardNotForYou, RewardChanged, RewardLimitReached,
    NotEnoughPoints, SoldOut, TemplateStopped, CouponsGone, MemberNotFound, StoreNotFound, IdentityMoved or
    AccountFrozen.
    """

    runner: Runner[Repositories]
    ids: Ids

    def __call__(
        self, actor: MemberSelf | KeyHolder, wish: ExchangeWish, *, dry_run: bool = False
    ) -> Exchanged:
        if isinstance(actor, KeyHolder):
            actor.require_scope(Scope.REWARDS_WRITE)
            actor.require_store(wish.store_id or "")

        def plan(repositories: Repositories, now: datetime) -> Plan[Exchanged]:
            way, member = repositories.accounts.person(wish.member_id, with_settings=True)
            if isinstance(actor, KeyHolder):
                check_known(repositories, actor, wish.store_id or "")
            elif (before := answered_before(repositories, own(member, actor), wish.key, now)) is not None:
                return Plan(before)
            reward = repositories.rewards.find(wish.reward_id)
            if reward is None:
                raise RewardNotFound
            book = Book(way[-1], now, actor.caller, repositories.programmes.current())
            _check(reward.offer, wish.points, member, book)
            if reward.offer.per_member is not None:
                _count(book, reward)
            taken = _take_piece(repositories, reward, wish.key.key)
            entry = _pay(book, reward, wish.store_id)
            minted = _mint(repositories, reward, member, entry, new_code(self.ids))
            exchange = taken.exchange(reward, entry, now, minted)
            done = Exchanged(
                exchange.exchange_id,
                reward.reward_id,
                reward.offer.points,
                entry.balance,
                entry.sequence,
                exchange.code,
                exchange.coupon_code,
            )
            coupon = minted.changes if minted else ()
            parted = still(member) if isinstance(actor, MemberSelf) else ()
            changes = (
                *book.changes(),
                *held(way),
                *parted,
                Created(exchange),
                *taken.changes(reward),
                *coupon,
            )
            return Plan(done, changes)

        return self.runner.run_once(actor.tenant_id, plan, wish.key, dry_run=dry_run)


def _check(offer: Offer, points: Points, member: Member, book: Book) -> None:
    if not offer.is_open(book.at):
        raise RewardNotOffered
    if not is_for(offer, member, book.account.standing):
        raise RewardNotForYou
    if points != offer.points:
        raise RewardChanged
    if offer.points > book.account.available(shop_date(book.at)):
        raise not_enough(book.account, shop_date(book.at))


def is_for(offer: Offer, member: Member, standing: Standing | None) -> bool:
    """Whether the reward is for this person, whose tier today is this one."""
    is_member = member.joined_at is not None or not offer.is_members_only
    return is_member and (not offer.tier_ids or (standing is not None and standing.tier_id in offer.tier_ids))


def _count(book: Book, reward: Reward) -> None:
    if times_had(book.account, reward.reward_id) >= (reward.offer.per_member or 0):
        raise RewardLimitReached
    once = {usage_name(reward.reward_id): Usage(shop_date(book.at), 1, 1)}
    book.use(together(book.account.used, once))


def times_had(account: Account, reward_id: str) -> int:
    """How often this person has had the reward, while it was limited."""
    usage = account.used.get(usage_name(reward_id))
    return usage.ever if usage else 0


def _pay(book: Book, reward: Reward, store_id: str | None) -> Entry:
    name = reward.offer.name
    cause = Cause("exchange", reward_id=reward.reward_id, reward_name=name, store_id=store_id)
    return book.take(reward.offer.points, cause, EntryKind.REDEEM, first=None, may_owe=False)


def _mint(
    repositories: Repositories, reward: Reward, member: Member, entry: Entry, code: str
) -> Minted | None:
    """For a coupon, the coupon. Raises TemplateStopped or CouponsGone."""
    if reward.offer.template_id is None:
        return None
    template = repositories.templates.find(reward.offer.template_id)
    if template is None:
        raise MovedMeanwhile  # It was there when the reward was written, and templates stay.
    reason = Reason(Source.EXCHANGED, code, entry.caller, entry.at, entry.ref.text())
    return mint(repositories, template, member, reason)


class _Piece(Struct, frozen=True):
    """From where one piece comes."""

    bucket: int | None = None
    code: RewardCode | None = None

    def exchange(self, reward: Reward, entry: Entry, now: datetime, minted: Minted | None) -> Exchange:
        is_done = self.code is not None or minted is not None
        return Exchange(
            member_id=entry.member_id,
            sequence=entry.sequence,
            reward_id=reward.reward_id,
            name=reward.offer.name,
            kind=reward.offer.kind,
            points=reward.offer.points,
            at=now,
            state=ExchangeState.FULFILLED if is_done else ExchangeState.OPEN,
            bucket=self.bucket,
            is_limited=reward.offer.per_member is not None,
            code=self.code.code if self.code else None,
            coupon_code=minted.coupon.code if minted else None,
            fulfilled_at=now if is_done else None,
            fulfilled_by=entry.caller if is_done else None,
        )

    def changes(self, reward: Reward) -> tuple[Change, ...]:
        if self.code is not None:
            return (Removed(self.code),)
        return (reward.shelf.take(self.bucket),) if self.bucket is not None else ()


def _take_piece(repositories: Repositories, reward: Reward, name: str) -> _Piece:
    """Raises SoldOut."""
    reward_id = reward.reward_id
    if reward.offer.kind is RewardKind.VIRTUAL:
        code = repositories.codes.next_free(reward_id, f"{crc32(name.encode()):08x}")
        if code is None:
            raise SoldOut
        return _Piece(code=code)
    if not reward.offer.has_buckets:
        return _Piece()
    bucket = choose(repositories.stocks, reward.shelf, name)
    if bucket is None:
        raise SoldOut
    return _Piece(bucket=bucket)
