"""Calls to platforms are checked, and what checks them is loaded once."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound import NoAnswer, Outbound
from scripts.local.secure_store import SecureStore


def test_certificates_are_loaded_once_however_many_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[object] = []
    load = ssl.SSLContext.load_default_certs

    def count(self: ssl.SSLContext, *purpose: Any) -> None:
        loaded.append(purpose)
        load(self, *purpose)

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", count)
    with SecureStore(tmp_path, is_short=True) as store:
        monkeypatch.setenv("SSL_CERT_FILE", store.variables["AWS_CA_BUNDLE"])
        platform = Outbound(read_seconds=5, answer_bytes_max=100)
        url = store.variables["AWS_ENDPOINT_URL_DYNAMODB"]

        assert [platform.ask("POST", url, body=b"") for _ in range(3)] == [(200, "{}")] * 3
        assert store.connections == 3
    assert len(loaded) == 1


@pytest.mark.parametrize("address,is_known", [("127.0.0.1", False), ("127.0.0.2", True)])
def test_whoever_cannot_show_who_they_are_is_asked_nothing(
    address: str, is_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SecureStore(tmp_path, address) as store:
        if is_known:
            monkeypatch.setenv("SSL_CERT_FILE", store.variables["AWS_CA_BUNDLE"])
        platform = Outbound(read_seconds=5, answer_bytes_max=100)

        with pytest.raises(NoAnswer):
            platform.ask("POST", store.variables["AWS_ENDPOINT_URL_DYNAMODB"], body=b"")
        assert store.requests == 0
