"""How coupons come to people: issued by staff, claimed by themselves."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict, replace

from domain.coupon.claim import ClaimCoupon, Claimed, ClaimSent, ClaimWish, claimed_from
from domain.coupon.issue import IssueCoupons, Issued, IssueWish, issued_from
from domain.coupon.read import Shown
from domain.unit_of_work import RequestKey
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, enter
from tests.simulation.areas.merges import merge_ids
from tests.simulation.areas.templates import Say, says
from tests.simulation.areas.undoing import Undo
from tests.simulation.callers import OFFICE, ForOneself
from tests.simulation.keyed import remember, remembered
from tests.simulation.merchant import COUPONS
from tests.simulation.minting import as_written, by_whom, mixed, new_code, new_coupons, versions
from tests.simulation.model import coupons as model
from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import Accepted, Refused, State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class Issue(Operation, frozen=True):
    """Staff issues coupons by a list."""

    name: ClassVar[str] = "issue"
    use_case: ClassVar[type] = IssueCoupons
    is_once: ClassVar[bool] = True
    key: str
    template: str
    members: tuple[str, ...]

    def call(self, process: Process) -> Issued:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Issued:
        text = f"{self.template} {self.members}"
        actor: Any = callers.signed(process, OFFICE, text, once=dry_run)
        wish = IssueWish(self.template, self.members, RequestKey(actor.caller, self.key, text, issued_from))
        return process.services.issue_coupons(actor, wish, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        if self.template not in model.templates(state):
            return Refused("coupon-template-not-found")
        fits, kept = as_written(moment.commit), self._kept(moment)

        def is_it(verdict: Verdict) -> bool:
            return isinstance(verdict, Accepted) and fits(verdict) and verdict.facts["handed"] == kept

        verdicts = self._verdicts(state, moment)
        first = next(verdicts)
        found = first if is_it(first) else next(filter(is_it, verdicts), first)
        return remember(found if moment.commit else first, moment, self.key)

    def _verdicts(self, state: State, moment: Moment) -> Iterator[Verdict]:
        """As it is; then with all that may have been read, the newest first; then with people of any age."""
        written = {owner: code for code, (owner, _, _) in new_coupons(moment).items()}
        found = versions(state, moment, self.template)
        read = (*moment.states, state)[::-1] if moment.commit else (state,)
        for view in (*read, *mixed(read, self.members)):
            for version in found:
                yield self._handed(state, view, version, written, moment.now)

    def _kept(self, moment: Moment) -> tuple[tuple[str, bool, str], ...]:
        """What was written down as the answer."""
        found = moment.commit.of("idempotency") if moment.commit else []
        lines = observe.json_of(found[0].after or {}, "answer")["handed"] if found else []
        return tuple((member, bool(code), refused or "") for member, code, refused in lines)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        seen = (*moment.states, state)[::-1]
        return any(self.is_true_in((view,), moment, facts) for view in (state, *mixed(seen, self.members)))

    def _handed(
        self, state: State, view: State, version: int, written: Mapping[str, str], now: int
    ) -> Verdict:
        """`view`: people, limits and stock as they were read; `written`: codes by owner."""
        lines: list[tuple[str, bool, str]] = []
        view = self._with_all_versions(state, view)
        for asked in self.members:
            owner = view.alive(asked)
            refusal = self._refusal(view, owner, version, {line[0] for line in lines if line[1]}, now)
            if refusal == "coupon-template-stopped":
                return Refused(refusal)
            if not refusal:
                code = written.get(owner, f"{self.key} {owner}")
                _, state = model.mint(state, code, self.template, version, owner, "issued", now)
                if view is not state:
                    _, view = model.mint(view, code, self.template, version, owner, "issued", now)
            lines.append((owner if not refusal else asked, not refusal, refusal))
        told = tuple((asked, *line[1:]) for asked, line in zip(self.members, lines, strict=True))
        return Accepted(state, {"handed": told})

    def _with_all_versions(self, state: State, view: State) -> State:
        """What is left as it was then."""
        latest, before = model.templates(state)[self.template], model.templates(view).get(self.template)
        left = before.left if before else 0
        return model.keep(view, model.TEMPLATES, self.template, replace(latest, left=left))

    def _refusal(self, view: State, owner: str, version: int, owners: set[str], now: int) -> str:
        if owner not in view.people:
            return "member-not-found"
        if owner in owners:
            return "duplicate"
        ids = model.ids_of(view, owner)
        refusal = model.refuses(view, self.template, version, ids, "issued", now)
        terms = model.templates(view)[self.template].said[version - 1]
        if refusal == "coupon-template-stopped":
            # Whoever has as many as the template allows is refused before that.
            is_full = model.is_at_limit(view, self.template, terms, ids, day_of(now))
            return "coupon-limit-reached" if is_full else refusal
        if refusal == "coupons-gone" and model.is_at_limit(view, self.template, terms, ids, day_of(now)):
            return "coupon-limit-reached"
        return refusal

    def facts(self, answer: Issued) -> Mapping[str, Any]:
        return {
            "handed": tuple((each.member_id, bool(each.code), each.refused or "") for each in answer.handed)
        }

    def learn(self, world: World, answer: Issued) -> None:
        for each in answer.handed:
            if each.code:
                hear_of(world, each.code)


def hear_of(world: World, code: str) -> None:
    """Somebody knows a code from now on."""
    if code not in world.memory["coupons"]:
        world.memory["coupons"].append(code)


class TryIssue(Issue, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try to issue"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Issued:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Issue(**asdict(self)).expect(state, moment), state)

    def learn(self, world: World, answer: Issued) -> None:
        """Nothing happened."""


class Claim(ForOneself, frozen=True):
    """Somebody claims one, on its page or with its code."""

    name: ClassVar[str] = "claim"
    use_case: ClassVar[type] = ClaimCoupon
    is_once: ClassVar[bool] = True
    key: str
    template: str
    code: str = ""

    def call(self, process: Process) -> Claimed:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Claimed:
        actor = callers.person(process, self.token)
        key = RequestKey(actor.caller, self.key, f"{self.template} {self.code}", claimed_from)
        template = None if self.code else self.template
        wish = ClaimWish(key, template_id=template, claim_code=self.code or None)
        return process.services.claim_coupon(actor, wish, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        verdict = by_whom(self, state, moment, lambda member: self._for(state, moment, member))
        return remember(verdict, moment, self.key)

    def _for(self, state: State, moment: Moment, member: str) -> Verdict:
        name = self._template(state, moment)
        known_templates = model.templates(state)
        if name not in known_templates:
            return Refused("coupon-template-not-found")
        if known_templates[name].terms.delivery != ("code" if self.code else "claim"):
            return Refused("coupon-not-claimable")
        verdicts = [
            self._minted(state, moment, member, name, version) for version in versions(state, moment, name)
        ]
        fits = as_written(moment.commit)
        return next((each for each in verdicts if isinstance(each, Accepted) and fits(each)), verdicts[0])

    def _template(self, state: State, moment: Moment) -> str:
        if not self.code:
            return self.template
        made = [name for _, name, _ in new_coupons(moment).values()]
        views = (*moment.states, state) if made else (state,)
        leads = [
            name for view in views for name, each in model.templates(view).items()
            if each.terms.code == self.code and (not made or name == made[0])
        ]  # fmt: skip
        return leads[-1] if leads else ""

    def _minted(self, state: State, moment: Moment, member: str, name: str, version: int) -> Verdict:
        ids = model.ids_of(state, member)
        refusal = model.refuses(state, name, version, ids, "claimed", moment.now)
        if refusal:
            return Refused(refusal)
        code = new_code(moment)
        coupon, after = model.mint(state, code, name, version, member, "claimed", moment.now)
        return Accepted(after, {"code": code, "template": name, "first": coupon.first, "last": coupon.last})

    def facts(self, answer: Claimed) -> Mapping[str, Any]:
        return {"code": answer.code, **claimed_facts(answer)}

    def learn(self, world: World, answer: Claimed) -> None:
        hear_of(world, answer.code)


def claimed_facts(answer: Claimed) -> dict[str, Any]:
    days = (answer.valid_from, answer.valid_through)
    first, last = (int(day.replace("-", "")) for day in days)
    return {"template": answer.template_id, "first": first, "last": last}


class TryClaim(Claim, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try to claim"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Claimed:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        verdict = Claim(**asdict(self)).expect(state, moment)
        if not isinstance(verdict, Accepted):
            return verdict
        return Accepted(state, {name: fact for name, fact in verdict.facts.items() if name != "code"})

    def facts(self, answer: Claimed) -> Mapping[str, Any]:
        return claimed_facts(answer)

    def learn(self, world: World, answer: Claimed) -> None:
        """Nothing happened."""


class ClaimOne(ForOneself, frozen=True):
    """Somebody claims what was sent."""

    name: ClassVar[str] = "claim what was sent"
    use_case: ClassVar[type] = ClaimSent
    is_once: ClassVar[bool] = False
    code: str

    def call(self, process: Process) -> Shown:
        return process.services.claim_sent(callers.person(process, self.token), self.code)

    def expect(self, state: State, moment: Moment) -> Verdict:
        def ask(member: str) -> Verdict:
            return model.claim_sent(state, self.code, model.ids_of(state, member), moment.now)

        return by_whom(self, state, moment, ask)

    def facts(self, answer: Shown) -> Mapping[str, Any]:
        return {"state": answer.state.value}


def draw_issue(world: World, chance: Random) -> Operation | None:
    people = world.known_members()
    if not people:
        return None
    members = tuple(chance.sample(people, min(len(people), chance.choice((1, 1, 2, 3)))))
    key = f"issue-{chance.randrange(10**9):09}"
    kind = TryIssue if chance.random() < 0.1 else Issue
    return kind(key, chance.choice((*COUPONS, "eight", "rate", "spare")), members)


def draw_claim(world: World, chance: Random) -> Operation | None:
    found = world.somebody(chance)
    if found is None:
        return None
    if world.memory["coupons"] and chance.random() < 0.3:
        return ClaimOne(found[2], chance.choice(world.memory["coupons"]))
    key = f"claim-{chance.randrange(10**9):09}"
    kind = TryClaim if chance.random() < 0.1 else Claim
    code = chance.choice(("", "", "HELLO", "BYE"))
    return kind(found[2], key, chance.choice(("rate", "rate", "eight", "spare")) if not code else "", code)


def coupon_of(stage: Stage, member: str, template: str = "eight") -> str:
    """The code of one that was issued just now."""
    key = f"issue-scene-{len(stage.world.memory['coupons']):06}"
    handed = stage.does(Issue(key, template, (member,))).handed
    return str(handed[0].code)


def issue_scene(stage: Stage) -> Issue:
    """To two people, one of whom is merged into the other meanwhile: only one of them gets any."""
    one, other = a_fan(stage).member_id, a_fan(stage, 1).member_id
    says(stage, "eight", per_member=1)
    stage.rival = Issue("issue-rival-0001", "eight", (other,))
    return Issue("issue-0000000001", "eight", (one, other))


def last_issue_scene(stage: Stage) -> Issue:
    """Two lists want what is there once."""
    one, other = a_fan(stage).member_id, a_fan(stage, 1).member_id
    says(stage, "rate", total=2, per_member=0)
    coupon_of(stage, one, "rate")
    stage.rival = Issue("issue-rival-0001", "rate", (other,))
    return Issue("issue-0000000001", "rate", (one, other))


def try_issue_scene(stage: Stage) -> TryIssue:
    return TryIssue(**asdict(issue_scene(stage)))


def last_claim_scene(stage: Stage) -> Claim:
    """Two want the last one."""
    token, other = a_fan(stage).tokens["wx"], a_fan(stage, 1).tokens["wx"]
    says(stage, "rate", total=1)
    stage.rival = Claim(other, "claim-rival-0001", "rate")
    return Claim(token, "claim-0000000001", "rate")


def stocked_claim_scene(stage: Stage) -> Claim:
    """Many are there, in two buckets, while somebody wants most of them back."""
    token = a_fan(stage).tokens["wx"]
    says(stage, "rate", total=60)
    stage.rival = Say("rate", COUPONS["rate"])
    return Claim(token, "claim-0000000001", "rate")


def limited_claim_scene(stage: Stage) -> Claim:
    """One for each person and day, from two phones at once, by code."""
    token = a_fan(stage).tokens["wx"]
    stage.rival = Claim(token, "claim-rival-0001", "", "HELLO")
    return Claim(token, "claim-0000000001", "", "HELLO")


def merged_claim_scene(stage: Stage) -> Claim:
    """What each half had counts, until the merge is undone at that moment."""
    human = stage.human(2)
    says(stage, "rate", per_member=2)
    for channel in ("wx", "wx-2"):
        stage.does(enter(stage.world, human, channel, shared=False))
        coupon_of(stage, human.member_id, "rate")
    for channel in ("wx", "wx-2"):
        stage.does(enter(stage.world, human, channel, shared=True))
    stage.rival = Undo(merge_ids(stage.world, "done")[-1])
    return Claim(human.tokens["wx"], "claim-0000000001", "rate")


def try_claim_scene(stage: Stage) -> TryClaim:
    return TryClaim(**asdict(last_claim_scene(stage)))


def claim_sent_scene(stage: Stage) -> ClaimOne:
    """From two phones at once."""
    human = a_fan(stage)
    code = coupon_of(stage, human.member_id, "rate")
    stage.rival = ClaimOne(human.tokens["wx"], code)
    return ClaimOne(human.tokens["wx"], code)


AREA = Area(
    "issuing",
    draws=((3, draw_issue), (4, draw_claim)),
    scenarios={
        "issue coupons": issue_scene,
        "issue the last coupons": last_issue_scene,
        "try to issue coupons": try_issue_scene,
        "claim the last coupon": last_claim_scene,
        "claim one of many": stocked_claim_scene,
        "claim within a limit": limited_claim_scene,
        "claim after a merge": merged_claim_scene,
        "try to claim": try_claim_scene,
        "claim what was sent": claim_sent_scene,
    },
)
