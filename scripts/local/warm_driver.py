"""Runs requests in one process, for `warm.py`, which counts its instructions. Started with a package's path.

Events are read before: on Lambda the runtime client does that.
`python -S -P warm_driver.py JOB`: a file of JSON with `mode`, `event`, `times` and, for bare calls, `calls`.
"""

import base64
import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PHONE = re.compile(r"1[3-9][0-9]{9}")
TEXT_MAX = 64


def main() -> None:
    """Prints the last answer."""
    job = json.loads(Path(sys.argv[1]).read_text())
    modes = {"request": _request, "framework": _framework, "bare": _bare, "calls": _calls, "same": _calls}
    run = modes[job["mode"]](job)
    for _ in range(job["times"]):
        last = run()
    print(json.dumps(last, default=str), file=sys.stderr)


def _request(job: dict[str, Any]) -> Any:
    """Whole requests, as Lambda hands them over; what they call is kept for the bare calls."""
    from serverless import member_api
    from serverless.wiring import wiring

    event = json.loads(job["event"])
    heard: list[tuple[str, dict[str, Any]]] = []
    if "heard" in job:
        client = wiring().table._client  # noqa: SLF001  # what it is asked is listened to
        client.meta.events.register(
            "provide-client-params.dynamodb", lambda params, model, **_: _hear(heard, model, params)
        )

    def run() -> Any:
        heard.clear()
        answer = member_api.handler(event, None)
        if "heard" in job:
            Path(job["heard"]).write_text(json.dumps(heard, default=_bytes))
        return answer

    return run


def _hear(heard: list[tuple[str, dict[str, Any]]], model: Any, params: dict[str, Any]) -> None:
    heard.append((model.name, params))


def _bytes(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}


def _calls(job: dict[str, Any]) -> Any:
    """The same calls of the store by botocore alone, as it comes; `same`: set as ours is."""
    import botocore.session
    from botocore import xform_name

    url = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    if job["mode"] == "same":
        from adapters.dynamodb.client import open_client

        client = open_client("cn-north-1", url)
    else:
        session = botocore.session.get_session()
        client = session.create_client("dynamodb", region_name="cn-north-1", endpoint_url=url)
    calls = [
        (getattr(client, xform_name(name)), params)
        for name, params in json.loads(Path(job["calls"]).read_text(), object_hook=_unbytes)
    ]

    def run() -> Any:
        for call, params in calls:
            answer = call(**params)
        return answer

    return run


def _unbytes(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["base64"]) if set(value) == {"base64"} else value


def _framework(job: dict[str, Any]) -> Any:
    """All that stands around a use case, and a use case that does nothing."""
    from serverless import patterns, startup  # noqa: F401, I001  # as in the entry points
    from domain.sms_code.send import Sent
    from serverless.apps.member import member_app
    from serverless.http import entry
    from serverless.logs import configure
    from serverless.settings import Settings
    from serverless.wiring import Wiring

    configure()
    wiring = Wiring(Settings.from_environment(), client=SimpleNamespace())
    sent = Sent(300, 60)
    vars(wiring)["send_login_code"] = lambda *_, **__: sent
    handler, event = entry(member_app(wiring)), json.loads(job["event"])
    return lambda: handler(event, None)


def _bare(job: dict[str, Any]) -> Any:
    """The same checks by hand, without any library."""

    def handler(event: dict[str, Any]) -> dict[str, Any]:
        body = json.loads(event["body"])
        if set(body) - {"channel_id", "phone"}:
            return {"statusCode": 422, "body": "{}"}
        channel, phone = body["channel_id"], body["phone"]
        if not (isinstance(channel, str) and 0 < len(channel) <= TEXT_MAX):
            return {"statusCode": 422, "body": "{}"}
        if not (isinstance(phone, str) and PHONE.fullmatch(phone)):
            return {"statusCode": 422, "body": "{}"}
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        print(json.dumps({"method": "POST", "route": event["rawPath"], "status": 204}))
        return {"statusCode": 204, "headers": headers, "body": "", "isBase64Encoded": False}

    event = json.loads(job["event"])
    return lambda: handler(event)


if __name__ == "__main__":
    main()
