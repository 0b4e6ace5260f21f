"""Calls to api.weixin.qq.com; own transport, because the SDK's retries have no bound (decision 0015)."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.outbound import NoAnswer, Outbound
from domain.errors import TooMany, Unavailable
from domain.tenant.model import Channel

ANSWER_BYTES_MAX = 64 * 1024
READ_SECONDS = 3.0
TOKEN_MARGIN_SECONDS = 120
TOKEN_LIFE_MAX_SECONDS = 24 * 3600
TOKEN = re.compile(r"[!-~]{1,1024}")
ERRCODE_MAX = 10**9
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
TOO_OFTEN = 45011
TOO_OFTEN_SECONDS = 60

log = logging.getLogger("tongka.wechat")


class WeChatUnavailable(Unavailable):
    code = "wechat-unavailable"
    title = "WeChat does not answer right now; try again."
    message = "微信服务暂时不可用，请稍后重试"


class WeChatRefused(Exception):
    """WeChat answered with an errcode; the caller says what it means."""

    def __init__(self, errcode: int) -> None:
        super().__init__(str(errcode))
        self.errcode = errcode


class WeChatClient:
    """One per process. Access tokens come from `stable_token`, so that parallel starts share one."""

    def __init__(self, base_url: str, monotonic: Callable[[], float]) -> None:
        self._base_url = base_url.rstrip("/")
        self._monotonic = monotonic
        self._tokens: dict[str, tuple[float, str]] = {}
        self._outbound = Outbound(READ_SECONDS, ANSWER_BYTES_MAX)

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Raises WeChatRefused, TooMany or WeChatUnavailable."""
        return self._answer(path, "GET", fields=dict(query))

    def post(self, channel: Channel, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """With the channel's access token, which is renewed once if WeChat does not know it any more."""
        try:
            return self._post(path, self._token(channel), body)
        except WeChatRefused as refused:
            if refused.errcode not in TOKEN_REFUSED:
                raise
        self._tokens.pop(channel.app_id, None)
        return self._post(path, self._token(channel), body)

    def _post(self, path: str, token: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._answer(f"{path}?{urlencode({'access_token': token})}", "POST", body=body)

    def _token(self, channel: Channel) -> str:
        good_until, token = self._tokens.get(channel.app_id, (float("-inf"), ""))
        if self._monotonic() < good_until:
            return token
        body = {
            "grant_type": "client_credential",
            "appid": channel.app_id,
            "secret": channel.credential("app_secret"),
        }
        answer = self._answer("/cgi-bin/stable_token", "POST", body=body)
        fresh, lives = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(fresh, str) or not TOKEN.fullmatch(fresh) or not isinstance(lives, int):
            raise WeChatUnavailable
        good_for = max(min(lives, TOKEN_LIFE_MAX_SECONDS) - TOKEN_MARGIN_SECONDS, 0)
        self._tokens[channel.app_id] = (self._monotonic() + good_for, fresh)
        return fresh

    def _answer(
        self,
        path: str,
        method: str,
        *,
        fields: dict[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> dict[str, Any]:
        answer = self._exchange(path, method, fields, body)
        errcode = answer.get("errcode", 0)
        if not isinstance(errcode, int) or abs(errcode) > ERRCODE_MAX:
            raise WeChatUnavailable
        if errcode == 0:
            return answer
        log.warning(
            "wechat refused",
            extra={"path": path.split("?", maxsplit=1)[0], "errcode": errcode, "rid": _rid(answer)},
        )
        if errcode == TOO_OFTEN:
            raise TooMany(retry_after_seconds=TOO_OFTEN_SECONDS)
        raise WeChatRefused(errcode)

    def _exchange(
        self, path: str, method: str, fields: dict[str, str] | None, body: Mapping[str, object] | None
    ) -> dict[str, Any]:
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"} if raw else {}
        try:
            url = self._base_url + path
            status, text = self._outbound.ask(method, url, fields=fields, body=raw, headers=headers)
            answer = json.loads(text)
        except (NoAnswer, ValueError, RecursionError) as problem:
            raise WeChatUnavailable from problem
        if status != 200 or not isinstance(answer, dict):
            raise WeChatUnavailable
        return answer


def _rid(answer: Mapping[str, Any]) -> str:
    """The number under which WeChat finds the call again."""
    return str(answer.get("errmsg", "")).rpartition("rid: ")[2][:40]
