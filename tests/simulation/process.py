"""One Lambda process: the real wiring on simulated ground. It does one thing at a time and may die."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from msgspec.structs import replace

from adapters.dynamodb.cache import Cache
from adapters.dynamodb.repositories import Store
from adapters.dynamodb.unit_of_work import Pace
from adapters.secrets.keyring import Keyrings
from domain.checkout.hold import ReleaseHolds
from domain.coupon.convert import ConvertPoints
from domain.coupon.expire import ExpireCoupons
from domain.coupon.template import CouponsGone, TemplateStopped
from domain.errors import Conflict, Unavailable
from domain.ids import Ids
from domain.image.ports import Shelf
from domain.joining.ports import Platform
from domain.keyring import Keyring
from domain.member.card import MEMBER_NUMBER_DIGITS
from domain.merge.settle import SettleMerges
from domain.points.expire import ExpirePoints
from domain.points.model import AccountFrozen, LedgerBroken
from domain.session.end import SweepSessions
from domain.sms_code.model import CODE_DIGITS
from domain.tenant.model import ChannelKind
from serverless.lazy import LazySmsSender
from serverless.settings import Settings
from serverless.wiring import Wiring
from tests.simulation.client import Call, Client
from tests.simulation.faults import SERVICE, Fault, Place, Site
from tests.simulation.platforms import Reached, SimulatedPlatform, SimulatedShelf, SimulatedSms
from tests.simulation.requests import Broken

if TYPE_CHECKING:
    from tests.simulation.requests import Attempt
    from tests.simulation.world import World

SHARDS = 2
CACHED_MS = 61_000
"""So long a process may go by settings that it has read."""
SKEW_MS = 1_500
CARDS = 40
"""So few card numbers that two people draw the same one now and then."""
COUPONS = 400
"""The same for codes of coupons, of which there are more."""
SETTINGS = Settings(
    table="tongka",
    region="cn-north-1",
    master_key="file:none",
    shards=SHARDS,
    wechat_url="",
    alipay_url="",
    sms_url="",
    dynamodb_url=None,
    clock_url=None,
)


class Process:
    """Its caches, its clock (a little off), its dice."""

    def __init__(self, world: "World", number: int) -> None:
        self.world, self.number = world, number
        self.chance = Random(f"{world.seed}:process:{number}")
        self.skew_ms = self.chance.randrange(-SKEW_MS, SKEW_MS) if self.chance.random() < 0.3 else 0
        self.attempt: Attempt = world.nobody
        self.decided_at = 0
        self.lagged_at = -CACHED_MS
        self.services = Services(self)

    @property
    def operation(self) -> str:
        return self.attempt.request.operation.name

    def clock(self) -> datetime:
        """What the product takes for the time."""
        self.decided_at = self.world.now_ms + self.skew_ms
        self.attempt.looks.append(self.decided_at)
        return datetime.fromtimestamp(self.decided_at / 1000, UTC)

    def monotonic(self) -> float:
        return self.world.now_ms / 1000

    def sleep(self, seconds: float) -> None:
        self.world.pass_time(int(seconds * 1000))
        self.pause()

    def pause(self) -> None:
        self.world.schedule.pause()

    def begin_call(self, site: Site) -> Call:
        """Counts the call and asks what is to go wrong with it."""
        world, attempt = self.world, self.attempt
        attempt.calls += 1
        place = Place(attempt.request.number, attempt.number, attempt.calls)
        attempt.sites.append(site)
        if not world.is_calm:
            world.tally.pass_by(site)
        fault = world.plan.choose(place, site)
        if fault is not None:
            world.tally.meet(site, fault)
        return Call(self, site, fault, Random(f"{world.seed}:{place}"))

    def failed(self, what: object, problem: Exception) -> None:
        """A job went on after one of its things failed; only bad weather may be the reason."""
        if not isinstance(problem, Unavailable | Conflict) or isinstance(
            problem, LedgerBroken | AccountFrozen
        ):
            raise Broken("jobs fail in bad weather only", f"{what}: {problem!r}")

    def not_issued(self, what: object, problem: Exception) -> None:
        """Points wait for as long as their coupons are not handed out."""
        if not isinstance(problem, TemplateStopped | CouponsGone):
            self.failed(what, problem)

    def was_shown_something_old(self) -> None:
        """Settings are kept for a while, so that what comes after may go by them, too."""
        self.attempt.is_lagging = True
        self.lagged_at = self.world.now_ms

    def met(self, fault: Fault) -> None:
        """A fault made a difference."""
        attempt = self.attempt
        attempt.faults.append((attempt.calls, fault))
        self.world.note(f"{attempt.request.text()} try {attempt.number} met {fault} at call {attempt.calls}")
        self.world.tally.hit(fault)


class SimulatedIds:
    """Implements `domain.ids.Ids` from the process's dice; card numbers are scarce."""

    def __init__(self, process: Process) -> None:
        self._process, self._chance = process, process.chance

    def new(self, prefix: str) -> str:
        return prefix + base64.b32encode(self._chance.randbytes(13)).decode().lower()[:20]

    def secret(self) -> str:
        secret = self._chance.randbytes(32).hex()
        self._process.attempt.secret = self._process.attempt.secret or secret
        return secret

    def digits(self, length: int) -> str:
        if length > CODE_DIGITS:
            most = COUPONS if length > MEMBER_NUMBER_DIGITS else CARDS
            return str(self._chance.randrange(most)).zfill(length)
        self._process.attempt.code = str(self._chance.randrange(10**length)).zfill(length)
        return self._process.attempt.code


class SimulatedKeyring:
    """Implements `domain.keyring.Keyring`: a stream cipher without chance, so that runs can be repeated."""

    def __init__(self, tenant_id: str) -> None:
        self._key = hashlib.sha256(tenant_id.encode()).digest()

    def seal(self, context: str, text: str) -> bytes:
        return self._mix(context, text.encode())

    def open(self, context: str, sealed: bytes) -> str:
        return self._mix(context, sealed).decode()

    def index(self, kind: str, value: str) -> str:
        return self.sign(f"index:{kind}", value).hex()

    def sign(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{purpose}:{text}".encode(), "sha256")

    def _mix(self, context: str, data: bytes) -> bytes:
        stream = hashlib.shake_256(self._key + context.encode()).digest(len(data))
        return bytes(one ^ other for one, other in zip(data, stream, strict=True))


class SimulatedKeyrings(Reached, Keyrings):
    """A tenant's keys follow from its id; the first time, the process has to ask the key service for them."""

    def __init__(self, process: Process) -> None:
        super().__init__(process)
        self._rings: dict[str, SimulatedKeyring] = {}

    def open(self, tenant_id: str, wrapped: bytes) -> Keyring:
        if tenant_id not in self._rings:
            self._end(self._begin("keys", SERVICE))
            self._rings[tenant_id] = SimulatedKeyring(tenant_id)
        return self._rings[tenant_id]

    def new(self, tenant_id: str) -> bytes:
        return tenant_id.encode()


class Services(Wiring):
    """The product's own wiring; what it stands on is simulated."""

    def __init__(self, process: Process) -> None:
        super().__init__(SETTINGS, Client(process.world.cloud, process), process.clock)
        self._process = process

    @cached_property
    def ids(self) -> Ids:
        return SimulatedIds(self._process)

    @cached_property
    def keyrings(self) -> Keyrings:
        return SimulatedKeyrings(self._process)

    @cached_property
    def store(self) -> Store:
        monotonic = self._process.monotonic
        return Store(self.table, Cache(monotonic), self.keyrings, self.clock, SHARDS)

    @cached_property
    def pace(self) -> Pace:
        process = self._process
        return Pace(process.monotonic, process.sleep, process.chance.random)

    @cached_property
    def platforms(self) -> Mapping[ChannelKind, Platform]:
        kinds = (ChannelKind.MINI_PROGRAM, ChannelKind.ALIPAY_APP)
        return {kind: SimulatedPlatform(self._process) for kind in kinds}

    @cached_property
    def expire_points(self) -> ExpirePoints:
        return replace(super().expire_points, report_failure=self._process.failed)

    @cached_property
    def settle_merges(self) -> SettleMerges:
        return replace(super().settle_merges, report_failure=self._process.failed)

    @cached_property
    def sweep_sessions(self) -> SweepSessions:
        return replace(super().sweep_sessions, report_failure=self._process.failed)

    @cached_property
    def convert_points(self) -> ConvertPoints:
        return replace(super().convert_points, report_failure=self._process.not_issued)

    @cached_property
    def expire_coupons(self) -> ExpireCoupons:
        return replace(super().expire_coupons, report_failure=self._process.failed)

    @cached_property
    def release_holds(self) -> ReleaseHolds:
        return replace(super().release_holds, report_failure=self._process.failed)

    @cached_property
    def image_shelf(self) -> Shelf:
        return SimulatedShelf(self._process)

    @cached_property
    def sms_sender(self) -> LazySmsSender:
        build: Callable[[], SimulatedSms] = lambda: SimulatedSms(self._process)  # noqa: E731  # lazily, as in production
        return LazySmsSender(build)
