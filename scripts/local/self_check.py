"""Walks the main journey over HTTP and prints each step."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any

from scripts.local.client import Answer
from scripts.local.world import World

PHONE = "13912345678"
FRIEND = "13800138000"
THIRTEEN_MONTHS = 13
FOLLOWED_SECONDS = 10.0


class StepFailed(Exception):
    """A step did not come out as it must."""


def expect(seen: object, wanted: object, what: str = "") -> None:
    """Raises StepFailed."""
    if seen != wanted:
        raise StepFailed(f"{what} expected {wanted}, got {seen}".strip())


def eventually(ask: Callable[[], Answer], is_right: Callable[[Answer], bool]) -> Answer:
    """The first right answer, or the last one after some seconds: figures follow the table a moment later."""
    ends_at = time.monotonic() + FOLLOWED_SECONDS
    answer = ask()
    while not is_right(answer) and time.monotonic() < ends_at:
        time.sleep(0.1)
        answer = ask()
    return answer


def at_once(send: Callable[[], Answer], times: int = 3) -> list[Answer]:
    """The same request several times in parallel."""
    with ThreadPoolExecutor(times) as pool:
        return [waiting.result() for waiting in [pool.submit(send) for _ in range(times)]]


class Journey:
    """Each public method is a step; its docstring is the sentence that is printed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.till, self.office = world.till(), world.office()
        self.person_id = ""
        self.wechat: Any = None
        self.alipay: Any = None
        self.member_id = ""
        self.card_number = ""
        self.coupon = ""

    def steps(self) -> list[Callable[[], None]]:
        return [
            self.meets_in_wechat,
            self.joins,
            self.is_identified,
            self.earns,
            self.earns_once,
            self.reads_entries,
            self.refunds,
            self.meets_in_alipay,
            self.fan_earns,
            self.becomes_one,
            self.finds_one,
            self.is_undone_and_merged_again,
            self.follows_a_rule,
            self.invites,
            self.reaches_a_tier,
            self.uses_a_benefit,
            self.exchanges,
            self.claims_a_coupon,
            self.checks_out,
            self.is_counted,
            self.lapses,
            self.proves,
        ]

    def meets_in_wechat(self) -> None:
        """A customer opens the WeChat mini-program and is known as a fan"""
        body = {"name": "林小满", "phone": PHONE}
        self.person_id = self.world.sandbox.control("/control/people", body)["person_id"]
        self.wechat = self.world.log_in("wechat", self.person_id, "iPhone 17")
        me = self.wechat.get("/v1/me")
        expect((me.status, me["state"], me["card_number"]), (200, "fan", None))
        self.member_id = me["member_id"]

    def joins(self) -> None:
        """WeChat vouches for the phone, consent is given: the fan is a member with a card number"""
        refused = self.wechat.post("/v1/me/phone", {"code": "made-up"}, key="self-check-made-up-code")
        expect((refused.status, refused["code"]), (422, "phone-proof-refused"))
        body = self.world.phone_proof("wechat", self.person_id)
        answer = self.wechat.post("/v1/me/phone", body, key="self-check-joins-1")
        expect((answer.status, answer["outcome"]), (200, "joined"))
        again = self.wechat.post("/v1/me/phone", body, key="self-check-joins-1")
        expect((again.status, again.body), (200, answer.body), "the same request again")
        self.card_number = answer["member"]["card_number"]
        expect(answer["member"]["phone"], "139****5678")

    def is_identified(self) -> None:
        """The till finds the member by member code, card number and phone"""
        code = self.wechat.get("/v1/me/code")["code"]
        for query in (f"member_code={code}", f"card_number={self.card_number}", f"phone={PHONE}"):
            found = self.till.get(f"/v1/till/members?{query}")
            expect((found.status, found["member_id"]), (200, self.member_id), query.split("=")[0])

    def earns(self) -> None:
        """An order of 88 yuan at the till earns 88 points, at once"""
        order = self.world.order("A-1001", {"card_number": self.card_number}, 8800)
        answer = self.till.post("/v1/till/orders", order)
        expect((answer.status, answer["points"], answer["balance"]), (201, 88, 88))
        expect(self.wechat.get("/v1/me/points")["balance"], 88)

    def earns_once(self) -> None:
        """The same order sent three times in parallel earns once; other contents are refused"""
        order = self.world.order("A-1002", {"card_number": self.card_number}, 1299)
        answers = at_once(lambda: self.till.post("/v1/till/orders", order))
        expect([(each.status, each["points"], each["balance"]) for each in answers], [(201, 12, 100)] * 3)
        changed = self.till.post("/v1/till/orders", {**order, "member": {"phone": PHONE}})
        expect((changed.status, changed["code"]), (422, "order-number-reused"))

    def reads_entries(self) -> None:
        """The member reads the entries, newest first"""
        page = self.wechat.get("/v1/me/points/entries?limit=20")
        expect([(each["kind"], each["points"]) for each in page["items"]], [("earn", 12), ("earn", 88)])

    def refunds(self) -> None:
        """Half of the first order is refunded, three times in parallel: 44 points go back, once"""
        refund = self.world.refund("R-1", 4400)
        answers = at_once(lambda: self.till.post("/v1/till/orders/A-1001/refunds", refund))
        expect([(each.status, each["points"], each["balance"]) for each in answers], [(201, -44, 56)] * 3)

    def meets_in_alipay(self) -> None:
        """The same customer opens the Alipay mini-program: a second fan, for now"""
        self.alipay = self.world.log_in("alipay", self.person_id, "Mate 80")
        me = self.alipay.get("/v1/me")
        expect((me.status, me["state"]), (200, "fan"))
        expect(me["member_id"] != self.member_id, True)

    def fan_earns(self) -> None:
        """Fans earn points, too: 50 yuan, 50 points"""
        fan_id = self.alipay.get("/v1/me")["member_id"]
        answer = self.till.post("/v1/till/orders", self.world.order("A-1003", {"member_id": fan_id}, 5000))
        expect((answer.status, answer["balance"]), (201, 50))

    def becomes_one(self) -> None:
        """Alipay vouches for the same phone: one member, points and identities together"""
        body = self.world.phone_proof("alipay", self.person_id)
        answer = self.alipay.post("/v1/me/phone", body, key="self-check-merge-1")
        expect((answer.status, answer["outcome"]), (200, "merged"))
        expect(answer["member"]["member_id"], self.member_id)
        expect(self.alipay.get("/v1/me").status, 401, "the old session")
        self.alipay = type(self.alipay)(self.world.api_url, answer["token"])
        expect(self.alipay.get("/v1/me/points")["balance"], 106)

    def finds_one(self) -> None:
        """Both mini-programs now lead to the same member, with three orders"""
        for platform in ("wechat", "alipay"):
            person = self.world.log_in(platform, self.person_id, "again")
            expect(person.get("/v1/me")["member_id"], self.member_id, platform)
        member = self.office.get(f"/v1/staff/members/{self.member_id}")
        expect((member["points"], member["order_count"]), (106, 3))

    def is_undone_and_merged_again(self) -> None:
        """Staff undo the merge exactly, and the phone proof merges again"""
        alias = self.office.get(f"/v1/staff/members/{self.member_id}")["aliases"][0]
        undone = self.office.post(f"/v1/staff/merges/{alias['merge_id']}/undo")
        expect((undone.status, undone["state"]), (200, "undone"))
        apart = [
            self.office.get(f"/v1/staff/members/{each}")["points"]
            for each in (self.member_id, alias["member_id"])
        ]
        expect(apart, [56, 50])
        self.alipay = self.world.log_in("alipay", self.person_id, "Mate 80")
        body = self.world.phone_proof("alipay", self.person_id)
        answer = self.alipay.post("/v1/me/phone", body, key="self-check-merge-2")
        expect((answer.status, answer["outcome"]), (200, "merged"))

    def follows_a_rule(self) -> None:
        """Head office publishes double points: a dry run tells it, the order gets it, the entry says why"""
        rule = {"name": "双倍积分", "kind": "multiplier", "settings": {"permille": 2000}}
        draft = self.office.put("/v1/staff/programme/rules/double", rule)
        chosen = [{"rule_id": "double", "draft_number": draft["draft_number"]}]
        publications = "/v1/staff/programme/publications"
        published = self.office.post(publications, {"publish": chosen}, key="self-check-publish")
        expect((published.status, published["published"]), (201, ["double"]))
        order = self.world.order("A-1004", {"card_number": self.card_number}, 1000)
        for path in ("/v1/till/orders?dry_run=true", "/v1/till/orders"):
            answer = self.till.post(path, order)
            expect((answer.status, answer["points"], answer["balance"]), (201, 20, 126), path)
        entry_id = f"{self.member_id}:{answer['entry_sequence']}"
        entries = f"/v1/staff/members/{self.member_id}/points/entries"
        told = self.office.get(f"{entries}/{entry_id}/explanation")
        expect(
            [(each["rule_id"], each["points"]) for each in told["gains"]], [("base", "10"), ("double", "10")]
        )
        back = self.till.post("/v1/till/orders/A-1004/refunds", self.world.refund("R-4", 1000))
        expect((back.status, back["balance"]), (201, 106))

    def invites(self) -> None:
        """A friend follows the member's invitation and joins: 20 points for one, 10 for the other"""
        body = {"name": "周伯言", "phone": FRIEND}
        friend_id = self.world.sandbox.control("/control/people", body)["person_id"]
        friend = self.world.log_in("wechat", friend_id, "Pixel 11")
        proof = {**self.world.phone_proof("wechat", friend_id), "invited_by": self.member_id}
        joined = friend.post("/v1/me/phone", proof, key="self-check-invited")
        expect((joined.status, joined["outcome"], joined["points_given"]), (200, "joined", 10))
        expect(friend.get("/v1/me/points")["balance"], 10)
        expect(self.office.get(f"/v1/staff/members/{self.member_id}")["points"], 126)

    def reaches_a_tier(self) -> None:
        """An order of 300 yuan makes the member silver, at once; the page says what gold still takes"""
        order = self.world.order("A-1005", {"card_number": self.card_number}, 30_000)
        answer = self.till.post("/v1/till/orders", order)
        expect((answer.status, answer["points"], answer["balance"]), (201, 650, 776))
        expect(answer["tier_reached"], "silver")
        self.wechat = self.world.log_in("wechat", self.person_id, "iPhone 17")
        page = self.wechat.get("/v1/me/tier")
        expect((page["tier"]["tier_id"], page["next_tier"]["tier_id"]), ("silver", "gold"))
        expect(page["missing"], 100_000 - page["value"])
        changes = self.wechat.get("/v1/me/tier/changes")["items"]
        expect([(each["before"], each["after"]) for each in changes], [("plain", "silver"), (None, "plain")])

    def uses_a_benefit(self) -> None:
        """The same order brought a free upgrade; of three tills at once one takes it"""
        one = self.wechat.get("/v1/me/entitlements?state=open")["items"]
        expect([(each["name"], each["order_number"]) for each in one], [("免费升杯", "A-1005")])
        path, store = f"/v1/till/entitlements/{one[0]['entitlement_id']}/use", {"store_id": "nanjing-road"}
        answers = at_once(lambda: self.till.post(path, store, key=f"self-check-use-{token_hex(8)}"))
        expect(sorted(each.status for each in answers), [201, 409, 409])
        expect(self.wechat.get("/v1/me/entitlements?state=open")["items"], [])
        entry = self.wechat.get("/v1/me/points/entries?kind=earn&limit=1")["items"][0]["entry_id"]
        told = self.wechat.get(f"/v1/me/points/entries/{entry}/explanation")["benefits"]
        expect([each["rule_id"] for each in told], ["upgrade"])

    def exchanges(self) -> None:
        """500 points are exchanged for a towel, once; the till hands it over, staff takes it back exactly"""
        shelf = "/v1/staff/rewards/towel"
        before = self.office.get(shelf)["left"]
        path = "/v1/me/rewards/towel/exchanges"
        answers = at_once(lambda: self.wechat.post(path, {"points": 500}, key="self-check-exchange"))
        expect([(each.status, each["balance"]) for each in answers], [(201, 276)] * 3)
        expect(self.office.get(shelf)["left"], before - 1)
        exchange = f"exchanges/{answers[0]['exchange_id']}"
        store = {"store_id": "nanjing-road"}
        handed = self.till.post(f"/v1/till/{exchange}/fulfilment", store, key="self-check-hand-over")
        expect((handed.status, handed["state"]), (201, "fulfilled"))
        refunds = f"/v1/staff/{exchange}/refund"
        dry = self.office.post(f"{refunds}?dry_run=true", None, key="self-check-take-back")
        back = self.office.post(refunds, None, key="self-check-take-back")
        expect((dry.body, back.status, back["balance"]), (back.body, 201, 776))
        expect(self.office.get(shelf)["left"], before)

    def claims_a_coupon(self) -> None:
        """A coupon of 10 off 50 is claimed, once, however often that is sent; the till reads its code"""
        path = "/v1/me/coupon-templates/ten/claims"
        answers = at_once(lambda: self.wechat.post(path, None, key="self-check-claim"))
        expect([each.status for each in answers], [201] * 3)
        self.coupon = answers[0]["code"]
        expect([each["code"] for each in self.wechat.get("/v1/me/coupons")["items"]], [self.coupon])
        expect(self.till.get(f"/v1/till/coupons/{answers[0]['code_shown']}")["benefit"], "满50元减10元")

    def checks_out(self) -> None:
        """A bill of 100 is the silver price, a coupon, 700 points and money: booked once, taken back whole"""
        basket = {
            "store_id": "nanjing-road",
            "member": {"card_number": self.card_number},
            "lines": [{"sku": "cake", "category": "cake", "quantity": 2, "amount_fen": 10_000}],
            "total_fen": 10_000,
            "points": 700,
        }
        quote = self.till.post("/v1/till/checkout/quotes", basket)
        expect((quote["best"], quote["price"]["to_pay_fen"]), ([self.coupon], 8_100))
        order = basket | {
            "order_number": f"A-{token_hex(4)}",
            "coupon_codes": quote["best"],
            "paid_at": self.world.sandbox.now().isoformat(timespec="seconds"),
            "payments": [{"method": "wechat_pay", "amount_fen": 8_100}],
        }
        paid = at_once(lambda: self.till.post("/v1/till/checkout/orders", order))
        expect([(each.status, each["points"], each["balance"]) for each in paid], [(201, 162, 238)] * 3)
        refund = {
            "refund_number": "V-1",
            "store_id": "nanjing-road",
            "refunded_at": self.world.sandbox.now().isoformat(timespec="seconds"),
        }
        path = f"/v1/till/checkout/orders/{order['order_number']}/reversals"
        back = at_once(lambda: self.till.post(path, refund))
        expect([(each.status, each["given_back"], each["balance"]) for each in back], [(201, 700, 776)] * 3)
        expect(self.wechat.get(f"/v1/me/coupons/{self.coupon}")["state"], "open")

    def is_counted(self) -> None:
        """Head office sees it sent, claimed, used and returned; counted from the beginning it is the same"""
        path, names = "/v1/staff/coupon-templates/ten/statistics", ("sent", "claimed", "used", "returned")
        seen = eventually(
            lambda: self.office.get(path), lambda seen: [seen[name] for name in names] == [1] * 4
        )
        expect([seen[name] for name in names], [1] * 4)
        expect((seen["off_fen"], seen["used_of_claimed_permille"]), (0, 0), "it came back")
        self.world.services.recount_statistics(None, lambda _: None)
        expect(self.office.get(path), seen)

    def lapses(self) -> None:
        """Thirteen months later the points are gone and the tier is on its last days, job or no job"""
        self.world.sandbox.control("/clock", {"advance_months": THIRTEEN_MONTHS})
        self.wechat = self.world.log_in("wechat", self.person_id, "iPhone 17")
        expect(self.wechat.get("/v1/me/points")["balance"], 0, "before the job")
        expect(self.wechat.get("/v1/me/tier")["is_grace"], True, "before the job")
        expired = self.world.run_job("expire_points")
        expect((expired["accounts"], expired["points"], expired["failed"]), (2, 786, 0))
        expect(self.world.run_job("convert_points")["coupons"], 1, "500 of them are a coupon")
        expect(self.world.run_job("expire_points")["accounts"], 0, "the job again")
        entries = self.wechat.get("/v1/me/points/entries?limit=2")["items"]
        told = [(entry["kind"], entry["points"], entry["balance"]) for entry in entries]
        expect(told, [("convert", 0, 0), ("expire", -776, 0)])
        expect(self.world.run_job("expire_coupons")["coupons"], 1, "the one that was not used")

    def proves(self) -> None:
        """Every ledger folds to its account, every reference fits"""
        report = self.world.services.reconcile()
        expect([finding.what for finding in report.findings], [])
        expect(report.seen["account"], 3)


def run(world: World) -> int:
    """Prints `ok|FAIL NN sentence` for each step and a summary; answers the number of failures."""
    journey = Journey(world)
    steps, failed = journey.steps(), 0
    for number, step in enumerate(steps, 1):
        sentence = (step.__doc__ or "").strip()
        try:
            step()
        except (StepFailed, OSError, KeyError) as problem:
            failed += 1
            print(f"FAIL {number:02} {sentence}: {problem!r}", flush=True)
        else:
            print(f"ok {number:02} {sentence}", flush=True)
    print(f"self-check: {len(steps)} steps, {failed} failed", flush=True)
    return failed
