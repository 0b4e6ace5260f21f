"""Where login records go when merges and their undoing follow each other faster than the job."""

from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace

from msgspec.structs import replace

from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberState
from domain.merge.model import Merge, MergeCause, MergeState
from domain.merge.settle import SettleMerge
from domain.page import Page
from domain.session.model import Session
from domain.unit_of_work import Change, Changed
from tests.domain.builders import NOON
from tests.domain.memory import MemoryRunner

WECHAT = Identity(IdentityKind.WECHAT_OPENID, "app:o1")
ALIPAY = Identity(IdentityKind.ALIPAY_OPENID, "app:a1")
LATER = NOON + timedelta(minutes=10)


def somebody(name: str, identity: Identity, redirect_to: str | None = None) -> Member:
    """As the merge left them, one version on."""
    who = Member(name, MemberState.FAN, NOON, "wx", identities=(identity,), redirect_to=redirect_to)
    return replace(who, version=2)


def login(session_id: str, member_id: str, identity: Identity) -> Session:
    return Session(session_id, member_id, "wx", identity.text(), 1, "", NOON, NOON + timedelta(hours=2))


def merged(source_id: str, target_id: str, state: MergeState = MergeState.DONE) -> Merge:
    return Merge("g_1", source_id, target_id, MergeCause.PHONE, state, NOON, "x", is_settled=False)


class Records:
    """People, one merge and logins, each part of itself."""

    def __init__(self, people: Iterable[Member], merge: Merge, sessions: Iterable[Session]) -> None:
        self.people = {each.member_id: each for each in people}
        self.merge, self.kept = merge, {each.session_id: each for each in sessions}
        self.members = SimpleNamespace(exact=self.people.get, get=self.get)
        self.merges = SimpleNamespace(find=lambda _: self.merge)
        self.sessions = SimpleNamespace(of_member=self.of_member, move=self.move)

    def get(self, member_id: str) -> Member:
        member = self.people[member_id]
        return self.get(member.redirect_to) if member.redirect_to else member

    def of_member(self, member_id: str, limit: int, position: str | None) -> Page[Session]:
        return Page(tuple(each for each in self.kept.values() if each.member_id == member_id))

    def move(self, session: Session, member_id: str) -> None:
        self.kept[session.session_id] = replace(session, member_id=member_id)

    def commit(self, changes: Iterable[Change]) -> None:
        (settled,) = (each.after for each in changes if isinstance(each, Changed))
        assert isinstance(settled, Merge)
        self.merge = settled

    def settle(self) -> dict[str, tuple[str, bool]]:
        """What becomes of each login: whose record it is, and whether it lives."""
        assert SettleMerge(MemoryRunner(self, LATER)).finish("t", self.merge)
        assert self.merge.is_settled
        return {name: (each.member_id, each.is_alive(LATER)) for name, each in self.kept.items()}


def test_logins_of_a_merge_go_on_to_whom_its_survivor_was_merged_into() -> None:
    people = somebody("m_1", WECHAT, "m_2"), somebody("m_2", ALIPAY, "m_3"), somebody("m_3", ALIPAY)
    records = Records(people, merged("m_1", "m_2"), [login("k", "m_1", WECHAT)])

    assert records.settle() == {"k": ("m_3", False)}


def test_logins_of_an_undone_merge_go_back_to_whom_they_belong() -> None:
    people = somebody("m_1", WECHAT), somebody("m_2", ALIPAY)
    sessions = login("own", "m_2", ALIPAY), login("other", "m_2", WECHAT)
    records = Records(people, merged("m_1", "m_2", MergeState.UNDONE), sessions)

    assert records.settle() == {"own": ("m_2", True), "other": ("m_1", False)}


def test_a_login_lives_on_if_the_undone_merge_was_done_again() -> None:
    """Found by history 27125."""
    people = somebody("m_1", WECHAT, "m_2"), somebody("m_2", ALIPAY)
    records = Records(people, merged("m_1", "m_2", MergeState.UNDONE), [login("k", "m_2", WECHAT)])

    assert records.settle() == {"k": ("m_2", True)}


def test_logins_of_an_undone_merge_go_to_whom_the_other_half_was_merged_into() -> None:
    people = somebody("m_1", WECHAT, "m_3"), somebody("m_2", ALIPAY), somebody("m_3", ALIPAY)
    records = Records(people, merged("m_1", "m_2", MergeState.UNDONE), [login("k", "m_2", WECHAT)])

    assert records.settle() == {"k": ("m_3", False)}


def test_what_a_merge_became_meanwhile_is_left_to_the_next_run() -> None:
    """Found by history 1722: staff approved while the job looked."""
    people = somebody("m_1", WECHAT, "m_2"), somebody("m_2", ALIPAY)
    records = Records(people, merged("m_1", "m_2"), [login("k", "m_1", WECHAT)])
    as_found = replace(records.merge, state=MergeState.WAITING)
    records.merge = replace(records.merge, version=as_found.version + 1)

    assert not SettleMerge(MemoryRunner(records, LATER)).finish("t", as_found)
    assert records.settle() == {"k": ("m_2", False)}


def test_a_login_since_an_undoing_that_came_while_the_job_looked_is_left_alone() -> None:
    """Also if the function that opened it has a slow clock."""
    people = somebody("m_1", WECHAT, "m_2"), somebody("m_2", ALIPAY)
    records = Records(people, merged("m_1", "m_2"), [login("old", "m_1", WECHAT)])
    as_found, listed = records.merge, records.of_member

    def undone_first(member_id: str, limit: int, position: str | None) -> Page[Session]:
        records.people["m_1"] = replace(people[0], redirect_to=None, version=3)
        records.merge = replace(as_found, state=MergeState.UNDONE, version=2)
        records.kept["new"] = replace(login("new", "m_1", WECHAT), member_version=3)
        return listed(member_id, limit, position)

    records.sessions.of_member = undone_first
    assert not SettleMerge(MemoryRunner(records, NOON + timedelta(minutes=2))).finish("t", as_found)

    assert records.kept["new"] == replace(login("new", "m_1", WECHAT), member_version=3)


def test_a_merge_that_was_taken_back_moves_no_logins() -> None:
    people = somebody("m_1", WECHAT), somebody("m_2", ALIPAY)
    records = Records(people, merged("m_1", "m_2"), [login("k", "m_1", WECHAT)])

    assert records.settle() == {"k": ("m_1", True)}
