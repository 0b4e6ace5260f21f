"""What everything stands on: clock, table, keys, platforms. `wiring.py` puts the use cases on top.

Each part is built on first use, and imports its SDK only then, so that a start pays for what the first
request needs and no more. The DynamoDB client is opened at import by the entry points.
"""

import logging
import random
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adapters.dynamodb.cache import Cache
from adapters.dynamodb.client import open_client
from adapters.dynamodb.meter import metered
from adapters.dynamodb.outcome import RawItem, StoreProblem
from adapters.dynamodb.repositories import Store
from adapters.dynamodb.table import Table
from adapters.dynamodb.unit_of_work import DynamoRunner, Pace, PatientTable
from adapters.secrets.keyring import Keyrings, Master
from adapters.system.clock import SandboxClock, SystemClock
from adapters.system.ids import SystemIds
from domain.clock import Clock
from domain.coupon.ports import Characters
from domain.errors import DomainError, Unavailable
from domain.ids import Ids
from domain.image.model import Facts
from domain.image.ports import Reader, Shelf
from domain.joining.ports import Platform
from domain.tenant.model import ChannelKind
from serverless.lazy import LazyPlatform, LazyShelf, LazySmsSender
from serverless.settings import Settings

log = logging.getLogger("tongka.start")


class Ground:
    """One process's own, by name."""

    def __init__(self, settings: Settings, client: Any = None, clock: Clock | None = None) -> None:
        self._settings = settings
        self._client = client or open_client(settings.region, settings.dynamodb_url)
        self._clock = clock
        self.metered = metered

    @cached_property
    def clock(self) -> Clock:
        if self._clock is not None:
            return self._clock
        url = self._settings.clock_url
        return SandboxClock(url) if url else SystemClock()

    @cached_property
    def ids(self) -> Ids:
        return SystemIds()

    @cached_property
    def table(self) -> Table:
        return Table(self._client, self._settings.table)

    def reach_table(self) -> None:
        """On Lambda the first connection belongs to the start, which has more CPU than a request.

        Loading the certificates that it is checked with takes longer than a request. A table that does not
        answer stops no start: requests tell of it.
        """
        if not self._settings.is_on_lambda:
            return
        try:
            self.table.touch()
        except (StoreProblem, BotoCoreError, ClientError) as problem:
            log.warning("the table did not answer at the start", extra={"code": code_of(problem)})

    @cached_property
    def keyrings(self) -> Keyrings:
        return Keyrings(lambda: self._master, time.monotonic)

    @cached_property
    def _master(self) -> Master:
        kind, _, place = self._settings.master_key.partition(":")
        if kind == "file":
            from adapters.secrets.local import LocalMaster

            return LocalMaster(Path(place))
        from adapters.secrets.kms import KmsMaster

        return KmsMaster(place, self._settings.region)

    @cached_property
    def store(self) -> Store:
        return Store(self.table, Cache(time.monotonic), self.keyrings, self.clock, self._settings.shards)

    @cached_property
    def pace(self) -> Pace:
        return Pace(time.monotonic, time.sleep, random.random)

    @cached_property
    def runner(self) -> DynamoRunner:
        return DynamoRunner(self.store, self.pace, self.hear if self._settings.counts_at_once else None)

    def hear(self, images: Sequence[RawItem]) -> None:
        """What follows from changes of the table, for whoever has no stream."""

    @cached_property
    def patient_table(self) -> PatientTable:
        """For lists that jobs go through."""
        return PatientTable(self.table, self.pace)

    def sign(self, tenant_id: str, purpose: str, text: str) -> bytes:
        """For cursors."""
        return self.runner.use(tenant_id, lambda stores, _: stores.keyring.sign(purpose, text))

    # Images and texts.

    @cached_property
    def image_shelf(self) -> Shelf:
        return LazyShelf(self._image_shelf)

    def _image_shelf(self) -> Shelf:
        kind, _, place = (self._settings.images or "").partition(":")
        if not kind:
            raise Unavailable("No place for images is set up; TONGKA_IMAGES says where.")
        if kind == "folder":
            from adapters.images.folder import FolderShelf

            return FolderShelf(Path(place))
        from adapters.images.s3 import open_shelf

        return open_shelf(self._settings.region, place)

    def image_url(self, tenant_id: str, image_id: str) -> str | None:
        """Where people's phones find an image; None where images have no place."""
        base = self._settings.images_url.rstrip("/")
        return f"{base}/{tenant_id}/{image_id}" if base else None

    @property
    def read_image(self) -> Reader:
        def read(content: bytes) -> Facts:
            from adapters.images.reader import read_image

            return read_image(content)

        return read

    @property
    def count_characters(self) -> Characters:
        def count(text: str) -> int:
            from adapters.system.characters import count_characters

            return count_characters(text)

        return count

    # Platforms.

    @cached_property
    def platforms(self) -> Mapping[ChannelKind, Platform]:
        return {
            ChannelKind.MINI_PROGRAM: LazyPlatform(self._wechat),
            ChannelKind.ALIPAY_APP: LazyPlatform(self._alipay),
        }

    def _wechat(self) -> Platform:
        from adapters.wechat.client import WeChatClient
        from adapters.wechat.mini_program import WeChatMiniProgram

        return WeChatMiniProgram(WeChatClient(self._settings.wechat_url, time.monotonic))

    def _alipay(self) -> Platform:
        from adapters.alipay.gateway import AlipayGateway
        from adapters.alipay.mini_program import AlipayMiniProgram

        return AlipayMiniProgram(AlipayGateway(self._settings.alipay_url, self.clock))

    @cached_property
    def sms_sender(self) -> LazySmsSender:
        def build() -> Any:
            from adapters.sms.sender import AlibabaSmsSender

            return AlibabaSmsSender(self._settings.sms_url, self.clock, self.ids)

        return LazySmsSender(build)


def code_of(problem: Exception) -> str:
    """What a log calls it."""
    return problem.code if isinstance(problem, DomainError) else type(problem).__name__
