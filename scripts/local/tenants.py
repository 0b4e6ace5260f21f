"""Reads a tenant file (TOML) and applies it: tenant, stores, channels, API keys."""

import argparse
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from adapters.dynamodb.client import open_client
from adapters.dynamodb.schema import create_table
from domain.api_key.apply import KeyWish
from domain.errors import InvalidInput
from domain.programme import form
from domain.programme import rule as written
from domain.programme.ladder import Ladder
from domain.programme.model import Terms, Validity
from domain.programme.publish import TOGETHER_MAX, ProgrammeWish
from domain.tenant.apply import ChannelWish, SmsWish, TenantWish
from domain.tenant.model import ChannelKind, Settings, Store
from serverless.settings import Settings as Environment
from serverless.wiring import Wiring, wiring

T = TypeVar("T")

TEXT_MAX = 8192
"""Room for a private key."""
CONSENT_MAX = 32
"""What the apps can send back."""
KINDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}


class FileProblem(Exception):
    """The file cannot be used; says where and why."""


class Plan(Struct, frozen=True):
    """What a file asks for."""

    tenant: TenantWish
    stores: tuple[Store, ...]
    channels: tuple[ChannelWish, ...]
    keys: tuple[KeyWish, ...]
    programme: ProgrammeWish


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Carries out a command of scripts/tenant.py, line by line."""
    if arguments.command == "create-table":
        settings = Environment.from_environment()
        client, in_the_cloud = open_client(settings.region, settings.dynamodb_url), not settings.dynamodb_url
        made = create_table(client, settings.table, with_stream=in_the_cloud)
        yield f"table {settings.table}: {'created' if made else 'unchanged'}"
        return
    services = wiring()
    if arguments.command == "apply":
        yield from (line for line, _ in apply(services, read(arguments.file)))
    elif arguments.command == "rotate":
        secret = services.rotate_key(arguments.tenant, arguments.key)
        yield f"new secret of {arguments.tenant}.{arguments.key} (shown once): {secret}"
    else:
        services.revoke_key(arguments.tenant, arguments.key)
        yield f"{arguments.tenant}.{arguments.key} is revoked"


def apply(services: Wiring, plan: Plan) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Yields a line for each thing and, for a new key, its id and secret."""
    tenant_id = plan.tenant.tenant_id
    yield f"tenant {tenant_id}: {services.apply_tenant(plan.tenant)}", None
    yield f"programme of {tenant_id}: {_apply_programme(services, tenant_id, plan.programme)}", None
    for store in plan.stores:
        yield f"store {store.store_id}: {services.apply_store(tenant_id, store)}", None
    for channel in plan.channels:
        said = services.apply_channel(tenant_id, channel)
        yield f"channel {tenant_id}.{channel.channel_id}: {said}", None
    for key in plan.keys:
        applied = services.apply_key(tenant_id, key)
        name = f"{tenant_id}.{key.key_id}"
        if applied.secret is None:
            yield f"key {name}: {applied.said}", None
        else:
            yield f"key {name}: created, secret (shown once): {applied.secret}", (name, applied.secret)


def _apply_programme(services: Wiring, tenant_id: str, wish: ProgrammeWish) -> str:
    """So many rules at a time as one publication may move; each time makes a version."""
    starts = range(0, max(len(wish.rules), 1), TOGETHER_MAX)
    parts = (replace(wish, rules=wish.rules[start : start + TOGETHER_MAX]) for start in starts)
    said = [services.apply_programme(tenant_id, part) for part in parts]
    return next((each for each in said if each != "unchanged"), "unchanged")


def read(path: Path, environment: Mapping[str, str] | None = None) -> Plan:
    """Raises FileProblem. `{env = "NAME"}` and `{file = "path"}` stand for secrets kept elsewhere."""
    given = os.environ if environment is None else environment
    try:
        raw = _resolve(tomllib.loads(path.read_text()), path.parent, given)
    except (OSError, ValueError, RecursionError) as problem:
        raise FileProblem(f"{path} cannot be read: {problem}") from problem
    try:
        return _plan(Table("", raw))
    except ValueError as odd:
        raise FileProblem(f"{path}: {odd}") from odd


def _resolve(value: Any, folder: Path, given: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"env"}:
            if not isinstance(value["env"], str) or value["env"] not in given:
                raise FileProblem(f"The environment variable {value['env']!r} is not set.")
            return given[value["env"]]
        if set(value) == {"file"}:
            return _secret(folder / str(value["file"]))
        return {name: _resolve(inner, folder, given) for name, inner in value.items()}
    return [_resolve(inner, folder, given) for inner in value] if isinstance(value, list) else value


def _secret(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError) as problem:
        raise FileProblem(f"{str(path)!r} cannot be read: {problem}") from problem


class Table(Struct, frozen=True):
    """One table of the file. A file may hold anything: each entry is asked for as what it must be.

    Raises FileProblem.
    """

    name: str
    entries: Mapping[str, Any]

    def get(self, name: str, kind: type[T], otherwise: T | None = None) -> T:
        value = self.entries.get(name, otherwise)
        if value is None:
            raise FileProblem(f"The file lacks {name!r} in [{self.name}].")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise FileProblem(f"{name!r} in [{self.name}] must be {KINDS[kind]}.")
        return value

    def text(self, name: str, otherwise: str | None = None, longest: int = TEXT_MAX) -> str:
        value = self.get(name, str, otherwise)
        if len(value) > longest:
            raise FileProblem(f"{name!r} in [{self.name}] may have up to {longest} characters.")
        return value

    def texts(self, name: str) -> frozenset[str]:
        found = Table(f"{self.name}.{name}", {str(at): text for at, text in enumerate(self.get(name, list))})
        return frozenset(found.text(at) for at in found.entries)

    def table(self, name: str) -> "Table":
        return Table(name, self.get(name, dict, {}))

    def tables(self, name: str) -> list["Table"]:
        found = Table(name, {str(at): table for at, table in enumerate(self.get(name, list, []))})
        return [Table(name, found.get(at, dict)) for at in found.entries]


def _plan(file: Table) -> Plan:
    tenant = Table("tenant", file.get("tenant", dict))
    wish = TenantWish(
        tenant_id=_checked_id(tenant.text("id")),
        name=tenant.text("name"),
        settings=_settings(file),
        sms=_sms(file.table("sms")) if "sms" in file.entries else None,
    )
    return Plan(
        tenant=wish,
        stores=tuple(
            Store(_checked_id(store.text("id")), store.text("name"), store.text("brand", ""))
            for store in file.tables("stores")
        ),
        channels=tuple(_channel(channel) for channel in file.tables("channels")),
        keys=tuple(_key(key) for key in file.tables("api_keys")),
        programme=_programme(file),
    )


def _sms(sms: Table) -> SmsWish:
    names = ("access_key_id", "access_key_secret", "sign_name", "template_code")
    return SmsWish(*(sms.text(name) for name in names))


def _settings(file: Table) -> Settings:
    plain, members = Settings(), file.table("members")
    return Settings(
        card_prefix=members.text("card_prefix", plain.card_prefix),
        consent_version=members.text("consent_version", plain.consent_version, CONSENT_MAX),
        order_age_days_max=file.table("orders").get("age_days_max", int, plain.order_age_days_max),
        sms_per_day=file.table("sms").get("per_day", int, plain.sms_per_day),
    )


def _programme(file: Table) -> ProgrammeWish:
    """`points` and `per_fen` of [earning] are the rule `base`; [[rules]] are written as for the API."""
    earning = dict(file.table("earning").entries)
    each, per_fen = earning.pop("points", 1), earning.pop("per_fen", 100)
    rules = [rule.entries for rule in file.tables("rules")]
    settings = {"points_each": each, "per_fen": per_fen}
    rules.insert(0, {"rule_id": "base", "name": "消费积分", "kind": "spend", "settings": settings})
    try:
        validity = form.load(Validity, file.table("validity").entries, "validity")
        terms = replace(form.load(Terms, earning, "earning"), validity=validity)
        if "ladder" in file.entries:
            terms = replace(terms, ladder=form.load(Ladder, file.table("ladder").entries, "ladder"))
        return ProgrammeWish(terms, tuple(written.load(rule) for rule in rules))
    except InvalidInput as odd:
        named = ", ".join(f"{problem.field} ({problem.code})" for problem in odd.fields)
        raise ValueError(f"{odd.detail} {named}") from odd


def _channel(channel: Table) -> ChannelWish:
    credentials = channel.table("credentials")
    return ChannelWish(
        channel_id=_checked_id(channel.text("id")),
        kind=ChannelKind(channel.text("kind")),
        name=channel.text("name"),
        app_id=channel.text("app_id", ""),
        brand=channel.text("brand", ""),
        credentials={name: credentials.text(name) for name in credentials.entries},
    )


def _key(key: Table) -> KeyWish:
    return KeyWish(
        key_id=_checked_id(key.text("id")),
        name=key.text("name"),
        scopes=key.texts("scopes"),
        store_ids=key.texts("stores") if "stores" in key.entries else None,
        order_source=key.text("order_source") if "order_source" in key.entries else None,
        daily_cap_fen=key.get("daily_cap_fen", int) if "daily_cap_fen" in key.entries else None,
    )


def _checked_id(text: str) -> str:
    """Ids become parts of keys and addresses."""
    is_plain = text.isascii() and text.replace("-", "").isalnum() and text == text.lower()
    if not (is_plain and 1 <= len(text) <= 32):
        raise ValueError(f"The id {text!r} may have up to 32 lower-case letters, digits and hyphens.")
    return text
