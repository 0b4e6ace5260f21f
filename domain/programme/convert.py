"""What becomes of points that are over: nothing, or coupons (C-37, D-18)."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Struct

from domain.money import Points
from domain.programme.form import Ident, Whole

POINTS_MAX = 1_000_000


class Conversion(Struct, frozen=True, kw_only=True):
    """So many points that are over on one day become one coupon of a template; the rest is void."""

    points_each: Annotated[int, Whole(1, POINTS_MAX)]
    template_id: Annotated[str, Ident()]

    def coupons(self, over: Iterable[Points]) -> int:
        """For what was over on each of some days; so it does not matter when it is looked at."""
        return sum(points.count // self.points_each for points in over)
