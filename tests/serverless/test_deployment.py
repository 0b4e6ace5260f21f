"""scripts/deploy.py against an imitation of AWS: what is planned is done, once, and can be taken back."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scripts.cloud import build, imitation, release, resource, roles, work
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.installation import Installation
from scripts.environment import PYTHON, ROOT
from scripts.local import self_check
from scripts.local.client import send
from scripts.local.processes import Children
from scripts.local.world import World
from tests.serverless.cloud import DOMAIN, HEAD, Opened, changed_package

ONLY_IMITATED = {"mapping"}
"""The imitation lets a mapping call a version, where AWS keeps the alias."""


def apply(installation: Installation) -> list[str]:
    return [
        f"{step.sign} {step.resource.title}"
        for step in resource.apply(installation.resources(), installation.strays())
    ]


def left(installation: Installation) -> list[str]:
    """What is not as wanted, beside what the imitation cannot keep."""
    steps = resource.plan(installation.resources(), installation.strays())
    return ["\n".join(step.lines()) for step in steps if step.resource.kind not in ONLY_IMITATED]


def test_the_plan_is_what_is_done(opened: Opened) -> None:
    planned = [f"{step.sign} {step.resource.title}" for step in resource.plan(opened().resources())]
    assert resource.plan(opened().resources()) != [], "a plan changes nothing"

    assert apply(opened()) == planned
    assert left(opened()) == []
    assert [line.partition(" mapping ")[0] for line in apply(opened())] == ["~"]


@pytest.mark.parametrize(
    "region,partition",
    [("cn-north-1", "aws-cn"), ("cn-northwest-1", "aws-cn"), ("ap-southeast-1", "aws"), ("us-east-1", "aws")],
)
def test_each_partition_has_its_own_names(opened: Opened, region: str, partition: str) -> None:
    """Zappa writes `aws` into what calls a function; in China nothing of it would work."""
    installation = opened(region)
    apply(installation)

    told = json.dumps([each.found() for each in installation.resources()])
    arns = {word.split(":")[1] for word in told.replace('\\"', '"').split('"') if word.startswith("arn:")}
    assert arns == {partition}
    assert left(opened(region)) == []


def test_functions_may_do_what_their_policies_say_and_nothing_else(opened: Opened) -> None:
    installation = opened(more='[images]\nbucket = "acme-images"\nurl = "https://images.example.com"\n')
    apply(installation)
    table = installation.table.arn
    own = {f"{table}/stream/*", "arn:aws-cn:s3:::acme-images/*"} | {
        f"{group.arn}:*" for group in installation.log_groups.values()
    }

    for stage, role in installation.roles.items():
        found = role.found()
        assert found is not None
        assert list(found["policies"]) == [roles.POLICY_NAME]
        for statement in found["policies"][roles.POLICY_NAME]["Statement"]:
            assert not any("*" in action for action in statement["Action"])
            wild = {each for each in statement["Resource"] if "*" in each}
            assert wild <= own, f"{stage} may do {statement['Sid']} with more than its own"
            assert not any("$" in each for each in statement["Resource"])
    member = installation.roles["member_api"].wanted()["policies"][roles.POLICY_NAME]
    sids = [each["Sid"] for each in member["Statement"]]
    assert sids == ["Data", "TenantsKeys", "OwnLog"]


def test_without_a_place_for_images_nobody_may_write_there(opened: Opened) -> None:
    policy = opened().roles["staff_api"].wanted()["policies"][roles.POLICY_NAME]

    assert [each["Sid"] for each in policy["Statement"]] == ["Data", "TenantsKeys", "OwnLog"]


def test_the_table_is_safe(opened: Opened) -> None:
    installation = opened()
    apply(installation)
    dynamodb = installation.account.client("dynamodb")

    with pytest.raises(ClientError, match="DeletionProtection"):
        dynamodb.delete_table(TableName="acme")
    backups = dynamodb.describe_continuous_backups(TableName="acme")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    to_live = dynamodb.describe_time_to_live(TableName="acme")["TimeToLiveDescription"]
    assert (to_live["TimeToLiveStatus"], to_live["AttributeName"]) == ("ENABLED", "ttl")


def test_the_stream_is_read_from_its_beginning_and_failures_come_again(opened: Opened) -> None:
    installation = opened()
    apply(installation)
    found = installation.account.client("lambda").list_event_source_mappings(
        EventSourceArn=installation.table.stream_arn()
    )["EventSourceMappings"][0]

    assert found["StartingPosition"] == "TRIM_HORIZON"
    assert found["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert found["BisectBatchOnFunctionError"] is True
    assert 0 < found["MaximumRetryAttempts"] <= 100
    assert 0 < found["MaximumRecordAgeInSeconds"] < 24 * 3600, "the stream forgets after a day"
    assert found["DestinationConfig"]["OnFailure"]["Destination"] == installation.letters.arn


def test_what_calls_a_function_calls_its_alias(opened: Opened) -> None:
    installation = opened()
    apply(installation)
    alias = installation.functions["jobs"].live_arn
    events = installation.account.client("events")
    rules = events.list_rules()["Rules"]

    assert len(rules) == 6
    for rule in rules:
        assert [each["Arn"] for each in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]] == [alias]
    told = installation.account.client("lambda").get_policy(FunctionName="acme-jobs", Qualifier="live")
    statements = json.loads(told["Policy"])["Statement"]
    assert [each["Condition"]["ArnLike"]["AWS:SourceArn"] for each in statements] == [
        "arn:aws-cn:events:cn-north-1:123456789012:rule/acme-jobs-*"
    ]


def test_what_nobody_wants_any_more_is_taken_away(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(opened())
    told = build._settings()
    told["jobs"]["events"] = told["jobs"]["events"][:-1]
    told["staff_api"]["routes"] = ["/v1/staff"]
    monkeypatch.setattr(build, "_settings", lambda: told)

    planned = [line for line in left(opened()) if line.startswith("-")]
    done = apply(opened())

    assert planned == [
        "- rule acme-jobs-serverless.jobs.schedules.reconcile",
        "- route ANY /v1/till",
        "- route ANY /v1/till/{proxy+}",
    ]
    assert [line for line in done if line.startswith("-")] == planned
    assert left(opened()) == []


def test_one_more_stage_is_one_more_function(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And its policy; without one it is refused before anything is done."""
    told = build._settings()
    stub = {"extends": "base", "lambda_handler": "serverless.member_api.handler", "routes": ["/callbacks"]}
    monkeypatch.setattr(build, "_settings", lambda: {**told, "callbacks": stub})
    packages = [build.Package.of(stage, build.BUILD / f"{stage}.zip") for stage in told if stage != "base"]
    packages.append(build.Package.of("callbacks", packages[0].path))

    with pytest.raises(CannotDeploy, match=r"callbacks has no policy; write serverless/policies/callbacks"):
        resource.plan(opened(packages=packages).resources())
    (tmp_path / "callbacks.json").write_text((roles.POLICIES / "member_api.json").read_text())
    for stage in ("member_api", "staff_api", "jobs"):
        (tmp_path / f"{stage}.json").write_text((roles.POLICIES / f"{stage}.json").read_text())
    monkeypatch.setattr(roles, "POLICIES", tmp_path)
    done = apply(opened(packages=packages))

    assert "+ function acme-callbacks" in done
    assert "+ route ANY /callbacks/{proxy+}" in done
    assert left(opened(packages=packages)) == []


def test_one_function_alone(opened: Opened) -> None:
    done = apply(opened(stages=("jobs",)))

    assert "+ table acme" in done
    assert "+ function acme-jobs" in done
    assert not any("member" in line or "route" in line for line in done)
    assert apply(opened(stages=("jobs",)))[2:] == []
    assert opened().release.current().functions == {"jobs": "1"}  # type: ignore[union-attr]
    with pytest.raises(CannotDeploy, match="no stage callback"):
        opened(stages=("callback",))


@pytest.mark.parametrize("number", range(5, 200, 41))
def test_what_was_cut_short_goes_on(opened: Opened, number: int) -> None:
    """Whichever call fails, the same command again comes to the same end."""
    installation = opened()
    calls = 0

    def fail(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            raise EndpointConnectionError(endpoint_url="cut")

    for service in (
        "apigatewayv2",
        "cloudwatch",
        "dynamodb",
        "events",
        "iam",
        "kms",
        "lambda",
        "logs",
        "s3",
        "sns",
        "sqs",
        "ssm",
    ):
        installation.account.client(service).meta.events.register("after-call", fail)
    with pytest.raises(EndpointConnectionError):
        apply(installation)

    apply(opened())

    assert left(opened()) == []
    found = opened().release.current()
    assert found is not None
    assert (found.number, found.functions) == (1, {"jobs": "1", "member_api": "1", "staff_api": "1"})


def test_going_back_takes_code_and_configuration_together(opened: Opened) -> None:
    apply(opened())
    apply(opened(more='[variables]\nTONGKA_SHARDS = "8"\n'))
    third = opened(more='[variables]\nTONGKA_SMS_URL = "https://sms.example.com"\n')
    apply(third)
    assert third.release.current().number == 3  # type: ignore[union-attr]

    def variables() -> dict[str, str]:
        told = third.account.client("lambda").get_function(FunctionName="acme-jobs", Qualifier="live")
        found: dict[str, str] = told["Configuration"]["Environment"]["Variables"]
        return found

    assert "TONGKA_SHARDS" not in variables(), "what is not wanted any more is gone"
    assert third.release.go_back().number == 2
    assert variables()["TONGKA_SHARDS"] == "8"
    assert third.release.go_back().number == 1
    assert "TONGKA_SMS_URL" not in variables()
    with pytest.raises(CannotDeploy, match="no release before"):
        third.release.go_back()
    apply(third)
    assert variables()["TONGKA_SMS_URL"] == "https://sms.example.com"
    found = third.release.current()
    assert found is not None
    assert (found.number, found.functions["jobs"]) == (4, "3"), "the same version as before"


def test_going_back_from_what_was_cut_short_is_to_the_last_whole_release(opened: Opened) -> None:
    first = opened()
    apply(first)
    second = opened(more='[variables]\nTONGKA_SHARDS = "8"\n')
    for each in (second.functions["member_api"], second.lives["member_api"]):
        found = each.found()
        assert found is not None
        each.change(found)
    assert second.lives["member_api"].version() == "2"

    assert second.release.go_back().number == 1
    assert second.lives["member_api"].version() == "1"


def test_old_versions_are_forgotten_but_not_those_that_one_may_go_back_to(opened: Opened) -> None:
    """The imitation numbers anew what was forgotten, so that it is looked at right after the first time."""
    for number in range(1, 7):
        apply(opened(more=f'[variables]\nTONGKA_SHARDS = "{number}"\n', stages=("jobs",)))
    installation = opened(stages=("jobs",))

    kept = installation.lives["jobs"]._versions()

    assert sorted(int(each["Version"]) for each in kept) == [2, 3, 4, 5, 6]
    assert [installation.release.go_back().number for _ in range(release.KEPT - 1)] == [5, 4]


def test_data_stays_unless_its_table_is_named(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    apply(opened())

    with pytest.raises(CannotDeploy, match="--delete-data acme"):
        work.undeploy(opened(), "tongka")
    work.undeploy(opened(), None)
    there = [each.title for each in opened().resources() if each.found() is not None]
    assert there == ["key alias/acme", "table acme"]

    work.undeploy(opened(), "acme")
    there = [each.title for each in opened().resources() if each.found() is not None]
    assert there == ["key alias/acme"], "for thirty days"
    apply(opened())
    assert left(opened()) == [], "and then it is the same key again"
    assert "stay" in capsys.readouterr().out


@pytest.mark.capability("C-99")
def test_deployed_changed_gone_back_and_taken_down(
    opened: Opened, cloud: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journey is walked on what the cloud has: its code, configuration, routes, keys and roles."""
    packages = build.ensure()
    member, *others = packages
    first = opened()
    work.apply(first)
    newer = changed_package(member, tmp_path, "handlers/health.py", '"status": "ok"', '"status": "newer"')
    second = opened(packages=[newer, *others])
    work.plan(second)

    with Children() as children:
        world = World(children, tmp_path, deployed=(tmp_path / "acme.toml", cloud))
        world.start()
        assert self_check.run(world) == 0

        def health() -> str:
            children.end_one(world.api_process)
            world.start_api()
            told: str = send("GET", f"{world.api_url}/v1/auth/health")["status"]
            return told

        assert health() == "ok"
        work.apply(second)
        assert health() == "newer"
        work.rollback(second)
        assert health() == "ok"
        work.apply(second)
        assert health() == "newer"
    work.undeploy(second, "acme")

    told = capsys.readouterr().out
    assert all(line in told for line in imitation.LIMITS)
    assert "22 steps, 0 failed" in told
    assert [each.kind for each in second.resources() if each.found() is not None] == ["key"]


def test_the_command(cloud: str, opened: Opened, tmp_path: Path) -> None:
    """As people run it."""
    path = tmp_path / "acme.toml"
    path.write_text(
        HEAD.format(name="acme", region="cn-north-1")
        + DOMAIN.format(domain="api.example.com", region="cn-north-1", partition="aws-cn")
    )

    def deploy(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [PYTHON, "scripts/deploy.py", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    assert "Nothing was deployed yet" in deploy("status", str(path))[1]
    code, told = deploy("plan", str(path))
    assert (code, "+ table acme" in told, "an imitation on this machine" in told) == (0, True, True)
    code, told = deploy("apply", str(path))
    assert (code, "address: https://api.example.com" in told) == (0, True)
    code, told = deploy("rollback", str(path))
    assert (code, "no release before" in told) == (1, True)
    assert deploy("undeploy", str(path), "--delete-data", "acme")[0] == 0
    path.write_text("name = 1")
    code, told = deploy("plan", str(path))
    assert (code, told.startswith("✗"), "Traceback" in told) == (1, True, False)
