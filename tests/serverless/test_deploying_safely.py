"""What deploying must never do: take away what is somebody else's, or tell what is not so."""

import json
import subprocess
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec import structs

from adapters.dynamodb.changes import FOLLOWED
from adapters.dynamodb.coupons import MAPPINGS
from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys
from domain.coupon.model import Coupon
from scripts.cloud import build, lambdas, resource, roles, work
from scripts.cloud.account import LATER, Account, patiently
from scripts.cloud.build import Package
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.installation import Installation
from scripts.environment import PYTHON, ROOT
from tests.contracts.coupon_things import LOCKED
from tests.domain.builders import KEYRING
from tests.serverless.cloud import Opened
from tests.serverless.test_deployment import apply, left

MORE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def alarms(installation: Installation) -> set[str]:
    found = installation.account.pages("cloudwatch", "describe_alarms", "MetricAlarms")
    return {each["AlarmName"] for each in found}


def test_an_installation_of_a_like_name_and_alarms_of_ones_own_stay(opened: Opened) -> None:
    other = opened(name="acme-eu", domain=None)
    apply(other)
    theirs = alarms(other)
    other.account.client("cloudwatch").put_metric_alarm(
        AlarmName="acme-billing",
        Namespace="AWS/Billing",
        MetricName="EstimatedCharges",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=3600,
        Statistic="Maximum",
        Threshold=100,
    )

    apply(opened())
    work.undeploy(opened(), "acme")

    assert alarms(other) == theirs | {"acme-billing"}
    assert left(opened(name="acme-eu", domain=None)) == []


def test_alarms_of_a_function_that_is_gone_go(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(opened())
    told = build._settings()
    del told["staff_api"]
    monkeypatch.setattr(build, "_settings", lambda: told)

    gone = [line for line in left(opened()) if line.startswith("- alarm")]

    assert gone == ["- alarm acme-staff_api-errors", "- alarm acme-staff_api-throttles"]


def test_a_function_whose_stage_is_gone_goes_with_all_that_was_its_own(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(opened())
    told = build._settings()
    del told["staff_api"]
    monkeypatch.setattr(build, "_settings", lambda: told)

    gone = [line.partition("\n")[0] for line in left(opened()) if line.startswith("-")]
    apply(opened())

    assert "- function acme-staff-api" in gone
    assert "- role acme-staff-api-cn-north-1" in gone
    assert "- log group /aws/lambda/acme-staff-api" in gone
    assert left(opened()) == []
    current = opened().release.current()
    assert current is not None
    assert set(current.functions) == {"member_api", "jobs"}


def test_a_key_that_opens_another_table_too_is_not_deleted(opened: Opened) -> None:
    """After a restore, the new installation goes on with the old one's key."""
    old = opened()
    apply(old)
    kms = old.account.client("kms")
    key = kms.describe_key(KeyId="alias/acme")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/acme-r", TargetKeyId=key)

    work.undeploy(opened(), "acme")

    assert kms.describe_key(KeyId="alias/acme-r")["KeyMetadata"]["KeyState"] == "Enabled"
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.describe_key(KeyId="alias/acme")


def test_a_host_leads_elsewhere_only_if_that_is_said_and_stays_with_whom_it_leads_to(opened: Opened) -> None:
    old, new = opened(), opened(name="acme-r")
    apply(old)
    with pytest.raises(CannotDeploy, match=r"leads to another API .*; --take-host leads it here"):
        apply(new)
    assert old.host is not None
    was = old.host.points_to()

    apply(opened(name="acme-r", may_take_host=True))

    assert left(opened(name="acme-r")) == []
    with pytest.raises(CannotDeploy, match="leads to another API"):
        apply(opened())
    work.undeploy(opened(), "acme")
    assert left(opened(name="acme-r")) == []
    assert old.host.points_to() == was, "the name server still points to the right place"


def test_a_host_that_is_not_told_any_more_is_taken_down_and_another_apis_paths_stay(opened: Opened) -> None:
    first = opened()
    apply(first)
    api = first.account.client("apigatewayv2")
    shop = api.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    api.create_stage(ApiId=shop, StageName="$default", AutoDeploy=True)
    api.create_api_mapping(DomainName="api.example.com", ApiId=shop, Stage="$default", ApiMappingKey="shop")
    assert left(opened()) == [], "what lives below a path is nobody's business"

    apply(opened(domain="members.example.com"))

    mappings = api.get_api_mappings(DomainName="api.example.com")["Items"]
    assert [each["ApiId"] for each in mappings] == [shop]
    api.delete_api_mapping(DomainName="api.example.com", ApiMappingId=mappings[0]["ApiMappingId"])
    apply(opened(domain=None))
    assert {each["DomainName"] for each in api.get_domain_names()["Items"]} == {"api.example.com"}
    assert left(opened(domain=None)) == []


def test_an_api_of_the_same_name_that_is_not_ours_is_left_alone(opened: Opened) -> None:
    installation = opened()
    api = installation.account.client("apigatewayv2")
    api.create_api(Name="acme", ProtocolType="HTTP")

    with pytest.raises(CannotDeploy, match="HTTP API acme already that is not of Tongka"):
        resource.plan(installation.resources())


def test_whom_somebody_else_let_in_shows_and_goes(opened: Opened) -> None:
    installation = opened()
    apply(installation)
    installation.account.client("lambda").add_permission(
        FunctionName="acme-jobs",
        Qualifier="live",
        StatementId="anybody",
        Action="lambda:InvokeFunction",
        Principal="*",
    )
    iam = installation.account.client("iam")
    made = iam.create_policy(PolicyName="more", PolicyDocument=json.dumps(MORE))
    iam.attach_role_policy(RoleName="acme-member-api-cn-north-1", PolicyArn=made["Policy"]["Arn"])

    told = "\n".join(left(opened()))
    assert "live anybody: {'Principal': '*'" in told
    assert f"attached: -{made['Policy']['Arn']}" in told
    apply(opened())

    assert left(opened()) == []
    policy = installation.account.client("lambda").get_policy(FunctionName="acme-jobs", Qualifier="live")
    assert "anybody" not in policy["Policy"]


def test_going_back_leads_to_what_was_in_use_before_and_never_to_what_was_left(opened: Opened) -> None:
    """3 is bad, and left for 2; 4 is its mending, and bad, too: from there back is 2, and then 1."""

    def deploy(shards: int) -> None:
        apply(opened(more=f'[variables]\nTONGKA_SHARDS = "{shards}"\n'))

    def back() -> int:
        return opened().release.go_back().number

    for shards in (1, 2, 3):
        deploy(shards)
    assert back() == 2
    deploy(4)

    assert [back(), back()] == [2, 1]
    with pytest.raises(CannotDeploy, match="no release before"):
        back()


def test_a_release_whose_version_is_gone_moves_nothing(opened: Opened) -> None:
    apply(opened())
    apply(opened(more='[variables]\nTONGKA_SHARDS = "2"\n'))
    installation = opened()
    installation.account.client("lambda").delete_function(FunctionName="acme-staff-api", Qualifier="1")

    with pytest.raises(CannotDeploy, match="Release 1 is forgotten: there is no staff_api 1 any more"):
        installation.release.go_back()

    assert {live.version() for live in installation.lives.values()} == {"2"}


def not_to_be_built() -> list[Package]:
    raise AssertionError("nothing is to be built for this")


def test_what_is_urgent_builds_nothing(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    apply(opened())
    apply(opened(more='[variables]\nTONGKA_SHARDS = "2"\n'))
    told = opened().deployment

    def installation() -> Installation:
        return Installation(Account(told.region), told, not_to_be_built)

    work.status(installation())
    work.replay(installation(), recounted=False)
    work.rollback(installation())
    work.undeploy(installation(), "acme")

    said = capsys.readouterr().out
    assert "stream of the table: Enabled" in said
    assert "to release 1 of" in said
    assert "AWS_REGION=cn-north-1 TONGKA_TABLE=acme TONGKA_MASTER_KEY=kms:alias/acme" in said


def test_a_version_that_says_another_code_than_it_holds_is_not_used(opened: Opened) -> None:
    """Two deploy at once: one's words beside the other's code."""
    apply(opened())
    installation = opened()
    function, live = installation.functions["jobs"], installation.lives["jobs"]
    other = installation.packages["member_api"].path
    client = installation.account.client("lambda")
    client.update_function_code(FunctionName="acme-jobs", ZipFile=other.read_bytes())
    made = client.publish_version(FunctionName="acme-jobs", Description=function.digest())
    live.move(made["Version"])

    told = "\n".join(left(opened()))
    apply(opened())

    assert "alias acme-jobs:live" in told
    assert client.get_function_configuration(FunctionName="acme-jobs", Qualifier="live")["CodeSha256"] == (
        function.code
    )


def test_nothing_is_sent_that_nobody_knows_yet(opened: Opened) -> None:
    iam = opened().account.client("iam")

    with pytest.raises(CannotDeploy, match="PutRolePolicy: what it needs does not show yet"):
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps({"Resource": LATER}))


def test_a_mistake_is_not_waited_for() -> None:
    tries = []

    def refuse() -> None:
        tries.append(1)
        told = {"Error": {"Code": "InvalidParameterValueException", "Message": "Unzipped size is too large"}}
        raise ClientError(told, "CreateFunction")

    with pytest.raises(ClientError):
        patiently(refuse, *lambdas.NOT_YET, about="role")
    assert tries == [1]


def test_services_are_all_here_or_all_there(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the settings of a demo in the environment, the table would be here and the functions at AWS."""
    told = opened().deployment
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    with pytest.raises(CannotDeploy, match="some services to this machine and others to AWS"):
        Installation(Account(told.region), told, not_to_be_built)


def test_other_credentials_than_those_of_the_account_do_nothing(opened: Opened) -> None:
    told = structs.replace(opened().deployment, account="9" * 12)
    account = Account(told.region)

    with pytest.raises(CannotDeploy, match="credentials are those of account 123456789012"):
        Installation(account, told, not_to_be_built)


def test_a_bucket_for_each_region_and_never_somebody_elses(opened: Opened) -> None:
    north, west = opened("cn-north-1"), opened("cn-northwest-1")

    assert north.bucket.name != west.bucket.name
    asked: list[Any] = []
    north.account.client("s3").meta.events.register(
        "provide-client-params.s3", lambda params, model, **_: asked.append((model.name, params))
    )
    apply(north)
    trusting = {name for name, params in asked if "ExpectedBucketOwner" not in params}
    assert trusting == {"CreateBucket"}


NETWORK = """
[network]
subnets = ["subnet-0b", "subnet-0a"]
security_groups = ["sg-01"]
"""


def test_functions_call_out_from_a_network_of_yours_once_that_is_told(opened: Opened) -> None:
    """So that platforms, which let in addresses that they know, know ours."""
    apply(opened())
    apply(opened(more=NETWORK))

    client = opened().account.client("lambda")
    told = client.get_function_configuration(FunctionName="acme-member-api", Qualifier="live")
    assert sorted(told["VpcConfig"]["SubnetIds"]) == ["subnet-0a", "subnet-0b"]
    assert told["VpcConfig"]["SecurityGroupIds"] == ["sg-01"]
    assert left(opened(more=NETWORK)) == []
    policy = opened(more=NETWORK).roles["member_api"].wanted()["policies"][roles.POLICY_NAME]
    assert "ec2:CreateNetworkInterface" in json.dumps(policy)

    apply(opened())

    told = client.get_function_configuration(FunctionName="acme-member-api", Qualifier="live")
    assert not told.get("VpcConfig", {}).get("SubnetIds")
    assert "ec2:" not in json.dumps(opened().roles["member_api"].found())


def test_the_stream_brings_what_somebody_follows(opened: Opened) -> None:
    """An order or a login would start a function for nothing."""
    pattern = json.loads(opened().stream.wanted()["FilterCriteria"]["Filters"][0]["Pattern"])
    (item,) = MAPPINGS[Coupon].to_items(LOCKED, Tenancy(Keys("acme", 2), lambda: KEYRING))

    assert pattern == {"dynamodb": {"NewImage": {"kind": {"S": list(FOLLOWED)}}}}
    assert item.serialize()["kind"]["S"] in FOLLOWED


@pytest.mark.parametrize("command", ["rollback", "status", "replay", "undeploy"])
def test_one_stage_alone_is_planned_and_applied_and_nothing_else(command: str) -> None:
    done = subprocess.run(
        [PYTHON, "scripts/deploy.py", command, "acme.toml", "--stage", "jobs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "--stage goes with plan and apply" in done.stderr
