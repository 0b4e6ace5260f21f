"""Credentials to actors: bearer tokens of people, signed requests of tills and operators."""

from typing import Any, Protocol

from flask import current_app, request

from domain.actor import Actor, Anyone, KeyHolder, MemberSelf, Operator
from domain.api_key.authenticate import SignedRequest
from domain.api_key.model import ClockSkewed, NonceReused, SignatureRefused
from domain.errors import DomainError, NotAuthenticated, NotPermitted
from domain.session.model import SessionEnded
from handlers import query
from handlers.current import the_request

EXTENSION = "tongka"
CHANNEL_HEADER = "Tongka-Channel"
KEY_HEADER = "Idempotency-Key"
NONCE_MAX = 64
TOKEN_MAX = 128
KEY_MAX = 80
"""Longer ones were never issued."""


class CredentialMissing(NotAuthenticated):
    code = "credential-missing"
    title = "Send a credential: a bearer token, or a signature with key, timestamp and nonce."
    message = "请先登录"


class SessionOfAnotherApp(NotAuthenticated):
    code = "session-of-another-app"
    title = "This token was issued for another channel."
    message = "登录信息与当前应用不符，请重新登录"


class WrongActor(NotPermitted):
    code = "wrong-actor"
    title = "This kind of caller may not use this address."
    message = "没有权限访问"


def refusals(wanted: type[Actor], *, once: bool) -> tuple[type[DomainError], ...]:
    """What `authenticate` may raise for a route."""
    if wanted is Anyone:
        return ()
    if issubclass(wanted, MemberSelf):
        return CredentialMissing, SessionEnded, SessionOfAnotherApp
    of_keys = (CredentialMissing, SignatureRefused, ClockSkewed, WrongActor)
    return (*of_keys, NonceReused) if once else of_keys


class Authenticators(Protocol):
    """What turns credentials into actors; given to `create_app`."""

    @property
    def authenticate_session(self) -> Any: ...

    @property
    def authenticate_key(self) -> Any: ...


def authenticate(wanted: type[Actor], *, once: bool) -> Any:
    """The caller, if it is of the wanted kind. Raises NotAuthenticated or NotPermitted."""
    if wanted is Anyone:
        return Anyone()
    services: Authenticators = current_app.extensions[EXTENSION]
    actor: Actor
    if issubclass(wanted, MemberSelf):
        actor = _person(services)
    else:
        actor = services.authenticate_key(_signed_request(), once=once)
    if not _may(actor, wanted):
        raise WrongActor
    return actor


def _may(actor: Actor, wanted: type[Actor]) -> bool:
    """An operator may do what a till may, if its key has the scope; the use case asks for that."""
    return isinstance(actor, wanted) or (isinstance(actor, Operator) and issubclass(wanted, KeyHolder))


def _person(services: Authenticators) -> MemberSelf:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise CredentialMissing
    token = token.strip(" ")
    if len(token) > TOKEN_MAX or not _is_visible(token):
        raise SessionEnded
    actor: MemberSelf = services.authenticate_session(token)
    channel = request.headers.get(CHANNEL_HEADER)
    if channel is not None and channel != f"{actor.tenant_id}.{actor.channel_id}":
        raise SessionOfAnotherApp
    return actor


def _signed_request() -> SignedRequest:
    request = the_request()
    names = ("Tongka-Key", "Tongka-Timestamp", "Tongka-Nonce", "Tongka-Signature")
    key, timestamp, nonce, signature = (request.headers.get(name, "") for name in names)
    if not (key and timestamp and nonce and signature) or len(nonce) > NONCE_MAX or len(key) > KEY_MAX:
        raise CredentialMissing
    idempotency_key = request.headers.get(KEY_HEADER, "")
    if not _is_visible(key + timestamp + nonce + signature):
        raise CredentialMissing
    return SignedRequest(
        key=key,
        timestamp=timestamp,
        nonce=nonce,
        signature=signature,
        method=request.method,
        path=request.path,
        query=query.pairs(),
        body=request.get_data(cache=True),
        idempotency_key=idempotency_key,
    )


def _is_visible(text: str) -> bool:
    """Nothing that we issue, and nothing that signs, holds anything else."""
    return all("!" <= character <= "~" for character in text)
