"""All targets, by name, and how an input is tried again."""

import base64
from functools import cache

from tests.fuzz import addresses, alipay, bodies, files, references, sms, stored, till, tokens, wechat
from tests.fuzz.target import Target

FAMILIES = (wechat, alipay, sms, till, tokens, references, bodies, addresses, files, stored)


@cache
def targets() -> dict[str, Target]:
    return {target.name: target for family in FAMILIES for target in family.targets()}


def replay(name: str, data: bytes) -> str:
    """The line that runs one input again."""
    return f"python3 scripts/fuzz.py --target {name} --replay {base64.b64encode(data).decode() or '='}"
