"""Points for reaching an amount (C-28): the highest step that is reached, or one for each full amount."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.errors import invalid
from domain.money import Money
from domain.programme.event import Event, OrderPaid
from domain.programme.form import Fen, ListOf, Part, YesNo
from domain.programme.kinds.kind import how_many
from domain.programme.said import Sentence, yuan
from domain.programme.why import Why

STEPS_MAX = 20


class Step(Struct, frozen=True, kw_only=True):
    """From this amount on, so many points."""

    from_fen: Annotated[Money, Fen(1)]
    points: Annotated[int, how_many()]


class StepBonus(Struct, frozen=True, kw_only=True):
    """Only the highest step counts. `is_repeated`: one step, given again for each full amount."""

    name: ClassVar[str] = "step_bonus"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    is_spend: ClassVar[bool] = False
    steps: Annotated[tuple[Step, ...], ListOf(Part(Step), STEPS_MAX, 1)]
    is_repeated: Annotated[bool, YesNo()] = False

    def __post_init__(self) -> None:
        starts = [step.from_fen for step in self.steps]
        if starts != sorted(set(starts)):
            raise invalid("steps", "out-of-order", "Steps stand in the order of their amounts.")
        if self.is_repeated and len(self.steps) != 1:
            raise invalid("steps", "too-long", "What is given for each full amount has one step.")

    def points(self, event: OrderPaid) -> Fraction | Why:
        reached = [step for step in self.steps if step.from_fen <= event.counted]
        if not reached:
            return Why.TOO_LITTLE
        times = event.counted.fen // reached[-1].from_fen.fen if self.is_repeated else 1
        return Fraction(reached[-1].points * times)

    def said(self, event: OrderPaid) -> Sentence:
        points = self.points(event)
        return Sentence(
            f"计分金额 {yuan(event.counted)} 元，满额得 {points} 分",
            f"{points} points for {yuan(event.counted)} yuan that count",
        )
