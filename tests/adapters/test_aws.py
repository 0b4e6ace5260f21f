"""Connections to AWS are checked as botocore checks them, and the certificates for that are loaded once."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import SSLError

from adapters import aws
from adapters.dynamodb.client import open_client as open_dynamodb
from scripts.local.secure_store import SHIPPED, SecureStore

TABLE = {"TableName": "acme", "Key": {"pk": {"S": "p"}, "sk": {"S": "s"}}}


def opened(store: SecureStore, monkeypatch: pytest.MonkeyPatch, bundle: str | None = None) -> Any:
    told = store.variables
    monkeypatch.setenv("AWS_CA_BUNDLE", bundle or told["AWS_CA_BUNDLE"])
    return open_dynamodb("cn-north-1", told["AWS_ENDPOINT_URL_DYNAMODB"])


def test_certificates_are_loaded_once_however_many_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[object] = []
    load = ssl.SSLContext.load_verify_locations

    def count(self: ssl.SSLContext, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        loaded.append(cafile)
        load(self, cafile, capath, cadata)

    with SecureStore(tmp_path, is_short=True) as store:
        client = opened(store, monkeypatch)
        monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", count)
        assert loaded == [], "nothing is loaded before it is needed"

        for _ in range(3):
            assert client.get_item(**TABLE)["ResponseMetadata"]["HTTPStatusCode"] == 200

        assert (store.connections, store.requests) == (3, 3)
    assert loaded == [store.variables["AWS_CA_BUNDLE"]]


def test_a_connection_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SecureStore(tmp_path) as store:
        client = opened(store, monkeypatch)
        for _ in range(3):
            client.get_item(**TABLE)

        assert (store.connections, store.requests) == (1, 3)


def test_whoever_no_authority_knows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SecureStore(tmp_path) as store:
        client = opened(store, monkeypatch, str(SHIPPED))

        for _ in range(2):
            with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
                client.get_item(**TABLE)
        assert store.requests == 0


def test_whoever_shows_the_certificate_of_another_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SecureStore(tmp_path, "127.0.0.2") as store:
        client = opened(store, monkeypatch)

        with pytest.raises(SSLError, match=r"127\.0\.0\.1"):
            client.get_item(**TABLE)
        assert store.requests == 0


def test_without_a_bundle_of_ones_own_botocores_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    monkeypatch.setattr(aws, "CertificatesOnce", lambda **given: told.append(given))

    client = open_dynamodb("cn-north-1")

    assert client.meta.endpoint_url == "https://dynamodb.cn-north-1.amazonaws.com.cn"
    assert [(each["verify"], each["timeout"], each["max_pool_connections"]) for each in told] == [
        (True, (0.5, 1.0), 32)
    ]


def test_a_proxy_is_botocores_own_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(aws.CertificatesOnce, "send", lambda *_: seen.append(1))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    client = aws.open_client("dynamodb", "cn-north-1", retries={"total_max_attempts": 1})

    with pytest.raises(Exception, match="proxy"):
        client.get_item(**TABLE)
    assert seen == []
