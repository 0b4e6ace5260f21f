"""Use case: send a code to a phone; the answer is the same whether anybody knows the number."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from domain.clock import SHOP_TIME
from domain.errors import Unavailable, invalid
from domain.ids import Ids
from domain.sms_code.model import (
    ADDRESS_SENDS_PER_DAY,
    ADDRESS_SENDS_PER_HOUR,
    CODE_DIGITS,
    CODE_LIFE,
    IDENTITY_SENDS_PER_DAY,
    SENDS,
    Challenge,
    Purpose,
    SendLimited,
)
from domain.sms_code.ports import Repositories, SmsSender
from domain.unit_of_work import Change, Changed, Counted, Created, Plan, Runner

REACHABLE = "+86"


class SmsNotSetUp(Unavailable):
    code = "sms-not-set-up"
    title = "This tenant has no account at a short message service yet."
    message = "短信服务尚未开通"


class SmsBudgetSpent(Unavailable):
    code = "sms-budget-spent"
    title = "The tenant's daily budget for short messages is used up."
    message = "今日短信发送量已达上限"


class Sent(Struct, frozen=True):
    """How long the code lives, and when the next one may be asked for, in seconds."""

    expires_in: int
    retry_after: int


class SendCode(Struct, frozen=True):
    """Counts against the phone, the identity or the network address, and the tenant's budget."""

    runner: Runner[Repositories]
    sender: SmsSender
    ids: Ids

    def __call__(
        self, tenant_id: str, number: str, purpose: Purpose, *, address: str, identity: str | None
    ) -> Sent:
        if not number.startswith(REACHABLE):
            # The service takes numbers abroad without their plus, where they may name a mainland phone.
            raise invalid("phone", "not-supported", "Codes are sent to numbers of mainland China only.")
        code = self.ids.digits(CODE_DIGITS)
        challenge_id = self.ids.new("v_")

        def plan(repositories: Repositories, now: datetime) -> Plan[None]:
            if repositories.tenants.get().sms is None:
                raise SmsNotSetUp
            index = repositories.keyring.index("phone", number)
            before = repositories.challenges.find(index)
            if before is not None and before.challenge_id == challenge_id:
                return Plan(None)  # Written before, though no answer came.
            mark = repositories.keyring.sign("sms-code", code_text(code, index, purpose, challenge_id))
            after = (before or Challenge(index)).send(challenge_id, purpose, mark, now)
            stored: Change = Changed(before, after) if before else Created(after)
            budget = repositories.tenants.settings().sms_per_day
            return Plan(None, (stored, *_counters(now, address, identity, budget)))

        self.runner.run(tenant_id, plan)
        account = self.runner.use(tenant_id, lambda repositories, _: repositories.tenants.get().sms)
        if account is None:
            raise SmsNotSetUp
        self.sender.send_code(account, number, code)
        return Sent(int(CODE_LIFE.total_seconds()), int(SENDS[0][0].total_seconds()))


def code_text(code: str, phone_index: str, purpose: Purpose, challenge_id: str) -> str:
    """What the stored mark of a code covers."""
    return f"{code}:{phone_index}:{purpose.value}:{challenge_id}"


def _counters(now: datetime, address: str, identity: str | None, budget: int) -> Iterator[Counted]:
    local = now.astimezone(SHOP_TIME)
    hour = local.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    to_hour, to_day = hour + timedelta(hours=1), day + timedelta(days=1)
    limited_hour = SendLimited(retry_after_seconds=int((to_hour - local).total_seconds()) + 1)
    limited_day = SendLimited(retry_after_seconds=int((to_day - local).total_seconds()) + 1)
    yield Counted(f"sms-address#{address}#{hour:%Y%m%d%H}", 1, ADDRESS_SENDS_PER_HOUR, to_hour, limited_hour)
    yield Counted(f"sms-address#{address}#{day:%Y%m%d}", 1, ADDRESS_SENDS_PER_DAY, to_day, limited_day)
    if identity:
        name = f"sms-identity#{identity}#{day:%Y%m%d}"
        yield Counted(name, 1, IDENTITY_SENDS_PER_DAY, to_day, limited_day)
    yield Counted(f"sms-budget#{day:%Y%m%d}", 1, budget, to_day, SmsBudgetSpent())
