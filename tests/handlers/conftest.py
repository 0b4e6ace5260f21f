"""Two tenants on a table of their own, shared by the tests of one file that leave the clock alone."""

import secrets

import pytest
from msgspec.structs import replace

from adapters.dynamodb.client import open_client
from adapters.dynamodb.schema import create_table
from domain.programme import form
from domain.programme.ladder import Ladder
from sandbox.server import RunningSandbox
from serverless.settings import Settings
from serverless.wiring import Wiring
from tests.handlers.entitlements import GRANTS_FEN
from tests.handlers.scene import Scene
from tests.programmes import BENEFIT, base, rule, wish
from tests.shop import Apps, Opening, open_shop

TWO_TIERS = form.load(
    Ladder,
    {
        "metric": "spend",
        "tiers": [
            {"tier_id": "plain", "name": "普通", "from_value": 0},
            {"tier_id": "silver", "name": "银卡", "from_value": 1},
        ],
    },
)
OPENING = Opening(
    programme=wish(
        base(),
        rule("daily", "check_in", {"points_each": 5}),
        rule("share", "share", {"points_each": 1}, limits={"per_day": 500}),
        rule("comment", "comment", {"points_each": 3}),
        rule("upgrade", "benefit", {"benefit": BENEFIT, "valid_days": 9}, when={"at_least_fen": GRANTS_FEN}),
        ladder=TWO_TIERS,
    )
)


@pytest.fixture(scope="module")
def scene(settings: Settings, platforms: RunningSandbox, apps: Apps) -> Scene:
    platforms.world.clock.reset()
    own = replace(settings, table=f"tongka-{secrets.token_hex(4)}")
    client = open_client(own.region, own.dynamodb_url)
    create_table(client, own.table)
    services = Wiring(own, client, clock=platforms.world.clock.now)
    ours, theirs = (open_shop(services, platforms, apps, OPENING) for _ in range(2))
    return Scene(ours, theirs)
