"""What keeps something: the bucket of packages, the master key, the table."""

from pathlib import Path
from typing import Any

from adapters.dynamodb import schema
from scripts.cloud.account import LATER, Account, patiently, unless_absent
from scripts.cloud.deployment import CannotDeploy
from scripts.cloud.resource import Facts, Resource

PACKAGE_DAYS = 7
"""Lambda keeps its own copy; the bucket is only the way there."""
KEY_DAYS = 30
"""How long a deleted master key can be brought back: as long as AWS allows."""
BACKUPS_SECONDS = 600.0
"""How long a new table may take until it can be backed up."""
CLOSED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Bucket(Resource):
    """Packages on their way to Lambda, which takes them from its own region only."""

    kind = "bucket"

    def __init__(self, account: Account, name: str) -> None:
        self._account, self._s3 = account, account.client("s3")
        # The name can be guessed; a bucket of somebody else's is never used.
        self._owned = {"ExpectedBucketOwner": account.number}
        self.name = f"{name}-packages-{account.number}-{account.region}"

    def found(self) -> Facts | None:
        if unless_absent(lambda: self._s3.head_bucket(Bucket=self.name, **self._owned)) is None:
            return None
        closed = unless_absent(
            lambda: self._s3.get_public_access_block(Bucket=self.name, **self._owned),
            "NoSuchPublicAccessBlockConfiguration",
        )
        days = unless_absent(
            lambda: self._s3.get_bucket_lifecycle_configuration(Bucket=self.name, **self._owned),
            "NoSuchLifecycleConfiguration",
        )
        return {
            "closed": closed is not None and closed["PublicAccessBlockConfiguration"] == CLOSED,
            "days": days["Rules"][0]["Expiration"]["Days"] if days else None,
        }

    def wanted(self) -> Facts:
        return {"closed": True, "days": PACKAGE_DAYS}

    def make(self) -> None:
        place = {"LocationConstraint": self._account.region}
        there = {} if self._account.region == "us-east-1" else {"CreateBucketConfiguration": place}
        self._s3.create_bucket(Bucket=self.name, **there)

    def change(self, found: Facts) -> None:
        self._s3.put_public_access_block(
            Bucket=self.name, PublicAccessBlockConfiguration=CLOSED, **self._owned
        )
        rule = {
            "ID": "packages",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": PACKAGE_DAYS},
        }
        self._s3.put_bucket_lifecycle_configuration(
            Bucket=self.name, LifecycleConfiguration={"Rules": [rule]}, **self._owned
        )

    def remove(self) -> None:
        for each in self._account.pages("s3", "list_objects_v2", "Contents", Bucket=self.name, **self._owned):
            self._s3.delete_object(Bucket=self.name, Key=each["Key"], **self._owned)
        self._s3.delete_bucket(Bucket=self.name, **self._owned)

    def upload(self, path: Path, key: str) -> dict[str, str]:
        """As Lambda wants to be told where it lies."""
        self._s3.upload_file(str(path), self.name, key, ExtraArgs=self._owned)
        return {"S3Bucket": self.name, "S3Key": key}


class MasterKey(Resource):
    """In KMS; it wraps each tenant's own keys. Without it nothing in the table opens."""

    kind = "key"
    is_data = True

    def __init__(self, account: Account, name: str) -> None:
        self._account, self._kms = account, account.client("kms")
        self.name = f"alias/{name}"

    def arn(self) -> str:
        """Of the key itself: policies take no alias."""
        found = self._describe()
        return found["Arn"] if found else LATER

    def found(self) -> Facts | None:
        key = self._describe()
        if key is None:
            return None
        is_rotated = (
            key["KeyState"] == "Enabled"
            and self._kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
        )
        return {"state": key["KeyState"], "rotation": is_rotated}

    def wanted(self) -> Facts:
        return {"state": "Enabled", "rotation": True}

    def make(self) -> None:
        key = self._kms.create_key(Description="Wraps the keys of Tongka's tenants")["KeyMetadata"]["KeyId"]
        self._kms.create_alias(AliasName=self.name, TargetKeyId=key)

    def change(self, found: Facts) -> None:
        key = self._describe()["KeyId"]
        if found["state"] == "PendingDeletion":
            self._kms.cancel_key_deletion(KeyId=key)
        if found["state"] != "Enabled":
            self._kms.enable_key(KeyId=key)
        self._kms.enable_key_rotation(KeyId=key)

    def remove(self) -> None:
        """The alias stays while the key can be brought back; deploying again does that.

        A key that has another name, too, opens another table, and only loses ours.
        """
        key = self._describe()
        if self._has_another_name(key["KeyId"]):
            self._kms.delete_alias(AliasName=self.name)
        elif key["KeyState"] != "PendingDeletion":
            self._kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=KEY_DAYS)

    def _has_another_name(self, key_id: str) -> bool:
        names = self._account.pages("kms", "list_aliases", "Aliases", KeyId=key_id)
        return any(each["AliasName"] != self.name for each in names)

    def _describe(self) -> Any:
        found = unless_absent(lambda: self._kms.describe_key(KeyId=self.name))
        return found["KeyMetadata"] if found else None


class DataTable(Resource):
    """All data. Protected, restorable to any second of the last 35 days, with the stream that jobs read."""

    kind = "table"
    is_data = True

    def __init__(self, account: Account, name: str) -> None:
        self._dynamodb = account.client("dynamodb")
        self.arn = account.arn("dynamodb", f"table/{name}")
        self.name = name

    def stream_arn(self) -> str:
        table = self._describe()
        return table.get("LatestStreamArn", LATER) if table else LATER

    def found(self) -> Facts | None:
        table = self._describe()
        if table is None:
            return None
        try:
            schema.check(table, schema.definition(self.name))
        except ValueError as another:
            raise CannotDeploy(str(another)) from another
        backups = self._dynamodb.describe_continuous_backups(TableName=self.name)
        past = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        to_live = self._dynamodb.describe_time_to_live(TableName=self.name)["TimeToLiveDescription"]
        return {
            "deletion_protection": table.get("DeletionProtectionEnabled", False),
            "point_in_time_recovery": past["PointInTimeRecoveryStatus"] == "ENABLED",
            "stream": table.get("StreamSpecification", {}).get("StreamViewType"),
            "time_to_live": to_live.get("AttributeName"),
        }

    def wanted(self) -> Facts:
        return {
            "deletion_protection": True,
            "point_in_time_recovery": True,
            "stream": "NEW_IMAGE",
            "time_to_live": "ttl",
        }

    def make(self) -> None:
        schema.create_table(self._dynamodb, self.name, with_stream=True)

    def change(self, found: Facts) -> None:
        table: dict[str, Any] = {"TableName": self.name}
        if not found["deletion_protection"]:
            self._update(DeletionProtectionEnabled=True)
        if found["stream"] is None:
            self._update(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        if not found["point_in_time_recovery"]:
            patiently(
                lambda: self._dynamodb.update_continuous_backups(
                    **table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
                ),
                "ContinuousBackupsUnavailableException",
                seconds=BACKUPS_SECONDS,
            )
        if found["time_to_live"] is None:
            schema.let_items_expire(self._dynamodb, self.name)

    def remove(self) -> None:
        self._update(DeletionProtectionEnabled=False)
        patiently(lambda: self._dynamodb.delete_table(TableName=self.name), "ResourceInUseException")
        self._dynamodb.get_waiter("table_not_exists").wait(TableName=self.name)

    def _update(self, **arguments: Any) -> None:
        patiently(
            lambda: self._dynamodb.update_table(TableName=self.name, **arguments), "ResourceInUseException"
        )

    def _describe(self) -> Any:
        found = unless_absent(lambda: self._dynamodb.describe_table(TableName=self.name))
        return found["Table"] if found else None
