"""Use cases of a login: open it, recognise it by its token, end it, list it."""

from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.api_key.model import Scope
from domain.clock import Clock
from domain.ids import Ids
from domain.member.model import Member
from domain.page import Page
from domain.session.model import IDLE, Login, Session, SessionEnded, session_id_of
from domain.session.ports import Repositories
from domain.tenant.model import split_address
from domain.unit_of_work import Runner


class OpenSession(Struct, frozen=True):
    """Issues a new token; the clear secret goes to the client and nowhere else."""

    runner: Runner[Repositories]
    ids: Ids
    clock: Clock

    def __call__(self, tenant_id: str, member: Member, channel_id: str, identity: str, device: str) -> Login:
        now = self.clock()
        secret = self.ids.secret()
        session = Session(
            session_id=session_id_of(secret),
            member_id=member.member_id,
            channel_id=channel_id,
            identity=identity,
            member_version=member.version,
            device=device,
            opened_at=now,
            expires_at=now + IDLE,
        )
        self.runner.use(tenant_id, lambda stores, _: stores.sessions.open(session))
        return Login(f"{tenant_id}.{secret}", int(IDLE.total_seconds()), member.member_id)


class AuthenticateSession(Struct, frozen=True):
    """Whose token this is. Raises SessionEnded, whatever is wrong with it."""

    runner: Runner[Repositories]

    def __call__(self, token: str) -> MemberSelf:
        tenant_id, secret = split_address(token)
        if not tenant_id:
            raise SessionEnded

        def ask(repositories: Repositories, now: datetime) -> MemberSelf:
            session = repositories.sessions.find(session_id_of(secret))
            if session is None or not session.is_alive(now):
                raise SessionEnded
            if longer := session.extended(now):
                repositories.sessions.extend(longer)
            return MemberSelf(
                tenant_id=tenant_id,
                member_id=session.member_id,
                session_id=session.session_id,
                channel_id=session.channel_id,
                identity=session.identity,
                opened_at=session.opened_at,
            )

        return self.runner.use(tenant_id, ask)


class LogOut(Struct, frozen=True):
    """Ends the session that asks."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf) -> None:
        def end(repositories: Repositories, now: datetime) -> None:
            session = repositories.sessions.find(actor.session_id)
            if session is not None:
                repositories.sessions.revoke(session.revoked(now))

        self.runner.use(actor.tenant_id, end)


class ListLogins(Struct, frozen=True):
    """The logins of a person, newest first: time, channel and device (C-11)."""

    runner: Runner[Repositories]

    def __call__(
        self, actor: MemberSelf | KeyHolder, member_id: str, limit: int, position: str | None
    ) -> Page[Session]:
        def ask(repositories: Repositories, _: datetime) -> Page[Session]:
            owner = member_id
            if isinstance(actor, KeyHolder):
                actor.require_scope(Scope.ADMIN)
                owner = repositories.members.get(member_id).member_id
            return repositories.sessions.of_member(owner, limit, position)

        return self.runner.use(actor.tenant_id, ask)
