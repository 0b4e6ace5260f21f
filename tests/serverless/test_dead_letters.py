"""Events that failed for good: run again one by one, or kept."""

import json
from typing import Any

import boto3
import pytest

from scripts.cloud import work
from tests.serverless.cloud import Opened
from tests.serverless.test_deployment import apply


def send_letters(url: str, *bodies: object) -> None:
    sqs = boto3.client("sqs", region_name="cn-north-1", endpoint_url=url)
    queue = sqs.get_queue_url(QueueName="acme-dead-letters")["QueueUrl"]
    for body in bodies:
        text = body if isinstance(body, str) else json.dumps(body)
        sqs.send_message(QueueUrl=queue, MessageBody=text)


RULE = "arn:aws-cn:events:cn-north-1:123456789012:rule/acme-jobs-serverless.jobs.schedules."


def test_dead_letters_are_run_again_one_by_one_and_what_fails_stays(
    opened: Opened, cloud: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installation = opened()
    apply(installation)
    good, bad = ({"resources": [RULE + job]} for job in ("expire_points", "reconcile"))
    send_letters(
        cloud,
        {"timestamp": "2026-11-29T04:00:00Z", "requestPayload": good},
        {"requestPayload": bad},
        {"DDBStreamBatchInfo": {"shardId": "s", "batchSize": 37}},
        "no JSON",
        [1],
    )
    ran: list[Any] = []

    def invoke(event: Any) -> str | None:
        ran.append(event)
        return '{"errorType": "JobFailed"}' if event == bad else None

    monkeypatch.setattr(installation.functions["jobs"], "invoke", invoke)

    work.replay(installation, recounted=False)

    assert (ran, installation.letters.waiting()) == ([good, bad], 4)
    told = capsys.readouterr().out
    assert "serverless.jobs.schedules.expire_points of 2026-11-29T04:00:00Z: done" in told
    assert 'serverless.jobs.schedules.reconcile of some time: {"errorType": "JobFailed"}' in told
    assert "37 changes of the table: cannot be run again; run scripts/recount.py" in told
    assert "1 done, 4 left." in told

    bad.clear()
    work.replay(installation, recounted=True)
    told = capsys.readouterr().out
    assert installation.letters.waiting() == 2
    assert "what nobody can read: look at it in the queue" in told
    assert "2 done, 2 left." in told


def test_letters_that_were_not_reached_are_there_again(
    opened: Opened, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = opened()
    apply(installation)
    send_letters(cloud, {"DDBStreamBatchInfo": {}}, {"requestPayload": {"command": "x"}})

    def cut(event: Any) -> str | None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installation.functions["jobs"], "invoke", cut)
    with pytest.raises(KeyboardInterrupt):
        work.replay(installation, recounted=False)

    assert len(list(installation.letters.read())) >= 1
