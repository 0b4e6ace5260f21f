"""Logins: opened for whoever holds the identity, kept alive by use, ended for a reason."""

from collections.abc import Mapping

from msgspec.structs import replace

from tests.simulation.model.state import Session, State

IDLE_MS = 2 * 3_600_000
ABSOLUTE_MS = 7 * 24 * 3_600_000


def is_alive(session: Session | None, now: int) -> bool:
    return session is not None and not session.revoked_at and now < session.ends_at


def acts_for(state: State, session: Session) -> str:
    """Who is behind a login, as long as they hold the identity that logged in; nobody otherwise."""
    member = state.alive(session.member)
    return member if state.holders.get(session.identity) == member else ""


def stored(state: State, session_id: str, session: Session) -> State:
    return replace(state, sessions={**state.sessions, session_id: session})


def may_open(state: State, session: Session) -> bool:
    """A login belongs to whoever holds the identity that logged in."""
    holder = state.holders.get(session.identity)
    return holder is not None and holder == state.alive(session.member)


def may_extend(before: Session, after: Session, now: int) -> bool:
    return before.ends_at < after.ends_at <= min(now + IDLE_MS, before.opened_at + ABSOLUTE_MS)


def is_swept(state: State, session_id: str) -> bool:
    """Whether a changed or lost number must end it: it was opened before."""
    return _is_swept(state, session_id, state.sessions[session_id].steps)


def _is_swept(state: State, session_id: str, opened: int) -> bool:
    session = state.sessions[session_id]
    return any(
        member == session.member
        and opened <= steps
        and session_id != spared
        and identity in {"", session.identity}
        for member, steps, spared, identity in state.sweeps
    )


def is_spared(state: State, session_id: str) -> bool:
    """Whether it replaced the very number that it came by: it may have to ask once more for the answer."""
    is_by_number = state.sessions[session_id].identity.startswith("phone:")
    return is_by_number and any(session_id == spared for _, _, spared, _ in state.sweeps)


def may_end(state: State, session_id: str, asked: str) -> bool:
    """By its own wish, after a merge or its undoing, or because the phone changed."""
    session = state.sessions[session_id]
    is_moved = state.holders.get(session.identity) != session.member
    # Whoever opened it may have read who they are before the number changed.
    return asked == session_id or is_moved or _is_swept(state, session_id, session.since)


def of(state: State, member: str) -> Mapping[str, Session]:
    return {sid: session for sid, session in state.sessions.items() if session.member == member}
