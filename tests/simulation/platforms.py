"""WeChat, Alipay and the short message service, as far as the product's ports see them, on a bad day."""

from typing import TYPE_CHECKING

from msgspec import Struct, field

from domain.errors import TooMany, Unavailable
from domain.image.model import ImageType
from domain.joining.model import LoginCodeRefused, PhoneProofRefused
from domain.joining.ports import VouchedPhone
from domain.member.identity import Identity, IdentityKind, PlatformIdentity
from domain.tenant.model import Channel, SmsAccount
from tests.simulation.faults import PLATFORM, SERVICE, Fault, Site
from tests.simulation.schedule import Crash

if TYPE_CHECKING:
    from tests.simulation.process import Process


class Ticket(Struct):
    """Something that a phone got from its platform for one use: a login code, a phone code."""

    identities: tuple[str, ...] = ()
    number: str = ""
    digest: str = ""
    """Set if it can be shown again, as Alipay's answer can."""
    is_used: bool = False


class Outside(Struct):
    """What the platforms know, shared by all processes."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    inbox: dict[str, list[str]] = field(default_factory=dict)
    """Codes by phone number, the newest last."""
    shelf: dict[str, bytes] = field(default_factory=dict)
    """Images."""


def _identity(text: str) -> Identity:
    kind, _, value = text.partition(":")
    return Identity(IdentityKind(kind), value)


class Reached:
    """A call that leaves the machine, with what can go wrong on the way."""

    def __init__(self, process: "Process") -> None:
        self._process = process

    def _begin(self, name: str, faults: tuple[Fault, ...] = PLATFORM) -> Fault | None:
        process = self._process
        call = process.begin_call(Site(process.operation, "platform", name, faults))
        process.world.pass_time(call.chance.randrange(20, 200))
        process.pause()
        if call.fault is not None:
            call.hit()
        if call.fault is Fault.CRASH_BEFORE:
            raise Crash
        if call.fault is Fault.DOWN:
            raise Unavailable
        if call.fault is Fault.BUSY:
            raise TooMany(retry_after_seconds=60)
        return call.fault

    def _end(self, fault: Fault | None) -> None:
        self._process.pause()
        if fault is Fault.CRASH_AFTER:
            raise Crash
        if fault is Fault.LOST:
            raise Unavailable


class SimulatedPlatform(Reached):
    """Implements `domain.joining.ports.Platform`: a code is good for one use, whoever got the answer."""

    def who(self, channel: Channel, code: str) -> PlatformIdentity:
        fault = self._begin("who")
        ticket = self._use(code)
        if fault is Fault.REFUSED or ticket is None or not ticket.identities:
            raise LoginCodeRefused
        self._end(fault)
        primary, *shared = (_identity(text) for text in ticket.identities)
        return PlatformIdentity(primary, tuple(shared))

    def phone(self, channel: Channel, proof: str) -> VouchedPhone:
        fault = self._begin("phone")
        ticket = self._use(proof)
        if fault is Fault.REFUSED or ticket is None or not ticket.number:
            raise PhoneProofRefused
        self._end(fault)
        return VouchedPhone(ticket.number, ticket.digest or None)

    def _use(self, code: str) -> Ticket | None:
        ticket = self._process.world.outside.tickets.get(code)
        if ticket is None or (ticket.is_used and not ticket.digest):
            return None
        ticket.is_used = True
        return ticket


class SimulatedSms(Reached):
    """Implements `domain.sms_code.ports.SmsSender`."""

    def send_code(self, account: SmsAccount, number: str, code: str) -> None:
        fault = self._begin("sms")
        if fault is Fault.REFUSED:
            raise Unavailable
        self._process.world.outside.inbox.setdefault(number, []).append(code)
        self._end(fault)


class SimulatedShelf(Reached):
    """Implements `domain.image.ports.Shelf`."""

    def put(self, tenant_id: str, image_id: str, type_: ImageType, content: bytes) -> None:
        fault = self._begin("shelf", SERVICE)
        self._process.world.outside.shelf[image_id] = content
        self._end(fault)
