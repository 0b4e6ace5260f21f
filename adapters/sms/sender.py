"""Sends codes through Alibaba Cloud's short message service: SendSms of Dysmsapi 2017-05-25."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from datetime import UTC
from urllib.parse import quote, urlencode

from adapters.outbound import NoAnswer, Outbound
from domain.clock import Clock
from domain.errors import TooMany, Unavailable
from domain.ids import Ids
from domain.tenant.model import SmsAccount

READ_SECONDS = 3.0
ANSWER_BYTES_MAX = 16 * 1024
SENT = "OK"
LIMITED = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"})
LIMITED_SECONDS = 60

log = logging.getLogger("tongka.sms")


class SmsUnavailable(Unavailable):
    code = "sms-unavailable"
    title = "The short message service does not answer right now; try again."
    message = "短信发送失败，请稍后重试"


class AlibabaSmsSender:
    """Implements `domain.sms_code.ports.SmsSender`."""

    def __init__(self, url: str, clock: Clock, ids: Ids) -> None:
        self._url, self._clock, self._ids = url.rstrip("/") + "/", clock, ids
        self._outbound = Outbound(READ_SECONDS, ANSWER_BYTES_MAX)

    def send_code(self, account: SmsAccount, number: str, code: str) -> None:
        params = {
            "Action": "SendSms",
            "Version": "2017-05-25",
            "Format": "JSON",
            "AccessKeyId": account.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": self._ids.new("n"),
            "Timestamp": f"{self._clock().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "PhoneNumbers": number.removeprefix("+86").removeprefix("+"),
            "SignName": account.sign_name,
            "TemplateCode": account.template_code,
            "TemplateParam": json.dumps({"code": code}),
        }
        params["Signature"] = signature(params, account.access_key_secret.open())
        said = self._exchange(params)
        if said in LIMITED:
            raise TooMany(retry_after_seconds=LIMITED_SECONDS)
        if said != SENT:
            log.error("sms refused", extra={"errcode": said[:80]})
            raise SmsUnavailable

    def _exchange(self, params: Mapping[str, str]) -> str:
        try:
            status, text = self._outbound.ask(
                "POST",
                self._url,
                body=urlencode(params).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            said = json.loads(text)["Code"]
        except (NoAnswer, ValueError, KeyError, TypeError, RecursionError) as problem:
            raise SmsUnavailable from problem
        if not isinstance(said, str) or (said == SENT and status != 200):
            raise SmsUnavailable
        return said


def signature(params: Mapping[str, str], secret: str) -> str:
    """HMAC-SHA-1 over method, path and sorted parameters, as the provider's RPC style wants it."""
    canonical = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(params.items()))
    text = f"POST&{_encoded('/')}&{_encoded(canonical)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
