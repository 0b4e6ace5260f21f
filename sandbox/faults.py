"""Faults planned for coming calls: what a platform does on a bad day, on demand."""

import re

from msgspec import Struct
from msgspec.structs import asdict, replace

from sandbox.refusals import NotValid
from sandbox.shapes import hexadecimal
from sandbox.state import Shelf, State

HTTP_502 = "http_502"
SLOW = "slow"
RESET = "reset"
RESET_AFTER = "reset_after"
GARBAGE = "garbage"
GENERIC = frozenset({HTTP_502, SLOW, RESET, RESET_AFTER, GARBAGE})

PLATFORM_FAULTS = {
    "wechat": re.compile(r"-1|[1-9]\d{4,6}"),
    "alipay": re.compile(
        r"no_sign|wrong_sign|error_response|tricky_text|reordered|20000|20001|40001|40002|40003|40004|40005|40006"
    ),
    "sms": re.compile(
        r"is[vp]\.[A-Za-z_]+|Throttling(\.User)?|ServiceUnavailable|InternalError|Forbidden\.RAM"
    ),
}
"""What each platform can be told to do besides the generic faults."""

TIMES_MAX = 10_000


class Fault(Struct, frozen=True):
    fault_id: str
    platform: str
    operation: str
    fault: str
    times: int


class Faults:
    """What is planned, taken in the order in which it was planned."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._planned = Shelf(state, "faults", Fault)

    def plan(self, platform: str, operation: str, fault: str, times: int) -> Fault:
        """Let the next so many calls of an operation go wrong in this way."""
        if platform not in PLATFORM_FAULTS:
            raise NotValid("platform is one of " + ", ".join(PLATFORM_FAULTS))
        if fault not in GENERIC and not PLATFORM_FAULTS[platform].fullmatch(fault):
            raise NotValid(f"{platform} knows no fault {fault}")
        if not 0 < times <= TIMES_MAX:
            raise NotValid(f"times is 1 to {TIMES_MAX}")
        planned = Fault(hexadecimal(8), platform, operation, fault, times)
        self._planned.put(planned.fault_id, planned)
        return planned

    def take(self, platform: str, operation: str) -> str:
        """The fault for this call, or an empty text; it is used up by asking."""
        with self._state.change():
            for planned in self._planned.all():
                if (planned.platform, planned.operation) == (platform, operation):
                    self._use(planned)
                    return planned.fault
        return ""

    def all(self) -> list[dict[str, object]]:
        """What is still to come."""
        return [asdict(planned) for planned in self._planned.all()]

    def cancel(self) -> None:
        """Let everything go well again."""
        with self._state.change():
            for planned in self._planned.all():
                self._planned.remove(planned.fault_id)

    def _use(self, planned: Fault) -> None:
        if planned.times > 1:
            self._planned.put(planned.fault_id, replace(planned, times=planned.times - 1))
        else:
            self._planned.remove(planned.fault_id)
