"""The OpenAPI document against both apps: requests made from it by schemathesis, answers held against it.

What is asked at random may change anything: nothing else is tested on the same table.

So many examples for each operation: `TONGKA_TEST_EXAMPLES=200` looks further than every run does.
"""

import io
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, settings
from schemathesis import AuthContext, Case, GenerationMode

from tests.handlers.document import DOCUMENT
from tests.handlers.scene import Scene
from tests.handlers.signing import sign
from tests.shop import CONSENT, Shop

EXAMPLES: Final = int(os.environ.get("TONGKA_TEST_EXAMPLES", "8"))
HERE: Final = "here"
"""In the place of a credential: the real one is put in on the way to the app."""
NOT_SAID: Final = ["positive_data_acceptance"]
"""The one check that is off: the document cannot say that sums must add up, that a code must be the right
one, or which characters are none."""
OF_INTEREST: Final = frozenset({"Retry-After", "WWW-Authenticate", "Idempotency-Replayed"})
DOCUMENT.config.generation.update(deterministic=True, max_examples=EXAMPLES, database="none")
DOCUMENT.config.checks.update(excluded_check_names=NOT_SAID)

Start = Callable[..., Any]


class Front:
    """Stands before both apps: signs what is really sent, as a till's own HTTP library would."""

    def __init__(self) -> None:
        self.shop: Shop
        self.token = ""
        self.said: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION") == f"Bearer {HERE}":
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self._token(environ['PATH_INFO'])}"
        if environ.get("HTTP_TONGKA_SIGNATURE") == HERE:
            self._sign(environ)

        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            self.said[status[:3]] += 1
            return start(status, headers, *more)

        is_staff = environ["PATH_INFO"].startswith(("/v1/till", "/v1/staff"))
        door = self.shop.staff if is_staff else self.shop.people
        return door.app(environ, started)

    def _token(self, path: str) -> str:
        """Who has logged out needs another one."""
        if path == "/v1/auth/logout":
            return self.shop.fan().token
        return self.token

    def _sign(self, environ: dict[str, Any]) -> None:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        signer = self.shop.office.signer
        headers = sign(
            signer.key,
            signer.secret,
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
            tuple(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)),
            body,
            str(int(signer.now())),
            secrets.token_urlsafe(9),
        )
        for name, value in headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value


FRONT: Final = Front()
DOCUMENT.app = FRONT


@DOCUMENT.auth()
class Credentials:
    """The headers that an operation's security asks for."""

    def get(self, _case: Case[Any], context: AuthContext) -> list[str]:
        described: Any = context.operation.definition.raw
        return [name for requirement in described["security"] for name in requirement]

    def set(self, case: Case[Any], data: list[str], _context: AuthContext) -> None:
        for name in data:
            if name == "session":
                case.headers["Authorization"] = f"Bearer {HERE}"
            else:
                case.headers[f"Tongka-{name.capitalize()}"] = HERE


@pytest.fixture(scope="module")
def known(scene: Scene) -> dict[str, str]:
    """Ids that exist, to be put where the document allows any."""
    shop = scene.shop
    member = shop.member()
    FRONT.shop, FRONT.token = shop, member.token
    return {
        "member_id": member.member_id,
        "order_number": shop.buy(5000, member.member_id)["order_number"],
        "merge_id": "g_nothing",
        "channel_id": shop.channel("web"),
    }


@DOCUMENT.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_what_the_document_says_is_what_happens(case: Case[Any], known: dict[str, str]) -> None:
    if _is_good(case):
        _put(known, case.path_parameters)
        _put(known, case.body)
    case.call_and_validate()


def _is_good(case: Case[Any]) -> bool:
    """Made to fit the document; such a request may as well be about something that exists."""
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _put(known: dict[str, str], place: object) -> None:
    if isinstance(place, dict):
        place.update({name: value for name, value in known.items() if name in place})


def refusals(shop: Shop) -> Iterator[tuple[str, str, Any]]:
    """Answers that carry headers of their own, and where they come from."""
    people = shop.people.app.test_client()
    fan = shop.fan()
    token, key = {"Authorization": f"Bearer {fan.token}"}, {"Idempotency-Key": secrets.token_hex(16)}
    body = {"channel_id": shop.channel("web"), "phone": "13700000099"}
    for _ in range(2):
        yield "/v1/auth/sms-codes", "POST", people.post("/v1/auth/sms-codes", json=body)
    yield "/v1/me", "GET", people.get("/v1/me")
    proof = {**fan.proof("wechat"), "consent": CONSENT}
    for _ in range(2):
        yield "/v1/me/phone", "POST", people.post("/v1/me/phone", json=proof, headers={**token, **key})
    large = b'{"nickname":"' + b"x" * 300_000
    yield "/v1/me", "PATCH", people.patch("/v1/me", data=large, headers=token)


def test_what_comes_with_a_refusal_or_a_repeated_answer_is_described(shop: Shop) -> None:
    found = list(refusals(shop))

    assert [response.status_code for *_, response in found] == [202, 429, 401, 200, 200, 413]
    assert found[1][2].headers["Retry-After"].isdigit()
    assert found[2][2].headers["WWW-Authenticate"] == "Bearer"
    assert found[4][2].headers["Idempotency-Replayed"] == "true"
    for path, method, response in found:
        DOCUMENT[path][method].validate_response(response)
        described = DOCUMENT[path][method].definition.raw["responses"][str(response.status_code)]
        assert OF_INTEREST & set(response.headers.keys()) <= set(described.get("headers", {}))
