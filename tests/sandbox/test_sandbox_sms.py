"""The message service in the sandbox: signatures, limits, and the inbox."""

import re
from datetime import UTC, timedelta
from typing import Any

import pytest

from sandbox.server import RunningSandbox
from sandbox.sms.signature import sign, string_to_sign
from tests.sandbox.calling import get, post_form
from tests.sandbox.worlds import PHONE, SmsAccount, advance, control, plan, sms_account


def inbox(sandbox: RunningSandbox, phone: str = PHONE) -> list[dict[str, Any]]:
    """What arrived on a phone."""
    items = get(f"{sandbox.page_url}/control/sms/messages", phone=phone).json()["items"]
    assert isinstance(items, list)
    return items


def code_of(account: SmsAccount, **changed: str | None) -> tuple[int, str]:
    """Status and code of one call."""
    answer = account.send(**changed)
    return answer.status, answer.json()["Code"]


def test_the_signature_is_the_official_sample() -> None:
    parameters = {
        "AccessKeyId": "testId",
        "Action": "SendSms",
        "Format": "XML",
        "OutId": "123",
        "PhoneNumbers": "15300000001",
        "RegionId": "cn-hangzhou",
        "Signature": "left out",
        "SignName": "阿里云短信测试专用",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "SignatureVersion": "1.0",
        "TemplateCode": "SMS_71390007",
        "TemplateParam": '{"customer":"test"}',
        "Timestamp": "2017-07-12T02:42:19Z",
        "Version": "2017-05-25",
    }
    assert sign("testSecret", string_to_sign("GET", parameters)) == "zJDF+Lrzhj/ThnlvIToysFRq6t4="


def test_a_message_arrives(sandbox: RunningSandbox) -> None:
    answer = sms_account(sandbox).send()
    body = answer.json()
    assert (answer.status, body["Code"], body["Message"]) == (200, "OK", "OK")
    assert re.fullmatch(r"\d{18}\^0", body["BizId"])
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", body["RequestId"])
    (message,) = inbox(sandbox)
    assert (message["phone"], message["template_code"], message["params"]) == (
        PHONE,
        "SMS_1234",
        {"code": "246810"},
    )
    assert message["text"] == "【通卡】验证码 246810，请勿告诉他人。"
    assert message["sent_at"].endswith("+08:00")


def test_a_get_with_everything_in_the_query_is_signed_as_a_get(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    assert get(sandbox.sms_url + "/", **account.parameters("GET")).json()["Code"] == "OK"
    wrong_way = get(sandbox.sms_url + "/", **account.parameters("POST"))
    assert wrong_way.json()["Code"] == "SignatureDoesNotMatch"


def test_a_registered_template_words_the_message(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    text = "您的验证码是${code}，${minutes}分钟内有效。"
    control(sandbox, "/control/sms/templates", template_code="SMS_77", text=text)
    assert code_of(account, TemplateCode="SMS_77") == (200, "isv.TEMPLATE_MISSING_PARAMETERS")
    params = '{"code":"135790","minutes":"5"}'
    assert code_of(account, TemplateCode="SMS_77", TemplateParam=params) == (200, "OK")
    assert inbox(sandbox)[-1]["text"] == "【通卡】您的验证码是135790，5分钟内有效。"
    control(sandbox, "/control/sms/templates", 400, template_code="77", text=text)


def test_a_message_without_a_code_lists_its_values(sandbox: RunningSandbox) -> None:
    sms_account(sandbox).send(TemplateParam='{"name":"王"}')
    assert inbox(sandbox)[0]["text"] == "【通卡】SMS_1234 name：王"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Action",
            "Version",
            "AccessKeyId",
            "SignatureMethod",
            "SignatureVersion",
            "SignatureNonce",
            "Timestamp",
        ),
        *("Signature", "PhoneNumbers", "SignName", "TemplateCode"),
    ],
)
def test_each_mandatory_parameter_is_missed_by_name(sandbox: RunningSandbox, name: str) -> None:
    account = sms_account(sandbox)
    answer = account.send(**{name: None})
    body = answer.json()
    assert (answer.status, body["Code"]) == (400, f"Missing{name}")
    assert body["HostId"] == "dysmsapi.aliyuncs.com"
    assert set(body) == {"RequestId", "HostId", "Code", "Message"}
    assert inbox(sandbox) == []


@pytest.mark.parametrize(
    "changed, status, code",
    [
        ({"Action": "SendBatchSms"}, 404, "InvalidAction.NotFound"),
        ({"Version": "2016-09-27"}, 400, "InvalidVersion"),
        ({"SignatureMethod": "HMAC-SHA256"}, 400, "InvalidSignatureMethod"),
        ({"AccessKeyId": "LTAIunknown"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"Timestamp": "2026-11-22 10:00:00"}, 400, "InvalidTimeStamp.Format"),
        ({"Signature": "AAAA"}, 400, "SignatureDoesNotMatch"),
        ({"Signature": "签名"}, 400, "SignatureDoesNotMatch"),
    ],
)
def test_a_call_that_is_not_admitted_has_its_own_status_and_code(
    sandbox: RunningSandbox, changed: dict[str, str], status: int, code: str
) -> None:
    account = sms_account(sandbox)
    assert code_of(account, **changed) == (status, code)
    assert inbox(sandbox) == []


def test_a_wrong_secret_is_answered_with_the_string_that_the_server_built(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    guess = SmsAccount(sandbox, account.access_key_id, "wrong")
    message = guess.send().json()["Message"]
    assert "server string to sign is:POST&%2F&AccessKeyId%3D" in message


def test_a_nonce_is_good_once_and_a_forged_call_does_not_use_it_up(sandbox: RunningSandbox) -> None:
    account, other = sms_account(sandbox), sms_account(sandbox)
    nonce = "0f0e0d0c"
    assert code_of(account, SignatureNonce=nonce, Signature="AAAA") == (400, "SignatureDoesNotMatch")
    assert code_of(account, SignatureNonce=nonce) == (200, "OK")
    assert code_of(account, SignatureNonce=nonce) == (400, "SignatureNonceUsed")
    assert code_of(other, SignatureNonce=nonce, PhoneNumbers="13900139000") == (200, "OK")


@pytest.mark.parametrize("minutes, code", [(14, "OK"), (16, "InvalidTimeStamp.Expired")])
def test_a_timestamp_may_be_a_quarter_of_an_hour_off_the_sandbox_clock(
    sandbox: RunningSandbox, minutes: int, code: str
) -> None:
    account = sms_account(sandbox)
    advance(sandbox, 90 * 24 * 3600)
    instant = sandbox.world.clock.now().astimezone(UTC) - timedelta(minutes=minutes)
    assert account.send(Timestamp=instant.strftime("%Y-%m-%dT%H:%M:%SZ")).json()["Code"] == code


def test_one_a_minute_five_an_hour_ten_a_day(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)

    def limit() -> str:
        body = account.send().json()
        message = body["Message"]
        assert isinstance(message, str)
        assert body["Code"] in {"OK", "isv.BUSINESS_LIMIT_CONTROL"}
        return message

    assert limit() == "OK"
    assert limit() == "触发分钟级流控Permits:1"
    for _ in range(4):
        advance(sandbox, 61)
        assert limit() == "OK"
    advance(sandbox, 61)
    assert limit() == "触发小时级流控Permits:5"
    advance(sandbox, 3600)
    for _ in range(5):
        assert limit() == "OK"
        advance(sandbox, 61)
    advance(sandbox, 3600)
    assert limit() == "触发天级流控Permits:10"
    assert len(inbox(sandbox)) == 10
    advance(sandbox, 24 * 3600)
    assert limit() == "OK"


def test_the_limits_are_each_phones_and_each_signatures_own(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    assert code_of(account) == (200, "OK")
    assert code_of(account, PhoneNumbers="13900139000") == (200, "OK")
    assert code_of(account, SignName="别家") == (200, "OK")
    assert code_of(account) == (200, "isv.BUSINESS_LIMIT_CONTROL")


def test_several_phones_receive_the_message_or_none(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    assert code_of(account, PhoneNumbers=f"{PHONE},12")[1] == "isv.MOBILE_NUMBER_ILLEGAL"
    assert inbox(sandbox) == []
    assert code_of(account, PhoneNumbers=f"{PHONE},+8613900139000")[1] == "OK"
    assert len(inbox(sandbox)) == len(inbox(sandbox, "13900139000")) == 1
    assert code_of(account, PhoneNumbers=",".join(["13700137000"] * 1001))[1] == "isv.MOBILE_COUNT_OVER_LIMIT"


@pytest.mark.parametrize(
    "changed, code",
    [
        ({"PhoneNumbers": "23800138000"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "1380013800"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"TemplateCode": "1234"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "{"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "[]"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"code":246810}'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"code":"' + "1" * 36 + '"}'}, "isv.PARAM_LENGTH_LIMIT"),
    ],
)
def test_a_message_that_cannot_be_sent_is_an_http_200_with_a_code(
    sandbox: RunningSandbox, changed: dict[str, str], code: str
) -> None:
    assert code_of(sms_account(sandbox), **changed) == (200, code)
    assert inbox(sandbox) == []


def test_without_a_format_the_answer_is_xml(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    sent, refused = account.send(Format=None), account.send(Format="XML", Signature="A&B")
    assert sent.headers["content-type"] == "text/xml;charset=utf-8"
    assert "<SendSmsResponse><RequestId>" in sent.text
    assert "<Error>" in refused.text
    assert "sign is:POST&amp;%2F&amp;" in refused.text
    assert [item.answer for item in sandbox.world.requests.all("sms")] == ["", ""]


@pytest.mark.parametrize(
    "fault, status",
    [
        ("isv.OUT_OF_SERVICE", 200),
        ("isp.SYSTEM_ERROR", 200),
        ("Throttling.User", 400),
        ("Forbidden.RAM", 403),
        ("InternalError", 500),
        ("ServiceUnavailable", 503),
    ],
)
def test_a_planned_refusal_happens_instead(sandbox: RunningSandbox, fault: str, status: int) -> None:
    account = sms_account(sandbox)
    plan(sandbox, "sms", "SendSms", fault)
    assert code_of(account) == (status, fault)
    assert inbox(sandbox) == []
    assert code_of(account) == (200, "OK")


def test_all_messages_are_listed_without_a_phone(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    account.send()
    account.send(PhoneNumbers="13900139000")
    items = get(f"{sandbox.page_url}/control/sms/messages").json()["items"]
    assert [item["phone"] for item in items] == [PHONE, "13900139000"]


def test_a_call_without_any_signature_gets_nowhere(sandbox: RunningSandbox) -> None:
    assert post_form(sandbox.sms_url + "/", {"Format": "JSON"}).json()["Code"] == "MissingAction"
