"""Points for bringing somebody, and for having been brought (C-26)."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.errors import invalid
from domain.programme.event import Event, Invited, WasInvited
from domain.programme.kinds.kind import flat, how_many
from domain.programme.said import Sentence
from domain.programme.why import Why


class Referral(Struct, frozen=True, kw_only=True):
    """Given when the invited person becomes a member."""

    name: ClassVar[str] = "referral"
    answers: ClassVar[tuple[type[Event], ...]] = (Invited, WasInvited)
    is_spend: ClassVar[bool] = False
    inviter_points: Annotated[int, how_many(0)] = 0
    invitee_points: Annotated[int, how_many(0)] = 0

    def __post_init__(self) -> None:
        if not (self.inviter_points or self.invitee_points):
            raise invalid("inviter_points", "out-of-range", "One of the two sides gets points.")

    def points(self, event: Event) -> Fraction | Why:
        points = self.inviter_points if isinstance(event, Invited) else self.invitee_points
        return Fraction(points) if points else Why.NOTHING_COUNTS

    def said(self, event: Event) -> Sentence:
        if isinstance(event, Invited):
            return flat(self.inviter_points, "邀请好友入会", "inviting a new member")
        return flat(self.invitee_points, "受邀入会", "joining by invitation")
