"""Codes by short message: how often they are sent, and how often they may be tried."""

from msgspec.structs import replace

from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import Code, State

LIFE_MS = 5 * 60_000
DAY_MS = 24 * 3_600_000
SENDS = ((60_000, 1), (3_600_000, 5), (DAY_MS, 10))
TRIES_MAX, TRIES_PER_DAY = 5, 10
IDENTITY_PER_DAY, ADDRESS_PER_HOUR, ADDRESS_PER_DAY = 10, 30, 200


def _with(state: State, phone: str, code: Code) -> State:
    return replace(state, codes={**state.codes, phone: code})


def _recent(times: tuple[int, ...], now: int) -> tuple[int, ...]:
    return tuple(at for at in times if at > now - DAY_MS)


def _is_locked(code: Code, now: int) -> bool:
    guessed_out = code.tries >= TRIES_MAX and not code.is_used and now < code.ends_at
    return guessed_out or len(_recent(code.tried, now)) >= TRIES_PER_DAY


def refuses_to_send(state: State, phone: str, now: int) -> str:
    """The refusal, or nothing."""
    code = state.codes.get(phone, Code())
    if _is_locked(code, now):
        return "sms-code-locked"
    for window, most in SENDS:
        if sum(at > now - window for at in code.sent) >= most:
            return "sms-send-limited"
    return ""


def counted(state: State, now: int, address: str, identity: str, budget: int) -> tuple[State, str]:
    """Every send counts against the address, the identity and the tenant's budget."""
    day, hour = day_of(now), (now + 8 * 3_600_000) // 3_600_000
    limits = {
        f"{address} hour {hour}": (ADDRESS_PER_HOUR, "sms-send-limited"),
        f"{address} day {day}": (ADDRESS_PER_DAY, "sms-send-limited"),
        f"budget {day}": (budget, "sms-budget-spent"),
    }
    if identity:
        limits[f"{identity} day {day}"] = (IDENTITY_PER_DAY, "sms-send-limited")
    counts = {name: state.counts.get(name, 0) + 1 for name in limits}
    full = [limits[name][1] for name, count in counts.items() if count > limits[name][0]]
    return replace(state, counts={**state.counts, **counts}), full[0] if full else ""


def sent(state: State, phone: str, number: str, purpose: str, now: int) -> State:
    """A new code kills the old one; the windows live on."""
    old = state.codes.get(phone, Code())
    times = (*_recent(old.sent, now), now)
    code = Code(number, purpose, now + LIFE_MS, 0, False, times, _recent(old.tried, now), old.grants + 1)
    return _with(state, phone, code)


def tried(state: State, phone: str, now: int) -> State:
    """Counted before anything is compared."""
    old = state.codes[phone]
    return _with(state, phone, replace(old, tries=old.tries + 1, tried=(*_recent(old.tried, now), now)))


def spent(state: State, phone: str) -> State:
    """The right code: its try was not a wrong one."""
    old = state.codes[phone]
    return _with(state, phone, replace(old, is_used=True, tried=old.tried[:-1]))


def refuses(state: State, phone: str, number: str, purpose: str, now: int, *, spending: bool) -> str:
    """Why a code does not do: before the try (`spending` false), or when it is spent in the end."""
    code = state.codes.get(phone)
    if code is None:
        return "sms-code-expired"
    if not spending and _is_locked(code, now):
        return "sms-code-locked"
    if code.is_used or now >= code.ends_at:
        return "sms-code-expired"
    return "" if (number, purpose) == (code.number, code.purpose) else "sms-code-wrong"
