"""What the programme costs the store: drafting and publishing, and earning with everything on.

A part of `operations.py`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from domain.actor import MemberSelf
from domain.points.model import EntryRef
from domain.programme import rule as written
from domain.programme.publish import Publication, TermsWish, published_from
from domain.programme.rule import Rule
from scripts.local.costs import Limit
from scripts.local.measuring import Bench

COFFEE = {"points_each": 10, "goods": {"categories": ["coffee"]}}


def _rule(rule_id: str, kind: str, settings: dict[str, Any], **more: Any) -> Rule:
    return written.load({"rule_id": rule_id, "name": rule_id, "kind": kind, "settings": settings, **more})


EVERY_RULE = (
    _rule("latte", "item_bonus", COFFEE, limits={"per_day": 500}),
    _rule("chest", "item_bonus", COFFEE, limits={"budget": 1_000_000}),
    _rule("third", "nth_order", {"nth": 3, "points_each": 20}),
    _rule("full", "step_bonus", {"steps": [{"from_fen": 8000, "points": 9}]}, limits={"per_member": 900}),
    _rule("bands", "spend_band", {"bands": [{"from_fen": 8000, "permille": 1500}]}),
    _rule("birthday", "multiplier", {"permille": 2000}, when={"birthday": "month"}),
    _rule("members", "multiplier", {"permille": 1200}, when={"is_members_only": True}),
    _rule("more", "multiplier", {"permille": 1100, "stack": "multiply", "covers": "all"}),
)
GIFTS = (
    _rule("gift", "joining", {"points_each": 50}),
    _rule("friends", "referral", {"inviter_points": 20, "invitee_points": 10}),
)


class Programmes:
    """Head office changes what gives points, and people notice."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        self._publish()
        self._earn()
        self._welcome()
        self._terms()

    def _publish(self) -> None:
        """Everything at once: goods, steps, caps, the birthday, three multipliers, and a budget."""
        bench, services, office = self._bench, self.services, self._bench.office
        drafts = self._drafts(EVERY_RULE)
        spare = partial(services.save_draft, office, _rule("spare", "item_bonus", COFFEE))
        bench.row("Save a draft", Limit(3, 2, 1), spare)
        bench.row("Save a draft: the same again", Limit(1, 1, 0), spare)
        publish = partial(services.publish_rules, office, Publication(drafts, (), bench.key(published_from)))
        bench.row("Publish eight rules", Limit(4, 10, 28), publish)
        bench.row("Publish: the same request again", Limit(4, 11, 0), publish)
        bench.row("A page of rules", Limit(2, 2, 0), partial(services.list_rules, office, 20, None))

    def _earn(self) -> None:
        bench = self._bench
        earn = partial(self.services.earn_from_order, bench.till)
        member = bench.reference(self._actor)
        earn(bench.bill("E-0"), member)
        booked = partial(earn, bench.bill("E-1"), member)
        bench.row("Earn with all rules on, dry", Limit(2, 1, 8), partial(booked, dry_run=True))
        order = bench.row("Earn with all rules on (two for the budget)", Limit(2, 1, 8), booked)
        ref = EntryRef(order.member_id, order.award.entry_sequence)
        explain = partial(self.services.explain_entry, self._actor, ref.member_id, ref)
        bench.row("Explain an entry", Limit(3, 3, 0), explain)

    def _welcome(self) -> None:
        """Two gifts for the newcomer, one for the inviter."""
        bench, services = self._bench, self.services
        publication = Publication(self._drafts(GIFTS), (), bench.key(published_from))
        services.publish_rules(bench.office, publication)
        bench.warm()
        friend = bench.person("许知夏", "13600136000")
        fan = bench.fan("wechat", friend)
        proof = replace(bench.proof(fan, "wechat", friend), invited_by=self._actor.member_id)
        join = partial(services.prove_phone, fan, proof)
        bench.row("Prove a phone: join, invited, with gifts for both", Limit(5, 4.5, 22, 1), join)

    def _terms(self) -> None:
        bench, services = self._bench, self.services
        read = partial(services.read_programme, bench.office)
        seen = bench.row("Read the programme", Limit(1, 1, 0), read)
        terms = replace(seen.terms, refund_grace_days=7)
        wish = TermsWish(terms, seen.version, bench.key(published_from))
        bench.row("Publish terms", Limit(2, 1, 12), partial(services.publish_terms, bench.office, wish))

    def _drafts(self, rules: Sequence[Rule]) -> dict[str, int]:
        save = partial(self.services.save_draft, self._bench.office)
        return {rule.rule_id: save(rule).record.draft_number for rule in rules}
