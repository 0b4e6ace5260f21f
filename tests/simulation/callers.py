"""How the simulated callers show who they are: tills and the office sign, people carry a token."""

import hashlib
from abc import abstractmethod
from collections.abc import Container
from typing import TYPE_CHECKING

from msgspec.structs import replace

from domain.actor import KeyHolder, MemberSelf
from domain.api_key.authenticate import SignedRequest, signature_of
from tests.simulation.model import sessions
from tests.simulation.model.state import Refused, State, Verdict
from tests.simulation.requests import Moment, Operation

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

TILL, OFFICE, CAPPED = "till", "office", "capped"


def signed(process: "Process", key_id: str, text: str, *, once: bool = False, secret: str = "") -> KeyHolder:
    """The caller behind a signed request with this text as its body."""
    world = process.world
    attempt = process.attempt
    nonce = f"{attempt.request.number}-{attempt.number}"
    request = SignedRequest(
        key=f"{world.house.tenant_id}.{key_id}",
        timestamp=str(world.now_ms // 1000),
        nonce=nonce,
        signature="",
        method="POST",
        path="/v1",
        query=(),
        body=text.encode(),
    )
    mark = signature_of(request, secret or world.house.secrets[key_id])
    return process.services.authenticate_key(replace(request, signature=mark), once=once)


def person(process: "Process", token: str) -> MemberSelf:
    """The person behind a token."""
    return process.services.authenticate_session(token)


class Personal(Operation, frozen=True):
    """What somebody asks with the token in their phone."""

    token: str

    @property
    def session_id(self) -> str:
        return session_id(self.token)

    def actor(self, state: State, moment: Moment) -> str:
        """Who acts, by the login as it was at some time of the try; nobody who was parted from it."""
        return max(self.actors(state, moment))

    def may_be_parted(self, state: State, moment: Moment) -> bool:
        """Whether what logged in is another's now, by the login as it was at some time of the try."""
        return "" in self.actors(state, moment)

    def actors(self, state: State, moment: Moment) -> set[str]:
        """All whom the login may have stood for."""
        found = (each.sessions.get(self.session_id) for each in (*moment.states, state))
        logins = {login for login in found if login}
        # A login that has ended acts for nobody: what became of its record afterwards says nothing.
        living = {login for login in logins if not login.revoked_at}
        return {sessions.acts_for(state, login) for login in living or logins}


class Parted(Personal, frozen=True):
    """What is granted to whoever still holds the identity that logged in, and to nobody else."""

    def excuses(self, world: "World", state: State, moment: Moment) -> Container[str]:
        return {"identity-moved"} if self.may_be_parted(state, moment) else ()


class Acting(Parted, frozen=True):
    """The same, where the state and the member are all that counts."""

    def expect(self, state: State, moment: Moment) -> Verdict:
        member = self.actor(state, moment)
        return self.expect_of(state, member) if member else Refused("identity-moved")

    @abstractmethod
    def expect_of(self, state: State, member: str) -> Verdict:
        """What the model says to this member."""


class ForOneself(Parted, frozen=True):
    """What changes one's own account alone."""

    def actors(self, state: State, moment: Moment) -> set[str]:
        """Also who had just given up the number that logged in: who holds it now does not see the account."""
        found = super().actors(state, moment)
        for view in moment.states:
            login = view.sessions.get(self.session_id)
            if login and not login.revoked_at and login.identity not in state.holders:
                found.add(sessions.acts_for(view, login))
        return {each for each in found if not each or (each in state.people and state.alive(each) == each)}


def session_id(token: str) -> str:
    """What the table knows of a token."""
    return hashlib.sha256(token.partition(".")[2].encode()).hexdigest()
