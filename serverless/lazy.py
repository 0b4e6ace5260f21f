"""Adapters that load their SDK when the first request needs it."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from domain.image.model import ImageType
from domain.image.ports import Shelf
from domain.joining.ports import Platform, VouchedPhone
from domain.member.identity import PlatformIdentity
from domain.tenant.model import Channel


class LazyPlatform:
    """Implements `domain.joining.ports.Platform`; builds the adapter, and loads its SDK, on first use."""

    def __init__(self, build: Callable[[], Platform]) -> None:
        self._build = build

    @cached_property
    def _platform(self) -> Platform:
        return self._build()

    def who(self, channel: Channel, code: str) -> PlatformIdentity:
        return self._platform.who(channel, code)

    def phone(self, channel: Channel, proof: str) -> VouchedPhone:
        return self._platform.phone(channel, proof)


class LazySmsSender:
    """Implements `domain.sms_code.ports.SmsSender`, like `LazyPlatform`."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build

    @cached_property
    def _sender(self) -> Any:
        return self._build()

    def send_code(self, account: Any, number: str, code: str) -> None:
        self._sender.send_code(account, number, code)


class LazyShelf:
    """Implements `domain.image.ports.Shelf`, likewise."""

    def __init__(self, build: Callable[[], Shelf]) -> None:
        self._build = build

    @cached_property
    def _shelf(self) -> Shelf:
        return self._build()

    def put(self, tenant_id: str, image_id: str, type_: ImageType, content: bytes) -> None:
        self._shelf.put(tenant_id, image_id, type_, content)
