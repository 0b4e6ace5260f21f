"""A stub of botocore's client: the engine's own, but a script says what goes wrong with the coming calls."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from msgspec import Struct, field
from msgspec.structs import replace

from adapters.dynamodb.cache import Cache
from adapters.dynamodb.repositories import Store
from adapters.dynamodb.table import Table
from adapters.dynamodb.unit_of_work import DynamoRunner, Pace
from domain.money import Points
from domain.points.book import Book
from domain.points.model import Account, Cause, LotKey
from domain.unit_of_work import Created, Plan, Record, RequestKey
from serverless.wiring import Wiring

Call = Callable[[], dict[str, Any]]
Step = Callable[[Call], dict[str, Any]]
WRITES = frozenset({"transact_write_items", "put_item", "update_item", "delete_item"})


def goes_well(call: Call) -> dict[str, Any]:
    """This call is as it should be."""
    return call()


def refused(error: Exception) -> Step:
    """Nothing happens but the error."""

    def step(_: Call) -> dict[str, Any]:
        raise error

    return step


def lost_answer(error: Exception) -> Step:
    """The call takes effect, and nobody hears of it."""

    def step(call: Call) -> dict[str, Any]:
        call()
        raise error

    return step


def outrun_by(rival: Callable[[], object]) -> Step:
    """Somebody else is a moment faster."""

    def step(call: Call) -> dict[str, Any]:
        rival()
        return call()

    return step


def answer_of(code: str, status: int = 400) -> ClientError:
    """An error as the service words it."""
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "TransactWriteItems")


def cancelled(*codes: str) -> ClientError:
    """A cancelled transaction, with a reason for each position."""
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")


class Disturbed:
    """Plays its steps on the coming writes, or on reads when told so; after the last one all goes well."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.steps: list[Step] = []
        self.read_steps: list[Step] = []
        self.calls: list[str] = []
        self.strong: list[bool] = []
        """Of each read of many items: whether it was to be as stored now."""

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def call(**arguments: Any) -> dict[str, Any]:
            self.calls.append(operation)
            self.strong += [asked["ConsistentRead"] for asked in arguments.get("RequestItems", {}).values()]
            steps = self.steps if operation in WRITES else self.read_steps
            step = steps.pop(0) if steps else goes_well
            return step(lambda: getattr(self._client, operation)(**arguments))

        return call

    @property
    def writes(self) -> int:
        return sum(operation in WRITES for operation in self.calls)


class Time(Struct):
    """A monotonic clock that moves by sleeping, and by `per_look` with each look at it."""

    now: float = 1000.0
    per_look: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        self.now += self.per_look
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Said(Struct, frozen=True):
    """An answer that can be kept."""

    count: int

    def record(self) -> Record:
        return {"count": self.count}


class Bench(Struct):
    """A runner on a disturbed client with a fake pace, one account, and a second runner without trouble."""

    services: Wiring
    tenant_id: str
    client: Disturbed
    time: Time
    runner: DynamoRunner
    member_id: str = "m_1"
    plans: int = 0

    def earn(self, count: int) -> Callable[[Any, Any], Plan[Said]]:
        def plan(stores: Any, now: Any) -> Plan[Said]:
            self.plans += 1
            book = Book(stores.accounts.get(self.member_id), now, "test")
            entry = book.earn(Points(count), LotKey(None), Cause("order"))
            return Plan(Said(entry.balance.count), book.changes())

        return plan

    def key(self, fingerprint: str = "body", key: str = "k" * 16) -> RequestKey[Said]:
        def recall(record: Record) -> Said:
            return Said(int(str(record["count"])))

        return RequestKey("test", key, fingerprint, recall)

    def rival(self, count: int) -> Said:
        """Somebody else earns on the same account, undisturbed."""
        return self.services.runner.run(self.tenant_id, self.earn(count))

    def account(self) -> Account:
        account = self.services.runner.use(
            self.tenant_id, lambda stores, _: stores.accounts.exact(self.member_id)
        )
        assert account is not None
        return account

    def entries(self) -> list[int]:
        """The points of every entry, in order."""
        return self.services.runner.use(
            self.tenant_id,
            lambda stores, _: [entry.points.count for entry in stores.entries.all(self.member_id)],
        )


def new_bench(services: Wiring, client: Any, tenant_id: str) -> Bench:
    """With an empty account."""
    disturbed, time = Disturbed(client), Time()
    table, shared = Table(disturbed, services.table.name), services.store
    store = Store(table, Cache(time.monotonic), shared.keyrings, shared.clock, shared.shards)
    runner = DynamoRunner(store, Pace(time.monotonic, time.sleep, lambda: 1.0))
    services.runner.run(tenant_id, lambda stores, now: Plan(None, (Created(Account("m_1")),)))
    return Bench(services, tenant_id, disturbed, time, runner)


def disturbed_services(services: Wiring, client: Any, clock: Any) -> tuple[Wiring, Disturbed]:
    """The whole product on a disturbed client, on the same table."""
    disturbed = Disturbed(client)
    return Wiring(replace(services._settings), disturbed, clock=clock), disturbed
