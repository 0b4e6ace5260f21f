"""botocore's client as one process has it: the shared table, and whatever goes wrong on the way."""

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.simulation.cloud import Cloud, key_of
from tests.simulation.faults import POINT_READS, STORE_READ, STORE_WRITE, WRITES, Fault, Site
from tests.simulation.schedule import Crash
from tests.simulation.table.storage import Key
from tests.simulation.table.values import Item

if TYPE_CHECKING:
    from tests.simulation.process import Process

SLOW_MS = 3_500
"""Longer than any request may take."""
LAG_SECONDS = 30
"""An index does not lag longer; the jobs wait a minute."""
RIVAL_PAUSES = 40
URL = "http://table"
TRANSACTIONS = frozenset({"transact_write_items", "transact_get_items"})
THROTTLES = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")


class Client:
    """Has every operation of botocore's client as a method."""

    def __init__(self, cloud: Cloud, process: "Process") -> None:
        self._cloud, self._process = cloud, process

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        return lambda **arguments: self._call(operation, arguments)

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        process = self._process
        keys = keys_of(operation, arguments)
        call = process.begin_call(_site(process.operation, operation, arguments, keys))
        process.world.pass_time(call.chance.randrange(1, 25))
        process.pause()
        if call.fault is not None:
            _stop_before(call, operation, arguments)
        if call.fault is Fault.SLOW:
            call.hit()
            process.world.pass_time(SLOW_MS)
        if call.fault is Fault.RIVAL:
            _await_rival(self._cloud, process, call, keys)
        try:
            perform = self._write if operation in WRITES else self._read
            answer = perform(operation, arguments, call)
        except ClientError:
            process.world.tally.conflicts += 1
            process.attempt.is_contended = True
            raise
        if call.fault in {Fault.CRASH_AFTER, Fault.TIMEOUT_AFTER}:
            call.hit()
            raise Crash if call.fault is Fault.CRASH_AFTER else _no_answer(call.chance)
        process.pause()
        return answer

    def _write(self, operation: str, arguments: Mapping[str, Any], call: "Call") -> dict[str, Any]:
        cloud, process = self._cloud, self._process
        by, decided_at = process.attempt, process.decided_at
        if call.fault is Fault.TIMEOUT_LATE:
            process.world.schedule.start(lambda: _late(cloud, operation, arguments, by, decided_at))
            call.hit()
            raise _no_answer(call.chance)
        return cloud.write(operation, arguments, by, decided_at)

    def _read(self, operation: str, arguments: Mapping[str, Any], call: "Call") -> dict[str, Any]:
        cloud, chance = self._cloud, call.chance
        if operation in POINT_READS:
            look = _stale(cloud, call) if call.fault is Fault.STALE else None
            answer = cloud.read(operation, arguments, look=look)
            if call.fault is Fault.CUT and operation == "batch_get_item":
                _leave_some(answer, arguments, call)
            return answer
        if "IndexName" in arguments:
            _refresh(cloud, call)
        if call.fault is Fault.CUT:
            answer = cloud.read(operation, arguments, items_max=chance.randrange(1, 4))
            if "LastEvaluatedKey" in answer:
                call.hit()
            return answer
        return cloud.read(operation, arguments)


class Call:
    """One call under way: its dice, and what is to go wrong with it."""

    def __init__(self, process: "Process", site: Site, fault: Fault | None, chance: Random) -> None:
        self.process, self.site, self.fault, self.chance = process, site, fault, chance

    def hit(self) -> None:
        """The fault had an effect."""
        if self.fault is not None:
            self.process.met(self.fault)


def keys_of(operation: str, arguments: Mapping[str, Any]) -> list[Key]:
    """The items that a call names."""
    if operation in TRANSACTIONS:
        bodies = [next(iter(each.values())) for each in arguments["TransactItems"]]
    elif operation == "batch_get_item":
        bodies = [{"Key": key} for each in arguments["RequestItems"].values() for key in each["Keys"]]
    else:
        bodies = [arguments] if "Key" in arguments or "Item" in arguments else []
    raw = [body.get("Key") or body["Item"] for body in bodies]
    return [key_of(key) for key in raw]


def _site(name: str, operation: str, arguments: Mapping[str, Any], keys: list[Key]) -> Site:
    whats = sorted({_what(key) for key in keys})
    if operation in {"query", "scan"}:
        whats = [arguments.get("IndexName") or ("scan" if operation == "scan" else "entries")]
    return Site(name, operation, "+".join(whats), _possible(operation, arguments))


def _what(key: Key) -> str:
    kind = key[0].split("#", 3)[2]
    return f"{kind}.{key[1].split('#', 1)[0]}" if kind in {"M", "O"} else kind


def _possible(operation: str, arguments: Mapping[str, Any]) -> tuple[Fault, ...]:
    if operation in WRITES:
        return STORE_WRITE
    faults = list(STORE_READ)
    if operation == "get_item" and not arguments.get("ConsistentRead"):
        faults.append(Fault.STALE)
    if operation == "batch_get_item":
        asked = next(iter(arguments["RequestItems"].values()))
        faults += [Fault.CUT] if len(asked["Keys"]) > 1 else []
        faults += [] if asked.get("ConsistentRead") else [Fault.STALE]
    if operation in TRANSACTIONS:
        faults.append(Fault.CONFLICT)
    if "IndexName" not in arguments and operation not in {"query", "scan"}:
        faults.append(Fault.RIVAL)
    if "IndexName" in arguments:
        faults.append(Fault.LAG)
    if operation in {"query", "scan"}:
        faults.append(Fault.CUT)
    return tuple(faults)


def _stop_before(call: Call, operation: str, arguments: Mapping[str, Any]) -> None:
    chance = call.chance
    error: BaseException | None = None
    match call.fault:
        case Fault.THROTTLE:
            error = _throttled(operation, arguments, chance)
        case Fault.CONFLICT:
            error = _conflict(operation, arguments, chance)
        case Fault.TIMEOUT_BEFORE:
            error = _no_answer(chance)
        case Fault.CRASH_BEFORE:
            error = Crash()
    if error is not None:
        call.hit()
        raise error


def _answer(code: str, status: int = 400, reasons: list[dict[str, str]] | None = None) -> Exception:
    response: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    if reasons is not None:
        response["CancellationReasons"] = reasons
    error: Exception = ClientError(response, "simulated")
    return error


def _throttled(operation: str, arguments: Mapping[str, Any], chance: Random) -> Exception:
    if operation in TRANSACTIONS and chance.random() < 0.5:
        return _cancelled(arguments, chance, "ThrottlingError")
    return _answer(chance.choice(THROTTLES))


def _conflict(operation: str, arguments: Mapping[str, Any], chance: Random) -> Exception:
    if operation not in TRANSACTIONS:
        return _answer("TransactionConflictException")
    if operation == "transact_write_items" and chance.random() < 0.2:
        return _answer("TransactionInProgressException")
    return _cancelled(arguments, chance, "TransactionConflict")


def _cancelled(arguments: Mapping[str, Any], chance: Random, code: str) -> Exception:
    reasons = [{"Code": "None"} for _ in arguments["TransactItems"]]
    reasons[chance.randrange(len(reasons))] = {"Code": code}
    return _answer("TransactionCanceledException", reasons=reasons)


def _no_answer(chance: Random) -> Exception:
    errors: tuple[Callable[[], Exception], ...] = (
        lambda: ReadTimeoutError(endpoint_url=URL),
        lambda: ConnectionClosedError(endpoint_url=URL),
        lambda: _answer("InternalServerError", 500),
    )
    error: Exception = chance.choice(errors)()
    return error


def _await_rival(cloud: Cloud, process: "Process", call: Call, keys: list[Key]) -> None:
    """Lets others go on until one of them has changed what this call is about, and all of that shows."""
    seen = cloud.commits
    process.world.provoke()
    for _ in range(RIVAL_PAUSES):
        process.pause()
        if any(seen < cloud.last_change.get(key, 0) <= cloud.shown for key in keys):
            call.hit()
            return


def _late(cloud: Cloud, operation: str, arguments: Mapping[str, Any], by: Any, decided_at: int) -> None:
    try:
        cloud.write(operation, arguments, by, decided_at)
    except ClientError:
        return


def _stale(cloud: Cloud, call: Call) -> Callable[[Key], Item | None]:
    def look(key: Key) -> Item | None:
        if key in cloud.before and call.chance.random() < 0.7:
            call.hit()
            call.process.was_shown_something_old()
            return cloud.before[key]
        return cloud.storage.get(key)

    return look


def _refresh(cloud: Cloud, call: Call) -> None:
    """Without a fault an index shows everything; with one, what changed some time ago."""
    waiting = sorted(cloud.storage.waiting.items())
    if call.fault is not Fault.LAG:
        cloud.storage.refresh()
        return
    latest = cloud.storage.seconds - LAG_SECONDS
    shown = [key for key, since in waiting if call.chance.random() < 0.4 or since < latest]
    cloud.storage.refresh(shown)
    if len(shown) < len(waiting):
        call.hit()
        call.process.was_shown_something_old()


def _leave_some(answer: dict[str, Any], arguments: Mapping[str, Any], call: Call) -> None:
    table, asked = next(iter(arguments["RequestItems"].items()))
    keys = list(asked["Keys"])
    left = keys[call.chance.randrange(1, len(keys)) :]
    answer["Responses"][table] = [
        item for item in answer["Responses"][table] if {"pk": item["pk"], "sk": item["sk"]} not in left
    ]
    answer["UnprocessedKeys"] = {table: {**asked, "Keys": left}}
    call.hit()
