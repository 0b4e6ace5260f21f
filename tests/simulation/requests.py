"""What simulated callers want, how often they try, and what came of it."""

from abc import ABCMeta, abstractmethod
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct, StructMeta, field

from tests.simulation.cloud import Commit
from tests.simulation.faults import Fault, Site
from tests.simulation.model.state import NOTHING_MADE, Accepted, Made, State, Verdict

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World


class Moment(Struct, frozen=True):
    """When something is judged: by whose clock, and on the strength of which write, if any."""

    now: int
    made: Made = NOTHING_MADE
    commit: Commit | None = None
    states: Sequence[State] = ()
    """What was in force from the beginning of the try on: the oldest first."""


class _Abstract(StructMeta, ABCMeta):
    """Values that leave methods to who derives from them."""


class Operation(Struct, frozen=True, metaclass=_Abstract):
    """One thing that somebody may ask of the product; an area's file holds its own.

    The last methods have ordinary answers.
    """

    name: ClassVar[str]
    use_case: ClassVar[type]
    """The use case that is called, possibly after the caller was authenticated."""
    is_once: ClassVar[bool]
    """Whether it may take effect once only, however often it is sent."""

    @abstractmethod
    def call(self, process: "Process") -> Any:
        """What the caller does, with the product's real use cases."""

    @abstractmethod
    def expect(self, state: State, moment: Moment) -> Verdict:
        """What the model says: refused, or accepted with these facts."""

    @abstractmethod
    def facts(self, answer: Any) -> Mapping[str, Any]:
        """What of the answer is compared with the model's."""

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Whether an answer without effect is true in this state."""
        return self.is_true_in((state,), moment, facts)

    def is_true_in(self, views: Iterable[State], moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Whether an answer without effect is true in one of these."""
        verdicts = (self.expect(view, moment) for view in views)
        return any(isinstance(verdict, Accepted) and dict(verdict.facts) == facts for verdict in verdicts)

    def tells(self, state: State, told: Mapping[str, Any], effect: Mapping[str, Any]) -> bool:
        """Whether the answer tells what took effect, possibly in an earlier try."""
        return told == effect

    def excuses(self, world: "World", state: State, moment: Moment) -> Container[str]:
        """Codes of refusals that have another good reason than the model's verdict."""
        return ()

    def learn(self, world: "World", answer: Any) -> None:  # most remember nothing
        """What the caller remembers: a token, an order that can be refunded."""


class Attempt(Struct, eq=False):
    """One try of a request in one process."""

    request: "Request"
    number: int
    since: int
    """How many commits there had been when it began."""
    until: int = 0
    calls: int = 0
    sites: list[Site] = field(default_factory=list)
    """Where each of its calls stood."""
    looks: list[int] = field(default_factory=list)
    """What the clock said, each time somebody looked."""
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    code: str = ""
    """The last code for a short message that was drawn."""
    secret: str = ""
    """The first secret that was drawn."""
    is_lagging: bool = False
    """Whether it was shown something old."""
    may_keep_something_old: bool = False
    """The same for what its process had read before, and keeps for a while."""
    is_contended: bool = False
    """Whether somebody else was in the way."""
    facts: Mapping[str, Any] | None = None
    """What the answer must say, if this very try took effect."""
    said: str = ""
    """`ok`, the code of a refusal, or `crashed`."""
    answer: Any = None
    told: dict[str, Any] = field(default_factory=dict)
    """The facts of the answer."""


class Request(Struct, eq=False):
    """What is wanted, with all its tries."""

    number: int
    operation: Operation
    attempts: list[Attempt] = field(default_factory=list)
    effect_at: int | None = None
    """When it last took effect."""
    facts: Mapping[str, Any] | None = None
    """What the answer must say, once it took effect."""

    def text(self) -> str:
        return f"#{self.number} {self.operation.name}"


def begin(request: Request, since: int) -> Attempt:
    """The next try."""
    attempt = Attempt(request, len(request.attempts), since)
    request.attempts.append(attempt)
    return attempt


class Violation(Struct, frozen=True):
    """Something that must never be so."""

    check: str
    """Which promise was broken, in a few words; the same words for the same promise."""
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.detail}"


class Broken(BaseException):
    """Ends the history at once; nothing of the product may catch this."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"{check}: {detail}")
        self.violation = Violation(check, detail)
