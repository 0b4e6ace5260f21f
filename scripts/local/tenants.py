"""Reads a tenant file (TOML) and applies it: tenant, stores, channels, API keys."""

import argparse
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.dynamodb.client import open_client
from adapters.dynamodb.schema import create_table
from domain.api_key.apply import KeyWish
from domain.tenant.apply import ChannelWish, SmsWish, TenantWish
from domain.tenant.model import (
    ChannelKind,
    ClawbackPolicy,
    Programme,
    Settings,
    Store,
    Validity,
    ValidityKind,
)
from serverless.settings import Settings as Environment
from serverless.wiring import Wiring, wiring


class FileProblem(Exception):
    """The file cannot be used; says where and why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file asks for."""

    tenant: TenantWish
    stores: tuple[Store, ...]
    channels: tuple[ChannelWish, ...]
    keys: tuple[KeyWish, ...]


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Carries out a command of scripts/tenant.py, line by line."""
    if arguments.command == "create-table":
        settings = Environment.from_environment()
        made = create_table(open_client(settings.region, settings.dynamodb_url), settings.table)
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


def read(path: Path, environment: Mapping[str, str] | None = None) -> Plan:
    """Raises FileProblem. `{env = "NAME"}` and `{file = "path"}` stand for secrets kept elsewhere."""
    try:
        raw = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise FileProblem(f"{path} cannot be read: {problem}") from problem
    given = os.environ if environment is None else environment
    try:
        return _plan(_resolve(raw, path.parent, given))
    except KeyError as missing:
        raise FileProblem(f"{path} lacks {missing}.") from missing
    except (TypeError, ValueError) as odd:
        raise FileProblem(f"{path}: {odd}") from odd


def _resolve(value: Any, folder: Path, given: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"env"}:
            if value["env"] not in given:
                raise FileProblem(f"The environment variable {value['env']} is not set.")
            return given[value["env"]]
        if set(value) == {"file"}:
            return _secret(folder / value["file"])
        return {name: _resolve(inner, folder, given) for name, inner in value.items()}
    return [_resolve(inner, folder, given) for inner in value] if isinstance(value, list) else value


def _secret(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as problem:
        raise FileProblem(f"{path} cannot be read: {problem.strerror}") from problem


def _plan(raw: Mapping[str, Any]) -> Plan:
    tenant, sms = raw["tenant"], raw.get("sms")
    wish = TenantWish(
        tenant_id=_checked_id(tenant["id"]),
        name=tenant["name"],
        settings=_settings(raw),
        sms=SmsWish(sms["access_key_id"], sms["access_key_secret"], sms["sign_name"], sms["template_code"])
        if sms
        else None,
    )
    return Plan(
        tenant=wish,
        stores=tuple(
            Store(_checked_id(store["id"]), store["name"], store.get("brand", ""))
            for store in raw.get("stores", ())
        ),
        channels=tuple(_channel(channel) for channel in raw.get("channels", ())),
        keys=tuple(_key(key) for key in raw.get("api_keys", ())),
    )


def _settings(raw: Mapping[str, Any]) -> Settings:
    earning, validity = raw.get("earning", {}), raw.get("validity", {})
    plain, members = Settings(), raw.get("members", {})
    programme = Programme(
        points=earning.get("points", 1),
        per_fen=earning.get("per_fen", 100),
        validity=Validity(ValidityKind(validity.get("kind", "rolling")), validity.get("months", 12)),
        clawback=ClawbackPolicy(earning.get("clawback", "debt")),
        bonus_counts=earning.get("bonus_counts", False),
    )
    return Settings(
        programme=programme,
        card_prefix=members.get("card_prefix", plain.card_prefix),
        consent_version=members.get("consent_version", plain.consent_version),
        order_age_days_max=raw.get("orders", {}).get("age_days_max", plain.order_age_days_max),
        sms_per_day=(raw.get("sms") or {}).get("per_day", plain.sms_per_day),
    )


def _channel(raw: Mapping[str, Any]) -> ChannelWish:
    return ChannelWish(
        channel_id=_checked_id(raw["id"]),
        kind=ChannelKind(raw["kind"]),
        name=raw["name"],
        app_id=raw.get("app_id", ""),
        brand=raw.get("brand", ""),
        credentials=raw.get("credentials", {}),
    )


def _key(raw: Mapping[str, Any]) -> KeyWish:
    stores = raw.get("stores")
    return KeyWish(
        key_id=_checked_id(raw["id"]),
        name=raw["name"],
        scopes=frozenset(raw["scopes"]),
        store_ids=frozenset(stores) if stores is not None else None,
        order_source=raw.get("order_source"),
        daily_cap_fen=raw.get("daily_cap_fen"),
    )


def _checked_id(text: str) -> str:
    """Ids become parts of keys and addresses."""
    is_plain = text.isascii() and text.replace("-", "").isalnum() and text == text.lower()
    if not (is_plain and 1 <= len(text) <= 32):
        raise ValueError(f"The id {text!r} may have up to 32 lower-case letters, digits and hyphens.")
    return text
