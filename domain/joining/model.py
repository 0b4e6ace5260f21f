"""What can come of a first contact and of a phone proof."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from domain.errors import NotAuthenticated, RuleBroken
from domain.member.model import Member
from domain.money import NO_POINTS, Points
from domain.session.model import Sweep


class LoginCodeRefused(NotAuthenticated):
    code = "login-code-refused"
    title = "The platform does not accept this login code; ask it for a new one."
    message = "登录凭证无效或已使用，请重新登录"


class WrongChannel(RuleBroken):
    code = "wrong-channel"
    title = "This channel is of another kind."
    message = "渠道类型不符"


class PhoneProofRefused(RuleBroken):
    code = "phone-proof-refused"
    title = "The platform does not vouch for this phone; ask the member to share it again."
    message = "手机号授权无效，请重新授权"


class PhoneProofOfAnother(RuleBroken):
    code = "phone-proof-of-another"
    title = "This proof was first shown by somebody else; prove the phone by a code."
    message = "该授权不属于当前用户，请使用短信验证码"


class Outcome(StrEnum):
    """What a phone proof led to."""

    JOINED = "joined"
    PHONE_CHANGED = "phone_changed"
    MERGED = "merged"
    UNCHANGED = "unchanged"
    WAITING = "waiting"


class Proved(Struct, frozen=True):
    """The person after a phone proof; another id than before if a merge joined it to an older one."""

    outcome: Outcome
    member_id: str
    merge_id: str | None = None
    member: Member | None = None
    """The person as just written; an answer that is given again reads it anew."""
    phone_moved: bool = False
    """Whether a merge gave the survivor another phone than before."""
    proven: str = ""
    """Blind index of the number."""
    points: Points = NO_POINTS
    """What joining gave."""
    sweep: Sweep | None = None
    """Sessions that end with this."""
    is_repeated: bool = False
    """Whether the same request was answered before."""

    def record(self) -> Mapping[str, object]:
        return {
            "outcome": self.outcome.value,
            "member_id": self.member_id,
            "merge_id": self.merge_id,
            "proven": self.proven,
            "points": self.points.count,
        }


def proved_from(record: Mapping[str, Any]) -> Proved:
    """The reverse of `Proved.record`."""
    return Proved(
        Outcome(record["outcome"]),
        record["member_id"],
        record["merge_id"],
        proven=record.get("proven", ""),
        points=Points(record.get("points", 0)),
        is_repeated=True,
    )


class Welcome(Struct, frozen=True):
    """Somebody joined by this number while the programme had gifts for it: it gets none a second time."""

    phone_index: str
    member_id: str
    points: Points
    """What they got themselves."""
    at: datetime


class Met(Struct, frozen=True):
    """Who logged in."""

    member: Member
    merge_id: str | None = None
