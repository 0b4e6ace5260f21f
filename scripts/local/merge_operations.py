"""What merging two people costs the store, and what staff does about it: a part of `operations.py`."""

from functools import partial

from domain.actor import MemberSelf
from domain.member.profile import ProfileChange
from scripts.local.costs import Limit
from scripts.local.measuring import Bench

MOVED = 3
"""Sentinels that point to somebody else after it."""


class Merges:
    """By a proven phone at once, or when staff says so."""

    def __init__(self, bench: Bench, actor: MemberSelf, person_id: str) -> None:
        self._bench, self.services = bench, bench.services
        self._actor, self._person_id = actor, person_id

    def run(self) -> None:
        self._at_once()
        first = self._waiting("13400134001", "Prove a phone: a merge has to wait for staff")
        second = self._waiting("13400134002")
        bench, services, office = self._bench, self.services, self._bench.office
        page = partial(services.list_waiting_merges, office, 20, None)
        bench.row("A page of merges that wait", Limit(2, 2.5, 0), page)
        bench.row("Read a merge", Limit(1, 1, 0), partial(services.read_merge, office, first))
        approve = partial(services.approve_merge, office, first)
        bench.row("Approve a merge, sessions included", Limit(8, 8.5, 23, 4), approve)
        bench.row("Approve: the same merge again", Limit(5, 4.5, 0), approve)
        reject = partial(services.reject_merge, office, second, release_phone=True)
        bench.row("Reject a merge, the phone leaves its holder", Limit(4, 2.5, 8, 2), reject)
        bench.row("Reject: the same merge again", Limit(1, 1, 0), reject)

    def _at_once(self) -> None:
        bench, services = self._bench, self.services
        fan = bench.fan("alipay", self._person_id)
        services.earn_from_order(bench.till, bench.bill("D-1"), bench.reference(fan))
        prove = partial(services.prove_phone, fan, bench.proof(fan, "alipay", self._person_id))
        name = "Merge by a proven phone, sessions included"
        proved, _, _ = bench.row(name, Limit(12, 6 + MOVED + 3, 24 + 2 * MOVED, 6), prove)
        undo = partial(services.undo_merge, bench.office, proved.merge_id)
        bench.row("Undo a merge, sessions included", Limit(11, 11.5, 24 + 2 * MOVED, 6), undo)
        bench.row("Undo: the same merge again", Limit(5, 4.5, 0), undo)

    def _waiting(self, phone: str, row: str | None = None) -> str:
        """Two accounts of one phone, under different names: staff has to look."""
        bench, services = self._bench, self.services
        person_id = bench.person("沈青梧", phone)
        services.change_profile(bench.member(person_id), ProfileChange(name="沈青梧"))
        fan = bench.fan("alipay", person_id)
        services.change_profile(fan, ProfileChange(name="沈碧桐"))
        prove = partial(services.prove_phone, fan, bench.proof(fan, "alipay", person_id))
        bench.row(row, Limit(6, 8.5, 10, 1), prove) if row else prove()
        waiting = services.list_waiting_merges(bench.office, 20, None).items
        return next(each.merge_id for each in waiting if fan.member_id in {each.source_id, each.target_id})
