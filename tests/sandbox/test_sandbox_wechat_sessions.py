"""WeChat in the sandbox: session keys, their signatures, and data encrypted under them."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sandbox.server import RunningSandbox
from sandbox.wechat.signatures import encrypt_open_data, raw_data_signature, session_signature
from tests.sandbox.calling import get
from tests.sandbox.worlds import MiniProgram, advance, control, mini_program, person

DEMO_KEY = "tiihtNczf5v6AKRyjwEUhQ=="
DEMO_IV = "r7BXXKkLb8qrSNn05n0qiA=="
DEMO_CIPHERTEXT = (
    "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+"
    "3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6"
    "/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs"
    "8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns"
    "/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG"
    "20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew=="
)
DEMO_RAW_DATA = (
    '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN",'
    '"avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/'
    '1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}'
)


def decrypt(ciphertext: str, session_key: str, iv: str) -> bytes:
    """What a server does with encryptedData."""
    cipher = Cipher(algorithms.AES(base64.b64decode(session_key)), modes.CBC(base64.b64decode(iv)))
    decryptor = cipher.decryptor()
    padded = decryptor.update(base64.b64decode(ciphertext)) + decryptor.finalize()
    return padded[: -padded[-1]]


def ask(app: MiniProgram, path: str, session: dict[str, Any], **changed: str) -> dict[str, Any]:
    """A call that proves knowledge of the session key."""
    signature = hmac.new(session["session_key"].encode(), b"", hashlib.sha256).hexdigest()
    query = {
        "access_token": app.classic_token(),
        "openid": session["openid"],
        "signature": signature,
        "sig_method": "hmac_sha256",
    }
    return get(app.sandbox.wechat_url + path, **(query | changed)).json()


def test_the_session_signature_is_the_official_sample() -> None:
    key = "o0q0otL8aEzpcZL/FT9WsQ=="
    assert (
        session_signature(key, '{"foo":"bar"}')
        == "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b"
    )
    assert session_signature(key) == "46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128"


def test_the_raw_data_signature_is_the_official_sample() -> None:
    signature = raw_data_signature(DEMO_RAW_DATA, "HyVFkGl5F5OQWJZZaNzBBg==")
    assert signature == "75e81ceda165f4ffa64f4068af58c64b8f54b88c"


def test_the_encryption_gives_back_the_official_demo() -> None:
    plaintext = decrypt(DEMO_CIPHERTEXT, DEMO_KEY, DEMO_IV)
    assert json.loads(plaintext)["watermark"]["appid"] == "wx4f4bc4dec97d474b"
    assert encrypt_open_data(plaintext, DEMO_KEY, base64.b64decode(DEMO_IV)) == DEMO_CIPHERTEXT


def test_the_right_key_passes_the_check_and_a_new_login_makes_it_wrong(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    first = app.log_in(wang)
    assert ask(app, "/wxa/checksession", first) == {"errcode": 0, "errmsg": "ok"}
    second = app.log_in(wang)
    assert second["session_key"] != first["session_key"]
    assert ask(app, "/wxa/checksession", first)["errcode"] == 87009
    assert ask(app, "/wxa/checksession", second)["errcode"] == 0


def test_a_reset_replaces_the_key_and_keeps_its_end(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    session = app.log_in(person(sandbox))
    advance(sandbox, 2 * 24 * 3600)
    fresh = ask(app, "/wxa/resetusersessionkey", session)
    assert fresh["openid"] == session["openid"]
    assert ask(app, "/wxa/checksession", session)["errcode"] == 87009
    assert ask(app, "/wxa/checksession", fresh)["errcode"] == 0
    advance(sandbox, 24 * 3600)
    assert ask(app, "/wxa/checksession", fresh)["errcode"] == 87007


@pytest.mark.parametrize("path", ["/wxa/checksession", "/wxa/resetusersessionkey"])
@pytest.mark.parametrize(
    "changed, errcode",
    [
        ({"sig_method": "sha1"}, 87008),
        ({"signature": "0" * 64}, 87009),
        ({"signature": "签名"}, 87009),
        ({"openid": "oUnknown"}, 40003),
        ({"access_token": ""}, 41001),
        ({"access_token": "1_unknown"}, 40014),
    ],
)
def test_a_bad_proof_has_its_own_errcode(
    sandbox: RunningSandbox, path: str, changed: dict[str, str], errcode: int
) -> None:
    app = mini_program(sandbox)
    session = app.log_in(person(sandbox))
    assert ask(app, path, session, **changed)["errcode"] == errcode
    assert ask(app, "/wxa/checksession", session)["errcode"] == 0


def test_open_data_is_signed_and_encrypted_under_the_session_key(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    session = app.log_in(wang)
    asked: dict[str, Any] = {"app_id": app.app_id, "person_id": wang}
    data = control(sandbox, "/control/wechat/open-data", **asked)
    signed = (data["raw_data"] + session["session_key"]).encode()
    assert data["signature"] == hashlib.sha1(signed, usedforsecurity=False).hexdigest()
    clear = json.loads(decrypt(data["encrypted_data"], session["session_key"], data["iv"]))
    assert clear["nickName"] == "王小明"
    assert clear["watermark"]["appid"] == app.app_id
    chosen = control(sandbox, "/control/wechat/open-data", **asked, data={"openGId": "g1"})
    assert json.loads(chosen["raw_data"]) == {"openGId": "g1"}


def test_open_data_needs_a_login_and_an_object(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    control(sandbox, "/control/wechat/open-data", 404, app_id=app.app_id, person_id=wang)
    control(sandbox, "/control/wechat/open-data", 400, app_id=app.app_id, person_id=wang, data=["x"])
