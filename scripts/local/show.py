"""The demo while it runs: seeds a small shop once, prints where everything is, runs the jobs."""

import time
from typing import NoReturn

from scripts.environment import ROOT, say
from scripts.local.world import World

JOBS_EVERY_SECONDS = 10.0
JOBS = ("expire_points", "convert_points", "expire_coupons", "release_holds", "settle_merges")
PEOPLE = (
    ("林小满", "13912345678", "wechat", (8800, 1299)),
    ("周伯言", "13800138000", "alipay", (12600,)),
    ("陈思源", "13700001234", "wechat", (3600, 4500, 31000)),
)
"""Name, phone, platform, and the orders in fen."""


def run(world: World) -> NoReturn:
    """Until Ctrl-C or a signal to end."""
    if not world.sandbox.control("/control/people")["items"]:
        seed(world)
    _print(world)
    while True:
        time.sleep(JOBS_EVERY_SECONDS)
        if world.api_process.poll() is not None:
            say("The API ended; starting it again")
            world.start_api()
        for name in JOBS:
            world.run_job(name)


def seed(world: World) -> None:
    """Three members with orders, one refund, one fan without a phone; all through the product's own doors."""
    say("Seeding a small coffee shop")
    till = world.till()
    number = 0
    for name, phone, platform, orders in PEOPLE:
        body = {"name": name, "phone": phone}
        person_id = world.sandbox.control("/control/people", body)["person_id"]
        person = world.log_in(platform, person_id, "demo")
        person.post("/v1/me/phone", world.phone_proof(platform, person_id), key=f"demo-seed-{person_id}"[:64])
        person.patch("/v1/me", {"name": name, "nickname": name[-1] * 2})
        for fen in orders:
            number += 1
            till.post("/v1/till/orders", world.order(f"SEED-{number:04}", {"phone": phone}, fen))
    till.post("/v1/till/orders/SEED-0001/refunds", world.refund("SEED-R1", 2000))
    fan = world.sandbox.control("/control/people", {"name": "吴一", "phone": "13600009999"})["person_id"]
    world.log_in("wechat", fan, "demo")


def _print(world: World) -> None:
    keys = "\n".join(f"    {name}  {secret}" for name, secret in sorted(world.logins.keys.items()))
    folder = world.folder.relative_to(ROOT) if world.folder else "memory"
    print(
        f"""
  Tongka 通卡 is running. End it with Ctrl-C; the data stays in {folder}.

  Play      {world.sandbox.urls["page"]}   the phones of WeChat and Alipay, the clock, the SMS inbox
  API       {world.api_url}   documented in docs/openapi.json
  WeChat    {world.sandbox.urls["wechat"]}
  Alipay    {world.sandbox.urls["alipay"]}
  SMS       {world.sandbox.urls["sms"]}
  DynamoDB  {world.engine.url}   ({world.engine.name}, table tongka-demo)
  Commands  set -a; . {folder}/environment; set +a   then: python3 scripts/recount.py, scripts/reconcile.py …

  API keys of the tenant `demo` (key, secret); docs/signing.md says how requests are signed:
{keys}

  Channels  demo.wx (WeChat), demo.alipay (Alipay), demo.web (phone and code); see docs/first-steps.md

  People: {", ".join(f"{name} {phone}" for name, phone, _, _ in PEOPLE)}; 吴一 is a fan without a phone.
""",
        flush=True,
    )
