"""Keys: what is sealed opens only in its place, for its tenant, unchanged (C-87)."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from adapters.secrets.keyring import KEPT_SECONDS, Keyrings, TenantKeyring
from adapters.secrets.kms import KeysUnavailable, KmsMaster
from adapters.secrets.local import LocalMaster
from tests.domain.builders import steady

KEYRING = TenantKeyring(bytes(range(64)))
OTHER = TenantKeyring(bytes(range(1, 65)))
REGION = "cn-north-1"


@given(st.text(max_size=60), st.text(max_size=40))
@steady
def test_a_sealed_field_opens_in_its_place_and_hides_its_text(context: str, text: str) -> None:
    sealed = KEYRING.seal(context, text)

    assert KEYRING.open(context, sealed) == text
    assert KEYRING.seal(context, text) != sealed
    assert len(sealed) == 1 + 12 + len(text.encode()) + 16
    with pytest.raises(ValueError, match="does not open"):
        KEYRING.open(f"{context}x", sealed)
    with pytest.raises(ValueError, match="does not open"):
        OTHER.open(context, sealed)


def test_every_changed_bit_of_a_sealed_field_is_found() -> None:
    sealed = KEYRING.seal("place", "13800138000")

    for place in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(ValueError, match="does not open"):
                KEYRING.open("place", bytes(changed))
    for length in range(1, len(sealed)):
        with pytest.raises(ValueError, match=r"."):
            KEYRING.open("place", sealed[:length])
    with pytest.raises(ValueError, match=r"."):
        KEYRING.open("place", b"")


def test_an_index_is_equal_for_equal_values_of_one_kind_and_tenant_only() -> None:
    index = KEYRING.index("phone", "+8613800138000")

    assert index == KEYRING.index("phone", "+8613800138000")
    assert (len(index), bytes.fromhex(index).hex()) == (64, index)
    others = {
        KEYRING.index("phone", "+8613800138001"),
        KEYRING.index("name", "+8613800138000"),
        OTHER.index("phone", "+8613800138000"),
        KEYRING.sign("phone", "+8613800138000").hex(),
        KEYRING.sign("index:phone", "+8613800138000").hex(),
    }
    assert len(others | {index}) == 6


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
@steady
def test_no_two_uses_meet_in_one_mark(use: str, text: str, other_use: str, other_text: str) -> None:
    is_same = (use, text) == (other_use, other_text)

    assert (KEYRING.sign(use, text) == KEYRING.sign(other_use, other_text)) == is_same


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_a_tenant_has_exactly_two_keys(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes each"):
        TenantKeyring(bytes(length))


def test_the_master_key_is_made_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    mask = os.umask(0)
    try:
        wrapped = LocalMaster(path).wrap("t", b"k" * 64)
    finally:
        os.umask(mask)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    assert LocalMaster(path).unwrap("t", wrapped) == b"k" * 64, "the same file opens it later"
    assert b"k" * 8 not in wrapped


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused_and_left_alone(tmp_path: Path, length: int) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(bytes(length))

    with pytest.raises(ValueError, match="32 bytes"):
        LocalMaster(path)

    assert path.read_bytes() == bytes(length)


def test_wrapped_keys_open_for_their_tenant_and_under_their_master_only(tmp_path: Path) -> None:
    master, other = LocalMaster(tmp_path / "one"), LocalMaster(tmp_path / "other")
    wrapped = master.wrap("t", b"k" * 64)
    broken = wrapped[:-1] + bytes([wrapped[-1] ^ 1])

    for opener, tenant_id, text in [(master, "u", wrapped), (other, "t", wrapped), (master, "t", broken)]:
        with pytest.raises(ValueError, match="does not open"):
            opener.unwrap(tenant_id, text)


class CountingMaster:
    """A master that counts."""

    def __init__(self) -> None:
        self.unwrapped: list[str] = []

    def wrap(self, tenant_id: str, keys: bytes) -> bytes:
        return tenant_id.encode() + b":" + keys

    def unwrap(self, tenant_id: str, wrapped: bytes) -> bytes:
        self.unwrapped.append(tenant_id)
        return wrapped.removeprefix(tenant_id.encode() + b":")


def test_a_keyring_is_kept_for_ten_minutes_and_no_longer() -> None:
    now, master = [50.0], CountingMaster()
    keyrings = Keyrings(lambda: master, lambda: now[0])
    wrapped = keyrings.new("t")

    first = keyrings.open("t", wrapped)
    now[0] += KEPT_SECONDS - 0.001
    assert keyrings.open("t", wrapped) is first
    now[0] += 0.001
    second = keyrings.open("t", wrapped)

    assert second is not first
    assert (KEPT_SECONDS, master.unwrapped) == (600.0, ["t", "t"])
    assert second.index("phone", "1") == first.index("phone", "1")


def test_each_tenant_and_each_wrapping_is_opened_by_itself() -> None:
    master = CountingMaster()
    keyrings = Keyrings(lambda: master, lambda: 0.0)
    one, other = keyrings.new("t"), keyrings.new("u")

    opened = [keyrings.open("t", one), keyrings.open("u", other), keyrings.open("t", keyrings.new("t"))]

    assert master.unwrapped == ["t", "u", "t"]
    assert len({keyring.index("phone", "1") for keyring in opened}) == 3


@pytest.fixture
def kms() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("kms", region_name=REGION)


def test_keys_wrapped_by_the_key_service_open_for_their_tenant_only(kms: Any) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    master = KmsMaster(key_id, REGION)

    wrapped = master.wrap("t", b"k" * 64)

    assert master.unwrap("t", wrapped) == b"k" * 64
    assert b"k" * 8 not in wrapped
    with pytest.raises(kms.exceptions.ClientError, match=r"InvalidCiphertext|AccessDenied|Incorrect"):
        master.unwrap("u", wrapped)


def asked_of(master: KmsMaster, operation: str) -> list[dict[str, Any]]:
    """What the key service will be asked."""
    seen: list[dict[str, Any]] = []
    events = master._client.meta.events
    events.register(f"before-parameter-build.kms.{operation}", lambda params, **_: seen.append(dict(params)))
    return seen


def test_the_tenant_is_part_of_what_the_key_service_is_asked(kms: Any) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    master = KmsMaster(key_id, REGION)
    wrapping, unwrapping = asked_of(master, "Encrypt"), asked_of(master, "Decrypt")

    master.unwrap("t", master.wrap("t", b"k" * 64))

    assert (wrapping[0]["KeyId"], wrapping[0]["EncryptionContext"]) == (key_id, {"tenant": "t"})
    assert unwrapping[0]["EncryptionContext"] == {"tenant": "t"}


def test_wrapped_keys_are_opened_with_the_one_key_that_is_set(kms: Any) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    master = KmsMaster(key_id, REGION)
    unwrapping = asked_of(master, "Decrypt")

    master.unwrap("t", master.wrap("t", b"k" * 64))

    assert unwrapping[0]["KeyId"] == key_id


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "KMSInternalException", "DependencyTimeoutException"]
)
def test_a_key_service_that_is_away_is_no_mistake_of_ours(code: str) -> None:
    master = KmsMaster("alias/tongka", REGION)
    with Stubber(master._client) as service:
        service.add_client_error("decrypt", code)
        service.add_client_error("encrypt", code)

        with pytest.raises(KeysUnavailable):
            master.unwrap("t", b"wrapped")
        with pytest.raises(KeysUnavailable):
            master.wrap("t", b"k" * 64)


def test_a_key_service_that_cannot_be_reached_is_away() -> None:
    nowhere = "http://127.0.0.1:9"

    with pytest.raises(KeysUnavailable):
        KmsMaster("alias/tongka", REGION, nowhere).unwrap("t", b"wrapped")


@pytest.mark.parametrize("code", ["InvalidCiphertextException", "AccessDeniedException", "NotFoundException"])
def test_a_key_that_is_wrong_or_forbidden_is_a_mistake_of_ours(code: str) -> None:
    master = KmsMaster("alias/tongka", REGION)
    with Stubber(master._client) as service:
        service.add_client_error("decrypt", code)

        with pytest.raises(ClientError, match=code):
            master.unwrap("t", b"wrapped")
