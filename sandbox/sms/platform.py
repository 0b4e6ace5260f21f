"""The message service as a whole: accounts, templates, limits, and the inbox of every phone."""

import json
import re
from datetime import datetime

from msgspec import Struct

from sandbox.clock import CHINA, Clock
from sandbox.shapes import LETTERS_AND_DIGITS, digits, pick
from sandbox.sms.errors import NotSent
from sandbox.state import Shelf, State

PHONE = re.compile(r"(\+?86)?(1\d{10})")
PHONES_MAX = 1000
TEMPLATE_CODE = re.compile(r"SMS_\d{1,12}")
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
VARIABLE_LENGTH_MAX = 35
NONCES_MAX = 20_000
MESSAGES_MAX = 20_000
LIMITS = (("分钟", 60, 1), ("小时", 3600, 5), ("天", 24 * 3600, 10))
"""How many codes one signature may send to one phone within how many seconds."""


class Account(Struct, frozen=True):
    access_key_id: str
    access_key_secret: str


class Template(Struct, frozen=True):
    template_code: str
    text: str


class Message(Struct, frozen=True):
    biz_id: str
    phone: str
    sign_name: str
    template_code: str
    params: dict[str, str]
    text: str
    sent_at: str


class Nonce(Struct, frozen=True):
    used_at: float


class Sms:
    """Everything behind dysmsapi."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self._accounts = Shelf(state, "sms_accounts", Account)
        self._templates = Shelf(state, "sms_templates", Template)
        self._messages = Shelf(state, "sms_messages", Message)
        self._nonces = Shelf(state, "sms_nonces", Nonce)

    def open_account(self) -> Account:
        """A new pair of keys."""
        account = Account("LTAI5t" + pick(LETTERS_AND_DIGITS, 18), pick(LETTERS_AND_DIGITS, 30))
        self._accounts.put(account.access_key_id, account)
        return account

    def account(self, access_key_id: str) -> Account | None:
        """The account that a key belongs to."""
        return self._accounts.get(access_key_id)

    def write_template(self, template_code: str, text: str) -> Template:
        """Register the wording of a template; without one, the inbox shows a plain sentence."""
        template = Template(template_code, text)
        self._templates.put(template_code, template)
        return template

    def use_nonce(self, access_key_id: str, nonce: str) -> bool:
        """Whether the nonce was fresh; from now on it is not."""
        key = f"{access_key_id} {nonce}"
        if self._nonces.get(key):
            return False
        self._nonces.put(key, Nonce(self.clock.seconds()))
        self._nonces.keep_newest(NONCES_MAX)
        return True

    def messages(self, phone: str | None = None) -> list[Message]:
        """What arrived, oldest first."""
        return self._messages.under(f"{phone} ") if phone else self._messages.all()

    def send(self, phones: str, sign_name: str, template_code: str, template_param: str) -> str:
        """Deliver to each phone or to none, and return the receipt's number."""
        numbers = [mainland_number(text) for text in phones.split(",")]
        if len(numbers) > PHONES_MAX:
            raise NotSent("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制")
        if not TEMPLATE_CODE.fullmatch(template_code):
            raise NotSent("isv.SMS_TEMPLATE_ILLEGAL", "短信模板不合法")
        params = variables(template_param)
        text = f"【{sign_name}】{self._wording(template_code, params)}"
        for number in numbers:
            self._check_limits(number, sign_name)
        biz_id = digits(18)
        for index, number in enumerate(numbers):
            sent_at = self.clock.now().isoformat()
            message = Message(f"{biz_id}^{index}", number, sign_name, template_code, params, text, sent_at)
            self._messages.put(f"{number} {message.biz_id}", message)
        self._messages.keep_newest(MESSAGES_MAX)
        return f"{biz_id}^0"

    def _wording(self, template_code: str, params: dict[str, str]) -> str:
        template = self._templates.get(template_code)
        if template is None:
            listed = "，".join(f"{name}：{value}" for name, value in params.items())
            return (
                f"验证码 {params['code']}，请勿告诉他人。"
                if "code" in params
                else f"{template_code} {listed}"
            )
        if set(PLACEHOLDER.findall(template.text)) - set(params):
            raise NotSent("isv.TEMPLATE_MISSING_PARAMETERS", "模板变量缺少对应参数值")
        return PLACEHOLDER.sub(lambda found: params[found[1]], template.text)

    def _check_limits(self, phone: str, sign_name: str) -> None:
        now = self.clock.now()
        ages = [
            (now - datetime.fromisoformat(message.sent_at).astimezone(CHINA)).total_seconds()
            for message in self.messages(phone)
            if message.sign_name == sign_name
        ]
        for name, seconds, permits in LIMITS:
            # A clock that was set back makes messages of the future; they do not count.
            if sum(0 <= age < seconds for age in ages) >= permits:
                raise NotSent("isv.BUSINESS_LIMIT_CONTROL", f"触发{name}级流控Permits:{permits}")


def mainland_number(text: str) -> str:
    """Eleven digits, with or without China's calling code before them."""
    found = PHONE.fullmatch(text)
    if not found:
        raise NotSent("isv.MOBILE_NUMBER_ILLEGAL", f"{text}invalid mobile number")
    return found[2]


def variables(template_param: str) -> dict[str, str]:
    """The values for the placeholders: a JSON object of texts, numbers are refused."""
    try:
        params = json.loads(template_param or "{}")
    except ValueError:
        params = None
    if not isinstance(params, dict) or not all(isinstance(value, str) for value in params.values()):
        raise NotSent("isv.INVALID_JSON_PARAM", "JSON参数不合法，仅支持字符串值")
    if any(len(value) > VARIABLE_LENGTH_MAX for value in params.values()):
        raise NotSent("isv.PARAM_LENGTH_LIMIT", "参数超过长度限制")
    return params
