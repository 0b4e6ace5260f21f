"""What `scripts/doctor.py` looks at, one after the other; each says what it saw, or what to mend."""

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from adapters.alipay.gateway import AlipayGateway, AlipayRefused
from adapters.dynamodb import schema
from adapters.dynamodb.client import open_client
from adapters.wechat.client import WeChatClient, WeChatRefused
from domain.errors import DomainError
from domain.tenant.model import Channel, ChannelKind
from serverless.settings import Settings
from serverless.wiring import Wiring

SKEW_SECONDS = 5
"""A till's signature is good for five minutes; a clock that is this far off is not kept."""
CERTIFICATE_DAYS = 21
FORBIDDEN = 403
BAD_CODE = 40029
"""WeChat's word for a code that it did not give: by then it has taken the app, the secret and the address."""
WECHAT_SAYS = {
    40013: "WeChat does not know this app id; see the tenant file.",
    40125: "WeChat refuses the secret; was it made anew? Put it into the tenant file.",
    40164: "WeChat does not let our address in: add the functions' outgoing addresses (of their NAT gateway) "
    "to the IP allow-list, 开发管理 → 开发设置 → IP白名单.",
    40243: "The app's secret is frozen; unfreeze it in WeChat's console.",
}
ALIPAY_BAD_CODE = "isv.code-invalid"
ALIPAY_SAYS = {
    "isv.invalid-app-id": "Alipay does not know this app id; see the tenant file.",
    "isv.invalid-signature": "Alipay refuses our signature: its console has another public key of the app.",
    "isv.ip-not-in-whitelist": "Alipay does not let our address in: add it at 开发设置 → IP白名单.",
}


class Finding(Struct, frozen=True):
    """One line."""

    what: str
    says: str
    is_good: bool = True


class Bad(Exception):
    """Says what to mend."""


def looked_at(what: str, look: Callable[[], str]) -> Finding:
    """`look` answers what it saw, or raises Bad."""
    try:
        return Finding(what, look())
    except Bad as problem:
        return Finding(what, str(problem), is_good=False)
    except (BotoCoreError, ClientError, DomainError, OSError, ValueError) as problem:
        return Finding(what, f"{type(problem).__name__}: {problem}", is_good=False)


def examine(
    settings: Settings, services: Wiring, tenant_id: str | None, channels: list[str], address: str | None
) -> Iterator[Finding]:
    """What needs nothing first."""
    client = open_client(settings.region, settings.dynamodb_url)
    yield looked_at("table", lambda: _table(client, settings))
    yield looked_at("clock", lambda: _clock(client, settings))
    yield looked_at("master key", lambda: _master(settings))
    if tenant_id is not None:
        yield looked_at(f"keys of {tenant_id}", lambda: _keys(services, tenant_id))
        for each in channels:
            yield looked_at(
                f"channel {tenant_id}.{each}", partial(_channel, settings, services, tenant_id, each)
            )
    if address is not None:
        for path in ("/v1/auth/health", "/v1/till/health"):
            yield looked_at(f"{address}{path}", partial(_answers, address + path))
        yield looked_at("address", lambda: _address(address))


def _table(client: Any, settings: Settings) -> str:
    try:
        table = client.describe_table(TableName=settings.table)["Table"]
    except client.exceptions.ResourceNotFoundException:
        raise Bad(
            f"There is no table {settings.table} in {settings.region}: scripts/deploy.py apply."
        ) from None
    try:
        schema.check(table, schema.definition(settings.table))
    except ValueError as another:
        raise Bad(str(another)) from another
    if settings.dynamodb_url is not None:
        return f"{settings.table}, on this machine"
    lacking = [
        what
        for what, is_there in (
            ("deletion protection", table.get("DeletionProtectionEnabled", False)),
            ("the stream", "LatestStreamArn" in table),
            ("point-in-time recovery", _is_recoverable(client, settings.table)),
        )
        if not is_there
    ]
    if lacking:
        raise Bad(f"{settings.table} lacks {', '.join(lacking)}: scripts/deploy.py apply.")
    return f"{settings.table}, protected, recoverable, with its stream"


def _master(settings: Settings) -> str:
    kind, _, place = settings.master_key.partition(":")
    if kind == "kms":
        return f"{place}; --tenant-file tells whether it opens a tenant's keys"
    if not Path(place).is_file():
        raise Bad(f"There is no file {place}; TONGKA_MASTER_KEY names it.")
    return place


def _is_recoverable(client: Any, name: str) -> bool:
    told = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return bool(told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED")


def _clock(client: Any, settings: Settings) -> str:
    """Beside what DynamoDB's answer is dated; it tells whole seconds."""
    answer = client.describe_table(TableName=settings.table)
    dated = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if dated is None:
        return "not compared: the local engine dates nothing"
    skew = (datetime.now(UTC) - parsedate_to_datetime(dated)).total_seconds()
    if abs(skew) > SKEW_SECONDS:
        raise Bad(f"This machine's clock is {skew:+.0f} seconds off; keep it by NTP. Signatures need it.")
    return "within a few seconds of DynamoDB's"


def _keys(services: Wiring, tenant_id: str) -> str:
    def look(stores: Any, _: datetime) -> str:
        stores.tenants.get()
        sealed = stores.keyring.seal("doctor", "any")
        return str(stores.keyring.open("doctor", sealed))

    try:
        services.runner.use(tenant_id, look)
    except DomainError as problem:
        raise Bad(f"{problem} Apply the tenant file: scripts/tenant.py apply FILE.") from problem
    except (ValueError, ClientError) as problem:
        raise Bad(
            f"The master key does not open the keys of {tenant_id}: is TONGKA_MASTER_KEY the one that the "
            f"table was written with? ({type(problem).__name__})"
        ) from problem
    return "the master key opens them"


def _channel(settings: Settings, services: Wiring, tenant_id: str, channel_id: str) -> str:
    found: Channel = services.runner.use(tenant_id, lambda stores, _: stores.channels.get(channel_id))
    for name, sealed in found.credentials.items():
        if not sealed.open().strip():
            raise Bad(f"{name} is empty; put it into the tenant file.")
    if found.kind is ChannelKind.MINI_PROGRAM:
        return _wechat(settings, found)
    if found.kind is ChannelKind.ALIPAY_APP:
        return _alipay(settings, services, found)
    return "nothing to ask anybody"


def _wechat(settings: Settings, channel: Channel) -> str:
    """With a code that nobody gave: whoever refuses that code has taken everything else."""
    client = WeChatClient(settings.wechat_url, time.monotonic)
    try:
        client.post(channel, "/wxa/business/getuserphonenumber", {"code": "doctor"})
    except WeChatRefused as refused:
        if refused.errcode == BAD_CODE:
            return "WeChat takes the app id, the secret and our address"
        said = WECHAT_SAYS.get(refused.errcode, "docs/platforms.md lists what WeChat says.")
        raise Bad(f"errcode {refused.errcode}: {said}") from refused
    raise Bad("WeChat took a code that it never gave: is TONGKA_WECHAT_URL WeChat?")


def _alipay(settings: Settings, services: Wiring, channel: Channel) -> str:
    gateway = AlipayGateway(settings.alipay_url, services.clock)
    try:
        gateway.call(
            channel, "alipay.system.oauth.token", {"grant_type": "authorization_code", "code": "doctor"}
        )
    except AlipayRefused as refused:
        if refused.sub_code == ALIPAY_BAD_CODE:
            return "Alipay takes the app id, our key and our address"
        said = ALIPAY_SAYS.get(refused.sub_code, "docs/platforms.md lists what Alipay says.")
        raise Bad(f"{refused.sub_code or refused.code}: {said}") from refused
    raise Bad("Alipay took a code that it never gave: is TONGKA_ALIPAY_URL Alipay?")


def _answers(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            if answer.status == 200:
                return "answers"
            raise Bad(f"answers {answer.status}; see the function's log.")
    except urllib.error.HTTPError as refused:
        if refused.code == FORBIDDEN:
            raise Bad(
                "answers 403: the API is called by another name than its host, or, in mainland China, the "
                "account has no ICP licence yet; until then API Gateway answers nobody there."
            ) from refused
        raise Bad(
            f"answers {refused.code}; do all routes lead to their functions? deploy.py status"
        ) from refused
    except urllib.error.URLError as problem:
        raise Bad(f"is not reached ({problem.reason}); does the name server point to it?") from problem


def _address(address: str) -> str:
    """What phones and platforms need of it, beside an answer."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        raise Bad("begins with https://.")
    if parts.scheme != "https":
        if parts.hostname in {"127.0.0.1", "localhost"}:
            return "on this machine; phones and platforms need https and a name"
        raise Bad("Mini-programs call https only, and platforms call back nothing else; set up a domain.")
    certificate = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=10)
    left = _days_left(certificate)
    if left < CERTIFICATE_DAYS:
        raise Bad(f"Its certificate ends in {left} days; renew it in ACM.")
    return (
        f"its certificate is good for {left} days. Enter {parts.hostname} at WeChat as request合法域名, "
        "and at Alipay as 服务器域名白名单; neither can be asked for it"
    )


def _days_left(certificate: str) -> int:
    from cryptography import x509

    ends = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    return (ends - datetime.now(UTC)).days
