"""Check a code: the try is counted and committed first, and only then is anything compared."""

import hmac
from datetime import datetime

from msgspec import Struct

from domain.sms_code.model import Challenge, CodeExpired, CodeWrong, Purpose
from domain.sms_code.ports import Repositories
from domain.sms_code.send import code_text
from domain.unit_of_work import Changed, Plan, Runner


class Proof(Struct, frozen=True):
    """A right code, not yet spent: whoever relies on it spends it in the same transaction."""

    phone_index: str
    challenge_id: str

    def spend(self, repositories: Repositories, now: datetime, by: str) -> Changed:
        """Raises CodeExpired if the code was spent or replaced meanwhile."""
        before = repositories.challenges.find(self.phone_index)
        if before is None:
            raise CodeExpired
        return Changed(before, before.use(self.challenge_id, now, by))


class CheckCode(Struct, frozen=True):
    """Raises CodeWrong, CodeExpired or CodeLocked."""

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, number: str, code: str, purpose: Purpose) -> Proof:
        def count(repositories: Repositories, now: datetime) -> Plan[Challenge]:
            before = repositories.challenges.find(repositories.keyring.index("phone", number))
            if before is None:
                raise CodeExpired
            after = before.attempt(now)
            return Plan(after, (Changed(before, after),))

        challenge = self.runner.run(tenant_id, count)
        text = code_text(code, challenge.phone_index, purpose, challenge.challenge_id)
        mark = self.runner.use(tenant_id, lambda repositories, _: repositories.keyring.sign("sms-code", text))
        if not hmac.compare_digest(mark, challenge.code_mark):
            raise CodeWrong
        return Proof(challenge.phone_index, challenge.challenge_id)
