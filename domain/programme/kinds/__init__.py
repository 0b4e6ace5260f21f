"""The table of kinds: a new kind of rule is a file in this folder and a line here (C-99)."""

from collections.abc import Mapping

from domain.programme.kinds.benefit import BenefitGrant
from domain.programme.kinds.check_in import CheckIn
from domain.programme.kinds.comment import Comment
from domain.programme.kinds.item_bonus import ItemBonus
from domain.programme.kinds.joining import Joining
from domain.programme.kinds.kind import Giving, Granting, Multiplying, Settings
from domain.programme.kinds.multiplier import Times
from domain.programme.kinds.nth_order import NthOrder
from domain.programme.kinds.referral import Referral
from domain.programme.kinds.share import Share
from domain.programme.kinds.spend import Spend
from domain.programme.kinds.spend_band import SpendBand
from domain.programme.kinds.step_bonus import StepBonus
from domain.programme.kinds.tier_multiplier import TierMultiplier

GIVING: tuple[type[Giving], ...] = (
    Spend,
    ItemBonus,
    NthOrder,
    StepBonus,
    CheckIn,
    Joining,
    Referral,
    Comment,
    Share,
)
MULTIPLYING: tuple[type[Multiplying], ...] = (SpendBand, TierMultiplier, Times)
GRANTING: tuple[type[Granting], ...] = (BenefitGrant,)

KINDS: Mapping[str, type[Settings]] = {
    **{kind.name: kind for kind in GIVING},
    **{kind.name: kind for kind in MULTIPLYING},
    **{kind.name: kind for kind in GRANTING},
}
"""By the name on the wire."""
