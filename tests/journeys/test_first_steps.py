"""What docs/first-steps.md tells new users to send is answered."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

from domain.programme import form
from domain.programme.ladder import Ladder
from tests.journeys.test_rewards import put
from tests.programmes import BENEFIT, base, rule, wish
from tests.shop import Opening

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "first-steps.md").read_text()
STEPS = [shlex.split(step) for step in re.findall(r"^\| `((?:get|post) .+?)` \|", PAGE, re.MULTILINE)]
DAILY = rule("daily", "check_in", {"points_each": 5})
UPGRADE = rule("upgrade", "benefit", {"benefit": BENEFIT, "valid_days": 9}, when={"at_least_fen": 30_000})
TIERS = {"metric": "spend", "tiers": [{"tier_id": "plain", "name": "普通", "from_value": 0}]}


def test_each_step_of_the_page_works_as_it_is_printed(open_with: Any) -> None:
    shop = open_with(Opening(programme=wish(base(), DAILY, UPGRADE, ladder=form.load(Ladder, TIERS))))
    put(shop, "coffee", points=100)
    phone = shop.member()
    shop.buy(31_000, phone.member_id)
    entry_id = phone.get("/v1/me/points/entries").json["items"][0]["entry_id"]

    assert len(STEPS) == 9
    for verb, address, *rest in STEPS:
        path = address.replace("ENTRY_ID", entry_id)
        if verb == "get":
            answer = phone.get(path)
        else:
            body = json.loads(rest[1]) if len(rest) > 1 else None
            answer = phone.post(path, body, **{"Idempotency-Key": rest[0]})
        assert answer.status_code in {200, 201}, f"{verb} {path}: {answer.text}"
    assert phone.get("/v1/me/entitlements").json["items"] != []


def test_posts_of_the_page_are_posts() -> None:
    """Without a body curl would ask, not send."""
    assert "post() { curl -s -X POST" in PAGE
