"""What rewards cost the store, for members and for head office: a part of `operations.py`."""

from functools import partial

from msgspec.structs import replace

from domain.actor import MemberSelf
from domain.money import Points
from domain.points.model import EntryRef
from domain.reward.exchange import Exchanged, ExchangeWish, exchanged_from
from domain.reward.finish import finished_from
from domain.reward.keep import codes_added_from, stock_moved_from
from domain.reward.model import Offer, RewardKind
from scripts.local.costs import Limit
from scripts.local.measuring import STORE, Bench


class Rewards:
    """Exchanged, handed over, taken back; and the catalogue."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        bench, services, owner = self._bench, self.services, self._actor.member_id
        self._exchange("music", "Exchange points for a code", Limit(4, 4, 14))
        coffee = self._exchange("coffee", "Exchange points for goods", Limit(3, 2.5, 12), is_repeated=True)
        ref = EntryRef(owner, coffee.entry_sequence)
        page = partial(services.list_exchanges, self._actor, owner, 20, None)
        bench.row("A page of exchanges", Limit(2, 2.5, 0), page)
        choices = partial(services.list_choices, self._actor, 20, None)
        bench.row("What points are good for", Limit(2, 3, 0), choices)
        bench.row("Read an exchange", Limit(2, 2.5, 0), partial(services.read_exchange, self._actor, ref))
        self._finish(ref)
        self._catalogue()

    def coupon(self) -> None:
        """After the page of coupons, which shows those of one template."""
        self._exchange("coupon-ten", "Exchange points for a coupon", Limit(4, 3.5, 10, 2))

    def _exchange(self, reward_id: str, title: str, most: Limit, *, is_repeated: bool = False) -> Exchanged:
        points = self.services.read_reward(self._bench.office, reward_id).reward.offer.points
        wish = ExchangeWish(self._actor.member_id, reward_id, points, self._bench.key(exchanged_from))
        exchange = partial(self.services.exchange_reward, self._actor, wish)
        done: Exchanged = self._bench.row(title, most, exchange)
        if is_repeated:
            self._bench.row("Exchange: the same request again", Limit(3, 2.5, 0), exchange)
        return done

    def _finish(self, ref: EntryRef) -> None:
        bench, services = self._bench, self.services
        hand_over = partial(services.fulfil_exchange, bench.office, ref, STORE, bench.key(finished_from))
        bench.row("Hand an exchange over", Limit(2, 1, 4), hand_over)
        bench.row("Hand an exchange over: the same request again", Limit(2, 2, 0), hand_over)
        back = partial(services.refund_exchange, bench.office, ref, bench.key(finished_from))
        bench.row("Take an exchange back", Limit(4, 4, 12), back)
        bench.row("Take an exchange back: the same request again", Limit(2, 2, 0), back)

    def _catalogue(self) -> None:
        bench, services, office = self._bench, self.services, self._bench.office
        offer = Offer(name="山茶帆布袋", kind=RewardKind.GOODS, points=Points(800))
        bench.row("Save a new reward", Limit(2, 1, 1), partial(services.save_reward, office, "bag", offer))
        dearer = partial(services.save_reward, office, "bag", replace(offer, points=Points(900)))
        bench.row("Save a reward that is there", Limit(2, 1, 1), dearer)
        stock = partial(services.move_stock, office, "bag", 10, bench.key(stock_moved_from))
        bench.row("Move the stock of a reward, ten pieces", Limit(3, 2, 6), stock)
        codes = tuple(f"BENCH-{number:03}" for number in range(10))
        add = partial(services.add_codes, office, "music", codes, bench.key(codes_added_from))
        bench.row("Add ten codes", Limit(3, 11, 44), add)
        bench.row("Read a reward and its stock", Limit(2, 2, 0), partial(services.read_reward, office, "bag"))
        bench.row("A page of the catalogue", Limit(1, 1, 0), partial(services.list_rewards, office, 20, None))
